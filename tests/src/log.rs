//! The whole input of a run, as plain data.
//!
//! A [`Log`] holds what every partition of every stream contains: its records and journaled idle
//! advances in offset order, and how far time goes at the end. There is no order between
//! partitions in it, since no output may depend on one.

use cep_core::plan::StreamId;
use cep_core::time::{EventTime, Watermark};
use cep_core::value::Value;

/// Everything that every partition contains.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// Entries in offset order, by stream (as in the plan) and partition.
    pub streams: Vec<Vec<Vec<Entry>>>,
    /// How far time goes when all partitions have ended.
    pub end: End,
}

/// One thing a partition contains.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// An event.
    Record(Record),
    /// The partition was silent, and its watermark was lifted to this instant.
    Idle(EventTime),
}

/// An event as it stands in a partition.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Where it stands.
    pub offset: u64,
    /// Its event time.
    pub time: EventTime,
    /// One value a field of the stream.
    pub values: Vec<Value>,
}

/// How far time goes when the whole input has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// To the largest event time seen.
    AtLastEvent,
    /// To this instant, or to the largest event time seen if that is later.
    At(EventTime),
    /// To the end of time.
    Flush,
}

impl Log {
    /// A log without entries: `partitions[i]` partitions for stream `i`.
    #[must_use]
    pub fn empty(partitions: &[u32], end: End) -> Self {
        let streams = partitions.iter().map(|count| vec![Vec::new(); *count as usize]).collect();
        Self { streams, end }
    }

    /// The partitions of a stream.
    #[must_use]
    pub fn partitions(&self, stream: StreamId) -> &[Vec<Entry>] {
        self.streams.get(stream.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// How many partitions each stream has.
    #[must_use]
    pub fn partition_counts(&self) -> Vec<u32> {
        self.streams
            .iter()
            .map(|partitions| u32::try_from(partitions.len()).unwrap_or(u32::MAX))
            .collect()
    }

    /// The largest event time in any partition of any stream.
    #[must_use]
    pub fn last_event_time(&self) -> Option<EventTime> {
        self.streams.iter().flatten().flat_map(|entries| times(entries)).max()
    }
}

/// A partition's watermark after these of its entries, in a stream with this lateness (in
/// microseconds).
#[must_use]
pub fn watermark_after(entries: &[Entry], lateness: i64) -> Watermark {
    let reached = entries.iter().map(|entry| match entry {
        Entry::Record(record) => Watermark(record.time.0.saturating_sub(lateness)),
        Entry::Idle(to) => Watermark(to.0),
    });
    reached.max().unwrap_or(Watermark::BEFORE_ALL)
}

fn times(entries: &[Entry]) -> impl Iterator<Item = EventTime> + '_ {
    entries.iter().filter_map(|entry| match entry {
        Entry::Record(record) => Some(record.time),
        Entry::Idle(_) => None,
    })
}
