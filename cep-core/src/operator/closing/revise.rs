//! `allow D`: windows that have closed are kept for D, and late events revise what was emitted.
//!
//! An event that is late for a window by its own partition's watermark takes effect when the
//! rule's watermark has passed that watermark, in the order of (watermark, partition, offset). So
//! which revisions there are and what each holds is a function of the logs.

use super::super::firing::Staged;
use super::super::intake::Inputs;
use super::super::keys::KeyTable;
use super::super::pending::{Pending, PendingRow, Place};
use super::super::{Advance, Arrival, KeptFor, See, Stage};
use super::ClosingGroup;
use super::delayed::{self, Delayed, time_and_watermark};
use super::rule::{Closing, ClosingRule};
use crate::engine::Emit;
use crate::plan::{KeyPart, RuleId};
use crate::time::{EventTime, Span};
use crate::value::{Type, Value, held_bytes};
use crate::window::{Grid, Slice, SliceState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was emitted for a key and emit line of a window.
type ToldBy = BTreeMap<(Arc<[Value]>, u32), Emit>;

/// See the module.
#[derive(Debug)]
pub(super) struct Revisions {
    pub(super) allow: Span,
    /// Late events, by the watermark that made them late. The last column holds their times.
    pub(super) pending: Pending,
    /// The windows that have closed and are kept, by their ends.
    pub(super) closed: BTreeMap<i64, ClosedWindow>,
}

/// A window that has closed.
#[derive(Debug)]
pub(super) struct ClosedWindow {
    pub(super) slice: Slice,
    /// The newest revision of each emit.
    told: ToldBy,
}

/// What a checkpoint holds of revisions.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct RevisionsState {
    pending: Vec<PendingRow>,
    closed: Vec<(i64, SliceState, Vec<Emit>)>,
}

impl Revisions {
    pub(super) fn new(allow: Span) -> Self {
        Self { allow, pending: Pending::default(), closed: BTreeMap::new() }
    }

    /// Puts the rows that are late for a window aside, and leaves in `rows` and `ids` those that
    /// some window to come holds.
    pub(super) fn put_aside(
        &mut self,
        grid: &Grid,
        arrival: &Arrival<'_>,
        inputs: &Inputs<'_>,
        rows: &mut Vec<u32>,
        ids: &mut Vec<u32>,
    ) {
        let is_late = |row: u32| {
            let (time, watermark) = time_and_watermark(arrival, row);
            grid.first_end_after(time) <= watermark
        };
        let late: Vec<(u32, u32)> = (rows.iter().copied().zip(ids.iter().copied()))
            .filter(|(row, _)| is_late(*row))
            .collect();
        if late.is_empty() {
            return;
        }
        let (late_rows, late_ids): (Vec<u32>, Vec<u32>) = late.into_iter().unzip();
        let late = (late_rows.as_slice(), late_ids);
        delayed::wait(&mut self.pending, arrival, inputs, late, |_, watermark| watermark);
        let wanted = |row: u32| {
            let (time, watermark) = time_and_watermark(arrival, row);
            grid.last_end_of(time) > watermark
        };
        let kept: Vec<(u32, u32)> = (rows.iter().copied().zip(ids.iter().copied()))
            .filter(|(row, _)| wanted(*row))
            .collect();
        *rows = kept.iter().map(|(row, _)| *row).collect();
        *ids = kept.iter().map(|(_, id)| *id).collect();
    }

    /// Keeps a window that has just closed, with the emits that were staged since `mark`.
    pub(super) fn keep(&mut self, end: i64, slice: Slice, stage: &Stage, mark: usize) {
        let told = stage.emits.iter().skip(mark).map(|staged| {
            let emit = &staged.emit;
            ((emit.key.clone(), emit.line), emit.clone())
        });
        self.closed.insert(end, ClosedWindow { slice, told: told.collect() });
    }

    /// Lets go of the windows that have been kept long enough.
    pub(super) fn purge(&mut self, to: i64) {
        let allow = self.allow.0;
        self.closed.retain(|end, _| end.saturating_add(allow) > to);
    }

    /// The positions that may still be named as causes.
    pub(super) fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.pending.positions(see);
        self.closed.values().for_each(|window| window.slice.causes.positions(see));
    }

    /// How many bytes it keeps of each key.
    pub(super) fn sizes(&self, keys: &KeyTable, rule: RuleId, see: &mut See<'_>) {
        let seen = &mut |id, bytes| see(rule, KeptFor::Id(keys, id), bytes);
        self.pending.sizes(keys, seen);
        for window in self.closed.values() {
            window.slice.sizes(|id, group, states| {
                seen(id, keys.encoded_len(id) + group + states.iter().sum::<usize>());
            });
        }
        for emit in self.closed.values().flat_map(|window| window.told.values()) {
            see(rule, KeptFor::Key(&emit.key), held_bytes(emit));
        }
    }

    /// The keys with state.
    pub(super) fn keys(&self) -> impl Iterator<Item = u32> {
        let closed = self.closed.values().flat_map(|window| window.slice.keys.iter().copied());
        self.pending.ids().chain(closed)
    }

    pub(super) fn save(&self, keys: &KeyTable) -> RevisionsState {
        let closed = self.closed.iter().map(|(end, window)| {
            let slice = window.slice.save(|id| keys.encoded(id));
            (*end, slice, window.told.values().cloned().collect())
        });
        RevisionsState { pending: self.pending.save(keys), closed: closed.collect() }
    }

    pub(super) fn load(
        &mut self,
        state: RevisionsState,
        types: &[Option<Type>],
        empty: &Slice,
        keys: &mut KeyTable,
    ) -> Option<()> {
        self.pending.load(state.pending, types, keys)?;
        for (end, saved, told) in state.closed {
            let mut slice = empty.fresh();
            slice.load(saved, |bytes| keys.intern_encoded(bytes))?;
            let told = told.into_iter().map(|emit| ((emit.key.clone(), emit.line), emit));
            self.closed.insert(end, ClosedWindow { slice, told: told.collect() });
        }
        Some(())
    }
}

impl ClosingGroup {
    /// Lets the late events take effect whose turn has come, and lets go of old windows.
    pub(super) fn revise(&mut self, advance: Advance, stage: &mut Stage) {
        let (Some(revisions), Some(rule)) = (&mut self.revisions, self.rules.first_mut()) else {
            return;
        };
        while let Some(late) = delayed::next(&mut revisions.pending, advance) {
            let from = late.time.max(late.place.time.saturating_sub(revisions.allow.0));
            let mut end = rule.grid.first_end_after(from);
            let last = rule.grid.last_end_of(late.time).min(late.place.time);
            while end <= last {
                let empty = &self.store.empty;
                let window = revisions.closed.entry(end).or_insert_with(|| ClosedWindow {
                    slice: empty.fresh(),
                    told: BTreeMap::new(),
                });
                let start = rule.grid.start_of(end);
                let parts = self.intake.key.as_slice();
                revise_window(rule, window, (start, end), &late, &mut self.keys, parts, stage);
                end = rule.grid.next_end(end);
            }
        }
        revisions.purge(advance.to.0);
    }
}

/// Takes a late event into a closed window and stages what that changes.
fn revise_window(
    rule: &mut ClosingRule,
    window: &mut ClosedWindow,
    (start, end): (i64, i64),
    late: &Delayed,
    keys: &mut KeyTable,
    parts: &[KeyPart],
    stage: &mut Stage,
) {
    let Some(slot) = late.take_in(&mut window.slice, keys.capacity()) else { return };
    let Place { time: order, partition, offset } = late.place;
    let (mark, errors) = (stage.emits.len(), stage.errors.len());
    let closing = &mut Closing { start, end, completing: None, keys, parts };
    rule.judge_one(&window.slice, slot, closing, stage);
    let found: Vec<Staged> = stage.emits.drain(mark..).collect();
    if stage.errors.len() > errors {
        // A judgement without a value changes nothing that was said.
        return;
    }
    let key = closing.keys.values(late.id);
    let causes = window.slice.causes.of(slot, rule.stream());
    // What is numbered from 1 stands after what was emitted as the window closed.
    let tie = (partition.saturating_add(1), offset);
    for line in 0..rule.lines() {
        let new = found.iter().find(|staged| staged.emit.line == line).map(|it| &it.emit);
        let old = window.told.get(&(key.clone(), line)).cloned();
        let said = match (new, old) {
            (Some(new), None) => Some(new.clone()),
            (Some(new), Some(old)) if old.retracted || old.values != new.values => {
                Some(Emit { revision: old.revision.saturating_add(1), ..new.clone() })
            }
            (None, Some(old)) if !old.retracted => Some(Emit {
                revision: old.revision.saturating_add(1),
                retracted: true,
                causes: causes.clone(),
                ..old
            }),
            _ => None,
        };
        if let Some(emit) = said {
            window.told.insert((key.clone(), line), emit.clone());
            stage.emits.push(Staged { order_time: EventTime(order), tie, emit });
        }
    }
}
