//! Input that nobody should write: large, deep, damaged. Each gets an answer or an error, without a
//! panic. Sizes are such that work which grows with their square would not end.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;
use rule_lang::diagnostic::render::{Colour, render_all};
use rule_lang::{Code, Compiled, Source, compile};
use std::path::Path;

const STREAM: &str = "stream S { k: string, v: int, at: timestamp, time at }\n";

fn compiled(rules: &str) -> Compiled {
    compile(&[Source::new("large.rules", format!("{STREAM}{rules}"))])
}

fn errors(compiled: &Compiled) -> Vec<Code> {
    compiled.diagnostics.iter().filter(|it| it.is_error()).map(|it| it.code).collect()
}

#[test]
fn a_line_of_a_megabyte_is_read() {
    let text = "x".repeat(1_000_000);
    let rules = format!("rule a {{ from S where k == \"{text}\" emit A {{ k }} }}");
    assert!(compiled(&rules).plan.is_some());
    let many: Vec<String> = (0..150_000).map(|n| n.to_string()).collect();
    let rules = format!("rule a {{ from S where v in [{}] emit A {{ k }} }}", many.join(", "));
    let answer = compiled(&rules);
    assert!(answer.plan.is_some() || !errors(&answer).is_empty());
    assert!(render_all(&answer.diagnostics, &answer.sources, Colour::Never).len() < 10_000);
}

#[test]
fn a_million_parentheses_are_one_error() {
    let (open, close) = ("(".repeat(1_000_000), ")".repeat(1_000_000));
    let answer = compiled(&format!("rule a {{ from S where {open}v > 1{close} emit A {{ k }} }}"));
    assert_eq!(errors(&answer), [Code::NestedTooDeeply]);
    for nested in ["not ", "-", "[", "{a: ", "if v > 1 then 1 else ", "f("] {
        let rules =
            format!("rule a {{ from S where {} v emit A {{ k }} }}", nested.repeat(200_000));
        assert!(compiled(&rules).plan.is_none(), "{nested}");
    }
}

#[test]
fn a_hundred_thousand_rules_are_planned() {
    let rule = |n: i32| format!("rule r{n} {{ from S where v > {n} emit E{n} {{ k, v }} }}\n");
    let plan = compiled(&(0..100_000).map(rule).collect::<String>()).plan.unwrap();
    assert_eq!(plan.rules.len(), 100_000);
}

#[test]
fn a_chain_or_a_cycle_of_ten_thousand_rules_is_answered() {
    let rule = |n: i32, from: &str| format!("rule r{n} {{ from {from} emit E{n} {{ k }} }}\n");
    let chain = |first: &str| -> String {
        let link = |n: i32| if n == 0 { rule(0, first) } else { rule(n, &format!("E{}", n - 1)) };
        (0..10_000).map(link).collect()
    };
    assert_eq!(compiled(&chain("S")).plan.unwrap().inner.len(), 9_999);
    let answer = compiled(&chain("E9999"));
    assert_eq!(errors(&answer), [Code::RuleCycle]);
    assert!(render_all(&answer.diagnostics, &answer.sources, Colour::Never).len() < 1_000_000);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_read() {
    let rules = format!("\u{feff}{STREAM}rule a {{\n    from S\n    emit A {{ k }}\n}}\n");
    let answer = compile(&[Source::new("a.rules", rules.replace('\n', "\r\n"))]);
    assert_eq!(errors(&answer), []);
}

/// All rules of this repository: examples and cases.
fn corpus() -> Vec<Vec<u8>> {
    fn collect(folder: &Path, into: &mut Vec<Vec<u8>>) {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|it| it == "rules" || it == "case") {
                into.push(std::fs::read(path).unwrap());
            }
        }
    }
    let mut texts = Vec::new();
    for folder in ["../rules", "../tests/cases"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut texts);
    }
    texts
}

/// Damage to a text: cut out, put in again elsewhere, a byte changed.
#[derive(Clone, Debug)]
enum Damage {
    Cut(prop::sample::Index, usize),
    Copy(prop::sample::Index, usize, prop::sample::Index),
    Byte(prop::sample::Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        (place(), 1..40_usize).prop_map(|(at, len)| Damage::Cut(at, len)),
        (place(), 1..200_usize, place()).prop_map(|(at, len, to)| Damage::Copy(at, len, to)),
        (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damage: &Damage) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    match damage {
        Damage::Cut(at, len) => {
            let at = at.index(bytes.len());
            bytes.drain(at..bytes.len().min(at + len));
        }
        Damage::Copy(at, len, to) => {
            let at = at.index(bytes.len());
            let piece = bytes[at..bytes.len().min(at + len)].to_vec();
            let to = to.index(bytes.len());
            bytes.splice(to..to, piece);
        }
        Damage::Byte(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_program_is_planned_or_refused(
        at in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..6),
    ) {
        let texts = corpus();
        let bytes = damages.iter().fold(at.get(&texts).clone(), damaged);
        let answer = compile(&[Source::new("damaged.rules", bytes.clone())]);
        prop_assert_eq!(answer.plan.is_some(), errors(&answer).is_empty());
        let drawn = render_all(&answer.diagnostics, &answer.sources, Colour::Never);
        prop_assert_eq!(drawn.is_empty(), answer.diagnostics.is_empty());
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(formatted) = rule_lang::format(&text)
        {
            prop_assert_eq!(rule_lang::format(&formatted).ok(), Some(formatted));
        }
    }
}
