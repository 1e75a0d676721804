//! Judging windows, many at once, and following the verdicts in order.

use super::super::firing::{Decided, EmitLines, Firing};
use super::super::previous::{Asked, Found, Results, push};
use super::super::trigger::{Moment, Presence, Steps, Verdict};
use super::super::{Errors, Instants, Scope, Stage};
use super::content::Content;
use super::{Ordered, Pace};
use crate::engine::Causes;
use crate::plan::{AggregateCall, EmitKind};
use crate::time::EventTime;
use crate::value::{Column, ColumnData};

/// Windows as they were when they were to be judged, with what their aggregates were then.
pub(super) struct Judgements {
    of: Vec<Judgement>,
    results: Results,
}

/// One window of one key.
pub(super) struct Judgement {
    pub(super) id: u32,
    /// The time of its emits.
    pub(super) time: i64,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) index: u64,
    pub(super) decided: Decided,
    pub(super) causes: Causes,
}

/// The bounds and numbers of windows, as columns.
struct Bounds {
    starts: Column,
    ends: Column,
    indices: Column,
}

impl Judgements {
    pub(super) fn new(calls: &[AggregateCall], asked: &Asked) -> Self {
        let columns = calls.iter().map(|call| (Column::new(&call.ty), Errors::default()));
        let aggregates = columns.collect();
        Self { of: Vec::new(), results: Results { aggregates, previous: asked.columns() } }
    }

    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    pub(super) fn add(
        &mut self,
        judgement: Judgement,
        content: &Content,
        previous: Vec<Option<Found>>,
    ) {
        let results = content.results().into_iter().map(Some);
        let Results { aggregates, previous: before } = &mut self.results;
        aggregates.iter_mut().zip(results).for_each(|(it, found)| push(it, found));
        before.iter_mut().zip(previous).for_each(|(it, found)| push(it, found));
        self.of.push(judgement);
    }

    fn chosen<'a>(&'a self, rows: &'a [u32]) -> impl Iterator<Item = &'a Judgement> {
        rows.iter().filter_map(|row| self.of.get(*row as usize))
    }

    fn bounds(&self, rows: &[u32]) -> Bounds {
        let instants = |of: fn(&Judgement) -> i64| {
            Column::dense(ColumnData::Timestamp(self.chosen(rows).map(of).collect()))
        };
        let index = |it: &Judgement| i64::try_from(it.index).unwrap_or(i64::MAX);
        Bounds {
            starts: instants(|it| it.start),
            ends: instants(|it| it.end),
            indices: Column::dense(ColumnData::Int(self.chosen(rows).map(index).collect())),
        }
    }

    fn clear(&mut self) {
        self.of.clear();
        let Results { aggregates, previous } = &mut self.results;
        for (column, errors) in aggregates.iter_mut().chain(previous) {
            column.truncate(0);
            *errors = Errors::default();
        }
    }
}

impl Ordered {
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
        for judgement in &judgements.of {
            if let Some(place) = self.windows.get_mut(judgement.id as usize)
                && place.as_ref().is_some_and(|window| window.is_idle())
            {
                *place = None;
            }
        }
        judgements.clear();
    }

    fn verdicts(&mut self, judgements: &Judgements, stage: &mut Stage) -> (Steps, Steps) {
        let rows: Vec<u32> = (0..u32::try_from(judgements.len()).unwrap_or(u32::MAX)).collect();
        if self.trigger.is_always() {
            let since = judgements.of.iter().map(|it| it.time).collect();
            return (Steps { rows, since }, Steps::default());
        }
        let keyed = self.trigger.reads_keys().then(|| self.key_columns(&rows, judgements));
        let key_columns = keyed.unwrap_or_default();
        let bounds = judgements.bounds(&rows);
        let times: Vec<i64> = judgements.of.iter().map(|it| it.time).collect();
        let instants = Instants::Each(&times);
        let scope = scope_of(&self.emits, &key_columns, &judgements.results, &bounds, rows.len());
        let scope = Scope { instants, ..scope };
        let judged = self.trigger.evaluate(&scope);
        let (mut fired, mut cleared) = (Steps::default(), Steps::default());
        for (row, judgement) in rows.iter().zip(&judgements.of) {
            let moment = match self.pace {
                Pace::Windows => Moment { from: judgement.start, to: judgement.end },
                _ => Moment { from: judgement.time, to: judgement.time },
            };
            let place = *row as usize;
            match self.trigger.judge(judgement.id, moment, &judged, place, Presence::Some) {
                Verdict::Nothing => {}
                Verdict::Fire { since } => fired.push(*row, since),
                Verdict::Clear { since } => cleared.push(*row, since),
                Verdict::Failed(error) => {
                    let firing = self.firing(judgement, judgement.time);
                    self.emits.fail(firing, error, stage);
                }
            }
        }
        (fired, cleared)
    }

    fn emit(&self, kind: EmitKind, steps: &Steps, judgements: &Judgements, stage: &mut Stage) {
        let rows = steps.rows.as_slice();
        let key_columns = self.key_columns(rows, judgements);
        let bounds = judgements.bounds(rows);
        let picked = judgements.results.pick(rows);
        let scope = scope_of(&self.emits, &key_columns, &picked, &bounds, rows.len());
        let firings: Vec<Firing> = (judgements.chosen(rows).zip(&steps.since))
            .map(|(judgement, since)| self.firing(judgement, *since))
            .collect();
        self.emits.emit(kind, &scope, &firings, stage);
    }

    fn key_columns(&self, rows: &[u32], judgements: &Judgements) -> Vec<Column> {
        let ids: Vec<u32> = judgements.chosen(rows).map(|judgement| judgement.id).collect();
        self.keys.columns(&self.intake.key, &ids)
    }

    fn firing(&self, judgement: &Judgement, since: i64) -> Firing {
        let time = EventTime(judgement.time);
        Firing {
            time,
            order_time: time,
            key: self.keys.values(judgement.id),
            decided: judgement.decided,
            since: EventTime(since),
            causes: judgement.causes.clone(),
        }
    }
}

/// What the expressions of a rule read from judgements.
fn scope_of<'a>(
    emits: &'a EmitLines,
    keys: &'a [Column],
    results: &'a Results,
    bounds: &'a Bounds,
    len: usize,
) -> Scope<'a> {
    Scope {
        len,
        keys,
        aggregates: &results.aggregates,
        previous: &results.previous,
        starts: Some(&bounds.starts),
        ends: Some(&bounds.ends),
        indices: Some(&bounds.indices),
        constants: Some(emits.constants()),
        ..Scope::default()
    }
}
