//! The words for bad records, as a person reads them.

use super::*;
use std::fmt::Write;

/// The records, each with what is wrong with it below.
fn words(decoders: &mut Decoders, records: &[(&[u8], Option<EventTime>)]) -> String {
    let mut shown = String::new();
    for ((bytes, _), outcome) in records.iter().zip(decoders.decode_all(records)) {
        let Outcome::Bad(reason) = outcome else { panic!("{outcome:?}") };
        writeln!(shown, "{}\n    {reason}", String::from_utf8_lossy(bytes).escape_debug()).unwrap();
    }
    shown
}

#[test]
fn misfits_name_the_field_and_what_was_found() {
    let fields = vec![
        field("farm", Type::Int, "farmid"),
        field("count", Type::Int.optional(), "count"),
        field("weight", Type::Decimal.optional(), "weight"),
        field("ratio", Type::Float.optional(), "ratio"),
        field("crop", Type::String.optional(), "crop"),
        field("ok", Type::Bool.optional(), "ok"),
        field("took", Type::Duration.optional(), "took"),
        field("inner", Type::Int.optional(), "data.inner"),
        field("at", Type::Timestamp, "at"),
    ];
    let mut decoders = Decoders::new(plan(fields), Format::Json);
    let long = format!(r#"{{"farmid":"{}","at":0}}"#, "many words ".repeat(10));
    let records: Vec<&[u8]> = vec![
        br#"{"at":0}"#,
        br#"{"farmid":null,"at":0}"#,
        br#"{"farmid":12.0,"at":0}"#,
        br#"{"farmid":true,"at":0}"#,
        br#"{"farmid":123456789012345678901234567890,"at":0}"#,
        long.as_bytes(),
        br#"{"farmid":1,"count":"abc","at":0}"#,
        br#"{"farmid":1,"count":{"a":1},"at":0}"#,
        br#"{"farmid":1,"weight":"heavy","at":0}"#,
        br#"{"farmid":1,"weight":1e99,"at":0}"#,
        br#"{"farmid":1,"ratio":1e999,"at":0}"#,
        br#"{"farmid":1,"ratio":"high","at":0}"#,
        br#"{"farmid":1,"crop":7,"at":0}"#,
        br#"{"farmid":1,"crop":"\ud800","at":0}"#,
        br#"{"farmid":1,"ok":"yes","at":0}"#,
        br#"{"farmid":1,"took":90,"at":0}"#,
        br#"{"farmid":1,"took":"90","at":0}"#,
        br#"{"farmid":1,"data":[1],"at":0}"#,
        br#"{"farmid":1}"#,
        br#"{"farmid":1,"at":null}"#,
        br#"{"farmid":1,"at":"yesterday"}"#,
        br#"{"farmid":1,"at":1584981114028000000}"#,
    ];
    let with_time: Vec<_> = records.iter().map(|record| (*record, None)).collect();
    insta::assert_snapshot!(words(&mut decoders, &with_time));
}

#[test]
fn what_is_no_json_is_said_with_its_place() {
    let fields = vec![field("x", Type::Int.optional(), "x"), field("at", Type::Timestamp, "at")];
    let mut decoders = Decoders::new(plan(fields), Format::Json);
    let deep = "[".repeat(129);
    let records: Vec<&[u8]> = vec![
        b"",
        b"  ",
        b"x",
        b"12",
        b"[1]",
        br#""text""#,
        br#"{"x":1,"at":0"#,
        br#"{"x":1,"at":0}}"#,
        br#"{"x":1 "at":0}"#,
        br#"{"x":1,}"#,
        br#"{"x":01,"at":0}"#,
        br#"{"x":+1,"at":0}"#,
        br#"{'x':1}"#,
        br#"{"x":NaN,"at":0}"#,
        b"{\"x\":1,\n\"at\":0,\n  nonsense}",
        b"{\"y\":\"tab\there\",\"at\":0}",
        b"{\"y\":\"\\q\",\"at\":0}",
        b"\xef\xbb\xbf{\"at\":0}",
        b"{\"y\":\"\xff\",\"at\":0}",
        deep.as_bytes(),
    ];
    let with_time: Vec<_> = records.iter().map(|record| (*record, None)).collect();
    insta::assert_snapshot!(words(&mut decoders, &with_time));
}

#[test]
fn times_far_ahead_are_said_in_large_units() {
    let mut decoders = Decoders::new(plan(vec![field("at", Type::Timestamp, "at")]), Format::Json);
    let now = Some(EventTime(1_584_981_114_028_000));
    let records: Vec<&[u8]> = vec![
        br#"{"at":"3020-03-23T16:31:54Z"}"#,
        br#"{"at":"2020-04-23T16:31:54Z"}"#,
        br#"{"at":"2020-03-23T17:31:56Z"}"#,
    ];
    let with_time: Vec<_> = records.iter().map(|record| (*record, now)).collect();
    insta::assert_snapshot!(words(&mut decoders, &with_time));
}

#[test]
fn a_cloud_event_without_a_type_is_bad() {
    let fields = vec![field("x", Type::Int, "x"), field("at", Type::Timestamp, "at")];
    let mut decoders = Decoders::new(plan(fields), Format::CloudEvents);
    let records: Vec<&[u8]> = vec![
        br#"{"data":{"x":1,"at":0}}"#,
        br#"{"type":7,"data":{"x":1,"at":0}}"#,
        br#"{"type":"Harvest","data":"text"}"#,
        br#"{"type":"Harvest","data":{"at":0}}"#,
    ];
    let with_time: Vec<_> = records.iter().map(|record| (*record, None)).collect();
    insta::assert_snapshot!(words(&mut decoders, &with_time));
}
