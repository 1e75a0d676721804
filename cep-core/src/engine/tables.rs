//! Tables of streams, and of what rules emit: the latest events by their keys, kept for the rules that
//! look them up.
//!
//! Such a rule goes on in time only as the table's stream does, too: then all rows that it may find
//! have come.

use super::Engine;
use crate::operator::Operator;
use crate::plan::{LiveRow, LiveRows, Plan, StreamId, StreamPlan};
use crate::time::{EventTime, Watermark};
use crate::value::{EventBatch, Value};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The rows of a table as they stand in a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LiveState(Vec<(Vec<Value>, Vec<LiveRow>)>);

/// The plan with rows of its own in the tables of streams, which no other engine shares.
pub(super) fn with_own_rows(plan: Arc<Plan>) -> Arc<Plan> {
    if plan.tables.iter().all(|table| table.of.is_none()) {
        return plan;
    }
    let mut own = Plan::clone(&plan);
    own.tables.iter_mut().for_each(|table| table.live = LiveRows::default());
    Arc::new(own)
}

/// For each stream the places of the operators that go on in time with it: those that read it, and
/// those that look up a table of it.
pub(super) fn followers(plan: &Plan, operators: &[Box<dyn Operator>]) -> Vec<Vec<usize>> {
    let mut followers = vec![Vec::new(); plan.streams.len() + plan.inner.len()];
    for (place, operator) in operators.iter().enumerate() {
        let waits = operator.waits_for().iter().copied().filter(|it| *it != operator.stream());
        for stream in std::iter::once(operator.stream()).chain(waits) {
            followers.get_mut(stream.0 as usize).into_iter().for_each(|of| of.push(place));
        }
    }
    followers
}

impl Engine {
    /// Takes events into the tables of their stream; `watermarks` are their partition's just before
    /// each, of a derived event that takes effect after its time the instant at which it does.
    pub(super) fn take_rows(&self, batch: &EventBatch, watermarks: &[i64]) {
        for table in self.plan.tables.iter().filter(|table| table.of == Some(batch.stream)) {
            let floor = self.looked_up_from(batch.stream);
            let deletion = self.plan.stream(batch.stream).and_then(StreamPlan::deletion);
            let deletions = deletion.and_then(|at| batch.columns.get(at));
            for (row, (time, offset)) in batch.times.iter().zip(&batch.offsets).enumerate() {
                let watermark = watermarks.get(row).copied().unwrap_or(i64::MIN);
                let values = batch.columns.iter().zip(&table.fields).map(|(column, field)| {
                    let value = if column.is_empty() { Value::Null } else { column.get(row) };
                    (Arc::from(field.name.as_str()), value)
                });
                let record = Value::Record(values.collect());
                let key = table.key.iter().map(|part| record.member(*part as usize)).collect();
                let effect = EventTime((*time).max(watermark));
                // Of rows the one that is written last holds; of events that with the latest time.
                let since = if deletions.is_some() { effect } else { EventTime(*time) };
                let is_deletion = deletions.is_some_and(|it| it.get(row) == Value::Bool(true));
                let live = LiveRow {
                    effect,
                    place: (since, batch.partition, *offset),
                    record: if is_deletion { Value::Null } else { record },
                };
                table.live.put(key, live, floor);
            }
        }
    }

    /// Before this instant no table of a stream is looked up any more.
    fn looked_up_from(&self, stream: StreamId) -> EventTime {
        let of = self.followers.get(stream.0 as usize).into_iter().flatten();
        let advanced = of.filter_map(|place| {
            let waits = self.operators.get(*place)?.waits_for().contains(&stream);
            self.advanced.get(*place).copied().filter(|_| waits)
        });
        EventTime(advanced.min().unwrap_or(Watermark::BEFORE_ALL).0)
    }

    /// How far time goes for an operator, where its own stream has come to `to`.
    pub(super) fn advance_of(&self, place: usize, to: Watermark) -> Watermark {
        let Some(operator) = self.operators.get(place) else { return to };
        let waits = operator.waits_for();
        if waits.is_empty() {
            return to;
        }
        let streams = waits.iter().copied().chain([operator.stream()]);
        streams.map(|stream| self.watermark(stream)).min().unwrap_or(to)
    }

    /// The rows of the tables of streams as plain data.
    pub(super) fn save_tables(&self) -> Vec<LiveState> {
        self.plan.tables.iter().map(|table| LiveState(table.live.save())).collect()
    }

    /// Takes over what `save_tables` gave.
    pub(super) fn load_tables(&self, states: Vec<LiveState>) {
        for (table, state) in self.plan.tables.iter().zip(states) {
            table.live.load(state.0);
        }
    }
}
