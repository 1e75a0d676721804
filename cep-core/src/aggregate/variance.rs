//! `variance(x)`: the mean square distance from the mean, over exactly these values (a window is
//! not a sample); null of nothing. Computed as `(n Σx² - (Σx)²) / n²` from exact sums and rounded
//! once, to a float for floats and a decimal for others.

use super::exact::{Base, Exact};
use super::round::Quotient;
use super::{AggregateInfo, Row, Settings, State};
use crate::function::EvalError;
use crate::value::Value;
use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "variance",
    signature: "variance(x)",
    result: "decimal for ints and decimals, float for floats",
    of_nothing: "null",
    doc: "the mean square distance from the mean, over exactly these values (the population's)",
    example: "emit Spread { v: variance(count) }",
    error: "exact, rounded once",
    keeps: "a count and two sums",
};

/// How many values, their sum and the sum of their squares.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Variance {
    count: u64,
    sum: Exact,
    squares: Exact,
}

impl Variance {
    /// The variance as it is; nothing of nothing.
    pub(super) fn exact(&self, settings: &Settings) -> Option<Quotient> {
        if self.count == 0 {
            return None;
        }
        let base = Base::of(&settings.input);
        let count = BigInt::from(self.count);
        let scale = self.squares.scale.max(2 * self.sum.scale);
        let square = self.sum.times(&self.sum);
        let numerator = self.squares.at(scale, base) * &count - square.at(scale, base);
        Some(Quotient { numerator, denominator: &count * &count * base.power(scale) })
    }
}

impl State for Variance {
    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        let value = Exact::of(&row.value());
        let base = Base::of(&settings.input);
        self.squares.add(&value.times(&value), base);
        self.sum.add(&value, base);
        self.count += 1;
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        let base = Base::of(&settings.input);
        self.squares.add(&other.squares, base);
        self.sum.add(&other.sum, base);
        self.count += other.count;
    }

    fn lower(&self, settings: &Settings) -> Result<Value, EvalError> {
        self.exact(settings).map_or(Ok(Value::Null), |exact| exact.nearest(&settings.result))
    }
}
