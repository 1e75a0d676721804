//! One aggregate over a first-in first-out window, for states that are collections of their rows:
//! a row that leaves is taken out of the collection, exactly, and nothing is added up anew.

use super::two_stacks::row_state;
use super::{Counts, Keep, Rows, Settings, SlidingAggregate, State};
use crate::function::EvalError;
use crate::plan::AggregateCall;
use crate::value::{Value, held_bytes};
use std::collections::VecDeque;

/// See the module.
#[derive(Debug)]
pub(super) struct GivingBack<S> {
    /// The state of each row in the window, the oldest first.
    rows: VecDeque<S>,
    /// All of them together.
    total: S,
    settings: Settings,
}

impl<S: State> GivingBack<S> {
    pub(super) fn new(call: &AggregateCall) -> Self {
        let settings = Settings::of(call, Keep::All);
        Self { rows: VecDeque::new(), total: S::default(), settings }
    }
}

impl<S: State> SlidingAggregate for GivingBack<S> {
    fn push(&mut self, inputs: &Rows<'_>, row: usize, counts: Counts) {
        let state: S = row_state(inputs, row, counts, &self.settings);
        self.total.combine(&state, &self.settings);
        self.rows.push_back(state);
    }

    fn evict(&mut self) {
        if let Some(oldest) = self.rows.pop_front() {
            self.total.give_back(&oldest);
        }
    }

    fn current(&self) -> Result<Value, EvalError> {
        self.total.lower(&self.settings)
    }

    fn size(&self) -> usize {
        // All together they are as large as one by one.
        2 * self.rows.iter().map(held_bytes).sum::<usize>()
    }

    fn save(&self) -> Vec<u8> {
        // Encoding plain data into memory has no way to fail.
        postcard::to_stdvec(&self.rows).unwrap_or_default()
    }

    fn load(&mut self, bytes: &[u8]) -> Option<()> {
        self.rows = postcard::from_bytes(bytes).ok()?;
        self.total = S::default();
        for state in &self.rows {
            self.total.combine(state, &self.settings);
        }
        Some(())
    }
}
