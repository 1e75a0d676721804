//! One aggregate over events of which none leaves: what is kept is the state alone.

use super::two_stacks::Counts;
use super::{ForState, State, for_state};
use crate::function::EvalError;
use crate::plan::AggregateCall;
use crate::value::{Column, Value};
use std::fmt::Debug;

/// One aggregate over the events of one key's growing window.
pub trait RunningAggregate: Debug + Send {
    /// The newest event: a row of the call's input. One that is null or does not `count` is
    /// skipped.
    fn push(&mut self, input: Option<&Column>, row: usize, counts: Counts);

    /// The result over the events so far.
    ///
    /// # Errors
    /// When the result does not fit its type.
    fn current(&self) -> Result<Value, EvalError>;

    /// Its state as bytes.
    fn save(&self) -> Vec<u8>;

    /// Reads back what `save` wrote; `None` if the bytes are not that.
    fn load(&mut self, bytes: &[u8]) -> Option<()>;
}

/// An aggregate call over no events yet.
#[must_use]
pub fn new_running(call: &AggregateCall) -> Box<dyn RunningAggregate> {
    struct Build;
    impl ForState for Build {
        type Output = Box<dyn RunningAggregate>;
        fn build<S: State>(self) -> Self::Output {
            Box::new(Running::<S>(S::default()))
        }
    }
    for_state(call, Build)
}

#[derive(Debug)]
struct Running<S>(S);

impl<S: State> RunningAggregate for Running<S> {
    fn push(&mut self, input: Option<&Column>, row: usize, counts: Counts) {
        if counts == Counts::Yes && input.is_none_or(|column| column.is_valid(row)) {
            self.0.lift(input, row);
        }
    }

    fn current(&self) -> Result<Value, EvalError> {
        self.0.lower()
    }

    fn save(&self) -> Vec<u8> {
        // Encoding plain data into memory has no way to fail.
        postcard::to_stdvec(&self.0).unwrap_or_default()
    }

    fn load(&mut self, bytes: &[u8]) -> Option<()> {
        self.0 = postcard::from_bytes(bytes).ok()?;
        Some(())
    }
}
