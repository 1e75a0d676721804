//! `nth(x, n)`: the value of the nth event in the order of events, counted from 1; null of fewer.

use super::AggregateInfo;
use super::earliest::Reading;
use crate::value::Value;

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "nth",
    signature: "nth(x, n)",
    result: "as x",
    of_nothing: "null of fewer than n",
    doc: "the x of the nth event that has one, counted from 1",
    example: "emit Third { at: nth(at, 3) }",
    error: "exact",
    keeps: "the first n values",
};

/// The last of the first n values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nth;

impl Reading for Nth {
    fn read<'v>(mut values: impl Iterator<Item = &'v Value>, count: usize) -> Value {
        values.nth(count.saturating_sub(1)).cloned().unwrap_or(Value::Null)
    }
}
