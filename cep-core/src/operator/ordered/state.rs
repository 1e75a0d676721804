//! The state of windows made of events one by one as plain data.

use super::super::pending::PendingRow;
use super::super::trigger::SavedStates;
use super::Ordered;
use super::window::{KeyWindow, KeyWindowState};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// What a checkpoint holds of windows made of events one by one.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OrderedState {
    pending: Vec<PendingRow>,
    windows: Vec<(Vec<u8>, KeyWindowState)>,
    trigger: SavedStates,
}

impl Ordered {
    pub(super) fn state(&self) -> OrderedState {
        let windows = (0_u32..)
            .zip(&self.windows)
            .filter_map(|(id, window)| Some((self.keys.encoded(id), window.as_ref()?.save())));
        OrderedState {
            pending: self.pending.save(&self.keys),
            windows: windows.collect(),
            trigger: self.trigger.save(|id| self.keys.encoded(id)),
        }
    }

    pub(super) fn restore(&mut self, state: OrderedState) -> Option<()> {
        self.pending.load(state.pending, &self.intake.input_types(), &mut self.keys)?;
        for (key, saved) in state.windows {
            let window = KeyWindow::load(self.kind, &self.intake.calls, saved)?;
            let id = self.keys.intern_encoded(&key)?;
            if let Some(open) = &window.open
                && matches!(self.kind, crate::plan::WindowKind::Session { .. })
            {
                self.ends.push(Reverse((self.end_of(open.first, open.last.time), id)));
            }
            self.windows.resize_with(self.keys.capacity(), || None);
            *self.windows.get_mut(id as usize)? = Some(Box::new(window));
        }
        let keys = &mut self.keys;
        self.trigger.load(state.trigger, &mut |bytes| keys.intern_encoded(bytes))
    }
}
