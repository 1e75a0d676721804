//! Events of a stream that wait until the watermark has decided their instants.

use super::super::keys::KeyTable;
use super::super::pending::{Chunk, Pending, PendingRow};
use super::super::sliding::{drop_late, places};
use super::super::{KeptFor, See};
use super::{Arrival, Stage};
use crate::plan::{FieldPlan, Plan, RuleId, StreamId};
use crate::time::{EventTime, Span, Watermark};
use crate::value::{Column, EventBatch};
use serde::{Deserialize, Serialize};

/// They are given out in the order (time, partition, offset).
#[derive(Debug)]
pub(crate) struct Waiting {
    stream: StreamId,
    fields: Vec<FieldPlan>,
    used: Vec<bool>,
    /// Rows wait without keys.
    keys: KeyTable,
    pending: Pending,
}

/// What a checkpoint holds of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct WaitingState(Vec<PendingRow>);

impl Waiting {
    pub(crate) fn new(plan: &Plan, stream: StreamId) -> Self {
        Self {
            stream,
            fields: plan.stream(stream).map_or_else(Vec::new, |it| it.fields.clone()),
            used: plan.used_fields(stream),
            keys: KeyTable::new(&[], 0),
            pending: Pending::default(),
        }
    }

    /// The stream of the events.
    pub(crate) fn stream(&self) -> StreamId {
        self.stream
    }

    /// Takes in some rows of a batch; those that are behind their partition's watermark are late for the
    /// rule.
    pub(crate) fn push(
        &mut self,
        rule: RuleId,
        arrival: &Arrival<'_>,
        rows: &mut Vec<u32>,
        stage: &mut Stage,
    ) {
        drop_late(rule, arrival, rows, stage);
        let mut chunk = Chunk::default();
        chunk.ids.resize(rows.len(), 0);
        for (column, used) in arrival.batch.columns.iter().zip(&self.used) {
            chunk.columns.push(used.then(|| column.gather(rows)));
            chunk.masks.push(None);
        }
        self.pending.push(chunk, places(arrival, rows));
    }

    /// The time of the next row.
    pub(crate) fn next_time(&self) -> Option<i64> {
        self.pending.next_time()
    }

    /// The next rows of one partition in a row whose instants are decided, all of them before `before`
    /// and within `within` of the first.
    pub(crate) fn next_batch(
        &mut self,
        to: Watermark,
        before: Option<i64>,
        within: Option<Span>,
    ) -> Option<EventBatch> {
        let mut before = before.unwrap_or(i64::MAX);
        let mut batch: Option<EventBatch> = None;
        while let Some(place) = self.pending.next_place() {
            let goes_on = batch.as_ref().is_none_or(|it| it.partition == place.partition);
            let decided = to.has_decided(EventTime(place.time));
            if !decided || !goes_on || place.time >= before {
                break;
            }
            if batch.is_none()
                && let Some(span) = within
            {
                before = before.min(place.time.saturating_add(span.0));
            }
            let mut rows = batch.take().unwrap_or_else(|| self.empty_batch(place.partition));
            self.pending.pop(|place, chunk, row| {
                rows.times.push(place.time);
                rows.offsets.push(place.offset);
                for (into, from) in rows.columns.iter_mut().zip(&chunk.columns) {
                    if let Some(from) = from {
                        into.push_from(from, row);
                    }
                }
            });
            batch = Some(rows);
        }
        batch
    }

    fn empty_batch(&self, partition: u32) -> EventBatch {
        EventBatch {
            stream: self.stream,
            partition,
            times: Vec::new(),
            offsets: Vec::new(),
            columns: self.fields.iter().map(|field| Column::new(&field.ty)).collect(),
        }
    }

    /// The partitions and offsets of the rows that wait.
    pub(crate) fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.pending.positions(see);
    }

    /// How many bytes the rows that wait hold.
    pub(crate) fn sizes(&self, rule: RuleId, see: &mut See<'_>) {
        self.pending.sizes(&self.keys, &mut |_, bytes| see(rule, KeptFor::Waiting, bytes));
    }

    pub(crate) fn save(&self) -> WaitingState {
        WaitingState(self.pending.save(&self.keys))
    }

    /// Takes over what `save` gave.
    pub(crate) fn load(&mut self, state: WaitingState) -> Option<()> {
        let kept = self.fields.iter().zip(&self.used);
        let types: Vec<_> = kept.map(|(field, used)| used.then(|| field.ty.clone())).collect();
        self.pending.load(state.0, &types, &mut self.keys)
    }
}
