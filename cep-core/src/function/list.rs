//! Operations on lists: an element, and one value made of all.
//!
//! Values come in the order of the list, and sums are made in that order, each step checked; so
//! the result is the same wherever it is computed.

use super::{EvalError, apply_binary};
use crate::plan::{BinaryOp, ListFold};
use crate::time::Span;
use crate::value::{Decimal, Type, Value};

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
        ListFold::Avg => average(ty.base(), &values)?,
        ListFold::Min => values.into_iter().min().unwrap_or(Value::Null),
        ListFold::Max => values.into_iter().max().unwrap_or(Value::Null),
        ListFold::Any => Value::Bool(values.contains(&Value::Bool(true))),
        ListFold::All => Value::Bool(!values.contains(&Value::Bool(false))),
    })
}

fn sum(ty: &Type, values: &[Value]) -> Result<Value, EvalError> {
    if matches!(ty, Type::Int | Type::Duration) {
        // Only the result must fit, as with the sum of a window.
        let total: i128 = values.iter().map(whole).sum();
        let total = i64::try_from(total).map_err(|_| match ty {
            Type::Int => EvalError::IntegerOverflow,
            _ => EvalError::TimeOverflow,
        })?;
        return Ok(if ty == &Type::Int { Value::Int(total) } else { Value::Duration(Span(total)) });
    }
    let zero = if ty == &Type::Float { Value::Float(0.0) } else { Value::Decimal(Decimal::ZERO) };
    values.iter().try_fold(zero, |sum, value| apply_binary(BinaryOp::Add, &sum, value))
}

/// The mean: of integers a decimal, of durations one that is rounded towards zero.
fn average(ty: &Type, values: &[Value]) -> Result<Value, EvalError> {
    let Some(first) = values.first() else { return Ok(Value::Null) };
    let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
    if let Value::Duration(_) = first {
        let total: i128 = values.iter().map(whole).sum();
        let mean = i64::try_from(total / i128::from(count));
        return mean.map(|mean| Value::Duration(Span(mean))).map_err(|_| EvalError::TimeOverflow);
    }
    if let Value::Int(_) = first {
        let total: i128 = values.iter().map(whole).sum();
        let total = Decimal::try_from_i128_with_scale(total, 0);
        let total = Value::Decimal(total.map_err(|_| EvalError::DecimalOverflow)?);
        return apply_binary(BinaryOp::Divide, &total, &Value::Decimal(Decimal::from(count)));
    }
    let total = sum(ty, values)?;
    #[expect(clippy::cast_precision_loss, reason = "lists are shorter than 2^53")]
    let count = match first {
        Value::Float(_) => Value::Float(count as f64),
        _ => Value::Decimal(Decimal::from(count)),
    };
    apply_binary(BinaryOp::Divide, &total, &count)
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
    use super::*;

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

    #[test]
    fn the_mean_of_ints_is_a_decimal() {
        let mean = apply_fold(ListFold::Avg, &Type::Decimal.optional(), ints(&[1, 2]));
        assert_eq!(mean, Ok(Value::Decimal(Decimal::new(15, 1))));
    }
}
