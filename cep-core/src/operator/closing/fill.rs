//! `fill`: the empty windows of keys that had events, and of keys that a table expects.

use super::super::expected::first_on_time;
use super::super::keys::KeyTable;
use super::super::{Arrival, Stage};
use super::rule::{Closing, ClosingRule};
use crate::time::{EventTime, Span};
use crate::window::Slice;

impl ClosingRule {
    /// Takes note of the first event that is late for no window.
    pub(super) fn note_first(&mut self, arrival: &Arrival<'_>) {
        if self.expected.is_none() {
            return;
        }
        let grid = &self.grid;
        let in_time = |time, watermark| grid.first_end_after(time) > watermark;
        first_on_time(arrival, in_time).into_iter().for_each(|time| self.begins(time));
    }

    /// An event of this time is late for no window.
    pub(super) fn begins(&mut self, time: i64) {
        let Some(expected) = &mut self.expected else { return };
        let before = expected.next();
        expected.begin(time);
        if let Some(next) = expected.next().filter(|next| Some(*next) != before) {
            self.expect_end_after(next);
        }
    }

    /// Gives the expected keys that count as heard of before `end` their empty windows.
    pub(super) fn hear_expected(&mut self, end: i64, keys: &mut KeyTable) {
        while let Some((instant, bytes)) = self.expected.as_mut().and_then(|it| it.pop_before(end))
        {
            let Some(id) = keys.intern_encoded(bytes) else { continue };
            self.last_seen.resize(keys.capacity().max(self.last_seen.len()), i64::MIN);
            if let Some(last) = self.last_seen.get_mut(id as usize) {
                if *last == i64::MIN {
                    self.filled.push(id);
                }
                *last = (*last).max(instant);
            }
        }
    }

    /// Gives the keys without an event in the window their empty one, and notes who will get one.
    pub(super) fn fill(
        &mut self,
        fill: Span,
        window: Option<&Slice>,
        last_fill_start: EventTime,
        closing: &mut Closing<'_>,
        empty: &Slice,
        stage: &mut Stage,
    ) {
        self.last_seen.resize(closing.keys.capacity(), i64::MIN);
        if let Some(window) = window {
            for (key, time) in window.keys.iter().zip(&window.last_times) {
                if let Some(last) = self.last_seen.get_mut(*key as usize) {
                    if *last == i64::MIN {
                        self.filled.push(*key);
                    }
                    *last = (*last).max(*time);
                }
            }
        }
        let last_seen = &self.last_seen;
        let reach = |key: u32, end: i64| {
            let last = last_seen.get(key as usize).copied().unwrap_or(i64::MIN);
            last != i64::MIN && end.saturating_sub(last) <= fill.0
        };
        if closing.start <= last_fill_start.0 {
            let absent: Vec<u32> = self
                .filled
                .iter()
                .copied()
                .filter(|key| window.is_none_or(|it| !it.has(*key)) && reach(*key, closing.end))
                .collect();
            if !absent.is_empty() {
                let mut nothing = empty.fresh();
                nothing.find_slots(&absent, closing.keys.capacity(), &mut Vec::new());
                self.judge(&nothing, closing, stage);
            }
        }
        let next = self.grid.next_end(closing.end);
        let last_seen = &mut self.last_seen;
        self.filled.retain(|key| {
            let last = last_seen.get_mut(*key as usize);
            let stays = last.as_ref().is_some_and(|last| next.saturating_sub(**last) <= fill.0);
            if let Some(last) = last.filter(|_| !stays) {
                *last = i64::MIN;
            }
            stays
        });
    }
}
