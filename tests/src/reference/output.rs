//! What a run gives, as plain data that can be compared.

use cep_core::function::EvalError;
use cep_core::plan::{EmitKind, RuleId};
use cep_core::time::{EventTime, Watermark};
use cep_core::value::{RowOrigin, Value};

/// What a run gives. Emits are in the merged order; late events and errors are sorted, since
/// nothing promises an order for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outputs {
    /// Derived events, in the order of (time, rule, key, emit line).
    pub emits: Vec<Emitted>,
    /// Events that came too late for a rule, by rule and position.
    pub late: Vec<Late>,
    /// Rows and firings without a value, by rule and time.
    pub errors: Vec<FailedRule>,
}

/// A derived event.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted {
    /// The rule.
    pub rule: RuleId,
    /// Which of the rule's emit lines, from 0.
    pub line: u32,
    /// The edge it goes out at.
    pub kind: EmitKind,
    /// Its event time.
    pub time: EventTime,
    /// Its 128 bits.
    pub id: [u8; 16],
    /// The rule's key.
    pub key: Vec<Value>,
    /// The fields' values.
    pub values: Vec<Value>,
    /// The events it came from.
    pub source: Source,
    /// How many emits of the same id came before it.
    pub revision: u32,
    /// Whether it takes back what was said.
    pub retracted: bool,
}

/// The events behind an emit or a firing, in the order of (stream, partition, offset).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Each of them; never more than [`Source::ALL_NAMED`].
    All(Vec<RowOrigin>),
    /// There are more: the least, the greatest, and how many.
    Some {
        /// The least.
        first: RowOrigin,
        /// The greatest.
        last: RowOrigin,
        /// How many there are.
        count: u64,
    },
}

/// An event that came too late for a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Late {
    /// The rule.
    pub rule: RuleId,
    /// Where the event stands.
    pub origin: RowOrigin,
    /// Its time.
    pub time: EventTime,
    /// The windows it missed.
    pub missed: Option<Missed>,
    /// Its partition's watermark just before it.
    pub watermark: Watermark,
}

/// Windows that an event missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missed {
    /// The start of the first one.
    pub start: EventTime,
    /// The end of the first one.
    pub end: EventTime,
    /// How many there are.
    pub count: u64,
}

/// A row or firing without a value.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedRule {
    /// The rule.
    pub rule: RuleId,
    /// The time of the row or firing.
    pub time: EventTime,
    /// Why.
    pub error: EvalError,
    /// What had no value.
    pub subject: Subject,
}

/// What had no value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One event.
    Row(RowOrigin),
    /// A firing of this key, from these events.
    Firing(Vec<Value>, Source),
}

impl Source {
    /// Up to how many events each of them is named.
    pub const ALL_NAMED: usize = 32;

    /// The source made of these events.
    #[must_use]
    pub fn of(origins: impl IntoIterator<Item = RowOrigin>) -> Self {
        let mut origins: Vec<RowOrigin> = origins.into_iter().collect();
        origins.sort_unstable();
        match (origins.first(), origins.last()) {
            (Some(&first), Some(&last)) if origins.len() > Self::ALL_NAMED => {
                Self::Some { first, last, count: origins.len() as u64 }
            }
            _ => Self::All(origins),
        }
    }

    /// What several sources are together. Where not each event is named, one that is in several of
    /// them may be counted more than once.
    #[must_use]
    pub fn together(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut named, mut more) = (std::collections::BTreeSet::new(), 0);
        for part in parts {
            match part {
                Self::All(origins) => named.extend(origins),
                Self::Some { first, last, count } => {
                    named.extend([first, last]);
                    more += count - 2;
                }
            }
        }
        match (named.first(), named.last()) {
            (Some(&first), Some(&last)) if more > 0 => {
                Self::Some { first, last, count: more + named.len() as u64 }
            }
            _ => Self::of(named),
        }
    }

    /// The least and the greatest.
    #[must_use]
    pub fn ends(&self) -> Option<(RowOrigin, RowOrigin)> {
        match self {
            Self::All(origins) => Some((*origins.first()?, *origins.last()?)),
            Self::Some { first, last, .. } => Some((*first, *last)),
        }
    }
}

impl Outputs {
    /// Sorts what has no promised order.
    pub fn sort_unordered(&mut self) {
        self.late.sort();
        self.errors.sort_by(|a, b| {
            (a.rule, a.time, &a.subject, a.error.to_string()).cmp(&(
                b.rule,
                b.time,
                &b.subject,
                b.error.to_string(),
            ))
        });
    }
}

/// Outputs while they are being found, rule by rule.
#[derive(Default)]
pub(super) struct Found {
    pub emits: Vec<Placed>,
    /// The emits as rules read them.
    pub read: Vec<Placed>,
    pub late: Vec<Late>,
    pub errors: Vec<FailedRule>,
}

/// An emit and its place in the merged order.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// Its own time or, for an event that was behind its partition's watermark, that watermark.
    pub order: EventTime,
    /// The record behind an emit of a rule that judges each row by itself, or behind a revision.
    pub record: Option<RowOrigin>,
    pub emit: Emitted,
}

impl Placed {
    /// The merged order: where it takes effect, then rule, key, emit line and record.
    pub fn merged_order(&self, other: &Self) -> std::cmp::Ordering {
        (self.order, self.emit.rule, &self.emit.key, self.emit.line, self.record).cmp(&(
            other.order,
            other.emit.rule,
            &other.emit.key,
            other.emit.line,
            other.record,
        ))
    }
}

impl Found {
    pub fn into_outputs(mut self) -> Outputs {
        self.emits.sort_by(Placed::merged_order);
        let emits = self.emits.into_iter().map(|placed| placed.emit).collect();
        let mut outputs = Outputs { emits, late: self.late, errors: self.errors };
        outputs.sort_unordered();
        outputs
    }
}
