//! What the engine gives: emits, late events and rule errors.

use crate::function::EvalError;
use crate::plan::{EmitKind, RuleId, StreamId};
use crate::time::{EventTime, Watermark};
use crate::value::{RowOrigin, Value};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What one or more steps gave. The caller takes the vectors' contents and keeps their memory.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Derived events.
    pub emits: Vec<Emit>,
    /// Events that came too late for a rule.
    pub late: Vec<LateEvent>,
    /// Rows and firings without a value.
    pub errors: Vec<RuleError>,
    /// The rules of firings that a `limit` held back, one entry for each.
    pub held_back: Vec<RuleId>,
    /// How many events `distinct` dropped in some rule, as not the first of their kind.
    pub repeated: u64,
}

impl Outbox {
    /// Removes everything, keeping the memory.
    pub fn clear(&mut self) {
        self.emits.clear();
        self.late.clear();
        self.errors.clear();
        self.held_back.clear();
        self.repeated = 0;
    }
}

/// The order in which emits leave the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputOrder {
    /// By (event time, rule, key, emit line): the same bytes for the same logs. An emit is held
    /// until nothing can come before it.
    Merged,
    /// As soon as it is decided; only the order within a rule and key is kept.
    AsDecided,
}

/// One output of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Emit {
    /// The rule.
    pub rule: RuleId,
    /// Which of the rule's emit lines, from 0.
    pub line: u32,
    /// The edge it goes out at.
    pub kind: EmitKind,
    /// Its event time.
    pub time: EventTime,
    /// The same in every replay of the same log.
    pub id: EmitId,
    /// The rule's key; empty when the rule has none.
    pub key: Arc<[Value]>,
    /// The values of the line's fields.
    pub values: Vec<Value>,
    /// The records it came from, through however many rules.
    pub causes: Causes,
    /// How many emits of the same id came before it: late events have changed the result since.
    pub revision: u32,
    /// Whether it takes back what the revision before said, which it repeats.
    pub retracted: bool,
}

/// 128 bits of a BLAKE3 hash over the canonical encoding of rule, event, emit line, key and what
/// was decided: a window's start and end, a record's position, a derived event's id, or an expiry
/// instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EmitId(pub [u8; 16]);

impl fmt::Display for EmitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EmitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The events an emit came from: exact up to [`Causes::EXACT_LIMIT`] events, beyond that the
/// first, the last and how many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Causes {
    /// All of them, as ranges in the order of (stream, partition, offset).
    Exact(Vec<CauseRange>),
    /// More than the limit: the least and the greatest in the order of (stream, partition, offset).
    Bounds {
        /// The least.
        first: RowOrigin,
        /// The greatest.
        last: RowOrigin,
        /// How many there are.
        count: u64,
    },
}

/// Neighbouring offsets of one partition, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseRange {
    /// The stream.
    pub stream: StreamId,
    /// The partition.
    pub partition: u32,
    /// The first offset.
    pub from: u64,
    /// The last offset.
    pub to: u64,
}

/// An event that came too late for a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct LateEvent {
    /// The rule it was too late for.
    pub rule: RuleId,
    /// Where it stands.
    pub origin: RowOrigin,
    /// Its time.
    pub time: EventTime,
    /// The windows it missed; none for a rule that needs order.
    pub missed: Option<MissedWindows>,
    /// The watermark of its partition just before it.
    pub watermark: Watermark,
}

/// Windows that an event missed: one, or several in a row of a hopping one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissedWindows {
    /// The start of the first one.
    pub start: EventTime,
    /// The end of the first one.
    pub end: EventTime,
    /// How many there are.
    pub count: u64,
}

/// A row or a firing that has no value; it is left out of its rule, and of no other.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleError {
    /// The rule.
    pub rule: RuleId,
    /// The event time of the row or firing.
    pub time: EventTime,
    /// Why.
    pub error: EvalError,
    /// What had no value.
    pub subject: EventRef,
}

/// What a rule error is about.
#[derive(Clone, Debug, PartialEq)]
pub enum EventRef {
    /// One record.
    Row(RowOrigin),
    /// The firing of a key; also a derived event of that key that another rule reads.
    Firing {
        /// The key.
        key: Arc<[Value]>,
        /// The events behind it.
        causes: Causes,
    },
}

impl Causes {
    /// Up to how many events all of them are named.
    pub const EXACT_LIMIT: usize = 32;

    /// The causes of the events at `origins`, in any order.
    #[must_use]
    pub fn of(mut origins: Vec<RowOrigin>) -> Self {
        origins.sort_unstable();
        match (origins.first(), origins.last()) {
            (Some(first), Some(last)) if origins.len() > Self::EXACT_LIMIT => {
                Self::Bounds { first: *first, last: *last, count: origins.len() as u64 }
            }
            _ => Self::Exact(ranges(&origins)),
        }
    }

    /// The causes of what several emits caused together. The count of those that are not exact
    /// may hold a cause more than once.
    #[must_use]
    pub fn all_of(parts: Vec<Self>) -> Self {
        let mut origins = Vec::new();
        let mut more = 0;
        for part in &parts {
            match part {
                Self::Exact(ranges) => origins.extend(ranges.iter().flat_map(CauseRange::origins)),
                Self::Bounds { first, last, count } => {
                    origins.extend([*first, *last]);
                    more += count.saturating_sub(2);
                }
            }
        }
        origins.sort_unstable();
        origins.dedup();
        match (origins.first(), origins.last()) {
            (Some(first), Some(last)) if more > 0 => {
                let count = more.saturating_add(origins.len() as u64);
                Self::Bounds { first: *first, last: *last, count }
            }
            _ => Self::of(origins),
        }
    }

    /// The least and the greatest, if there is any.
    #[must_use]
    pub fn ends(&self) -> Option<(RowOrigin, RowOrigin)> {
        match self {
            Self::Exact(ranges) => {
                let first = ranges.first()?.origins().next()?;
                Some((first, ranges.last()?.origins().last()?))
            }
            Self::Bounds { first, last, .. } => Some((*first, *last)),
        }
    }
}

impl CauseRange {
    /// The events in the range.
    pub fn origins(&self) -> impl DoubleEndedIterator<Item = RowOrigin> + use<> {
        let Self { stream, partition, .. } = *self;
        (self.from..=self.to).map(move |offset| RowOrigin { stream, partition, offset })
    }
}

fn ranges(sorted: &[RowOrigin]) -> Vec<CauseRange> {
    let mut ranges: Vec<CauseRange> = Vec::with_capacity(sorted.len());
    for origin in sorted {
        match ranges.last_mut() {
            Some(range)
                if (range.stream, range.partition) == (origin.stream, origin.partition)
                    && origin.offset <= range.to.saturating_add(1) =>
            {
                range.to = origin.offset;
            }
            _ => ranges.push(CauseRange {
                stream: origin.stream,
                partition: origin.partition,
                from: origin.offset,
                to: origin.offset,
            }),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(partition: u32, offset: u64) -> RowOrigin {
        RowOrigin { stream: StreamId(0), partition, offset }
    }

    #[test]
    fn neighbouring_offsets_become_one_range() {
        let Causes::Exact(ranges) = Causes::of(vec![at(1, 4), at(0, 7), at(0, 6), at(0, 9)]) else {
            unreachable!("four events are within the limit")
        };
        let spans: Vec<_> = ranges.iter().map(|r| (r.partition, r.from, r.to)).collect();
        assert_eq!(spans, [(0, 6, 7), (0, 9, 9), (1, 4, 4)]);
    }

    #[test]
    fn more_than_the_limit_is_first_last_and_count() {
        let causes = Causes::of((0..33).map(|offset| at(0, offset)).collect());
        assert_eq!(causes, Causes::Bounds { first: at(0, 0), last: at(0, 32), count: 33 });
    }
}
