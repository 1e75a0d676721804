//! Aggregates, over all of a window's rows at once.

use super::exact::{
    DECIMAL_SCALE, Ratio, exact_decimal, exact_float, nearest_decimal, nearest_float,
    round_half_even,
};
use super::rows::Row;
use cep_core::function::EvalError;
use cep_core::plan::{AggregateCall, AggregateFunction, RulePlan};
use cep_core::time::Span;
use cep_core::value::{Type, Value};
use num_bigint::BigInt;

/// The results of all aggregates of a rule over a window's rows.
pub(super) fn results(rule: &RulePlan, rows: &[&Row]) -> Vec<Result<Value, EvalError>> {
    let result = |(index, call): (usize, &AggregateCall)| {
        let inputs: Vec<&Value> = rows
            .iter()
            .filter_map(|row| row.inputs.get(index)?.as_ref())
            .filter(|value| !value.is_null())
            .collect();
        aggregate(call, &inputs)
    };
    rule.aggregates.iter().enumerate().map(result).collect()
}

/// One aggregate over the values it takes, none of which is null.
fn aggregate(call: &AggregateCall, inputs: &[&Value]) -> Result<Value, EvalError> {
    match call.function {
        AggregateFunction::Count => {
            i64::try_from(inputs.len()).map(Value::Int).map_err(|_| EvalError::IntegerOverflow)
        }
        AggregateFunction::Min => Ok(in_order(inputs).next().unwrap_or(Value::Null)),
        AggregateFunction::Max => Ok(in_order(inputs).next_back().unwrap_or(Value::Null)),
        AggregateFunction::Sum => sum(inputs, call.ty.base()),
        AggregateFunction::Avg if inputs.is_empty() => Ok(Value::Null),
        AggregateFunction::Avg => mean(inputs, call.ty.base()),
    }
}

/// The values in their canonical order; of equal decimals the one with fewer digits first.
fn in_order(inputs: &[&Value]) -> impl DoubleEndedIterator<Item = Value> + use<> {
    let scale = |value: &Value| match value {
        Value::Decimal(value) => value.scale(),
        _ => 0,
    };
    let mut values: Vec<Value> = inputs.iter().map(|value| canonical(value)).collect();
    values.sort_by(|a, b| a.cmp(b).then(scale(a).cmp(&scale(b))));
    values.into_iter()
}

/// A value without a negative zero.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Float(value) => Value::Float(value + 0.0),
        other => other.clone(),
    }
}

/// The sum: a decimal keeps the most digits after the point that an input has, if they fit.
fn sum(inputs: &[&Value], ty: &Type) -> Result<Value, EvalError> {
    let total = total(inputs)?;
    let micros = || i64::try_from(round_half_even(&total.numerator, &total.denominator));
    match ty {
        Type::Int => micros().map(Value::Int).map_err(|_| EvalError::IntegerOverflow),
        Type::Duration => {
            micros().map(|it| Value::Duration(Span(it))).map_err(|_| EvalError::TimeOverflow)
        }
        Type::Decimal => {
            let scale = inputs.iter().map(|value| match value {
                Value::Decimal(value) => value.scale(),
                _ => 0,
            });
            nearest_decimal(&total, scale.max().unwrap_or(0)).map(Value::Decimal)
        }
        Type::Float => nearest_float(&total).map(Value::Float),
        _ => Err(EvalError::WrongType),
    }
}

/// The mean: a decimal is rounded once, to as many digits as it can have; of floats the sum is
/// rounded, then the quotient.
fn mean(inputs: &[&Value], ty: &Type) -> Result<Value, EvalError> {
    let mut total = total(inputs)?;
    match ty {
        Type::Float =>
        {
            #[expect(clippy::cast_precision_loss, reason = "no log here has 2^53 events")]
            nearest_float(&total).map(|sum| Value::Float(sum / inputs.len() as f64))
        }
        Type::Decimal => {
            total.denominator *= inputs.len();
            nearest_decimal(&total, DECIMAL_SCALE).map(|mean| Value::Decimal(mean.normalize()))
        }
        Type::Duration => {
            total.denominator *= inputs.len();
            i64::try_from(round_half_even(&total.numerator, &total.denominator))
                .map(|micros| Value::Duration(Span(micros)))
                .map_err(|_| EvalError::TimeOverflow)
        }
        _ => Err(EvalError::WrongType),
    }
}

/// The exact sum.
fn total(inputs: &[&Value]) -> Result<Ratio, EvalError> {
    inputs.iter().try_fold(Ratio::zero(), |total, value| Ok(total.plus(&exact(value)?)))
}

fn exact(value: &Value) -> Result<Ratio, EvalError> {
    match value {
        Value::Int(value) => Ok(Ratio::whole(BigInt::from(*value))),
        Value::Duration(value) => Ok(Ratio::whole(BigInt::from(value.0))),
        Value::Decimal(value) => Ok(exact_decimal(*value)),
        Value::Float(value) => Ok(exact_float(*value)),
        _ => Err(EvalError::WrongType),
    }
}
