//! Tables in files: what they give, and what is said of files that are none.

use crate::room::{Ran, Room, harvest};

const TABLE: &str = r#"
/// What a marshmallow of a farm costs.
table Factor { farm: int, factor: decimal, site: string? } key farm from file("factors.csv")

rule costs {
    from Harvest
    emit Cost { farm, cost: count * (Factor[farm]?.factor ?? 0), site: Factor[farm]?.site }
}
"#;

/// A room whose rules look factors up in `factors.csv`, with two harvests.
fn room(factors: &str) -> Room {
    let room = Room::with(&(harvest(1, 6, 0) + &harvest(2, 10, 1_000)));
    let rules = room.read("farm.rules") + TABLE;
    room.write("farm.rules", rules.replace("rule disaster", "@off\nrule disaster"));
    room.write("factors.csv", factors);
    room
}

const GOOD: &str = "farm,factor,site\n1,8.5,\n2,0.25,north\n";

#[test]
fn rows_of_csv_and_of_json_lines_are_looked_up() {
    let room = room(GOOD);
    let csv = room.cep("run . --format plain");
    insta::assert_snapshot!(csv.out);
    let lines =
        "{\"factor\":\"0.25\",\"site\":\"north\",\"farm\":2}\n{\"farm\":1,\"factor\":8.5}\n";
    room.write("rows.jsonl", lines);
    let flag = room.cep("run . --format plain --bind Factor=file:rows.jsonl");
    assert_eq!(flag.out, csv.out);
    room.write("cep.toml", "[bind]\nFactor = \"file:rows.jsonl\"\n");
    room.write("factors.csv", "not read");
    assert_eq!(room.cep("run . --format plain").out, csv.out);
}

#[test]
fn files_that_are_no_tables_are_said_by_their_lines() {
    let said = |factors: &str| {
        let room = room(factors);
        let ran: Ran = room.cep("run .");
        assert!(ran.out.is_empty(), "nothing is derived: {}", ran.out);
        let checked = room.cep("check .");
        assert_eq!(checked.code, Some(1), "{}", checked.err);
        format!("{factors}=>\n{}", ran.show())
    };
    let all = [
        "farm,factor\n1,8.5\n2,1.0\n1,3.0\n",
        "farm,factor\n1,8.5\n\n2,cheap\n3,dear\n",
        "farm,price\n1,8.5\n",
        "farm,factor\n1,8.5,2\n",
    ];
    insta::assert_snapshot!(all.map(said).join("\n"));
}

#[test]
fn a_table_without_its_file_is_said() {
    let room = room(GOOD);
    std::fs::remove_file(room.path("factors.csv")).unwrap();
    let missing = room.cep("run .");
    assert_eq!(missing.code, Some(3));
    let not_a_file = room.cep("run . --bind Factor=kafka://localhost/factors");
    assert_eq!(not_a_file.code, Some(2));
    insta::assert_snapshot!(format!("{}\n{}", missing.show(), not_a_file.show()));
}

#[test]
fn the_file_of_a_table_is_a_finding_of_check() {
    let room = room("farm,factor\n1,cheap\n");
    let wrong = room.cep("check . --format json");
    assert_eq!(wrong.code, Some(1), "{}", wrong.err);
    let found: serde_json::Value = serde_json::from_str(wrong.out.lines().last().unwrap()).unwrap();
    assert_eq!(found["code"], "E0344");
    assert!(found["message"].as_str().unwrap().contains("line 2"), "{found}");
    assert!(found["line"].as_u64().unwrap() > 1, "at the connector: {found}");
    std::fs::remove_file(room.path("factors.csv")).unwrap();
    let missing = room.cep("check . --format sarif");
    assert_eq!(missing.code, Some(3), "{}", missing.err);
    assert!(missing.out.contains("\"ruleId\": \"E0344\""), "{}", missing.out);
}

#[test]
fn packed_and_wrong_heads_of_tables_are_read_and_said() {
    let room = room(GOOD);
    let plain = room.cep("run . --format plain").out;
    for packed in ["p.csv.gz", "p.csv.zst"] {
        room.cep(&format!("copy file:factors.csv file:{packed}"));
        let ran = room.cep(&format!("run . --format plain --bind Factor=file:{packed}"));
        assert_eq!(ran.out, plain, "{}", ran.err);
    }
    let said = ["", "farm,factor,factor\n1,2,3\n", "Farm;factor\n1;2\n"].map(|factors| {
        room.write("factors.csv", factors);
        let ran = room.cep("run .");
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        ran.err
    });
    insta::assert_snapshot!(said.concat());
}

#[test]
fn state_of_other_rows_is_not_used() {
    let room = room(GOOD);
    assert_eq!(room.cep("run . --state state").lines().len(), 2);
    room.write("factors.csv", GOOD.replace("8.5", "9.5"));
    let ran = room.cep("run . --state state");
    assert!(ran.err.contains("other rows"), "{}", ran.err);
}

/// Sales that are worth what their items cost by then, by the prices of a second stream.
fn priced() -> Room {
    let room = Room::empty();
    let rules = "stream Sale {\n    item:  int\n    count: int\n    at:    timestamp\n\n    time at\n}\n\n\
        stream Price {\n    item:  int\n    price: decimal\n    at:    timestamp\n\n    time at, lateness 1s\n}\n\n\
        table Latest from Price key item\n\n\
        rule worth {\n    from Sale\n    emit Worth { item, worth: count * (Latest[item]?.price ?? 0) }\n}\n";
    room.write("farm.rules", rules);
    let sale = |at: u32| format!("{{\"item\":1,\"count\":10,\"at\":{at}000}}\n");
    let price = |at: u32, price: &str| format!("{{\"item\":1,\"price\":{price},\"at\":{at}000}}\n");
    room.write("Sale.jsonl", [1, 4, 6, 60].map(sale).concat());
    room.write("Price.jsonl", price(2, "2.5") + &price(5, "3"));
    room
}

#[test]
fn the_stream_of_a_table_is_read_though_no_rule_names_it() {
    let room = priced();
    let ran = room.cep("run . --format plain --flush");
    insta::assert_snapshot!(ran.out);
    let kept = room.cep("run . --format plain --state state");
    assert!(ran.out.starts_with(&kept.out) && !kept.out.is_empty(), "{}", kept.out);
    insta::assert_snapshot!("what_waits_for_a_stream_says_so", room.cep("explain . worth").out);
}

/// Sales that are worth what their items cost by then, by a table in a topic.
fn with_topic(place: &str) -> Room {
    let room = Room::empty();
    let rules = format!(
        "stream Sale {{\n    item:  int\n    count: int\n    at:    timestamp\n\n    time at\n}}\n\n\
         /// What an item costs.\n\
         table Price {{ item: int, price: decimal }} key item from {place}\n\n\
         rule worth {{\n    from Sale\n    emit Worth {{ item, worth: count * (Price[item]?.price ?? 0) }}\n}}\n"
    );
    room.write("farm.rules", rules);
    let sale = |at: u32| format!("{{\"item\":1,\"count\":10,\"at\":{at}000}}\n");
    room.write("Sale.jsonl", [1, 4, 6, 60].map(sale).concat());
    room
}

#[test]
fn rows_of_the_embedded_log_hold_from_their_records_on() {
    let room = with_topic("log(\"data/prices\")");
    room.write("in.jsonl", "");
    room.cep("copy file:in.jsonl log:data/prices");
    let row = |offset: u32, second: u32, value: &str| {
        format!("{{\"offset\":{offset},\"timestamp_us\":{second}000000,\"key\":\"1\"{value}}}\n")
    };
    let price = |price: &str| format!(",\"value\":{{\"item\":1,\"price\":{price}}}");
    let rows = [row(0, 2, &price("2.5")), row(1, 5, ""), row(2, 7, &price("\"dear\""))];
    room.write("data/prices/0/00000000000000000000.jsonl", rows.concat() + &row(3, 9, &price("3")));
    let ran = room.cep("run . --format plain");
    insta::assert_snapshot!(ran.show());
    insta::assert_snapshot!("explain_shows_a_table_in_a_topic", room.cep("explain .").out);
    let chart = room.cep("explain . --format mermaid");
    insta::assert_snapshot!("a_chart_shows_who_looks_a_table_up", chart.out);
}

#[test]
fn a_table_in_a_topic_may_stand_in_a_file() {
    let room = with_topic("kafka(\"prices\")");
    let nowhere = room.cep("run .");
    assert_eq!(nowhere.code, Some(2));
    let debezium = room.cep("run . --bind Price=log:data/p?format=debezium");
    insta::assert_snapshot!(format!("{}\n{}", nowhere.show(), debezium.show()));
    room.write("prices.csv", "item,price\n1,2.5\n");
    let bound = room.cep("run . --format plain --bind Price=file:prices.csv");
    let worths = "{\"item\":1,\"worth\":25.0}\n".repeat(4);
    assert_eq!(bound.out, worths, "{}", bound.err);
    room.write("Price.jsonl", "{\"item\":1,\"price\":2.5}\n");
    assert_eq!(room.cep("run . --format plain").out, worths);
}

#[test]
fn explain_shows_the_table_and_what_is_looked_up() {
    let ran = room(GOOD).cep("explain . costs");
    insta::assert_snapshot!(ran.out);
}

/// What is in a table of derived events comes of streams that only the rules which emit them name.
#[test]
fn a_table_of_derived_events_reads_what_these_are_made_of() {
    let room = priced();
    let rules = room.read("farm.rules").replace("from Price", "from Dear")
        + "\nrule dear {\n    from  Price\n    where price > 2.7\n    emit  Dear { item, price }\n}\n";
    room.write("farm.rules", &rules);
    let ran = room.cep("run . --format plain --flush");
    insta::assert_snapshot!("a_table_of_derived_events_is_looked_up", ran.out);
    let drawn = room.cep("explain . --format mermaid").out;
    insta::assert_snapshot!("a_table_of_derived_events_is_drawn", drawn);
    assert!(room.cep("explain . worth").out.contains("for Dear, whose latest events it looks up"));
}
