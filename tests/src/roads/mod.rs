//! Six roads to the same outputs.
//!
//! 1. *straight*: the engine gets one event at a step, in the order of arrival;
//! 2. *checkpoints*: after every input the engine is saved and restored;
//! 3. *replay*: from every position, warmed up over the plan's horizon with its emits muted;
//! 4. *interleaved*: partitions in other orders, in batches of other sizes;
//! 5. *shuffled*: events of a partition in other orders, where that makes none late or on time;
//! 6. *reference*: the reference interpreter.
//!
//! Generated programs go a seventh, *ends*: in several runs, with ends of the input in between.
//!
//! Each gives what the straight road gives, byte by byte, but for what a shuffle changes by itself:
//! offsets.

mod arrange;
mod drive;
mod replay;
mod shuffle;

pub use arrange::{Action, ended_in_between, interleaved, straight};
pub use drive::{Drive, Saving, outputs_of, run};
pub use replay::replay_from;
pub use shuffle::{shuffled, without_positions};

use crate::reference::{self, Outputs};
use crate::render::{self, Ids};
use crate::script::Script;
use cep_core::engine::OutputOrder;
use cep_core::plan::{Plan, RuleId};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// How many other orders are tried on a road that tries some.
const ARRANGEMENTS: u64 = 12;

/// A road that did not arrive where the straight one did.
#[derive(Debug)]
pub struct Detour {
    /// Which road.
    pub road: String,
    /// What it gave, as text.
    pub found: String,
    /// What it should have given, as text.
    pub expected: String,
}

impl fmt::Display for Detour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the road `{}` gives\n{}", self.road, self.found)?;
        writeln!(f, "where the straight road gives\n{}", self.expected)
    }
}

/// Drives a script on all roads and returns what the straight road gave.
///
/// # Errors
/// The first road that gives something else.
pub fn drive_all(plan: &Arc<Plan>, script: &Script) -> Result<Outputs, Detour> {
    let actions = straight(script);
    let drive = Drive { plan, partitions: &script.partitions, seed: 1 };
    let expected = drive.all(&actions, OutputOrder::Merged, Saving::Never);
    let ordered = |outputs: &Outputs| by_rule_and_key(plan, outputs);
    let same = |road: String, found: &Outputs| compare(plan, road, found, &expected);

    same("reference".into(), &reference::run(plan, &script.log()))?;
    same("checkpoints".into(), &drive.all(&actions, OutputOrder::Merged, Saving::AfterEach))?;
    for position in 0..=script.steps.len() {
        let (found, expected) = replay_from(plan, script, position);
        compare(plan, format!("replay from position {position}"), &found, &expected)?;
    }
    for seed in 0..ARRANGEMENTS {
        let actions = interleaved(script, seed);
        let drive = Drive { seed, ..drive };
        let found = drive.all(&actions, OutputOrder::Merged, Saving::Never);
        same(format!("interleaved, seed {seed}"), &found)?;
        let found = drive.all(&actions, OutputOrder::AsDecided, Saving::Sometimes(seed));
        let road = format!("interleaved and emitted as decided, seed {seed}");
        compare(plan, road, &ordered(&found), &ordered(&expected))?;
    }
    for seed in 0..ARRANGEMENTS {
        let found =
            drive.all(&straight(&shuffled(plan, script, seed)), OutputOrder::Merged, Saving::Never);
        let (found, expected) = (without_positions(&found), without_positions(&expected));
        compare(plan, format!("shuffled, seed {seed}"), &found, &expected)?;
    }
    Ok(expected)
}

/// Whether two outputs are the same, ids and causes included.
///
/// # Errors
/// When they are not.
pub fn compare(
    plan: &Plan,
    road: String,
    found: &Outputs,
    expected: &Outputs,
) -> Result<(), Detour> {
    let text = |outputs: &Outputs| render::outputs(plan, outputs, Ids::Shown);
    let (found, expected) = (text(found), text(expected));
    if found == expected { Ok(()) } else { Err(Detour { road, found, expected }) }
}

/// The outputs with emits sorted, whenever they came.
#[must_use]
pub fn sorted(mut outputs: Outputs) -> Outputs {
    outputs.emits.sort_by(|a, b| {
        (a.rule, &a.key, a.time, a.line, a.id, a.revision)
            .cmp(&(b.rule, &b.key, b.time, b.line, b.id, b.revision))
    });
    outputs
}

/// The outputs with emits sorted by rule and key, and in the order found within these: all that is
/// promised when emits leave as they are decided. A rule that judges each event by itself emits in
/// the order of arrival, which is no order between partitions; its emits are sorted by id.
#[must_use]
pub fn by_rule_and_key(plan: &Plan, outputs: &Outputs) -> Outputs {
    let mut outputs = outputs.clone();
    let by_itself = |rule: RuleId| {
        plan.rule(rule).is_some_and(|rule| rule.window.is_none() && !rule.needs_order())
    };
    outputs.emits.sort_by(|a, b| {
        (a.rule, &a.key)
            .cmp(&(b.rule, &b.key))
            .then_with(|| if by_itself(a.rule) { a.id.cmp(&b.id) } else { Ordering::Equal })
    });
    outputs
}
