//! How large the state of rules is, by what it is kept for.
//!
//! Operators walk their state and say of each piece whose it is and about how many bytes it holds;
//! see [`held_bytes`](crate::value::held_bytes). What many rules share counts for each of them, so
//! that a rule's size is that of the rule alone, whatever stands beside it.

use super::keys::KeyTable;
use crate::plan::RuleId;
use crate::value::{Value, decode_key};
use std::sync::Arc;

/// Takes in a piece of state: the rule's, what it is kept for, its bytes.
pub(crate) type See<'a> = dyn FnMut(RuleId, KeptFor<'_>, usize) + 'a;

/// What a piece of state is kept for; its name is made only if it is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeptFor<'a> {
    /// A key, by its number.
    Id(&'a KeyTable, u32),
    /// A key, by its canonical bytes.
    Encoded(&'a [u8]),
    /// A key.
    Key(&'a [Value]),
    /// A kind of rows that `distinct` lets pass once, by its number.
    Kind(&'a KeyTable, u32),
    /// What a `limit` counts for, by its canonical bytes.
    Limit(&'a [u8]),
    /// Rows whose turn has not come, and whose keys are not looked at before.
    Waiting,
}

/// A part of the state of a rule or a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatePart {
    /// What is kept of a key.
    Key(Arc<[Value]>),
    /// What `distinct` keeps of rows with these values.
    Distinct(Arc<[Value]>),
    /// What `limit` keeps of firings with these values.
    Limit(Arc<[Value]>),
    /// Rows that wait until their order is decided.
    Waiting,
}

impl KeptFor<'_> {
    pub(crate) fn part(self) -> StatePart {
        let decoded = |bytes: &[u8]| decode_key(bytes).unwrap_or_default().into();
        match self {
            Self::Id(keys, id) => StatePart::Key(keys.values(id)),
            Self::Encoded(bytes) => StatePart::Key(decoded(bytes)),
            Self::Key(values) => StatePart::Key(values.into()),
            Self::Kind(kinds, id) => StatePart::Distinct(kinds.values(id)),
            Self::Limit(bytes) => StatePart::Limit(decoded(bytes)),
            Self::Waiting => StatePart::Waiting,
        }
    }
}
