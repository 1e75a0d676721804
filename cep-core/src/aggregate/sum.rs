//! `sum(x)`: zero of nothing; exact, and an error only if the result does not fit its type.

use super::exact_decimal::ExactDecimal;
use super::exact_float::ExactFloat;
use super::{Row, Settings, State};
use crate::function::EvalError;
use crate::time::Span;
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// The sum of integers, in 128 bits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SumInt(i128);

/// The sum of durations, in 128 bits of microseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SumDuration(i128);

/// The sum of floats, exact until it is lowered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SumFloat(ExactFloat);

/// The sum of decimals, exact until it is lowered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SumDecimal(ExactDecimal);

impl State for SumInt {
    fn lift(&mut self, row: Row<'_>, _: &Settings) {
        self.0 += i128::from(row.whole());
    }

    fn combine(&mut self, other: &Self, _: &Settings) {
        self.0 += other.0;
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        i64::try_from(self.0).map(Value::Int).map_err(|_| EvalError::IntegerOverflow)
    }
}

impl State for SumDuration {
    fn lift(&mut self, row: Row<'_>, _: &Settings) {
        self.0 += i128::from(row.whole());
    }

    fn combine(&mut self, other: &Self, _: &Settings) {
        self.0 += other.0;
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        i64::try_from(self.0)
            .map(|micros| Value::Duration(Span(micros)))
            .map_err(|_| EvalError::DurationOverflow)
    }
}

impl State for SumFloat {
    fn lift(&mut self, row: Row<'_>, _: &Settings) {
        self.0.add(row.real());
    }

    fn combine(&mut self, other: &Self, _: &Settings) {
        self.0.combine(&other.0);
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        self.0.rounded().map(Value::Float)
    }
}

impl State for SumDecimal {
    fn lift(&mut self, row: Row<'_>, _: &Settings) {
        self.0.add(row.decimal());
    }

    fn combine(&mut self, other: &Self, _: &Settings) {
        self.0.combine(&other.0);
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        self.0.rounded().map(Value::Decimal)
    }
}
