//! The slices of a group: which one an event goes into, and which ones a window holds.

use super::super::intake::Inputs;
use super::super::{Arrival, Disorder};
use crate::aggregate::{Places, new_states};
use crate::plan::AggregateCall;
use crate::window::{Cut, Slice};
use std::collections::BTreeMap;

/// How many emptied slices are kept for use again.
const POOLED_SLICES: usize = 16;

/// Where a slice begins, and the watermark up to which windows leave it out (`i64::MIN` for events
/// that were on time).
pub(super) type SliceKey = (i64, i64);

/// See the module.
#[derive(Debug)]
pub(super) struct SliceStore {
    /// How time is cut into slices.
    pub(super) cut: Cut,
    pub(super) slices: BTreeMap<SliceKey, Slice>,
    /// A slice without groups.
    pub(super) empty: Slice,
    /// Whether some rule fills, so that the groups' last event times are wanted.
    pub(super) fills: bool,
    /// Slices that the last batch made.
    pub(super) opened: Vec<SliceKey>,
    pool: Vec<Slice>,
}

/// Memory that is used again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) rows: Vec<u32>,
    pub(super) ids: Vec<u32>,
    slots: Vec<u32>,
    buckets: Vec<Bucket>,
}

/// The rows of a batch that go into one slice, and their keys.
#[derive(Debug, Default)]
struct Bucket {
    slice: SliceKey,
    /// Where the slice ends.
    end: i64,
    rows: Vec<u32>,
    ids: Vec<u32>,
}

impl SliceStore {
    pub(super) fn new(cut: Cut) -> Self {
        Self {
            cut,
            slices: BTreeMap::new(),
            empty: Slice::new(Vec::new()),
            fills: false,
            opened: Vec::new(),
            pool: Vec::new(),
        }
    }

    /// Keeps states for one more aggregate; only before the first event.
    pub(super) fn add_aggregate(&mut self, call: &AggregateCall) {
        self.empty.states.push(new_states(call));
    }

    /// The slices that the window `[start, end)` holds.
    pub(super) fn window(&self, start: i64, end: i64) -> impl Iterator<Item = &Slice> {
        self.slices
            .range((start, i64::MIN)..(end, i64::MIN))
            .filter(move |((_, left_out_to), _)| *left_out_to < end)
            .map(|(_, slice)| slice)
    }

    /// The slices that begin at `start` or later.
    pub(super) fn from(&self, start: i64) -> impl Iterator<Item = &Slice> {
        self.slices.range((start, i64::MIN)..).map(|(_, slice)| slice)
    }

    /// The slice for an event, and its end. `watermark` is its partition's just before it.
    fn slice_of(&self, time: i64, watermark: i64) -> (SliceKey, i64) {
        let (start, end) = self.cut.around(time);
        if end > watermark {
            ((start, i64::MIN), end)
        } else {
            // All windows end where slices do.
            ((start, self.cut.around(watermark).0), end)
        }
    }

    /// Sorts the rows into buckets, one a slice, and returns how many there are.
    fn fill_buckets(&self, arrival: &Arrival<'_>, scratch: &mut Scratch) -> usize {
        let Scratch { rows, ids, buckets, .. } = scratch;
        let mut used = 0_usize;
        let mut current = 0_usize;
        let mut highest: Option<SliceKey> = None;
        for (row, id) in rows.iter().zip(ids) {
            let at = *row as usize;
            let time = arrival.batch.times.get(at).copied().unwrap_or(0);
            let same = buckets.get(current).filter(|_| current < used).is_some_and(|bucket| {
                // Most rows go where the row before them went.
                arrival.disorder == Disorder::None && time >= bucket.slice.0 && time < bucket.end
            });
            if !same {
                let watermark = arrival.watermarks.get(at).copied().unwrap_or(i64::MIN);
                let (slice, end) = self.slice_of(time, watermark);
                // Time mostly goes on: a slice beyond all so far needs no search.
                let known = highest.is_some_and(|highest| slice <= highest);
                let found = buckets.iter().take(used).rposition(|it| known && it.slice == slice);
                current = found.unwrap_or(used);
                highest = highest.max(Some(slice));
                if current == used {
                    used += 1;
                    buckets.resize_with(buckets.len().max(used), Bucket::default);
                    if let Some(bucket) = buckets.get_mut(current) {
                        bucket.slice = slice;
                        bucket.end = end;
                        bucket.rows.clear();
                        bucket.ids.clear();
                    }
                }
            }
            if let Some(bucket) = buckets.get_mut(current) {
                bucket.rows.push(*row);
                bucket.ids.push(*id);
            }
        }
        used
    }

    /// Takes the rows of a batch in; `opened` then names the slices that were made for them.
    pub(super) fn take_in(
        &mut self,
        arrival: &Arrival<'_>,
        inputs: &Inputs<'_>,
        capacity: usize,
        scratch: &mut Scratch,
    ) {
        let batch = arrival.batch;
        let used = self.fill_buckets(arrival, scratch);
        let Scratch { buckets, slots, .. } = scratch;
        for bucket in buckets.iter().take(used) {
            let slice = self.slices.entry(bucket.slice).or_insert_with(|| {
                self.opened.push(bucket.slice);
                self.pool.pop().unwrap_or_else(|| self.empty.fresh())
            });
            slice.find_slots(&bucket.ids, capacity, slots);
            for (states, input) in slice.states.iter_mut().zip(&inputs.calls) {
                let rows = input.rows(Places::Batch(batch));
                states.update(slots, &bucket.rows, &rows, input.mask.as_deref());
            }
            let offset = |row: &u32| batch.offsets.get(*row as usize).copied().unwrap_or(0);
            let time = |row: &u32| batch.times.get(*row as usize).copied().unwrap_or(0);
            slice.causes.add(slots, batch.partition, bucket.rows.iter().map(offset));
            if self.fills {
                slice.note_times(slots, bucket.rows.iter().map(time));
            }
        }
    }

    /// Lets go of the slices that begin before `needed`.
    pub(super) fn purge_before(&mut self, needed: i64) {
        while let Some(entry) = self.slices.first_entry().filter(|it| it.key().0 < needed) {
            let mut slice = entry.remove();
            if self.pool.len() < POOLED_SLICES {
                slice.clear();
                self.pool.push(slice);
            }
        }
    }
}
