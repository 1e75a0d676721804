//! `percentile(x, p)`: the smallest value that at least p percent of the values do not exceed
//! (nearest rank; 0 gives the smallest); null of nothing. Exact up to 1,024 different values, then
//! within 0.4 %.

use super::buckets::Buckets;
use super::multiset::Multiset;
use super::{AggregateInfo, Row, Settings, Slides, State};
use crate::function::EvalError;
use crate::value::{Decimal, Value};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "percentile",
    signature: "percentile(x, p)",
    result: "as x",
    of_nothing: "null",
    doc: "the smallest value that at least p percent of the values do not exceed",
    example: "when percentile(ms, 95) > 500",
    error: "exact up to 1,024 different values, then within 0.4 %",
    keeps: "up to 1,024 different values, then how many there are of each size",
};

/// The values.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Percentile(Multiset<Buckets>);

/// The rank, counted from 1, of the smallest of `len` values that `percent` of them do not exceed.
fn rank(len: u64, percent: Decimal) -> u64 {
    let hundred = BigInt::from(10).pow(percent.scale()) * 100;
    let above: BigInt = BigInt::from(percent.mantissa()) * len + &hundred - 1;
    let rank: BigInt = above / hundred;
    rank.to_u64().unwrap_or(0).clamp(1, len.max(1))
}

impl State for Percentile {
    const SLIDES: Slides = Slides::ByGivingBack;

    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        self.0.insert(row.value(), settings);
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        self.0.merge(&other.0, settings);
    }

    fn lower(&self, settings: &Settings) -> Result<Value, EvalError> {
        let percent = match settings.arguments.first() {
            Some(Value::Decimal(percent)) => *percent,
            _ => Decimal::ZERO,
        };
        let values = self.0.seen();
        values.at_rank(rank(values.len(), percent), &settings.input)
    }

    fn give_back(&mut self, row: &Self) {
        self.0.give_back(&row.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest_ones_above() {
        let half = Decimal::new(5, 1);
        let of = |percent: i64| Decimal::from(percent);
        assert_eq!([0, 1, 50, 99, 100].map(|p| rank(10, of(p))), [1, 1, 5, 10, 10]);
        assert_eq!([20, 21, 40].map(|p| rank(5, of(p))), [1, 2, 2]);
        assert_eq!(rank(1_000, of(99) + half), 995);
    }
}
