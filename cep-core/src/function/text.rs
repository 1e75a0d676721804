//! Functions on text.

use super::{EvalError, FunctionInfo};
use crate::value::{Type, Value};

/// `len(string)`.
pub static LEN: FunctionInfo = FunctionInfo {
    name: "len",
    parameters: &[Type::String],
    result: Type::Int,
    doc: "the number of characters (Unicode scalar values): `len(\"abc\") == 3`",
    apply: |arguments| match arguments {
        [Value::Text(text)] => i64::try_from(text.chars().count())
            .map(Value::Int)
            .map_err(|_| EvalError::IntegerOverflow),
        _ => Err(EvalError::WrongType),
    },
};

/// `lower(string)`.
pub static LOWER: FunctionInfo = FunctionInfo {
    name: "lower",
    parameters: &[Type::String],
    result: Type::String,
    doc: "the text in lower case: `lower(\"Ab\") == \"ab\"`",
    apply: |arguments| match arguments {
        [Value::Text(text)] => Ok(Value::text(text.to_lowercase())),
        _ => Err(EvalError::WrongType),
    },
};

/// `upper(string)`.
pub static UPPER: FunctionInfo = FunctionInfo {
    name: "upper",
    parameters: &[Type::String],
    result: Type::String,
    doc: "the text in upper case: `upper(\"Ab\") == \"AB\"`",
    apply: |arguments| match arguments {
        [Value::Text(text)] => Ok(Value::text(text.to_uppercase())),
        _ => Err(EvalError::WrongType),
    },
};

/// `trim(string)`.
pub static TRIM: FunctionInfo = FunctionInfo {
    name: "trim",
    parameters: &[Type::String],
    result: Type::String,
    doc: "the text without white space at its ends: `trim(\" a \") == \"a\"`",
    apply: |arguments| match arguments {
        [Value::Text(text)] => Ok(Value::text(text.trim())),
        _ => Err(EvalError::WrongType),
    },
};

/// `contains(string, string)`.
pub static CONTAINS: FunctionInfo = FunctionInfo {
    name: "contains",
    parameters: &[Type::String, Type::String],
    result: Type::Bool,
    doc: "whether the second text occurs in the first: `contains(\"farm 7\", \"7\") == true`",
    apply: |arguments| match arguments {
        [Value::Text(text), Value::Text(part)] => Ok(Value::Bool(text.contains(part.as_ref()))),
        _ => Err(EvalError::WrongType),
    },
};

/// `starts_with(string, string)`.
pub static STARTS_WITH: FunctionInfo = FunctionInfo {
    name: "starts_with",
    parameters: &[Type::String, Type::String],
    result: Type::Bool,
    doc: "whether the first text begins with the second: `starts_with(\"farm\", \"fa\") == true`",
    apply: |arguments| match arguments {
        [Value::Text(text), Value::Text(part)] => Ok(Value::Bool(text.starts_with(part.as_ref()))),
        _ => Err(EvalError::WrongType),
    },
};

/// `ends_with(string, string)`.
pub static ENDS_WITH: FunctionInfo = FunctionInfo {
    name: "ends_with",
    parameters: &[Type::String, Type::String],
    result: Type::Bool,
    doc: "whether the first text ends with the second: `ends_with(\"farm\", \"rm\") == true`",
    apply: |arguments| match arguments {
        [Value::Text(text), Value::Text(part)] => Ok(Value::Bool(text.ends_with(part.as_ref()))),
        _ => Err(EvalError::WrongType),
    },
};
