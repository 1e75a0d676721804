//! `collect(x, limit)`: the values of the first events in the order of events, as a list; an empty
//! list of nothing.

use super::earliest::Earliest;
use super::{AggregateInfo, Row, Settings, Slides, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};

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

/// The first values.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Collect(Earliest);

impl State for Collect {
    const SLIDES: Slides = Slides::ByGivingBack;

    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        self.0.take(row, settings);
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        self.0.merge(&other.0, settings);
    }

    fn lower(&self, settings: &Settings) -> Result<Value, EvalError> {
        Ok(Value::List(self.0.values().take(settings.count()).cloned().collect()))
    }

    fn give_back(&mut self, row: &Self) {
        self.0.give_back(&row.0);
    }
}
