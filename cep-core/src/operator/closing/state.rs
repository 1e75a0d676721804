//! The state of a group of closing windows as plain data.

use super::super::expected::{Expected, ExpectedState};
use super::super::trigger::SavedStates;
use super::ClosingGroup;
use super::delayed;
use super::past::PastState;
use super::revise::RevisionsState;
use super::store::SliceKey;
use crate::time::Watermark;
use crate::window::SliceState;
use serde::{Deserialize, Serialize};

/// What a checkpoint holds of a group.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ClosingState {
    closed_to: Watermark,
    slices: Vec<(SliceKey, SliceState)>,
    rules: Vec<RuleState>,
    revisions: Option<RevisionsState>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RuleState {
    next_end: Option<i64>,
    /// The canonical bytes of the keys that get empty windows, and their last event times.
    filled: Vec<(Vec<u8>, i64)>,
    expected: Option<ExpectedState>,
    trigger: SavedStates,
    past: Vec<PastState>,
}

impl ClosingGroup {
    pub(super) fn state(&self) -> ClosingState {
        let encoded = |id: u32| self.keys.encoded(id);
        let rules = self.rules.iter().map(|rule| {
            let last = |key: &u32| rule.last_seen.get(*key as usize).copied().unwrap_or(i64::MIN);
            RuleState {
                next_end: rule.next_end,
                filled: rule.filled.iter().map(|key| (encoded(*key), last(key))).collect(),
                expected: rule.expected.as_ref().map(Expected::save),
                trigger: rule.trigger.save(encoded),
                past: rule.past.save(encoded),
            }
        });
        ClosingState {
            closed_to: self.closed_to,
            slices: self
                .store
                .slices
                .iter()
                .map(|(key, slice)| (*key, slice.save(encoded)))
                .collect(),
            rules: rules.collect(),
            revisions: self.revisions.as_ref().map(|it| it.save(&self.keys)),
        }
    }

    pub(super) fn restore(&mut self, state: ClosingState) -> Option<()> {
        if state.rules.len() != self.rules.len() {
            return None;
        }
        self.closed_to = state.closed_to;
        for (key, saved) in state.slices {
            let mut slice = self.store.empty.fresh();
            slice.load(saved, |bytes| self.keys.intern_encoded(bytes))?;
            self.store.slices.insert(key, slice);
        }
        if let (Some(revisions), Some(saved)) = (&mut self.revisions, state.revisions) {
            let types = delayed::types(self.intake.input_types());
            revisions.load(saved, &types, &self.store.empty, &mut self.keys)?;
        }
        for (rule, saved) in self.rules.iter_mut().zip(state.rules) {
            rule.next_end = saved.next_end;
            for (bytes, last) in saved.filled {
                let id = self.keys.intern_encoded(&bytes)?;
                rule.last_seen.resize(self.keys.capacity(), i64::MIN);
                *rule.last_seen.get_mut(id as usize)? = last;
                rule.filled.push(id);
            }
            if let (Some(expected), Some(saved)) = (&mut rule.expected, saved.expected) {
                expected.load(saved)?;
            }
            rule.trigger.load(saved.trigger, &mut |bytes| self.keys.intern_encoded(bytes))?;
            rule.past.load(saved.past, &mut |bytes| self.keys.intern_encoded(bytes))?;
        }
        Some(())
    }
}
