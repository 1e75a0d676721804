//! One place that is read, and the streams that are read from it.

use super::journal::Happening;
use crate::codec::{Decoder, Format};
use crate::connector::{BadRecord, Position, RecordBatch, Source};
use cep_core::plan::{Plan, StreamId};
use cep_core::value::EventBatch;
use std::collections::VecDeque;
use std::ops::Range;

/// A place to read and the streams that are read from it.
pub struct InputSpec {
    /// The place.
    pub source: Box<dyn Source>,
    /// Its URI, for messages.
    pub uri: String,
    /// What tells the place from every other, wherever the run is started from; the state is
    /// about places of the same identity only.
    pub identity: String,
    /// Its topic, as causes name it.
    pub topic: String,
    /// Whether it ends by itself.
    pub extent: Extent,
    /// The streams read from it, and how their records are written.
    pub readers: Vec<(StreamId, Format)>,
}

/// Whether a place ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// It does.
    Bounded,
    /// It goes on until the run is stopped.
    Unbounded,
}

/// A place while it is being read.
pub(super) struct Input {
    pub source: Box<dyn Source>,
    pub uri: String,
    pub identity: String,
    pub topic: String,
    pub streams: Vec<StreamId>,
    pub partitions: Vec<Partition>,
    readers: Vec<Reader>,
    /// The largest event time seen, so that the input that is furthest behind is read first.
    pub frontier: i64,
    /// Whether there was nothing at the last poll of this round.
    pub is_dry: bool,
    /// Records of a shared place that are events of none of its streams, and changes of no row.
    pub foreign_events: u64,
    bad: Vec<BadRecord>,
}

struct Reader {
    decoder: Decoder,
    batch: EventBatch,
}

/// One partition of a place.
#[derive(Debug, Default)]
pub(super) struct Partition {
    /// The offset of the next record to feed.
    pub next: u64,
    /// Up to where outputs were safe when the run began: emits before it are muted.
    pub committed: u64,
    /// Whether it has ended.
    pub has_ended: bool,
    /// Whether records beyond `committed` were passed over while others caught up.
    pub overshot: bool,
    /// Where an earlier run that was to flush had come to the end.
    pub flushed_at: u64,
    /// What is to be repeated of an earlier run, in the order of the offsets.
    pub journal: VecDeque<Repetition>,
}

/// What happened to a partition in an earlier run, to be repeated.
#[derive(Debug)]
pub(super) struct Repetition {
    pub stream: StreamId,
    /// Before which offset.
    pub before: u64,
    pub what: Happening,
    /// Whether the outputs that depend on it were safe when that run stopped. If not, it is
    /// repeated only when outputs are let through.
    pub is_safe: bool,
}

impl Input {
    pub fn new(plan: &Plan, spec: InputSpec) -> Self {
        let count = spec.source.partitions();
        let reader = |(stream, format): &(StreamId, Format)| {
            let batch = EventBatch::new(*stream, plan.stream(*stream)?);
            Some(Reader { decoder: Decoder::new(plan, *stream, format.clone()), batch })
        };
        Self {
            source: spec.source,
            uri: spec.uri,
            identity: spec.identity,
            topic: spec.topic,
            streams: spec.readers.iter().map(|(stream, _)| *stream).collect(),
            partitions: (0..count).map(|_| Partition::default()).collect(),
            readers: spec.readers.iter().filter_map(reader).collect(),
            frontier: i64::MIN,
            is_dry: false,
            foreign_events: 0,
            bad: Vec::new(),
        }
    }

    /// Decodes records of a batch for every stream; [`Self::batches`] and [`Self::bad`] have what
    /// came of it.
    pub fn decode(&mut self, records: &RecordBatch, range: Range<usize>) {
        let (mut events, records_count) = (0, range.len());
        let passed_before = self.passed();
        self.bad.clear();
        for reader in &mut self.readers {
            reader.batch.clear();
            reader.batch.partition = records.partition();
            reader.decoder.decode(records, range.clone(), &mut reader.batch, &mut self.bad);
            events += reader.batch.len();
            let latest = reader.batch.times.iter().max().copied();
            self.frontier = self.frontier.max(latest.unwrap_or(i64::MIN));
        }
        if self.readers.len() > 1 {
            // What is no event at all is bad for each of them, but is one bad record.
            self.bad.sort_by_key(|bad| bad.offset);
            self.bad.dedup_by_key(|bad| bad.offset);
        }
        let others = records_count.saturating_sub(events + self.bad.len());
        let passed = self.passed() - passed_before;
        self.foreign_events += (others as u64).saturating_sub(passed);
    }

    /// Records that only said that a row is gone.
    pub fn tombstones(&self) -> u64 {
        self.readers.iter().map(|reader| reader.decoder.counts().tombstones).sum()
    }

    /// Records that are no events and were not meant to be.
    fn passed(&self) -> u64 {
        let counts = self.readers.iter().map(|reader| reader.decoder.counts());
        counts.map(|counts| counts.tombstones + counts.heads).sum()
    }

    /// What the last decoding gave, stream by stream.
    pub fn batches(&self) -> impl Iterator<Item = &EventBatch> {
        self.readers.iter().map(|reader| &reader.batch).filter(|batch| !batch.is_empty())
    }

    /// The bad records of the last decoding.
    pub fn bad(&self) -> &[BadRecord] {
        &self.bad
    }

    pub fn partition(&mut self, partition: u32) -> Option<&mut Partition> {
        self.partitions.get_mut(partition as usize)
    }

    pub fn has_ended(&self) -> bool {
        self.partitions.iter().all(|partition| partition.has_ended)
    }

    /// Whether everything whose outputs were safe has been fed.
    pub fn has_caught_up(&self) -> bool {
        self.partitions.iter().all(|partition| partition.next >= partition.committed)
    }

    pub fn positions(&self) -> Vec<Position> {
        (0..)
            .zip(&self.partitions)
            .map(|(partition, state)| Position { partition, offset: state.next })
            .collect()
    }
}
