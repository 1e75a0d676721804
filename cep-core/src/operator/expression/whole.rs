//! Loops for whole numbers: integers, timestamps and durations without nulls.

use super::{Errors, Evaluated, Operand};
use crate::function::{EvalError, int_arithmetic};
use crate::plan::BinaryOp;
use crate::value::{ColumnData, Value};

/// A side of an operation on whole numbers.
#[derive(Clone, Copy)]
enum Whole<'a> {
    Each(&'a [i64]),
    Same(i64),
}

impl<'a> Whole<'a> {
    /// The side, and whether it is integers rather than times; `None` for other types and for
    /// columns with nulls.
    fn of(operand: &'a Operand<'_>) -> Option<(Self, bool)> {
        match operand {
            Operand::Constant(Value::Int(value)) => Some((Self::Same(*value), true)),
            Operand::Constant(Value::Timestamp(time)) => Some((Self::Same(time.0), false)),
            Operand::Constant(Value::Duration(span)) => Some((Self::Same(span.0), false)),
            Operand::Constant(_) => None,
            Operand::Column(column) if !column.valid.is_empty() => None,
            Operand::Column(column) => match &column.data {
                ColumnData::Int(values) => Some((Self::Each(values), true)),
                ColumnData::Timestamp(values) | ColumnData::Duration(values) => {
                    Some((Self::Each(values), false))
                }
                _ => None,
            },
        }
    }

    fn zip<R>(self, other: Self, len: usize, op: impl Fn(i64, i64) -> R) -> Vec<R> {
        match (self, other) {
            (Self::Each(left), Self::Each(right)) => {
                left.iter().zip(right).map(|(left, right)| op(*left, *right)).collect()
            }
            (Self::Each(left), Self::Same(right)) => {
                left.iter().map(|left| op(*left, right)).collect()
            }
            (Self::Same(left), Self::Each(right)) => {
                right.iter().map(|right| op(left, *right)).collect()
            }
            (Self::Same(left), Self::Same(right)) => (0..len).map(|_| op(left, right)).collect(),
        }
    }
}

/// Comparisons of integers, timestamps and durations, and arithmetic of integers, in one loop.
pub(super) fn whole_numbers<'a>(
    op: BinaryOp,
    left: &Operand<'_>,
    right: &Operand<'_>,
    len: usize,
) -> Option<Evaluated<'a>> {
    use BinaryOp as Op;
    let ((left, left_int), (right, right_int)) = (Whole::of(left)?, Whole::of(right)?);
    if left_int != right_int {
        return None;
    }
    let compared = match op {
        Op::Equal => left.zip(right, len, |a, b| a == b),
        Op::NotEqual => left.zip(right, len, |a, b| a != b),
        Op::Less => left.zip(right, len, |a, b| a < b),
        Op::LessEqual => left.zip(right, len, |a, b| a <= b),
        Op::Greater => left.zip(right, len, |a, b| a > b),
        Op::GreaterEqual => left.zip(right, len, |a, b| a >= b),
        _ if left_int => return Some(whole_arithmetic(op, left, right, len)),
        _ => return None,
    };
    Some(Evaluated::owned(ColumnData::Bool(compared), Errors::default()))
}

fn whole_arithmetic<'a>(
    op: BinaryOp,
    left: Whole<'_>,
    right: Whole<'_>,
    len: usize,
) -> Evaluated<'a> {
    let results = match op {
        BinaryOp::Add => left.zip(right, len, i64::overflowing_add),
        BinaryOp::Subtract => left.zip(right, len, i64::overflowing_sub),
        BinaryOp::Multiply => left.zip(right, len, i64::overflowing_mul),
        _ => {
            let results = left.zip(right, len, |a, b| int_arithmetic(op, a, b));
            return whole_results(results.into_iter());
        }
    };
    whole_results(results.into_iter().map(|(value, overflowed)| {
        if overflowed { Err(EvalError::IntegerOverflow) } else { Ok(value) }
    }))
}

fn whole_results<'a>(results: impl Iterator<Item = Result<i64, EvalError>>) -> Evaluated<'a> {
    let mut errors = Errors::default();
    let values = results
        .enumerate()
        .map(|(row, result)| {
            result.unwrap_or_else(|error| {
                errors.push(row, error);
                0
            })
        })
        .collect();
    Evaluated::owned(ColumnData::Int(values), errors)
}
