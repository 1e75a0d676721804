//! What the decoder does with particular records.

use super::*;

fn harvest() -> Vec<FieldPlan> {
    vec![
        field("farm", Type::Int, "farmid"),
        field("count", Type::Int, "batchcnt"),
        field("at", Type::Timestamp, "batchtime"),
        field("unread", Type::String.optional(), "crop"),
    ]
}

fn row(at_ms: i64, values: &[Value]) -> Outcome {
    let at = EventTime(at_ms * 1_000);
    let mut values = values.to_vec();
    values.push(Value::Timestamp(at));
    Outcome::Row(at, values)
}

fn one(ty: Type) -> Decoders {
    let fields = vec![field("x", ty, "x"), field("at", Type::Timestamp, "at")];
    Decoders::new(plan(fields), Format::Json)
}

/// The value of `x` in a record, or why it is bad.
fn read(decoders: &mut Decoders, x: &str) -> Result<Value, String> {
    match decoders.decode(format!(r#"{{"x":{x},"at":0}}"#).as_bytes()) {
        Outcome::Row(_, values) => Ok(values[0].clone()),
        Outcome::Bad(reason) => Err(reason),
        Outcome::OtherType => panic!("plain JSON has no types"),
    }
}

#[test]
fn members_are_read_in_any_order_and_spacing() {
    let mut decoders = Decoders::new(plan(harvest()), Format::Json);
    let expected = row(1_584_981_114_028, &[Value::Int(302), Value::Int(163)]);
    for record in [
        r#"{"farmid":302,"batchcnt":163,"batchtime":1584981114028}"#,
        r#"{"batchtime":1584981114028,"crop":"x","batchcnt":163,"farmid":302}"#,
        "  {\t\"farmid\" : 302 ,\r\n\"batchcnt\":\n163, \"batchtime\" : 1584981114028 }\r\n",
        r#"{"farmid":302,"deep":{"farmid":[1,{"a":{}}]},"batchcnt":163,"batchtime":1584981114028}"#,
        r#"{"farmid":302,"batchcnt":163,"batchtime":"2020-03-23T16:31:54.028Z"}"#,
        r#"{"farm\u0069d":302,"batchcnt":163,"batchtime":1584981114028}"#,
    ] {
        for _ in 0..3 {
            assert_eq!(decoders.decode(record.as_bytes()), expected, "{record}");
        }
    }
}

#[test]
fn what_is_less_than_a_field_may_be_is_bad() {
    let bounded = |ty: Type, least: Value| {
        let x = FieldPlan { least: Some(least), ..field("x", ty, "x") };
        let fields = vec![x, field("at", Type::Timestamp, "at")];
        Decoders::new(plan(fields), Format::Json)
    };
    let mut counts = bounded(Type::Int.optional(), Value::Int(0));
    assert_eq!(read(&mut counts, "0"), Ok(Value::Int(0)));
    assert_eq!(read(&mut counts, "null"), Ok(Value::Null));
    let reason = "field `x`: the number -1 is less than 0";
    assert_eq!(read(&mut counts, "-1"), Err(reason.into()));
    assert_eq!(read(&mut counts, "7"), Ok(Value::Int(7)));
    let mut prices = bounded(Type::Decimal, Value::Decimal("0.5".parse().unwrap()));
    assert_eq!(read(&mut prices, "\"0.50\""), Ok(Value::Decimal("0.50".parse().unwrap())));
    assert!(read(&mut prices, "0.49").is_err());
    let mut floats = bounded(Type::Float, Value::Float(0.0));
    assert_eq!(read(&mut floats, "-0.0"), Ok(Value::Float(-0.0)));
    assert!(read(&mut floats, "-1e-300").is_err());
}

#[test]
fn a_repeated_layout_goes_by_the_template() {
    let mut decoders = Decoders::new(plan(harvest()), Format::Json);
    for index in 0..100 {
        let crop = "marshmallow ".repeat(index % 3);
        let record = format!(
            r#"{{"farmid":{index},"crop":"{crop}","batchcnt":{},"batchtime":{}}}"#,
            index * 1_000,
            1_584_981_114_028_u64 + index as u64
        );
        let Outcome::Row(_, values) = decoders.decode(record.as_bytes()) else { panic!() };
        assert_eq!(values[1], Value::Int(index as i64 * 1_000));
    }
    let counts = decoders.first().counts();
    assert_eq!((counts.template, counts.walk, counts.parser), (99, 1, 0));
}

#[test]
fn what_a_template_takes_for_a_value_ends_where_the_record_ends() {
    let mut decoders = Decoders::new(plan(harvest()), Format::Json);
    let good = br#"{"farmid":302,"batchcnt":163,"batchtime":1584981114028}"#;
    for cut in 0..good.len() {
        // The next record stands right behind in the buffer and would complete the cut one.
        let outcomes =
            decoders.decode_all(&[(good, None), (&good[..cut], None), (&good[cut..], None)]);
        assert!(matches!(outcomes[0], Outcome::Row(..)));
        assert!(matches!(outcomes[1], Outcome::Bad(_)), "{cut}: {:?}", outcomes[1]);
    }
    for extra in ["}", "{}", " x", ",", "\0", "\u{a0}"] {
        let record = [good, extra.as_bytes()].concat();
        assert!(matches!(decoders.decode(&record), Outcome::Bad(_)), "{extra}");
    }
}

#[test]
fn records_of_every_length_are_read_the_same() {
    // Quotes and the record's end come to stand at every place of the blocks that are looked at.
    let mut decoders = Decoders::new(plan(harvest()), Format::Json);
    for length in 0..600 {
        let filler = "x".repeat(length);
        let record = format!(
            r#"{{"a":"{filler}","batchtime":5,"farmid":302,"b":-1.5,"batchcnt":{length},"c":true}}"#
        );
        let expected = row(5, &[Value::Int(302), Value::Int(length as i64)]);
        assert_eq!(decoders.decode(record.as_bytes()), expected);
        let cut = &record.as_bytes()[..record.len() - 1];
        assert!(matches!(decoders.decode(cut), Outcome::Bad(_)));
    }
}

#[test]
fn the_first_of_duplicate_members_counts() {
    let fields = vec![
        field("x", Type::Int, "data.x"),
        field("y", Type::Int.optional(), "data.y"),
        field("at", Type::Timestamp, "at"),
    ];
    let mut decoders = Decoders::new(plan(fields), Format::Json);
    for record in [
        r#"{"data":{"x":1,"x":2},"data":{"x":3,"y":4},"at":0,"at":5}"#,
        r#"{"data":{"x":1,"\u0078":2},"data":7,"at":0,"at":"never"}"#,
    ] {
        for _ in 0..2 {
            let outcome = decoders.decode(record.as_bytes());
            assert_eq!(outcome, row(0, &[Value::Int(1), Value::Null]), "{record}");
        }
    }
}

#[test]
fn ints_are_whole_numbers_of_64_bits() {
    let mut decoders = one(Type::Int);
    for int in [0, -1, i64::MAX, i64::MIN, 999_999_999_999_999_999, 1_000_000_000_000_000_000] {
        assert_eq!(read(&mut decoders, &int.to_string()), Ok(Value::Int(int)));
    }
    assert_eq!(read(&mut decoders, "-0"), Ok(Value::Int(0)));
    for x in ["12.0", "1e2", "\"12\"", "true", "9223372036854775808", "null", "[1]"] {
        assert!(read(&mut decoders, x).is_err(), "{x}");
    }
}

#[test]
fn decimals_are_exact_from_numbers_and_texts() {
    let mut decoders = one(Type::Decimal);
    for (x, shown) in [
        ("12.50", "12.50"),
        ("\"12.50\"", "12.50"),
        ("0.1", "0.1"),
        ("12", "12"),
        ("123456789012345678901.2345678", "123456789012345678901.2345678"),
        ("\"1.5e2\"", "150"),
        ("\"1\\u0032\"", "12"),
    ] {
        assert_eq!(read(&mut decoders, x).unwrap().to_string(), shown, "{x}");
    }
    for x in ["\"abc\"", "\"\"", "\" 1\"", "\"1_0\"", "1e99", "0.12345678901234567890123456789"] {
        assert!(read(&mut decoders, x).is_err(), "{x}");
    }
}

#[test]
fn floats_are_the_nearest_ones() {
    let mut decoders = one(Type::Float);
    for x in ["0.1", "12.5", "1e3", "123456789.123456789", "9007199254740993", "5e-324", "-1.5E-7"]
    {
        let nearest: f64 = x.parse().unwrap();
        assert_eq!(read(&mut decoders, x), Ok(Value::Float(nearest)), "{x}");
    }
    assert!(read(&mut decoders, "1e999").is_err());
    assert!(read(&mut decoders, "\"1.5\"").is_err());
}

#[test]
fn texts_have_their_escapes_resolved() {
    let mut decoders = one(Type::String);
    for (x, text) in [
        (r#""north-3""#, "north-3"),
        (r#""""#, ""),
        (r#""Zürich 🌾""#, "Zürich 🌾"),
        (r#""a\"b\\c\/\n\u00e9\ud83c\udf3e""#, "a\"b\\c/\n\u{e9}🌾"),
    ] {
        assert_eq!(read(&mut decoders, x), Ok(Value::text(text)), "{x}");
    }
    assert!(read(&mut decoders, r#""\ud83c""#).is_err());
    assert!(read(&mut decoders, "12").is_err());
}

#[test]
fn half_a_surrogate_pair_passes_where_nobody_reads() {
    let mut decoders = Decoders::new(plan(harvest()), Format::Json);
    let record = br#"{"note":"\ud83c","n":[1e999],"farmid":1,"batchcnt":2,"batchtime":3}"#;
    assert_eq!(decoders.decode(record), row(3, &[Value::Int(1), Value::Int(2)]));
}

#[test]
fn durations_and_bools_are_read() {
    let mut decoders = one(Type::Duration);
    assert_eq!(read(&mut decoders, "\"1h30m\""), Ok(Value::Duration(Span::from_secs(5_400))));
    assert!(read(&mut decoders, "90").is_err());
    let mut decoders = one(Type::Bool);
    assert_eq!(read(&mut decoders, "true"), Ok(Value::Bool(true)));
    assert_eq!(read(&mut decoders, "false"), Ok(Value::Bool(false)));
    for x in ["\"true\"", "1", "truth", "True"] {
        assert!(read(&mut decoders, x).is_err(), "{x}");
    }
}

#[test]
fn timestamps_are_read_by_their_format() {
    for (format, x, micros) in [
        (TimestampFormat::Automatic, "1500", Some(1_500_000)),
        (TimestampFormat::Automatic, "1500.25", Some(1_500_250)),
        (TimestampFormat::Automatic, "\"1970-01-01T00:00:01.5Z\"", Some(1_500_000)),
        (TimestampFormat::Automatic, "\"1500\"", None),
        (TimestampFormat::Automatic, "-1", Some(-1_000)),
        (TimestampFormat::Automatic, "-0.0001", Some(-1)),
        (TimestampFormat::Millis, "\"1970-01-01T00:00:01.5Z\"", Some(1_500_000)),
        (TimestampFormat::Micros, "\"1970-01-01T00:00:01.5Z\"", Some(1_500_000)),
        (TimestampFormat::Seconds, "\"1970-01-01T00:00:01.5Z\"", Some(1_500_000)),
        (TimestampFormat::Seconds, "\"15\"", None),
        (TimestampFormat::Micros, "1500", Some(1_500)),
        (TimestampFormat::Micros, "1500.9", Some(1_500)),
        (TimestampFormat::Seconds, "15", Some(15_000_000)),
        (TimestampFormat::Seconds, "1.5e1", Some(15_000_000)),
        (TimestampFormat::Seconds, "1584981114.028", Some(1_584_981_114_028_000)),
        (TimestampFormat::Automatic, "253402300799999", Some(253_402_300_799_999_000)),
        (TimestampFormat::Automatic, "253402300800000", None),
        (TimestampFormat::Automatic, "1584981114028000000", None),
    ] {
        let x_field = FieldPlan { format: format.clone(), ..field("x", Type::Timestamp, "x") };
        let fields = vec![x_field, field("at", Type::Timestamp, "at")];
        let mut decoders = Decoders::new(plan(fields), Format::Json);
        let expected = micros.map(|micros| Value::Timestamp(EventTime(micros)));
        assert_eq!(read(&mut decoders, x).ok(), expected, "{x} as {format:?}");
    }
}

#[test]
fn an_optional_field_may_be_absent_or_null() {
    let mut decoders = one(Type::Int.optional());
    let records: Vec<&[u8]> = vec![
        br#"{"x":1,"at":0}"#,
        br#"{"at":0}"#,
        br#"{"x":null,"at":0}"#,
        br#"{"x":2,"at":0}"#,
        br#"{"x":null,"at":0}"#,
    ];
    let with_time: Vec<_> = records.iter().map(|record| (*record, None)).collect();
    let expected = [Value::Int(1), Value::Null, Value::Null, Value::Int(2), Value::Null];
    assert_eq!(decoders.decode_all(&with_time), expected.map(|x| row(0, &[x])));
    assert!(matches!(decoders.decode(br#"{"x":"1","at":0}"#), Outcome::Bad(_)));
}

#[test]
fn two_fields_may_read_one_member() {
    let fields = vec![
        field("x", Type::Int, "n"),
        field("y", Type::Decimal, "n"),
        field("at", Type::Timestamp, "n"),
    ];
    let mut decoders = Decoders::new(plan(fields), Format::Json);
    let expected = row(12, &[Value::Int(12), Value::Decimal(12.into())]);
    for _ in 0..2 {
        assert_eq!(decoders.decode(br#"{"n":12}"#), expected);
    }
}

#[test]
fn an_unread_time_field_has_times_but_no_column() {
    let mut program = plan(harvest());
    program.rules[0].emits[0].fields.retain(|(name, _)| name == "farm");
    let mut decoders = Decoders::new(program, Format::Json);
    let outcome = decoders.decode(br#"{"farmid":302,"batchcnt":1,"batchtime":5}"#);
    assert_eq!(outcome, Outcome::Row(EventTime(5_000), vec![Value::Int(302)]));
    assert!(matches!(decoders.decode(br#"{"farmid":302,"batchcnt":1}"#), Outcome::Bad(_)));
}

/// Whether a record is good does not depend on what rules there are.
#[test]
fn a_field_that_no_rule_reads_is_checked() {
    let mut fields = harvest();
    fields.push(field("list", Type::Int.list().optional(), "list"));
    let mut program = plan(fields);
    program.rules[0].emits[0].fields.retain(|(name, _)| name == "farm");
    for format in [Format::Json, Format::Csv(None)] {
        let mut decoders = Decoders::new(program.clone(), format.clone());
        let mut is_good = |json: &str, csv: &str| {
            let record = if format == Format::Json { json } else { csv };
            matches!(decoders.decode(record.as_bytes()), Outcome::Row(_, values) if values.len() == 1)
        };
        for _ in 0..3 {
            let good = r#"{"farmid":1,"batchcnt":2,"batchtime":3,"crop":"x","list":[1]}"#;
            assert!(is_good(good, "1,2,3,x,[1]"));
            assert!(!is_good(&good.replace("2", "\"two\""), "1,two,3,x,[1]"));
            assert!(!is_good(&good.replace("\"batchcnt\":2,", ""), "1,,3,x,[1]"));
            assert!(!is_good(&good.replace("[1]", "[1.5]"), "1,2,3,x,[1.5]"));
        }
        assert!(is_good(r#"{"farmid":1,"batchcnt":2,"batchtime":3}"#, "1,2,3,,"));
    }
}

#[test]
fn time_record_takes_the_time_of_the_log() {
    let mut decoders = Decoders::new(plan(vec![field("x", Type::Int, "x")]), Format::Json);
    let outcomes =
        decoders.decode_all(&[(br#"{"x":1}"#, Some(EventTime(77))), (br#"{"x":1}"#, None)]);
    assert_eq!(outcomes[0], Outcome::Row(EventTime(77), vec![Value::Int(1)]));
    assert!(matches!(outcomes[1], Outcome::Bad(_)));
}

#[test]
fn an_event_far_ahead_of_its_record_is_bad() {
    let mut decoders = one(Type::Int);
    let at = |ms: i64| format!(r#"{{"x":1,"at":{ms}}}"#).into_bytes();
    let written = Some(EventTime(1_000));
    let (limit, beyond) = (at(3_600_001), at(3_600_002));
    let outcomes = decoders.decode_all(&[
        (&limit, written),
        (&beyond, written),
        (&beyond, None),
        (&at(-99_999_999), written),
    ]);
    let bad: Vec<bool> = outcomes.iter().map(|o| matches!(o, Outcome::Bad(_))).collect();
    assert_eq!(bad, [false, true, false, false]);
}

#[test]
fn a_cloud_event_of_another_type_is_no_bad_record() {
    let mut decoders = Decoders::new(plan(harvest()), Format::CloudEvents);
    let data = r#""data":{"farmid":302,"batchcnt":163,"batchtime":5}"#;
    let expected = row(5, &[Value::Int(302), Value::Int(163)]);
    let records = [
        (format!(r#"{{"specversion":"1.0","type":"Harvest",{data}}}"#), Some(expected.clone())),
        (format!(r#"{{{data},"type":"Harvest"}}"#), Some(expected.clone())),
        (format!(r#"{{"type":"H\u0061rvest",{data}}}"#), Some(expected)),
        (format!(r#"{{"specversion":"1.0","type":"Frost",{data}}}"#), None),
        (r#"{"specversion":"1.0","type":"Frost","data":[1]}"#.into(), None),
        (r#"{"type":"Harvests","data":{"farmid":"x"}}"#.into(), None),
    ];
    for _ in 0..3 {
        for (record, expected) in &records {
            let expected = expected.clone().unwrap_or(Outcome::OtherType);
            assert_eq!(decoders.decode(record.as_bytes()), expected, "{record}");
        }
    }
    assert!(decoders.first().counts().template > 6);
    for record in [r#"{"data":{}}"#, r#"{"type":1}"#, r#"{"type":"Frost""#, r#"{"type":"Harvest"}"#]
    {
        assert!(matches!(decoders.decode(record.as_bytes()), Outcome::Bad(_)), "{record}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let mut decoders = one(Type::Int);
    let nested = |depth: usize, open: &str, close: &str| {
        let (open, close) = (open.repeat(depth), close.repeat(depth));
        format!(r#"{{"deep":{open}1{close},"x":1,"at":0}}"#).into_bytes()
    };
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        for _ in 0..2 {
            let fits = decoders.decode(&nested(127, open, close));
            assert_eq!(fits, row(0, &[Value::Int(1)]));
        }
        for depth in [128, 1_000, 200_000] {
            assert!(matches!(decoders.decode(&nested(depth, open, close)), Outcome::Bad(_)));
        }
    }
    assert!(matches!(decoders.decode("[".repeat(1_000_000).as_bytes()), Outcome::Bad(_)));
}

#[test]
fn a_long_record_is_read() {
    let mut decoders = one(Type::String);
    let long = "long ".repeat(2_000_000);
    assert_eq!(read(&mut decoders, &format!("\"{long}\"")), Ok(Value::text(long)));
}

#[test]
fn layouts_that_alternate_are_all_learned() {
    let mut decoders = Decoders::new(plan(harvest()), Format::Json);
    let layouts = [
        r#"{"farmid":1,"batchcnt":2,"batchtime":3}"#,
        r#"{"batchcnt":2,"farmid":1,"batchtime":3}"#,
        r#"{"batchtime":3,"batchcnt":2,"farmid":1}"#,
        r#"{"farmid": 1, "batchcnt": 2, "batchtime": 3}"#,
    ];
    for index in 0..400 {
        let outcome = decoders.decode(layouts[index % 4].as_bytes());
        assert_eq!(outcome, row(3, &[Value::Int(1), Value::Int(2)]));
    }
    assert_eq!(decoders.first().counts().walk, 4);
}

#[test]
fn a_new_layout_replaces_one_that_is_no_longer_seen() {
    let mut decoders = Decoders::new(plan(harvest()), Format::Json);
    for layout in 0..6 {
        for _ in 0..1_000 {
            let record = format!(r#"{{"v{layout}":0,"farmid":1,"batchcnt":2,"batchtime":3}}"#);
            let outcome = decoders.decode(record.as_bytes());
            assert_eq!(outcome, row(3, &[Value::Int(1), Value::Int(2)]));
        }
    }
    let counts = decoders.first().counts();
    assert!(counts.template > 5_500, "{counts:?}");
}
