//! Stored snapshots: `cep test` over events beside rules.

use crate::room::{RULES, Ran, Room, harvest, harvests};
use std::path::{Path, PathBuf};

/// Calls `cep` with the variable `CI` as given; without one it is as on a desk.
fn cep(room: &Room, words: &str, ci: Option<&str>) -> Ran {
    let args: Vec<&str> = words.split_whitespace().collect();
    let mut command = room.command(&args);
    match ci {
        Some(value) => command.env("CI", value),
        None => command.env_remove("CI"),
    };
    Ran::of(command.output().unwrap())
}

fn at_desk(room: &Room, words: &str) -> Ran {
    cep(room, words, None)
}

/// A folder whose snapshot is stored.
fn accepted() -> Room {
    let room = Room::with(&harvests(0..12));
    let ran = at_desk(&room, "test . --accept");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    room
}

#[test]
fn what_is_not_stored_waits_is_accepted_and_holds_from_then_on() {
    let room = Room::with(&harvests(0..12));
    let ran = at_desk(&room, "test .");
    insta::assert_snapshot!(ran.show());
    assert!(!room.path("derived.snap").exists());
    let waiting = room.read("derived.snap.new");

    let ran = at_desk(&room, "test . --accept");
    insta::assert_snapshot!(ran.show());
    assert_eq!(room.read("derived.snap"), waiting);
    assert!(!room.path("derived.snap.new").exists());

    insta::assert_snapshot!(at_desk(&room, "test .").show());
}

#[test]
fn a_change_is_shown_block_by_block_and_fails() {
    let room = accepted();
    room.append("Harvest.jsonl", harvest(3, 1, 30_000));
    let ran = at_desk(&room, "test .");
    insta::assert_snapshot!(ran.show());
    assert!(room.path("derived.snap.new").exists());
    // What holds again no longer waits.
    room.write("Harvest.jsonl", harvests(0..12));
    assert_eq!(at_desk(&room, "test .").code, Some(0));
    assert!(!room.path("derived.snap.new").exists());
}

#[test]
fn in_ci_a_change_fails_and_nothing_is_written() {
    let room = Room::with(&harvests(0..12));
    let ran = cep(&room, "test .", Some("true"));
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.err.contains("in CI nothing is written"), "{}", ran.err);
    assert!(!room.path("derived.snap.new").exists());
    for flag in ["--accept", "--review"] {
        let ran = cep(&room, &format!("test . {flag}"), Some("1"));
        assert_eq!(ran.code, Some(2));
        assert!(ran.err.contains("`CI` is set"), "{}", ran.err);
    }
    assert!(!room.path("derived.snap").exists());
    assert_eq!(cep(&room, "test . --accept", Some("false")).code, Some(0));
    assert_eq!(cep(&room, "test .", Some("true")).code, Some(0));
}

#[test]
fn what_other_params_give_is_shown_and_never_stored() {
    let room = accepted();
    let stored = room.read("derived.snap");
    let ran = at_desk(&room, "test . --set floor=1");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.err.contains("not as stored, with the params of `--set`"), "{}", ran.err);
    for flag in ["--accept", "--review"] {
        let ran = at_desk(&room, &format!("test . --set floor=1 {flag}"));
        assert_eq!(ran.code, Some(2), "{}", ran.err);
    }
    assert_eq!(room.read("derived.snap"), stored);
    assert!(!room.path("derived.snap.new").exists());
}

#[test]
fn a_review_without_a_terminal_is_refused() {
    let room = Room::with(&harvests(0..12));
    let ran = at_desk(&room, "test . --review");
    insta::assert_snapshot!(ran.show());
    assert!(!room.path("derived.snap.new").exists());
}

#[test]
fn every_folder_below_is_tested_and_a_filter_chooses_by_folder_and_title() {
    let room = Room::empty();
    for folder in ["a", "a/inner", "b", ".hidden"] {
        std::fs::create_dir_all(room.path(folder)).unwrap();
        room.write(&format!("{folder}/farm.rules"), RULES);
        room.write(&format!("{folder}/Harvest.jsonl"), harvests(0..12));
    }
    let labels = |words: &str| {
        let ran = at_desk(&room, words);
        ran.lines().iter().filter(|line| line.contains('…')).map(ToString::to_string).collect()
    };
    let all: Vec<String> = labels("test . --accept");
    assert_eq!(
        all,
        ["./a", "./a/inner", "./b"].map(|f| format!("{f}: derived from Harvest.jsonl … accepted"))
    );
    let some: Vec<String> = labels("test . --filter a/in");
    assert_eq!(some, ["./a/inner: derived from Harvest.jsonl … ok"]);
    let none = at_desk(&room, "test . --filter nowhere");
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("holds `nowhere`"), "{}", none.err);
}

#[test]
fn late_events_bad_records_and_errors_are_in_the_snapshot() {
    let room = Room::empty();
    let rules = RULES.replace("harvested: sum(count)", "harvested: 600 / sum(count)");
    room.write("farm.rules", rules);
    let events = [
        harvest(1, 20, 0),
        harvest(2, 0, 1_000),
        "no JSON\n".into(),
        harvest(1, 7, 30_000),
        harvest(1, 3, 500),
    ];
    room.write("Harvest.jsonl", events.concat());
    at_desk(&room, "test . --accept");
    insta::assert_snapshot!(room.read("derived.snap"));
}

#[test]
fn when_a_folder_was_written_and_how_it_is_configured_do_not_matter() {
    let room = accepted();
    room.write("cep.toml", "[bind]\nHarvest = \"file:elsewhere.jsonl\"\n[app]\nid = \"other\"\n");
    let file = std::fs::File::options().append(true).open(room.path("Harvest.jsonl")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let ran = at_desk(&room, "test .");
    assert_eq!(ran.code, Some(0), "{}", ran.out);
}

#[test]
fn what_cannot_be_read_is_said_and_the_other_folders_are_tested() {
    let room = Room::empty();
    let folder = |name: &str, file: &str, events: &str| {
        std::fs::create_dir_all(room.path(name)).unwrap();
        room.write(&format!("{name}/farm.rules"), RULES);
        room.write(&format!("{name}/{file}"), events);
    };
    folder("empty", "Harvest.jsonl", "");
    folder("packed", "Harvest.jsonl.gz", "no gzip");
    folder(
        "strange",
        "events.jsonl",
        "{\"specversion\":\"1.0\",\"type\":\"Harvests\",\"data\":{}}\n",
    );
    folder("torn", "Harvest.jsonl", &harvests(0..2));
    room.write("torn/derived.snap", b"---\n\xff");
    folder("well", "Harvest.jsonl", &harvests(0..2));
    let ran = at_desk(&room, "test . --accept");
    insta::assert_snapshot!(ran.show());
    insta::assert_snapshot!(at_desk(&Room::empty(), "test .").show());
}

/// The example programs, each against what is stored beside it, as a Rust program tests them.
#[test]
fn a_test_in_rust_reads_the_snapshot_that_cep_test_stores() {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/harvest");
    let text = runtime::snapshot::derived_events(&folder).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("derived", text));
}

#[test]
fn every_example_holds() {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let room = Room::empty();
    let ran = cep(&room, &format!("test {}", folder.display()), Some("true"));
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.lines().len() > 2, "{}", ran.out);
}

const MATCHING: &str = r#"
test "a poor farm" {
    given Harvest from file("poor.jsonl")
    expect Disaster matches snapshot
}
"#;

#[test]
fn a_test_matches_a_snapshot_under_its_title() {
    let room = Room::empty();
    room.write("farm.rules", format!("{RULES}{MATCHING}"));
    room.write("poor.jsonl", harvest(2, 10, 0) + &harvest(1, 500, 1_000));
    assert_eq!(at_desk(&room, "test .").code, Some(1));
    assert!(room.path("a-poor-farm-Disaster.snap.new").exists());
    assert_eq!(at_desk(&room, "test farm.rules --accept").code, Some(0));
    insta::assert_snapshot!(room.read("a-poor-farm-Disaster.snap"));
    insta::assert_snapshot!(at_desk(&room, "test .").show());
    // The same title twice would be the same file.
    room.write("more.rules", MATCHING.replace("poor farm", "Poor  farm!"));
    insta::assert_snapshot!(at_desk(&room, "test .").show());
}

#[test]
fn events_of_a_test_stand_in_json_lines_cloudevents_or_csv() {
    let room = Room::empty();
    let test = |file: &str| {
        format!(
            "test \"{file}\" {{ base @2020-03-23T16:31:50Z given Harvest from file(\"{file}\") \
             expect Disaster\n|farm|harvested|since|\n|2|10|0s|\n|3|7|10s|\n}}\n"
        )
    };
    let tests = ["data/a.jsonl", "events.jsonl", "a.csv"].map(test).concat();
    std::fs::create_dir(room.path("data")).unwrap();
    room.write("farm.rules", format!("{RULES}{tests}"));
    let lines = [harvest(2, 10, 0), harvest(3, 7, 12_000)];
    room.write("data/a.jsonl", lines.concat());
    let event = |data: &String| {
        format!("{{\"specversion\":\"1.0\",\"type\":\"Harvest\",\"data\":{}}}\n", data.trim())
    };
    room.write("events.jsonl", lines.iter().map(event).collect::<String>());
    room.write("a.csv", "farmid,count,batchtime,more\n2,10,1584981110000,x\n3,7,1584981122000,\n");
    let ran = at_desk(&room, "test farm.rules");
    assert_eq!((ran.code, ran.out.matches("ok\n").count()), (Some(0), 3), "{}", ran.out);
}

#[test]
fn a_file_of_a_test_that_is_wrong_fails_the_test_and_says_where() {
    let room = Room::empty();
    let test = |file: &str, expected: &str| {
        let title = expected.split(' ').next().unwrap().trim();
        format!(
            "test '{file} {title}' {{ given Harvest from file(\"{file}\") expect {expected} }}\n"
        )
    };
    let tests = [
        test("missing.jsonl", "no Disaster"),
        test("empty.csv", "no Disaster"),
        test("bad.jsonl", "no Disaster"),
        test("bad.csv", "no Disaster"),
        test("bad.jsonl", "error 'valid JSON'"),
        test("bad.csv", "error \n|row|text|\n|3|'field `farm`'|\n"),
    ];
    room.write("farm.rules", format!("{RULES}{}", tests.concat()));
    room.write("empty.csv", "farm,count,batchtime\n");
    room.write("bad.jsonl", harvest(1, 500, 0) + "no JSON\n");
    room.write("bad.csv", "farm,count,batchtime\n1,500,1584981110000\nx,1,1584981110000\n");
    insta::assert_snapshot!(at_desk(&room, "test farm.rules").show());
}

#[test]
fn a_snapshot_of_what_is_gone_is_named() {
    let room = accepted();
    std::fs::remove_file(room.path("Harvest.jsonl")).unwrap();
    room.write("an-old-title-Disaster.snap", "---\n---\n0 Disaster\n");
    insta::assert_snapshot!(at_desk(&room, "test .").show());
}
