//! The operators of the language on single values.
//!
//! Integers are checked, `div` and `%` floor, decimals have the digits that 96 bits hold and round half to even,
//! floats that are infinite or not a number are errors.

use super::EvalError;
use crate::plan::{BinaryOp, UnaryOp};
use crate::time::{EventTime, Span};
use crate::value::{Decimal, Value};
use std::cmp::Ordering;

/// The result of an operation on one value.
///
/// # Errors
/// When the result does not exist or does not fit its type.
pub fn apply_unary(op: UnaryOp, operand: &Value) -> Result<Value, EvalError> {
    match (op, operand) {
        (UnaryOp::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
        (UnaryOp::Negate, Value::Int(value)) => {
            value.checked_neg().map(Value::Int).ok_or(EvalError::IntegerOverflow)
        }
        (UnaryOp::Negate, Value::Float(value)) => Ok(Value::Float(-value)),
        (UnaryOp::Negate, Value::Decimal(value)) => Ok(Value::Decimal(-*value)),
        (UnaryOp::Negate, Value::Duration(value)) => span(value.0.checked_neg()),
        _ => Err(EvalError::WrongType),
    }
}

/// The result of an operation on two values. For `And`, `Or` and `Coalesce` this is the plain
/// table; not evaluating the right side is the caller's business.
///
/// # Errors
/// When the result does not exist or does not fit its type.
pub fn apply_binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, EvalError> {
    use BinaryOp as Op;
    match op {
        Op::Or => logical(left, right, |a, b| a || b),
        Op::And => logical(left, right, |a, b| a && b),
        Op::Equal => Ok(Value::Bool(left == right)),
        Op::NotEqual => Ok(Value::Bool(left != right)),
        Op::Less => compare(left, right, Ordering::is_lt),
        Op::LessEqual => compare(left, right, Ordering::is_le),
        Op::Greater => compare(left, right, Ordering::is_gt),
        Op::GreaterEqual => compare(left, right, Ordering::is_ge),
        Op::Coalesce => Ok(if left.is_null() { right.clone() } else { left.clone() }),
        Op::Add | Op::Subtract | Op::Multiply | Op::Divide | Op::FloorDivide | Op::Remainder => {
            arithmetic(op, left, right)
        }
    }
}

fn logical(left: &Value, right: &Value, op: fn(bool, bool) -> bool) -> Result<Value, EvalError> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Ok(Value::Bool(op(*left, *right))),
        _ => Err(EvalError::WrongType),
    }
}

fn compare(left: &Value, right: &Value, holds: fn(Ordering) -> bool) -> Result<Value, EvalError> {
    if left.type_of() != right.type_of() || left.is_null() {
        return Err(EvalError::WrongType);
    }
    Ok(Value::Bool(holds(left.cmp(right))))
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, EvalError> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => int_arithmetic(op, *left, *right).map(Value::Int),
        (Value::Float(left), Value::Float(right)) => {
            float_arithmetic(op, *left, *right).map(Value::Float)
        }
        (Value::Decimal(left), Value::Decimal(right)) => {
            decimal_arithmetic(op, *left, *right).map(Value::Decimal)
        }
        _ => time_arithmetic(op, left, right),
    }
}

/// Checked integer arithmetic; `div` and `%` floor.
pub(crate) fn int_arithmetic(op: BinaryOp, left: i64, right: i64) -> Result<i64, EvalError> {
    let result = match op {
        BinaryOp::Add => left.checked_add(right),
        BinaryOp::Subtract => left.checked_sub(right),
        BinaryOp::Multiply => left.checked_mul(right),
        BinaryOp::FloorDivide | BinaryOp::Remainder if right == 0 => {
            return Err(EvalError::DivisionByZero);
        }
        // i64::MIN div -1 has no 64-bit quotient, but a remainder.
        BinaryOp::Remainder if right == -1 => Some(0),
        BinaryOp::FloorDivide => left
            .checked_div(right)
            .map(|quotient| quotient - i64::from(left % right != 0 && (left < 0) != (right < 0))),
        BinaryOp::Remainder => {
            let remainder = left % right;
            Some(if remainder != 0 && (remainder < 0) != (right < 0) {
                remainder + right
            } else {
                remainder
            })
        }
        _ => return Err(EvalError::WrongType),
    };
    result.ok_or(EvalError::IntegerOverflow)
}

/// Float arithmetic whose result is finite.
fn float_arithmetic(op: BinaryOp, left: f64, right: f64) -> Result<f64, EvalError> {
    let result = match op {
        BinaryOp::Add => left + right,
        BinaryOp::Subtract => left - right,
        BinaryOp::Multiply => left * right,
        BinaryOp::Divide if right == 0.0 => return Err(EvalError::DivisionByZero),
        BinaryOp::Divide => left / right,
        BinaryOp::Remainder if right == 0.0 => return Err(EvalError::DivisionByZero),
        BinaryOp::Remainder => float_remainder(left, right),
        _ => return Err(EvalError::WrongType),
    };
    if result.is_finite() { Ok(result) } else { Err(EvalError::NotFinite) }
}

/// The remainder that has the sign of the divisor: `%` of floats is exact, and what is added for the
/// sign is rounded once.
fn float_remainder(left: f64, right: f64) -> f64 {
    let remainder = left % right;
    if remainder != 0.0 && (remainder < 0.0) != (right < 0.0) {
        return remainder + right;
    }
    // Never a negative zero.
    remainder + 0.0
}

fn decimal_arithmetic(op: BinaryOp, left: Decimal, right: Decimal) -> Result<Decimal, EvalError> {
    if matches!(op, BinaryOp::Divide | BinaryOp::Remainder) && right.is_zero() {
        return Err(EvalError::DivisionByZero);
    }
    let result = match op {
        BinaryOp::Add => left.checked_add(right),
        BinaryOp::Subtract => left.checked_sub(right),
        BinaryOp::Multiply => left.checked_mul(right),
        BinaryOp::Divide => left.checked_div(right),
        BinaryOp::Remainder => left.checked_rem(right).and_then(|remainder| {
            let turned =
                !remainder.is_zero() && remainder.is_sign_negative() != right.is_sign_negative();
            if turned { remainder.checked_add(right) } else { Some(remainder) }
        }),
        _ => return Err(EvalError::WrongType),
    };
    result.ok_or(EvalError::DecimalOverflow)
}

fn time_arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, EvalError> {
    use BinaryOp as Op;
    match (op, left, right) {
        (Op::Add, Value::Timestamp(time), Value::Duration(by))
        | (Op::Add, Value::Duration(by), Value::Timestamp(time)) => {
            instant(time.0.checked_add(by.0))
        }
        (Op::Subtract, Value::Timestamp(time), Value::Duration(by)) => {
            instant(time.0.checked_sub(by.0))
        }
        (Op::Subtract, Value::Timestamp(left), Value::Timestamp(right)) => {
            span(left.0.checked_sub(right.0))
        }
        (Op::Add, Value::Duration(left), Value::Duration(right)) => {
            span(left.0.checked_add(right.0))
        }
        (Op::Subtract, Value::Duration(left), Value::Duration(right)) => {
            span(left.0.checked_sub(right.0))
        }
        (Op::Multiply, Value::Duration(by), Value::Int(times))
        | (Op::Multiply, Value::Int(times), Value::Duration(by)) => span(by.0.checked_mul(*times)),
        (Op::Divide, Value::Duration(left), Value::Duration(right)) => {
            decimal_arithmetic(op, Decimal::from(left.0), Decimal::from(right.0))
                .map(Value::Decimal)
        }
        _ => Err(EvalError::WrongType),
    }
}

fn instant(micros: Option<i64>) -> Result<Value, EvalError> {
    micros.and_then(EventTime::from_micros).map(Value::Timestamp).ok_or(EvalError::TimeOverflow)
}

fn span(micros: Option<i64>) -> Result<Value, EvalError> {
    micros.map(|micros| Value::Duration(Span(micros))).ok_or(EvalError::DurationOverflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn div_and_remainder_floor_whatever_the_signs() {
        for (left, right, quotient, remainder) in
            [(7, 2, 3, 1), (-7, 2, -4, 1), (7, -2, -4, -1), (-7, -2, 3, -1), (6, -2, -3, 0)]
        {
            assert_eq!(int_arithmetic(BinaryOp::FloorDivide, left, right), Ok(quotient));
            assert_eq!(int_arithmetic(BinaryOp::Remainder, left, right), Ok(remainder));
        }
    }

    #[test]
    fn integers_that_do_not_fit_are_errors() {
        let over = Err(EvalError::IntegerOverflow);
        assert_eq!(int_arithmetic(BinaryOp::Add, i64::MAX, 1), over);
        assert_eq!(int_arithmetic(BinaryOp::FloorDivide, i64::MIN, -1), over);
        assert_eq!(int_arithmetic(BinaryOp::Remainder, i64::MIN, -1), Ok(0));
        assert_eq!(
            apply_unary(UnaryOp::Negate, &Value::Int(i64::MIN)),
            Err(EvalError::IntegerOverflow)
        );
        assert_eq!(int_arithmetic(BinaryOp::Remainder, 1, 0), Err(EvalError::DivisionByZero));
    }

    #[test]
    fn the_remainder_of_floats_is_exact_however_large_the_quotient() {
        for (left, right, remainder) in [
            (1e20, 3.0, 1.0),
            (-2.060176268410674e18, 3.0, 2.0),
            (-927_298_820_128_637.6, 0.7, 0.616_170_942_810_596_8),
            (1.0, 0.1, 0.099_999_999_999_999_95),
            (161.7042, 0.7, 0.004_199_999_999_996_207),
            (7.5, -2.0, -0.5),
            (-6.0, 3.0, 0.0),
        ] {
            let found = float_arithmetic(BinaryOp::Remainder, left, right);
            assert_eq!(found.map(f64::to_bits), Ok(f64::to_bits(remainder)), "{left} % {right}");
        }
    }

    #[test]
    fn a_timestamp_less_another_is_a_duration() {
        let at = |micros| Value::Timestamp(EventTime(micros));
        assert_eq!(apply_binary(BinaryOp::Subtract, &at(5), &at(8)), Ok(Value::Duration(Span(-3))));
        assert_eq!(
            apply_binary(BinaryOp::Add, &at(EventTime::LATEST.0), &Value::Duration(Span(1))),
            Err(EvalError::TimeOverflow)
        );
    }

    #[test]
    fn null_meets_only_equality_and_coalesce() {
        let (null, one) = (Value::Null, Value::Int(1));
        assert_eq!(apply_binary(BinaryOp::Equal, &null, &null), Ok(Value::Bool(true)));
        assert_eq!(apply_binary(BinaryOp::Coalesce, &null, &one), Ok(Value::Int(1)));
        assert_eq!(apply_binary(BinaryOp::Less, &null, &one), Err(EvalError::WrongType));
    }
}
