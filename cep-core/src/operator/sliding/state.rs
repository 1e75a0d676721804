//! The state of a sliding window as plain data.

use super::super::pending::PendingRow;
use super::super::trigger::SavedStates;
use super::Sliding;
use super::window::{KeyWindow, KeyWindowState};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// What a checkpoint holds of a sliding window.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SlidingState {
    pending: Vec<PendingRow>,
    windows: Vec<(Vec<u8>, KeyWindowState)>,
    trigger: SavedStates,
}

impl Sliding {
    pub(super) fn state(&self) -> SlidingState {
        let windows = (0_u32..)
            .zip(&self.windows)
            .filter_map(|(id, window)| Some((self.keys.encoded(id), window.as_ref()?.save())));
        SlidingState {
            pending: self.pending.save(&self.keys),
            windows: windows.collect(),
            trigger: self.trigger.save(|id| self.keys.encoded(id)),
        }
    }

    pub(super) fn restore(&mut self, state: SlidingState) -> Option<()> {
        self.pending.load(state.pending, &self.intake.input_types(), &mut self.keys)?;
        for (key, saved) in state.windows {
            let window = KeyWindow::load(&self.intake.calls, saved)?;
            let id = self.keys.intern_encoded(&key)?;
            if let Some(oldest) = window.oldest() {
                self.expiries.push(Reverse((oldest.saturating_add(self.size), id)));
            }
            self.windows.resize_with(self.keys.capacity(), || None);
            *self.windows.get_mut(id as usize)? = Some(Box::new(window));
        }
        self.trigger.load(state.trigger, &mut |bytes| self.keys.intern_encoded(bytes))
    }
}
