//! A sliding window: `(t - size, t]`, judged once for each key and instant at which events come or
//! go, in event-time order.
//!
//! At an instant, events that have become too old leave first, then the instant's own events come,
//! then the key is judged. The instants of one advance are judged together, in columns, and their
//! verdicts are followed one by one.

mod judge;
mod state;
mod window;

pub(crate) use state::SlidingState;

use super::firing::EmitLines;
use super::intake::Intake;
use super::keys::KeyTable;
use super::pending::{Chunk, Pending, Place};
use super::trigger::TriggerStates;
use super::{Advance, Arrival, Constants, Disorder, KeptFor, Operator, OperatorState, See, Stage};
use crate::engine::LateEvent;
use crate::plan::{Plan, RuleId, RulePlan, StreamId, WindowKind};
use crate::time::{EventTime, Watermark};
use judge::Judgements;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use window::KeyWindow;

/// How many judgements are made at once.
const CHUNK: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Sliding {
    stream: StreamId,
    rule: RuleId,
    size: i64,
    intake: Intake,
    trigger: TriggerStates,
    emits: EmitLines,
    keys: KeyTable,
    pending: Pending,
    /// The windows that are not empty, by key id.
    windows: Vec<Option<Box<KeyWindow>>>,
    /// When the oldest event of a key leaves, one entry a key.
    expiries: BinaryHeap<Reverse<(i64, u32)>>,
    rows: Vec<u32>,
    touched: Vec<(u32, Option<(u32, u64)>)>,
}

impl Sliding {
    pub(crate) fn new(plan: &Plan, id: RuleId, rule: &RulePlan, seed: u64) -> Self {
        let constants = Constants::of(plan);
        let size = match rule.window.as_ref().map(|window| window.kind) {
            Some(WindowKind::Sliding { size }) => size.0.max(1),
            _ => 1,
        };
        Self {
            stream: rule.input,
            rule: id,
            size,
            intake: Intake::new(rule, constants.clone()),
            trigger: TriggerStates::new(&rule.trigger),
            emits: EmitLines::new(id, rule, constants),
            keys: KeyTable::new(&rule.key, seed),
            pending: Pending::default(),
            windows: Vec::new(),
            expiries: BinaryHeap::new(),
            rows: Vec::new(),
            touched: Vec::new(),
        }
    }

    /// The next instant at which something comes or goes, before the watermark.
    fn next_instant(&self, watermark: Watermark) -> Option<i64> {
        let expiry = self.expiries.peek().map(|Reverse((instant, _))| *instant);
        let next = [self.pending.next_time(), expiry, self.trigger.next_timer()];
        let next = next.into_iter().flatten().min()?;
        watermark.has_decided(EventTime(next)).then_some(next)
    }

    /// Lets events leave and come at an instant; `touched` are then the keys to judge, each with
    /// its last arrival.
    fn turn(&mut self, instant: i64) {
        self.touched.clear();
        while let Some(Reverse((_, id))) =
            self.expiries.peek().copied().filter(|Reverse((at, _))| *at == instant)
        {
            self.expiries.pop();
            let Some(window) = self.windows.get_mut(id as usize).and_then(Option::as_mut) else {
                continue;
            };
            window.evict_until(instant.saturating_sub(self.size));
            if let Some(oldest) = window.oldest() {
                self.expiries.push(Reverse((oldest.saturating_add(self.size), id)));
            }
            self.touched.push((id, None));
        }
        while self.pending.next_time() == Some(instant) {
            let (windows, calls) = (&mut self.windows, &self.intake.calls);
            let (expiries, size) = (&mut self.expiries, self.size);
            let arrived = self.pending.pop(|place_of, chunk, row| {
                let id = chunk.ids.get(row).copied().unwrap_or(0);
                windows.resize_with(windows.len().max(id as usize + 1), || None);
                if let Some(place) = windows.get_mut(id as usize) {
                    let window = place.get_or_insert_with(|| Box::new(KeyWindow::new(calls)));
                    if window.oldest().is_none() {
                        expiries.push(Reverse((instant.saturating_add(size), id)));
                    }
                    window.push(place_of, chunk, row);
                }
                (id, Some((place_of.partition, place_of.offset)))
            });
            self.touched.extend(arrived);
        }
        let due = self.trigger.pop_due(instant);
        self.touched.extend(due.into_iter().map(|id| (id, None)));
        // A key that was touched more than once is judged once, with its last arrival.
        self.touched.sort_unstable();
        self.touched.reverse();
        self.touched.dedup_by_key(|(id, _)| *id);
    }

    /// Lets go of a window that is empty.
    fn forget(&mut self, id: u32) {
        let Some(place) = self.windows.get_mut(id as usize) else { return };
        if place.as_ref().is_some_and(|window| window.is_idle()) {
            *place = None;
        }
    }
}

impl Operator for Sliding {
    fn stream(&self) -> StreamId {
        self.stream
    }

    fn events(&mut self, arrival: &Arrival<'_>, stage: &mut Stage) {
        let mut rows = std::mem::take(&mut self.rows);
        self.intake.select(arrival, &[self.rule], &mut rows, stage);
        drop_late(self.rule, arrival, &mut rows, stage);
        let inputs = self.intake.inputs(arrival, &[self.rule], &mut rows, stage);
        let chunk = Chunk::of(inputs, &mut self.keys, &rows);
        self.pending.push(chunk, places(arrival, &rows));
        self.rows = rows;
    }

    fn advance(&mut self, advance: Advance, stage: &mut Stage) {
        let mut judgements = Judgements::new(&self.intake.calls);
        // Up to here judgements need not be followed.
        let mut settled_to = None;
        loop {
            let next = self.next_instant(advance.to);
            let next = next.filter(|next| settled_to.is_none_or(|settled| *next < settled));
            let Some(instant) = next else {
                if settled_to.take().is_none() {
                    break;
                }
                self.follow(&mut judgements, stage);
                continue;
            };
            self.turn(instant);
            settled_to = settled_to.or_else(|| self.trigger.settled_after(instant));
            for index in 0..self.touched.len() {
                let Some((id, arrival)) = self.touched.get(index).copied() else { break };
                if let Some(window) = self.windows.get_mut(id as usize).and_then(Option::as_mut) {
                    judgements.add(id, instant, arrival, window);
                }
            }
            if judgements.len() >= CHUNK {
                self.follow(&mut judgements, stage);
            }
        }
        self.follow(&mut judgements, stage);
        if self.keys.is_full() {
            let windows = (0_u32..).zip(&self.windows).filter(|(_, window)| window.is_some());
            let windows = windows.map(|(id, _)| id).chain(self.trigger.keys_with_state());
            self.keys.keep_only(self.pending.ids().chain(windows));
        }
    }

    fn forget(&mut self, key: &[u8]) {
        let Some(id) = self.keys.intern_encoded(key) else { return };
        self.trigger.forget(id);
        self.windows.get_mut(id as usize).into_iter().for_each(|place| *place = None);
    }

    fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.pending.positions(see);
        self.windows.iter().flatten().for_each(|window| window.positions(see));
    }

    fn sizes(&self, see: &mut See<'_>) {
        let see = &mut |id, bytes| see(self.rule, KeptFor::Id(&self.keys, id), bytes);
        self.pending.sizes(&self.keys, see);
        self.trigger.sizes(&self.keys, see);
        for (id, window) in (0..).zip(&self.windows) {
            let bytes = window.iter().map(|it| self.keys.encoded_len(id) + it.size());
            bytes.for_each(|bytes| see(id, bytes));
        }
    }

    fn save(&self) -> OperatorState {
        OperatorState::Sliding(self.state())
    }

    fn load(&mut self, state: OperatorState) -> Option<()> {
        match state {
            OperatorState::Sliding(state) => self.restore(state),
            _ => None,
        }
    }
}

/// Takes the rows that are stamped before their partition's watermark out of `rows`; a rule that
/// needs order has already passed them.
pub(super) fn drop_late(
    rule: RuleId,
    arrival: &Arrival<'_>,
    rows: &mut Vec<u32>,
    stage: &mut Stage,
) {
    if arrival.disorder == Disorder::None {
        return;
    }
    rows.retain(|row| {
        let at = *row as usize;
        let time = EventTime(arrival.batch.times.get(at).copied().unwrap_or(0));
        let watermark = Watermark(arrival.watermarks.get(at).copied().unwrap_or(i64::MIN));
        let late = watermark.has_decided(time);
        if late {
            let origin = arrival.batch.origin(at);
            stage.late.push(LateEvent { rule, origin, time, missed: None, watermark });
        }
        !late
    });
}

/// The places of rows.
pub(super) fn places<'a>(
    arrival: &'a Arrival<'_>,
    rows: &'a [u32],
) -> impl Iterator<Item = Place> + 'a {
    rows.iter().map(|row| {
        let at = *row as usize;
        Place {
            time: arrival.batch.times.get(at).copied().unwrap_or(0),
            partition: arrival.batch.partition,
            offset: arrival.batch.offsets.get(at).copied().unwrap_or(0),
        }
    })
}
