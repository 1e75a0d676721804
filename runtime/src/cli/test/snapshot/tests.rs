#![allow(clippy::unwrap_used, reason = "tests")]

use super::store::{Found, Place};
use super::text::{Captured, event_block, write};
use crate::driver::Summary;

#[test]
fn a_block_shows_what_its_cloudevent_has() {
    let event = br#"{"specversion":"1.0","id":"8c.1","source":"cep/x","type":"Hot","time":"2026-01-01T08:00:09.999999Z","datacontenttype":"application/json","key":"the press","rule":"hot","revision":1,"causes":[{"topic":"events.jsonl","partition":0,"from":0,"to":0},{"topic":"events.jsonl","partition":2,"from":2,"to":4}],"severity":"high","retracted":true,"data":{"z":1.50,"a":null}}"#;
    insta::assert_snapshot!(event_block(event), @r#"
    2026-01-01T08:00:09.999999Z Hot "the press"
      {"z":1.50,"a":null}
      by hot from events.jsonl:1, events.jsonl[2]:3-5; retracted true; severity "high"; id 8c.1
    "#);
}

#[test]
fn causes_that_were_too_many_are_told_by_the_first_and_the_last() {
    let event = br#"{"id":"8c.0","type":"Hot","time":"2026-01-01T08:00:09Z","rule":"hot","causes":[{"topic":"e","partition":0,"from":0,"to":0},{"topic":"e","partition":0,"from":99,"to":99}],"causecount":70,"causeexact":false,"data":{}}"#;
    insta::assert_snapshot!(event_block(event), @r"
    2026-01-01T08:00:09Z Hot
      {}
      by hot from e:1 … 100 (70 in all); id 8c.0
    ");
}

#[test]
fn what_was_put_aside_stands_behind_the_events_in_an_order_of_its_own() {
    let lines = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    let captured = Captured {
        summary: Summary {
            events: 4,
            bad_records: 2,
            late: 1,
            rule_errors: 1,
            ..Summary::default()
        },
        events: Vec::new(),
        late: lines(&[
            r#"{"kind":"late","rule":"hot","stream":"S","topic":"S.jsonl","partition":0,"offset":6,"time":"T1","watermark":"T3","window":{"start":"T0","end":"T2"},"windows":3,"text":"{\"a\":1}"}"#,
        ]),
        errors: lines(&[
            r#"{"kind":"rule_error","rule":"hot","time":"T9","reason":"division by zero","key":["press"],"causes":[{"topic":"S.jsonl","partition":0,"from":1,"to":2}]}"#,
            r#"{"kind":"bad_record","streams":["S"],"topic":"S.jsonl","partition":0,"offset":9,"reason":"it is no JSON","length":3,"base64":"//8="}"#,
            r#"{"kind":"bad_record","streams":["S"],"topic":"S.jsonl","partition":0,"offset":1,"reason":"`a` is missing","length":2,"text":"{}"}"#,
        ]),
    };
    insta::assert_snapshot!(write(&captured), @r#"
    4 events in; 2 bad records, 1 late, 1 rule error

    bad record S.jsonl:2: `a` is missing
      {}

    bad record S.jsonl:10: it is no JSON
      not UTF-8, as base64: //8=

    late S T1 for hot from S.jsonl:7
      {"a":1}
      window T0 to T2 and 2 more; watermark T3

    error T9 in hot: division by zero
      from S.jsonl:2-3; key ["press"]
    "#);
}

#[test]
fn a_text_waits_is_accepted_and_is_the_same_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path(), "derived", "what \"a\" gives".into());
    assert_eq!(place.compare("one\n").unwrap(), Found::Missing);
    place.propose("one\n").unwrap();
    assert_eq!(place.compare("one\n").unwrap(), Found::Missing, "what waits is not stored");
    place.accept("one\n").unwrap();
    assert_eq!(place.compare("one\n").unwrap(), Found::Same);
    assert!(!place.waiting().exists());
    assert_eq!(place.compare("two\n").unwrap(), Found::Other("one\n".into()));
}

#[test]
fn a_file_that_is_no_snapshot_is_not_taken_for_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path(), "derived", String::new());
    std::fs::write(place.path(), b"---\nsource: [\n---\n\xff").unwrap();
    let error = place.compare("one\n").unwrap_err();
    assert!(error.to_string().contains("derived.snap"), "{error}");
}

/// What `cep test --accept` stores, insta compares with: the same file serves both.
#[test]
fn insta_reads_what_was_accepted_here() {
    let folder = tempfile::tempdir().unwrap();
    let text = "4 events in\n\n2026-01-01T08:00:09Z Hot\n  {\"a\":\"\u{e9}\"}\n";
    Place::new(folder.path(), "derived", "what `a: b` gives".into()).accept(text).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder.path());
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("derived", text));
    assert!(!folder.path().join("derived.snap.new").exists());
}
