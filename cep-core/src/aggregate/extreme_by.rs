//! `max_by(x, y)` and `min_by(x, y)`: the x of the event with the largest or smallest y; of several
//! with the same y the first in the order of events. Null of nothing.

use super::extreme::Side;
use super::{AggregateInfo, Place, Row, Settings, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::marker::PhantomData;

pub(super) const MAX_INFO: AggregateInfo = AggregateInfo {
    name: "max_by",
    signature: "max_by(x, y)",
    result: "as x",
    of_nothing: "null",
    doc: "the x of the event with the largest y, the first of several",
    example: "emit Worst { farm: max_by(farm, loss) }",
    error: "exact",
    keeps: "two values",
};

pub(super) const MIN_INFO: AggregateInfo = AggregateInfo {
    name: "min_by",
    signature: "min_by(x, y)",
    result: "as x",
    of_nothing: "null",
    doc: "the x of the event with the smallest y, the first of several",
    example: "emit Cheapest { shop: min_by(shop, price) }",
    error: "exact",
    keeps: "two values",
};

/// The event at one end of the order of y.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct ExtremeBy<S: Side> {
    found: Option<Found>,
    side: PhantomData<S>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Found {
    by: Value,
    place: Place,
    value: Value,
}

impl<S: Side> Default for ExtremeBy<S> {
    fn default() -> Self {
        Self { found: None, side: PhantomData }
    }
}

impl<S: Side> ExtremeBy<S> {
    fn wants(&self, by: &Value, place: Place) -> bool {
        self.found.as_ref().is_none_or(|found| match by.cmp(&found.by) {
            Ordering::Equal => place < found.place,
            order => order == S::WANTED,
        })
    }
}

impl<S: Side> State for ExtremeBy<S> {
    fn lift(&mut self, row: Row<'_>, _: &Settings) {
        let (by, place) = (row.second(), row.place());
        if self.wants(&by, place) {
            self.found = Some(Found { by, place, value: row.value() });
        }
    }

    fn combine(&mut self, other: &Self, _: &Settings) {
        if let Some(found) = &other.found
            && self.wants(&found.by, found.place)
        {
            self.found = Some(found.clone());
        }
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        Ok(self.found.as_ref().map_or(Value::Null, |found| found.value.clone()))
    }
}
