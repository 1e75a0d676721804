//! check, explain, test, copy.

use crate::room::{RULES, Room, harvests};

const WRONG: &str = "\
stream Harvest { farm: int, count: int, at: timestamp, time at }
rule a { from Harvst window tumbling(10s) emit A { n: count() } }
rule b { from Harvest by frm window tumbling(10s) emit B { n: count() } }
rule c { from Harvest where count > \"x\" emit C { count } }
";

#[test]
fn check_says_everything_that_is_wrong_and_exits_with_1() {
    let room = Room::empty();
    room.write("wrong.rules", WRONG);
    let ran = room.cep("check wrong.rules");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert_eq!(ran.err.matches("error[E").count(), 3, "{}", ran.err);
    assert!(ran.err.contains("did you mean `Harvest`?"), "{}", ran.err);
    assert!(ran.err.ends_with("error: 3 errors in wrong.rules\n"), "{}", ran.err);
    let json = room.cep("check --format json wrong.rules");
    assert_eq!(json.code, Some(1));
    for line in json.lines() {
        let diagnostic: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(diagnostic["severity"], "error");
    }
    assert_eq!(json.lines().len(), 3);
}

#[test]
fn warnings_do_not_stop_a_run_and_are_mentioned() {
    let room = Room::with("");
    room.write("farm.rules", RULES.replace("// cep: allow W0108\n", ""));
    let ran = room.cep("run .");
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.starts_with("1 warning in .; `cep check .` shows what\n"), "{}", ran.err);
    assert!(room.cep("check .").err.contains("warning[W0108]"));
}

#[test]
fn a_program_with_errors_does_not_run() {
    let room = Room::empty();
    room.write("wrong.rules", WRONG);
    let ran = room.cep("run .");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.ends_with("error: 3 errors in .\n"), "{}", ran.err);
}

#[test]
fn a_program_on_standard_input_is_checked() {
    let room = Room::empty();
    let ran = room.cep_with_input("check -", b"param a: int = 1\nrule b { from C emit D { e } }\n");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("--> standard input:2:15\n"), "{}", ran.err);
    let ran = room.cep_with_input("check -", b"param a: int = 1\n");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.ends_with("1 warning in standard input\n"), "{}", ran.err);
}

#[test]
fn every_program_below_a_folder_is_checked() {
    let room = Room::empty();
    for (folder, rules) in [("a/good", RULES), ("b", WRONG)] {
        std::fs::create_dir_all(room.path(folder)).unwrap();
        room.write(&format!("{folder}/x.rules"), rules);
    }
    let ran = room.cep("check .");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("in ./a/good\n"), "{}", ran.err);
    assert!(ran.err.contains("error: 3 errors in ./b\n"), "{}", ran.err);
    assert_eq!(room.cep("check a").code, Some(0));
}

#[test]
fn tests_that_fail_show_the_difference_and_exit_with_1() {
    let room = Room::empty();
    let test = "
test \"one poor window\" {
    given Harvest
        | at | farm | count |
        | 1s | 302  | 21    |
    expect Disaster
        | farm | harvested |
        | 302  | 21        |
}
test \"wrongly expected\" {
    given Harvest
        | at | farm | count |
        | 1s | 302  | 21    |
    expect Disaster
        | farm | harvested |
        | 302  | 22        |
}
";
    room.write("farm.rules", format!("{RULES}{test}"));
    let ran = room.cep("test .");
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.show());
    let one = room.cep("test . --filter poor");
    assert_eq!((one.code, one.lines().last()), (Some(0), Some(&"1 passed, 0 failed")));
}

#[test]
fn explain_prints_the_plan_in_three_forms() {
    let room = Room::with("");
    let text = room.cep("explain .");
    assert_eq!(text.code, Some(0));
    assert!(text.out.contains("rule disaster\n"), "{}", text.out);
    assert!(text.out.contains("horizon  12s\n"), "{}", text.out);
    let json: serde_json::Value =
        serde_json::from_str(&room.cep("explain . --format json").out).unwrap();
    assert_eq!(json["plan"]["rules"][0]["name"], "disaster");
    assert!(room.cep("explain . --format mermaid").out.starts_with("flowchart LR\n"));
    assert!(room.cep("explain . disastr").err.contains("did you mean `disaster`?"));
    let other = room.cep("explain . nothing");
    assert_eq!(other.code, Some(2));
    assert!(other.err.contains("help: its rules are `disaster`\n"), "{}", other.err);
}

#[test]
fn a_rule_that_is_off_is_said_to_be_off() {
    let room = Room::empty();
    room.write(
        "off.rules",
        "stream H {\n    farm: int\n    at: timestamp\n    time at\n}\n@off\nrule low {\n    from H\n    emit Low { farm }\n}\ntest \"t\" {\n    given H\n        | at | farm |\n        | 1s | 1    |\n    expect Low\n        | farm |\n        | 1    |\n}\n",
    );
    let explained = room.cep("explain off.rules low");
    assert_eq!(explained.code, Some(2));
    assert!(explained.err.contains("the rule `low` is switched off"), "{}", explained.err);
    let tested = room.cep("test off.rules");
    assert_eq!(tested.code, Some(1));
    let why = "`low`, which emits it, is switched off by `@off`";
    assert!(tested.out.contains(why), "{}", tested.out);
}

#[test]
fn copy_keeps_bytes_order_and_keys() {
    let room = Room::empty();
    let events = harvests(0..20);
    room.write("in.jsonl", &events);
    room.cep("copy file:in.jsonl log:data/h --partitions 3 --key farmid");
    let ran = room.cep("copy log:data/h stdout:");
    let mut lines: Vec<&str> = ran.lines();
    let mut expected: Vec<&str> = events.lines().collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
    // Each farm has one partition, and in it its own order.
    for partition in 0..3 {
        let file = format!("data/h/{partition}/00000000000000000000.jsonl");
        let text = room.read(&file);
        let times: Vec<i64> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|record| record["value"]["batchtime"].as_i64().unwrap())
            .collect();
        assert!(times.is_sorted(), "{text}");
    }
    let refused = room.cep("copy file:in.jsonl log:data/h --partitions 4");
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("it exists already and has 3 partitions, not 4"));
}

/// The values alone are read one partition after another, so that the second one's events are late.
#[test]
fn an_export_replays_as_the_topic_did() {
    let room = Room::empty();
    room.write(
        "w.rules",
        "stream H { farm: int, at: timestamp\n key farm\n time at }\n\
         rule tu { from H by farm window tumbling(10s) emit Tu { farm, n: count() } }\n",
    );
    let event = |farm: u32, at: u32| format!("{{\"farm\":{farm},\"at\":{at}}}\n");
    let events = [1000, 12_000].into_iter().flat_map(|at| (1..7).map(move |farm| event(farm, at)));
    room.write("x.jsonl", events.collect::<String>());
    room.cep("copy file:x.jsonl log:g/t --partitions 3 --key farm");
    let straight = room.cep("run w.rules --bind H=log:g/t --flush --quiet").out;
    assert_eq!(straight.lines().count(), 12);
    for name in ["y.records.jsonl", "y.records.jsonl.gz", "y.records.jsonl.zst"] {
        assert_eq!(room.cep(&format!("copy log:g/t file:{name}")).code, Some(0));
        let again = room.cep(&format!("run w.rules --bind H=file:{name} --flush --quiet")).out;
        assert_eq!(again.replace(name, "t"), straight, "{name}");
    }
    room.cep("copy file:y.records.jsonl file:z.records.jsonl");
    assert_eq!(room.read("z.records.jsonl"), room.read("y.records.jsonl"));
    room.write(
        "c.rules",
        "stream C from kafka(\"c\", format: csv) { farm: int, n: int\n time record }\n\
         rule r { from C emit E { farm, n } }\n",
    );
    room.write("c.csv", "1,20\n2,30\n");
    room.cep("copy file:c.csv log:g/c");
    room.cep("copy log:g/c file:c.records.jsonl");
    for place in ["log:g/c", "file:c.records.jsonl"] {
        let lines = room.cep(&format!("run c.rules --bind C={place} --format plain --quiet")).out;
        assert_eq!(lines, "{\"farm\":1,\"n\":20}\n{\"farm\":2,\"n\":30}\n", "{place}");
    }
    // A record without a value stays one.
    room.write(
        "d.records.jsonl",
        "{\"format\":\"cep-records\",\"version\":1,\"partitions\":1}\n\
         {\"partition\":0,\"offset\":0,\"timestamp_us\":1,\"key\":\"a\",\"value\":{\"x\":1}}\n\
         {\"partition\":0,\"offset\":1,\"timestamp_us\":2,\"key\":\"a\"}\n",
    );
    room.cep("copy file:d.records.jsonl log:g/d");
    room.cep("copy log:g/d file:e.records.jsonl");
    assert_eq!(room.read("e.records.jsonl"), room.read("d.records.jsonl"));
    let refused = room.cep("run w.rules --bind H=log:g/t --sink file:o.records.jsonl");
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("`NAME.jsonl`"), "{}", refused.err);
}

/// Also where timestamps are the time, and where the topic holds the rows of a table, which come and go.
#[test]
fn an_export_of_a_table_replays_as_the_topic_did() {
    let room = Room::empty();
    room.write(
        "w.rules",
        "stream H { farm: int, time record }\n\
         table P { farm: int, price: int } key farm from kafka(\"p\")\n\
         rule sale { from H emit Sale { farm, price: P[farm]?.price } }\n",
    );
    let head = "{\"format\":\"cep-records\",\"version\":1,\"partitions\":1}\n";
    let record = |offset: u32, rest: &str| {
        format!("{{\"partition\":0,\"offset\":{offset},\"timestamp_us\":{offset}000000{rest}}}\n")
    };
    let harvest = ",\"value\":{\"farm\":1}";
    room.write(
        "h.records.jsonl",
        head.to_owned() + &[1, 3, 5].map(|at| record(at, harvest)).concat(),
    );
    let rows = [(2, ",\"key\":\"1\",\"value\":{\"farm\":1,\"price\":8}"), (4, ",\"key\":\"1\"")];
    room.write(
        "p.records.jsonl",
        head.to_owned() + &rows.map(|(at, row)| record(at, row)).concat(),
    );
    let ran = room.cep(
        "run w.rules --bind H=file:h.records.jsonl --bind P=file:p.records.jsonl --format plain --quiet --flush",
    );
    let prices = ["null", "8", "null"].map(|it| format!("{{\"farm\":1,\"price\":{it}}}\n"));
    assert_eq!((ran.out, ran.err), (prices.concat(), String::new()));
}

#[test]
fn tests_run_once_with_the_params_that_are_set() {
    let room = Room::empty();
    room.write(
        "a.rules",
        "param floor: int = 3\nstream S { n: int, at: timestamp\n time at }\n\
         rule r { from S where n > floor emit E { n } }\n\
         test \"above\" {\n given S\n | at | n |\n | 1s | 5 |\n expect E\n | n |\n | 5 |\n}\n",
    );
    assert!(room.cep("test . a.rules .").out.ends_with("\n2 passed, 0 failed\n"));
    assert!(room.cep("test . ./").out.ends_with("\n1 passed, 0 failed\n"));
    let ran = room.cep("test . --set floor=7");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert_eq!(room.cep("test . --set flor=7").code, Some(2));
}

#[test]
fn the_help_of_every_verb_shows_examples() {
    let room = Room::empty();
    for verb in ["run", "check", "explain", "test", "copy"] {
        let ran = room.cep(&format!("{verb} --help"));
        assert_eq!(ran.code, Some(0));
        assert!(ran.out.contains(&format!("Examples:\n  cep {verb} ")), "{}", ran.out);
    }
    assert_eq!(room.cep("rum .").code, Some(2));
}
