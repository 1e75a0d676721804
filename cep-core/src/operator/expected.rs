//! Keys that a rule knows before they have an event: those of a table, by `fill D for TABLE` and
//! `silent for D for TABLE`.
//!
//! Each counts as heard of once, at the first event of the rule's stream; where the table's rows
//! have times, at the key's first row if that is later. The first event is the one with the
//! smallest time that is not late; so which it is, is a function of the logs.

use super::{Arrival, Disorder};
use crate::plan::{Plan, RulePlan};
use crate::value::encode_key;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug)]
pub(crate) struct Expected {
    /// The canonical bytes of the keys, in the order of the instants from which on each is known.
    keys: Vec<(i64, Vec<u8>)>,
    /// The time of the first event, as far as it is known.
    start: i64,
    /// How many keys were heard of.
    heard: usize,
}

/// What a checkpoint holds of them.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ExpectedState {
    start: i64,
    heard: u64,
}

impl Expected {
    /// The keys that a rule knows.
    pub(crate) fn of(plan: &Plan, rule: &RulePlan) -> Option<Self> {
        let table = plan.table(rule.expects?)?;
        let encoded = |key: &[_]| {
            let mut bytes = Vec::new();
            encode_key(key, &mut bytes);
            bytes
        };
        let mut keys: Vec<_> =
            table.rows.keys().map(|(key, from)| (from.0, encoded(key))).collect();
        keys.sort();
        Some(Self { keys, start: i64::MAX, heard: 0 })
    }

    /// An event of this time has come that is not late.
    pub(crate) fn begin(&mut self, time: i64) {
        self.start = self.start.min(time);
    }

    /// The instant at which the next key counts as heard of; `None` where there is no other, or no
    /// event yet.
    pub(crate) fn next(&self) -> Option<i64> {
        let (from, _) = self.keys.get(self.heard)?;
        (self.start < i64::MAX).then(|| self.start.max(*from))
    }

    /// The next key and its instant, if that is before `end`.
    pub(crate) fn pop_before(&mut self, end: i64) -> Option<(i64, &[u8])> {
        let instant = self.next().filter(|instant| *instant < end)?;
        let (_, key) = self.keys.get(self.heard)?;
        self.heard += 1;
        Some((instant, key))
    }

    pub(crate) fn save(&self) -> ExpectedState {
        ExpectedState { start: self.start, heard: self.heard as u64 }
    }

    pub(crate) fn load(&mut self, state: ExpectedState) -> Option<()> {
        self.start = state.start;
        self.heard = usize::try_from(state.heard).ok().filter(|heard| *heard <= self.keys.len())?;
        Some(())
    }
}

/// The smallest time of the events that are on time; `in_time` says it of a time and the watermark of
/// its partition just before it.
pub(crate) fn first_on_time(
    arrival: &Arrival<'_>,
    in_time: impl Fn(i64, i64) -> bool,
) -> Option<i64> {
    let times = arrival.batch.times.iter().zip(arrival.watermarks);
    let on_time = |(time, watermark): &(&i64, &i64)| {
        arrival.disorder == Disorder::None || in_time(**time, **watermark)
    };
    times.filter(on_time).map(|(time, _)| *time).min()
}
