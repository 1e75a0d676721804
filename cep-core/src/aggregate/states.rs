//! The states of one aggregate for many groups, side by side.

use super::{ForState, State, for_state};
use crate::operator::Errors;
use crate::plan::AggregateCall;
use crate::value::Column;
use std::any::Any;
use std::fmt::Debug;

/// The states of one aggregate call, one a slot. All slots start with the identity.
pub trait AggregateStates: Debug + Send {
    /// Makes room for `slots` slots in all.
    fn grow(&mut self, slots: usize);

    /// Takes in rows: row `rows[i]` goes to slot `slots[i]`. Null rows, and rows for which `mask`
    /// does not hold, are skipped.
    fn update(
        &mut self,
        slots: &[u32],
        rows: &[u32],
        input: Option<&Column>,
        mask: Option<&[bool]>,
    );

    /// Takes all slots of `other` in: slot `i` of it goes to slot `slots[i]` here.
    fn combine(&mut self, slots: &[u32], other: &dyn AggregateStates);

    /// The results of `len` slots from `from` on, appended to `into`, and which have none; a row
    /// in the errors counts from `from`.
    fn lower(&self, from: usize, len: usize, into: &mut Column) -> Errors;

    /// Forgets all slots, keeping the memory.
    fn clear(&mut self);

    /// An empty one of the same kind.
    fn fresh(&self) -> Box<dyn AggregateStates>;

    /// All states as bytes.
    fn save(&self) -> Vec<u8>;

    /// Reads back what `save` wrote; `None` if the bytes are not that.
    fn load(&mut self, bytes: &[u8]) -> Option<()>;

    /// Itself, for those who know what it is.
    fn as_any(&self) -> &dyn Any;
}

/// Empty states for an aggregate call.
#[must_use]
pub fn new_states(call: &AggregateCall) -> Box<dyn AggregateStates> {
    struct Build;
    impl ForState for Build {
        type Output = Box<dyn AggregateStates>;
        fn build<S: State>(self) -> Self::Output {
            Box::new(States::<S>(Vec::new()))
        }
    }
    for_state(call, Build)
}

#[derive(Debug)]
struct States<S>(Vec<S>);

impl<S: State> AggregateStates for States<S> {
    fn grow(&mut self, slots: usize) {
        if slots > self.0.len() {
            self.0.resize_with(slots, S::default);
        }
    }

    fn update(
        &mut self,
        slots: &[u32],
        rows: &[u32],
        input: Option<&Column>,
        mask: Option<&[bool]>,
    ) {
        let valid = input.map_or(&[][..], |column| &column.valid);
        for (slot, row) in slots.iter().zip(rows) {
            let row = *row as usize;
            let counts = valid.get(row).copied().unwrap_or(true)
                && mask.is_none_or(|mask| mask.get(row).copied().unwrap_or(false));
            if counts && let Some(state) = self.0.get_mut(*slot as usize) {
                state.lift(input, row);
            }
        }
    }

    fn combine(&mut self, slots: &[u32], other: &dyn AggregateStates) {
        let Some(other) = other.as_any().downcast_ref::<Self>() else { return };
        for (slot, state) in slots.iter().zip(&other.0) {
            if let Some(mine) = self.0.get_mut(*slot as usize) {
                mine.combine(state);
            }
        }
    }

    fn lower(&self, from: usize, len: usize, into: &mut Column) -> Errors {
        let mut errors = Errors::default();
        for (row, state) in self.0.iter().skip(from).take(len).enumerate() {
            match state.lower() {
                Ok(value) => into.push(&value),
                Err(error) => {
                    into.push_null();
                    errors.push(row, error);
                }
            }
        }
        errors
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn fresh(&self) -> Box<dyn AggregateStates> {
        Box::new(Self(Vec::new()))
    }

    fn save(&self) -> Vec<u8> {
        // Encoding plain data into memory has no way to fail.
        postcard::to_stdvec(&self.0).unwrap_or_default()
    }

    fn load(&mut self, bytes: &[u8]) -> Option<()> {
        self.0 = postcard::from_bytes(bytes).ok()?;
        Some(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
