//! Going on where an earlier run stopped.
//!
//! S are the positions of the checkpoint (or the beginning), C those up to which outputs are safe,
//! as the state folder or the source itself knows them. S..C is read again with emits muted; no
//! partition goes beyond its C before all have reached theirs, so that the state is exactly that
//! of the earlier run at C.

use super::input::Repetition;
use super::journal::{Bound, Happening, JournalEntry};
use super::state::{Positions, StreamPositions};
use super::{Driver, DriverError};
use crate::connector::{Position, RecordBatch};
use cep_core::engine::{Engine, EngineOptions, Finish, Input as Fed};
use std::sync::Arc;

impl Driver {
    /// Restores what an earlier run has left and goes to where reading begins.
    pub(super) fn resume(&mut self, options: EngineOptions) -> Result<(), DriverError> {
        for input in &mut self.inputs {
            for position in input.source.committed()? {
                if let Some(partition) = input.partition(position.partition) {
                    partition.committed = position.offset;
                }
            }
        }
        self.resume_from_state(options)?;
        for input in &mut self.inputs {
            let begin: Vec<Position> =
                input.positions().into_iter().filter(|position| position.offset > 0).collect();
            if !begin.is_empty() {
                input.source.seek(&begin)?;
            }
        }
        for index in 0..self.inputs.len() {
            self.repeat_journal_of(index);
        }
        self.outbox.clear();
        let behind: u64 = self.behind();
        if behind > 0 {
            tracing::info!("catching up over {behind} records whose outputs are safe already");
        }
        Ok(())
    }

    /// Repeats what is due in all partitions of an input.
    fn repeat_journal_of(&mut self, index: usize) {
        let partitions = self.inputs.get(index).map_or(0, |input| input.source.partitions());
        (0..partitions).for_each(|partition| self.repeat_journal(index, partition));
    }

    /// Whether the state has taken in more than what outputs are known to be safe for.
    fn is_beyond_committed(&self) -> bool {
        let mut partitions = self.inputs.iter().flat_map(|input| &input.partitions);
        partitions.any(|partition| partition.next > partition.committed)
    }

    fn behind(&self) -> u64 {
        let partitions = self.inputs.iter().flat_map(|input| &input.partitions);
        partitions.map(|partition| partition.committed.saturating_sub(partition.next)).sum()
    }

    fn resume_from_state(&mut self, options: EngineOptions) -> Result<(), DriverError> {
        let Some(mut state) = self.state.take() else { return Ok(()) };
        let positions = state.positions()?;
        let reached_end = positions.as_ref().and_then(Positions::finish);
        let safe = positions.as_ref().map_or(0, |it| it.journal.unwrap_or(u64::MAX));
        let known = positions.map(|positions| positions.streams).unwrap_or_default();
        let checkpoint = state.checkpoint()?;
        let of_checkpoint = checkpoint.iter().flat_map(|checkpoint| &checkpoint.streams);
        if let Some(moved) =
            known.iter().chain(of_checkpoint).find(|known| self.reads_elsewhere(known))
        {
            tracing::warn!(
                "the state is about `{}` as the input of stream `{}`, which is read from \
                 elsewhere now; starting over",
                moved.uri,
                moved.stream
            );
            state.start_over()?;
            self.state = Some(state);
            return Ok(());
        }
        self.each_partition(&known, |partition, next| {
            partition.committed = partition.committed.max(next);
        });
        let mut taken_in = 0;
        if let Some(checkpoint) = checkpoint {
            match Engine::restore(Arc::clone(&self.plan), options, &checkpoint.engine) {
                Ok(engine) => {
                    self.engine = engine;
                    taken_in = checkpoint.journal;
                    self.each_partition(&checkpoint.streams, |it, next| it.next = next);
                }
                Err(error) => {
                    tracing::warn!(
                        "the checkpoint cannot be used: {error}; reading from the start"
                    );
                }
            }
        }
        // Where the process was killed between a checkpoint and its positions, these are of before, and
        // an end that they tell of has been left since.
        self.reached_end = reached_end.filter(|_| !self.is_beyond_committed());
        let journal = state.journal()?;
        self.state = Some(state);
        for (place, entry) in (0..).zip(journal) {
            self.keep_to_repeat(entry, place < taken_in, place < safe);
        }
        Ok(())
    }

    /// What the state has of the journal is not repeated: what came after it may have gone further.
    fn keep_to_repeat(&mut self, entry: JournalEntry, was_there: bool, is_safe: bool) {
        let Some(stream) = self.plan.stream_id(&entry.stream) else { return };
        let input = self.inputs.iter_mut().find(|input| input.streams.contains(&stream));
        let Some(partition) = input.and_then(|input| input.partition(entry.partition)) else {
            return;
        };
        if entry.what == Happening::Is(Bound::Flushed) {
            // It may have been in the middle of it.
            (self.was_flushed, self.finish) = (true, Finish::Flush);
            partition.flushed_at = entry.before;
        } else if entry.before > partition.next || (entry.before == partition.next && !was_there) {
            let JournalEntry { before, what, .. } = entry;
            partition.journal.push_back(Repetition { stream, before, what, is_safe });
        }
    }

    fn reads_elsewhere(&self, known: &StreamPositions) -> bool {
        let stream = self.plan.stream_id(&known.stream);
        let input = stream.and_then(|s| self.inputs.iter().find(|i| i.streams.contains(&s)));
        input.is_some_and(|input| input.identity != known.uri)
    }

    fn each_partition(
        &mut self,
        streams: &[StreamPositions],
        mut set: impl FnMut(&mut super::input::Partition, u64),
    ) {
        for known in streams {
            let Some(stream) = self.plan.stream_id(&known.stream) else { continue };
            let Some(input) = self.inputs.iter_mut().find(|i| i.streams.contains(&stream)) else {
                continue;
            };
            input.partitions.iter_mut().zip(&known.next).for_each(|(p, next)| set(p, *next));
        }
    }

    /// A partition holds nothing more: what was committed beyond it is not there, either because
    /// the log has offsets without records or because it has been cut.
    pub(super) fn nothing_left_to_catch_up(&mut self, index: usize, number: u32) {
        let Some(input) = self.inputs.get_mut(index) else { return };
        let uri = input.uri.clone();
        let Some(partition) = input.partition(number) else { return };
        if partition.next < partition.committed {
            let (end, committed) = (partition.next, partition.committed);
            tracing::warn!(
                "partition {number} of `{uri}` ends at {end}, before the committed {committed}"
            );
            partition.committed = end;
        }
    }

    /// Once everything whose outputs are safe has been fed: goes back for what was passed over
    /// meanwhile, and lets emits through from here on.
    pub(super) fn go_live_when_caught_up(&mut self) -> Result<(), DriverError> {
        if self.is_live || !self.inputs.iter().all(super::Input::has_caught_up) {
            return Ok(());
        }
        if let Some(finish) = self.reached_end {
            // What the end of the earlier run gave beyond the advance to it.
            self.engine.step(Fed::Finish(finish), &mut self.outbox);
            self.outbox.clear();
        }
        self.is_live = true;
        let mut ended = Vec::new();
        let mut open = Vec::new();
        for (index, input) in self.inputs.iter_mut().enumerate() {
            let mut back = Vec::new();
            for (number, partition) in (0..).zip(&mut input.partitions) {
                if std::mem::take(&mut partition.overshot) {
                    partition.has_ended = false;
                    back.push(Position { partition: number, offset: partition.next });
                }
                let list = if partition.has_ended { &mut ended } else { &mut open };
                list.push((index, number));
            }
            if !back.is_empty() {
                input.source.seek(&back)?;
            }
        }
        for index in 0..self.inputs.len() {
            self.repeat_journal_of(index);
        }
        self.deliver(&[], &RecordBatch::new())?;
        open.into_iter().try_for_each(|(index, partition)| self.reopen(index, partition))?;
        ended.into_iter().try_for_each(|(index, partition)| self.feed_end(index, partition))
    }
}
