//! That the generated programs are made of every part of the language that the engine and the
//! interpreter each have their own code for.

use super::program::{Program, program};
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

/// What rules over early emits have, each in some program.
const READ_EARLY: &[&str] = &[
    "window tumbling(",
    "window hopping(",
    "window sliding(",
    "window session(",
    "window last(",
    "window every(",
    "window forever",
    " allow ",
    "limit ",
    "    clear ",
];

#[test]
fn the_programs_are_made_of_every_part_of_the_language() {
    let mut runner = TestRunner::deterministic();
    let made = program();
    let programs: Vec<Program> =
        (0..PROGRAMS).map(|_| made.new_tree(&mut runner).unwrap().current()).collect();
    let texts: Vec<String> = programs.iter().map(|program| program.text(&[])).collect();
    let calls = AggregateFunction::ALL.iter().map(|it| format!("{}(", it.name()));
    let parts = PARTS.iter().map(|part| (*part).to_owned()).chain(calls);
    let missing: Vec<_> =
        parts.filter(|part| !texts.iter().any(|text| text.contains(part))).collect();
    assert!(missing.is_empty(), "no program of {PROGRAMS} has {missing:?}");
    let unread: Vec<_> = READ_EARLY
        .iter()
        .filter(|part| !programs.iter().any(|program| reads_early(program, part)))
        .collect();
    assert!(unread.is_empty(), "no rule with {unread:?} reads what fires early");
}

/// Whether a rule with this part reads what another one emits early.
fn reads_early(program: &Program, part: &str) -> bool {
    let mut rules = program.rules.iter().zip(&program.reads);
    rules.any(|(rule, reads)| {
        let mut of = reads.iter().filter_map(|of| program.rules.get(*of));
        rule.contains(part) && of.any(|of| of.contains(" early\n"))
    })
}
