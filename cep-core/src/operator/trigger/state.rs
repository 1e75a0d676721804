//! One key's state, and all of them as plain data.

use super::super::keys::KeyTable;
use super::TriggerStates;
use crate::plan::Hold;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// Where a key's edge stands; times are in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    /// The condition does not hold, or was never judged.
    #[default]
    Low,
    /// The condition holds, but not for long enough yet.
    Held {
        /// Since when.
        since: i64,
        /// At how many judgements.
        windows: u32,
    },
    /// It has fired.
    High {
        /// Since when the condition has held.
        since: i64,
    },
}

/// What a checkpoint holds of them: the keys' canonical bytes and their states.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct SavedStates(Vec<(Vec<u8>, State)>);

impl TriggerStates {
    /// How many bytes the state of each key that is not low holds.
    pub(crate) fn sizes(&self, keys: &KeyTable, see: &mut dyn FnMut(u32, usize)) {
        self.keys_with_state().for_each(|id| see(id, keys.encoded_len(id) + size_of::<State>()));
    }

    /// All states; `encoded` gives a key's canonical bytes.
    pub(crate) fn save(&self, encoded: impl Fn(u32) -> Vec<u8>) -> SavedStates {
        let state = |id: u32| self.states.get(id as usize).copied().unwrap_or_default();
        SavedStates(self.keys_with_state().map(|id| (encoded(id), state(id))).collect())
    }

    /// Takes over what `save` gave; `intern` gives the id of a key.
    pub(crate) fn load(
        &mut self,
        saved: SavedStates,
        intern: &mut impl FnMut(&[u8]) -> Option<u32>,
    ) -> Option<()> {
        for (bytes, state) in saved.0 {
            let id = intern(&bytes)?;
            self.set(id, state);
            if let (State::Held { since, .. }, Hold::For(span)) = (state, self.trigger.hold()) {
                self.timers.push(Reverse((since.saturating_add(span.0), id)));
            }
        }
        Some(())
    }
}
