//! Programs around a change of the clocks: what happens in seconds elsewhere happens in tens of
//! minutes here, in windows that go by the clocks of a place.

use super::program::{Program, program};
use cep_core::time::EventTime;
use cep_core::value::Value;
use cep_tests::log::{End, Entry};
use cep_tests::script::{Script, Step};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// How much longer everything takes.
const SLOWER: i64 = 600;

/// Places, and an instant some two hours before their clocks change, in milliseconds.
const CHANGES: &[(&str, i64)] = &[
    ("Europe/Paris", 1_774_738_800_000), // 2026-03-28T23:00:00Z, forward at 01:00Z
    ("Europe/Paris", 1_792_882_800_000), // 2026-10-24T23:00:00Z, back at 01:00Z
    ("America/Sao_Paulo", 1_541_293_200_000), // 2018-11-04T01:00:00Z, a day without a midnight
    ("America/Sao_Paulo", 1_550_361_600_000), // 2019-02-17T00:00:00Z, a midnight that comes twice
    ("Australia/Lord_Howe", 1_775_307_600_000), // 2026-04-04T13:00:00Z, back by half an hour
];

/// Windows in the words of the generator, and those that take their place. Sizes divide a day.
const WINDOWS: &[(&str, &str)] = &[
    ("tumbling(1s)", "tumbling(10m, zone PLACE)"),
    ("tumbling(2s)", "tumbling(6h, align 1h, zone PLACE)"),
    ("tumbling(2500ms)", "tumbling(1d, zone PLACE)"),
    ("tumbling(3s)", "tumbling(30m, zone PLACE)"),
    ("tumbling(5s)", "tumbling(1h, zone PLACE)"),
    ("tumbling(10s)", "tumbling(2h, zone PLACE)"),
    ("tumbling(2m, align 1m, zone \"Asia/Kolkata\")", "tumbling(2d, align 1d, zone PLACE)"),
];

/// A program, and where and when it runs.
pub fn program_at_a_change() -> impl Strategy<Value = (Program, i64)> {
    (program(), prop::sample::select(CHANGES)).prop_map(|(program, (place, begin_ms))| {
        let slower = |rule: &String| {
            let mut rule = rule.clone();
            let swaps = WINDOWS.iter().enumerate();
            for (at, (from, _)) in swaps.clone() {
                rule = rule.replace(from, &format!("WINDOW#{at}#"));
            }
            // Not before the longest of these windows is judged.
            rule = slowed(&rule.replace("    forget ", "    forget 48h"));
            for (at, (_, to)) in swaps {
                let to = to.replace("PLACE", &format!("\"{place}\""));
                rule = rule.replace(&format!("WINDOW#{at}#"), &to);
            }
            rule
        };
        let rules = program.rules.iter().map(slower).collect();
        let lateness_ms = program.lateness_ms.map(|ms| ms * 600);
        (Program { lateness_ms, rules, ..program }, begin_ms)
    })
}

/// The input at that time.
pub fn moved(script: &Script, begin_ms: i64) -> Script {
    let at = |time: EventTime| EventTime(time.0 * SLOWER + begin_ms * 1_000);
    let value = |value: &Value| match value {
        Value::Timestamp(time) => Value::Timestamp(at(*time)),
        other => other.clone(),
    };
    let steps = script.steps.iter().map(|step| {
        let entry = match &step.entry {
            Entry::Idle(time) => Entry::Idle(at(*time)),
            Entry::Record(record) => {
                let mut record = record.clone();
                record.time = at(record.time);
                record.values = record.values.iter().map(value).collect();
                Entry::Record(record)
            }
        };
        Step { entry, ..step.clone() }
    });
    let end = match script.end {
        End::At(time) => End::At(at(time)),
        other => other,
    };
    Script { steps: steps.collect(), end, partitions: script.partitions.clone() }
}

/// A text with every duration so many times longer.
fn slowed(text: &str) -> String {
    let mut slow = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let (digits, after) =
            from.split_at(from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len()));
        slow += before;
        let unit = ["ms", "s", "m"].into_iter().find(|unit| {
            after
                .strip_prefix(unit)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        });
        let name = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        match (unit, digits.parse::<i64>()) {
            (Some(_), Ok(number)) if !name => slow += &(number * SLOWER).to_string(),
            _ => slow += digits,
        }
        rest = after;
    }
    slow + rest
}

#[test]
fn most_programs_have_windows_that_go_by_the_clocks() {
    let mut runner = TestRunner::deterministic();
    let made = program_at_a_change();
    let texts = (0..300).map(|_| made.new_tree(&mut runner).unwrap().current().0.text(&[]));
    let zoned = texts.filter(|text| text.contains("zone \"") && text.contains("tumbling(")).count();
    assert!(zoned > 150, "{zoned} of 300");
}

#[test]
fn durations_are_slowed_and_names_are_not() {
    let text = "window tumbling(2500ms) when i > 2 and x1s == 3 and t + 1s < u let f0: 1.5m";
    let slow = "window tumbling(1500000ms) when i > 2 and x1s == 3 and t + 600s < u let f0: 1.5m";
    assert_eq!(slowed(text), slow);
}
