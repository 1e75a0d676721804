//! Aggregates, over all of a window's rows at once.
//!
//! Where the engine goes over to a sketch, beyond 1,024 different values, this gives the exact
//! result: logs that are compared stay below.

use super::exact::{
    DECIMAL_SCALE, Ratio, exact_decimal, exact_float, nearest_decimal, nearest_float,
    round_half_even,
};
use super::rows::{Row, canonical as canonical_key, in_order as in_order_of_events};
use super::statistics;
use cep_core::function::{EvalError, apply_binary};
use cep_core::plan::{AggregateCall, AggregateFunction, BinaryOp, PreviousCall, RulePlan};
use cep_core::time::{EventTime, Span};
use cep_core::value::{Type, Value};
use num_bigint::BigInt;
use std::collections::{BTreeMap, BTreeSet};

/// The results of aggregates.
pub(super) type Results = Vec<Result<Value, EvalError>>;

/// What a rule reads of windows before: `window` gives the results of the one so many before, if the
/// key had one.
pub(super) fn previous(rule: &RulePlan, window: impl Fn(u32) -> Option<Results>) -> Results {
    let read = |call: &PreviousCall| {
        let results = window(call.windows).unwrap_or_default();
        results.get(call.aggregate as usize).cloned().unwrap_or(Ok(Value::Null))
    };
    rule.previous.iter().map(read).collect()
}

/// The results of all aggregates of a rule over a window's rows.
pub(super) fn results(rule: &RulePlan, rows: &[&Row]) -> Results {
    let rows = in_order_of_events(rows);
    let result = |(index, call): (usize, &AggregateCall)| {
        let taken: Vec<Taken<'_>> = rows
            .iter()
            .filter_map(|row| {
                let inputs = row.inputs.get(index)?.as_ref()?;
                Some(Taken { time: row.time, first: inputs.first(), second: inputs.get(1) })
            })
            .collect();
        aggregate(call, &taken)
    };
    rule.aggregates.iter().enumerate().map(result).collect()
}

/// What an aggregate takes of a row; nothing of it is null.
pub(super) struct Taken<'a> {
    pub time: EventTime,
    pub first: Option<&'a Value>,
    pub second: Option<&'a Value>,
}

/// One aggregate over what it takes, in the order of events.
fn aggregate(call: &AggregateCall, taken: &[Taken<'_>]) -> Result<Value, EvalError> {
    let inputs: Vec<&Value> = taken.iter().filter_map(|taken| taken.first).collect();
    let count =
        |count: usize| i64::try_from(count).map(Value::Int).map_err(|_| EvalError::IntegerOverflow);
    let or_null = |found: Option<&&Value>| Ok(found.map_or(Value::Null, |value| (*value).clone()));
    match call.function {
        AggregateFunction::Count => count(taken.len()),
        AggregateFunction::Min => Ok(in_order(&inputs).next().unwrap_or(Value::Null)),
        AggregateFunction::Max => Ok(in_order(&inputs).next_back().unwrap_or(Value::Null)),
        AggregateFunction::Sum => sum(&inputs, call.ty.base()),
        AggregateFunction::Any => Ok(Value::Bool(inputs.iter().any(|it| is_true(it)))),
        AggregateFunction::All => Ok(Value::Bool(inputs.iter().all(|it| is_true(it)))),
        AggregateFunction::CountDistinct => {
            let different: BTreeSet<&Value> = inputs.into_iter().collect();
            count(different.len())
        }
        AggregateFunction::Corr => statistics::correlation(taken),
        AggregateFunction::Slope => statistics::slope(taken, call.ty.base()),
        AggregateFunction::Collect => {
            let limit = match call.arguments.first() {
                Some(Value::Int(limit)) => usize::try_from(*limit).unwrap_or(usize::MAX),
                _ => return Err(EvalError::WrongType),
            };
            Ok(Value::List(inputs.into_iter().take(limit).cloned().collect()))
        }
        AggregateFunction::Top => top(call, taken),
        _ if inputs.is_empty() => Ok(Value::Null),
        AggregateFunction::Avg => mean(&inputs, call.ty.base()),
        AggregateFunction::First => or_null(inputs.first()),
        AggregateFunction::Last => or_null(inputs.last()),
        AggregateFunction::Nth => {
            let nth = match call.arguments.first() {
                Some(Value::Int(nth)) => usize::try_from(*nth).unwrap_or(usize::MAX),
                _ => return Err(EvalError::WrongType),
            };
            or_null(inputs.get(nth - 1))
        }
        AggregateFunction::Delta => match (inputs.first(), inputs.last()) {
            (Some(first), Some(last)) => apply_binary(BinaryOp::Subtract, last, first),
            _ => Ok(Value::Null),
        },
        AggregateFunction::MaxBy | AggregateFunction::MinBy => {
            let mut by_second: Vec<&Taken<'_>> = taken.iter().collect();
            // A stable sort: of equal ones the first in the order of events stays first.
            by_second.sort_by(|a, b| match call.function {
                AggregateFunction::MaxBy => b.second.cmp(&a.second),
                _ => a.second.cmp(&b.second),
            });
            or_null(by_second.first().and_then(|taken| taken.first.as_ref()))
        }
        AggregateFunction::Variance => {
            statistics::nearest(&statistics::variance(&inputs)?, call.ty.base())
        }
        AggregateFunction::Stddev => {
            statistics::nearest_root(&statistics::variance(&inputs)?, call.ty.base())
        }
        AggregateFunction::Ema => statistics::weighted_mean(taken, call),
        AggregateFunction::Median => statistics::median(&inputs, call.ty.base()),
        AggregateFunction::Percentile => statistics::percentile(&inputs, call),
    }
}

/// The groups of equal first inputs with the largest values of another aggregate over them.
fn top(call: &AggregateCall, taken: &[Taken<'_>]) -> Result<Value, EvalError> {
    let (Some(of_group), Some(Value::Int(count))) = (call.of_group(), call.arguments.first())
    else {
        return Err(EvalError::WrongType);
    };
    let mut groups: BTreeMap<Value, Vec<Taken<'_>>> = BTreeMap::new();
    for Taken { time, first, second } in taken {
        let key = first.map_or(Value::Null, |key| canonical_key(key.clone()));
        let row = Taken { time: *time, first: *second, second: None };
        groups.entry(key).or_default().push(row);
    }
    let mut found = Vec::new();
    for (key, rows) in groups {
        found.push((aggregate(&of_group, &rows)?, key));
    }
    // A stable sort: of equal values the smaller key stays first.
    found.sort_by(|(a, _), (b, _)| b.cmp(a));
    let records = found.into_iter().take(usize::try_from(*count).unwrap_or(usize::MAX));
    let record =
        |(value, key)| Value::Record([("key".into(), key), ("value".into(), value)].into());
    Ok(Value::List(records.map(record).collect()))
}

fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true)
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
            micros().map(|it| Value::Duration(Span(it))).map_err(|_| EvalError::DurationOverflow)
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

/// The mean, rounded once: a decimal to as many digits as it can have.
fn mean(inputs: &[&Value], ty: &Type) -> Result<Value, EvalError> {
    let mut total = total(inputs)?;
    total.denominator *= inputs.len();
    match ty {
        Type::Float => nearest_float(&total).map(|mean| Value::Float(mean + 0.0)),
        Type::Decimal => {
            nearest_decimal(&total, DECIMAL_SCALE).map(|mean| Value::Decimal(mean.normalize()))
        }
        Type::Duration => i64::try_from(round_half_even(&total.numerator, &total.denominator))
            .map(|micros| Value::Duration(Span(micros)))
            .map_err(|_| EvalError::DurationOverflow),
        _ => Err(EvalError::WrongType),
    }
}

/// The exact sum.
fn total(inputs: &[&Value]) -> Result<Ratio, EvalError> {
    inputs.iter().try_fold(Ratio::zero(), |total, value| Ok(total.plus(&exact(value)?)))
}

pub(super) fn exact(value: &Value) -> Result<Ratio, EvalError> {
    match value {
        Value::Int(value) => Ok(Ratio::whole(BigInt::from(*value))),
        Value::Duration(value) => Ok(Ratio::whole(BigInt::from(value.0))),
        Value::Decimal(value) => Ok(exact_decimal(*value)),
        Value::Float(value) => Ok(exact_float(*value)),
        _ => Err(EvalError::WrongType),
    }
}
