//! `ema(x, half_life)`: the mean with weights that halve with every `half_life` of age; null of
//! nothing.
//!
//! An event at time t weighs `2^(t / half_life)`; only the proportions of weights matter, so the
//! newest event need not be known. The whole part of the exponent chooses a *level*, whose sums
//! are exact; the rest gives a factor from 1 to 2, taken to the nearest 2^-32. Levels more than
//! [`LEVELS`] half-lives below the newest are dropped: whatever the grouping, a level is dropped
//! that is too far below the highest.

use super::exact::{Base, Exact};
use super::round::Quotient;
use super::{AggregateInfo, Row, Settings, State};
use crate::function::EvalError;
use crate::value::Value;
use num_bigint::BigInt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "ema",
    signature: "ema(x, half_life)",
    result: "as avg(x)",
    of_nothing: "null",
    doc: "the mean with weights that halve with every half_life of age",
    example: "when ema(cpu, 30s) > 90.0",
    error: "weights to 2^-32; what is 64 half-lives older than the newest no longer counts",
    keeps: "two sums for each of up to 64 half-lives",
};

/// How many half-lives are kept.
const LEVELS: i64 = 64;
/// Binary digits after the point of a weight.
const WEIGHT_BITS: u32 = 32;
/// Binary digits after the point of what weights are computed with.
const WORK_BITS: u32 = 62;
/// The natural logarithm of two, with [`WORK_BITS`] digits after the point.
const LN_2: u128 = 3_196_577_161_300_663_915;

/// The sums of each level.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ema(BTreeMap<i64, Level>);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Level {
    /// The sum of the weights, times 2^32.
    weight: u128,
    /// The sum of the weighted values, times 2^32.
    sum: Exact,
}

impl Ema {
    fn drop_faded(&mut self) {
        let Some(highest) = self.0.last_key_value().map(|(level, _)| *level) else { return };
        while let Some(lowest) = self.0.first_entry()
            && highest - *lowest.key() >= LEVELS
        {
            lowest.remove();
        }
    }
}

/// `2^(rest / half_life)` for a rest shorter than a half-life, times 2^32, by the power series of
/// the exponential function.
fn weight(rest: i64, half_life: i64) -> u64 {
    let (rest, half_life) = (u128::from(rest.unsigned_abs()), u128::from(half_life.unsigned_abs()));
    let exponent = ((rest << WORK_BITS) / half_life.max(1) * LN_2) >> WORK_BITS;
    let (mut term, mut sum) = (1_u128 << WORK_BITS, 0_u128);
    let mut step = 1;
    while term > 0 {
        sum += term;
        term = ((term * exponent) >> WORK_BITS) / step;
        step += 1;
    }
    let half = 1 << (WORK_BITS - WEIGHT_BITS - 1);
    u64::try_from((sum + half) >> (WORK_BITS - WEIGHT_BITS)).unwrap_or(u64::MAX)
}

impl State for Ema {
    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        let half_life = match settings.arguments.first() {
            Some(Value::Duration(span)) => span.0.max(1),
            _ => 1,
        };
        let time = row.place().time;
        let weight = weight(time.rem_euclid(half_life), half_life);
        let level = self.0.entry(time.div_euclid(half_life)).or_default();
        level.weight += u128::from(weight);
        let weighted = Exact::of(&row.value()).times(&Exact::whole(weight));
        level.sum.add(&weighted, Base::of(&settings.input));
        self.drop_faded();
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        for (at, level) in &other.0 {
            let mine = self.0.entry(*at).or_default();
            mine.weight += level.weight;
            mine.sum.add(&level.sum, Base::of(&settings.input));
        }
        self.drop_faded();
    }

    fn lower(&self, settings: &Settings) -> Result<Value, EvalError> {
        let Some((lowest, _)) = self.0.first_key_value() else { return Ok(Value::Null) };
        let base = Base::of(&settings.input);
        let (mut weights, mut sum) = (BigInt::ZERO, Exact::default());
        for (at, level) in &self.0 {
            let power = BigInt::from(1) << (at - lowest);
            weights += &power * level.weight;
            sum.add(&level.sum.times(&Exact::whole(power)), base);
        }
        let denominator = weights * base.power(sum.scale);
        Quotient { numerator: sum.digits, denominator }.nearest(&settings.result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_double_over_a_half_life() {
        assert_eq!(weight(0, 10), 1 << 32);
        // The root of two, times 2^32.
        assert_eq!(weight(5, 10), 6_074_001_000);
        assert_eq!(weight(i64::MAX - 1, i64::MAX), 1 << 33);
    }
}
