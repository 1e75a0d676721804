//! `stddev(x)`: the root of the [variance](super::variance); null of nothing. The root is taken of
//! the exact variance and rounded once; of durations it is a duration.

use super::variance::Variance;
use super::{AggregateInfo, Row, Settings, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "stddev",
    signature: "stddev(x)",
    result: "as avg(x)",
    of_nothing: "null",
    doc: "the root of the variance",
    example: "when abs(last(ms) - avg(ms)) > 3 * stddev(ms)",
    error: "exact, rounded once",
    keeps: "a count and two sums",
};

/// What the variance keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stddev(Variance);

impl State for Stddev {
    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        self.0.lift(row, settings);
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        self.0.combine(&other.0, settings);
    }

    fn lower(&self, settings: &Settings) -> Result<Value, EvalError> {
        let Some(variance) = self.0.exact(settings) else { return Ok(Value::Null) };
        variance.root(&settings.result).nearest(&settings.result)
    }
}
