//! That the generated programs are made of every part of the language that the engine and the
//! interpreter each have their own code for.

use super::program::program;
use cep_core::plan::AggregateFunction;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// How many programs are looked at.
const PROGRAMS: usize = 3_000;

/// What stands in the text of programs, but for aggregates.
const PARTS: &[&str] = &[
    "from A\n",
    "from A, B",
    "each it, nr in xs",
    "where ",
    "let ",
    "by ",
    "distinct ",
    "window tumbling(",
    "window hopping(",
    "window sliding(",
    "window session(",
    "window last(",
    "window every(",
    "window forever",
    "align ",
    "zone ",
    " fill ",
    " for T",
    " early",
    " allow ",
    "when each ",
    "when silent for ",
    " for 1500ms",
    " for 2 windows",
    " until ",
    "when.start",
    "when.duration",
    "limit ",
    "by ()",
    "forget ",
    "    emit ",
    "    else ",
    "    clear ",
    "window.index",
    "changed(",
    "prev(",
    "T[",
    "V[",
    "L[",
    "D0[",
    "D1[",
    "in [L[",
    "in [D0[",
    "table D1",
    "try(",
    "?? ",
];

#[test]
fn the_programs_are_made_of_every_part_of_the_language() {
    let mut runner = TestRunner::deterministic();
    let made = program();
    let texts: Vec<String> =
        (0..PROGRAMS).map(|_| made.new_tree(&mut runner).unwrap().current().text(&[])).collect();
    let calls = AggregateFunction::ALL.iter().map(|it| format!("{}(", it.name()));
    let parts = PARTS.iter().map(|part| (*part).to_owned()).chain(calls);
    let missing: Vec<_> =
        parts.filter(|part| !texts.iter().any(|text| text.contains(part))).collect();
    assert!(missing.is_empty(), "no program of {PROGRAMS} has {missing:?}");
}
