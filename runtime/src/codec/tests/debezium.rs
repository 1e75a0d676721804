//! Change events of Debezium.

use super::*;

/// A row `{id, amount, note?}`, what happened to it, and what it was.
fn fields() -> Vec<FieldPlan> {
    let row = vec![
        field("id", Type::Int, "id"),
        field("amount", Type::Decimal, "money.amount"),
        field("note", Type::String.optional(), "note"),
    ];
    let members = row.iter().map(|field| (field.name.clone(), field.ty.clone())).collect();
    let beside = |name: &str, ty, source| FieldPlan {
        name: name.into(),
        ty,
        source,
        format: TimestampFormat::Automatic,
        least: None,
    };
    let operations = ["c", "u", "d", "r"].map(str::to_owned);
    let mut fields = row;
    fields.push(beside("op", Type::one_of(operations), FieldSource::Operation));
    fields.push(beside("before", Type::Record(members).optional(), FieldSource::Before));
    fields
}

fn outcomes(records: &[&str]) -> Vec<String> {
    let mut decoders = Decoders::new(plan(fields()), Format::Debezium);
    let time = Some(EventTime(5));
    let records: Vec<_> = records.iter().map(|record| (record.as_bytes(), time)).collect();
    decoders.decode_all(&records).iter().map(Outcome::shown).collect()
}

const ONE: &str = r#"{"id":1,"money":{"amount":"12.50"},"note":null}"#;
const TWO: &str = r#"{"note":"x","id":1,"money":{"amount":"13.5"}}"#;

#[test]
fn the_row_is_what_is_after_and_of_a_delete_what_was_before() {
    let found = outcomes(&[
        &format!(r#"{{"before":null,"after":{ONE},"op":"c"}}"#),
        &format!(r#"{{"before":{ONE},"after":{TWO},"op":"u","ts_ms":5}}"#),
        &format!(r#"{{"op":"d","before":{TWO},"after":null}}"#),
        &format!(r#"{{"after":{ONE},"op":"r"}}"#),
    ]);
    assert_eq!(
        found,
        [
            "1 | 12.50 | null | c | null",
            r#"1 | 13.5 | x | u | {id: 1, amount: 12.50, note: null}"#,
            r#"1 | 13.5 | x | d | {id: 1, amount: 13.5, note: "x"}"#,
            "1 | 12.50 | null | r | null",
        ]
    );
}

#[test]
fn an_envelope_may_have_its_schema_around_it() {
    let found = outcomes(&[
        &format!(r#"{{"schema":{{"op":"x"}},"payload":{{"before":null,"after":{ONE},"op":"c"}}}}"#),
        &format!(" {{ \"payload\" : {{\"op\": \"u\", \"before\": {ONE}, \"after\" : {TWO} }} }} "),
        r#"{"schema":null,"payload":null}"#,
        r#"{"schema":{},"payload":[]}"#,
    ]);
    assert_eq!(
        found,
        [
            "1 | 12.50 | null | c | null",
            "1 | 13.5 | x | u | {id: 1, amount: 12.50, note: null}",
            "passed over",
            "bad: expected an object at `payload`, found a list",
        ]
    );
}

#[test]
fn tombstones_and_changes_of_no_row_are_passed_over_and_counted_apart() {
    let plan = plan(fields());
    let mut decoder = Decoder::new(&plan, StreamId(0), Format::Debezium);
    let mut batch = RecordBatch::new();
    batch.reset(0);
    let event = format!(r#"{{"after":{ONE},"op":"c"}}"#);
    batch.push(0, Some(EventTime(5)), Some(b"1"), None);
    batch.push(1, Some(EventTime(5)), Some(b"1"), Some(b"null"));
    batch.push(2, Some(EventTime(5)), None, Some(br#"{"op":"t","source":{}}"#));
    batch.push(3, Some(EventTime(5)), None, Some(br#"{"op":"m","message":{}}"#));
    batch.push(4, Some(EventTime(5)), Some(b"1"), Some(event.as_bytes()));
    let mut into = EventBatch::new(StreamId(0), plan.stream(StreamId(0)).unwrap());
    let mut bad = Vec::new();
    decoder.decode(&batch, 0..batch.len(), &mut into, &mut bad);
    assert_eq!((into.offsets.as_slice(), bad.len()), (&[4][..], 0));
    assert_eq!((decoder.counts().tombstones, decoder.counts().other_type), (2, 2));
}

#[test]
fn what_is_no_change_of_a_row_is_a_bad_record() {
    let found = outcomes(&[
        ONE,
        &format!(r#"{{"after":{ONE},"op":"x"}}"#),
        &format!(r#"{{"after":{ONE},"op":1}}"#),
        &format!(r#"{{"before":{ONE},"after":null,"op":"u"}}"#),
        r#"{"before":null,"after":null,"op":"d"}"#,
        r#"{"op":"c"}"#,
        &format!(r#"{{"after":{ONE},"before":7,"op":"u"}}"#),
        &format!(r#"{{"after":{ONE},"before":{{"id":1}},"op":"u"}}"#),
        r#"{"after":{"id":"1"},"op":"c"}"#,
        "",
        "[]",
        r#"{"after":{"id":1},"op":"c""#,
    ]);
    assert_eq!(
        found,
        [
            "bad: not a change event: it has no `op` (rows without an envelope are read with `format: json`)",
            r#"bad: expected "c", "u", "d" or "r" at `op`, found the text "x""#,
            r#"bad: expected "c", "u", "d" or "r" at `op`, found the number 1"#,
            "bad: expected an object at `after`, found null",
            "bad: expected an object at `before`, found null",
            "bad: expected an object at `after`, found nothing",
            "bad: expected an object at `before`, found the number 7",
            "bad: in `before`: field `amount` is missing (at `money.amount`)",
            "bad: field `id`: expected an integer, found the text \"1\"",
            "bad: the record is empty",
            "bad: expected an object, found a list",
            "bad: ends in the middle of a value at byte 26",
        ]
    );
}

#[test]
fn what_was_before_is_not_read_where_no_rule_reads_it() {
    let mut fields = fields();
    fields.truncate(4);
    let mut decoders = Decoders::new(plan(fields), Format::Debezium);
    let record = format!(r#"{{"after":{ONE},"before":{{"id":1}},"op":"u"}}"#);
    let outcome = decoders.decode_all(&[(record.as_bytes(), Some(EventTime(5)))]).pop();
    assert!(matches!(outcome, Some(Outcome::Row(_, values)) if values.len() == 4));
}
