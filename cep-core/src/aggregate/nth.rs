//! `nth(x, n)`: the value of the nth event in the order of events, counted from 1; null of fewer.

use super::earliest::Earliest;
use super::{AggregateInfo, Row, Settings, Slides, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};

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

/// The first n values.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Nth(Earliest);

impl State for Nth {
    const SLIDES: Slides = Slides::ByGivingBack;

    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        self.0.take(row, settings);
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        self.0.merge(&other.0, settings);
    }

    fn lower(&self, settings: &Settings) -> Result<Value, EvalError> {
        let before = settings.count().saturating_sub(1);
        Ok(self.0.values().nth(before).cloned().unwrap_or(Value::Null))
    }

    fn give_back(&mut self, row: &Self) {
        self.0.give_back(&row.0);
    }
}
