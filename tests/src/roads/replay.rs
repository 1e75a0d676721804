//! Replay from the middle.
//!
//! A replay from a position reads again what lies within the plan's horizon before the position,
//! with its outputs muted, and then gives what the straight run gives after the position. A plan
//! without a bounded horizon goes on from a checkpoint taken halfway to the position.

use super::arrange::{Action, ends};
use super::drive::{Drive, outputs_of, run};
use crate::log::{Entry, watermark_after};
use crate::reference::Outputs;
use crate::script::{Script, Step};
use cep_core::engine::{Engine, Outbox, OutputOrder};
use cep_core::plan::{Horizon, Plan, StreamId};
use cep_core::time::{Span, Watermark};
use std::sync::Arc;

/// What a replay from after the first `position` steps gives, and what it should give.
#[must_use]
pub fn replay_from(plan: &Arc<Plan>, script: &Script, position: usize) -> (Outputs, Outputs) {
    let drive = Drive { plan, partitions: &script.partitions, seed: 2 };
    let (before, after) = script.steps.split_at(position.min(script.steps.len()));
    let mut straight = drive.engine(OutputOrder::Merged);
    let mut checkpointed = None;
    for (index, step) in before.iter().enumerate() {
        if index == position / 2 {
            checkpointed = Some(drive.restored(&straight, OutputOrder::Merged));
        }
        muted(plan, &mut straight, step);
    }
    let mut replayed = match Horizon::of_plan(plan) {
        Horizon::Bounded(horizon) => {
            let mut engine = drive.engine(OutputOrder::Merged);
            for step in warm_up(plan, script, position, horizon) {
                muted(plan, &mut engine, step);
            }
            engine
        }
        Horizon::Unbounded(_) => {
            let from = checkpointed.as_ref().map_or(0, |_| position / 2);
            let mut engine = checkpointed.unwrap_or_else(|| drive.engine(OutputOrder::Merged));
            before.iter().skip(from).for_each(|step| muted(plan, &mut engine, step));
            engine
        }
    };
    let rest: Vec<Action> = after
        .iter()
        .map(|step| Action::of_entry(step.stream, step.partition, &step.entry))
        .chain(ends(script))
        .collect();
    let outputs = |engine: &mut Engine| {
        let mut outbox = Outbox::default();
        rest.iter().for_each(|action| run(plan, engine, action, &mut outbox));
        outputs_of(&outbox)
    };
    (outputs(&mut replayed), outputs(&mut straight))
}

fn muted(plan: &Plan, engine: &mut Engine, step: &Step) {
    let action = Action::of_entry(step.stream, step.partition, &step.entry);
    run(plan, engine, &action, &mut Outbox::default());
}

/// The steps before the position that a replay reads again: in each partition from the first entry
/// on that is not more than the horizon behind the watermark at the position.
fn warm_up<'a>(plan: &Plan, script: &'a Script, position: usize, horizon: Span) -> Vec<&'a Step> {
    let watermark = watermark_at(plan, script, position);
    let from = watermark.0.saturating_sub(horizon.0);
    let mut begun = std::collections::BTreeSet::new();
    let mut steps = Vec::new();
    for step in script.steps.iter().take(position) {
        let reached = match &step.entry {
            Entry::Record(record) => record.time.0,
            Entry::Idle(to) => to.0,
        };
        if reached >= from {
            begun.insert((step.stream, step.partition));
        }
        if begun.contains(&(step.stream, step.partition)) {
            steps.push(step);
        }
    }
    steps
}

/// The least watermark of the streams that rules read.
fn watermark_at(plan: &Plan, script: &Script, position: usize) -> Watermark {
    let log = script.log_of_first(position);
    let of_stream = |id| {
        let lateness = plan.stream(id).map_or(0, |stream| stream.lateness.0);
        let partitions = log.partitions(id).iter();
        partitions.map(|entries| watermark_after(entries, lateness)).min()
    };
    let read = |id: &StreamId| plan.rules.iter().any(|rule| plan.follows(rule, *id));
    let least = plan.stream_ids().filter(read).filter_map(of_stream).min();
    least.unwrap_or(Watermark::BEFORE_ALL)
}
