//! What is known of one key.

use super::super::pending::{Chunk, Place};
use super::super::previous::{Asked, Found};
use super::content::{Content, ContentState};
use crate::plan::{AggregateCall, WindowKind};
use crate::value::held_bytes;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A key: its open window, and what is to be remembered of those before.
#[derive(Debug, Default)]
pub(super) struct KeyWindow {
    pub(super) open: Option<OpenWindow>,
    /// How many windows of the key are over; counted by `every` alone.
    pub(super) index: u64,
    /// Of the last windows that are over, the oldest first, the results that later ones read.
    past: VecDeque<Vec<Found>>,
}

/// A window that is not over.
#[derive(Debug)]
pub(super) struct OpenWindow {
    /// The time of its first event.
    pub(super) first: i64,
    /// The place of its last event.
    pub(super) last: Place,
    /// How many events came into it; no more are counted than there can be in an `every`.
    pub(super) count: u32,
    pub(super) content: Content,
}

/// A key as it stands in a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeyWindowState {
    open: Option<OpenWindowState>,
    index: u64,
    past: VecDeque<Vec<Found>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct OpenWindowState {
    first: i64,
    last: (i64, u32, u64),
    count: u32,
    content: ContentState,
}

impl KeyWindow {
    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_none() && self.index == 0
    }

    /// What is read of the windows before.
    pub(super) fn previous(&self, asked: &Asked) -> Vec<Option<Found>> {
        let of = |(place, windows): &(usize, u32)| {
            let window = self.past.len().checked_sub(*windows as usize)?;
            self.past.get(window)?.get(*place).cloned()
        };
        asked.calls.iter().map(of).collect()
    }

    /// The open window is over.
    pub(super) fn end_window(&mut self, asked: &Asked) {
        self.index = self.index.saturating_add(1);
        let Some(open) = self.open.take().filter(|_| asked.longest > 0) else { return };
        let results = open.content.results();
        let result = |(aggregate, _): &(u32, _)| results.get(*aggregate as usize).cloned();
        self.past.push_back(asked.aggregates.iter().filter_map(result).collect());
        if self.past.len() > asked.longest as usize {
            self.past.pop_front();
        }
    }

    /// About how many bytes it holds.
    pub(super) fn size(&self) -> usize {
        let open =
            self.open.as_ref().map_or(0, |open| size_of::<OpenWindow>() + open.content.size());
        size_of::<Self>() + open + held_bytes(&self.past)
    }

    pub(super) fn save(&self) -> KeyWindowState {
        let open = self.open.as_ref().map(|open| OpenWindowState {
            first: open.first,
            last: (open.last.time, open.last.partition, open.last.offset),
            count: open.count,
            content: open.content.save(),
        });
        KeyWindowState { open, index: self.index, past: self.past.clone() }
    }

    pub(super) fn load(
        kind: WindowKind,
        calls: &[AggregateCall],
        state: KeyWindowState,
    ) -> Option<Self> {
        let mut open = None;
        if let Some(saved) = state.open {
            let (time, partition, offset) = saved.last;
            let mut window = OpenWindow::new(kind, calls, Place { time, partition, offset });
            window.first = saved.first;
            window.count = saved.count;
            window.content.load(saved.content)?;
            open = Some(window);
        }
        Some(Self { open, index: state.index, past: state.past })
    }
}

impl OpenWindow {
    /// A window that begins with an event at this place, which is still to be pushed.
    pub(super) fn new(kind: WindowKind, calls: &[AggregateCall], place: Place) -> Self {
        let content = match kind {
            WindowKind::Last { count } => Content::of_last(calls, count),
            _ => Content::of_all(calls),
        };
        Self { first: place.time, last: place, count: 0, content }
    }

    pub(super) fn push(&mut self, place: Place, chunk: &Chunk, row: usize) {
        self.last = place;
        self.count = self.count.saturating_add(1);
        self.first = self.content.push(place, chunk, row).unwrap_or(self.first);
    }
}
