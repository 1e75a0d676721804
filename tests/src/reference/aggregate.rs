//! Aggregates, over all of a window's rows at once.

use super::exact::{Ratio, exact_decimal, exact_float, nearest_decimal, nearest_float};
use super::rows::Row;
use cep_core::function::EvalError;
use cep_core::plan::{AggregateCall, AggregateFunction, RulePlan};
use cep_core::time::Span;
use cep_core::value::{Decimal, Type, Value};
use num_bigint::BigInt;

/// The results of all aggregates of a rule over a window's rows.
pub(super) fn results(rule: &RulePlan, rows: &[&Row<'_>]) -> Vec<Result<Value, EvalError>> {
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
        AggregateFunction::Min => Ok(inputs.iter().min().map_or(Value::Null, |v| (*v).clone())),
        AggregateFunction::Max => Ok(inputs.iter().max().map_or(Value::Null, |v| (*v).clone())),
        AggregateFunction::Sum => sum(inputs, call.ty.base()),
        AggregateFunction::Avg if inputs.is_empty() => Ok(Value::Null),
        AggregateFunction::Avg => mean(inputs, call.ty.base()),
    }
}

fn sum(inputs: &[&Value], ty: &Type) -> Result<Value, EvalError> {
    let total = total(inputs)?;
    match ty {
        Type::Int => {
            let whole = &total.numerator / &total.denominator;
            i64::try_from(whole).map(Value::Int).map_err(|_| EvalError::IntegerOverflow)
        }
        Type::Duration => {
            let micros = &total.numerator / &total.denominator;
            i64::try_from(micros)
                .map(|micros| Value::Duration(Span(micros)))
                .map_err(|_| EvalError::TimeOverflow)
        }
        _ => round(&total, ty),
    }
}

fn mean(inputs: &[&Value], ty: &Type) -> Result<Value, EvalError> {
    let mut total = total(inputs)?;
    total.denominator *= inputs.len();
    round(&total, ty)
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

fn round(total: &Ratio, ty: &Type) -> Result<Value, EvalError> {
    match ty {
        Type::Float => nearest_float(total).map(Value::Float),
        Type::Decimal => nearest_decimal(total).map(|d: Decimal| Value::Decimal(d)),
        _ => Err(EvalError::WrongType),
    }
}
