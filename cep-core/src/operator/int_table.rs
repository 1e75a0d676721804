//! From integers to ids, with one memory access a look-up.
//!
//! Open addressing with linear probing over entries that hold key and id together; at most three
//! of four places are used. Entries are never taken out one by one: the owner makes the table anew.

use foldhash::fast::FixedState;
use std::hash::BuildHasher;

/// The id of an empty place.
const NONE: u32 = u32::MAX;
/// The smallest number of places.
const MIN_PLACES: usize = 16;

/// See the module.
#[derive(Debug)]
pub(super) struct IntTable {
    places: Vec<(i64, u32)>,
    used: usize,
    hasher: FixedState,
}

impl IntTable {
    pub(super) fn new(hasher: FixedState) -> Self {
        Self { places: vec![(0, NONE); MIN_PLACES], used: 0, hasher }
    }

    /// Brings the entries of keys that are looked up next into the cache. The loads stand before
    /// all branches on what they load, so the processor waits for many of them at once.
    pub(super) fn warm(&self, keys: impl Iterator<Item = i64>) {
        let mask = self.places.len() - 1;
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
        let place = |key: i64| self.hasher.hash_one(key) as usize & mask;
        let touched = keys
            .fold(0, |sum: u32, key| sum ^ self.places.get(place(key)).map_or(0, |entry| entry.1));
        std::hint::black_box(touched);
    }

    /// The id of a key, or the place where it belongs.
    pub(super) fn find(&self, key: i64) -> Result<u32, usize> {
        let mask = self.places.len() - 1;
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
        let mut place = self.hasher.hash_one(key) as usize & mask;
        loop {
            match self.places.get(place) {
                Some((known, id)) if *id != NONE => {
                    if *known == key {
                        return Ok(*id);
                    }
                }
                _ => return Err(place),
            }
            place = (place + 1) & mask;
        }
    }

    /// Gives a new key an id, at the place that `find` named.
    pub(super) fn insert(&mut self, place: usize, key: i64, id: u32) {
        if let Some(entry) = self.places.get_mut(place) {
            *entry = (key, id);
            self.used += 1;
        }
        if self.used * 4 > self.places.len() * 3 {
            let entries = std::mem::take(&mut self.places);
            self.refill(entries.into_iter().filter(|(_, id)| *id != NONE), self.used);
        }
    }

    /// Keeps only the entries whose id is wanted.
    pub(super) fn retain(&mut self, mut wanted: impl FnMut(u32) -> bool) {
        let mut entries = std::mem::take(&mut self.places);
        entries.retain(|(_, id)| *id != NONE && wanted(*id));
        let kept = entries.len();
        self.refill(entries.into_iter(), kept);
    }

    fn refill(&mut self, entries: impl Iterator<Item = (i64, u32)>, expected: usize) {
        self.places = vec![(0, NONE); (expected * 2).next_power_of_two().max(MIN_PLACES)];
        self.used = 0;
        for (key, id) in entries {
            if let Err(place) = self.find(key)
                && let Some(entry) = self.places.get_mut(place)
            {
                *entry = (key, id);
                self.used += 1;
            }
        }
    }
}
