//! Where partitions end, for now or for good, and where everything does.

use super::{Checkpoint, Driver, DriverError};
use crate::connector::RecordBatch;
use cep_core::engine::Input as Fed;

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

    /// Tells the engine that a partition has ended. The state just before is the last that can be
    /// kept: a later run may find more there.
    pub(super) fn feed_end(&mut self, index: usize, partition: u32) -> Result<(), DriverError> {
        if !self.is_ending {
            self.commit(Checkpoint::Now)?;
            self.is_ending = true;
        }
        let Some(input) = self.inputs.get(index) else { return Ok(()) };
        let streams = input.streams.clone();
        for stream in &streams {
            let end = Fed::End { stream: *stream, partition };
            self.engine.step(end, &mut self.outbox);
            for time in self.times.iter_mut().filter(|time| time.stream == *stream) {
                time.ended(partition);
            }
        }
        self.mark_dirty();
        self.deliver(&streams, &RecordBatch::new())
    }

    /// All inputs have ended: time goes as far as it may.
    pub(super) fn end(&mut self) -> Result<(), DriverError> {
        self.engine.step(Fed::Finish(self.finish), &mut self.outbox);
        // What an earlier run gave at this very end is not given again.
        let is_repetition = self.was_finished && self.events == 0;
        if !is_repetition {
            self.deliver(&[], &RecordBatch::new())?;
        }
        self.is_ending = true;
        self.output.flush()?;
        self.write_positions(true)
    }
}
