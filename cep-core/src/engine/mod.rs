//! The façade: a plan in, inputs in, emits out.
//!
//! ```
//! use cep_core::engine::{Engine, EngineOptions, Finish, Input, Outbox};
//! use cep_core::plan::Plan;
//! use std::sync::Arc;
//!
//! let mut engine = Engine::new(Arc::new(Plan::empty()), EngineOptions::default());
//! let mut outbox = Outbox::default();
//! engine.step(Input::Finish(Finish::Flush), &mut outbox);
//! assert!(outbox.emits.is_empty());
//! ```

mod bounds;
mod checkpoint;
mod delivery;
mod inner;
mod items;
mod output;
mod progress;
mod tables;

pub use crate::operator::StatePart;
pub use bounds::{StateOverrun, StateOwner};
pub use checkpoint::CheckpointError;
pub use output::{
    CauseRange, Causes, Emit, EmitId, EventRef, LateEvent, MissedWindows, Outbox, OutputOrder,
    RuleError,
};

use crate::operator::{Advance, Operator, Positions, Stage, Staged, build};
use crate::plan::{Plan, StreamId};
use crate::time::{EventTime, Watermark};
use crate::value::EventBatch;
use bounds::Bounds;
use delivery::Readers;
use inner::{Flow, InnerProgress};
use progress::StreamProgress;
use std::sync::Arc;

/// One thing that happens to the engine.
#[derive(Debug)]
pub enum Input<'a> {
    /// Events of one partition, in offset order.
    Events(&'a EventBatch),
    /// A partition has been silent, or has come to its end for now: its watermark is lifted to `to`.
    /// One that had ended is open again. This is a journaled input; a replay must repeat it between
    /// the same offsets.
    Idle {
        /// The stream.
        stream: StreamId,
        /// The silent partition.
        partition: u32,
        /// What its watermark becomes, if it is not further already.
        to: EventTime,
    },
    /// A partition has ended: nothing more comes from it, and it holds nobody back. If something
    /// does come later, an advance to its stream's watermark has to come before that.
    End {
        /// The stream.
        stream: StreamId,
        /// The partition that ended.
        partition: u32,
    },
    /// The whole input has ended, and this is how far time goes.
    Finish(Finish),
}

/// How far time goes when the whole input has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// To the largest event time seen, or to where an idle advance went if that is later: what is
    /// decided by then is emitted, what reaches beyond stays open.
    AtLastEvent,
    /// To this instant, or as far as `AtLastEvent` goes if that is later.
    At(EventTime),
    /// To the end of time: every begun window closes and every pending expiry happens. Filling
    /// makes no window that begins after the instant that `AtLastEvent` goes to.
    Flush,
}

/// What an engine is made for.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The number of partitions of each stream, in the order of the plan's streams. A stream
    /// without an entry has one.
    pub partitions: Vec<u32>,
    /// The order in which emits leave.
    pub order: OutputOrder,
    /// The seed of hash tables; no result depends on it.
    pub hash_seed: u64,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { partitions: Vec::new(), order: OutputOrder::Merged, hash_seed: 0 }
    }
}

/// A plan being run. It is a function of its inputs: the same inputs give the same outputs.
#[derive(Debug)]
pub struct Engine {
    plan: Arc<Plan>,
    order: OutputOrder,
    streams: Vec<StreamProgress>,
    /// As in the plan.
    inner: Vec<InnerProgress>,
    /// Which inner stream each emit line feeds, by rule and line.
    feeds: Vec<Vec<Option<usize>>>,
    /// The streams that are given the events of other streams as they come.
    passed_on: Arc<[StreamId]>,
    operators: Vec<Box<dyn Operator>>,
    /// For each stream the places of the operators that read it.
    readers: Vec<Vec<usize>>,
    /// For each stream the places of the operators that go on in time with it.
    followers: Vec<Vec<usize>>,
    /// How far each operator has been told that time goes.
    advanced: Vec<Watermark>,
    /// Emits that something may still come before.
    held: Vec<Staged>,
    /// The earliest order time among them.
    held_from: EventTime,
    stage: Stage,
    watermarks: Vec<i64>,
    bounds: Bounds,
}

impl Engine {
    /// An engine at the beginning of its inputs.
    #[must_use]
    pub fn new(plan: Arc<Plan>, options: EngineOptions) -> Self {
        let plan = tables::with_own_rows(plan);
        let streams = plan.streams.iter().enumerate().map(|(index, stream)| {
            let partitions = options.partitions.get(index).copied().unwrap_or(1);
            StreamProgress::new(partitions, stream.lateness)
        });
        let operators = build(&plan, options.hash_seed);
        Self {
            streams: streams.collect(),
            inner: InnerProgress::all_of(&plan),
            feeds: inner::feeds(&plan),
            passed_on: inner::passed_on(&plan),
            readers: inner::readers(&plan, &operators),
            followers: tables::followers(&plan, &operators),
            advanced: vec![Watermark::BEFORE_ALL; operators.len()],
            operators,
            order: options.order,
            held: Vec::new(),
            held_from: EventTime(i64::MAX),
            stage: Stage { positions: Positions::new(&plan), ..Stage::default() },
            watermarks: Vec::new(),
            bounds: Bounds::default(),
            plan,
        }
    }

    /// Takes one input and appends what it gives to the outbox. No data makes it panic; events of
    /// a stream that the plan does not have are left out.
    pub fn step(&mut self, input: Input<'_>, outbox: &mut Outbox) {
        match input {
            Input::Events(batch) => self.events(batch),
            Input::Idle { stream, partition, to } => {
                if let Some(progress) = self.progress(stream) {
                    progress.lift(partition, to);
                }
                self.advance(stream);
            }
            Input::End { stream, partition } => {
                if let Some(progress) = self.progress(stream) {
                    progress.end(partition);
                }
                self.advance(stream);
            }
            Input::Finish(finish) => return self.finish(finish, outbox),
        }
        self.carry_ended();
        self.cascade(Flow::Steady);
        self.release(self.decided(), outbox);
    }

    /// The offset after the last event seen, for each partition of a stream.
    #[must_use]
    pub fn positions(&self, stream: StreamId) -> Vec<u64> {
        self.streams.get(stream.0 as usize).map_or_else(Vec::new, StreamProgress::positions)
    }

    /// The smallest watermark of a stream's partitions; of an inner stream its own.
    #[must_use]
    pub fn watermark(&self, stream: StreamId) -> Watermark {
        let place = stream.0 as usize;
        let inner =
            || self.inner.get(place.checked_sub(self.streams.len())?).map(|it| it.watermark);
        let input = self.streams.get(place).map(StreamProgress::watermark);
        input.or_else(inner).unwrap_or(Watermark::BEFORE_ALL)
    }

    /// The watermark of one partition.
    #[must_use]
    pub fn partition_watermark(&self, stream: StreamId, partition: u32) -> Watermark {
        self.streams
            .get(stream.0 as usize)
            .map_or(Watermark::BEFORE_ALL, |progress| progress.partition_watermark(partition))
    }

    /// Whether a partition has ended and has not been opened again.
    #[must_use]
    pub fn has_ended(&self, stream: StreamId, partition: u32) -> bool {
        let progress = self.streams.get(stream.0 as usize);
        progress.is_some_and(|progress| progress.partition_has_ended(partition))
    }

    /// The furthest that any partition of any stream has come, which is how far time goes at the
    /// end of the whole input.
    #[must_use]
    pub fn reached(&self) -> Watermark {
        let reached = self.streams.iter().map(StreamProgress::reached).max();
        reached.unwrap_or(Watermark::BEFORE_ALL)
    }

    fn progress(&mut self, stream: StreamId) -> Option<&mut StreamProgress> {
        self.streams.get_mut(stream.0 as usize)
    }

    fn events(&mut self, batch: &EventBatch) {
        let mut watermarks = std::mem::take(&mut self.watermarks);
        watermarks.clear();
        if let Some(progress) = self.progress(batch.stream) {
            let disorder = progress.observe(batch, &mut watermarks);
            self.take_rows(batch, &watermarks);
            self.deliver(batch, &watermarks, disorder, Readers::All);
            self.advance(batch.stream);
            self.bounds.note(batch.len());
        }
        self.watermarks = watermarks;
    }

    /// Tells the operators of an input how far its time has come.
    fn advance(&mut self, stream: StreamId) {
        let advance = Advance { to: self.watermark(stream), last_fill_start: EventTime(i64::MAX) };
        self.advance_operators(stream, advance);
    }

    /// Lets the time of streams that have ended go on with the others', since the end of the whole
    /// input will be at least as far; so they hold no emit back.
    fn carry_ended(&mut self) {
        let open = self.streams.iter().filter(|it| !it.has_ended()).map(StreamProgress::watermark);
        let Some(open) = open.min().filter(|open| *open > Watermark::BEFORE_ALL) else { return };
        for stream in self.plan.stream_ids() {
            let behind = |it: &&mut StreamProgress| it.has_ended() && it.watermark() < open;
            if let Some(progress) = self.progress(stream).filter(behind) {
                progress.lift_all(EventTime(open.0));
                self.advance(stream);
            }
        }
    }

    fn finish(&mut self, finish: Finish, outbox: &mut Outbox) {
        // What any partition has reached, all have: which of them ended first is no matter.
        let reached = self.reached();
        let (to, last_fill_start) = match finish {
            Finish::Flush => (Watermark::AFTER_ALL, EventTime(reached.0)),
            Finish::At(time) => (reached.max(Watermark(time.0)), EventTime(i64::MAX)),
            Finish::AtLastEvent => (reached, EventTime(i64::MAX)),
        };
        for stream in self.plan.stream_ids() {
            let Some(progress) = self.progress(stream) else { continue };
            progress.lift_all(EventTime(to.0));
            let to = progress.watermark().max(to);
            self.advance_operators(stream, Advance { to, last_fill_start });
        }
        self.cascade(Flow::End { to, last_fill_start });
        self.release(Watermark::AFTER_ALL, outbox);
    }

    /// The watermark before which no emit can come any more.
    fn decided(&self) -> Watermark {
        let streams = self.plan.stream_ids().chain(self.plan.inner_ids()).zip(&self.followers);
        let read = streams.filter(|(_, followers)| !followers.is_empty());
        read.map(|(stream, _)| self.watermark(stream)).min().unwrap_or(Watermark::AFTER_ALL)
    }

    /// Holds emits that a checkpoint held.
    fn hold(&mut self, held: Vec<Staged>) {
        let earliest = held.iter().map(|staged| staged.order_time).min();
        self.held_from = earliest.unwrap_or(EventTime(i64::MAX));
        self.held = held;
    }

    /// Moves what nothing can come before to the outbox.
    fn release(&mut self, decided: Watermark, outbox: &mut Outbox) {
        outbox.late.append(&mut self.stage.late);
        outbox.errors.append(&mut self.stage.errors);
        outbox.held_back.append(&mut self.stage.held_back);
        outbox.repeated += std::mem::take(&mut self.stage.repeated);
        if self.order == OutputOrder::AsDecided {
            // An advance over several instants stages all rises of a rule before its falls.
            self.stage.emits.sort_by(Staged::merged_order);
            outbox.emits.extend(self.stage.emits.drain(..).map(|staged| staged.emit));
            return;
        }
        let mut staged = std::mem::take(&mut self.stage.emits);
        for staged in &staged {
            self.held_from = self.held_from.min(staged.order_time);
        }
        self.held.append(&mut staged);
        self.stage.emits = staged;
        let all = decided == Watermark::AFTER_ALL;
        if self.held.is_empty() || !(all || decided.has_decided(self.held_from)) {
            return;
        }
        // Emits come nearly in order, which this sort likes.
        self.held.sort_by(Staged::merged_order);
        let ready = |staged: &Staged| all || decided.has_decided(staged.order_time);
        let count = self.held.partition_point(ready);
        outbox.emits.extend(self.held.drain(..count).map(|staged| staged.emit));
        let earliest = self.held.first().map(|staged| staged.order_time);
        self.held_from = earliest.unwrap_or(EventTime(i64::MAX));
    }
}

#[cfg(test)]
mod tests;
