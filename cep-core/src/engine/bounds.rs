//! How large the state of each rule may become, and how large it is.
//!
//! What is measured is the live state of a rule: what an operator keeps of its keys, rows that wait
//! for their turn, emits that something may still come before. A table of a stream has a size as a
//! rule has one. Sizes are estimates of the memory: fixed parts count as they stand, texts, lists
//! and maps at least as a checkpoint writes them; what allocators and hash tables spend beside it is left out.
//!
//! To measure is to walk all of the state, so it is done seldom: after so many rows as can be taken
//! in, at four times the pace of growth seen last, before a bound is reached; but not sooner than
//! after a row for each [`WALKED_PER_ROW`] bytes of state, so that a row's share of the walks stays
//! small. A bound may therefore be passed by some part of it before that is noticed.

use super::Engine;
use crate::operator::{KeptFor, Staged, StatePart};
use crate::plan::{RuleId, TableId};
use crate::value::held_bytes;
use std::collections::BTreeMap;

/// How many bytes of state are walked for a row, at most.
const WALKED_PER_ROW: u64 = 256;
/// After how many rows there is a walk in any case.
const MAX_ROWS: u64 = 1 << 20;
/// The least that a row is thought to add to a rule's state, in bytes.
const LEAST_GROWTH: u64 = 16;
/// How much faster state may grow than it did before a walk comes too late.
const CAUTION: u64 = 4;
/// How many parts of a state that has become too large are named.
const NAMED_PARTS: usize = 5;

/// Whose state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateOwner {
    /// A rule's.
    Rule(RuleId),
    /// A table's of a stream's latest events.
    Table(TableId),
}

/// A state that has become too large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateOverrun {
    /// Whose it is; of several the one with the largest.
    pub owner: StateOwner,
    /// How large it is.
    pub bytes: u64,
    /// How large it may be.
    pub max_bytes: u64,
    /// How many keys it has.
    pub keys: u64,
    /// Its largest parts and their bytes, the largest first.
    pub largest: Vec<(StatePart, u64)>,
}

/// When state is measured.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    max_bytes: Option<u64>,
    /// Rows that came since the last walk.
    rows: u64,
    /// After how many the next one is due; at once at first.
    due_after: u64,
    /// What the last walk found, of the owner with the most.
    most: u64,
}

impl Bounds {
    /// Takes note of rows that have come.
    pub(super) fn note(&mut self, rows: usize) {
        self.rows = self.rows.saturating_add(rows as u64);
    }

    fn is_due(&self) -> bool {
        self.max_bytes.is_some() && self.rows >= self.due_after
    }

    /// Says when the next walk is due, after one that found so many bytes in all, and with the one
    /// that has the most.
    fn plan(&mut self, max_bytes: u64, total: u64, most: u64) {
        let grown = most.saturating_sub(self.most) / self.rows.max(1);
        let growth = grown.max(LEAST_GROWTH).saturating_mul(CAUTION);
        let until_full = max_bytes.saturating_sub(most) / growth;
        let least = (total / WALKED_PER_ROW).clamp(1, MAX_ROWS);
        // What is known of the growth is known of the rows so far.
        let most_rows = self.rows.saturating_mul(2).clamp(least, MAX_ROWS);
        self.due_after = until_full.clamp(least, most_rows);
        (self.rows, self.most) = (0, most);
    }
}

impl Engine {
    /// Sets how many bytes of state each rule, and each table of a stream, may have.
    pub fn limit_state(&mut self, max_bytes: Option<u64>) {
        self.bounds = Bounds { max_bytes, ..Bounds::default() };
    }

    /// How large the states are that are not empty, in bytes.
    #[must_use]
    pub fn state_sizes(&self) -> BTreeMap<StateOwner, u64> {
        let mut sizes = BTreeMap::new();
        self.walk_state(&mut |owner, _, bytes| *sizes.entry(owner).or_default() += bytes as u64);
        sizes
    }

    /// The state that has become too large, if one has. It is asked after steps; most times the
    /// answer costs nothing. It changes nothing: the engine could go on.
    pub fn state_overrun(&mut self) -> Option<StateOverrun> {
        let max_bytes = self.bounds.max_bytes.filter(|_| self.bounds.is_due())?;
        let sizes = self.state_sizes();
        let (owner, bytes) = sizes.iter().max_by_key(|(_, bytes)| **bytes)?;
        self.bounds.plan(max_bytes, sizes.values().sum(), *bytes);
        (*bytes > max_bytes).then(|| {
            let (keys, largest) = self.keys_and_largest_parts(*owner);
            StateOverrun { owner: *owner, bytes: *bytes, max_bytes, keys, largest }
        })
    }

    fn keys_and_largest_parts(&self, of: StateOwner) -> (u64, Vec<(StatePart, u64)>) {
        let mut parts: BTreeMap<StatePart, u64> = BTreeMap::new();
        self.walk_state(&mut |owner, kept_for, bytes| {
            if owner == of {
                *parts.entry(kept_for.part()).or_default() += bytes as u64;
            }
        });
        let keys = parts.keys().filter(|part| matches!(part, StatePart::Key(_))).count() as u64;
        let mut parts: Vec<_> = parts.into_iter().collect();
        // The sort is stable: equal sizes stay in the order of their parts.
        parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        parts.truncate(NAMED_PARTS);
        (keys, parts)
    }

    fn walk_state(&self, see: &mut dyn FnMut(StateOwner, KeptFor<'_>, usize)) {
        for operator in &self.operators {
            operator.sizes(&mut |rule, part, bytes| see(StateOwner::Rule(rule), part, bytes));
        }
        for inner in &self.inner {
            inner.sizes(&mut |rule, part, bytes| see(StateOwner::Rule(rule), part, bytes));
        }
        let waiting = self.inner.iter().flat_map(super::InnerProgress::waiting);
        for Staged { emit, .. } in waiting.chain(&self.held) {
            let owner = StateOwner::Rule(emit.rule);
            see(owner, KeptFor::Key(&emit.key), size_of::<Staged>() + held_bytes(emit));
        }
        for (table, id) in self.plan.tables.iter().zip(0..) {
            let owner = StateOwner::Table(TableId(id));
            table.live.sizes(&mut |key, bytes| see(owner, KeptFor::Key(key), bytes));
        }
    }
}
