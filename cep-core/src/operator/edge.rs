//! A rule without a window that fires when its condition becomes true for a key, and clears when it
//! becomes false: judged once for each key and instant, on the instant's last event. Where the
//! condition must have held `for` some time, the key is judged once more when that has passed, on
//! the last event there was. `silent for` is the edge of a key that has no events: judged at each of
//! them, and when none has come for so long. The keys of a table may be expected before they have one.

use super::expected::{Expected, ExpectedState, first_on_time};
use super::firing::{Decided, EmitLines, Firing};
use super::intake::Intake;
use super::keys::KeyTable;
use super::pending::{Chunk, Pending, PendingRow};
use super::sliding::{drop_late, places};
use super::trigger::{Moment, Presence, SavedStates, TriggerStates, Verdict};
use super::{
    Advance, Arrival, Constants, Instants, KeptFor, Operator, OperatorState, Scope, See, Stage,
};
use crate::engine::Causes;
use crate::plan::{EmitKind, FieldPlan, Plan, RuleId, RulePlan, StreamId};
use crate::time::EventTime;
use crate::value::{Column, RowOrigin, Type, Value, held_bytes};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug)]
pub(crate) struct Edge {
    stream: StreamId,
    rule: RuleId,
    fields: Vec<FieldPlan>,
    used: Vec<bool>,
    intake: Intake,
    trigger: TriggerStates,
    emits: EmitLines,
    keys: KeyTable,
    pending: Pending,
    /// The last rows of the keys that may be judged again without a new one, by key id.
    kept: Vec<Option<Box<Last>>>,
    /// Keys that are known before they have an event.
    expected: Option<Expected>,
    rows: Vec<u32>,
}

/// What a checkpoint holds of an edge.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EdgeState {
    pending: Vec<PendingRow>,
    trigger: SavedStates,
    kept: Vec<(Vec<u8>, Last)>,
    expected: Option<ExpectedState>,
}

/// One key's last row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Last {
    /// The key, where this runs; a checkpoint has its bytes.
    #[serde(skip)]
    id: u32,
    time: i64,
    /// `None` for a key that never had a row: its values are nulls.
    origin: Option<RowOrigin>,
    values: Vec<Option<Value>>,
}

impl Edge {
    pub(crate) fn new(plan: &Plan, id: RuleId, rule: &RulePlan, seed: u64) -> Self {
        let constants = Constants::of(plan);
        Self {
            stream: rule.input,
            rule: id,
            fields: plan.row_fields(rule),
            used: plan.used_row_fields(rule),
            intake: Intake::new(rule, constants.clone()),
            trigger: TriggerStates::new(&rule.trigger),
            emits: EmitLines::new(id, rule, constants),
            keys: KeyTable::new(&rule.key, seed),
            pending: Pending::default(),
            kept: Vec::new(),
            expected: Expected::of(plan, rule),
            rows: Vec::new(),
        }
    }

    /// The next instant at which a key is to be judged.
    fn next_instant(&self, advance: Advance) -> Option<i64> {
        let expected = self.expected.as_ref().and_then(Expected::next);
        // When the input is flushed, time runs on without end, and what is expected must not.
        let expected = expected.filter(|instant| *instant <= advance.last_fill_start.0);
        let timer = self.trigger.next_timer();
        self.pending.next_time().into_iter().chain(timer).chain(expected).min()
    }

    /// Lets the expected keys that have no row yet count as heard of at an instant.
    fn hear_expected(&mut self, instant: i64) {
        let end = instant.saturating_add(1);
        while let Some((_, bytes)) = self.expected.as_mut().and_then(|it| it.pop_before(end)) {
            let Some(id) = self.keys.intern_encoded(bytes) else { continue };
            if self.trigger.expect(id, instant) {
                let values = self.used.iter().map(|used| used.then_some(Value::Null)).collect();
                self.keep(&Last { id, time: instant, origin: None, values });
            }
        }
    }

    /// The last row of each key that is to be judged at an instant.
    fn take_instant(&mut self, instant: i64) -> Vec<Last> {
        let mut lasts: Vec<Last> = Vec::new();
        while self.pending.next_time() == Some(instant) {
            let stream = self.stream;
            let popped = self.pending.pop(|place, chunk, row| Last {
                id: chunk.ids.get(row).copied().unwrap_or(0),
                time: instant,
                origin: Some(RowOrigin {
                    stream,
                    partition: place.partition,
                    offset: place.offset,
                }),
                values: chunk.columns.iter().map(|it| Some(it.as_ref()?.get(row))).collect(),
            });
            lasts.extend(popped);
        }
        for id in self.trigger.pop_due(instant) {
            let last = self.kept.get(id as usize).and_then(Option::as_deref);
            // Before the rows that came now.
            lasts.splice(0..0, last.cloned());
        }
        // The sort is stable, so the last of equal keys is the last that came.
        lasts.sort_by_key(|last| last.id);
        lasts.reverse();
        lasts.dedup_by_key(|last| last.id);
        lasts
    }

    fn judge(&mut self, instant: i64, lasts: &[Last], stage: &mut Stage) {
        let mut columns: Vec<Column> = self.fields.iter().map(|it| Column::new(&it.ty)).collect();
        for last in lasts {
            for (column, value) in columns.iter_mut().zip(&last.values) {
                if let Some(value) = value {
                    column.push(value);
                }
            }
        }
        let ids: Vec<u32> = lasts.iter().map(|last| last.id).collect();
        let key_columns = self.keys.columns(&self.intake.key, &ids);
        let scope = Scope {
            len: lasts.len(),
            fields: &columns,
            keys: &key_columns,
            constants: Some(self.emits.constants()),
            instants: Instants::Same(EventTime(instant)),
            ..Scope::default()
        };
        let judged = self.trigger.evaluate(&scope);
        let moment = Moment { from: instant, to: instant };
        for (row, last) in lasts.iter().enumerate() {
            let verdict = if self.trigger.is_silence() {
                let came = if last.time == instant { Presence::Some } else { Presence::None };
                self.trigger.judge_silence(last.id, instant, came)
            } else {
                self.trigger.judge(last.id, moment, &judged, row, Presence::Some)
            };
            let (kind, since) = match verdict {
                Verdict::Nothing => continue,
                Verdict::Fire { since } => (EmitKind::Fire, since),
                Verdict::Clear { since } => (EmitKind::Clear, since),
                Verdict::Failed(error) => {
                    self.emits.fail(self.firing(instant, last, instant), error, stage);
                    continue;
                }
            };
            let picked = |columns: &[Column]| -> Vec<Column> {
                let row = u32::try_from(row).unwrap_or(0);
                let pick = |it: &Column| if it.is_empty() { it.clone() } else { it.gather(&[row]) };
                columns.iter().map(pick).collect()
            };
            let (fields, keys) = (picked(&columns), picked(&key_columns));
            let scope = Scope { len: 1, fields: &fields, keys: &keys, ..scope };
            self.emits.emit(kind, &scope, &[self.firing(instant, last, since)], stage);
        }
        lasts.iter().for_each(|last| self.keep(last));
    }

    fn firing(&self, instant: i64, last: &Last, since: i64) -> Firing {
        Firing {
            time: EventTime(instant),
            order_time: EventTime(instant),
            key: self.keys.values(last.id),
            decided: match last.origin.filter(|_| last.time == instant) {
                Some(origin) => Decided::Record(origin),
                None => Decided::Expiry(EventTime(instant)),
            },
            since: EventTime(since),
            causes: Causes::of(last.origin.into_iter().collect()),
        }
    }

    /// Keeps a key's last row while it may be judged again without a new one.
    fn keep(&mut self, last: &Last) {
        let held = self.trigger.is_held(last.id);
        if held {
            self.kept.resize_with(self.kept.len().max(last.id as usize + 1), || None);
        }
        if let Some(place) = self.kept.get_mut(last.id as usize) {
            *place = held.then(|| Box::new(last.clone()));
        }
    }

    fn kept_types(&self) -> Vec<Option<Type>> {
        let kept = self.fields.iter().zip(&self.used);
        kept.map(|(field, used)| used.then(|| field.ty.clone())).collect()
    }
}

impl Operator for Edge {
    fn stream(&self) -> StreamId {
        self.stream
    }

    fn events(&mut self, arrival: &Arrival<'_>, stage: &mut Stage) {
        if let Some(expected) = &mut self.expected {
            let first = first_on_time(arrival, |time, watermark| time >= watermark);
            first.into_iter().for_each(|first| expected.begin(first));
        }
        let mut rows = std::mem::take(&mut self.rows);
        self.intake.select(arrival, &[self.rule], &mut rows, stage);
        drop_late(self.rule, arrival, &mut rows, stage);
        let inputs = self.intake.inputs(arrival, &[self.rule], &mut rows, stage);
        let mut chunk = Chunk::default();
        self.keys.intern(&inputs.key, &rows, &mut chunk.ids);
        for (column, used) in arrival.batch.columns.iter().zip(&self.used) {
            chunk.columns.push(used.then(|| column.gather(&rows)));
            chunk.masks.push(None);
        }
        self.pending.push(chunk, places(arrival, &rows));
        self.rows = rows;
    }

    fn begins(&mut self, time: i64) {
        self.expected.iter_mut().for_each(|expected| expected.begin(time));
    }

    fn advance(&mut self, advance: Advance, stage: &mut Stage) {
        while let Some(instant) =
            self.next_instant(advance).filter(|time| advance.to.has_decided(EventTime(*time)))
        {
            let lasts = self.take_instant(instant);
            self.judge(instant, &lasts, stage);
            if instant <= advance.last_fill_start.0 {
                self.hear_expected(instant);
            }
        }
        if self.keys.is_full() {
            self.keys.keep_only(self.pending.ids().chain(self.trigger.keys_with_state()));
        }
    }

    fn forget(&mut self, key: &[u8]) {
        let Some(id) = self.keys.intern_encoded(key) else { return };
        self.trigger.forget(id);
        self.kept.get_mut(id as usize).into_iter().for_each(|place| *place = None);
    }

    fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.pending.positions(see);
        let kept = self.kept.iter().flatten().filter_map(|last| last.origin);
        kept.for_each(|origin| see(origin.partition, origin.offset));
    }

    fn sizes(&self, see: &mut See<'_>) {
        let see = &mut |id, bytes| see(self.rule, KeptFor::Id(&self.keys, id), bytes);
        self.pending.sizes(&self.keys, see);
        self.trigger.sizes(&self.keys, see);
        let kept = self.kept.iter().flatten();
        kept.for_each(|last| see(last.id, self.keys.encoded_len(last.id) + held_bytes(&**last)));
    }

    fn save(&self) -> OperatorState {
        OperatorState::Edge(EdgeState {
            pending: self.pending.save(&self.keys),
            trigger: self.trigger.save(|id| self.keys.encoded(id)),
            kept: self
                .kept
                .iter()
                .flatten()
                .map(|last| (self.keys.encoded(last.id), (**last).clone()))
                .collect(),
            expected: self.expected.as_ref().map(Expected::save),
        })
    }

    fn load(&mut self, state: OperatorState) -> Option<()> {
        let OperatorState::Edge(state) = state else { return None };
        self.pending.load(state.pending, &self.kept_types(), &mut self.keys)?;
        if let (Some(expected), Some(saved)) = (&mut self.expected, state.expected) {
            expected.load(saved)?;
        }
        for (bytes, mut last) in state.kept {
            let id = self.keys.intern_encoded(&bytes)?;
            last.id = id;
            self.kept.resize_with(self.kept.len().max(id as usize + 1), || None);
            *self.kept.get_mut(id as usize)? = Some(Box::new(last));
        }
        self.trigger.load(state.trigger, &mut |bytes| self.keys.intern_encoded(bytes))
    }
}
