//! What `cep run` gives for good input.

use crate::room::{Room, harvest, harvests};
use std::process::Stdio;

#[test]
fn derived_events_are_cloud_events_on_standard_output() {
    let events = harvest(302, 21, 1_000) + &harvest(302, 87, 6_000) + &harvest(302, 163, 13_000);
    let ran = Room::with(&events).cep("run . --flush");
    insta::assert_snapshot!(format!("{events}=>\n{}", ran.show()));
}

#[test]
fn streams_that_are_read_together_or_item_by_item_are_opened() {
    let room = Room::empty();
    let rules = "stream A {\n    xs: [int]\n    at: timestamp\n\n    time at\n}\n\n\
        stream B {\n    at: timestamp\n\n    time at\n}\n\n\
        rule both {\n    from A, B\n    emit Both { at }\n}\n\n\
        rule items {\n    from A each x in xs\n    emit Item { x }\n}\n";
    room.write("farm.rules", rules);
    room.write("A.jsonl", "{\"xs\":[5,6],\"at\":1000}\n");
    room.write("B.jsonl", "{\"at\":2000}\n");
    assert_eq!(room.cep("run . --flush").lines().len(), 4);
}

#[test]
fn what_reaches_beyond_the_end_is_decided_by_flush_only() {
    let room = Room::with(&harvest(1, 5, 1_000));
    assert_eq!(room.cep("run .").lines().len(), 0);
    assert_eq!(room.cep("run . --flush").lines().len(), 1);
}

#[test]
fn two_runs_give_the_same_bytes() {
    let room = Room::with(&harvests(0..200));
    let [first, second] = [room.cep("run ."), room.cep("run .")];
    assert_eq!(first.out, second.out);
    assert_eq!(first.lines().len(), 19);
}

#[test]
fn the_output_of_a_beginning_is_a_prefix_of_the_output_of_all() {
    let all = Room::with(&harvests(0..200)).cep("run .").out;
    for seconds in [0, 1, 13, 100, 157] {
        let beginning = Room::with(&harvests(0..seconds)).cep("run .").out;
        assert!(all.starts_with(&beginning), "after {seconds} s");
    }
}

#[test]
fn splitting_events_over_partitions_changes_causes_only() {
    let room = Room::with(&harvests(0..200));
    let whole = room.cep("run .").out;
    let copied = room.cep("copy file:Harvest.jsonl log:data/Harvest --partitions 3 --key farmid");
    assert_eq!((copied.code, copied.err.as_str()), (Some(0), "600 records copied\n"));
    let split = room.cep("run . --bind Harvest=log:data/Harvest").out;
    let without_causes = |out: &str| -> Vec<serde_json::Value> {
        let value = |line: &str| {
            let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
            value["causes"].take();
            value
        };
        out.lines().map(value).collect()
    };
    assert_eq!(without_causes(&split), without_causes(&whole));
    assert_ne!(split, whole, "the causes name the partitions");
}

#[test]
fn parameters_and_plain_data() {
    let room = Room::with(&harvests(0..25));
    let run = |words: &str| room.cep(&format!("run . --format plain {words}")).out;
    insta::assert_snapshot!(run(""), @r#"
    {"farm":2,"harvested":100,"since":"2020-03-23T16:31:50Z"}
    {"farm":2,"harvested":100,"since":"2020-03-23T16:32:00Z"}
    "#);
    assert_eq!(run("--set floor=201").lines().count(), 6);
    assert_eq!(run("--set floor=100"), "");
}

#[test]
fn one_file_of_cloud_events_feeds_several_streams() {
    let room = Room::empty();
    room.write(
        "r.rules",
        "stream A { x: int, at: timestamp, time at }\n\
         stream B { y: int, at: timestamp, time at }\n\
         rule a { from A emit FromA { x } }\n\
         rule b { from B emit FromB { y } }\n",
    );
    let event = |kind: &str, data: &str| {
        format!(
            "{{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"t\",\"type\":\"{kind}\",\"data\":{data}}}\n"
        )
    };
    let events = [
        event("A", "{\"x\":1,\"at\":1000}"),
        event("B", "{\"y\":2,\"at\":2000}"),
        event("C", "{\"z\":3,\"at\":3000}"),
        event("A", "{\"x\":\"wrong\",\"at\":4000}"),
        "nonsense\n".into(),
        event("A", "{\"x\":5,\"at\":5000}"),
    ];
    room.write("events.jsonl", events.concat());
    let ran = room.cep("run . --format plain --errors file:errors.jsonl");
    insta::assert_snapshot!(format!(
        "{}=>\n{}--- errors.jsonl\n{}",
        events.concat(),
        ran.show(),
        room.read("errors.jsonl")
    ));
}

#[test]
fn a_reader_that_has_enough_ends_the_run_quietly() {
    let room = Room::with(&harvests(0..3_000));
    let mut command = room.command(&["run", ".", "--set", "floor=1000"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn quiet_says_nothing_of_a_good_run() {
    let ran = Room::with(&harvests(0..25)).cep("run . --quiet");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(ran.lines().len(), 2);
}

#[test]
fn the_log_can_be_json() {
    let ran = Room::with("nonsense\n").cep("run . --log json");
    let lines: Vec<serde_json::Value> =
        ran.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let levels: Vec<&str> = lines.iter().map(|line| line["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["WARN", "WARN", "INFO"]);
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["message"].is_string()));
}

#[test]
fn attributes_of_a_rule_travel_with_its_events_as_extensions() {
    let room = Room::with(&harvest(302, 21, 1_000));
    room.write("severe.rules", SEVERE);
    let ran = room.cep("run . --flush");
    let event = ran.lines().into_iter().find(|line| line.contains("\"Severe\"")).unwrap();
    let event: serde_json::Value = serde_json::from_str(event).unwrap();
    assert_eq!([&event["severity"], &event["team"]], ["high", "orchard"]);
    assert!(!ran.out.contains("Unsaid"), "a rule that is `@off` gives nothing: {}", ran.out);
}

/// A rule with attributes, and one that is off.
const SEVERE: &str = r#"
@severity("high")
@team("orchard")
rule severe { from Harvest emit Severe { farm } }

@off
rule unsaid { from Harvest emit Unsaid { farm } }
"#;
