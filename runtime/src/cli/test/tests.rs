#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use rule_lang::{Source, compile};

const RULES: &str = r#"
stream Harvest {
    farm:  int
    count: int
    at:    timestamp
    key farm
    time at, lateness 2s
}
param floor: int = 150
rule disaster {
    from   Harvest
    by     farm
    window tumbling(10s)
    when   sum(count) < floor
    emit   Disaster { farm, harvested: sum(count), since: window.start }
}
"#;

const GIVEN: &str = "
    given Harvest
        | at  | farm | count |
        | 1s  | 302  | 21    |
        | 6s  | 302  | 87    |
        | 12s | 101  | 5     |
        | 33s | 302  | 163   |
        | 2s  | 302  | 1     |
";

/// Runs one test with these lines and gives its source and outcome.
fn outcome(lines: &str) -> String {
    outcome_of(RULES, lines)
}

fn outcome_of(rules: &str, lines: &str) -> String {
    let test = format!("test \"t\" {{{GIVEN}{lines}\n}}\n");
    let compiled = compile(&[Source::new("farm.rules", format!("{rules}{test}"))]);
    let render = rule_lang::diagnostic::render::render_all;
    let colour = rule_lang::diagnostic::render::Colour::Never;
    let errors = render(&compiled.diagnostics, &compiled.sources, colour);
    let plan = compiled.plan.as_ref().unwrap_or_else(|| unreachable!("{errors}"));
    let test = &compiled.tests[0];
    match judge(plan, &compiled, test, &play(plan, test, Path::new("")).unwrap()) {
        Verdict::Holds => format!("{lines}\n=> ok\n"),
        Verdict::Fails(details) => format!("{lines}\n=> FAILED\n{details}\n"),
    }
}

#[test]
fn rows_that_come_as_expected_hold() {
    let held = [
        "expect Disaster
        | farm | harvested | since |
        | 302  | 108       | 0s    |
        | 101  | 5         | 10s   |",
        "expect some Disaster
        | farm |
        | 101  |",
        "expect no Disaster
        | farm |
        | 7    |",
        "expect late Harvest
        | at | count |
        | 2s | 1     |",
        "set floor = 50
    expect Disaster
        | farm |
        | 101  |",
        "expect no error",
        "until 15s
    expect Disaster
        | farm |
        | 302  |",
    ];
    let outcomes: Vec<String> = held.iter().map(|lines| outcome(lines)).collect();
    assert!(outcomes.iter().all(|outcome| outcome.ends_with("=> ok\n")), "{}", outcomes.join("\n"));
}

#[test]
fn what_differs_is_shown_row_by_row() {
    let failing = [
        "expect Disaster
        | farm | harvested | since |
        | 302  | 100       | 0s    |
        | 101  | 5         | 10s   |
        | 7    | 1         | 20s   |",
        "expect some Disaster
        | farm |
        | 101  |
        | 101  |",
        "expect no Disaster",
        "expect late Harvest
        | at | count |
        | 3s | 1     |",
        "expect error",
        "expect error \"division\"",
        "expect error
        | rule       | row |
        | \"disaster\" | 1   |",
        "expect Disaster
        | farm | harvested | since |
        | 302  | 108       | 0s    |
        | 101  | 6         | 20s   |
        | 5    | 5         | 5s    |",
    ];
    insta::assert_snapshot!(failing.map(outcome).join("\n"));
}

#[test]
fn errors_are_told_by_their_rule_their_words_and_the_event_that_caused_them() {
    let failing = RULES.replace("sum(count) < floor", "100 / (sum(count) - 5) < floor");
    let held = [
        "expect error",
        "expect error \"division by zero\"",
        "expect error
        | rule       | text       | stream    | row | time      |
        | \"disaster\" | \"division\" | \"Harvest\" | 3   | 19.999999s |",
    ];
    let held = held.map(|lines| lines.replace("19.999999s", "19s999ms999us"));
    let outcomes: Vec<String> = held.iter().map(|lines| outcome_of(&failing, lines)).collect();
    assert!(outcomes.iter().all(|outcome| outcome.ends_with("=> ok\n")), "{}", outcomes.join("\n"));
    let failing = ["expect error \"overflow\"", "expect no error"].map(|l| outcome_of(&failing, l));
    insta::assert_snapshot!(failing.join("\n"));
}
