//! Windows that are made of a key's events one by one, in event-time order: `session`, `last`,
//! `every` and `forever`.
//!
//! Of each key only the newest window is open. Events are taken in as the watermark releases them,
//! so what a window holds is a function of the logs, in whatever order they were read; an event
//! that its own partition's watermark had passed is late.
//!
//! A session is judged when it is over, before the events of that instant; `every` at the event
//! that fills it; `last` and `forever` at each event or, for an edge, once for each instant, after
//! its events.

mod content;
mod judge;
mod recent;
mod state;
mod window;

pub(crate) use state::OrderedState;

use super::firing::{Decided, EmitLines};
use super::intake::Intake;
use super::keys::KeyTable;
use super::pending::{Chunk, Pending, Place};
use super::previous::Asked;
use super::sliding::{drop_late, places};
use super::trigger::TriggerStates;
use super::{Advance, Arrival, Constants, KeptFor, Operator, OperatorState, See, Stage};
use crate::plan::{Plan, RuleId, RulePlan, StreamId, Trigger, WindowKind};
use crate::time::{EventTime, Watermark};
use crate::value::RowOrigin;
use judge::{Judgement, Judgements};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use window::{KeyWindow, OpenWindow};

/// How many judgements are made at once.
const CHUNK: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Ordered {
    stream: StreamId,
    rule: RuleId,
    kind: WindowKind,
    intake: Intake,
    trigger: TriggerStates,
    pace: Pace,
    emits: EmitLines,
    /// What rules read of the windows before.
    asked: Asked,
    keys: KeyTable,
    pending: Pending,
    /// What is known of the keys, by id.
    windows: Vec<Option<Box<KeyWindow>>>,
    /// When sessions end, one entry for each that is open. An entry may be too early: then its
    /// session has grown since.
    ends: BinaryHeap<Reverse<(i64, u32)>>,
    rows: Vec<u32>,
    /// The keys with events at the instant, where these are judged once.
    touched: Vec<u32>,
}

/// When keys are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// When their windows are over.
    Windows,
    /// At each event.
    Events,
    /// Once for each instant with events, after these, and when a condition has held long enough.
    Instants,
}

impl Pace {
    fn of(rule: &RulePlan) -> Self {
        match (&rule.window, &rule.trigger) {
            (Some(window), _) if window.kind.closes() => Self::Windows,
            (_, Trigger::Edge(_)) => Self::Instants,
            _ => Self::Events,
        }
    }
}

impl Ordered {
    pub(crate) fn new(plan: &Plan, id: RuleId, rule: &RulePlan, seed: u64) -> Self {
        let constants = Constants::of(plan);
        Self {
            stream: rule.input,
            rule: id,
            kind: rule.window.as_ref().map_or(WindowKind::Forever, |window| window.kind),
            intake: Intake::new(rule, constants.clone()),
            trigger: TriggerStates::new(&rule.trigger),
            pace: Pace::of(rule),
            emits: EmitLines::new(id, rule, constants),
            asked: Asked::new(rule),
            keys: KeyTable::new(&rule.key, seed),
            pending: Pending::default(),
            windows: Vec::new(),
            ends: BinaryHeap::new(),
            rows: Vec::new(),
            touched: Vec::new(),
        }
    }

    /// When a session with these first and last event times ends.
    fn end_of(&self, first: i64, last: i64) -> i64 {
        match self.kind {
            WindowKind::Session { gap, max } => {
                last.saturating_add(gap.0).min(first.saturating_add(max.0))
            }
            _ => i64::MAX,
        }
    }

    /// Judges the sessions that end at the earliest end, and takes them away.
    fn close(&mut self, end: i64, judgements: &mut Judgements) {
        while let Some(Reverse((_, id))) =
            self.ends.peek().copied().filter(|Reverse((at, _))| *at == end)
        {
            self.ends.pop();
            let Some(window) = self.windows.get_mut(id as usize).and_then(Option::as_mut) else {
                continue;
            };
            let Some(open) = window.open.take() else { continue };
            let (first, last) = (open.first, open.last.time);
            let real_end = self.end_of(first, last);
            if real_end > end {
                self.ends.push(Reverse((real_end, id)));
                if let Some(window) = self.windows.get_mut(id as usize).and_then(Option::as_mut) {
                    window.open = Some(open);
                }
                continue;
            }
            // INVARIANT (an emit is stamped inside its window): the last instant before the end.
            let judgement = Judgement {
                id,
                time: end.saturating_sub(1),
                start: first,
                end,
                index: 0,
                decided: Decided::Window { start: EventTime(first), end: EventTime(end) },
                causes: open.content.causes(self.stream),
            };
            judgements.add(judgement, &open.content, Vec::new());
        }
    }

    /// Takes in the next event.
    fn take_next(&mut self, judgements: &mut Judgements) {
        let (windows, calls, kind) = (&mut self.windows, &self.intake.calls, self.kind);
        let arrived = self.pending.pop(|place, chunk, row| {
            let id = chunk.ids.get(row).copied().unwrap_or(0);
            let begun =
                push(windows, id, place, chunk, row, |place| OpenWindow::new(kind, calls, place));
            (id, place, begun)
        });
        let Some((id, place, begun)) = arrived else { return };
        match (self.kind, self.pace) {
            (WindowKind::Session { .. }, _) => {
                if begun == Begun::Now {
                    self.ends.push(Reverse((self.end_of(place.time, place.time), id)));
                }
            }
            (WindowKind::Every { count }, _) => self.judge_if_full(id, count, judgements),
            (_, Pace::Instants) => self.touched.push(id),
            _ => self.judge_so_far(id, None, judgements),
        }
    }

    /// Judges a key's window at its last event, or at an instant after it.
    fn judge_so_far(&self, id: u32, after: Option<i64>, judgements: &mut Judgements) {
        let Some(window) = self.windows.get(id as usize).and_then(Option::as_ref) else { return };
        let Some(open) = &window.open else { return };
        let Place { time, partition, offset } = open.last;
        let origin = RowOrigin { stream: self.stream, partition, offset };
        let judgement = Judgement {
            id,
            time: after.unwrap_or(time),
            start: open.first,
            end: time,
            index: window.index,
            decided: after.map_or(Decided::Record(origin), |at| Decided::Expiry(EventTime(at))),
            causes: open.content.causes(self.stream),
        };
        judgements.add(judgement, &open.content, window.previous(&self.asked));
    }

    fn judge_if_full(&mut self, id: u32, count: u32, judgements: &mut Judgements) {
        let window = self.windows.get(id as usize).and_then(Option::as_ref);
        let full = window.and_then(|it| it.open.as_ref()).is_some_and(|it| it.count >= count);
        if !full {
            return;
        }
        self.judge_so_far(id, None, judgements);
        if let Some(window) = self.windows.get_mut(id as usize).and_then(Option::as_mut) {
            window.end_window(&self.asked);
        }
    }

    /// Judges, once each, the keys that had events at an instant, and those whose condition may
    /// have held for long enough by then.
    fn judge_instant(&mut self, instant: i64, judgements: &mut Judgements) {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        if self.pace == Pace::Instants {
            let due = self.trigger.pop_due(instant).into_iter();
            for id in due.filter(|id| touched.binary_search(id).is_err()) {
                self.judge_so_far(id, Some(instant), judgements);
            }
        }
        touched.drain(..).for_each(|id| self.judge_so_far(id, None, judgements));
        self.touched = touched;
    }

    /// The next instant at which something comes or is to be judged.
    fn next_instant(&self, watermark: Watermark) -> Option<i64> {
        let timer = self.trigger.next_timer().filter(|_| self.pace == Pace::Instants);
        let next = self.pending.next_time().into_iter().chain(timer).min()?;
        watermark.has_decided(EventTime(next)).then_some(next)
    }

    /// The next instant at which sessions end.
    fn next_end(&self, watermark: Watermark) -> Option<i64> {
        let Reverse((end, _)) = self.ends.peek()?;
        watermark.has_reached(EventTime(*end)).then_some(*end)
    }
}

/// Whether an event began a window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    Now,
    Before,
}

/// Adds an event to its key's window, beginning one if none is open.
fn push(
    windows: &mut Vec<Option<Box<KeyWindow>>>,
    id: u32,
    place: Place,
    chunk: &Chunk,
    row: usize,
    begin: impl FnOnce(Place) -> OpenWindow,
) -> Begun {
    windows.resize_with(windows.len().max(id as usize + 1), || None);
    let Some(window) = windows.get_mut(id as usize) else { return Begun::Before };
    let window = window.get_or_insert_with(Box::default);
    let begun = if window.open.is_some() { Begun::Before } else { Begun::Now };
    let open = window.open.get_or_insert_with(|| begin(place));
    open.push(place, chunk, row);
    begun
}

impl Operator for Ordered {
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
        let mut judgements = Judgements::new(&self.intake.calls, &self.asked);
        // Up to here judgements need not be followed.
        let mut settled_to = None;
        loop {
            let mut instant = self.next_instant(advance.to);
            if settled_to.is_some_and(|settled| instant.is_none_or(|instant| instant >= settled)) {
                self.follow(&mut judgements, stage);
                settled_to = None;
                instant = self.next_instant(advance.to);
            }
            // INVARIANT (a half-open end closes before the events of its instant).
            match (instant, self.next_end(advance.to)) {
                (instant, Some(end)) if instant.is_none_or(|instant| end <= instant) => {
                    self.close(end, &mut judgements);
                }
                (Some(instant), _) => {
                    while self.pending.next_time() == Some(instant) {
                        self.take_next(&mut judgements);
                    }
                    self.judge_instant(instant, &mut judgements);
                    if self.pace == Pace::Instants {
                        settled_to = settled_to.or_else(|| self.trigger.settled_after(instant));
                    }
                }
                _ => break,
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
        for open in self.windows.iter().flatten().filter_map(|window| window.open.as_ref()) {
            see(open.last.partition, open.last.offset);
            open.content.positions(see);
        }
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
        OperatorState::Ordered(self.state())
    }

    fn load(&mut self, state: OperatorState) -> Option<()> {
        match state {
            OperatorState::Ordered(state) => self.restore(state),
            _ => None,
        }
    }
}
