//! Generated programs over generated inputs: the engine gives what the reference interpreter gives,
//! on whatever road; and laws that hold between runs.
//!
//! The programs are the same in every run, so that the gate says the same of the same code.
//! `CEP_PROGRAMS=5000` makes as many others of each property; which ones, `CEP_SEED=7` says, or else
//! chance. A failure shows its program and input as a case that can be kept.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod aggregate;
mod clocks;
mod coverage;
mod early;
mod expression;
mod input;
mod program;
mod readers;
mod rule;

use cep_core::engine::OutputOrder;
use cep_core::plan::Plan;
use cep_core::time::EventTime;
use cep_tests::case::{compile, write_case};
use cep_tests::reference::{self, Emitted, Outputs};
use cep_tests::render::{self, Ids};
use cep_tests::roads::{self, Drive, Saving};
use cep_tests::script::Script;
use input::{Order, script};
use program::{Program, early_program, program};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What makes the programs of a run that asks for no others.
const SEED: u64 = 1;

fn config(default: u32) -> Config {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let programs = number("CEP_PROGRAMS").and_then(|programs| u32::try_from(programs).ok());
    let unsaid = if programs.is_some() { RngSeed::Random } else { RngSeed::Fixed(SEED) };
    Config {
        cases: programs.unwrap_or(default),
        rng_seed: number("CEP_SEED").map_or(unsaid, RngSeed::Fixed),
        max_global_rejects: 100_000,
        max_shrink_iters: 4_000,
        failure_persistence: None,
        ..Config::default()
    }
}

/// A generated value that is not shown as data; failures show it as a case.
#[derive(Clone)]
struct Quiet<T>(T);

impl<T> std::fmt::Debug for Quiet<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("as shown")
    }
}

/// The plan of a generated program. Programs with a constant that has no value are rejected.
fn plan_of(text: &str) -> Result<Arc<Plan>, TestCaseError> {
    match compile(text) {
        Ok(mut plan) => {
            input::fill_tables(&mut plan);
            Ok(Arc::new(plan))
        }
        Err(errors) if errors.contains("this always fails") => Err(TestCaseError::reject(errors)),
        Err(errors) => Err(TestCaseError::fail(format!("not well-typed:\n{text}\n{errors}"))),
    }
}

/// A failure, with the program and its input as a case that can be kept.
fn failed(
    rules: &str,
    plan: &Plan,
    script: &Script,
    why: &impl std::fmt::Display,
) -> TestCaseError {
    TestCaseError::fail(format!("{}\n{why}", write_case(rules, plan, script)))
}

fn engine_equals_interpreter(
    program: &Program,
    script: &Script,
    seed: u64,
) -> Result<(), TestCaseError> {
    let text = program.text(&[]);
    let plan = plan_of(&text)?;
    let expected = reference::run(&plan, &script.log());
    let drive = Drive { plan: &plan, partitions: &script.partitions, seed };
    let run = |actions: &[_], saving| drive.all(actions, OutputOrder::Merged, saving);
    let compare = |road: String, found: &Outputs, expected: &Outputs| {
        roads::compare(&plan, road, found, expected)
            .map_err(|detour| failed(&text, &plan, script, &detour))
    };
    let same = |road: &str, found: &Outputs| compare(road.into(), found, &expected);

    same("straight", &run(&roads::straight(script), Saving::Sometimes(seed)))?;
    for seed in [seed / 3 * 3, seed / 3 * 3 + 1, seed] {
        let actions = roads::interleaved(script, seed);
        same("interleaved", &run(&actions, Saving::Sometimes(seed)))?;
    }
    let live = drive.all(
        &roads::interleaved(script, seed),
        OutputOrder::AsDecided,
        Saving::Sometimes(seed),
    );
    let ordered = |outputs| roads::by_rule_and_key(&plan, outputs);
    compare("interleaved and emitted as decided".into(), &ordered(&live), &ordered(&expected))?;
    let shuffled = roads::straight(&roads::shuffled(&plan, script, seed));
    let found = roads::without_positions(&run(&shuffled, Saving::Never));
    compare("shuffled".into(), &found, &roads::without_positions(&expected))?;
    let position = usize::try_from(seed).unwrap_or(0) % (script.steps.len() + 1);
    let (found, expected) = roads::replay_from(&plan, script, position);
    compare(format!("replay from {position}"), &found, &expected)?;
    let (lifted, actions) = roads::ended_in_between(script, seed);
    let found = run(&actions, Saving::Sometimes(seed));
    let expected = reference::run(&plan, &lifted.log());
    let road = "ended in between".to_owned();
    compare(road, &roads::sorted(found), &roads::sorted(expected))?;
    Ok(())
}

/// The lines of some outputs without those of some rules.
fn lines_without(plan: &Plan, outputs: &Outputs, rules: &[String]) -> Vec<String> {
    let text = render::outputs(plan, outputs, Ids::Shown);
    text.lines()
        .filter(|line| !matches!(*line, "-- late" | "-- errors" | "nothing"))
        .filter(|line| {
            !line.split_whitespace().nth(1).is_some_and(|it| rules.iter().any(|rule| rule == it))
        })
        .map(str::to_owned)
        .collect()
}

proptest! {
    #![proptest_config(config(10_000))]

    #[test]
    fn the_engine_gives_what_the_interpreter_gives(
        Quiet(program) in program().prop_map(Quiet),
        Quiet(script) in script(Order::Any).prop_map(Quiet),
        seed in any::<u64>(),
    ) {
        engine_equals_interpreter(&program, &script, seed)?;
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn clocks_that_change_are_no_matter(
        Quiet((program, begin_ms)) in clocks::program_at_a_change().prop_map(Quiet),
        Quiet(script) in script(Order::Any).prop_map(Quiet),
        seed in any::<u64>(),
    ) {
        engine_equals_interpreter(&program, &clocks::moved(&script, begin_ms), seed)?;
    }
}

proptest! {
    #![proptest_config(config(100))]

    /// `early` changes when a window fires, not whether, nor with which id.
    #[test]
    fn early_fires_for_the_same_windows(
        Quiet(program) in early_program().prop_map(Quiet),
        Quiet(script) in script(Order::Any).prop_map(Quiet),
    ) {
        let text = program.text(&[]);
        let script = Script { end: cep_tests::log::End::Flush, ..script };
        let run = |text: &str| -> Result<_, TestCaseError> {
            let plan = plan_of(text)?;
            let drive = Drive { plan: &plan, partitions: &script.partitions, seed: 5 };
            let outputs = drive.all(&roads::straight(&script), OutputOrder::Merged, Saving::Never);
            Ok(outputs.emits.into_iter().map(|it| ((it.rule, it.id), it)).collect())
        };
        let early: BTreeMap<_, Emitted> = run(&text)?;
        let closed: BTreeMap<_, Emitted> = run(&text.replace(" early\n", "\n"))?;
        let same = early.keys().eq(closed.keys())
            && early.values().zip(closed.values()).all(|(early, closed)| early.time <= closed.time);
        if !same {
            let why = format!("early\n{early:#?}\nat the close\n{closed:#?}");
            return Err(failed(&text, &*plan_of(&text)?, &script, &why));
        }
    }
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn removing_a_rule_changes_no_other(
        Quiet(program) in program().prop_map(Quiet),
        Quiet(script) in script(Order::Any).prop_map(Quiet),
        seed in any::<u64>(),
    ) {
        let omitted = usize::try_from(seed).unwrap_or(0) % program.rules.len();
        let omitted = program.with_readers(omitted);
        let names: Vec<String> = omitted.iter().map(|rule| format!("r{rule}")).collect();
        let run = |text: &str| -> Result<_, TestCaseError> {
            let plan = plan_of(text)?;
            let drive = Drive { plan: &plan, partitions: &script.partitions, seed };
            let actions = roads::interleaved(&script, seed);
            let outputs = drive.all(&actions, OutputOrder::Merged, Saving::Never);
            Ok(lines_without(&plan, &outputs, &names))
        };
        let text = program.text(&[]);
        let (all, fewer) = (run(&text)?, run(&program.text(&omitted))?);
        if all != fewer {
            let (with, without) = (all.join("\n"), fewer.join("\n"));
            let why = format!("with {names:?}\n{with}\nwithout it\n{without}");
            return Err(failed(&text, &*plan_of(&text)?, &script, &why));
        }
    }

    /// What was emitted before the last instant of a shorter input is where a longer one begins, and
    /// nothing that was emitted is missing from it.
    #[test]
    fn a_shorter_ordered_input_gives_a_prefix(
        Quiet(program) in program().prop_map(Quiet),
        Quiet(script) in script(Order::Rising).prop_map(Quiet),
        cut in any::<prop::sample::Index>(),
    ) {
        let text = program.text(&[]);
        let plan = plan_of(&text)?;
        let script = Script { end: cep_tests::log::End::AtLastEvent, ..script };
        let length = cut.index(script.steps.len() + 1);
        let shorter = Script { steps: script.steps[..length].to_vec(), ..script.clone() };
        // What is made of revised events is as far behind as these may be revised.
        let behind = plan.rules.iter().map(|rule| rule.allow().0).sum::<i64>();
        let last = shorter.log().last_event_time().map(|last| EventTime(last.0 - behind));
        let run = |script: &Script| {
            let drive = Drive { plan: &plan, partitions: &script.partitions, seed: 3 };
            drive.all(&roads::straight(script), OutputOrder::Merged, Saving::Never).emits
        };
        let (all, some) = (run(&script), run(&shorter));
        let settled = some.iter().take_while(|emit| Some(emit.time) < last).count();
        let begins = all.len() >= settled && all[..settled] == some[..settled];
        if !begins || !some.iter().all(|emit| all.contains(emit)) {
            let show = |emits: &[_]| -> String {
                emits.iter().map(|it| render::emit(&plan, it, Ids::Hidden) + "\n").collect()
            };
            let why = format!("all\n{}\nthe first {length}\n{}", show(&all), show(&some));
            return Err(failed(&text, &plan, &script, &why));
        }
    }
}
