#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod completion;

use super::rename::edited;
use super::words::{Role, WORDS, word};
use super::*;
use crate::source::Source;

const RULES: &str = r#"/// What a farm reports.
stream Harvest from kafka("costcenter") {
    /// Its number.
    farm:  int       from "farmid"
    count: int
    at:    timestamp from "batchtime" as millis

    key  farm
    time at, lateness 2s
}

/// The least that is enough.
param floor: int = 150

/// Too little.
@severity("high")
rule disaster {
    from   Harvest h
    where  h.count > 0 and count < 1_000
    let    doubled = count * 2
    by     farm
    window tumbling(10s)
    let    total = sum(doubled)
    when   total < floor
    emit   Disaster { farm, total, half: total / 2, text: "only {total} of {floor}" }
}

rule each_one {
    from Harvest
    emit Each { farm, count, big: count > floor }
}

sink Disaster to file("out.jsonl")

test "a poor window" {
    set floor = 100
    given Harvest
        | at | farm | count |
        | 1s | 1    | 2     |
    expect Disaster
        | farm | total |
        | 1    | 4     |
}
"#;

/// Reads a text with `§` at the place asked about.
fn with_cursor(text: &str) -> (Ide, u32) {
    let at = text.find('§').expect("a place");
    let text = text.replace('§', "");
    (Ide::read(&[Source::new("a.rules", text)]), u32::try_from(at).unwrap())
}

fn at(needle: &str, nth: usize) -> (Ide, u32) {
    let (place, _) = RULES.match_indices(needle).nth(nth).expect("it is there");
    (Ide::read(&[Source::new("a.rules", RULES)]), u32::try_from(place).unwrap())
}

fn line_of(ide: &Ide, span: Span) -> String {
    let (line, _) = ide.compiled().sources.line_column(span.file, span.start);
    ide.text(span.file).lines().nth(line - 1).unwrap().trim().to_owned()
}

fn renamed(text: &str, new: &str) -> Result<String, RenameError> {
    let (ide, at) = with_cursor(text);
    let edits = ide.rename(FileId(0), at, new)?;
    Ok(edited(ide.text(FileId(0)), FileId(0), &edits))
}

fn labels(text: &str) -> Vec<String> {
    let (ide, at) = with_cursor(text);
    ide.complete(FileId(0), at).into_iter().map(|found| found.label).collect()
}

#[test]
fn the_example_has_no_errors() {
    let ide = Ide::read(&[Source::new("a.rules", RULES)]);
    let errors: Vec<_> = ide.compiled().diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn names_lead_to_where_they_are_defined() {
    for (needle, nth, line) in [
        ("Harvest h", 0, "stream Harvest from kafka(\"costcenter\") {"),
        ("count > 0", 0, "count: int"),
        ("count < 1", 0, "count: int"),
        ("h.count", 0, "from   Harvest h"),
        ("doubled)", 0, "let    doubled = count * 2"),
        ("total, half", 0, "let    total = sum(doubled)"),
        ("total} of", 0, "let    total = sum(doubled)"),
        ("floor}\"", 0, "param floor: int = 150"),
        ("farm\n    window", 0, "farm:  int       from \"farmid\""),
        (
            "Disaster to",
            0,
            "emit   Disaster { farm, total, half: total / 2, text: \"only {total} of {floor}\" }",
        ),
        ("floor = 100", 0, "param floor: int = 150"),
        ("farm | count |", 0, "farm:  int       from \"farmid\""),
        ("at, lateness", 0, "at:    timestamp from \"batchtime\" as millis"),
    ] {
        let (ide, place) = at(needle, nth);
        let found = ide.definition(FileId(0), place).unwrap_or_else(|| panic!("{needle}"));
        assert_eq!(line_of(&ide, found), line, "{needle}");
    }
    let (ide, place) = at("tumbling", 0);
    assert_eq!(ide.definition(FileId(0), place), None);
}

#[test]
fn hover_shows_types_and_documentation() {
    for (needle, shown) in [
        ("Harvest h", "What a farm reports."),
        (
            "farm\n    window",
            "farm:  int       from \"farmid\"\n```\n\nIts number.\n\nA field of the stream `Harvest`.",
        ),
        ("floor\n    emit", "param floor: int = 150\n```\n\nThe least that is enough."),
        ("total < floor", "let    total = sum(doubled)\n```\n\nIt is int."),
        (
            "Disaster to",
            "event Disaster { farm: int, total: int, half: decimal, text: string }\n```\n\nToo little.",
        ),
        ("half: total", "half: decimal\n```\n\nA field of the event `Disaster`."),
        ("sum(doubled)", "sum(x [where …])\n```\n\nThe sum."),
        ("tumbling", "tumbling(10s[, align 3s][, zone \"Europe/Paris\"])"),
        ("from \"farmid\"", "from \"name\""),
        ("from kafka", "from CONNECTOR"),
        ("where  h", "where EXPR"),
        ("when   total", "when EXPR"),
        ("int       from", "A whole number of 64 bits"),
        ("/ 2, text", "decimal"),
        ("each_one", "rule each_one"),
        ("h.count", "Harvest h"),
    ] {
        let (ide, place) = at(needle, 0);
        let hover = ide.hover(FileId(0), place).unwrap_or_else(|| panic!("nothing at {needle}"));
        assert!(hover.markdown.contains(shown), "{needle}:\n{}", hover.markdown);
    }
    let (ide, place) = with_cursor(
        "stream S { a: int, t: timestamp, time t }\nrule r { from S emit E { x: §abs(a) } }",
    );
    assert!(ide.hover(FileId(0), place).unwrap().markdown.contains("abs(int) -> int"));
    let inside = RULES.replacen("only {total}", "only {§abs(total)}", 1);
    let (ide, place) = with_cursor(&inside);
    assert!(ide.hover(FileId(0), place).unwrap().markdown.contains("abs(int) -> int"));
}

#[test]
fn a_let_is_renamed_also_inside_strings_and_emits_keep_their_fields() {
    let text = RULES.replacen("total = sum", "§total = sum", 1);
    let after = renamed(&text, "sum_of_all").unwrap();
    assert!(after.contains("let    sum_of_all = sum(doubled)\n    when   sum_of_all < floor"));
    assert!(after.contains(
        "{ farm, total: sum_of_all, half: sum_of_all / 2, text: \"only {sum_of_all} of {floor}\" }"
    ));
    assert!(after.contains("| farm | total |"), "{after}");
}

#[test]
fn a_field_keeps_its_path_and_the_fields_of_events() {
    let text = RULES.replacen("count: int\n", "§count: int\n", 1);
    let after = renamed(&text, "batches").unwrap();
    assert!(after.contains("    batches: int from \"count\"\n"), "{after}");
    assert!(after.contains("where  h.batches > 0 and batches < 1_000"), "{after}");
    assert!(after.contains("emit Each { farm, count: batches, big: batches > floor }"), "{after}");
    assert!(after.contains("| at | farm | batches |"), "{after}");
    let text = RULES.replacen("at:    timestamp", "§at:    timestamp", 1);
    let after = renamed(&text, "moment").unwrap();
    assert!(after.contains("moment:    timestamp from \"batchtime\" as millis"), "{after}");
    assert!(after.contains("time moment, lateness 2s"), "{after}");
}

#[test]
fn a_param_is_renamed_everywhere() {
    let after = renamed(&RULES.replacen("param floor", "param §floor", 1), "least").unwrap();
    assert!(!after.contains("floor"), "{after}");
}

#[test]
fn what_is_known_by_its_name_outside_is_not_renamed() {
    let types = "type Item { §sku: string }\nstream S { items: [Item], t: timestamp, time t }\n";
    for (text, why) in [
        (RULES.replacen("rule disaster", "rule §disaster", 1), "stored state"),
        (RULES.replacen("from Harvest\n", "from §Harvest\n", 1), "a stream's name"),
        (RULES.replacen("sink Disaster", "sink §Disaster", 1), "an event goes out"),
        (RULES.replacen("total, half", "total, §half", 1), "a field of an event"),
        (RULES.replacen("| farm | total |", "| farm | §total |", 1), "a field of an event"),
        (types.to_owned(), "a field of a type"),
    ] {
        let refused = renamed(&text, "other").unwrap_err();
        assert!(matches!(refused, RenameError::Fixed(_)), "{refused}");
        assert!(refused.to_string().contains(why), "{refused}");
    }
}

#[test]
fn a_rename_that_would_mean_something_else_is_refused() {
    let to = |new: &str| renamed(&RULES.replacen("param floor", "param §floor", 1), new);
    assert_eq!(to("when"), Err(RenameError::Reserved("when".into())));
    assert_eq!(to("2nd"), Err(RenameError::NotAName("2nd".into())));
    // A `let` of the rule hides it, a field does too.
    assert_eq!(to("total"), Err(RenameError::Clash("total".into())));
    assert_eq!(to("count"), Err(RenameError::Clash("count".into())));
    let word = RULES.replacen("tumbling", "§tumbling", 1);
    assert_eq!(renamed(&word, "x"), Err(RenameError::NoName));
    let spread = "stream S { §a: int, t: timestamp, time t }\nrule r { from S s emit E { ..s } }";
    assert_eq!(renamed(spread, "b"), Err(RenameError::Spread("..s".into())));
}

#[test]
fn names_of_other_files_are_known_and_renamed() {
    let stream = "stream S { a: int, t: timestamp, time t }\nparam p: int = 1\n";
    let rule = "rule r { from S where a > p emit E { a } }\n";
    let ide = Ide::read(&[Source::new("s.rules", stream), Source::new("r.rules", rule)]);
    let file = ide.file("r.rules").unwrap();
    let place = u32::try_from(rule.find("p emit").unwrap()).unwrap();
    let edits = ide.rename(file, place, "q").unwrap();
    assert_eq!(edits.len(), 2);
    assert_ne!(edits[0].span.file, edits[1].span.file);
    assert_eq!(ide.references(file, place).len(), 2);
}

#[test]
fn a_rule_that_is_being_typed_has_names() {
    let text = "stream S { price: int, t: timestamp, time t }\nrule r {\n    from S\n    where p§\n\nrule other {\n    from S\n    emit E { price }\n}\n";
    assert!(labels(text).contains(&"price".to_owned()));
    let (ide, _) = with_cursor(text);
    let place = u32::try_from(ide.text(FileId(0)).rfind("price").unwrap()).unwrap();
    assert!(ide.definition(FileId(0), place).is_some());
}

#[test]
fn symbols_are_the_declarations_with_their_parts() {
    let ide = Ide::read(&[Source::new("a.rules", RULES)]);
    let shown: Vec<String> = ide
        .symbols(FileId(0))
        .iter()
        .map(|symbol| {
            let children: Vec<&str> =
                symbol.children.iter().map(|child| child.name.as_str()).collect();
            format!("{} {:?} [{}]", symbol.name, symbol.kind, children.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Harvest Some(Stream) [farm count at]",
            "floor Some(Param) []",
            "disaster Some(Rule) [doubled total Disaster]",
            "each_one Some(Rule) [Each]",
            "a poor window None []",
        ]
    );
}

#[test]
fn every_word_that_the_parser_and_the_checker_know_is_explained() {
    use crate::parse::{DECLARATIONS, HARD_CLAUSES, RESERVED, SOFT_CLAUSES};
    for name in DECLARATIONS {
        assert!(word(name, &[Role::Declaration]).is_some(), "{name}");
    }
    for name in HARD_CLAUSES.iter().chain(SOFT_CLAUSES) {
        assert!(word(name, &[Role::Clause]).is_some(), "{name}");
    }
    for name in RESERVED {
        assert!(WORDS.iter().any(|word| word.name == *name), "{name}");
    }
    for name in check::aggregate_names() {
        assert!(word(name, &[Role::Aggregate]).is_some(), "{name}");
    }
    for name in check::LIST_FUNCTIONS {
        assert!(word(name, &[Role::Call]).is_some(), "{name}");
    }
}

#[test]
fn what_is_built_in_is_offered_and_explained() {
    let changes = "stream Row from kafka(\"rows\", format: debezium) {\n    a: int\n    at: timestamp\n    time at\n}\nrule r {\n    from  Row\n    where §\n}\n";
    let offered = labels(changes);
    for name in ["a", "op", "before", "changed", "sort", "try", "fail", "coalesce", "upper"] {
        assert_eq!(offered.iter().filter(|label| *label == name).count(), 1, "{name}");
    }
    assert!(!labels(&changes.replace("debezium", "json")).contains(&"op".to_owned()));
    let formats = labels("stream Row from kafka(\"rows\", format: §) {\n    a: int\n}\n");
    assert_eq!(formats, ["cloudevents", "csv", "debezium", "json"]);
    let hover = |call: &str| {
        let (ide, at) = with_cursor(&changes.replace('§', &format!("§{call}")));
        ide.hover(FileId(0), at).unwrap().markdown
    };
    assert!(hover("changed(a)").contains("another value"));
    assert!(hover("op == \"u\"").contains("\"c\" | \"d\" | \"r\" | \"u\""));
}

/// Whatever is being typed, and wherever, there is an answer.
#[test]
fn every_beginning_of_a_program_and_every_place_has_an_answer() {
    for (end, _) in RULES.char_indices().filter(|(at, _)| at % 7 == 0) {
        let text = &RULES[..end];
        let ide = Ide::read(&[Source::new("a.rules", text)]);
        let place = u32::try_from(end).unwrap();
        let _ = ide.complete(FileId(0), place);
        let _ = ide.hover(FileId(0), place);
        let _ = ide.symbols(FileId(0));
    }
    let ide = Ide::read(&[Source::new("a.rules", RULES)]);
    for place in (0..u32::try_from(RULES.len()).unwrap()).step_by(5) {
        let _ = ide.complete(FileId(0), place);
        let _ = ide.hover(FileId(0), place);
        let _ = ide.rename(FileId(0), place, "fresh");
    }
}

#[test]
fn a_table_of_derived_events_has_their_names() {
    let rules = |table: &str| format!("{RULES}table Last from {table}\n");
    let found = labels(&rules("§"));
    let offers = |name: &str| found.iter().any(|it| it == name);
    assert!(offers("Harvest") && offers("Disaster"), "{found:?}");
    assert_eq!(labels(&rules("Disaster key §")), ["farm", "half", "text", "total"]);
    let look = "key farm\nrule told {\n    from Harvest\n    emit Told { was: Last[farm]?.";
    let found = labels(&rules(&format!("Disaster {look}§ }}\n}}")));
    assert_eq!(found, ["farm", "half", "text", "total"]);
    let text = rules("Disas§ter key farm");
    let (ide, at) = with_cursor(&text);
    let found = ide.definition(FileId(0), at).unwrap();
    assert!(line_of(&ide, found).starts_with("emit   Disaster"));
}
