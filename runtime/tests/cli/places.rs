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
