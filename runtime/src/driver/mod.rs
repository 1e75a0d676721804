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

mod advance;
mod bound;
mod clock;
mod commit;
mod ends;
mod feed;
mod idle;
mod input;
mod journal;
mod output;
mod resume;
mod sideline;
mod state;
mod summary;

pub use bound::StateBound;
pub use clock::{Clock, ManualClock, SystemClock};
pub use input::{Extent, InputSpec};
pub use output::{EventFormat, OutputSpec, SinkId, Sinks};
pub use state::StateDir;
pub use summary::{Summary, grouped, peak_memory};

use crate::connector::{ConnectorError, ConnectorErrorKind, Polled, Progress, RecordBatch};
use cep_core::engine::{Engine, EngineOptions, Finish, Outbox, OutputOrder};
use cep_core::plan::{Plan, StreamId};
use idle::StreamTime;
use input::Input;
use output::Output;
use std::collections::BTreeSet;
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
    /// The order of what is derived; if nothing is said, merged by time where all inputs end.
    pub order: Option<OutputOrder>,
    /// What is kept for the next run.
    pub state: Option<StateDir>,
    /// How often outputs are made safe and positions committed.
    pub commit_every: Duration,
    /// How often the engine's state is written, if it is kept.
    pub checkpoint_every: Duration,
    /// How many bytes of state each rule, and each table of a stream, may keep.
    pub max_bytes_per_rule: Option<u64>,
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
    /// A rule keeps more state than it may. What was done up to there is safe.
    #[error("{0}")]
    StateBound(Box<StateBound>),
    /// There is more than there was when everything that was open was closed.
    #[error(
        "the state is that of a run with `--flush`, which closed what was open at the end of its input; \
         there is more now, at offset {offset} of partition {partition} of `{uri}`, and no going on"
    )]
    AfterFlush {
        /// Where there is more.
        uri: String,
        /// The partition.
        partition: u32,
        /// The offset of what is new.
        offset: u64,
    },
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
    /// The streams that some rule waits for together.
    waiting_together: BTreeSet<BTreeSet<StreamId>>,
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
    /// How far time has gone where everything has ended and nothing has come since.
    reached_end: Option<Finish>,
    /// Whether an earlier run was to close everything at the end, and may have.
    was_flushed: bool,
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
            order: spec.order.unwrap_or(match is_bounded {
                true => OutputOrder::Merged,
                false => OutputOrder::AsDecided,
            }),
            hash_seed: spec.hash_seed,
        };
        let now = spec.clock.now();
        let mut driver = Self {
            engine: Engine::new(Arc::clone(&plan), options.clone()),
            outbox: Outbox::default(),
            records: RecordBatch::new(),
            inputs,
            times: Vec::new(),
            waiting_together: plan.inputs_together(),
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
            reached_end: None,
            was_flushed: false,
            is_dirty: false,
            is_behind: false,
            events: 0,
            turns: 0,
            plan,
        };
        driver.resume(options)?;
        driver.engine.limit_state(spec.max_bytes_per_rule);
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
            self.stop_at_bound()?;
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
        let (state_bytes, largest_state) = self.state();
        Summary {
            events: self.events,
            tombstones: self.inputs.iter().map(Input::tombstones).sum(),
            foreign_events: self.inputs.iter().map(|input| input.foreign_events).sum(),
            emits: self.output.emits(),
            bad_records,
            late,
            rule_errors,
            held_back: self.output.held_back(),
            repeated: self.output.repeated(),
            state_bytes,
            largest_state,
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
