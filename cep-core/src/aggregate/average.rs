//! `avg(x)`: the mean, null of nothing. Integers and decimals give a decimal, floats a float,
//! durations a duration (to the nearest microsecond, halves to the even one).

use super::exact_decimal::{ExactDecimal, round_quotient};
use super::exact_float::ExactFloat;
use super::{Row, Settings, State};
use crate::function::EvalError;
use crate::time::Span;
use crate::value::Value;
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use serde::{Deserialize, Serialize};

macro_rules! average {
    ($(#[$doc:meta])* $name:ident, $sum:ty, |$row:ident| $value:expr,
     |$total:ident, $count:ident| $mean:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        pub(crate) struct $name {
            total: $sum,
            count: u64,
        }

        impl State for $name {
            fn lift(&mut self, $row: Row<'_>, _: &Settings) {
                self.total.add_one($value);
                self.count += 1;
            }

            fn combine(&mut self, other: &Self, _: &Settings) {
                self.total.add_all(&other.total);
                self.count += other.count;
            }

            fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
                if self.count == 0 {
                    return Ok(Value::Null);
                }
                let ($total, $count) = (&self.total, self.count);
                $mean
            }
        }
    };
}

/// A total that can take one number, or another total.
trait Total<T> {
    fn add_one(&mut self, value: T);
    fn add_all(&mut self, other: &Self);
}

impl Total<i64> for i128 {
    fn add_one(&mut self, value: i64) {
        *self += Self::from(value);
    }
    fn add_all(&mut self, other: &Self) {
        *self += other;
    }
}

impl Total<f64> for ExactFloat {
    fn add_one(&mut self, value: f64) {
        self.add(value);
    }
    fn add_all(&mut self, other: &Self) {
        self.combine(other);
    }
}

impl Total<crate::value::Decimal> for ExactDecimal {
    fn add_one(&mut self, value: crate::value::Decimal) {
        self.add(value);
    }
    fn add_all(&mut self, other: &Self) {
        self.combine(other);
    }
}

average!(
    /// The mean of integers, a decimal.
    AverageInt, i128, |row| row.whole(),
    |total, count| ExactDecimal::of_integer(*total).mean(count).map(Value::Decimal)
);
average!(
    /// The mean of durations.
    AverageDuration, i128, |row| row.whole(),
    |total, count| mean_duration(*total, count)
);
average!(
    /// The mean of floats: the exact sum by the count, rounded once.
    AverageFloat, ExactFloat, |row| row.real(),
    |total, count| total.mean(count).map(Value::Float)
);
average!(
    /// The mean of decimals.
    AverageDecimal, ExactDecimal, |row| row.decimal(),
    |total, count| total.mean(count).map(Value::Decimal)
);

/// A total of microseconds by how many it is made of, to the nearest one, halves to the even one.
pub(crate) fn mean_duration(total: i128, count: u64) -> Result<Value, EvalError> {
    round_quotient(&BigInt::from(total), &BigInt::from(count))
        .to_i64()
        .map(|micros| Value::Duration(Span(micros)))
        .ok_or(EvalError::DurationOverflow)
}
