//! Events in the order of time, for a rule that would else take them as they come.
//!
//! What the rule's filter lets through waits until the watermark has decided its instant, and then
//! goes to the rule's own operator in the order (time, partition, offset). An event that its own
//! partition's watermark had passed is late.

use super::intake::Intake;
use super::keys::KeyTable;
use super::pending::{Chunk, Pending, PendingRow};
use super::sliding::{drop_late, places};
use super::{Advance, Arrival, Constants, Disorder, Operator, OperatorState, Stage};
use crate::plan::{FieldPlan, Plan, RuleId, RulePlan, StreamId};
use crate::time::EventTime;
use crate::value::{Column, EventBatch};

/// See the module.
#[derive(Debug)]
pub(crate) struct InOrder {
    stream: StreamId,
    rule: RuleId,
    fields: Vec<FieldPlan>,
    used: Vec<bool>,
    intake: Intake,
    /// Rows wait without their keys: those are the inner operator's.
    keys: KeyTable,
    pending: Pending,
    inner: Box<dyn Operator>,
    rows: Vec<u32>,
}

impl InOrder {
    /// `build` makes the operator of the rule without its filter.
    pub(crate) fn new(
        plan: &Plan,
        id: RuleId,
        rule: &RulePlan,
        build: impl FnOnce(&RulePlan) -> Box<dyn Operator>,
    ) -> Self {
        let unfiltered = RulePlan { filter: None, ..rule.clone() };
        Self {
            stream: rule.input,
            rule: id,
            fields: plan.stream(rule.input).map_or_else(Vec::new, |it| it.fields.clone()),
            used: plan.used_fields(rule.input),
            intake: Intake::new(rule, Constants::of(plan)),
            keys: KeyTable::new(&[], 0),
            pending: Pending::default(),
            inner: build(&unfiltered),
            rows: Vec::new(),
        }
    }

    /// An empty batch of a partition.
    fn batch(&self, partition: u32) -> EventBatch {
        EventBatch {
            stream: self.stream,
            partition,
            times: Vec::new(),
            offsets: Vec::new(),
            columns: self.fields.iter().map(|field| Column::new(&field.ty)).collect(),
        }
    }

    /// The next rows of one partition in a row whose instants are decided.
    fn next_batch(&mut self, advance: Advance) -> Option<EventBatch> {
        let mut batch: Option<EventBatch> = None;
        while let Some(place) = self.pending.next_place() {
            let goes_on = batch.as_ref().is_none_or(|it| it.partition == place.partition);
            if !advance.to.has_decided(EventTime(place.time)) || !goes_on {
                break;
            }
            let mut rows = batch.take().unwrap_or_else(|| self.batch(place.partition));
            self.pending.pop(|place, chunk, row| {
                rows.times.push(place.time);
                rows.offsets.push(place.offset);
                for (into, from) in rows.columns.iter_mut().zip(&chunk.columns) {
                    if let Some(from) = from {
                        into.push(&from.get(row));
                    }
                }
            });
            batch = Some(rows);
        }
        batch
    }
}

impl Operator for InOrder {
    fn stream(&self) -> StreamId {
        self.stream
    }

    fn events(&mut self, arrival: &Arrival<'_>, stage: &mut Stage) {
        let mut rows = std::mem::take(&mut self.rows);
        self.intake.select(arrival, &[self.rule], &mut rows, stage);
        drop_late(self.rule, arrival, &mut rows, stage);
        let mut chunk = Chunk::default();
        chunk.ids.resize(rows.len(), 0);
        for (column, used) in arrival.batch.columns.iter().zip(&self.used) {
            chunk.columns.push(used.then(|| column.gather(&rows)));
            chunk.masks.push(None);
        }
        self.pending.push(chunk, places(arrival, &rows));
        self.rows = rows;
    }

    fn advance(&mut self, advance: Advance, stage: &mut Stage) {
        while let Some(batch) = self.next_batch(advance) {
            let watermarks = vec![i64::MIN; batch.times.len()];
            let arrival =
                Arrival { batch: &batch, watermarks: &watermarks, disorder: Disorder::None };
            self.inner.events(&arrival, stage);
        }
        self.inner.advance(advance, stage);
    }

    fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.pending.positions(see);
        self.inner.positions(see);
    }

    fn save(&self) -> OperatorState {
        let pending: Vec<PendingRow> = self.pending.save(&self.keys);
        OperatorState::InOrder(Box::new(self.inner.save()), pending)
    }

    fn load(&mut self, state: OperatorState) -> Option<()> {
        let OperatorState::InOrder(inner, pending) = state else { return None };
        let kept = self.fields.iter().zip(&self.used);
        let types: Vec<_> = kept.map(|(field, used)| used.then(|| field.ty.clone())).collect();
        self.pending.load(pending, &types, &mut self.keys)?;
        self.inner.load(*inner)
    }
}
