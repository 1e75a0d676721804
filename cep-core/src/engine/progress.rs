//! How far each partition of a stream has come.

use crate::operator::Disorder;
use crate::time::{EventTime, Span, Watermark};
use crate::value::EventBatch;
use serde::{Deserialize, Serialize};

/// The partitions of a stream.
#[derive(Debug)]
pub(super) struct StreamProgress {
    lateness: Span,
    partitions: Vec<PartitionProgress>,
}

/// One partition.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct PartitionProgress {
    next_offset: u64,
    largest_time: Option<i64>,
    watermark: Watermark,
    ended: bool,
}

impl PartitionProgress {
    const BEGINNING: Self =
        Self { next_offset: 0, largest_time: None, watermark: Watermark::BEFORE_ALL, ended: false };
}

impl StreamProgress {
    pub(super) fn new(partitions: u32, lateness: Span) -> Self {
        let partitions = vec![PartitionProgress::BEGINNING; partitions as usize];
        Self { lateness, partitions }
    }

    fn partition(&mut self, partition: u32) -> Option<&mut PartitionProgress> {
        let index = partition as usize;
        if index >= self.partitions.len() {
            self.partitions.resize(index + 1, PartitionProgress::BEGINNING);
        }
        self.partitions.get_mut(index)
    }

    /// Takes a batch's times and offsets in, and fills `watermarks` with what the partition's
    /// watermark was before each event.
    pub(super) fn observe(&mut self, batch: &EventBatch, watermarks: &mut Vec<i64>) -> Disorder {
        let lateness = self.lateness;
        let Some(progress) = self.partition(batch.partition) else { return Disorder::None };
        let mut watermark = progress.watermark.0;
        let mut disorder = Disorder::None;
        for time in &batch.times {
            watermarks.push(watermark);
            if *time < watermark {
                disorder = Disorder::Some;
            }
            // INVARIANT (a watermark never falls).
            watermark = watermark.max(time.saturating_sub(lateness.0));
        }
        progress.watermark = Watermark(watermark);
        progress.largest_time = progress.largest_time.max(batch.times.iter().copied().max());
        if let Some(last) = batch.offsets.last() {
            progress.next_offset = progress.next_offset.max(last.saturating_add(1));
        }
        disorder
    }

    /// Lifts a partition, which is open again if it had ended.
    pub(super) fn lift(&mut self, partition: u32, to: EventTime) {
        if let Some(progress) = self.partition(partition) {
            progress.ended = false;
            progress.watermark = progress.watermark.max(Watermark(to.0));
        }
    }

    pub(super) fn lift_all(&mut self, to: EventTime) {
        for progress in &mut self.partitions {
            progress.watermark = progress.watermark.max(Watermark(to.0));
        }
    }

    pub(super) fn end(&mut self, partition: u32) {
        if let Some(progress) = self.partition(partition) {
            progress.ended = true;
        }
    }

    pub(super) fn partition_has_ended(&self, partition: u32) -> bool {
        self.partitions.get(partition as usize).is_some_and(|it| it.ended)
    }

    /// Whether nothing more comes from any partition.
    pub(super) fn has_ended(&self) -> bool {
        self.partitions.iter().all(|it| it.ended)
    }

    /// The smallest watermark of the partitions that have not ended. When all have, the largest
    /// of all: nothing more comes, and the end of the whole input says how far time goes.
    pub(super) fn watermark(&self) -> Watermark {
        let open = self.partitions.iter().filter(|it| !it.ended).map(|it| it.watermark).min();
        let all = || self.partitions.iter().map(|it| it.watermark).max();
        open.or_else(all).unwrap_or(Watermark::BEFORE_ALL)
    }

    pub(super) fn partition_watermark(&self, partition: u32) -> Watermark {
        self.partitions.get(partition as usize).map_or(Watermark::BEFORE_ALL, |it| it.watermark)
    }

    /// The furthest that any partition has come: its largest event time, or what an idle advance
    /// lifted it to.
    pub(super) fn reached(&self) -> Watermark {
        let of = |it: &PartitionProgress| it.watermark.0.max(it.largest_time.unwrap_or(i64::MIN));
        self.partitions.iter().map(of).max().map_or(Watermark::BEFORE_ALL, Watermark)
    }

    pub(super) fn positions(&self) -> Vec<u64> {
        self.partitions.iter().map(|it| it.next_offset).collect()
    }

    pub(super) fn save(&self) -> Vec<PartitionProgress> {
        self.partitions.clone()
    }

    /// Takes over what `save` gave. Partitions that were added to the topic since are at their
    /// beginning.
    pub(super) fn load(&mut self, saved: Vec<PartitionProgress>) {
        let known = self.partitions.len().max(saved.len());
        self.partitions = saved;
        self.partitions.resize(known, PartitionProgress::BEGINNING);
    }
}
