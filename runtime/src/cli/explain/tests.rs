#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;
use rule_lang::{Source, compile};

const RULES: &str = r#"
/// What a farm reports.
stream Harvest from kafka("costcenter") {
    farm: int from "farmid"
    count: int from "batchcnt"
    note: string?
    at: timestamp from "batchtime"
    key farm
    time at, lateness 2s, idle 30s
}
param floor: int = 150
/// Harvest under 150 per 10 s means disaster.
rule disaster {
    from   Harvest
    by     farm
    window tumbling(10s) fill 5m
    when   sum(count) < floor
    emit   Disaster { farm, harvested: sum(count), since: window.start }
}
rule plenty {
    from   Harvest
    by     farm
    window hopping(1m, every 10s)
    when   max(count) - min(count) * 2 > (floor - 1) * 3 or not (count() in [1, 2])
    emit   Plenty { farm, most: max(count) }
}
rule busy {
    from   Harvest
    where  count > 0
    window sliding(30s)
    when   count() > 20
    emit   Busy { n: count(), text: "{count()} batches" }
    clear  Busy { n: count(), text: "calm" }
}
rule shift {
    from   Harvest
    by     farm
    window session(gap 5m, max 8h)
    emit   Shift { farm, n: count() }
}
rule cargo {
    from   Harvest
    window every(10)
    emit   Cargo { cargo: window.index, n: sum(count) }
}
rule weak {
    from   Harvest
    by     farm
    window last(5)
    emit   Weak { farm, n: avg(count) }
}
rule total {
    from   Harvest
    by     farm
    window forever
    emit   Total { farm, n: sum(count) }
}
rule hourly {
    from   Harvest
    window tumbling(1h) fill 2d
    let    best = top(3, farm by percentile(count, 95) where count > 0)
    when   sum(count) < (prev(24, sum(count)) ?? 0) div 2
    emit   Less { n: sum(count), best, was: prev(1, median(count)), some: collect(note, 5) }
}
sink Disaster to kafka("disaster")
"#;

fn plan() -> Plan {
    compile(&[Source::new("farm.rules", RULES)]).plan.unwrap()
}

#[test]
fn the_plan_is_explained_in_the_words_of_the_language() {
    let plan = plan();
    let all = chosen(&plan, &[], None).unwrap();
    insta::assert_snapshot!(format!("{RULES}\n=>\n\n{}", text::explain(&plan, &all)));
}

#[test]
fn the_drawing_goes_from_streams_to_sinks() {
    let plan = plan();
    let all = chosen(&plan, &[], None).unwrap();
    insta::assert_snapshot!(mermaid::draw(&plan, &all));
}

#[test]
fn tables_are_drawn_and_names_of_places_cannot_break_out() {
    let rules = r##"
stream S from kafka("a\"b#1") { k: int, at: timestamp, time at }
table T { k: int, f: int? } key k from file("rows.csv")
table L from S key k
rule r { from S emit E { k, f: T[k]?.f, l: L[k] != null } }
"##;
    let plan = compile(&[Source::new("s.rules", rules)]).plan.unwrap();
    let all = chosen(&plan, &[], None).unwrap();
    insta::assert_snapshot!(mermaid::draw(&plan, &all));
    assert!(text::explain(&plan, &all).contains(r#"from kafka("a\"b#1")"#));
}

#[test]
fn of_many_rules_that_share_a_few_are_named() {
    let rule =
        |n| format!("rule r{n} {{ from S window tumbling(1s) emit E{n} {{ n: count() }} }}\n");
    let rules: String = (0..300).map(rule).collect();
    let rules = format!("stream S {{ at: timestamp, time at }}\n{rules}");
    let plan = compile(&[Source::new("s.rules", rules)]).plan.unwrap();
    let all = chosen(&plan, &[], None).unwrap();
    let text = text::explain(&plan, &all);
    let shares =
        "  shares   its slices with r1, r10, r100, r101, r102, r103, r104, r105 and 291 more\n";
    assert!(text.contains(shares), "{}", &text[..2000]);
    let value: serde_json::Value = serde_json::from_str(&json(&plan, &all).unwrap()).unwrap();
    assert_eq!(value["sharing"][0].as_array().unwrap().len(), 300);
}

#[test]
fn one_rule_can_be_asked_for_by_name() {
    let plan = plan();
    let one = chosen(&plan, &[], Some("busy")).unwrap();
    assert!(!text::explain(&plan, &one).contains("rule disaster"));
    let failure = chosen(&plan, &[], Some("disastr")).unwrap_err();
    assert_eq!(failure.help.as_deref(), Some("did you mean `disaster`?"));
}

#[test]
fn the_json_form_is_the_plan_with_horizons() {
    let plan = plan();
    let text = json(&plan, &chosen(&plan, &[], None).unwrap()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let read: Plan = serde_json::from_value(value["plan"].clone()).unwrap();
    assert_eq!(read, plan);
    assert_eq!(value["rules"].as_array().unwrap().len(), 8);
    let keeps = &value["rules"][3]["keeps"];
    assert_eq!(keeps[1]["aggregate"], "top(3, farm by percentile(count, 95) where count > 0)");
    assert_eq!(keeps[1]["error"], "exact up to 1,024 different values, then within 0.4 %");
}

/// What is printed for a text is read back as that text.
#[test]
fn texts_are_written_as_the_language_reads_them() {
    use cep_core::value::Value;
    for text in ["plain", "{x} \\ \"q\" 'r' `s`", "a\nb\tc\rd\u{1}e\u{7f}", "é 😀 \u{a0}"] {
        let written = expression::literal(&Value::Text(text.into()));
        let rules = format!("{RULES}\nrule again {{ from Harvest emit Again {{ x: {written} }} }}");
        let plan = compile(&[Source::new("harvest.rules", rules)]).plan.unwrap();
        let rule = plan.rules.iter().find(|rule| rule.name == "again").unwrap();
        let (_, expr) = &rule.emits[0].fields[0];
        assert_eq!(
            expr.kind,
            cep_core::plan::ExprKind::Literal(Value::Text(text.into())),
            "{written}"
        );
    }
}

/// The horizon of a rule over a stream with a lateness of 2 s, after these declarations.
fn horizon(declarations: &str, clauses: &str) -> String {
    let text = format!(
        "stream S {{ k: string, v: int, at: timestamp, key k, time at, lateness 2s }}\n{declarations}\nrule r {{ from S\n{clauses} }}\n"
    );
    let compiled = compile(&[Source::new("s.rules", text.as_str())]);
    let plan = compiled.plan.unwrap_or_else(|| panic!("{text}\n{:?}", compiled.diagnostics));
    let rule = plan.rules.iter().find(|rule| rule.name == "r").unwrap();
    Horizon::of_rule(&plan, rule).to_string()
}

#[test]
fn a_rule_looks_back_over_a_span_or_says_why_that_has_no_bound() {
    // What is open began no longer than its size ago; what was empty, where its key's last window was.
    let bounded = [
        ("", "emit E { v }", "2s"),
        ("", "when each v > 1 emit E { v }", "2s"),
        ("", "window tumbling(10s) emit E { n: count() }", "12s"),
        ("", "window hopping(1m, every 10s) emit E { n: count() }", "1m2s"),
        ("", "window tumbling(10s) fill 5m emit E { n: count() }", "5m12s"),
        ("", "window tumbling(10s) allow 1m emit E { n: count() }", "1m12s"),
        ("", "window tumbling(10s) emit E { n: prev(2, count()) }", "32s"),
        ("", "window tumbling(1d, zone \"Europe/Paris\") emit E { n: count() }", "2d2s"),
        (
            "",
            "window sliding(30s) when count() > 2 emit E { n: count() } clear F { n: count() }",
            "32s",
        ),
        ("", "window sliding(30s) when count() > 2 for 5m emit E { n: count() }", "5m32s"),
        ("", "window sliding(30s) when window.end - last(at) < 5s emit E { n: count() }", "1m2s"),
    ];
    for (declarations, clauses, span) in bounded {
        assert_eq!(horizon(declarations, clauses), span, "{clauses}");
    }
    let because = [
        ("", "when v > 1 emit E { v }", "without a window a key's last evaluation"),
        ("", "window session(gap 1s, max 1m) emit E { n: count() }", "where a session begins"),
        ("", "window every(3) emit E { n: count() }", "`every` counts from"),
        ("", "window last(3) emit E { n: count() }", "the last events of a key"),
        ("", "window forever emit E { n: count() }", "`forever` is everything"),
        ("", "limit 1 per 1s emit E { v }", "whether a `limit` lets a firing out"),
        ("", "distinct v within 1s emit E { v }", "whether `distinct` lets an event pass"),
        ("", "by k\nwhen each changed(v) emit E { v }", "the event of the key that `changed`"),
        ("", "by k when silent for 1s emit E { k }", "the last event of a key that is silent"),
        (
            "",
            "window sliding(9s) when count() > 2 until count() < 1 emit E { n: 1 }",
            "with `until`",
        ),
        (
            "",
            "window sliding(9s) when count() > 2 emit E { s: when.start }",
            "the condition may have held",
        ),
        (
            "",
            "window tumbling(9s) when count() > 2 emit E { n: 1 } clear F { n: 1 }",
            "with a `clear`",
        ),
        (
            "table T { k: string } key k",
            "by k window tumbling(9s) fill 1m for T emit E { n: count() }",
            "the keys of the table",
        ),
        (
            "stream L { k: string, at: timestamp, time at }\ntable T from L key k",
            "where T[k] != null emit E { v }",
            "the latest event of a key",
        ),
    ];
    for (declarations, clauses, reason) in because {
        let found = horizon(declarations, clauses);
        assert!(found.starts_with(&format!("unbounded, because {reason}")), "{clauses}: {found}");
    }
}
