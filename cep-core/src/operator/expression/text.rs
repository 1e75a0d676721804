//! Comparisons of texts where they stand in their columns: no row is copied for them.

use super::Operand;
use crate::plan::BinaryOp;
use crate::value::{Column, ColumnData, TextColumn, Value};

/// A side of a comparison of texts.
#[derive(Clone, Copy)]
enum Side<'a> {
    Each(&'a Column, &'a TextColumn),
    Same(Option<&'a str>),
}

impl<'a> Side<'a> {
    /// The side; `None` for what is not text. A constant null may be one.
    fn of(operand: &'a Operand<'_>) -> Option<Self> {
        match operand {
            Operand::Constant(Value::Text(text)) => Some(Self::Same(Some(text))),
            Operand::Constant(Value::Null) => Some(Self::Same(None)),
            Operand::Constant(_) => None,
            Operand::Column(column) => match &column.data {
                ColumnData::Text(texts) => Some(Self::Each(column, texts)),
                _ => None,
            },
        }
    }

    fn get(self, row: usize) -> Option<&'a str> {
        match self {
            Self::Each(column, texts) => column.is_valid(row).then(|| texts.get(row)),
            Self::Same(text) => text,
        }
    }

    fn has_nulls(self) -> bool {
        match self {
            Self::Each(column, _) => !column.valid.is_empty(),
            Self::Same(text) => text.is_none(),
        }
    }
}

/// Which of `len` rows a comparison of texts holds for; `None` if this is not one, or is one of
/// constants, or asks for the order of what may be null.
pub(super) fn compared(
    op: BinaryOp,
    left: &Operand<'_>,
    right: &Operand<'_>,
    len: usize,
) -> Option<Vec<bool>> {
    use BinaryOp as Op;
    let (left, right) = (Side::of(left)?, Side::of(right)?);
    if matches!((left, right), (Side::Same(_), Side::Same(_))) {
        return None;
    }
    let each = |holds: fn(Option<&str>, Option<&str>) -> bool| {
        Some((0..len).map(|row| holds(left.get(row), right.get(row))).collect())
    };
    match op {
        Op::Equal => each(|a, b| a == b),
        Op::NotEqual => each(|a, b| a != b),
        _ if left.has_nulls() || right.has_nulls() => None,
        // By their bytes, as values are.
        Op::Less => each(|a, b| a < b),
        Op::LessEqual => each(|a, b| a <= b),
        Op::Greater => each(|a, b| a > b),
        Op::GreaterEqual => each(|a, b| a >= b),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::function::apply_binary;
    use crate::value::Type;
    use std::borrow::Cow;

    #[test]
    fn columns_compare_as_their_values_do() {
        use BinaryOp as Op;
        let texts = ["", "a", "b", "ab", "ä", "z"].map(Value::text);
        let column = |values: Vec<Value>| {
            let mut column = Column::new(&Type::String);
            values.iter().for_each(|value| column.push(value));
            Operand::Column(Cow::Owned(column))
        };
        let nullable: Vec<Value> = texts.iter().cloned().chain([Value::Null]).collect();
        for other in &nullable {
            let sides = [
                column(texts.to_vec()),
                column(nullable.clone()),
                column(vec![other.clone(); nullable.len()]),
                Operand::Constant(other.clone()),
            ];
            for (left, right) in
                sides.iter().flat_map(|left| sides.iter().map(move |it| (left, it)))
            {
                for op in [
                    Op::Equal,
                    Op::NotEqual,
                    Op::Less,
                    Op::LessEqual,
                    Op::Greater,
                    Op::GreaterEqual,
                ] {
                    let Some(found) = compared(op, left, right, texts.len()) else { continue };
                    for (row, found) in found.into_iter().enumerate() {
                        let expected = apply_binary(op, &left.get(row), &right.get(row));
                        assert_eq!(Ok(Value::Bool(found)), expected, "{op:?} {left:?} {right:?}");
                    }
                }
            }
        }
        assert!(compared(Op::Equal, &sides_of_ints(), &column(texts.to_vec()), 6).is_none());
    }

    fn sides_of_ints() -> Operand<'static> {
        Operand::Constant(Value::Int(1))
    }
}
