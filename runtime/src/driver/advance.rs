//! Time that goes on without events: the advances of silent partitions, made and repeated.

use super::idle::{self, Advance};
use super::input::Repetition;
use super::journal::{Bound, Happening, JournalEntry};
use super::{Driver, DriverError, StateDir};
use crate::connector::RecordBatch;
use cep_core::engine::Input as Fed;
use cep_core::plan::StreamId;
use std::time::Duration;

impl Driver {
    /// Repeats what in an earlier run happened to the partition before its next record.
    pub(super) fn repeat_journal(&mut self, index: usize, number: u32) {
        let (now, is_live) = (self.clock.now(), self.is_live);
        loop {
            let input = self.inputs.get_mut(index);
            let Some(partition) = input.and_then(|it| it.partition(number)) else { return };
            let next = partition.next;
            let is_due = |it: &Repetition| it.before <= next && (it.is_safe || is_live);
            if !partition.journal.front().is_some_and(is_due) {
                return;
            }
            let Some(Repetition { stream, what, is_safe, .. }) = partition.journal.pop_front()
            else {
                return;
            };
            match what {
                Happening::LiftedToUs(to) => {
                    self.take_advance(stream, Advance::new(number, to), now);
                }
                // What came later opened it again, and says how far time had gone without it; how
                // far the others are by now is no matter.
                Happening::Is(Bound::Ended)
                    if partition
                        .journal
                        .iter()
                        .any(|it| (it.stream, it.is_safe) == (stream, is_safe)) => {}
                Happening::Is(Bound::Ended) => self.take_end(stream, number),
                Happening::Is(Bound::Flushed) => {}
            }
        }
    }

    /// Lifts partitions that have been silent for long enough, journal first.
    pub(super) fn lift_the_silent(&mut self, now: Duration) -> Result<(), DriverError> {
        if !self.is_live {
            return Ok(());
        }
        let due = idle::due(&self.times, &self.waiting_together, now);
        if !due.is_empty() {
            self.leave_end()?;
        }
        for (stream, advance) in due {
            self.lift(stream, advance, now)?;
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
        let lifted = Happening::LiftedToUs(advance.to.0);
        self.journal(&[(stream, advance.partition, lifted)])?;
        self.take_advance(stream, advance, now);
        self.mark_dirty();
        self.deliver(&[], &RecordBatch::new())
    }

    /// Puts down what is about to happen to partitions, each before its next record.
    pub(super) fn journal(
        &mut self,
        happenings: &[(StreamId, u32, Happening)],
    ) -> Result<(), DriverError> {
        let entry = |(stream, partition, what): &(StreamId, u32, Happening)| {
            let input = self.inputs.iter().find(|input| input.streams.contains(stream))?;
            Some(JournalEntry {
                stream: self.plan.stream(*stream)?.name.clone(),
                partition: *partition,
                before: input.partitions.get(*partition as usize)?.next,
                what: *what,
            })
        };
        let entries: Vec<JournalEntry> = happenings.iter().filter_map(entry).collect();
        let append = |state: &mut StateDir| state.append_journal(&entries);
        Ok(self.state.as_mut().map_or(Ok(()), append)?)
    }

    /// Lifts a partition, which is open then.
    pub(super) fn take_advance(&mut self, stream: StreamId, advance: Advance, now: Duration) {
        let Advance { partition, to } = advance;
        self.engine.step(Fed::Idle { stream, partition, to }, &mut self.outbox);
        for time in self.times.iter_mut().filter(|time| time.stream == stream) {
            time.lifted(advance, now);
        }
    }
}
