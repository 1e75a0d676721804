//! A micro-batch: the events that one partition of one stream gave at once.

use super::Column;
use crate::aggregate::Place;
use crate::plan::StreamId;
use crate::plan::StreamPlan;
use serde::{Deserialize, Serialize};

/// Where an event stands in the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowOrigin {
    /// The stream.
    pub stream: StreamId,
    /// The partition of the stream's topic.
    pub partition: u32,
    /// The offset in the partition.
    pub offset: u64,
}

/// Events of one partition, in offset order, as columns.
///
/// `columns[i]` belongs to field `i` of the stream's plan. A field that no rule reads has an
/// empty column. All other columns, `times` and `offsets` have the same length.
#[derive(Clone, Debug)]
pub struct EventBatch {
    /// The stream the events belong to.
    pub stream: StreamId,
    /// The partition they came from.
    pub partition: u32,
    /// Event times, in microseconds since the epoch.
    pub times: Vec<i64>,
    /// Offsets, strictly rising; gaps are allowed.
    pub offsets: Vec<u64>,
    /// One column a field of the stream.
    pub columns: Vec<Column>,
}

impl EventBatch {
    /// An empty batch shaped for a stream.
    #[must_use]
    pub fn new(stream: StreamId, plan: &StreamPlan) -> Self {
        Self {
            stream,
            partition: 0,
            times: Vec::new(),
            offsets: Vec::new(),
            columns: plan.fields.iter().map(|field| Column::new(&field.ty)).collect(),
        }
    }

    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Removes all events, keeping the memory for the next ones.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Removes all events beyond the first `len`, also half-written ones.
    pub fn truncate(&mut self, len: usize) {
        self.times.truncate(len);
        self.offsets.truncate(len);
        for column in &mut self.columns {
            column.truncate(len);
        }
    }

    /// Where a row stands in the order of events.
    #[must_use]
    pub fn place(&self, row: usize) -> Place {
        Place {
            time: self.times.get(row).copied().unwrap_or(0),
            partition: self.partition,
            offset: self.offsets.get(row).copied().unwrap_or(0),
        }
    }

    /// Where a row stands in the logs.
    #[must_use]
    pub fn origin(&self, row: usize) -> RowOrigin {
        RowOrigin {
            stream: self.stream,
            partition: self.partition,
            offset: self.offsets.get(row).copied().unwrap_or(0),
        }
    }
}
