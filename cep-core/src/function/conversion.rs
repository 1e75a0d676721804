//! From one type to another.

use super::digits::{nearest_float, shortest_decimal};
use super::{EvalError, FunctionInfo, Gives, Takes};
use crate::value::{Decimal, Type, Value};

/// `decimal(int)`.
pub static DECIMAL_OF_INT: FunctionInfo = FunctionInfo {
    name: "decimal",
    parameters: &[Takes::One(Type::Int)],
    result: Gives::Always(Type::Decimal),
    doc: "the integer as a decimal: `decimal(3) == 3.0`",
    apply: |arguments| match arguments {
        [Value::Int(value)] => Ok(Value::Decimal(Decimal::from(*value))),
        _ => Err(EvalError::WrongType),
    },
};

/// `float(int)`.
pub static FLOAT_OF_INT: FunctionInfo = FunctionInfo {
    name: "float",
    parameters: &[Takes::One(Type::Int)],
    result: Gives::Always(Type::Float),
    doc: "the nearest float: `float(3) == 3.0`",
    apply: |arguments| match arguments {
        #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
        [Value::Int(value)] => Ok(Value::Float(*value as f64)),
        _ => Err(EvalError::WrongType),
    },
};

/// `float(decimal)`.
pub static FLOAT_OF_DECIMAL: FunctionInfo = FunctionInfo {
    name: "float",
    parameters: &[Takes::One(Type::Decimal)],
    result: Gives::Always(Type::Float),
    doc: "the nearest float: `float(0.5) == 0.5`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => {
            nearest_float(*value).map(Value::Float).ok_or(EvalError::NotFinite)
        }
        _ => Err(EvalError::WrongType),
    },
};

/// `decimal(float)`.
pub static DECIMAL_OF_FLOAT: FunctionInfo = FunctionInfo {
    name: "decimal",
    parameters: &[Takes::One(Type::Float)],
    result: Gives::Always(Type::Decimal),
    doc: "the decimal with the fewest digits that reads back as the float, rounded half to even to 28 after its point: `decimal(0.1) == 0.1`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => {
            shortest_decimal(*value).map(Value::Decimal).ok_or(EvalError::DecimalOverflow)
        }
        _ => Err(EvalError::WrongType),
    },
};

/// `string(int)`: the display form of any value.
pub static TEXT_OF: FunctionInfo = FunctionInfo {
    name: "string",
    parameters: &[Takes::One(Type::Int)],
    result: Gives::Always(Type::String),
    doc: "the value as text: `string(302) == \"302\"`",
    apply: |arguments| match arguments {
        [value] => Ok(Value::text(value.to_string())),
        _ => Err(EvalError::WrongType),
    },
};

/// `int(timestamp)`.
pub static MILLIS_OF_TIMESTAMP: FunctionInfo = FunctionInfo {
    name: "int",
    parameters: &[Takes::One(Type::Timestamp)],
    result: Gives::Always(Type::Int),
    doc: "the whole milliseconds since 1970-01-01T00:00:00Z: `int(@1970-01-01T00:00:01Z) == 1000`",
    apply: |arguments| match arguments {
        [Value::Timestamp(time)] => Ok(Value::Int(time.0.div_euclid(1_000))),
        _ => Err(EvalError::WrongType),
    },
};
