//! Records to the engine, and what it gives to the sinks.

use super::{Driver, DriverError, MAX_ROWS, OnBadRecord};
use crate::connector::{BadRecord, RecordBatch};
use cep_core::engine::Input as Fed;
use cep_core::plan::StreamId;

impl Driver {
    /// Feeds the records of a poll, in slices that end where the journal has an advance and,
    /// while catching up, where live begins.
    pub(super) fn take_records(&mut self, index: usize) -> Result<(), DriverError> {
        let records = std::mem::take(&mut self.records);
        let number = records.partition();
        let is_live = self.is_live;
        self.refuse_after_flush(index, &records)?;
        if is_live {
            self.leave_end()?;
        }
        let Some(input) = self.inputs.get_mut(index) else { return Ok(()) };
        let streams = input.streams.clone();
        let Some(partition) = input.partition(number) else { return Ok(()) };
        // INVARIANT (nobody runs ahead): while catching up no partition is fed beyond what was
        // committed; go_live_when_caught_up comes back for what is passed over here.
        let limit = if is_live { u64::MAX } else { partition.committed };
        partition.overshot |= records.next_offset() > limit;
        let end = if is_live { records.len() } else { records.index_at(limit) };
        for time in self.times.iter_mut().filter(|time| streams.contains(&time.stream)) {
            time.heard(number);
        }
        let mut start = 0;
        while start < end {
            start = self.take_slice(index, &records, start, end)?;
        }
        if is_live {
            for bad in records.unreadable() {
                self.bad_record(index, bad)?;
            }
        }
        if let Some(partition) = self.partition(index, number) {
            partition.next = partition.next.max(records.next_offset().min(limit));
        }
        self.repeat_journal(index, number);
        self.deliver(&streams, &records)?;
        self.mark_dirty();
        self.records = records;
        Ok(())
    }

    /// Feeds records from `start` on and says where it stopped, at `end` or before.
    pub(super) fn take_slice(
        &mut self,
        index: usize,
        records: &RecordBatch,
        start: usize,
        end: usize,
    ) -> Result<usize, DriverError> {
        let number = records.partition();
        let first = records.get(start).map_or(0, |record| record.offset);
        if let Some(partition) = self.partition(index, number) {
            partition.next = partition.next.max(first);
        }
        self.repeat_journal(index, number);
        if self.is_live {
            self.reopen(index, number)?;
        }
        let Some(input) = self.inputs.get_mut(index) else { return Ok(end) };
        let advance = input.partition(number).and_then(|p| p.journal.front());
        let to_advance = advance.map_or(end, |it| records.index_at(it.before));
        let end = end.min(start + MAX_ROWS).min(to_advance.max(start + 1));
        input.decode(records, start..end);
        for batch in input.batches() {
            for time in self.times.iter_mut().filter(|time| time.stream == batch.stream) {
                time.saw(number, &batch.times);
            }
            self.engine.step(Fed::Events(batch), &mut self.outbox);
            self.events += if self.is_live { batch.len() as u64 } else { 0 };
        }
        let streams = input.streams.clone();
        if self.is_live {
            for bad in input.bad().to_vec() {
                self.bad_record(index, &bad)?;
            }
        }
        self.deliver(&streams, records)?;
        Ok(end)
    }

    /// What a flush has closed cannot be gone on with.
    fn refuse_after_flush(&self, index: usize, records: &RecordBatch) -> Result<(), DriverError> {
        let Some(input) = self.inputs.get(index).filter(|_| self.was_flushed) else {
            return Ok(());
        };
        let partition = input.partitions.get(records.partition() as usize);
        let flushed = partition.map_or(0, |partition| partition.flushed_at);
        match records.get(records.index_at(flushed)) {
            Some(record) => Err(DriverError::AfterFlush {
                uri: input.uri.clone(),
                partition: records.partition(),
                offset: record.offset,
            }),
            None => Ok(()),
        }
    }

    /// Hands over what a step gave, or forgets it where an earlier run did so already.
    pub(super) fn deliver(
        &mut self,
        streams: &[StreamId],
        records: &RecordBatch,
    ) -> Result<(), DriverError> {
        if self.is_live {
            self.output.take(&self.outbox, streams, records)?;
        }
        self.outbox.clear();
        Ok(())
    }

    pub(super) fn bad_record(&mut self, index: usize, bad: &BadRecord) -> Result<(), DriverError> {
        let Some(input) = self.inputs.get(index) else { return Ok(()) };
        self.output.bad_record(&input.streams, bad)?;
        match self.on_bad_record {
            OnBadRecord::DeadLetter => Ok(()),
            OnBadRecord::Stop => {
                self.output.flush()?;
                let (uri, offset, partition) = (&input.uri, bad.offset, bad.partition);
                let place = format!("offset {offset} of partition {partition} of `{uri}`");
                Err(DriverError::BadRecord(format!("{place}: {}", bad.reason)))
            }
        }
    }
}
