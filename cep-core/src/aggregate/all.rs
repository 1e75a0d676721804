//! `all(c)`: whether it holds for every event; true of nothing.

use super::{AggregateInfo, Row, Settings, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "all",
    signature: "all(c)",
    result: "bool",
    of_nothing: "true",
    doc: "whether c holds for every event",
    example: "when all(cpu > 90)",
    error: "exact",
    keeps: "one truth value",
};

/// Whether it did not hold somewhere.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct All {
    broken: bool,
}

impl State for All {
    fn lift(&mut self, row: Row<'_>, _: &Settings) {
        self.broken |= !row.truth();
    }

    fn combine(&mut self, other: &Self, _: &Settings) {
        self.broken |= other.broken;
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        Ok(Value::Bool(!self.broken))
    }
}
