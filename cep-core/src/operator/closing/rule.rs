//! One rule over closing windows: which windows it has, and what it makes of each.

use super::super::expected::Expected;
use super::super::firing::{Decided, EmitLines, Firing};
use super::super::keys::KeyTable;
use super::super::previous::Results;
use super::super::trigger::{Moment, Presence, Steps, TriggerStates, Verdict};
use super::super::{Advance, Constants, Errors, Instants, Scope, Stage};
use super::past::Past;
use super::revise::Revisions;
use super::store::SliceStore;
use crate::plan::{EmitKind, KeyPart, Plan, RuleId, RulePlan, StreamId};
use crate::time::{EventTime, Span, Watermark};
use crate::value::{Column, ColumnData, RowOrigin, Type};
use crate::window::{Grid, Slice};

/// How many groups are judged at once.
const CHUNK: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct ClosingRule {
    pub(super) grid: Grid,
    fill: Option<Span>,
    stream: StreamId,
    /// The group's index of each aggregate of the rule, and its type.
    pub(super) calls: Vec<(usize, Type)>,
    /// Which keys' conditions held at their last windows.
    pub(super) trigger: TriggerStates,
    emits: EmitLines,
    /// What aggregates were in the windows before.
    pub(super) past: Past,
    /// The next window end that has, or may have, something in its window.
    pub(super) next_end: Option<i64>,
    /// Keys that get empty windows, by id: their last event time, `i64::MIN` for others.
    pub(super) last_seen: Vec<i64>,
    /// The ids that have an entry in `last_seen`.
    pub(super) filled: Vec<u32>,
    /// Keys that get empty windows before they have an event.
    pub(super) expected: Option<Expected>,
}

/// What a window is judged with.
pub(super) struct Closing<'a> {
    pub(super) start: i64,
    pub(super) end: i64,
    /// The event at which it is judged, if it is not over yet.
    pub(super) completing: Option<Completing>,
    pub(super) keys: &'a mut KeyTable,
    pub(super) parts: &'a [KeyPart],
}

/// An event at which a window is judged before it is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Completing {
    /// The instant at which it takes effect.
    pub(super) time: EventTime,
    pub(super) origin: RowOrigin,
}

impl ClosingRule {
    pub(super) fn new(
        plan: &Plan,
        id: RuleId,
        rule: &RulePlan,
        grid: Grid,
        calls: Vec<usize>,
    ) -> Self {
        let types = rule.aggregates.iter().map(|call| call.ty.clone());
        Self {
            grid,
            fill: rule.window.as_ref().and_then(|window| window.fill),
            stream: rule.input,
            calls: calls.into_iter().zip(types).collect(),
            trigger: TriggerStates::new(&rule.trigger),
            emits: EmitLines::new(id, rule, Constants::of(plan)),
            past: Past::new(rule),
            next_end: None,
            last_seen: Vec::new(),
            filled: Vec::new(),
            expected: Expected::of(plan, rule),
        }
    }

    /// How many emit lines the rule has.
    pub(super) fn lines(&self) -> u32 {
        self.emits.line_count()
    }

    /// The stream that the rule reads.
    pub(super) fn stream(&self) -> StreamId {
        self.stream
    }

    pub(super) fn id(&self) -> RuleId {
        self.emits.rule()
    }

    /// The keys that get empty windows, those whose condition held at their last window, and those
    /// whose windows before are read.
    pub(super) fn keys_with_state(&self) -> impl Iterator<Item = u32> {
        self.filled.iter().copied().chain(self.trigger.keys_with_state()).chain(self.past.keys())
    }

    /// The windows with an end after `after` may have something.
    pub(super) fn expect_end_after(&mut self, after: i64) {
        let end = self.grid.first_end_after(after);
        self.next_end = Some(self.next_end.map_or(end, |known| known.min(end)));
    }

    /// The start of the first window that is still open at a watermark.
    pub(super) fn first_start_after(&self, watermark: Watermark) -> i64 {
        self.grid.start_of(self.grid.first_end_after(watermark.0))
    }

    /// Judges all windows that the watermark closes, in the order of their ends.
    pub(super) fn close_until(
        &mut self,
        advance: Advance,
        store: &SliceStore,
        keys: &mut KeyTable,
        parts: &[KeyPart],
        mut revisions: Option<&mut Revisions>,
        stage: &mut Stage,
    ) {
        while let Some(end) = self.next_end.filter(|end| *end <= advance.to.0) {
            let start = self.grid.start_of(end);
            self.hear_expected(end, keys);
            let closing = &mut Closing { start, end, completing: None, keys, parts };
            let mut held = store.window(start, end);
            let combined;
            let window = match (held.next(), held.next()) {
                (None, _) => None,
                (Some(only), None) => Some(only),
                (Some(first), Some(second)) => {
                    combined = combine(
                        &store.empty,
                        [first, second].into_iter().chain(held),
                        closing.keys,
                    );
                    Some(&combined)
                }
            };
            self.past.open(&self.grid, end);
            let mark = stage.emits.len();
            if let Some(window) = window {
                self.judge(window, closing, stage);
            }
            if let Some(fill) = self.fill {
                self.fill(fill, window, advance.last_fill_start, closing, &store.empty, stage);
            }
            if let Some(revisions) = &mut revisions {
                let kept = combine(&store.empty, window.into_iter(), closing.keys);
                revisions.keep(end, kept, stage, mark);
            }
            self.past.close(&self.grid, end);
            self.next_end = self.end_after(end, store, advance.last_fill_start);
        }
    }

    /// The first end after `end` whose window may have something.
    fn end_after(&self, end: i64, store: &SliceStore, last_fill_start: EventTime) -> Option<i64> {
        let next = self.grid.next_end(end);
        let expected = self.expected.as_ref().and_then(Expected::next);
        let expected = expected.map(|instant| self.grid.first_end_after(instant.max(end)));
        let filled = (!self.filled.is_empty()).then_some(next);
        let mut found = filled.into_iter().chain(expected).min();
        found = found.filter(|end| self.grid.start_of(*end) <= last_fill_start.0);
        for (start, left_out_to) in
            store.slices.range((self.grid.start_of(next), i64::MIN)..).map(|it| it.0)
        {
            if found.is_some_and(|found| *start >= found) {
                break;
            }
            let candidate = self.grid.first_end_after((*start).max(*left_out_to).max(end));
            found = Some(found.map_or(candidate, |found| found.min(candidate)));
        }
        found
    }

    /// Judges the groups of a window, a chunk at a time.
    pub(super) fn judge(&mut self, window: &Slice, closing: &mut Closing<'_>, stage: &mut Stage) {
        for from in (0..window.keys.len()).step_by(CHUNK) {
            self.judge_from(window, from, CHUNK, closing, stage);
        }
    }

    /// Judges one group of a window.
    pub(super) fn judge_one(
        &mut self,
        window: &Slice,
        slot: u32,
        closing: &mut Closing<'_>,
        stage: &mut Stage,
    ) {
        self.judge_from(window, slot as usize, 1, closing, stage);
    }

    /// Judges up to `count` groups of a window from one on.
    fn judge_from(
        &mut self,
        window: &Slice,
        from: usize,
        count: usize,
        closing: &mut Closing<'_>,
        stage: &mut Stage,
    ) {
        let ids = window.keys.get(from..).unwrap_or(&[]);
        let ids = ids.get(..count).unwrap_or(ids);
        let aggregates = self.results(window, from, ids.len(), |_| true);
        let results = Results { previous: self.past.read(ids), aggregates };
        self.past.note(closing.end, ids, &results.aggregates);
        let (fired, cleared) = self.verdicts(window, from, ids, &results, closing, stage);
        for (kind, steps) in [(EmitKind::Fire, fired), (EmitKind::Clear, cleared)] {
            if !steps.rows.is_empty() && self.emits.has(kind) {
                self.emit(kind, window, from, &steps, &results, closing, stage);
            }
        }
    }

    /// Judges one group of a window that is not over, by those aggregates that the condition reads.
    /// Gives whether it fires.
    pub(super) fn judge_early(
        &mut self,
        window: &Slice,
        slot: u32,
        reads: &[bool],
        closing: &mut Closing<'_>,
        stage: &mut Stage,
    ) -> bool {
        let from = slot as usize;
        let ids = window.keys.get(from..=from).unwrap_or(&[]);
        let read = |at: usize| reads.get(at).copied().unwrap_or(false);
        let of = |aggregates| Results { previous: Vec::new(), aggregates };
        let results = of(self.results(window, from, ids.len(), read));
        let (fired, _) = self.verdicts(window, from, ids, &results, closing, stage);
        let fires = !fired.rows.is_empty();
        if fires {
            let results = of(self.results(window, from, ids.len(), |_| true));
            self.emit(EmitKind::Fire, window, from, &fired, &results, closing, stage);
        }
        fires
    }

    /// What the aggregates are for `count` groups from one on; null where they are not `read`.
    fn results(
        &self,
        window: &Slice,
        from: usize,
        count: usize,
        read: impl Fn(usize) -> bool,
    ) -> Vec<(Column, Errors)> {
        let result = |(at, (call, ty)): (usize, &(usize, Type))| {
            let mut column = Column::new(ty);
            if !read(at) {
                (0..count).for_each(|_| column.push_null());
                return (column, Errors::default());
            }
            let states = window.states.get(*call);
            let errors = states.map(|states| states.lower(from, count, &mut column));
            (column, errors.unwrap_or_default())
        };
        self.calls.iter().enumerate().map(result).collect()
    }

    /// The rows of a chunk that fire and that clear.
    fn verdicts(
        &mut self,
        window: &Slice,
        from: usize,
        ids: &[u32],
        results: &Results,
        closing: &mut Closing<'_>,
        stage: &mut Stage,
    ) -> (Steps, Steps) {
        let key_columns = if self.trigger.reads_keys() {
            closing.keys.columns(closing.parts, ids)
        } else {
            Vec::new()
        };
        let (starts, ends) = closing.bounds(ids.len());
        let scope = Scope {
            len: ids.len(),
            keys: &key_columns,
            aggregates: &results.aggregates,
            previous: &results.previous,
            starts: Some(&starts),
            ends: Some(&ends),
            constants: Some(self.emits.constants()),
            instants: Instants::Same(closing.time()),
            ..Scope::default()
        };
        let judged = self.trigger.evaluate(&scope);
        let (mut fired, mut cleared) = (Steps::default(), Steps::default());
        let moment = Moment { from: closing.start, to: closing.end };
        for (row, id) in (0_u32..).zip(ids) {
            match self.trigger.judge(*id, moment, &judged, row as usize, Presence::Some) {
                Verdict::Nothing => {}
                Verdict::Fire { since } => fired.push(row, since),
                Verdict::Clear { since } => cleared.push(row, since),
                Verdict::Failed(error) => {
                    let firing = closing.firing(window, from, row, closing.start, self.stream);
                    self.emits.fail(firing, error, stage);
                }
            }
        }
        (fired, cleared)
    }

    #[expect(clippy::too_many_arguments, reason = "the pieces of one window, each used once")]
    fn emit(
        &self,
        kind: EmitKind,
        window: &Slice,
        from: usize,
        steps: &Steps,
        results: &Results,
        closing: &Closing<'_>,
        stage: &mut Stage,
    ) {
        let rows = steps.rows.as_slice();
        let ids: Vec<u32> =
            rows.iter().filter_map(|row| window.keys.get(from + *row as usize).copied()).collect();
        let key_columns = closing.keys.columns(closing.parts, &ids);
        let picked = results.pick(rows);
        let firings: Vec<Firing> = (rows.iter().zip(&steps.since))
            .map(|(row, since)| closing.firing(window, from, *row, *since, self.stream))
            .collect();
        let (starts, ends) = closing.bounds(rows.len());
        let scope = Scope {
            len: rows.len(),
            keys: &key_columns,
            aggregates: &picked.aggregates,
            previous: &picked.previous,
            starts: Some(&starts),
            ends: Some(&ends),
            constants: Some(self.emits.constants()),
            ..Scope::default()
        };
        self.emits.emit(kind, &scope, &firings, stage);
    }
}

impl Closing<'_> {
    /// INVARIANT (an emit is stamped inside its window): the last instant before the end, or the one
    /// at which one of its events takes effect, which the end is after.
    fn time(&self) -> EventTime {
        let close = || EventTime(self.end).saturating_sub(Span::MICROSECOND);
        self.completing.map_or_else(close, |completing| completing.time)
    }

    fn bounds(&self, len: usize) -> (Column, Column) {
        let column = |bound: i64| Column::dense(ColumnData::Timestamp(vec![bound; len]));
        (column(self.start), column(self.end))
    }

    fn firing(
        &self,
        window: &Slice,
        from: usize,
        row: u32,
        since: i64,
        stream: StreamId,
    ) -> Firing {
        let slot = from + row as usize;
        let id = window.keys.get(slot).copied().unwrap_or(0);
        let (start, end) = (EventTime(self.start), EventTime(self.end));
        let decided = match self.completing {
            None => Decided::Window { start, end },
            Some(completing) => Decided::Early { start, end, completing: completing.origin },
        };
        Firing {
            time: self.time(),
            order_time: self.time(),
            key: self.keys.values(id),
            decided,
            since: EventTime(since),
            causes: window.causes.of(u32::try_from(slot).unwrap_or(u32::MAX), stream),
        }
    }
}

fn combine<'a>(empty: &Slice, parts: impl Iterator<Item = &'a Slice>, keys: &KeyTable) -> Slice {
    let mut whole = empty.fresh();
    let mut slots = Vec::new();
    for part in parts {
        whole.combine(part, keys.capacity(), &mut slots);
    }
    whole
}
