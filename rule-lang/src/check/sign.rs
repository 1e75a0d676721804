//! Whether a number can be negative, told from how it is computed.

use super::course::Known;
use crate::typed::{Expr, ExprKind};
use cep_core::function::Function;
use cep_core::plan::{AggregateFunction, BinaryOp, ListFold};
use cep_core::value::Value;

/// Whether a value is never negative, where it is not null.
pub(super) fn is_never_negative(expr: &Expr, known: Known<'_>) -> bool {
    let never = |expr: &Expr| is_never_negative(expr, known);
    match &expr.kind {
        ExprKind::Literal(Value::Int(value)) => *value >= 0,
        ExprKind::Literal(Value::Decimal(value)) => !value.is_sign_negative() || value.is_zero(),
        ExprKind::Literal(Value::Float(value)) => *value >= 0.0,
        ExprKind::Literal(Value::Duration(value)) => value.0 >= 0,
        ExprKind::Literal(Value::Null) => true,
        ExprKind::Field(at) => (known.field_is_never_negative)(*at),
        ExprKind::Let(at) => known.value_of(*at).is_some_and(never),
        ExprKind::Aggregate(call) => match call.function {
            AggregateFunction::Count
            | AggregateFunction::CountDistinct
            | AggregateFunction::Variance
            | AggregateFunction::Stddev => true,
            AggregateFunction::Sum
            | AggregateFunction::Avg
            | AggregateFunction::Min
            | AggregateFunction::Max
            | AggregateFunction::First
            | AggregateFunction::Last
            | AggregateFunction::Median => call.inputs.first().is_some_and(never),
            _ => false,
        },
        // The length of the window.
        ExprKind::Binary(BinaryOp::Subtract, left, right) => {
            matches!((&left.kind, &right.kind), (ExprKind::WindowEnd, ExprKind::WindowStart))
        }
        ExprKind::Binary(
            BinaryOp::Add
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::FloorDivide
            | BinaryOp::Coalesce,
            left,
            right,
        ) => never(left) && never(right),
        // A remainder has the sign of what is divided by.
        ExprKind::Binary(BinaryOp::Remainder, _, right) => never(right),
        ExprKind::If(_, yes, no) => never(yes) && never(no),
        ExprKind::Call(function, arguments) => match function {
            Function::AbsInt
            | Function::AbsDecimal
            | Function::AbsFloat
            | Function::Len
            | Function::Sqrt
            | Function::Exp => true,
            Function::GreatestInt | Function::GreatestDecimal | Function::GreatestFloat => {
                arguments.iter().any(never)
            }
            Function::DecimalOfInt
            | Function::FloatOfInt
            | Function::FloatOfDecimal
            | Function::FloorDecimal
            | Function::CeilDecimal
            | Function::RoundDecimal
            | Function::FloorFloat
            | Function::CeilFloat
            | Function::RoundFloat
            | Function::LeastInt
            | Function::LeastDecimal
            | Function::LeastFloat => arguments.iter().all(never),
            _ => false,
        },
        ExprKind::Fold(fold) => fold.function == ListFold::Count,
        _ => false,
    }
}
