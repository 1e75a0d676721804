//! What a record says beside its value, and values in other formats than JSON, from a topic to what
//! rules make of them, through the `cep` program.

use cep_tests::broker::{Broker, Record};
use cep_tests::process;

/// What `cep run` of these rules gives, and says, when the stream `S` has been read to its end.
fn derived(rules: &str, records: &[Record]) -> (Vec<String>, String) {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("formats", 1).unwrap();
    broker.produce(&topic, records).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s.rules"), rules).unwrap();
    let bind = format!("S={}", broker.uri(&topic));
    let folder = folder.path().to_str().unwrap();
    let words = ["run", folder, "--bind", &bind, "--at-end", "stop", "--format", "plain"];
    let ran = process::run(&words, &[("CEP_APP_ID", &topic)]);
    assert_eq!(ran.exit_code, Some(0), "{}", ran.words);
    (ran.data.lines().map(str::to_owned).collect(), ran.words)
}

#[test]
fn keys_and_headers_of_records_are_fields() {
    const RULES: &str = r#"
stream S {
    farm:  int       from key
    n:     int
    trace: string?   from header("trace")
    sent:  timestamp from header("sent")

    key  farm
    time sent
}

rule seen { from S emit Seen { farm, n, trace, sent } }
"#;
    let record = |key: &str, value: &str| Record::new(key, value).at_ms(9_000);
    let (events, words) = derived(
        RULES,
        &[
            record("302", r#"{"n":1}"#).header("sent", "1000").header("trace", "a \"b\" ü"),
            record("101", r#"{"n":2}"#)
                .header("trace", "old")
                .header("trace", "new")
                .header("sent", "2000"),
            record("7", r#"{"n":3,"trace":"unread"}"#).header("sent", "1970-01-01T00:00:03Z"),
            record("north", r#"{"n":4}"#).header("sent", "4000"),
            record("7", r#"{"n":5}"#),
            Record::keyless(r#"{"n":6}"#).at_ms(9_000).header("sent", "6000"),
        ],
    );
    assert_eq!(
        events,
        [
            r#"{"farm":302,"n":1,"trace":"a \"b\" ü","sent":"1970-01-01T00:00:01Z"}"#,
            r#"{"farm":101,"n":2,"trace":"new","sent":"1970-01-01T00:00:02Z"}"#,
            r#"{"farm":7,"n":3,"trace":null,"sent":"1970-01-01T00:00:03Z"}"#,
        ]
    );
    for reason in [
        r#"field `farm`: expected an integer, found the text \"north\""#,
        "field `sent`: the record has no header `sent`",
        "field `farm`: the record has no key",
    ] {
        assert!(words.contains(reason), "{words}");
    }
}

#[test]
fn changes_of_rows_are_events_and_tombstones_are_none() {
    const RULES: &str = r#"
stream S from kafka("orders", format: debezium) {
    id:     int
    amount: decimal

    key  id
    time record
}

rule seen { from S emit Seen { op, id, amount, was: before?.amount } }
"#;
    let record = |value: &str, at_ms: i64| Record::new("1", value).at_ms(at_ms);
    let (events, words) = derived(
        RULES,
        &[
            record(r#"{"before":null,"after":{"id":1,"amount":"12.50"},"op":"c"}"#, 1_000),
            record(
                r#"{"schema":{},"payload":{"before":{"id":1,"amount":"12.50"},"after":{"id":1,"amount":"13.00"},"op":"u"}}"#,
                2_000,
            ),
            record(r#"{"before":{"id":1,"amount":"13.00"},"after":null,"op":"d"}"#, 3_000),
            Record::tombstone("1").at_ms(3_000),
            record(r#"{"op":"t"}"#, 4_000),
            record(r#"{"id":2,"amount":"1"}"#, 5_000),
        ],
    );
    assert_eq!(
        events,
        [
            r#"{"op":"c","id":1,"amount":12.50,"was":null}"#,
            r#"{"op":"u","id":1,"amount":13.00,"was":12.50}"#,
            r#"{"op":"d","id":1,"amount":13.00,"was":13.00}"#,
        ]
    );
    assert!(words.contains("1 bad record, "), "{words}");
    assert!(words.contains("1 of other types, 1 tombstone"), "{words}");
    assert!(words.contains("not a change event: it has no `op`"), "{words}");
}

#[test]
fn lines_of_csv_are_the_fields_in_their_order() {
    const RULES: &str = r#"
stream S from kafka("readings", format: csv) {
    device: string   from key
    grams:  decimal
    note:   string?
    at:     timestamp

    key  device
    time at
}

rule seen { from S emit Seen { device, grams, note } }
"#;
    let record = |value: &str| Record::new("scale-1", value).at_ms(9_000);
    let (events, words) = derived(
        RULES,
        &[record("1.50,\"a, b\",1000"), record("2,,2000"), record("3,x"), record("4,x,4000")],
    );
    assert_eq!(
        events,
        [
            r#"{"device":"scale-1","grams":1.50,"note":"a, b"}"#,
            r#"{"device":"scale-1","grams":2,"note":null}"#,
            r#"{"device":"scale-1","grams":4,"note":"x"}"#,
        ]
    );
    assert!(words.contains("expected 3 cells, found 2"), "{words}");
}
