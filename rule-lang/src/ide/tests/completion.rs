//! What is offered where.

use super::*;

#[test]
fn completion_knows_where_it_is() {
    let here = |from: &str, to: &str| labels(&RULES.replacen(from, to, 1));
    assert_eq!(here("from   Harvest h", "from   §"), ["Disaster", "Each", "Harvest"]);
    assert!(here("where  h.count > 0 and", "where  h.§ and").contains(&"farm".to_owned()));
    assert_eq!(here("h.count", "h.co§unt"), ["at", "count", "farm"]);
    let values = here("when   total < floor", "when   §");
    for name in ["total", "doubled", "farm", "floor", "sum", "abs", "not"] {
        assert!(values.contains(&name.to_owned()), "{name} of {values:?}");
    }
    // What comes after the place is not known there.
    let early = here("let    doubled = count * 2", "let    doubled = §");
    assert!(!early.contains(&"total".to_owned()) && !early.contains(&"doubled".to_owned()));
    let clauses = here("    by     farm", "    §");
    assert!(clauses.contains(&"by".to_owned()) && clauses.contains(&"window".to_owned()));
    assert!(!clauses.contains(&"farm".to_owned()));
    assert!(here("window tumbling(10s)", "window §").contains(&"tumbling".to_owned()));
    assert_eq!(here("text: \"only", "text: window.§, t: \"only"), ["end", "index", "start"]);
    assert_eq!(here("expect Disaster", "expect no §"), ["Disaster", "Each", "error"]);
    assert_eq!(here("given Harvest", "given §"), ["Harvest"]);
    assert_eq!(here("set floor", "set §"), ["floor"]);
    assert!(here("param floor: int", "param floor: §").contains(&"decimal".to_owned()));
    assert!(here("sink Disaster to", "§\nsink Disaster to").contains(&"rule".to_owned()));
    assert!(here("key  farm", "§").contains(&"key".to_owned()));
    assert_eq!(here("key  farm", "key §"), ["at", "count", "farm"]);
    assert_eq!(here("/// Too little.", "/// Too §"), Vec::<String>::new());
    assert!(here("only {total}", "only {§}").contains(&"total".to_owned()));
    assert_eq!(here("only {total}", "only §"), Vec::<String>::new());
}

/// At the end of what is written so far.
#[test]
fn completion_knows_declarations_that_are_begun() {
    for behind in ["", "\n\ntest \"other\" {\n    expect no Each\n}\n"] {
        let of = |line: &str| labels(&format!("{RULES}\n{line}§{behind}"));
        assert_eq!(of("sink "), ["Disaster", "Each"]);
        assert_eq!(of("sink Disaster to "), ["file", "kafka", "log"]);
        assert!(of("param least: ").contains(&"decimal".to_owned()));
        assert!(of("fn half(x: int) -> decimal = x / 2\n").contains(&"rule".to_owned()));
    }
    let head = |from: &str, to: &str| labels(&RULES.replacen(from, to, 1));
    assert_eq!(head("| at | farm | count |", "| at | §"), ["at", "count", "farm"]);
    let columns = ["farm", "half", "text", "total", "retracted", "revision", "time"];
    assert_eq!(head("| farm | total |", "| §"), columns);
    assert_eq!(head("| 1s | 1    | 2     |", "| §"), Vec::<String>::new());
}

const PLACES: &str = r#"stream Cpu {
    host: string
    load: float
    item: { sku: string, n: int }
    all:  [Item]?
    at:   timestamp

    key  host
    time at, lateness 5s
}

type Item { sku: string, of: Part }

type Part { id: int }

table Host { host: string, since: timestamp, time since } key host from kafka("hosts")

param high: float = 90.0

rule over {
    from   Cpu c
    where  load > 1
    by     host
    when   load > high
    limit  3 per 1h by host
    emit   Over { host, load }
}

rule mean {
    from   Cpu
    by     host
    window tumbling(10s) fill 1h
    let    total = sum(load)
    emit   Mean { host, total }
}

test "over" {
    given Cpu
        | at | host | load |
        | 1s | "a"  | 95.0 |
    expect Over
        | host |
        | "a"  |
}
"#;

/// What is offered at `§` when a part of the example is written otherwise; functions and aggregates
/// are told by one of each.
fn offered(from: &str, to: &str) -> String {
    assert!(PLACES.contains(from), "{from}");
    let (ide, at) = with_cursor(&PLACES.replacen(from, to, 1));
    let shown = |found: &Completion| match found.kind {
        CompletionKind::Function => found.label == "abs",
        CompletionKind::Aggregate => found.label == "avg",
        _ => true,
    };
    let found = ide.complete(FileId(0), at).into_iter().filter(shown);
    found.map(|found| found.label).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_example_of_places_has_no_errors() {
    let ide = Ide::read(&[Source::new("a.rules", PLACES)]);
    let errors: Vec<_> = ide.compiled().diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn at_places(part: &str, places: &[(&str, &str)]) {
    for (to, expected) in places {
        assert_eq!(offered(part, to), *expected, "{to}");
    }
}

#[test]
fn a_condition_is_offered_values_and_what_goes_on_behind_them() {
    let values = "all at c host item load Host high abs avg false if not null true";
    at_places(
        "when   load > high",
        &[
            (
                "when   §",
                &format!("{values} each silent")
                    .replace(" false", " each false")
                    .replace(" true each silent", " silent true"),
            ),
            ("when   load > §", values),
            ("when   load > high §", "and div for in or until"),
            ("when   load > high for §", ""),
            ("when   load > high for 5s §", "until"),
            ("when   load > high until §", values),
            ("when   load > high until load < 1 §", "and div in or"),
            ("when   silent §", "for"),
            ("when   silent for 5m §", "for"),
            ("when   silent for 5m for §", "Host"),
            ("when   load > high and\n    §", values),
            ("when   if load > high §", "and div for in or then until"),
            ("when   if load > high then true §", "and div else for in or until"),
        ],
    );
    at_places("emit   Mean", &[("when   total > 3 for 2 §\n    emit   Mean", "windows")]);
}

#[test]
fn each_clause_is_offered_its_own_words() {
    at_places(
        "from   Cpu c",
        &[
            ("from   §", "Cpu Mean Over"),
            ("from   Cpu §", "each"),
            ("from   Cpu each i §", "in"),
            ("from   Cpu each i in §", "all at host item load"),
        ],
    );
    at_places(
        "where  load > 1",
        &[
            ("§", "by clear distinct else emit forget from let limit when where window"),
            ("distinct host §", "and div in or within"),
            ("distinct host within §", ""),
        ],
    );
    at_places(
        "limit  3 per 1h by host",
        &[("limit  §", ""), ("limit  3 §", "per"), ("limit  3 per 1h §", "by")],
    );
    at_places(
        "emit   Over { host, load }",
        &[
            ("emit   Over { host, load } §", "if"),
            ("emit   Over { host, load }\n    §", "clear else emit let"),
            ("emit   Over { host, x: sum(load §) }", "and div for in or where"),
            ("emit   Over { host, x: top(3, host §) }", "and by div for in or where"),
            ("emit   Over { host, x: [i §] }", "and div for in or"),
        ],
    );
}

#[test]
fn each_window_is_offered_its_own_words() {
    at_places(
        "tumbling(10s) fill 1h",
        &[
            ("§", "every forever hopping last session sliding tumbling"),
            ("tumbling(§)", ""),
            ("tumbling(10s, §)", "align zone"),
            ("hopping(10s, §)", "align every"),
            ("session(§)", "gap max"),
            ("session(gap 5m, §)", "gap max"),
            ("tumbling(10s) §", "allow early fill"),
            ("tumbling(10s) fill §", ""),
            ("tumbling(10s) fill 1h §", "allow early fill for"),
            ("tumbling(10s) fill 1h for §", "Host"),
        ],
    );
}

#[test]
fn right_of_a_point_are_the_members_of_what_is_left_of_it() {
    at_places(
        "emit   Over { host, load }",
        &[
            ("emit   Over { host, x: when.§ }", "duration start"),
            ("emit   Over { host, x: c.§ }", "all at host item load"),
            ("emit   Over { host, x: item.§ }", "n sku"),
            ("emit   Over { host, x: c.item.§ }", "n sku"),
            ("emit   Over { host, x: Host[host]?.§ }", "host since"),
            ("emit   Over { host, x: all[0].§ }", "of sku"),
            ("emit   Over { host, x: c.all[0].of.§ }", "id"),
            ("emit   Over { host, x: [i.§ for i in all] }", "of sku"),
            ("emit   Over { host, x: sum(i.of.§ for i in all) }", "id"),
            ("emit   Over { host, x: load.§ }", ""),
        ],
    );
    assert_eq!(
        offered("from   Cpu c\n    where  load > 1", "from   Cpu each i in all\n    where  i.§"),
        "of sku"
    );
}

#[test]
fn a_stream_and_its_fields_are_offered_their_words() {
    at_places(
        "load: float",
        &[
            ("load: §", "Item Part bool decimal duration float int json string timestamp"),
            ("load: float §", "from"),
            ("load: float from §", "header key"),
            ("load: timestamp §", "as from"),
            ("load: timestamp as §", "micros millis seconds"),
            ("§", "key time"),
        ],
    );
    at_places(
        "time at, lateness 5s",
        &[
            ("time §", "at record"),
            ("time at, §", "ahead idle lateness"),
            ("key §", "all at host item load"),
        ],
    );
    at_places(
        "stream Cpu {",
        &[
            ("stream Cpu § {", "from"),
            ("stream Cpu from § {", "file kafka log"),
            ("stream Cpu from kafka(\"a\", §) {", "format"),
            ("stream Cpu from kafka(\"a\", format: §) {", "cloudevents csv debezium json"),
        ],
    );
}

#[test]
fn a_table_is_offered_its_key_and_where_it_is_kept() {
    at_places(
        "key host from kafka(\"hosts\")",
        &[
            ("§", "key"),
            ("key §", "host since"),
            ("key host, §", "host since"),
            ("key host §", "from"),
            ("key host from §", "file kafka log"),
        ],
    );
    at_places(
        "param high",
        &[
            ("table Last from §\n\nparam high", "Cpu Mean Over"),
            ("table Last from Cpu §\n\nparam high", "key"),
        ],
    );
    at_places("param high", &[("sink Over §\n\nparam high", "to"), ("@§\nparam high", "off")]);
}

#[test]
fn a_test_is_offered_its_words_and_columns() {
    at_places(
        "given Cpu\n        | at | host | load |",
        &[
            ("given §", "Cpu Host"),
            ("given Cpu §", "from"),
            ("given Cpu from §", "file"),
            ("given Host\n        | §", "host since deleted time"),
        ],
    );
    at_places(
        "expect Over\n        | host |",
        &[
            ("expect §", "Mean Over error late no some"),
            ("expect no §", "Mean Over error"),
            ("expect late §", "Cpu"),
            ("expect Over §", "matches"),
            ("expect Over matches §", "snapshot"),
            ("expect error §", ""),
            ("expect error\n        | §", "row rule stream text time"),
            ("expect late Cpu\n        | §", "all at host item load"),
        ],
    );
}

#[test]
fn a_word_means_what_it_means_where_it_stands() {
    let hover = |from: &str, to: &str| {
        assert!(PLACES.contains(from), "{from}");
        let (ide, at) = with_cursor(&PLACES.replacen(from, to, 1));
        ide.hover(FileId(0), at).map(|hover| hover.markdown).unwrap_or_default()
    };
    let when = "when   load > high";
    assert!(hover(when, "when   load > high §until load < 1").contains("Once fired"));
    assert!(hover("    given Cpu", "    §until 5s\n    given Cpu").contains("Ends the input"));
    assert!(hover("limit  3 per", "limit  3 §per").contains("of this length"));
    let column = "expect Over\n        | host |\n        | \"a\"  |";
    assert!(
        hover(column, "expect Over\n        | §time |\n        | 1s |")
            .contains("The event's time.")
    );
    assert!(hover("    time at", "    §time at").contains("lateness D"));
}
