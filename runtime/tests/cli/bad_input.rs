//! Bad input gets a clear error, and nothing is lost.

use crate::room::{Ran, Room, harvest};
use std::time::{Duration, SystemTime};

/// Good harvests around a bad line; runs with `--errors` and without.
fn around(bad: &[u8]) -> (Ran, String) {
    let room = Room::with("");
    let good = [harvest(1, 5, 1_000), harvest(1, 6, 25_000)];
    room.write("Harvest.jsonl", [good[0].as_bytes(), bad, b"\n", good[1].as_bytes()].concat());
    let ran = room.cep("run . --format plain");
    let with_errors = room.cep("run . --format plain --errors file:errors.jsonl");
    assert_eq!((with_errors.code, &with_errors.out), (Some(0), &ran.out));
    let told = with_errors.err.contains("1 bad record,");
    assert!(told, "the summary counts it: {}", with_errors.err);
    (ran, room.read("errors.jsonl"))
}

/// The line, the words about it and the dead letter.
fn story(bad: &str) -> String {
    let (ran, errors) = around(bad.as_bytes());
    assert_eq!(ran.out.lines().count(), 1, "the good events count: {}", ran.out);
    format!("{bad}\n=>\n{}--- errors.jsonl\n{errors}", ran.show())
}

#[test]
fn a_truncated_line_is_a_dead_letter() {
    insta::assert_snapshot!(story("{\"farmid\":1,\"batchcnt\":5,\"batchti"));
}

#[test]
fn a_wrong_type_is_a_dead_letter() {
    insta::assert_snapshot!(story(
        "{\"farmid\":1,\"batchcnt\":\"five\",\"batchtime\":1584981114028}"
    ));
}

#[test]
fn a_missing_key_is_a_dead_letter() {
    insta::assert_snapshot!(story("{\"batchcnt\":5,\"batchtime\":1584981114028}"));
}

#[test]
fn a_time_a_thousand_years_after_its_record_is_a_dead_letter() {
    let far = "{\"farmid\":1,\"batchcnt\":5,\"batchtime\":33141889114028}\n";
    let room = Room::with(&[&harvest(1, 5, 1_000), far, &harvest(1, 6, 25_000)].concat());
    assert_eq!(room.cep("copy file:Harvest.jsonl log:data/harvest").code, Some(0));
    let run = "run . --format plain --errors file:errors.jsonl --bind Harvest=";
    let ran = room.cep(&format!("{run}log:data/harvest"));
    assert_eq!((ran.code, ran.out.lines().count()), (Some(0), 1));
    assert!(room.read("errors.jsonl").contains("ahead of its record (limit 1h, see `ahead`)"));
}

/// When a file was last written is no matter.
#[test]
fn the_date_of_a_file_changes_nothing() {
    let room = Room::with(&(harvest(1, 5, 1_000) + &harvest(1, 6, 25_000)));
    let dated = |seconds| {
        let file = std::fs::File::options().write(true).open(room.path("Harvest.jsonl")).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        room.cep("run . --format plain").out
    };
    let old = dated(1);
    assert_eq!((old.lines().count(), &old), (1, &dated(1_585_061_000)));
}

#[test]
fn invalid_utf_8_is_a_dead_letter_in_base64() {
    let (ran, errors) =
        around(b"{\"farmid\":1,\"batchcnt\":5,\"batchtime\":1584981114028,\"note\":\"\xff\"}");
    assert_eq!(ran.code, Some(0));
    insta::assert_snapshot!(errors);
}

#[test]
fn a_line_of_ten_megabytes_is_a_dead_letter_with_its_beginning() {
    let long = format!("{{\"farmid\":1,\"note\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
    let (ran, errors) = around(long.as_bytes());
    assert_eq!((ran.code, ran.lines().len()), (Some(0), 1));
    let error: serde_json::Value = serde_json::from_str(&errors).unwrap();
    assert_eq!(error["length"], long.len());
    assert_eq!(error["reason"], "it has 10485782 bytes, more than the limit of 1048576");
    assert!(long.starts_with(error["text"].as_str().unwrap()));
    assert!(ran.err.len() < 2_000, "the words stay short");
}

#[test]
fn an_empty_file_is_no_events() {
    let ran = Room::with("").cep("run .");
    insta::assert_snapshot!(ran.show(), @r"
    exit code: 0
    --- stdout
    --- stderr
    0 events in 0.0 s, 0 Disaster; 0 bad records, 0 late, 0 rule errors
    ");
}

#[test]
fn a_full_disk_ends_the_run_with_an_error() {
    let room = Room::with(&(harvest(1, 5, 1_000) + &harvest(1, 6, 25_000)));
    for sink in ["--sink file:/dev/full", "--errors file:/dev/full --bind Harvest=file:bad.jsonl"] {
        room.write("bad.jsonl", "nonsense\n");
        let ran = room.cep(&format!("run . {sink}"));
        assert_eq!(ran.code, Some(3), "{sink}");
        assert_eq!(
            ran.err,
            "error: cannot write `file:/dev/full`: there is no space left for it\n"
        );
    }
    // Where there is no room for the words, they are not said.
    let mut command = room.command(&["run", "nowhere"]);
    command.stderr(std::fs::File::options().write(true).open("/dev/full").unwrap());
    assert_eq!(command.status().unwrap().code(), Some(3));
    // Standard output too.
    let mut command = room.command(&["run", "."]);
    command.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let ran = Ran::of(command.stderr(std::process::Stdio::piped()).output().unwrap());
    assert_eq!(ran.code, Some(3));
    assert_eq!(ran.err, "error: cannot write `stdout:`: there is no space left for it\n");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let room = Room::with("");
    let report: String = [
        "run nowhere",
        "run . --bind Harvest=file:nowhere.jsonl",
        "run . --bind Harvest=log:data/nothing",
        "run . --sink file:no/such/folder/out.jsonl",
        "run . --config nowhere.toml",
        "run . --bind Harvest=file:.",
        "check nowhere.rules",
        "test nowhere",
    ]
    .iter()
    .map(|words| format!("$ cep {words}\n{}\n", room.cep(words).show()))
    .collect();
    insta::assert_snapshot!(report);
}

#[test]
fn bad_records_stop_the_run_where_that_is_configured() {
    let room = Room::with("nonsense\n");
    room.write("cep.toml", "[run]\non_bad_record = \"stop\"\n");
    let ran = room.cep("run .");
    assert_eq!(ran.code, Some(3));
    insta::assert_snapshot!(ran.show());
}

#[test]
fn late_events_are_counted_shown_and_kept_where_asked_for() {
    let events = harvest(1, 5, 1_000) + &harvest(1, 6, 25_000) + &harvest(1, 7, 2_000);
    let room = Room::with(&events);
    let ran = room.cep("run . --format plain");
    assert!(
        ran.err.contains("1 late event not kept; `--late file:PATH` keeps every one"),
        "{}",
        ran.err
    );
    let kept = room.cep("run . --format plain --late file:late.jsonl");
    assert!(!kept.err.contains("not kept"), "{}", kept.err);
    insta::assert_snapshot!(format!("{events}=>\n{}", room.read("late.jsonl")));
}

#[test]
fn an_error_of_a_rule_is_kept_with_its_event() {
    let room = Room::empty();
    room.write(
        "r.rules",
        "stream S { a: int, b: int, at: timestamp, time at }\n\
         rule ratio { from S emit Ratio { r: a / b } }\n",
    );
    room.write(
        "S.jsonl",
        "{\"a\":1,\"b\":2,\"at\":1000}\n{\"a\":1,\"b\":0,\"at\":2000}\n{\"a\":3,\"b\":2,\"at\":3000}\n",
    );
    let ran = room.cep("run . --format plain --errors file:errors.jsonl");
    insta::assert_snapshot!(format!(
        "{}=>\n{}--- errors.jsonl\n{}",
        room.read("S.jsonl"),
        ran.show(),
        room.read("errors.jsonl")
    ));
}
