//! Where streams are read from and events go.

use crate::room::{Room, harvests};

const TWO: usize = 2;

#[test]
fn standard_input_and_packed_files_are_read() {
    let room = Room::with("");
    let events = harvests(0..25);
    let ran = room.cep_with_input("run . --bind Harvest=stdin:", events.as_bytes());
    assert_eq!((ran.code, ran.lines().len()), (Some(0), TWO));
    room.write("plain.jsonl", &events);
    for packed in ["packed.jsonl.gz", "packed.jsonl.zst"] {
        room.cep(&format!("copy file:plain.jsonl file:{packed}"));
        assert!(room.path(packed).metadata().unwrap().len() < events.len() as u64 / 4);
        let ran = room.cep(&format!("run . --bind Harvest=file:{packed}"));
        assert_eq!((ran.code, ran.lines().len()), (Some(0), TWO), "{packed}");
    }
}

#[test]
fn one_event_can_go_to_several_places() {
    let room = Room::with(&harvests(0..25));
    let ran = room.cep(
        "run . --sink Disaster=stdout: --sink Disaster=file:out.jsonl --sink Disaster=log:data/d",
    );
    assert_eq!(ran.lines().len(), TWO);
    assert_eq!(room.read("out.jsonl"), ran.out);
    let log = room.read("data/d/0/00000000000000000000.jsonl");
    let first: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!((&first["offset"], &first["key"]), (&0.into(), &"2".into()));
    assert_eq!(first["timestamp_us"], 1_584_981_119_999_999_i64, "the event's time");
    assert_eq!(first["value"]["type"], "Disaster");
}

#[test]
fn the_configuration_beside_the_rules_says_where() {
    let room = Room::with("");
    room.write("input.jsonl", harvests(0..25));
    room.write(
        "cep.toml",
        "[app]\nid = \"farm-watch\"\n[bind]\nHarvest = \"file:input.jsonl\"\n\
         [sink]\nDisaster = \"file:out.jsonl\"\n",
    );
    let ran = room.cep("run .");
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
    let out = room.read("out.jsonl");
    assert_eq!(out.lines().count(), TWO);
    assert!(out.contains("\"source\":\"cep/farm-watch\""));
    let mut command = room.command(&["run", "."]);
    let output = command.env("CEP_SINK_DISASTER", "stdout:").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), out, "the environment wins");
}

#[test]
fn an_output_never_replaces_the_input_it_is_made_from() {
    let room = Room::with(&harvests(0..25));
    let ran = room.cep("run . --sink file:./Harvest.jsonl");
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.err, @"error: `file:./Harvest.jsonl` is read and written by the same run");
    assert_eq!(room.read("Harvest.jsonl"), harvests(0..25));
    let ran = room.cep("copy file:Harvest.jsonl file:Harvest.jsonl");
    assert_eq!(ran.code, Some(2));
    assert_eq!(room.read("Harvest.jsonl"), harvests(0..25));
}

#[test]
fn mistakes_in_places_say_what_to_type() {
    let room = Room::with("");
    room.write("wrong.toml", "[kafka]\nbroker = [\"a:1\"]\n");
    let report: String = [
        "run . --bind Harvst=stdin:",
        "run . --bind Harvest",
        "run . --bind Harvest=harvest.jsonl",
        "run . --bind Harvest=file:factors.csv",
        "run . --sink Disaster=kafka://localhost/x",
        "run . --sink Disaster=stdin:",
        "run . --sink Disaster=file:out.csv.gz",
        "run . --bind Harvest=stdout:",
        "run . --set flor=1",
        "run . --set floor=high",
        "run . --set floor",
        "run . --config wrong.toml",
        "run . --format xml",
        "run . --at-end follow --bind Harvest=file:x.jsonl.gz",
        "copy file:Harvest.jsonl file:x.jsonl --partitions 3",
    ]
    .iter()
    .map(|words| {
        let ran = room.cep(words);
        assert_eq!(ran.out, "", "{words}");
        format!("$ cep {words}\n{}(exit code {})\n\n", ran.err, ran.code.unwrap())
    })
    .collect();
    insta::assert_snapshot!(report);
}

/// Harvests as CSV, the columns in another order than the fields.
fn csv(events: &str) -> String {
    let line = |event: &str| {
        let event: serde_json::Value = serde_json::from_str(event).unwrap();
        format!("{},{},{},x\n", event["batchtime"], event["farmid"], event["batchcnt"])
    };
    events.lines().map(line).collect()
}

const HEAD: &str = "batchtime,farm,batchcnt,unread\n";

#[test]
fn csv_files_give_what_lines_of_json_give() {
    let room = Room::with(&harvests(0..25));
    let expected = room.cep("run . --format plain");
    assert_eq!(expected.lines().len(), TWO);
    room.write("h.csv", format!("{HEAD}{}", csv(&harvests(0..25))));
    room.write("h.CSV", format!("\u{feff}{HEAD}\n{}", csv(&harvests(0..25))).replace('\n', "\r\n"));
    for packed in ["h.csv.gz", "h.csv.zst"] {
        let copied = room.cep(&format!("copy file:h.csv file:{packed}"));
        assert_eq!(copied.code, Some(0), "{}", copied.err);
    }
    for file in ["h.csv", "h.CSV", "h.csv.gz", "h.csv.zst"] {
        let ran = room.cep(&format!("run . --format plain --bind Harvest=file:{file}"));
        assert_eq!((ran.code, &ran.out), (Some(0), &expected.out), "{file}: {}", ran.err);
        assert!(ran.err.contains("75 events"), "{}", ran.err);
        assert!(!ran.err.contains("other types"), "{}", ran.err);
    }
    let without_head = csv(&harvests(0..25)).replace(",x", "");
    let in_order = "stream Harvest { at: timestamp, farm: int, count: int";
    room.write("farm.rules", crate::room::RULES.replace(
        "stream Harvest from kafka(\"costcenter\") {\n    farm:  int       from \"farmid\"\n    count: int       from \"batchcnt\"\n    at:    timestamp from \"batchtime\"",
        in_order,
    ));
    let lines = "run . --format plain --bind Harvest=stdin:?format=csv";
    let ran = room.cep_with_input(lines, without_head.as_bytes());
    assert_eq!((ran.code, &ran.out), (Some(0), &expected.out), "{}", ran.err);
}

#[test]
fn a_csv_file_is_gone_on_with_in_its_middle() {
    let room = Room::with(&harvests(0..25));
    let expected = room.cep("run . --format plain");
    room.write("h.csv", format!("{HEAD}{}", csv(&harvests(0..13))));
    let words = "run . --format plain --bind Harvest=file:h.csv --state state";
    let first = room.cep(words);
    assert_eq!(first.code, Some(0), "{}", first.err);
    room.append("h.csv", csv(&harvests(13..25)));
    let second = room.cep(words);
    assert!(second.err.contains("36 events"), "{}", second.err);
    assert_eq!(first.out + &second.out, expected.out);
}

#[test]
fn what_is_wrong_with_a_csv_file_is_said_with_its_line() {
    let room = Room::with("");
    room.write("h.csv", format!("{HEAD}{}1,2\n,2,3,\n", csv(&harvests(0..1))));
    let ran = room.cep("run . --bind Harvest=file:h.csv --errors file:errors.jsonl");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let reasons: Vec<String> = room
        .read("errors.jsonl")
        .lines()
        .map(|line| {
            let error: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{}: {}", error["offset"], error["reason"])
        })
        .collect();
    assert_eq!(
        reasons,
        ["4: \"expected 4 cells, found 2\"", "5: \"field `at` is null (at `batchtime`)\""]
    );
    room.write("empty.csv", "");
    let ran = room.cep("run . --bind Harvest=file:empty.csv");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("names no columns: there is none"), "{}", ran.err);
    room.write("open.csv", "farm,\"count\n");
    let ran = room.cep("run . --bind Harvest=file:open.csv");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("names no columns: a quote is not closed"), "{}", ran.err);
}

#[test]
fn columns_that_are_not_those_of_the_fields_are_said_once() {
    let room = Room::with("");
    room.write("lacks.csv", "farm;count;batchtime\n1;2;3\n4;5;6\n");
    room.write("twice.csv", "farm,count,count,batchtime\n1,2,3,4\n");
    let said = ["lacks.csv", "twice.csv"].map(|file| {
        let ran = room.cep(&format!("run . --bind Harvest=file:{file}"));
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        ran.err
    });
    insta::assert_snapshot!(said.concat());
}
