//! `any(c)`: whether it holds for some event; false of nothing.

use super::{AggregateInfo, Row, Settings, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "any",
    signature: "any(c)",
    result: "bool",
    of_nothing: "false",
    doc: "whether c holds for some event",
    example: "when any(status == \"down\")",
    error: "exact",
    keeps: "one truth value",
};

/// Whether it held.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Any(bool);

impl State for Any {
    fn lift(&mut self, row: Row<'_>, _: &Settings) {
        self.0 |= row.truth();
    }

    fn combine(&mut self, other: &Self, _: &Settings) {
        self.0 |= other.0;
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        Ok(Value::Bool(self.0))
    }
}
