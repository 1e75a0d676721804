//! Lines of CSV.

use super::*;
use crate::codec::CsvHead;

fn fields() -> Vec<FieldPlan> {
    vec![
        field("id", Type::Int, "order.id"),
        field("price", Type::Decimal, "price"),
        field("note", Type::String.optional(), "note"),
        field("ok", Type::Bool.optional(), "ok"),
        field("tags", Type::String.list().optional(), "tags"),
        field("raw", Type::Json.optional(), "raw"),
        field("at", Type::Timestamp, "at"),
    ]
}

fn outcomes(head: Option<&str>, lines: &[&str]) -> Vec<String> {
    let head = head.map(|line| CsvHead::of_line(line, 99).unwrap());
    let mut decoders = Decoders::new(plan(fields()), Format::Csv(head));
    let records: Vec<_> = lines.iter().map(|line| (line.as_bytes(), None)).collect();
    decoders.decode_all(&records).iter().map(Outcome::shown).collect()
}

#[test]
fn columns_without_names_are_the_fields_as_they_are_declared() {
    let found = outcomes(
        None,
        &[
            "7,12.50,a text,true,\"[\"\"x\"\"]\",{},1000",
            "-8, 3 ,\"with, comma and \"\"quotes\"\"\",false,,7,1970-01-01T00:00:02Z",
            "9,0.1,,,,no JSON,\"3000\"",
            "7,1,it's 5\" wide,,,\"a \"\"b\"\"\",4000",
        ],
    );
    assert_eq!(
        found,
        [
            r#"7 | 12.50 | a text | true | ["x"] | {} | 1970-01-01T00:00:01Z"#,
            r#"-8 | 3 | with, comma and "quotes" | false | null | 7 | 1970-01-01T00:00:02Z"#,
            r#"9 | 0.1 | null | null | null | "no JSON" | 1970-01-01T00:00:03Z"#,
            r#"7 | 1 | it's 5" wide | null | null | "a \"b\"" | 1970-01-01T00:00:04Z"#,
        ]
    );
}

#[test]
fn a_time_in_units_of_its_own_is_text_too() {
    let at = field("at", Type::Timestamp, "at");
    let at = FieldPlan { format: TimestampFormat::Seconds, ..at };
    let mut decoders = Decoders::new(plan(vec![at]), Format::Csv(None));
    let lines = ["2", "1970-01-01T00:00:02Z", "\"1970-01-01T00:00:02Z\"", "soon"];
    let records: Vec<_> = lines.iter().map(|line| (line.as_bytes(), None)).collect();
    let found: Vec<String> = decoders.decode_all(&records).iter().map(Outcome::shown).collect();
    let two = "1970-01-01T00:00:02Z";
    let bad = "bad: field `at`: expected epoch seconds or RFC 3339 text, found the text \"soon\"";
    assert_eq!(found, [two, two, two, bad]);
}

#[test]
fn a_head_names_the_columns_by_field_or_path() {
    let found = outcomes(
        Some("at,\"price\", order.id ,else,note"),
        &["1000,2,7,unread,x", "1000,2,7,,", "1000,2,7"],
    );
    assert_eq!(
        found,
        [
            "7 | 2 | x | null | null | null | 1970-01-01T00:00:01Z",
            "7 | 2 | null | null | null | null | 1970-01-01T00:00:01Z",
            "bad: expected 5 cells, found 3",
        ]
    );
}

#[test]
fn what_does_not_fit_is_a_bad_record() {
    let found = outcomes(
        None,
        &[
            "seven,1,,,,,1000",
            "7,1,,maybe,,,1000",
            "7,1,,,no list,,1000",
            ",1,,,,,1000",
            "7,1,,,,,1000,",
            "7,1,\"open,,,,1000",
            "",
            "7,1,,,,,",
        ],
    );
    assert_eq!(
        found,
        [
            "bad: field `id`: expected an integer, found the text \"seven\"",
            "bad: field `ok`: expected true or false, found the text \"maybe\"",
            "bad: field `tags`: expected a list, found the text \"no list\"",
            "bad: field `id` is null (at `order.id`)",
            "bad: expected 7 cells, found 8",
            "bad: a quote is not closed",
            "bad: the record is empty",
            "bad: field `at` is null",
        ]
    );
}

#[test]
fn the_line_that_names_the_columns_is_no_event() {
    let plan = plan(fields());
    let head = CsvHead::of_line("at,price,id", 0).unwrap();
    let mut decoder = Decoder::new(&plan, StreamId(0), Format::Csv(Some(head)));
    let mut batch = RecordBatch::new();
    batch.reset(0);
    batch.push(0, None, None, Some(b"at,price,id"));
    batch.push(1, None, None, Some(b"1000,2,7"));
    let mut into = EventBatch::new(StreamId(0), plan.stream(StreamId(0)).unwrap());
    let mut bad = Vec::new();
    decoder.decode(&batch, 0..2, &mut into, &mut bad);
    assert_eq!((into.offsets.as_slice(), bad.len()), (&[1][..], 0));
    assert_eq!(decoder.counts().heads, 1);
}

#[test]
fn a_field_beside_the_value_is_no_column_unless_the_head_says_so() {
    let key = FieldPlan { source: FieldSource::Key, ..field("shop", Type::Int, "") };
    let fields = vec![key, field("n", Type::Int, "n")];
    let decode = |head: Option<&str>, key: Option<&[u8]>, line: &str| {
        let head = head.map(|line| CsvHead::of_line(line, 99).unwrap());
        let mut batch = RecordBatch::new();
        batch.reset(0);
        batch.push(0, Some(EventTime(5)), key, Some(line.as_bytes()));
        let mut decoders = Decoders::new(plan(fields.clone()), Format::Csv(head));
        decoders.decode_records(&batch).pop().unwrap()
    };
    let row = |a: i64, b: i64| Outcome::Row(EventTime(5), vec![Value::Int(a), Value::Int(b)]);
    assert_eq!(decode(None, Some(b"4"), "7"), row(4, 7));
    assert_eq!(decode(Some("n,key"), None, "7,4"), row(4, 7));
    assert_eq!(decode(Some("shop,n"), None, "4,7"), row(4, 7));
}

#[test]
fn json_in_a_header_that_is_none_is_a_bad_record() {
    let header = FieldSource::Header("raw".into());
    let fields = vec![FieldPlan { source: header, ..field("raw", Type::Json, "") }];
    let mut batch = RecordBatch::new();
    batch.push(0, Some(EventTime(5)), None, Some(b"{}"));
    batch.push_header("raw", b"none");
    let outcome = Decoders::new(plan(fields), Format::Json).decode_records(&batch).pop();
    let reason = "field `raw`: expected JSON, found the text \"none\"";
    assert_eq!(outcome, Some(Outcome::Bad(reason.into())));
}
