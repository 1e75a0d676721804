//! `corr(x, y)`: Pearson's correlation, from -1 to 1; null where x or y does not vary. Computed
//! from exact sums as the signed root of `(n Σxy - Σx Σy)² / ((n Σx² - (Σx)²) (n Σy² - (Σy)²))`,
//! rounded once to a float.

use super::exact::{Base, Exact};
use super::round::Quotient;
use super::{AggregateInfo, Row, Settings, State};
use crate::function::EvalError;
use crate::value::{Type, Value};
use num_bigint::{BigInt, Sign};
use num_traits::Zero;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "corr",
    signature: "corr(x, y)",
    result: "float",
    of_nothing: "null where x or y does not vary",
    doc: "Pearson's correlation of two numbers",
    example: "when corr(load, latency) > 0.9",
    error: "exact, rounded once",
    keeps: "a count and five sums",
};

/// How many pairs, and their sums.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Corr {
    count: u64,
    x: Exact,
    y: Exact,
    xx: Exact,
    yy: Exact,
    xy: Exact,
}

impl Corr {
    /// `n Σab - Σa Σb`, times the base's power of both scales.
    fn spread(&self, a: &Exact, b: &Exact, ab: &Exact, base: Base) -> BigInt {
        let product = a.times(b);
        ab.at(product.scale, base) * self.count - product.digits
    }
}

impl State for Corr {
    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        let base = Base::of(&settings.input);
        let (x, y) = (Exact::of(&row.value()), Exact::of(&row.second()));
        self.xx.add(&x.times(&x), base);
        self.yy.add(&y.times(&y), base);
        self.xy.add(&x.times(&y), base);
        self.x.add(&x, base);
        self.y.add(&y, base);
        self.count += 1;
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        let base = Base::of(&settings.input);
        self.xx.add(&other.xx, base);
        self.yy.add(&other.yy, base);
        self.xy.add(&other.xy, base);
        self.x.add(&other.x, base);
        self.y.add(&other.y, base);
        self.count += other.count;
    }

    fn lower(&self, settings: &Settings) -> Result<Value, EvalError> {
        let base = Base::of(&settings.input);
        let together = self.spread(&self.x, &self.y, &self.xy, base);
        let of_x = self.spread(&self.x, &self.x, &self.xx, base);
        let of_y = self.spread(&self.y, &self.y, &self.yy, base);
        if of_x.is_zero() || of_y.is_zero() {
            return Ok(Value::Null);
        }
        let square = Quotient { numerator: &together * &together, denominator: of_x * of_y };
        let mut root = square.root(&Type::Float);
        if together.sign() == Sign::Minus {
            root.numerator = -root.numerator;
        }
        root.nearest(&Type::Float)
    }
}
