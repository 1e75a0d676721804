//! Judging keys at instants, many at once, and following the verdicts in order.

use super::super::firing::{Decided, Firing};
use super::super::trigger::{Moment, Presence, Steps, Verdict};
use super::super::{Errors, Instants, Scope, Stage};
use super::Sliding;
use super::window::KeyWindow;
use crate::plan::{AggregateCall, EmitKind};
use crate::time::EventTime;
use crate::value::{Column, ColumnData, RowOrigin};
use std::ops::Range;

/// Keys at instants, with what their aggregates were then.
pub(super) struct Judgements {
    of: Vec<Judgement>,
    aggregates: Vec<(Column, Errors)>,
}

struct Judgement {
    id: u32,
    instant: i64,
    /// Partition and offset of the last event that came at the instant, if one came.
    arrival: Option<(u32, u64)>,
    /// The events in the window.
    events: Range<u64>,
}

impl Judgements {
    pub(super) fn new(calls: &[AggregateCall]) -> Self {
        let columns = calls.iter().map(|call| (Column::new(&call.ty), Errors::default()));
        Self { of: Vec::new(), aggregates: columns.collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    pub(super) fn add(
        &mut self,
        id: u32,
        instant: i64,
        arrival: Option<(u32, u64)>,
        window: &KeyWindow,
    ) {
        let row = self.of.len();
        for ((column, errors), aggregate) in self.aggregates.iter_mut().zip(&window.aggregates) {
            match aggregate.current() {
                Ok(value) => column.push(&value),
                Err(error) => {
                    column.push_null();
                    errors.push(row, error);
                }
            }
        }
        self.of.push(Judgement { id, instant, arrival, events: window.range() });
    }

    fn chosen<'a>(&'a self, rows: &'a [u32]) -> impl Iterator<Item = &'a Judgement> {
        rows.iter().filter_map(|row| self.of.get(*row as usize))
    }

    fn clear(&mut self) {
        self.of.clear();
        for (column, errors) in &mut self.aggregates {
            column.truncate(0);
            *errors = Errors::default();
        }
    }
}

impl Sliding {
    /// Follows all judgements, emits what they decide, and forgets them.
    pub(super) fn follow(&mut self, judgements: &mut Judgements, stage: &mut Stage) {
        if judgements.len() == 0 {
            return;
        }
        let (fired, cleared) = self.verdicts(judgements, stage);
        for (kind, steps) in [(EmitKind::Fire, fired), (EmitKind::Clear, cleared)] {
            if !steps.rows.is_empty() && self.emits.has(kind) {
                self.emit(kind, &steps, judgements, stage);
            }
        }
        let mut ids: Vec<u32> = judgements.of.iter().map(|judgement| judgement.id).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            if let Some(window) = self.windows.get_mut(id as usize).and_then(Option::as_mut) {
                window.settle();
            }
            self.forget(id);
        }
        judgements.clear();
    }

    fn verdicts(&mut self, judgements: &Judgements, stage: &mut Stage) -> (Steps, Steps) {
        let all = 0..u32::try_from(judgements.len()).unwrap_or(u32::MAX);
        if self.trigger.is_always() {
            let mut fired = Steps::default();
            for (row, judgement) in all.zip(&judgements.of).filter(|(_, it)| it.arrival.is_some()) {
                fired.push(row, judgement.instant);
            }
            return (fired, Steps::default());
        }
        let rows: Vec<u32> = all.collect();
        let keyed = self.trigger.reads_keys().then(|| self.key_columns(&rows, judgements));
        let key_columns = keyed.unwrap_or_default();
        let (starts, ends) = self.bounds(&rows, judgements);
        let instants: Vec<i64> = judgements.of.iter().map(|it| it.instant).collect();
        let scope = Scope {
            len: rows.len(),
            keys: &key_columns,
            aggregates: &judgements.aggregates,
            starts: Some(&starts),
            ends: Some(&ends),
            constants: Some(self.emits.constants()),
            instants: Instants::Each(&instants),
            ..Scope::default()
        };
        let judged = self.trigger.evaluate(&scope);
        let (mut fired, mut cleared) = (Steps::default(), Steps::default());
        for (row, judgement) in rows.iter().zip(&judgements.of) {
            // INVARIANT (an empty sliding window makes the condition false).
            let empty = judgement.events.is_empty();
            let presence = if empty { Presence::None } else { Presence::Some };
            let moment = Moment { from: judgement.instant, to: judgement.instant };
            match self.trigger.judge(judgement.id, moment, &judged, *row as usize, presence) {
                Verdict::Nothing => {}
                Verdict::Fire { since } => fired.push(*row, since),
                Verdict::Clear { since } => cleared.push(*row, since),
                Verdict::Failed(error) => {
                    let firing = self.firing(judgement, judgement.instant);
                    self.emits.fail(firing, error, stage);
                }
            }
        }
        (fired, cleared)
    }

    fn emit(&self, kind: EmitKind, steps: &Steps, judgements: &Judgements, stage: &mut Stage) {
        let rows = steps.rows.as_slice();
        let key_columns = self.key_columns(rows, judgements);
        let (starts, ends) = self.bounds(rows, judgements);
        let picked: Vec<(Column, Errors)> = judgements
            .aggregates
            .iter()
            .map(|(column, errors)| (column.gather(rows), errors.pick(rows)))
            .collect();
        let scope = Scope {
            len: rows.len(),
            keys: &key_columns,
            aggregates: &picked,
            starts: Some(&starts),
            ends: Some(&ends),
            constants: Some(self.emits.constants()),
            ..Scope::default()
        };
        let firings: Vec<Firing> = (judgements.chosen(rows).zip(&steps.since))
            .map(|(judgement, since)| self.firing(judgement, *since))
            .collect();
        self.emits.emit(kind, &scope, &firings, stage);
    }

    fn key_columns(&self, rows: &[u32], judgements: &Judgements) -> Vec<Column> {
        let ids: Vec<u32> = judgements.chosen(rows).map(|judgement| judgement.id).collect();
        self.keys.columns(&self.intake.key, &ids)
    }

    /// The starts and the ends of the windows of some judgements.
    fn bounds(&self, rows: &[u32], judgements: &Judgements) -> (Column, Column) {
        let ends: Vec<i64> = judgements.chosen(rows).map(|judgement| judgement.instant).collect();
        let starts = ends.iter().map(|end| end.saturating_sub(self.size)).collect();
        let column = |instants| Column::dense(ColumnData::Timestamp(instants));
        (column(starts), column(ends))
    }

    fn firing(&self, judgement: &Judgement, since: i64) -> Firing {
        let time = EventTime(judgement.instant);
        let window = self.windows.get(judgement.id as usize).and_then(Option::as_ref);
        Firing {
            time,
            order_time: time,
            key: self.keys.values(judgement.id),
            decided: match judgement.arrival {
                Some((partition, offset)) => {
                    Decided::Record(RowOrigin { stream: self.stream, partition, offset })
                }
                None => Decided::Expiry(time),
            },
            since: EventTime(since),
            causes: window.map_or_else(
                || crate::engine::Causes::of(Vec::new()),
                |window| window.causes(&judgement.events, self.stream),
            ),
        }
    }
}
