//! The rows of a table of a stream's latest events, as they come.
//!
//! A row takes effect at its event's time; one that comes late, at the watermark that its partition had
//! by then; a derived event that was made of a late one, when that took effect. At an instant a key has the row with the largest event time of those that have taken
//! effect; of equal times the last by partition and offset, of derived events in their merged order. So a late row changes later look-ups
//! only, and what is found is a function of the logs.
//!
//! Where records are the rows themselves, what is written last holds, whatever time it bears: the time of
//! a row that comes late is when it takes effect. A record may delete the row of its key. Then nothing
//! older can come to hold again, so that the deletion is forgotten once no look-up asks for the time before.

use crate::time::EventTime;
use crate::value::{Value, held_bytes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// How many rows there always may be before those are looked for that nothing can ask for any more.
const ALWAYS_KEPT: usize = 1024;

/// See the module. Copies share the rows.
#[derive(Clone, Debug, Default)]
pub struct LiveRows(Arc<RwLock<Rows>>);

/// Rows are no part of a plan, so that plans are equal whatever came.
impl PartialEq for LiveRows {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Debug, Default)]
struct Rows {
    by_key: BTreeMap<Vec<Value>, Vec<LiveRow>>,
    count: usize,
    /// With more rows than this, it is time to look for old ones.
    limit: usize,
}

/// A row of a table of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveRow {
    /// From when on it can be found.
    pub effect: EventTime,
    /// The event's time, partition and offset; in a table of rows its effect in place of its time.
    pub place: (EventTime, u32, u64),
    /// The event's fields as a record, null where it deletes the row.
    pub record: Value,
}

impl LiveRows {
    /// The row of a key at an instant, null if there is none. There are look-ups only at instants
    /// that are not before the last `put`'s `floor`.
    #[must_use]
    pub fn get(&self, key: &[Value], at: EventTime) -> Value {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = rows.by_key.get(key).into_iter().flatten().filter(|row| row.effect <= at);
        found.max_by_key(|row| row.place).map_or(Value::Null, |row| row.record.clone())
    }

    /// Takes a row in. Nothing will be looked up any more before `floor`.
    pub fn put(&self, key: Vec<Value>, row: LiveRow, floor: EventTime) {
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        rows.by_key.entry(key).or_default().push(row);
        rows.count += 1;
        if rows.count > rows.limit.max(ALWAYS_KEPT) {
            rows.by_key.values_mut().for_each(|of_key| forget(of_key, floor));
            rows.by_key.retain(|_, of_key| !of_key.is_empty());
            rows.count = rows.by_key.values().map(Vec::len).sum();
            rows.limit = 2 * rows.count;
        }
    }

    /// How many bytes the rows of each key hold.
    pub(crate) fn sizes(&self, see: &mut dyn FnMut(&[Value], usize)) {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (key, of_key) in &rows.by_key {
            see(key, held_bytes(key) + of_key.iter().map(held_bytes).sum::<usize>());
        }
    }

    /// All rows with their keys.
    #[must_use]
    pub fn save(&self) -> Vec<(Vec<Value>, Vec<LiveRow>)> {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        rows.by_key.iter().map(|(key, of_key)| (key.clone(), of_key.clone())).collect()
    }

    /// Takes over what `save` gave.
    pub fn load(&self, saved: Vec<(Vec<Value>, Vec<LiveRow>)>) {
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        rows.count = saved.iter().map(|(_, of_key)| of_key.len()).sum();
        rows.limit = 2 * rows.count;
        rows.by_key = saved.into_iter().collect();
    }
}

/// Lets go of the rows of a key that are not found at any instant from `floor` on.
fn forget(rows: &mut Vec<LiveRow>, floor: EventTime) {
    let held = rows.iter().filter(|row| row.effect <= floor);
    let newest = held.max_by_key(|row| row.place);
    // INVARIANT (nothing comes before a floor): what comes from here on takes effect at it or later, and
    // so after a deletion before it.
    let is_gone = newest.is_some_and(|row| row.record.is_null() && row.effect < floor);
    let newest = newest.map(|row| row.place).filter(|_| !is_gone);
    rows.retain(|row| row.effect > floor || Some(row.place) == newest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(time: i64, effect: i64, value: i64) -> LiveRow {
        let place = (EventTime(time), 0, u64::try_from(value).unwrap_or(0));
        LiveRow { effect: EventTime(effect), place, record: Value::Int(value) }
    }

    #[test]
    fn a_late_row_changes_later_look_ups_only_and_hides_no_newer_one() {
        let rows = LiveRows::default();
        let key = || vec![Value::Int(1)];
        for row in [row(5, 5, 1), row(9, 9, 2), row(7, 12, 3), row(3, 12, 4), row(8, 9, 5)] {
            rows.put(key(), row, EventTime(i64::MIN));
        }
        let at = |at: i64| rows.get(&key(), EventTime(at));
        assert_eq!(at(4), Value::Null);
        assert_eq!([at(5), at(8), at(9), at(20)], [1, 1, 2, 2].map(Value::Int));
        assert_eq!(rows.get(&[Value::Int(2)], EventTime(9)), Value::Null);
    }

    #[test]
    fn a_deletion_is_forgotten_with_its_key() {
        let rows = LiveRows::default();
        for at in 0..10_000 {
            let key = vec![Value::Int(at)];
            rows.put(key.clone(), row(at, at, at), EventTime(at - 10));
            let deletion = LiveRow { record: Value::Null, ..row(at + 1, at + 1, at) };
            rows.put(key, deletion, EventTime(at - 10));
        }
        assert!(rows.save().len() < 2 * ALWAYS_KEPT, "{}", rows.save().len());
        let at = |at: i64| rows.get(&[Value::Int(9_995)], EventTime(at));
        assert_eq!([at(9_995), at(9_996)], [Value::Int(9_995), Value::Null]);
    }

    #[test]
    fn what_nothing_can_ask_for_is_forgotten() {
        let rows = LiveRows::default();
        for at in 0..10_000 {
            let key = vec![Value::Int(at % 3)];
            rows.put(key, row(at, at, at), EventTime(at - 10));
        }
        let kept: usize = rows.save().iter().map(|(_, of_key)| of_key.len()).sum();
        assert!(kept < 2 * ALWAYS_KEPT, "{kept}");
        assert_eq!(rows.get(&[Value::Int(0)], EventTime(9_992)), Value::Int(9_990));
        let copy = LiveRows::default();
        copy.load(rows.save());
        assert_eq!(copy.get(&[Value::Int(0)], EventTime(9_992)), Value::Int(9_990));
    }
}
