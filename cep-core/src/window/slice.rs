//! A slice: the piece of event time of which windows are made, with its groups' states.
//!
//! Every event goes into one slice, however many windows hold it; a window combines slices.

use super::CauseStore;
use crate::aggregate::AggregateStates;
use serde::{Deserialize, Serialize};

/// No slot for this key.
const NONE: u32 = u32::MAX;

/// The groups that have events in a piece of event time. Groups stand in slots, in the order in
/// which they came.
#[derive(Debug)]
pub(crate) struct Slice {
    /// The key ids, by slot.
    pub(crate) keys: Vec<u32>,
    /// The slots, by key id.
    slots: Vec<u32>,
    /// The states of each aggregate, by slot.
    pub(crate) states: Vec<Box<dyn AggregateStates>>,
    /// The events behind each group.
    pub(crate) causes: CauseStore,
    /// The largest event time of each group.
    pub(crate) last_times: Vec<i64>,
}

/// A slice as it stands in a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SliceState {
    keys: Vec<Vec<u8>>,
    states: Vec<Vec<u8>>,
    causes: CauseStore,
    last_times: Vec<i64>,
}

impl Slice {
    /// An empty slice for these aggregates.
    pub(crate) fn new(states: Vec<Box<dyn AggregateStates>>) -> Self {
        Self {
            keys: Vec::new(),
            slots: Vec::new(),
            states,
            causes: CauseStore::default(),
            last_times: Vec::new(),
        }
    }

    /// An empty slice with the same aggregates.
    pub(crate) fn fresh(&self) -> Self {
        Self::new(self.states.iter().map(|states| states.fresh()).collect())
    }

    /// Whether a key has a group here.
    pub(crate) fn has(&self, key: u32) -> bool {
        self.slots.get(key as usize).is_some_and(|slot| *slot != NONE)
    }

    /// Fills `found` with the slots of `keys`, making groups for new ones. Ids are below `capacity`.
    pub(crate) fn find_slots(&mut self, keys: &[u32], capacity: usize, found: &mut Vec<u32>) {
        found.clear();
        if self.slots.len() < capacity {
            self.slots.resize(capacity, NONE);
        }
        // The loads stand before the branches on what they load; see `IntTable::warm`.
        let touched = keys
            .iter()
            .fold(0, |sum, key| sum ^ self.slots.get(*key as usize).copied().unwrap_or(0));
        std::hint::black_box(touched);
        for key in keys {
            let Some(slot) = self.slots.get_mut(*key as usize) else { continue };
            if *slot == NONE {
                *slot = u32::try_from(self.keys.len()).unwrap_or(NONE);
                self.keys.push(*key);
            }
            found.push(*slot);
        }
        let groups = self.keys.len();
        self.states.iter_mut().for_each(|states| states.grow(groups));
        self.causes.grow(groups);
        self.last_times.resize(groups.max(self.last_times.len()), i64::MIN);
    }

    /// Notes the event times of groups.
    pub(crate) fn note_times(&mut self, slots: &[u32], times: impl Iterator<Item = i64>) {
        for (slot, time) in slots.iter().zip(times) {
            if let Some(last) = self.last_times.get_mut(*slot as usize) {
                *last = time.max(*last);
            }
        }
    }

    /// Takes all groups of another slice in.
    pub(crate) fn combine(&mut self, other: &Self, capacity: usize, slots: &mut Vec<u32>) {
        self.find_slots(&other.keys, capacity, slots);
        for (mine, theirs) in self.states.iter_mut().zip(&other.states) {
            mine.combine(slots, theirs.as_ref());
        }
        self.causes.combine(slots, &other.causes);
        self.note_times(slots, other.last_times.iter().copied());
    }

    /// Forgets all groups, keeping the memory.
    pub(crate) fn clear(&mut self) {
        for key in &self.keys {
            if let Some(slot) = self.slots.get_mut(*key as usize) {
                *slot = NONE;
            }
        }
        self.keys.clear();
        self.states.iter_mut().for_each(|states| states.clear());
        self.causes.clear();
        self.last_times.clear();
    }

    /// How many bytes each group holds but for its key and its aggregates' states, then how many the
    /// states of each aggregate hold: key ids first.
    pub(crate) fn sizes(&self, mut see: impl FnMut(u32, usize, &[usize])) {
        let mut of_states = vec![0; self.states.len()];
        for (slot, key) in self.keys.iter().enumerate() {
            for (bytes, states) in of_states.iter_mut().zip(&self.states) {
                *bytes = states.size(slot);
            }
            // Its id, slot and last time.
            see(*key, size_of::<(u32, u32, i64)>() + self.causes.size(slot), &of_states);
        }
    }

    /// The slice as plain data; `encoded` gives a key's canonical bytes.
    pub(crate) fn save(&self, encoded: impl Fn(u32) -> Vec<u8>) -> SliceState {
        SliceState {
            keys: self.keys.iter().map(|key| encoded(*key)).collect(),
            states: self.states.iter().map(|states| states.save()).collect(),
            causes: self.causes.clone(),
            last_times: self.last_times.clone(),
        }
    }

    /// Takes over what `save` gave; `intern` gives the id of a key's canonical bytes.
    pub(crate) fn load(
        &mut self,
        state: SliceState,
        mut intern: impl FnMut(&[u8]) -> Option<u32>,
    ) -> Option<()> {
        self.clear();
        let keys = state.keys.iter().map(|key| intern(key)).collect::<Option<Vec<_>>>()?;
        let capacity = keys.iter().max().map_or(0, |key| *key as usize + 1);
        let mut found = Vec::new();
        self.find_slots(&keys, capacity, &mut found);
        if state.states.len() != self.states.len() || state.last_times.len() != keys.len() {
            return None;
        }
        for (mine, saved) in self.states.iter_mut().zip(&state.states) {
            mine.load(saved)?;
            mine.grow(keys.len());
        }
        self.causes = state.causes;
        self.causes.grow(keys.len());
        self.last_times = state.last_times;
        Some(())
    }
}
