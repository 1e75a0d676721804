//! `cep check --format sarif`: what code hosts and editors read.

use crate::room::Room;
use serde_json::Value;

const WRONG: &str = "\
stream Harvest { farm: int, count: int, at: timestamp, time at }
rule a { from Harvst window tumbling(10) emit A { n: count() } }
rule b { from Harvest where \"é\" == \"x\" and farm = 1 emit A { count } }
param count: int = 1
param count: int = 2
";

fn document(room: &Room, paths: &str) -> Value {
    let ran = room.cep(&format!("check --format sarif {paths}"));
    assert_eq!(ran.code, Some(1));
    serde_json::from_str(&ran.out).unwrap()
}

/// The essentials of the schema: what it requires, and that what refers to something finds it.
fn assert_is_sarif(document: &Value) {
    assert_eq!(document["version"], "2.1.0");
    for run in document["runs"].as_array().unwrap() {
        let driver = &run["tool"]["driver"];
        assert!(driver["name"].is_string());
        let rules = driver["rules"].as_array().unwrap();
        for rule in rules {
            let page = rule["helpUri"].as_str().unwrap();
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
            assert!(root.join(page).is_file(), "{page} is not there");
            assert!(rule["shortDescription"]["text"].is_string());
        }
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let level = result["level"].as_str().unwrap();
            assert!(["error", "warning", "note", "none"].contains(&level));
            assert!(result["message"]["text"].is_string());
            for location in result["locations"].as_array().unwrap() {
                assert_is_place(&location["physicalLocation"]);
            }
            for fix in result["fixes"].as_array().into_iter().flatten() {
                for change in fix["artifactChanges"].as_array().unwrap() {
                    assert!(change["artifactLocation"]["uri"].is_string());
                    for replacement in change["replacements"].as_array().unwrap() {
                        assert_is_region(&replacement["deletedRegion"]);
                        assert!(replacement["insertedContent"]["text"].is_string());
                    }
                }
            }
        }
    }
}

fn assert_is_place(place: &Value) {
    let uri = place["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.is_ascii() && !uri.contains(' '), "{uri}");
    assert_is_region(&place["region"]);
}

fn assert_is_region(region: &Value) {
    let at = |name: &str| region[name].as_u64().unwrap();
    assert!(at("startLine") >= 1 && at("startColumn") >= 1, "{region}");
    let start = (at("startLine"), at("startColumn"));
    assert!(start <= (at("endLine"), at("endColumn")), "{region}");
}

#[test]
fn every_diagnostic_is_a_result_with_its_rule_place_and_fix() {
    let room = Room::empty();
    room.write("a b.rules", WRONG);
    let document = document(&room, ".");
    assert_is_sarif(&document);
    insta::assert_snapshot!(format!("{WRONG}---\n{document:#}"));
}

#[test]
fn several_programs_are_one_run() {
    let room = Room::empty();
    for folder in ["a", "b"] {
        std::fs::create_dir_all(room.path(folder)).unwrap();
        room.write(&format!("{folder}/x.rules"), WRONG);
    }
    let document = document(&room, "a b");
    assert_is_sarif(&document);
    assert_eq!(document["runs"].as_array().unwrap().len(), 1);
    let uri = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"];
        place["artifactLocation"]["uri"].as_str().unwrap().to_owned()
    };
    let mut uris: Vec<String> =
        document["runs"][0]["results"].as_array().unwrap().iter().map(uri).collect();
    uris.dedup();
    assert_eq!(uris, ["a/x.rules", "b/x.rules"]);
}

#[test]
fn what_is_right_is_a_document_without_results() {
    let room = Room::with("");
    let ran = room.cep("check --format sarif .");
    assert_eq!(ran.code, Some(0));
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_is_sarif(&document);
    assert_eq!(document["runs"][0]["results"], Value::Array(Vec::new()));
}
