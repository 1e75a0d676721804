//! One aggregate over events of which none leaves: what is kept is the state alone.

use super::top::TopRunning;
use super::two_stacks::Counts;
use super::{ForState, Keep, Row, Rows, Settings, State, for_state};
use crate::function::EvalError;
use crate::plan::AggregateCall;
use crate::value::{Value, held_bytes};
use std::fmt::Debug;

/// One aggregate over the events of one key's growing window.
pub trait RunningAggregate: Debug + Send {
    /// The newest event: a row of the call's inputs. One that is null or does not `count` is
    /// skipped.
    fn push(&mut self, inputs: &Rows<'_>, row: usize, counts: Counts);

    /// The result over the events so far.
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

/// An aggregate call over no events yet.
#[must_use]
pub fn new_running(call: &AggregateCall) -> Box<dyn RunningAggregate> {
    struct Build(Settings);
    impl ForState for Build {
        type Output = Box<dyn RunningAggregate>;
        fn build<S: State>(self) -> Self::Output {
            Box::new(Running { state: S::default(), settings: self.0 })
        }
    }
    if let Some(top) = TopRunning::of(call) {
        return Box::new(top);
    }
    for_state(call, Build(Settings::of(call, Keep::Bounded)))
}

#[derive(Debug)]
struct Running<S> {
    state: S,
    settings: Settings,
}

impl<S: State> RunningAggregate for Running<S> {
    fn push(&mut self, inputs: &Rows<'_>, row: usize, counts: Counts) {
        if counts == Counts::Yes && inputs.are_valid(row) {
            self.state.lift(Row { rows: inputs, index: row }, &self.settings);
        }
    }

    fn current(&self) -> Result<Value, EvalError> {
        self.state.lower(&self.settings)
    }

    fn size(&self) -> usize {
        held_bytes(&self.state)
    }

    fn save(&self) -> Vec<u8> {
        // Encoding plain data into memory has no way to fail.
        postcard::to_stdvec(&self.state).unwrap_or_default()
    }

    fn load(&mut self, bytes: &[u8]) -> Option<()> {
        self.state = postcard::from_bytes(bytes).ok()?;
        Some(())
    }
}
