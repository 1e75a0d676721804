//! What is kept of a window's events.

use super::super::pending::{Chunk, Place};
use super::recent::{Recent, RecentState};
use crate::aggregate::{RunningAggregate, SlidingAggregate, new_running, new_sliding};
use crate::engine::Causes;
use crate::function::EvalError;
use crate::plan::{AggregateCall, StreamId};
use crate::value::Value;
use crate::window::CauseStore;
use serde::{Deserialize, Serialize};

/// What is kept of a window's events.
#[derive(Debug)]
pub(super) enum Content {
    /// No event leaves: states alone.
    All {
        aggregates: Vec<Box<dyn RunningAggregate>>,
        /// The positions of the events, in the only slot.
        causes: CauseStore,
    },
    /// The last so many.
    Last { aggregates: Vec<Box<dyn SlidingAggregate>>, events: Recent, limit: u32 },
}

/// The same as plain data.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ContentState {
    All(Vec<Vec<u8>>, CauseStore),
    Last(Vec<Vec<u8>>, RecentState),
}

impl Content {
    /// Of no event yet, of which none will leave.
    pub(super) fn of_all(calls: &[AggregateCall]) -> Self {
        let mut causes = CauseStore::default();
        causes.grow(1);
        Self::All { aggregates: calls.iter().map(new_running).collect(), causes }
    }

    /// Of no event yet, of which the last `limit` will be kept.
    pub(super) fn of_last(calls: &[AggregateCall], limit: u32) -> Self {
        let aggregates = calls.iter().map(new_sliding).collect();
        Self::Last { aggregates, events: Recent::default(), limit }
    }

    /// Adds an event; returns the time of the oldest one, if some leave.
    pub(super) fn push(&mut self, place: Place, chunk: &Chunk, row: usize) -> Option<i64> {
        let inputs = chunk.calls(place, row);
        match self {
            Self::All { aggregates, causes } => {
                causes.add(&[0], place.partition, std::iter::once(place.offset));
                for (aggregate, (rows, counts)) in aggregates.iter_mut().zip(inputs) {
                    aggregate.push(&rows, row, counts);
                }
                None
            }
            Self::Last { aggregates, events, limit } => {
                events.push(place);
                for (aggregate, (rows, counts)) in aggregates.iter_mut().zip(inputs) {
                    aggregate.push(&rows, row, counts);
                }
                if events.len() > *limit as usize {
                    events.pop();
                    aggregates.iter_mut().for_each(|aggregate| aggregate.evict());
                }
                events.first_time()
            }
        }
    }

    /// What the aggregates are now.
    pub(super) fn results(&self) -> Vec<Result<Value, EvalError>> {
        match self {
            Self::All { aggregates, .. } => aggregates.iter().map(|it| it.current()).collect(),
            Self::Last { aggregates, .. } => aggregates.iter().map(|it| it.current()).collect(),
        }
    }

    /// The events as causes.
    pub(super) fn causes(&self, stream: StreamId) -> Causes {
        match self {
            Self::All { causes, .. } => causes.of(0, stream),
            Self::Last { events, .. } => events.causes(stream),
        }
    }

    /// The positions that its causes may name.
    pub(super) fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        match self {
            Self::All { causes, .. } => causes.positions(see),
            Self::Last { events, .. } => events.positions(see),
        }
    }

    /// About how many bytes it holds.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::All { aggregates, causes } => {
                aggregates.iter().map(|it| it.size()).sum::<usize>() + causes.size(0)
            }
            Self::Last { aggregates, events, .. } => {
                aggregates.iter().map(|it| it.size()).sum::<usize>() + events.size()
            }
        }
    }

    pub(super) fn save(&self) -> ContentState {
        match self {
            Self::All { aggregates, causes } => {
                ContentState::All(aggregates.iter().map(|it| it.save()).collect(), causes.clone())
            }
            Self::Last { aggregates, events, .. } => {
                ContentState::Last(aggregates.iter().map(|it| it.save()).collect(), events.save())
            }
        }
    }

    /// Takes over what `save` gave.
    pub(super) fn load(&mut self, state: ContentState) -> Option<()> {
        match (self, state) {
            (Self::All { aggregates, causes }, ContentState::All(saved, positions)) => {
                *causes = positions;
                load_each(aggregates.iter_mut(), &saved, |it, bytes| it.load(bytes))
            }
            (Self::Last { aggregates, events, .. }, ContentState::Last(saved, positions)) => {
                *events = Recent::load(positions);
                load_each(aggregates.iter_mut(), &saved, |it, bytes| it.load(bytes))
            }
            _ => None,
        }
    }
}

fn load_each<A>(
    aggregates: impl ExactSizeIterator<Item = A>,
    saved: &[Vec<u8>],
    load: impl Fn(A, &[u8]) -> Option<()>,
) -> Option<()> {
    if aggregates.len() != saved.len() {
        return None;
    }
    aggregates.zip(saved).try_for_each(|(aggregate, bytes)| load(aggregate, bytes))
}
