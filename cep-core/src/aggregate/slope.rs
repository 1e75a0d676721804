//! `slope(x)`: by how much x rises a second, by least squares over event time; null where all
//! events are of one instant. Computed as `(n Σtx - Σt Σx) / (n Σt² - (Σt)²)` from exact sums and
//! rounded once.

use super::exact::{Base, Exact};
use super::round::Quotient;
use super::{AggregateInfo, Row, Settings, State};
use crate::function::EvalError;
use crate::value::Value;
use num_bigint::BigInt;
use num_traits::Zero;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "slope",
    signature: "slope(x)",
    result: "decimal for ints and decimals, float for floats",
    of_nothing: "null of fewer than two instants",
    doc: "by how much x rises a second, by least squares over event time",
    example: "when slope(disk_free) < -1000",
    error: "exact, rounded once",
    keeps: "a count and four sums",
};

const MICROS_A_SECOND: u32 = 1_000_000;

/// How many points, and their sums; times in microseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Slope {
    count: u64,
    t: BigInt,
    tt: BigInt,
    x: Exact,
    tx: Exact,
}

impl State for Slope {
    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        let base = Base::of(&settings.input);
        let (t, x) = (BigInt::from(row.place().time), Exact::of(&row.value()));
        self.tx.add(&x.times(&Exact::whole(t.clone())), base);
        self.x.add(&x, base);
        self.tt += &t * &t;
        self.t += t;
        self.count += 1;
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        let base = Base::of(&settings.input);
        self.tx.add(&other.tx, base);
        self.x.add(&other.x, base);
        self.tt += &other.tt;
        self.t += &other.t;
        self.count += other.count;
    }

    fn lower(&self, settings: &Settings) -> Result<Value, EvalError> {
        let base = Base::of(&settings.input);
        let of_t = &self.tt * self.count - &self.t * &self.t;
        if of_t.is_zero() {
            return Ok(Value::Null);
        }
        // A product of zero has no scale of its own.
        let scale = self.x.scale.max(self.tx.scale);
        let together = self.tx.at(scale, base) * self.count - self.x.at(scale, base) * &self.t;
        let per_second = Quotient {
            numerator: together * MICROS_A_SECOND,
            denominator: of_t * base.power(scale),
        };
        per_second.nearest(&settings.result)
    }
}
