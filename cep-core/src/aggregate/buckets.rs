//! A sketch of numbers by size: how many fall into each bucket, where buckets grow with the numbers,
//! so that the relative error is bounded everywhere.
//!
//! Every power of two is cut into 128 equal buckets, and a number is known by the middle of
//! its bucket, which is off by at most 1/256 of it, 0.4 %. Buckets are found from the bits of
//! the float alone, without a logarithm, so that every machine finds the same; merging adds
//! counts, so the sketch is the same whatever the grouping. Source: Charles Masson, Jee Rim, Homin
//! Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees"
//! (VLDB 2019), with the linearly interpolated mapping, as in HdrHistogram.

use super::multiset::{Multiset, Sketch};
use crate::function::{EvalError, Function};
use crate::time::Span;
use crate::value::{Decimal, Type, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bits of the fraction that choose the bucket.
const BITS: u32 = 7;
/// Bits of a float below those that choose the bucket.
const BELOW: u32 = 52 - BITS;

/// Floats from here on, 2^96, are no decimals.
const LARGEST_DECIMAL: f64 = 79_228_162_514_264_337_593_543_950_336.0;

/// How many numbers fall into each bucket: the bucket of a positive float is its highest bits, that
/// of a negative one the negative of its opposite's.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Buckets(BTreeMap<i64, u64>);

impl Sketch for Buckets {
    fn add(&mut self, value: &Value, times: u64) {
        *self.0.entry(bucket(real(value))).or_default() += times;
    }

    fn merge(&mut self, other: &Self) {
        for (bucket, times) in &other.0 {
            *self.0.entry(*bucket).or_default() += times;
        }
    }
}

fn real(value: &Value) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a sketch is not exact")]
    let whole = |value: i64| value as f64;
    match value {
        Value::Int(value) => whole(*value),
        Value::Duration(value) => whole(value.0),
        Value::Decimal(_) => {
            match (Function::FloatOfDecimal.info().apply)(std::slice::from_ref(value)) {
                Ok(Value::Float(value)) => value,
                _ => 0.0,
            }
        }
        Value::Float(value) => *value,
        _ => 0.0,
    }
}

fn bucket(value: f64) -> i64 {
    let magnitude = i64::try_from(value.abs().to_bits() >> BELOW).unwrap_or(0);
    if value < 0.0 { -magnitude } else { magnitude }
}

/// The middle of a bucket; of the one around zero, zero.
fn middle(bucket: i64) -> f64 {
    let edge = |magnitude: u64| f64::from_bits(magnitude << BELOW);
    let magnitude = bucket.unsigned_abs();
    let (low, high) = (edge(magnitude), edge(magnitude + 1));
    let middle = match (magnitude, high.is_finite()) {
        (0, _) => 0.0,
        (_, false) => low,
        _ => low + (high - low) / 2.0,
    };
    if bucket < 0 { -middle } else { middle }
}

/// A float as a number of another type; whole numbers are cut off, so that those below 256, which
/// have buckets of their own, stay what they are.
fn value_of(number: f64, ty: &Type) -> Result<Value, EvalError> {
    #[expect(clippy::cast_possible_truncation, reason = "what is too large becomes the largest")]
    let whole = || number as i64;
    match ty {
        Type::Int => Ok(Value::Int(whole())),
        Type::Duration => Ok(Value::Duration(Span(whole()))),
        // The middle of the last bucket is beyond the largest decimal.
        Type::Decimal if number.abs() >= LARGEST_DECIMAL => {
            let largest = if number < 0.0 { Decimal::MIN } else { Decimal::MAX };
            Ok(Value::Decimal(largest))
        }
        Type::Decimal => (Function::DecimalOfFloat.info().apply)(&[Value::Float(number)]),
        _ => Ok(Value::Float(number)),
    }
}

impl Multiset<Buckets> {
    /// How many values there are.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Exact(values) => values.iter().map(|(_, times)| times).sum(),
            Self::Sketched(buckets) => buckets.0.values().sum(),
        }
    }

    /// The value at a rank, counted from 1, as a value of type `ty`, which is that of the values;
    /// null if there are fewer.
    pub(super) fn at_rank(&self, rank: u64, ty: &Type) -> Result<Value, EvalError> {
        let mut passed = 0;
        let mut reaches = |times: u64| {
            passed += times;
            passed >= rank
        };
        match self {
            Self::Exact(values) => {
                let found = values.iter().find(|(_, times)| reaches(*times));
                Ok(found.map_or(Value::Null, |(value, _)| value.clone()))
            }
            Self::Sketched(buckets) => {
                let found = buckets.0.iter().find(|(_, times)| reaches(**times));
                found.map_or(Ok(Value::Null), |(bucket, _)| value_of(middle(*bucket), ty))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_bucket_is_near() {
        for number in [1.0, 1.999, -3.7, 1e-300, 6.02e23, 0.1, 255.5, -1e300] {
            let off = (middle(bucket(number)) - number).abs() / number.abs();
            assert!(off <= 1.0 / 256.0, "{number} is off by {off}");
        }
        assert_eq!(middle(bucket(0.0)).to_bits(), 0);
    }

    #[test]
    fn the_largest_decimals_have_a_middle_too() {
        for largest in [Decimal::MAX, Decimal::MIN, Decimal::MAX - Decimal::ONE_THOUSAND] {
            let number = real(&Value::Decimal(largest));
            let found = value_of(middle(bucket(number)), &Type::Decimal).map(|it| real(&it));
            assert!(found.is_ok_and(|it| (it / number - 1.0).abs() <= 1.0 / 256.0), "{largest}");
        }
    }
}
