//! The states of one aggregate for many groups, side by side.

use super::top::TopStates;
use super::{ForState, Keep, Row, Rows, Settings, State, for_state};
use crate::operator::Errors;
use crate::plan::AggregateCall;
use crate::value::{Column, held_bytes};
use std::any::Any;
use std::fmt::Debug;

/// The states of one aggregate call, one a slot. All slots start with the identity.
pub trait AggregateStates: Debug + Send {
    /// Makes room for `slots` slots in all.
    fn grow(&mut self, slots: usize);

    /// Takes in rows: row `rows[i]` goes to slot `slots[i]`. Null rows, and rows for which `mask`
    /// does not hold, are skipped.
    fn update(&mut self, slots: &[u32], rows: &[u32], inputs: &Rows<'_>, mask: Option<&[bool]>);

    /// Takes all slots of `other` in: slot `i` of it goes to slot `slots[i]` here.
    fn combine(&mut self, slots: &[u32], other: &dyn AggregateStates);

    /// The results of `len` slots from `from` on, appended to `into`, and which have none; a row
    /// in the errors counts from `from`.
    fn lower(&self, from: usize, len: usize, into: &mut Column) -> Errors;

    /// Forgets all slots, keeping the memory.
    fn clear(&mut self);

    /// An empty one of the same kind.
    fn fresh(&self) -> Box<dyn AggregateStates>;

    /// About how many bytes the state of a slot holds.
    fn size(&self, slot: usize) -> usize;

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
    struct Build(Settings);
    impl ForState for Build {
        type Output = Box<dyn AggregateStates>;
        fn build<S: State>(self) -> Self::Output {
            Box::new(States::<S> { slots: Vec::new(), settings: self.0 })
        }
    }
    if let Some(top) = TopStates::of(call) {
        return Box::new(top);
    }
    for_state(call, Build(Settings::of(call, Keep::Bounded)))
}

#[derive(Debug)]
struct States<S> {
    slots: Vec<S>,
    settings: Settings,
}

impl<S: State> AggregateStates for States<S> {
    fn grow(&mut self, slots: usize) {
        if slots > self.slots.len() {
            self.slots.resize_with(slots, S::default);
        }
    }

    fn update(&mut self, slots: &[u32], rows: &[u32], inputs: &Rows<'_>, mask: Option<&[bool]>) {
        let valid = inputs.first.map_or(&[][..], |column| &column.valid);
        let also = inputs.second.map_or(&[][..], |column| &column.valid);
        for (slot, row) in slots.iter().zip(rows) {
            let index = *row as usize;
            let counts = valid.get(index).copied().unwrap_or(true)
                && also.get(index).copied().unwrap_or(true)
                && mask.is_none_or(|mask| mask.get(index).copied().unwrap_or(false));
            if counts && let Some(state) = self.slots.get_mut(*slot as usize) {
                state.lift(Row { rows: inputs, index }, &self.settings);
            }
        }
    }

    fn combine(&mut self, slots: &[u32], other: &dyn AggregateStates) {
        let Some(other) = other.as_any().downcast_ref::<Self>() else { return };
        for (slot, state) in slots.iter().zip(&other.slots) {
            if let Some(mine) = self.slots.get_mut(*slot as usize) {
                mine.combine(state, &self.settings);
            }
        }
    }

    fn lower(&self, from: usize, len: usize, into: &mut Column) -> Errors {
        let mut errors = Errors::default();
        for (row, state) in self.slots.iter().skip(from).take(len).enumerate() {
            match state.lower(&self.settings) {
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
        self.slots.clear();
    }

    fn fresh(&self) -> Box<dyn AggregateStates> {
        Box::new(Self { slots: Vec::new(), settings: self.settings.clone() })
    }

    fn size(&self, slot: usize) -> usize {
        self.slots.get(slot).map_or(0, held_bytes)
    }

    fn save(&self) -> Vec<u8> {
        // Encoding plain data into memory has no way to fail.
        postcard::to_stdvec(&self.slots).unwrap_or_default()
    }

    fn load(&mut self, bytes: &[u8]) -> Option<()> {
        self.slots = postcard::from_bytes(bytes).ok()?;
        Some(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
