//! Functions on numbers.

use super::{EvalError, FunctionInfo};
use crate::value::{Decimal, Type, Value};
use num_traits::ToPrimitive;

/// `abs(int)`.
pub static ABS_INT: FunctionInfo = FunctionInfo {
    name: "abs",
    parameters: &[Type::Int],
    result: Type::Int,
    doc: "the number without its sign: `abs(-3) == 3`",
    apply: |arguments| match arguments {
        [Value::Int(value)] => {
            value.checked_abs().map(Value::Int).ok_or(EvalError::IntegerOverflow)
        }
        _ => Err(EvalError::WrongType),
    },
};

/// `abs(float)`.
pub static ABS_FLOAT: FunctionInfo = FunctionInfo {
    name: "abs",
    parameters: &[Type::Float],
    result: Type::Float,
    doc: "the number without its sign: `abs(float(-3)) == 3.0`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => Ok(Value::Float(value.abs())),
        _ => Err(EvalError::WrongType),
    },
};

/// `abs(decimal)`.
pub static ABS_DECIMAL: FunctionInfo = FunctionInfo {
    name: "abs",
    parameters: &[Type::Decimal],
    result: Type::Decimal,
    doc: "the number without its sign: `abs(-3.5) == 3.5`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => Ok(Value::Decimal(value.abs())),
        _ => Err(EvalError::WrongType),
    },
};

/// `floor(decimal)`.
pub static FLOOR_DECIMAL: FunctionInfo = FunctionInfo {
    name: "floor",
    parameters: &[Type::Decimal],
    result: Type::Int,
    doc: "the largest integer not above: `floor(-2.5) == -3`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => integer(value.floor()),
        _ => Err(EvalError::WrongType),
    },
};

/// `ceil(decimal)`.
pub static CEIL_DECIMAL: FunctionInfo = FunctionInfo {
    name: "ceil",
    parameters: &[Type::Decimal],
    result: Type::Int,
    doc: "the smallest integer not below: `ceil(2.1) == 3`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => integer(value.ceil()),
        _ => Err(EvalError::WrongType),
    },
};

/// `round(decimal)`.
pub static ROUND_DECIMAL: FunctionInfo = FunctionInfo {
    name: "round",
    parameters: &[Type::Decimal],
    result: Type::Int,
    doc: "the nearest integer, halves to the even one: `round(2.5) == 2`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => integer(value.round()),
        _ => Err(EvalError::WrongType),
    },
};

fn integer(value: Decimal) -> Result<Value, EvalError> {
    value.to_i64().map(Value::Int).ok_or(EvalError::IntegerOverflow)
}
