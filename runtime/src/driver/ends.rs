//! Where partitions end, for now or for good, and where everything does.
//!
//! An end lets time go on as silence does: without the partition that has ended, and at the end of
//! everything as far as any event went. A later run may find more there. So an end is an input that
//! is in the journal before it takes effect, the state that is kept is the one after it, and what
//! comes later from before it is late.

use super::idle::Advance;
use super::journal::{Bound, Happening};
use super::{Checkpoint, Driver, DriverError};
use crate::connector::RecordBatch;
use cep_core::engine::{Finish, Input as Fed};
use cep_core::plan::StreamId;

impl Driver {
    pub(super) fn at_end(&mut self, index: usize, partition: u32) {
        let now = self.clock.now();
        self.nothing_left_to_catch_up(index, partition);
        let Some(input) = self.inputs.get(index) else { return };
        for time in self.times.iter_mut().filter(|time| input.streams.contains(&time.stream)) {
            time.stands_at_end(partition, now);
        }
    }

    pub(super) fn ended(&mut self, index: usize, partition: u32) -> Result<(), DriverError> {
        self.nothing_left_to_catch_up(index, partition);
        if let Some(partition) = self.partition(index, partition) {
            partition.has_ended = true;
        }
        if self.is_live { self.feed_end(index, partition) } else { Ok(()) }
    }

    /// Tells the engine that a partition has ended, journal first.
    pub(super) fn feed_end(&mut self, index: usize, partition: u32) -> Result<(), DriverError> {
        let Some(input) = self.inputs.get(index) else { return Ok(()) };
        let mut streams = input.streams.clone();
        streams.retain(|stream| !self.engine.has_ended(*stream, partition));
        // After the end of everything nothing is said by the end of a part.
        if self.reached_end.is_some() || streams.is_empty() {
            return Ok(());
        }
        let ended = |stream: &StreamId| (*stream, partition, Happening::Is(Bound::Ended));
        self.journal(&streams.iter().map(ended).collect::<Vec<_>>())?;
        streams.iter().for_each(|stream| self.take_end(*stream, partition));
        self.mark_dirty();
        self.deliver(&streams, &RecordBatch::new())
    }

    /// Something comes after what an earlier run had seen as the end of everything.
    pub(super) fn leave_end(&mut self) -> Result<(), DriverError> {
        if self.reached_end.take().is_none() {
            return Ok(());
        }
        let mut ended = Vec::new();
        for (index, input) in self.inputs.iter().enumerate() {
            let of = (0..).zip(&input.partitions).filter(|(_, partition)| partition.has_ended);
            ended.extend(of.map(|(number, _)| (index, number)));
        }
        ended.into_iter().try_for_each(|(index, number)| self.feed_end(index, number))
    }

    /// A partition holds nobody back any more.
    pub(super) fn take_end(&mut self, stream: StreamId, partition: u32) {
        self.engine.step(Fed::End { stream, partition }, &mut self.outbox);
        for time in self.times.iter_mut().filter(|time| time.stream == stream) {
            time.ended(partition);
        }
    }

    /// Opens a partition that an earlier run has seen to its end: there may be more now. What was
    /// decided without it stays so.
    pub(super) fn reopen(&mut self, index: usize, partition: u32) -> Result<(), DriverError> {
        let Some(input) = self.inputs.get(index) else { return Ok(()) };
        for stream in input.streams.clone() {
            if self.engine.has_ended(stream, partition) {
                let advance = Advance::new(partition, self.engine.watermark(stream).0);
                self.lift(stream, advance, self.clock.now())?;
            }
        }
        Ok(())
    }

    /// All inputs have ended: time goes as far as it may, journal first.
    pub(super) fn end(&mut self) -> Result<(), DriverError> {
        // What an earlier run gave at this very end is not given again.
        if self.reached_end.is_some_and(|end| end == Finish::Flush || end == self.finish) {
            return self.commit(Checkpoint::Now);
        }
        let reached = self.engine.reached().0;
        let mut advances = Vec::new();
        for input in &self.inputs {
            for stream in &input.streams {
                let partitions = 0..input.source.partitions();
                advances.extend(partitions.map(|it| (*stream, Advance::new(it, reached))));
            }
        }
        let lifted = advances
            .iter()
            .map(|(stream, advance)| (*stream, advance.partition, Happening::LiftedToUs(reached)));
        let flushed = advances
            .iter()
            .filter(|_| self.finish == Finish::Flush)
            .map(|(stream, it)| (*stream, it.partition, Happening::Is(Bound::Flushed)));
        let happenings: Vec<_> = lifted.chain(flushed).collect();
        self.journal(&happenings)?;
        let now = self.clock.now();
        advances.into_iter().for_each(|(stream, it)| self.take_advance(stream, it, now));
        self.engine.step(Fed::Finish(self.finish), &mut self.outbox);
        self.deliver(&[], &RecordBatch::new())?;
        self.reached_end = Some(self.finish);
        self.mark_dirty();
        self.commit(Checkpoint::Now)
    }
}
