//! One aggregate over a first-in first-out window, in constant amortised time.
//!
//! The older part of the window is kept as a stack of suffix aggregates, the newer part as its
//! rows' states and their running aggregate; when the older part is used up, the newer one is
//! turned over. Nothing is ever subtracted, so any aggregate that can be combined will do.
//! Source: the two-stacks algorithm, folklore; as in Tangwongsan, Hirzel, Schneider, "Low-Latency
//! Sliding-Window Aggregation in Worst-Case Constant Time" (DEBS 2017), section 3.

use super::giving_back::GivingBack;
use super::top::TopSliding;
use super::{ForState, Keep, Row, Rows, Settings, Slides, State, for_state};
use crate::function::EvalError;
use crate::plan::AggregateCall;
use crate::value::{Value, held_bytes};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// One aggregate over the events of one key's sliding window.
pub trait SlidingAggregate: Debug + Send {
    /// The newest event: a row of the call's inputs. A row that is null, or does not `count`, still
    /// takes its place in the window.
    fn push(&mut self, inputs: &Rows<'_>, row: usize, counts: Counts);

    /// The oldest event leaves.
    fn evict(&mut self);

    /// The result over the events that are in the window.
    ///
    /// # Errors
    /// When the result does not fit its type.
    fn current(&self) -> Result<Value, EvalError>;

    /// About how many bytes its state holds.
    fn size(&self) -> usize;

    /// Its state as bytes.
    fn save(&self) -> Vec<u8>;

    /// Reads back what `save` wrote; `None` if the bytes are not that.
    fn load(&mut self, bytes: &[u8]) -> Option<()>;
}

/// Whether a row counts for an aggregate with a `where`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// It does.
    Yes,
    /// The `where` does not hold for it.
    No,
}

/// An empty window for an aggregate call.
#[must_use]
pub fn new_sliding(call: &AggregateCall) -> Box<dyn SlidingAggregate> {
    struct Build<'a>(&'a AggregateCall);
    impl ForState for Build<'_> {
        type Output = Box<dyn SlidingAggregate>;
        fn build<S: State>(self) -> Self::Output {
            match S::SLIDES {
                Slides::OnTwoStacks => Box::new(TwoStacks::<S>::new(self.0)),
                Slides::ByGivingBack => Box::new(GivingBack::<S>::new(self.0)),
            }
        }
    }
    if let Some(top) = TopSliding::of(call) {
        return Box::new(top);
    }
    for_state(call, Build(call))
}

#[derive(Debug)]
struct TwoStacks<S> {
    stacks: Stacks<S>,
    settings: Settings,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Stacks<S> {
    /// Aggregates of the older part: the last entry is over all of it, each entry below leaves
    /// out one more of the oldest.
    older: Vec<S>,
    /// The newer part, an entry a row.
    newer: Vec<S>,
    /// The aggregate of the newer part.
    newer_total: S,
}

impl<S: State> TwoStacks<S> {
    fn new(call: &AggregateCall) -> Self {
        Self { stacks: Stacks::default(), settings: Settings::of(call, Keep::Bounded) }
    }
}

/// The state of one row; the identity for one that does not count.
pub(super) fn row_state<S: State>(
    rows: &Rows<'_>,
    index: usize,
    counts: Counts,
    settings: &Settings,
) -> S {
    let mut state = S::default();
    if counts == Counts::Yes && rows.are_valid(index) {
        state.lift(Row { rows, index }, settings);
    }
    state
}

impl<S: State> SlidingAggregate for TwoStacks<S> {
    fn push(&mut self, inputs: &Rows<'_>, row: usize, counts: Counts) {
        let state: S = row_state(inputs, row, counts, &self.settings);
        self.stacks.newer_total.combine(&state, &self.settings);
        self.stacks.newer.push(state);
    }

    fn evict(&mut self) {
        let stacks = &mut self.stacks;
        if stacks.older.is_empty() {
            let mut total = S::default();
            for state in stacks.newer.drain(..).rev() {
                total.combine(&state, &self.settings);
                stacks.older.push(total.clone());
            }
            stacks.newer_total = S::default();
        }
        stacks.older.pop();
    }

    fn current(&self) -> Result<Value, EvalError> {
        match self.stacks.older.last() {
            None => self.stacks.newer_total.lower(&self.settings),
            Some(older) => {
                let mut total = older.clone();
                total.combine(&self.stacks.newer_total, &self.settings);
                total.lower(&self.settings)
            }
        }
    }

    fn size(&self) -> usize {
        let Stacks { older, newer, newer_total } = &self.stacks;
        older.iter().chain(newer).chain([newer_total]).map(held_bytes).sum()
    }

    fn save(&self) -> Vec<u8> {
        // Encoding plain data into memory has no way to fail.
        postcard::to_stdvec(&self.stacks).unwrap_or_default()
    }

    fn load(&mut self, bytes: &[u8]) -> Option<()> {
        self.stacks = postcard::from_bytes(bytes).ok()?;
        Some(())
    }
}
