//! Lists, records, enums and JSON.

use super::*;

fn record(members: &[(&str, Value)]) -> Value {
    Value::Record(members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
}

/// `{ sku: string, price: decimal?, grade: "premium" | "standard" }`
fn item() -> Type {
    let grade = Type::one_of(["premium".into(), "standard".into()]);
    Type::Record(vec![
        ("sku".into(), Type::String),
        ("price".into(), Type::Decimal.optional()),
        ("grade".into(), grade),
    ])
}

/// What a record of one field `x` gives: the value, or why it is bad.
fn read(ty: Type, path: &str, json: &str) -> Result<Value, String> {
    let mut decoders = Decoders::new(plan(vec![field("x", ty, path)]), Format::Json);
    let outcomes = decoders.decode_all(&[(json.as_bytes(), Some(EventTime(0))); 2]);
    match outcomes.last().unwrap() {
        Outcome::Row(_, values) => Ok(values[0].clone()),
        Outcome::Bad(why) => Err(why.clone()),
        Outcome::OtherType => panic!("not a CloudEvent"),
    }
}

#[test]
fn lists_of_records_are_read_wherever_they_stand() {
    let json = r#"{"order": {"items": [
        {"grade": "premium", "extra": [1], "price": "12.50", "sku": "\u0041", "sku": "b"},
        {"sku": "c", "grade": "standard", "price": null}
    ]}}"#;
    let first = record(&[
        ("sku", Value::text("A")),
        ("price", Value::Decimal(cep_core::value::Decimal::new(1250, 2))),
        ("grade", Value::text("premium")),
    ]);
    let second = record(&[
        ("sku", Value::text("c")),
        ("price", Value::Null),
        ("grade", Value::text("standard")),
    ]);
    assert_eq!(read(item().list(), "order.items", json), Ok(Value::List([first, second].into())));
}

#[test]
fn json_is_passed_through_as_it_stands_but_for_space_between() {
    let cases = [
        (r#"{"b": [1, 2.50, "\u0041"],\r\n "a": null}"#, r#"{"b":[1,2.50,"\u0041"],"a":null}"#),
        ("[ ]", "[]"),
        ("-0.0", "-0.0"),
        (r#""a\" b\\""#, r#""a\" b\\""#),
        ("true", "true"),
    ];
    for (text, kept) in cases {
        let text = text.replace("\\r\\n", "\r\n");
        let json = format!(r#"{{"x":{text},"y":1}}"#);
        assert_eq!(read(Type::Json, "x", &json), Ok(Value::Json(kept.into())), "{text}");
    }
}

#[test]
fn a_field_and_the_whole_around_it_are_both_read() {
    let fields = vec![field("whole", Type::Json, "a"), field("part", Type::Int, "a.b.c")];
    let mut decoders = Decoders::new(plan(fields), Format::Json);
    let json = br#"{"z":1,"a":{"b":{"c":7}}}"#;
    for outcome in decoders.decode_all(&[(&json[..], Some(EventTime(0))); 3]) {
        let whole = Value::Json(r#"{"b":{"c":7}}"#.into());
        assert_eq!(outcome, Outcome::Row(EventTime(0), vec![whole, Value::Int(7)]));
    }
}

#[test]
fn what_does_not_fit_is_named_by_its_path() {
    let cases = [
        (r#"{}"#, "field `x` is missing"),
        (r#"{"x":null}"#, "field `x` is null"),
        (r#"{"x":{"sku":"a"}}"#, "field `x`: expected a list, found an object"),
        (r#"{"x":"[]"}"#, "field `x`: expected a list, found the text \"[]\""),
        (r#"{"x":[7]}"#, "field `x[0]`: expected an object, found the number 7"),
        (r#"{"x":[null]}"#, "field `x[0]` is null"),
        (r#"{"x":[{"grade":"premium"}]}"#, "field `x[0].sku` is missing"),
        (
            r#"{"x":[{"grade":"premium","sku":"a"},{"sku":"b","grade":"gold"}]}"#,
            "field `x[1].grade`: expected \"premium\" or \"standard\", found the text \"gold\"",
        ),
        (
            r#"{"x":[{"grade":"premium","sku":"a","price":true}]}"#,
            "field `x[0].price`: expected a number, found true",
        ),
    ];
    for (json, why) in cases {
        assert_eq!(read(item().list(), "x", json), Err(why.to_owned()), "{json}");
    }
}

#[test]
fn an_enum_takes_its_texts_only() {
    let grade = || Type::one_of(["premium".into(), "standard".into()]);
    assert_eq!(read(grade(), "x", r#"{"x":"premium"}"#), Ok(Value::text("premium")));
    assert_eq!(read(grade(), "x", r#"{"x":"pr\u0065mium"}"#), Ok(Value::text("premium")));
    assert_eq!(read(grade().optional(), "x", r#"{"x":null}"#), Ok(Value::Null));
    let why = "field `x`: expected \"premium\" or \"standard\", found the text \"Premium\"";
    assert_eq!(read(grade(), "x", r#"{"x":"Premium"}"#), Err(why.into()));
}
