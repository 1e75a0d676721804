//! The places of the last so many events of a key, and the causes they are.
//!
//! The least and the greatest of them are kept ready in two queues that rise and fall, so that
//! causes beyond the limit cost nothing more than the queues' upkeep. Source of the queues: the
//! monotonic queue, folklore.

use super::super::pending::Place;
use crate::engine::Causes;
use crate::plan::StreamId;
use crate::value::RowOrigin;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Partition and offset.
type Position = (u32, u64);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Recent {
    events: VecDeque<(i64, Position)>,
    /// How many events have left.
    gone: u64,
    /// Rising from the least; each with its number, counted from the first event ever.
    least: VecDeque<(u64, Position)>,
    /// Falling from the greatest.
    greatest: VecDeque<(u64, Position)>,
}

/// The events in order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecentState(Vec<(i64, Position)>);

impl Recent {
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// The time of the oldest event.
    pub(super) fn first_time(&self) -> Option<i64> {
        self.events.front().map(|(time, _)| *time)
    }

    pub(super) fn push(&mut self, place: Place) {
        self.push_at(place.time, (place.partition, place.offset));
    }

    fn push_at(&mut self, time: i64, position: Position) {
        let number = self.gone + self.events.len() as u64;
        self.events.push_back((time, position));
        while self.least.back().is_some_and(|(_, other)| *other > position) {
            self.least.pop_back();
        }
        self.least.push_back((number, position));
        while self.greatest.back().is_some_and(|(_, other)| *other < position) {
            self.greatest.pop_back();
        }
        self.greatest.push_back((number, position));
    }

    /// Lets the oldest event leave.
    pub(super) fn pop(&mut self) {
        if self.events.pop_front().is_none() {
            return;
        }
        self.gone += 1;
        for queue in [&mut self.least, &mut self.greatest] {
            while queue.front().is_some_and(|(number, _)| *number < self.gone) {
                queue.pop_front();
            }
        }
    }

    pub(super) fn causes(&self, stream: StreamId) -> Causes {
        let origin = |(partition, offset): Position| RowOrigin { stream, partition, offset };
        match (self.least.front(), self.greatest.front()) {
            (Some((_, least)), Some((_, greatest))) if self.len() > Causes::EXACT_LIMIT => {
                let (first, last) = (origin(*least), origin(*greatest));
                Causes::Bounds { first, last, count: self.len() as u64 }
            }
            _ => Causes::of(self.events.iter().map(|(_, position)| origin(*position)).collect()),
        }
    }

    pub(super) fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.events.iter().for_each(|(_, (partition, offset))| see(*partition, *offset));
    }

    /// How many bytes it holds.
    pub(super) fn size(&self) -> usize {
        let queued = self.least.len() + self.greatest.len();
        self.events.len() * size_of::<(i64, Position)>() + queued * size_of::<(u64, Position)>()
    }

    pub(super) fn save(&self) -> RecentState {
        RecentState(self.events.iter().copied().collect())
    }

    pub(super) fn load(state: RecentState) -> Self {
        let mut recent = Self::default();
        state.0.into_iter().for_each(|(time, position)| recent.push_at(time, position));
        recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn causes_are_those_of_the_last_events(
            positions in prop::collection::vec((0..3_u32, 0..500_u64), 1..120),
            limit in 1..60_usize,
        ) {
            let mut recent = Recent::default();
            for (index, position) in positions.iter().enumerate() {
                recent.push_at(0, *position);
                if recent.len() > limit {
                    recent.pop();
                }
                let last = &positions[(index + 1).saturating_sub(limit)..=index];
                let origins = last.iter().map(|(partition, offset)| RowOrigin {
                    stream: StreamId(0), partition: *partition, offset: *offset,
                });
                prop_assert_eq!(recent.causes(StreamId(0)), Causes::of(origins.collect()));
            }
        }
    }
}
