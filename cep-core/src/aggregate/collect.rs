//! `collect(x, limit)`: the values of the first events in the order of events, as a list; an empty
//! list of nothing.

use super::AggregateInfo;
use super::earliest::Reading;
use crate::value::Value;

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "collect",
    signature: "collect(x, limit)",
    result: "a list of x",
    of_nothing: "`[]`",
    doc: "the x of the first events that have one, no more than `limit` (1 to 10,000)",
    example: "emit Basket { items: collect(item, 100) }",
    error: "exact",
    keeps: "the first `limit` values",
};

/// All of the first values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collect;

impl Reading for Collect {
    fn read<'v>(values: impl Iterator<Item = &'v Value>, _: usize) -> Value {
        Value::List(values.cloned().collect())
    }
}
