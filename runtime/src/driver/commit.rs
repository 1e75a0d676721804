//! Making safe what has been done: outputs, then the state, then the positions of the sources.

use super::input::Input;
use super::state::{Positions, StreamPositions};
use super::{Checkpoint, Driver, DriverError};
use cep_core::plan::StreamId;

impl Driver {
    /// Makes outputs safe, then says so: to the state, then to the sources.
    pub(super) fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), DriverError> {
        // INVARIANT (no commit goes back): before it is live a run stands behind what was
        // committed.
        let is_stale = self.is_dirty || (checkpoint == Checkpoint::Now && self.is_behind);
        if !self.is_live || !is_stale {
            return Ok(());
        }
        self.output.flush()?;
        let now = self.clock.now();
        let is_due = now.saturating_sub(self.last_checkpoint) >= self.checkpoint_every;
        if (is_due || checkpoint == Checkpoint::Now)
            && let Some(state) = &self.state
        {
            state.write_checkpoint(self.stream_positions(), &self.engine.checkpoint())?;
            if tracing::enabled!(tracing::Level::DEBUG) {
                let (bytes, largest) = self.state();
                tracing::debug!(bytes, largest, "state written");
            }
            self.last_checkpoint = now;
            self.is_behind = false;
        }
        self.write_positions()?;
        self.is_dirty = false;
        Ok(())
    }

    fn write_positions(&mut self) -> Result<(), DriverError> {
        if let Some(state) = &self.state {
            let journal = state.journal_length();
            let streams = self.stream_positions();
            state.write_positions(&Positions::new(self.reached_end, journal, streams))?;
        }
        for input in &mut self.inputs {
            let positions = input.positions();
            input.source.commit(&positions)?;
        }
        Ok(())
    }

    fn stream_positions(&self) -> Vec<StreamPositions> {
        let of_stream = |input: &Input, stream: StreamId| StreamPositions {
            stream: self.plan.stream(stream).map(|s| s.name.clone()).unwrap_or_default(),
            uri: input.identity.clone(),
            next: input.partitions.iter().map(|partition| partition.next).collect(),
        };
        let pairs = self.inputs.iter().flat_map(|i| i.streams.iter().map(move |s| (i, *s)));
        pairs.map(|(input, stream)| of_stream(input, stream)).collect()
    }
}
