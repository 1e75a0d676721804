//! Operations on lists: an element, and one value made of all.
//!
//! Sums and means are exact and rounded once, by what sums the events of a window; so they are the
//! same whatever the order of the list.

use super::EvalError;
use crate::aggregate::{ExactDecimal, ExactFloat, mean_duration};
use crate::plan::ListFold;
use crate::time::Span;
use crate::value::{Type, Value};

/// The element of a list at an index from 0.
///
/// # Errors
/// When there is none; a negative index never has one.
pub fn apply_index(list: &Value, index: &Value) -> Result<Value, EvalError> {
    let (Value::List(values), Value::Int(index)) = (list, index) else {
        return Err(EvalError::WrongType);
    };
    let found = usize::try_from(*index).ok().and_then(|at| values.get(at));
    found.cloned().ok_or(EvalError::BadIndex { index: *index, len: values.len() as u64 })
}

/// What a fold whose result has type `ty` makes of values. Nulls are skipped, but for
/// [`ListFold::Collect`].
///
/// # Errors
/// When a sum does not fit its type.
pub fn apply_fold(
    function: ListFold,
    ty: &Type,
    mut values: Vec<Value>,
) -> Result<Value, EvalError> {
    if function != ListFold::Collect {
        values.retain(|value| !value.is_null());
    }
    Ok(match function {
        ListFold::Collect => Value::List(values.into()),
        ListFold::Sort => {
            values.sort();
            Value::List(values.into())
        }
        ListFold::Count => Value::Int(i64::try_from(values.len()).unwrap_or(i64::MAX)),
        ListFold::Sum => sum(ty.base(), &values)?,
        ListFold::Avg => average(&values)?,
        ListFold::Min => values.into_iter().min().unwrap_or(Value::Null),
        ListFold::Max => values.into_iter().max().unwrap_or(Value::Null),
        ListFold::Any => Value::Bool(values.contains(&Value::Bool(true))),
        ListFold::All => Value::Bool(!values.contains(&Value::Bool(false))),
    })
}

/// The sum, exact until it is rounded once, as that of a window.
fn sum(ty: &Type, values: &[Value]) -> Result<Value, EvalError> {
    let whole = || i64::try_from(whole_total(values));
    match ty {
        Type::Int => whole().map(Value::Int).map_err(|_| EvalError::IntegerOverflow),
        Type::Duration => {
            whole().map(|it| Value::Duration(Span(it))).map_err(|_| EvalError::DurationOverflow)
        }
        Type::Float => float_total(values).rounded().map(Value::Float),
        _ => decimal_total(values).rounded().map(Value::Decimal),
    }
}

/// The mean, rounded once: of integers and decimals a decimal, of durations a duration.
fn average(values: &[Value]) -> Result<Value, EvalError> {
    let Some(first) = values.first() else { return Ok(Value::Null) };
    let count = values.len() as u64;
    match first {
        Value::Duration(_) => mean_duration(whole_total(values), count),
        Value::Float(_) => float_total(values).mean(count).map(Value::Float),
        Value::Int(_) => {
            ExactDecimal::of_integer(whole_total(values)).mean(count).map(Value::Decimal)
        }
        _ => decimal_total(values).mean(count).map(Value::Decimal),
    }
}

fn whole_total(values: &[Value]) -> i128 {
    values.iter().map(whole).sum()
}

fn float_total(values: &[Value]) -> ExactFloat {
    let mut total = ExactFloat::default();
    for value in values {
        if let Value::Float(value) = value {
            total.add(*value);
        }
    }
    total
}

fn decimal_total(values: &[Value]) -> ExactDecimal {
    let mut total = ExactDecimal::default();
    for value in values {
        if let Value::Decimal(value) = value {
            total.add(*value);
        }
    }
    total
}

fn whole(value: &Value) -> i128 {
    match value {
        Value::Int(value) => i128::from(*value),
        Value::Duration(span) => i128::from(span.0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::value::Decimal;

    fn ints(values: &[i64]) -> Vec<Value> {
        values.iter().map(|value| Value::Int(*value)).collect()
    }

    #[test]
    fn an_index_outside_of_the_list_is_an_error() {
        let list = Value::List(ints(&[7, 8]).into());
        assert_eq!(apply_index(&list, &Value::Int(1)), Ok(Value::Int(8)));
        for index in [-1, 2, i64::MAX] {
            let error = Err(EvalError::BadIndex { index, len: 2 });
            assert_eq!(apply_index(&list, &Value::Int(index)), error);
        }
    }

    #[test]
    fn only_the_whole_sum_must_fit() {
        let values = || ints(&[i64::MAX, 1, -1]);
        assert_eq!(apply_fold(ListFold::Sum, &Type::Int, values()), Ok(Value::Int(i64::MAX)));
        assert_eq!(
            apply_fold(ListFold::Sum, &Type::Int, ints(&[i64::MAX, 1])),
            Err(EvalError::IntegerOverflow)
        );
    }

    #[test]
    fn nothing_has_a_sum_and_no_extremes() {
        let of_none = |function, ty: Type| apply_fold(function, &ty, vec![Value::Null]);
        assert_eq!(of_none(ListFold::Sum, Type::Int), Ok(Value::Int(0)));
        assert_eq!(of_none(ListFold::Max, Type::Int.optional()), Ok(Value::Null));
        assert_eq!(of_none(ListFold::Avg, Type::Decimal.optional()), Ok(Value::Null));
        assert_eq!(of_none(ListFold::Any, Type::Bool), Ok(Value::Bool(false)));
        assert_eq!(of_none(ListFold::All, Type::Bool), Ok(Value::Bool(true)));
    }

    fn fold(function: ListFold, ty: Type, values: &[Value]) -> Result<Value, EvalError> {
        apply_fold(function, &ty, values.to_vec())
    }

    #[test]
    fn sums_of_floats_are_rounded_once() {
        let floats = |values: &[f64]| values.iter().copied().map(Value::Float).collect::<Vec<_>>();
        let sum = |values: &[f64]| fold(ListFold::Sum, Type::Float, &floats(values));
        assert_eq!(sum(&[1e16, 1.0, -1e16]), Ok(Value::Float(1.0)));
        assert_eq!(sum(&[0.1; 10]), Ok(Value::Float(1.0)));
        let mean = fold(ListFold::Avg, Type::Float.optional(), &floats(&[1e308, 1e308]));
        assert_eq!(mean, Ok(Value::Float(1e308)));
    }

    #[test]
    fn sums_of_decimals_do_not_depend_on_the_order() {
        let of = |texts: &[&str]| -> Vec<Value> {
            texts.iter().map(|text| Value::Decimal(text.parse().unwrap())).collect()
        };
        let sum = |values: &[&str]| fold(ListFold::Sum, Type::Decimal, &of(values));
        let (small, large) = ("0.0000000000000000000000000001", "1000000000000000000000000000");
        let negative = format!("-{large}");
        for order in [[small, large, &negative], [large, &negative, small]] {
            assert_eq!(sum(&order), Ok(Value::Decimal(small.parse().unwrap())));
        }
        let most = Decimal::MAX.to_string();
        let least = Decimal::MIN.to_string();
        for order in [[&*most, &*most, &*least], [&*most, &*least, &*most]] {
            assert_eq!(sum(&order), Ok(Value::Decimal(Decimal::MAX)));
        }
        let mean = fold(ListFold::Avg, Type::Decimal.optional(), &of(&[&most, &most]));
        assert_eq!(mean, Ok(Value::Decimal(Decimal::MAX)));
    }

    #[test]
    fn the_mean_of_durations_is_rounded_to_the_nearest_microsecond() {
        let mean = |micros: &[i64]| {
            let values: Vec<_> = micros.iter().map(|it| Value::Duration(Span(*it))).collect();
            fold(ListFold::Avg, Type::Duration.optional(), &values)
        };
        assert_eq!(mean(&[1, 2, 2]), Ok(Value::Duration(Span(2))));
        assert_eq!(mean(&[1, 2]), Ok(Value::Duration(Span(2))));
        assert_eq!(mean(&[-2, -3]), Ok(Value::Duration(Span(-2))));
    }

    #[test]
    fn the_mean_of_ints_is_a_decimal() {
        let mean = apply_fold(ListFold::Avg, &Type::Decimal.optional(), ints(&[1, 2]));
        assert_eq!(mean, Ok(Value::Decimal(Decimal::new(15, 1))));
    }
}
