//! Time that goes on without events: the advances of silent partitions, made and repeated.

use super::idle::Advance;
use super::state::JournalEntry;
use super::{Driver, DriverError};
use crate::connector::RecordBatch;
use cep_core::engine::Input as Fed;
use cep_core::plan::StreamId;
use std::time::Duration;

impl Driver {
    /// Repeats the advances of an earlier run that belong before the partition's next record.
    pub(super) fn repeat_journal(&mut self, index: usize, number: u32) {
        let now = self.clock.now();
        let Some(input) = self.inputs.get_mut(index) else { return };
        let Some(partition) = input.partition(number) else { return };
        while let Some((stream, entry)) = partition.journal.front()
            && entry.before <= partition.next
        {
            let advance = Advance { partition: number, to: entry.to() };
            let idle = Fed::Idle { stream: *stream, partition: number, to: advance.to };
            self.engine.step(idle, &mut self.outbox);
            for time in self.times.iter_mut().filter(|time| time.stream == *stream) {
                time.lifted(advance, now);
            }
            partition.journal.pop_front();
        }
    }

    /// Lifts partitions that have been silent for long enough, journal first.
    pub(super) fn lift_the_silent(&mut self, now: Duration) -> Result<(), DriverError> {
        if !self.is_live {
            return Ok(());
        }
        let due: Vec<(StreamId, Advance)> = self
            .times
            .iter()
            .flat_map(|time| time.due(now).into_iter().map(|advance| (time.stream, advance)))
            .collect();
        for (stream, advance) in &due {
            self.lift(*stream, *advance, now)?;
        }
        for time in &mut self.times {
            if let Some(partition) = time.holding_back()
                && let Some(stream) = self.plan.stream(time.stream)
            {
                tracing::warn!(
                    "partition {partition} of stream `{}` is silent and holds its rules back; \
                     `idle` in the stream's `time` line lets time go on without it",
                    stream.name
                );
            }
        }
        Ok(())
    }

    pub(super) fn lift(
        &mut self,
        stream: StreamId,
        advance: Advance,
        now: Duration,
    ) -> Result<(), DriverError> {
        let Advance { partition, to } = advance;
        let input = self.inputs.iter().find(|input| input.streams.contains(&stream));
        let before = input.and_then(|input| input.partitions.get(partition as usize));
        if let (Some(state), Some(before)) = (&mut self.state, before) {
            state.append_journal(&JournalEntry {
                stream: self.plan.stream(stream).map(|s| s.name.clone()).unwrap_or_default(),
                partition,
                before: before.next,
                lifted_to_us: to.0,
            })?;
        }
        self.engine.step(Fed::Idle { stream, partition, to }, &mut self.outbox);
        for time in self.times.iter_mut().filter(|time| time.stream == stream) {
            time.lifted(advance, now);
        }
        self.mark_dirty();
        self.deliver(&[], &RecordBatch::new())
    }
}
