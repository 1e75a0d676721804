//! `early`: windows that are judged at each of their events, in order, until their rule fires.
//!
//! An event takes effect at its time, or where its partition's watermark was if that was further: it is
//! late in the order, and still in the windows that had not ended for its partition. So a window holds
//! what it would hold at its close, and a condition that stays true once it is fires for the same
//! windows, with the same ids, as without `early`: it fires sooner. What it emits has the time at which
//! the event took effect, so that it is late for no rule that reads it.

use super::super::intake::Intake;
use super::super::keys::KeyTable;
use super::super::pending::{Pending, PendingRow};
use super::super::{
    Advance, Arrival, Constants, Disorder, KeptFor, Operator, OperatorState, See, Stage,
};
use super::delayed::{self, Delayed};
use super::rule::{Closing, ClosingRule, Completing};
use super::{drop_late, grid_of};
use crate::aggregate::new_states;
use crate::plan::{ExprKind, Plan, RuleId, RulePlan, StreamId};
use crate::time::EventTime;
use crate::value::RowOrigin;
use crate::window::{Slice, SliceState};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
#[derive(Debug)]
pub(crate) struct EarlyWindows {
    stream: StreamId,
    rule: ClosingRule,
    /// Which of the rule's aggregates the condition reads.
    reads: Vec<bool>,
    intake: Intake,
    keys: KeyTable,
    pending: Pending,
    /// A window without events.
    empty: Slice,
    /// The windows that are not over, by their ends.
    open: BTreeMap<i64, OpenWindow>,
    rows: Vec<u32>,
}

/// A window that is not over.
#[derive(Debug)]
struct OpenWindow {
    slice: Slice,
    /// The keys that the rule has fired for.
    fired: BTreeSet<u32>,
}

/// What a checkpoint holds of them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EarlyState {
    pending: Vec<PendingRow>,
    open: Vec<(i64, SliceState, Vec<Vec<u8>>)>,
}

impl EarlyWindows {
    pub(crate) fn new(plan: &Plan, id: RuleId, rule: &RulePlan, seed: u64) -> Self {
        let mut reads = vec![false; rule.aggregates.len()];
        rule.trigger.condition().into_iter().for_each(|condition| {
            condition.visit(&mut |node| {
                if let ExprKind::Aggregate(at) = node
                    && let Some(read) = reads.get_mut(*at as usize)
                {
                    *read = true;
                }
            });
        });
        let calls = (0..rule.aggregates.len()).collect();
        Self {
            stream: rule.input,
            rule: ClosingRule::new(plan, id, rule, grid_of(rule), calls),
            reads,
            intake: Intake::new(rule, Constants::of(plan)),
            keys: KeyTable::new(&rule.key, seed),
            pending: Pending::default(),
            empty: Slice::new(rule.aggregates.iter().map(new_states).collect()),
            open: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    /// Takes an event into its windows, and judges those for which the rule has not fired.
    fn take(&mut self, event: &Delayed, stage: &mut Stage) {
        let (partition, offset) = (event.place.partition, event.place.offset);
        let completing = Completing {
            time: EventTime(event.place.time),
            origin: RowOrigin { stream: self.stream, partition, offset },
        };
        let last = self.rule.grid.last_end_of(event.time);
        let mut end = self.rule.grid.first_end_after(event.place.time);
        while end <= last {
            let empty = &self.empty;
            let window = self
                .open
                .entry(end)
                .or_insert_with(|| OpenWindow { slice: empty.fresh(), fired: BTreeSet::new() });
            if !window.fired.contains(&event.id)
                && let Some(slot) = event.take_in(&mut window.slice, self.keys.capacity())
            {
                let closing = &mut Closing {
                    start: self.rule.grid.start_of(end),
                    end,
                    completing: Some(completing),
                    keys: &mut self.keys,
                    parts: &self.intake.key,
                };
                if self.rule.judge_early(&window.slice, slot, &self.reads, closing, stage) {
                    window.fired.insert(event.id);
                }
            }
            end = self.rule.grid.next_end(end);
        }
    }
}

impl Operator for EarlyWindows {
    fn stream(&self) -> StreamId {
        self.stream
    }

    fn events(&mut self, arrival: &Arrival<'_>, stage: &mut Stage) {
        let mut rows = std::mem::take(&mut self.rows);
        let rule = self.rule.id();
        self.intake.select(arrival, &[rule], &mut rows, stage);
        if arrival.disorder == Disorder::Some {
            drop_late(std::slice::from_ref(&self.rule), 0, arrival, &mut rows, stage);
        }
        let inputs = self.intake.inputs(arrival, &[rule], &mut rows, stage);
        let mut ids = Vec::new();
        self.keys.intern(&inputs.key, &rows, &mut ids);
        delayed::wait(&mut self.pending, arrival, &inputs, (&rows, ids), i64::max);
        self.rows = rows;
    }

    fn advance(&mut self, advance: Advance, stage: &mut Stage) {
        while let Some(event) = delayed::next(&mut self.pending, advance) {
            self.take(&event, stage);
        }
        while let Some(first) = self.open.first_entry().filter(|it| *it.key() <= advance.to.0) {
            first.remove();
        }
        if self.keys.is_full() {
            let windows = self.open.values().flat_map(|window| window.slice.keys.iter().copied());
            self.keys.keep_only(self.pending.ids().chain(windows));
        }
    }

    fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.pending.positions(see);
        self.open.values().for_each(|window| window.slice.causes.positions(see));
    }

    fn sizes(&self, see: &mut See<'_>) {
        let (rule, keys) = (self.rule.id(), &self.keys);
        let see = &mut |id, bytes| see(rule, KeptFor::Id(keys, id), bytes);
        self.pending.sizes(keys, see);
        for window in self.open.values() {
            window.slice.sizes(|id, group, states| {
                see(id, keys.encoded_len(id) + group + states.iter().sum::<usize>());
            });
            window.fired.iter().for_each(|id| see(*id, size_of::<u32>()));
        }
    }

    fn save(&self) -> OperatorState {
        let open = self.open.iter().map(|(end, window)| {
            let slice = window.slice.save(|id| self.keys.encoded(id));
            (*end, slice, window.fired.iter().map(|id| self.keys.encoded(*id)).collect())
        });
        let open = open.collect();
        OperatorState::Early(EarlyState { pending: self.pending.save(&self.keys), open })
    }

    fn load(&mut self, state: OperatorState) -> Option<()> {
        let OperatorState::Early(EarlyState { pending, open }) = state else { return None };
        let types = delayed::types(self.intake.input_types());
        self.pending.load(pending, &types, &mut self.keys)?;
        for (end, saved, fired) in open {
            let mut slice = self.empty.fresh();
            slice.load(saved, |bytes| self.keys.intern_encoded(bytes))?;
            let fired = fired.iter().map(|bytes| self.keys.intern_encoded(bytes));
            let fired = fired.collect::<Option<BTreeSet<u32>>>()?;
            self.open.insert(end, OpenWindow { slice, fired });
        }
        Some(())
    }
}
