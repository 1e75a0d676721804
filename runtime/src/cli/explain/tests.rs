#![allow(clippy::unwrap_used, reason = "tests")]

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
    let all = chosen(&plan, None).unwrap();
    insta::assert_snapshot!(format!("{RULES}\n=>\n\n{}", text::explain(&plan, &all)));
}

#[test]
fn the_drawing_goes_from_streams_to_sinks() {
    let plan = plan();
    let all = chosen(&plan, None).unwrap();
    insta::assert_snapshot!(mermaid::draw(&plan, &all));
}

#[test]
fn one_rule_can_be_asked_for_by_name() {
    let plan = plan();
    let one = chosen(&plan, Some("busy")).unwrap();
    assert!(!text::explain(&plan, &one).contains("rule disaster"));
    let failure = chosen(&plan, Some("disastr")).unwrap_err();
    assert_eq!(failure.help.as_deref(), Some("did you mean `disaster`?"));
}

#[test]
fn the_json_form_is_the_plan_with_horizons() {
    let plan = plan();
    let text = json(&plan, &chosen(&plan, None).unwrap()).unwrap();
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
