//! The driver: the loop between connectors and the engine, and the only caller of
//! [`Engine::step`].
//!
//! sources -> decoder -> batch -> engine -> encoder -> sinks, on one thread. It takes what a
//! source has and never waits to fill a batch. The input whose events are furthest behind is read
//! first, so that little waits in the engine for the others.
//!
//! **At least once.** Every `commit_every`, and at a clean stop: the sinks are flushed; only then
//! the checkpoint and the positions are written, and only then the positions are committed to the
//! sources. A run that begins where another stopped reads again up to what that one had committed,
//! with its emits muted, and is live from there on.

mod clock;
mod idle;
mod input;
mod output;
mod resume;
mod sideline;
mod state;
mod summary;

pub use clock::{Clock, ManualClock, SystemClock};
pub use input::{Extent, InputSpec};
pub use output::{EventFormat, OutputSpec, SinkId, Sinks};
pub use state::StateDir;
pub use summary::{Summary, grouped, peak_memory};

use crate::connector::{ConnectorError, ConnectorErrorKind, Polled, Progress, RecordBatch};
use cep_core::engine::{Engine, EngineOptions, Finish, Input as Fed, Outbox, OutputOrder};
use cep_core::plan::{Plan, StreamId};
use idle::{Advance, StreamTime};
use input::Input;
use output::Output;
use state::{JournalEntry, Positions, StreamPositions};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The most records that are asked of a source at once.
const MAX_RECORDS: usize = 4096;
/// The most rows that are fed in one step: enough to use the cache well, few enough for the
/// latency and the commits.
const MAX_ROWS: usize = 512;
/// How long all inputs together are waited for when none has anything.
const WAIT: Duration = Duration::from_millis(20);
/// After how many turns an input that had nothing is looked at again while others have plenty.
const TURNS_PER_ROUND: u32 = 32;

/// What a bad record does to the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBadRecord {
    /// It goes to the errors sink, and the run goes on.
    #[default]
    DeadLetter,
    /// It goes to the errors sink, and the run stops with an error.
    Stop,
}

/// Everything that a run needs.
pub struct RunSpec {
    /// The name of the application, the source of its derived events.
    pub app_id: String,
    /// The program.
    pub plan: Arc<Plan>,
    /// Where its streams are read from. A stream that is read by no rule may be left out.
    pub inputs: Vec<InputSpec>,
    /// Where what it gives goes.
    pub output: OutputSpec,
    /// How far time goes when all inputs have ended.
    pub finish: Finish,
    /// What is kept for the next run.
    pub state: Option<StateDir>,
    /// How often outputs are made safe and positions committed.
    pub commit_every: Duration,
    /// How often the engine's state is written, if it is kept.
    pub checkpoint_every: Duration,
    /// What a bad record does to the run.
    pub on_bad_record: OnBadRecord,
    /// Seeds the engine's hash tables; results do not depend on it.
    pub hash_seed: u64,
    /// The wall clock.
    pub clock: Box<dyn Clock>,
    /// Set from outside to end the run cleanly.
    pub stop: Arc<AtomicBool>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All inputs came to their end.
    Finished,
    /// It was told to stop.
    Stopped,
    /// Nobody reads its output any more (`cep run … | head`).
    ReaderGone,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The outside failed.
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    /// A record was bad, and that was to stop the run.
    #[error("stopped at a bad record, `on_bad_record` being `stop`: {0}")]
    BadRecord(String),
}

/// Runs a program over its inputs until they end, `stop` is set, or something fails.
/// `on_progress` is called about ten times a second with how much of the bounded inputs is done.
///
/// # Errors
/// When a source, a sink or the state fails. What was committed before stays valid.
pub fn run(
    spec: RunSpec,
    on_progress: &mut dyn FnMut(Progress, u64),
) -> Result<(Outcome, Summary), DriverError> {
    let mut driver = Driver::new(spec)?;
    let outcome = match driver.run(on_progress) {
        Err(DriverError::Connector(error)) if error.kind == ConnectorErrorKind::Closed => {
            Outcome::ReaderGone
        }
        other => other?,
    };
    driver.output.say_what_was_not_kept();
    Ok((outcome, driver.summary()))
}

struct Driver {
    plan: Arc<Plan>,
    engine: Engine,
    outbox: Outbox,
    records: RecordBatch,
    inputs: Vec<Input>,
    /// One for each stream that is read.
    times: Vec<StreamTime>,
    output: Output,
    finish: Finish,
    state: Option<StateDir>,
    commit_every: Duration,
    checkpoint_every: Duration,
    on_bad_record: OnBadRecord,
    clock: Box<dyn Clock>,
    stop: Arc<AtomicBool>,
    begun: Duration,
    last_commit: Duration,
    last_checkpoint: Duration,
    /// Whether everything has been fed whose outputs an earlier run made safe.
    is_live: bool,
    /// Whether an earlier run had come to the end of everything.
    was_finished: bool,
    /// Whether a partition's end has been fed; from then on the state is that of an ending.
    is_ending: bool,
    /// Whether anything has happened since the last commit.
    is_dirty: bool,
    /// Whether anything has happened since the last checkpoint.
    is_behind: bool,
    events: u64,
    turns: u32,
}

impl Driver {
    fn new(spec: RunSpec) -> Result<Self, DriverError> {
        let plan = spec.plan;
        let is_bounded = spec.inputs.iter().all(|input| input.extent == Extent::Bounded);
        let inputs: Vec<Input> =
            spec.inputs.into_iter().map(|input| Input::new(&plan, input)).collect();
        let mut partitions = vec![0; plan.streams.len()];
        let mut topics = vec![String::new(); plan.streams.len()];
        for input in &inputs {
            for stream in &input.streams {
                let index = stream.0 as usize;
                partitions.get_mut(index).into_iter().for_each(|n| *n = input.source.partitions());
                topics.get_mut(index).into_iter().for_each(|name| name.clone_from(&input.topic));
            }
        }
        let options = EngineOptions {
            partitions,
            // Without an end there is no last moment at which everything is in order; what is
            // decided goes out at once.
            order: if is_bounded { OutputOrder::Merged } else { OutputOrder::AsDecided },
            hash_seed: spec.hash_seed,
        };
        let now = spec.clock.now();
        let mut driver = Self {
            engine: Engine::new(Arc::clone(&plan), options.clone()),
            outbox: Outbox::default(),
            records: RecordBatch::new(),
            inputs,
            times: Vec::new(),
            output: Output::new(Arc::clone(&plan), topics, &spec.app_id, spec.output),
            finish: spec.finish,
            state: spec.state,
            commit_every: spec.commit_every,
            checkpoint_every: spec.checkpoint_every,
            on_bad_record: spec.on_bad_record,
            clock: spec.clock,
            stop: spec.stop,
            begun: now,
            last_commit: now,
            last_checkpoint: now,
            is_live: false,
            was_finished: false,
            is_ending: false,
            is_dirty: false,
            is_behind: false,
            events: 0,
            turns: 0,
            plan,
        };
        driver.resume(options)?;
        driver.times = driver.stream_times();
        Ok(driver)
    }

    fn stream_times(&self) -> Vec<StreamTime> {
        let of_stream = |input: &Input, stream: StreamId| {
            let reached = |partition| self.engine.partition_watermark(stream, partition);
            let reached = (0..input.source.partitions()).map(reached).collect();
            Some(StreamTime::new(stream, self.plan.stream(stream)?, reached))
        };
        let pairs = self.inputs.iter().flat_map(|i| i.streams.iter().map(move |s| (i, *s)));
        pairs.filter_map(|(input, stream)| of_stream(input, stream)).collect()
    }

    fn run(&mut self, on_progress: &mut dyn FnMut(Progress, u64)) -> Result<Outcome, DriverError> {
        self.go_live_when_caught_up()?;
        while !(self.is_live && self.inputs.iter().all(Input::has_ended)) {
            if self.stop.load(Ordering::Relaxed) {
                self.commit(Checkpoint::Now)?;
                return Ok(Outcome::Stopped);
            }
            self.turn()?;
            self.go_live_when_caught_up()?;
            let now = self.clock.now();
            self.lift_the_silent(now)?;
            if now.saturating_sub(self.last_commit) >= self.commit_every {
                self.commit(Checkpoint::WhenDue)?;
                self.last_commit = now;
                on_progress(self.progress(), self.events);
            }
        }
        self.end()?;
        Ok(Outcome::Finished)
    }

    /// Polls one input and deals with what it has.
    fn turn(&mut self) -> Result<(), DriverError> {
        self.turns += 1;
        if self.turns >= TURNS_PER_ROUND {
            self.turns = 0;
            self.inputs.iter_mut().for_each(|input| input.is_dry = false);
        }
        let reading = || self.inputs.iter().enumerate().filter(|(_, input)| !input.has_ended());
        let furthest_behind = reading()
            .filter(|(_, input)| !input.is_dry)
            .min_by_key(|(_, input)| input.frontier)
            .map(|(index, _)| index);
        let live = u32::try_from(reading().count()).unwrap_or(u32::MAX).max(1);
        let waits: Vec<usize> = match furthest_behind {
            Some(index) => return self.poll(index, Duration::ZERO),
            None => reading().map(|(index, _)| index).collect(),
        };
        waits.into_iter().try_for_each(|index| self.poll(index, WAIT / live))
    }

    fn poll(&mut self, index: usize, timeout: Duration) -> Result<(), DriverError> {
        let Some(input) = self.inputs.get_mut(index) else { return Ok(()) };
        let polled = input.source.poll(&mut self.records, MAX_RECORDS, timeout)?;
        input.is_dry = polled != Polled::Records;
        match polled {
            Polled::Records => self.take_records(index),
            Polled::Nothing => Ok(()),
            Polled::AtEnd { partition } => {
                self.at_end(index, partition);
                Ok(())
            }
            Polled::Ended { partition } => self.ended(index, partition),
        }
    }

    /// Feeds the records of a poll, in slices that end where the journal has an advance and,
    /// while catching up, where live begins.
    fn take_records(&mut self, index: usize) -> Result<(), DriverError> {
        let records = std::mem::take(&mut self.records);
        let number = records.partition();
        let is_live = self.is_live;
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
    fn take_slice(
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
        let Some(input) = self.inputs.get_mut(index) else { return Ok(end) };
        let advance = input.partition(number).and_then(|p| p.journal.front());
        let to_advance = advance.map_or(end, |(_, entry)| records.index_at(entry.before));
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

    /// Repeats the advances of an earlier run that belong before the partition's next record.
    fn repeat_journal(&mut self, index: usize, number: u32) {
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

    /// Hands over what a step gave, or forgets it where an earlier run did so already.
    fn deliver(&mut self, streams: &[StreamId], records: &RecordBatch) -> Result<(), DriverError> {
        if self.is_live {
            self.output.take(&self.outbox, streams, records)?;
        }
        self.outbox.clear();
        Ok(())
    }

    fn bad_record(
        &mut self,
        index: usize,
        bad: &crate::connector::BadRecord,
    ) -> Result<(), DriverError> {
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

    fn at_end(&mut self, index: usize, partition: u32) {
        let now = self.clock.now();
        self.nothing_left_to_catch_up(index, partition);
        let Some(input) = self.inputs.get(index) else { return };
        for time in self.times.iter_mut().filter(|time| input.streams.contains(&time.stream)) {
            time.stands_at_end(partition, now);
        }
    }

    fn ended(&mut self, index: usize, partition: u32) -> Result<(), DriverError> {
        self.nothing_left_to_catch_up(index, partition);
        if let Some(partition) = self.partition(index, partition) {
            partition.has_ended = true;
        }
        if self.is_live { self.feed_end(index, partition) } else { Ok(()) }
    }

    /// Tells the engine that a partition has ended. The state just before is the last that can be
    /// kept: a later run may find more there.
    fn feed_end(&mut self, index: usize, partition: u32) -> Result<(), DriverError> {
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
    fn end(&mut self) -> Result<(), DriverError> {
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

    /// Lifts partitions that have been silent for long enough, journal first.
    fn lift_the_silent(&mut self, now: Duration) -> Result<(), DriverError> {
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

    fn lift(
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

    /// Makes outputs safe, then says so: to the state, then to the sources.
    fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), DriverError> {
        // INVARIANT (no commit goes back): before it is live a run stands behind what was
        // committed.
        let is_stale = self.is_dirty || (checkpoint == Checkpoint::Now && self.is_behind);
        if !self.is_live || !is_stale {
            return Ok(());
        }
        self.output.flush()?;
        let now = self.clock.now();
        let is_due = now.saturating_sub(self.last_checkpoint) >= self.checkpoint_every;
        if !self.is_ending
            && (is_due || checkpoint == Checkpoint::Now)
            && let Some(state) = &self.state
        {
            state.write_checkpoint(self.stream_positions(), &self.engine.checkpoint())?;
            self.last_checkpoint = now;
            self.is_behind = false;
        }
        self.write_positions(false)?;
        self.is_dirty = false;
        Ok(())
    }

    fn write_positions(&mut self, finished: bool) -> Result<(), DriverError> {
        if let Some(state) = &self.state {
            state.write_positions(&Positions::new(finished, self.stream_positions()))?;
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

    fn mark_dirty(&mut self) {
        (self.is_dirty, self.is_behind) = (true, true);
    }

    fn partition(&mut self, index: usize, partition: u32) -> Option<&mut input::Partition> {
        self.inputs.get_mut(index)?.partition(partition)
    }

    fn progress(&self) -> Progress {
        let parts = self.inputs.iter().filter_map(|input| input.source.progress());
        parts.fold(Progress { done: 0, total: 0 }, |sum, part| Progress {
            done: sum.done + part.done,
            total: sum.total + part.total,
        })
    }

    fn summary(&self) -> Summary {
        let [bad_records, late, rule_errors] = self.output.sidelined();
        Summary {
            events: self.events,
            foreign_events: self.inputs.iter().map(|input| input.foreign_events).sum(),
            emits: self.output.emits(),
            bad_records,
            late,
            rule_errors,
            elapsed: self.clock.now().saturating_sub(self.begun),
        }
    }
}

/// Whether a commit writes the engine's state too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Checkpoint {
    WhenDue,
    Now,
}

#[cfg(test)]
mod tests;
