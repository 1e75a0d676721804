//! `delta(x)`: by how much the last value differs from the first; null of nothing.

use super::first::First;
use super::last::Last;
use super::{AggregateInfo, Row, Settings, State};
use crate::function::{EvalError, apply_binary};
use crate::plan::BinaryOp;
use crate::value::Value;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "delta",
    signature: "delta(x)",
    result: "as x; a duration for timestamps",
    of_nothing: "null",
    doc: "`last(x) - first(x)`",
    example: "when delta(level) < -10",
    error: "exact; an error if it does not fit its type",
    keeps: "two values",
};

/// The two ends.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Delta {
    first: First,
    last: Last,
}

impl State for Delta {
    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        self.first.lift(row, settings);
        self.last.lift(row, settings);
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        self.first.combine(&other.first, settings);
        self.last.combine(&other.last, settings);
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        match (&self.first.0, &self.last.0) {
            (Some((_, first)), Some((_, last))) => apply_binary(BinaryOp::Subtract, last, first),
            _ => Ok(Value::Null),
        }
    }
}
