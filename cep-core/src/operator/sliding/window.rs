//! The window of one key.

use super::super::pending::{Chunk, Place};
use crate::aggregate::{SlidingAggregate, new_sliding};
use crate::engine::Causes;
use crate::plan::{AggregateCall, StreamId};
use crate::value::RowOrigin;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The events of one key that are not too old, and their aggregates.
#[derive(Debug)]
pub(super) struct KeyWindow {
    /// Events in order. The first `left` of them have left the window, but may still be causes of
    /// judgements that were not followed yet.
    events: VecDeque<Event>,
    left: usize,
    /// How many events were taken off the front for good.
    gone: u64,
    pub(super) aggregates: Vec<Box<dyn SlidingAggregate>>,
}

/// Where an event stands, and when it came.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Event {
    time: i64,
    partition: u32,
    offset: u64,
}

/// A key's window as it stands in a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeyWindowState {
    events: Vec<Event>,
    aggregates: Vec<Vec<u8>>,
}

impl KeyWindow {
    pub(super) fn new(calls: &[AggregateCall]) -> Self {
        Self {
            events: VecDeque::new(),
            left: 0,
            gone: 0,
            aggregates: calls.iter().map(new_sliding).collect(),
        }
    }

    /// The time of the oldest event in the window.
    pub(super) fn oldest(&self) -> Option<i64> {
        self.events.get(self.left).map(|event| event.time)
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn push(&mut self, place: Place, chunk: &Chunk, row: usize) {
        let Place { time, partition, offset } = place;
        self.events.push_back(Event { time, partition, offset });
        for (aggregate, (rows, counts)) in self.aggregates.iter_mut().zip(chunk.calls(place, row)) {
            aggregate.push(&rows, row, counts);
        }
    }

    /// Lets the events stamped up to `time` leave.
    pub(super) fn evict_until(&mut self, time: i64) {
        while self.oldest().is_some_and(|oldest| oldest <= time) {
            self.left += 1;
            self.aggregates.iter_mut().for_each(|aggregate| aggregate.evict());
        }
    }

    /// The events in the window, as a range that stays good until [`KeyWindow::settle`].
    pub(super) fn range(&self) -> std::ops::Range<u64> {
        self.gone + self.left as u64..self.gone + self.events.len() as u64
    }

    /// The causes that a range names.
    pub(super) fn causes(&self, range: &std::ops::Range<u64>, stream: StreamId) -> Causes {
        let skip = usize::try_from(range.start.saturating_sub(self.gone)).unwrap_or(0);
        let take = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0);
        let origins = self.events.iter().skip(skip).take(take).map(|event| RowOrigin {
            stream,
            partition: event.partition,
            offset: event.offset,
        });
        Causes::of(origins.collect())
    }

    /// The positions of its events.
    pub(super) fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.events.iter().for_each(|event| see(event.partition, event.offset));
    }

    /// Takes the events that have left off for good.
    pub(super) fn settle(&mut self) {
        self.events.drain(..self.left.min(self.events.len()));
        self.gone += self.left as u64;
        self.left = 0;
    }

    /// About how many bytes it holds.
    pub(super) fn size(&self) -> usize {
        let aggregates = self.aggregates.iter().map(|aggregate| aggregate.size());
        self.events.len() * size_of::<Event>() + aggregates.sum::<usize>()
    }

    pub(super) fn save(&self) -> KeyWindowState {
        KeyWindowState {
            events: self.events.iter().skip(self.left).copied().collect(),
            aggregates: self.aggregates.iter().map(|aggregate| aggregate.save()).collect(),
        }
    }

    pub(super) fn load(calls: &[AggregateCall], state: KeyWindowState) -> Option<Self> {
        let mut window = Self::new(calls);
        if state.aggregates.len() != window.aggregates.len() {
            return None;
        }
        for (aggregate, bytes) in window.aggregates.iter_mut().zip(&state.aggregates) {
            aggregate.load(bytes)?;
        }
        window.events = state.events.into();
        Some(window)
    }
}
