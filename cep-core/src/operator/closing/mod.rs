//! Windows that are judged when they close: tumbling and hopping.
//!
//! Rules over the same stream, filter and key share one store of slices, whatever the lengths of
//! their windows: an event goes into one slice, and each rule's windows combine slices.
//!
//! An event is late for a window whose end its own partition's watermark has reached, even while
//! the rule's watermark, held back by another partition, has not closed it. Such an event counts
//! for its later windows only. It goes into a slice of its own, which windows up to the
//! watermark's slice bound leave out; so what a window holds never depends on how far other
//! partitions were read.

mod delayed;
mod early;
mod fill;
mod past;
mod revise;
mod rule;
mod sizes;
mod state;
mod store;

pub(crate) use early::{EarlyState, EarlyWindows};
pub(crate) use state::ClosingState;

use super::expression::can_fail;
use super::intake::Intake;
use super::keys::KeyTable;
use super::{Advance, Arrival, Constants, Disorder, Operator, OperatorState, See, Stage};
use crate::engine::LateEvent;
use crate::plan::{AggregateCall, Plan, RuleId, RulePlan, StreamId, WindowKind};
use crate::time::{EventTime, Span, Watermark};
use crate::window::{Calendar, Cut, Grid, gcd};
use delayed::time_and_watermark;
use revise::Revisions;
use rule::ClosingRule;
use store::{Scratch, SliceStore};

/// How many slices of a group one slice of a member may be cut into for the sake of sharing.
const MAX_CUTS: i64 = 60;
/// See the module.
#[derive(Debug)]
pub(crate) struct ClosingGroup {
    stream: StreamId,
    intake: Intake,
    rules: Vec<ClosingRule>,
    rule_ids: Vec<RuleId>,
    keys: KeyTable,
    store: SliceStore,
    closed_to: Watermark,
    /// For a rule with `allow`, which then is the only one.
    revisions: Option<Revisions>,
    scratch: Scratch,
}

impl ClosingGroup {
    /// The group of one rule.
    pub(crate) fn new(plan: &Plan, id: RuleId, rule: &RulePlan, seed: u64) -> Self {
        let grid = grid_of(rule);
        let constants = Constants::of(plan);
        let mut intake = Intake::new(rule, constants);
        intake.calls.clear();
        let mut group = Self {
            stream: rule.input,
            intake,
            rules: Vec::new(),
            rule_ids: Vec::new(),
            keys: KeyTable::new(&rule.key, seed),
            store: SliceStore::new(grid.cut()),
            closed_to: Watermark::BEFORE_ALL,
            revisions: allow_of(rule).map(Revisions::new),
            scratch: Scratch::default(),
        };
        group.admit(plan, id, rule, grid);
        group
    }

    /// The rules it holds.
    pub(crate) fn rules(&self) -> &[RuleId] {
        &self.rule_ids
    }

    /// The rules it holds.
    pub(crate) fn into_rules(self) -> Vec<RuleId> {
        self.rule_ids
    }

    /// Takes a rule in if it can share this group's slices. Rules whose rows can fail do not
    /// share: a row that fails for one of them may count for the others, or be too late for them.
    pub(crate) fn adopt(&mut self, plan: &Plan, id: RuleId, rule: &RulePlan) -> bool {
        let grid = grid_of(rule);
        let same = self.stream == rule.input
            && self.intake.filter == rule.filter
            && self.intake.key.iter().map(|part| &part.expr).eq(rule.key.iter().map(|it| &it.expr));
        let Some(cut) = common_cut(self.store.cut, grid.cut()) else { return false };
        let revised = self.revisions.is_some() || allow_of(rule).is_some();
        if !same || revised || rows_can_fail(rule) || self.calls_can_fail() {
            return false;
        }
        self.store.cut = cut;
        self.admit(plan, id, rule, grid);
        true
    }

    fn admit(&mut self, plan: &Plan, id: RuleId, rule: &RulePlan, grid: Grid) {
        let calls = rule.aggregates.iter().map(|call| self.share(call)).collect();
        self.rule_ids.push(id);
        self.store.fills |= rule.window.as_ref().is_some_and(|window| window.fill.is_some());
        self.rules.push(ClosingRule::new(plan, id, rule, grid, calls));
    }

    /// The index of an aggregate call that the group computes, a new one if it has none like it.
    fn share(&mut self, call: &AggregateCall) -> usize {
        let known = self.intake.calls.iter().position(|known| {
            // The type differs where an empty window is possible for one rule only.
            AggregateCall { ty: call.ty.clone(), ..(*known).clone() } == *call
        });
        known.unwrap_or_else(|| {
            self.intake.calls.push(call.clone());
            self.store.add_aggregate(call);
            self.intake.calls.len() - 1
        })
    }

    fn calls_can_fail(&self) -> bool {
        self.intake.calls.iter().any(call_can_fail)
    }

    /// Lets go of the slices that no window to come holds.
    fn purge(&mut self) {
        let needed = self.rules.iter().map(|rule| rule.first_start_after(self.closed_to)).min();
        let needed = needed.unwrap_or(i64::MAX);
        // Keys of the slices that go now may well come back, so they are still kept.
        if self.keys.is_full() {
            let of_slices = self.store.slices.values().flat_map(|slice| slice.keys.iter().copied());
            let of_rules = self.rules.iter().flat_map(ClosingRule::keys_with_state);
            let revised = self.revisions.iter().flat_map(Revisions::keys);
            self.keys.keep_only(of_slices.chain(of_rules).chain(revised));
        }
        self.store.purge_before(needed);
    }
}

impl Operator for ClosingGroup {
    fn stream(&self) -> StreamId {
        self.stream
    }

    fn events(&mut self, arrival: &Arrival<'_>, stage: &mut Stage) {
        self.rules.iter_mut().for_each(|rule| rule.note_first(arrival));
        let mut scratch = std::mem::take(&mut self.scratch);
        self.intake.select(arrival, &self.rule_ids, &mut scratch.rows, stage);
        if arrival.disorder == Disorder::Some {
            let allow = self.revisions.as_ref().map_or(0, |revisions| revisions.allow.0);
            drop_late(&self.rules, allow, arrival, &mut scratch.rows, stage);
        }
        if !scratch.rows.is_empty() {
            let inputs = self.intake.inputs(arrival, &self.rule_ids, &mut scratch.rows, stage);
            scratch.ids.clear();
            self.keys.intern(&inputs.key, &scratch.rows, &mut scratch.ids);
            if let (Some(revisions), Some(rule)) = (&mut self.revisions, self.rules.first())
                && arrival.disorder == Disorder::Some
            {
                let (rows, ids) = (&mut scratch.rows, &mut scratch.ids);
                revisions.put_aside(&rule.grid, arrival, &inputs, rows, ids);
            }
            self.store.take_in(arrival, &inputs, self.keys.capacity(), &mut scratch);
            for slice in self.store.opened.drain(..) {
                let after = slice.0.max(slice.1).max(self.closed_to.0);
                self.rules.iter_mut().for_each(|rule| rule.expect_end_after(after));
            }
        }
        self.scratch = scratch;
    }

    fn begins(&mut self, time: i64) {
        self.rules.iter_mut().for_each(|rule| rule.begins(time));
    }

    fn advance(&mut self, advance: Advance, stage: &mut Stage) {
        if advance.to <= self.closed_to {
            return;
        }
        for rule in &mut self.rules {
            let (keys, revisions) = (&mut self.keys, self.revisions.as_mut());
            rule.close_until(advance, &self.store, keys, &self.intake.key, revisions, stage);
        }
        self.closed_to = advance.to;
        self.revise(advance, stage);
        self.purge();
    }

    fn forget(&mut self, key: &[u8]) {
        let Some(id) = self.keys.intern_encoded(key) else { return };
        for rule in &mut self.rules {
            rule.trigger.forget(id);
            rule.past.forget(id);
        }
    }

    fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.store.slices.values().for_each(|slice| slice.causes.positions(see));
        self.revisions.iter().for_each(|revisions| revisions.positions(see));
    }

    fn sizes(&self, see: &mut See<'_>) {
        self.state_sizes(see);
    }

    fn save(&self) -> OperatorState {
        OperatorState::Closing(self.state())
    }

    fn load(&mut self, state: OperatorState) -> Option<()> {
        match state {
            OperatorState::Closing(state) => self.restore(state),
            _ => None,
        }
    }
}

/// Takes the rows that are late for every window of every rule out of `rows`, and stages what each
/// rule misses.
fn drop_late(
    rules: &[ClosingRule],
    allow: i64,
    arrival: &Arrival<'_>,
    rows: &mut Vec<u32>,
    stage: &mut Stage,
) {
    rows.retain(|row| {
        let (time, watermark) = time_and_watermark(arrival, *row);
        if time >= watermark {
            return true;
        }
        let passed = Watermark(watermark.saturating_sub(allow));
        let mut wanted = false;
        for rule in rules {
            wanted |= rule.grid.last_end_of(time) > passed.0;
            if let Some(missed) = rule.grid.missed(time, passed) {
                stage.late.push(LateEvent {
                    rule: rule.id(),
                    origin: arrival.batch.origin(*row as usize),
                    time: EventTime(time),
                    missed: Some(missed),
                    watermark: Watermark(watermark),
                });
            }
        }
        wanted
    });
}

/// Slices of which the windows of both are made, unless one of them would be cut into too many.
fn common_cut(one: Cut, other: Cut) -> Option<Cut> {
    match (one, other) {
        (Cut::Even(one), Cut::Even(other)) => {
            let width = gcd(one, other);
            (one.max(other) / width <= MAX_CUTS).then_some(Cut::Even(width))
        }
        _ => (one == other).then_some(one),
    }
}

fn allow_of(rule: &RulePlan) -> Option<Span> {
    rule.window.as_ref().and_then(|window| window.allow)
}

fn grid_of(rule: &RulePlan) -> Grid {
    match rule.window.as_ref().map(|window| window.kind) {
        Some(WindowKind::Hopping { size, every, align }) => Grid::new(size, every, align),
        Some(WindowKind::Calendar { size, align, zone }) => {
            Grid::Calendar(Calendar::new(size, align, zone))
        }
        _ => Grid::new(crate::time::Span(1), crate::time::Span(1), crate::time::Span::ZERO),
    }
}

fn rows_can_fail(rule: &RulePlan) -> bool {
    rule.key.iter().any(|part| can_fail(&part.expr)) || rule.aggregates.iter().any(call_can_fail)
}

fn call_can_fail(call: &AggregateCall) -> bool {
    call.inputs.iter().chain(&call.filter).any(can_fail)
}
