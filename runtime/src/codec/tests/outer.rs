//! Fields that stand in a record's key and headers, and timestamps in formats of their own.

use super::*;

fn outer(name: &str, ty: Type, source: FieldSource) -> FieldPlan {
    FieldPlan { name: name.into(), ty, least: None, source, format: TimestampFormat::Automatic }
}

fn header(name: &str) -> FieldSource {
    FieldSource::Header(name.into())
}

/// What one record gives with this key and these headers.
fn decode(
    fields: Vec<FieldPlan>,
    key: Option<&str>,
    headers: &[(&str, &str)],
    value: &str,
) -> Outcome {
    let mut batch = RecordBatch::new();
    batch.reset(0);
    batch.push(0, Some(EventTime(5)), key.map(str::as_bytes), Some(value.as_bytes()));
    headers.iter().for_each(|(name, value)| batch.push_header(name, value.as_bytes()));
    Decoders::new(plan(fields), Format::Json).decode_records(&batch).pop().unwrap_or_else(|| {
        panic!("a record has an outcome");
    })
}

fn bad(outcome: Outcome) -> String {
    let Outcome::Bad(reason) = outcome else { panic!("{outcome:?}") };
    reason
}

#[test]
fn keys_and_headers_are_read_by_the_type_of_their_field() {
    let fields = vec![
        outer("farm", Type::Int, FieldSource::Key),
        field("count", Type::Int, "count"),
        outer("trace", Type::String, header("trace")),
        outer("price", Type::Decimal, header("price")),
        outer("sure", Type::Bool, header("sure")),
        outer("ratio", Type::Float, header("ratio")),
        outer("took", Type::Duration, header("took")),
        outer("tags", Type::List(Type::String.into()), header("tags")),
        outer("sent", Type::Timestamp, header("sent")),
    ];
    let headers = [
        ("trace", "\\first"),
        ("price", "12.50"),
        ("sure", "true"),
        ("ratio", "0.5"),
        ("took", "1m30s"),
        ("tags", r#" ["a", "b"] "#),
        ("sent", "1970-01-01T00:00:01Z"),
        ("trace", "a \"quoted\" \\ one"),
    ];
    let Outcome::Row(_, values) = decode(fields, Some("302"), &headers, r#"{"count":3}"#) else {
        panic!("an event");
    };
    let shown: Vec<String> = values.iter().map(ToString::to_string).collect();
    assert_eq!(values[0], Value::Int(302));
    assert_eq!(values[1], Value::Int(3));
    assert_eq!(values[2], Value::text("a \"quoted\" \\ one"), "the last header of a name counts");
    assert_eq!(values[4], Value::Bool(true));
    assert_eq!(values[6], Value::Duration(Span::from_secs(90)));
    assert_eq!(values[8], Value::Timestamp(EventTime(1_000_000)));
    assert_eq!(shown[3], "12.50");
}

#[test]
fn a_field_of_a_key_that_is_not_there_is_null_or_makes_the_record_bad() {
    let optional = || outer("farm", Type::Int.optional(), FieldSource::Key);
    let found = decode(vec![optional()], None, &[], "{}");
    assert_eq!(found, Outcome::Row(EventTime(5), vec![Value::Null]));
    let fields = vec![outer("farm", Type::Int, FieldSource::Key)];
    assert_eq!(bad(decode(fields, None, &[], "{}")), "field `farm`: the record has no key");
    let fields = vec![outer("trace", Type::String, header("trace"))];
    let reason = bad(decode(fields, None, &[("other", "x")], "{}"));
    assert_eq!(reason, "field `trace`: the record has no header `trace`");
}

#[test]
fn a_key_that_does_not_fit_its_field_is_named() {
    let fields = || vec![outer("farm", Type::Int, FieldSource::Key)];
    let reason = bad(decode(fields(), Some("north"), &[], "{}"));
    assert_eq!(reason, "field `farm`: expected an integer, found the text \"north\"");
    let reason = bad(decode(fields(), Some(""), &[], "{}"));
    assert_eq!(reason, "field `farm`: expected an integer, found the text \"\"");
    let mut batch = RecordBatch::new();
    batch.push(0, Some(EventTime(5)), Some(b"\xff"), Some(b"{}"));
    let outcome = Decoders::new(plan(fields()), Format::Json).decode_records(&batch).pop();
    assert_eq!(outcome, Some(Outcome::Bad("field `farm`: the record's key is not UTF-8".into())));
}

#[test]
fn the_time_of_an_event_may_stand_in_a_header() {
    let fields = || vec![outer("at", Type::Timestamp, header("sent"))];
    let found = decode(fields(), None, &[("sent", "1500")], "{}");
    let time = EventTime(1_500_000);
    assert_eq!(found, Outcome::Row(time, vec![Value::Timestamp(time)]));
    let reason = bad(decode(fields(), None, &[("sent", "1970-01-02T00:00:00Z")], "{}"));
    assert!(reason.starts_with("`at` is stamped 86399s") || reason.contains("ahead"), "{reason}");
    let reason = bad(decode(fields(), None, &[], "{}"));
    assert_eq!(reason, "field `at`: the record has no header `sent`");
}

#[test]
fn a_time_in_a_key_or_header_in_units_of_its_own_is_text_too() {
    let field = |source| FieldPlan {
        format: TimestampFormat::Seconds,
        ..outer("sent", Type::Timestamp, source)
    };
    let two = Outcome::Row(EventTime(5), vec![Value::Timestamp(EventTime(2_000_000))]);
    for text in ["2", "1970-01-01T00:00:02Z"] {
        assert_eq!(decode(vec![field(FieldSource::Key)], Some(text), &[], "{}"), two);
        assert_eq!(decode(vec![field(header("sent"))], None, &[("sent", text)], "{}"), two);
    }
}

#[test]
fn timestamps_are_read_in_a_format_of_their_own() {
    let format = |format: &str| FieldPlan {
        format: TimestampFormat::Text(format.into()),
        ..field("at", Type::Timestamp, "at")
    };
    let read = |written: &str, value: &str| {
        let value = format!("{{\"at\":{value}}}");
        let mut decoders = Decoders::new(plan(vec![format(written)]), Format::Json);
        decoders.decode(value.as_bytes())
    };
    let row =
        |micros: i64| Outcome::Row(EventTime(micros), vec![Value::Timestamp(EventTime(micros))]);
    assert_eq!(read("%d.%m.%Y %H:%M", "\"02.01.1970 00:01\""), row(86_460_000_000));
    assert_eq!(read("%d\\%m %Y", r#""02\\01 1970""#), row(86_400_000_000), "escapes are resolved");
    assert_eq!(read("%Y%m%d", "19700102"), row(86_400_000_000), "a number written so");
    assert_eq!(
        bad(read("%d.%m.%Y", "\"1970-01-02\"")),
        "field `at`: expected a time written as `%d.%m.%Y`, found the text \"1970-01-02\""
    );
    assert_eq!(
        bad(read("%d.%m.%Y", "true")),
        "field `at`: expected a time written as `%d.%m.%Y`, found true"
    );
}
