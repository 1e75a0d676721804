//! The smallest and the largest of several values of one type.
//!
//! Texts compare by their bytes, as with `<`. Of values that are equal, such as `1.0` and `1.00`, the
//! first one is given.

use super::{EvalError, FunctionInfo, Gives, Takes};
use crate::value::{Type, Value};
use std::cmp::Ordering;

/// `least(int, int, …)`.
pub static LEAST_INT: FunctionInfo = FunctionInfo {
    name: "least",
    parameters: &[Takes::One(Type::Int), Takes::More(Type::Int)],
    result: Gives::Always(Type::Int),
    doc: "the smallest of two or more numbers: `least(3, 7) == 3`",
    apply: least,
};

/// `least(decimal, decimal, …)`.
pub static LEAST_DECIMAL: FunctionInfo = FunctionInfo {
    name: "least",
    parameters: &[Takes::One(Type::Decimal), Takes::More(Type::Decimal)],
    result: Gives::Always(Type::Decimal),
    doc: "the smallest of two or more numbers: `least(3, 2.5) == 2.5`",
    apply: least,
};

/// `least(float, float, …)`.
pub static LEAST_FLOAT: FunctionInfo = FunctionInfo {
    name: "least",
    parameters: &[Takes::One(Type::Float), Takes::More(Type::Float)],
    result: Gives::Always(Type::Float),
    doc: "the smallest of two or more numbers: `least(float(3), 2.5) == 2.5`",
    apply: least,
};

/// `least(string, string, …)`.
pub static LEAST_TEXT: FunctionInfo = FunctionInfo {
    name: "least",
    parameters: &[Takes::One(Type::String), Takes::More(Type::String)],
    result: Gives::Always(Type::String),
    doc: "the first of two or more texts, by their bytes: `least(\"b\", \"a\") == \"a\"`",
    apply: least,
};

/// `least(timestamp, timestamp, …)`.
pub static LEAST_TIME: FunctionInfo = FunctionInfo {
    name: "least",
    parameters: &[Takes::One(Type::Timestamp), Takes::More(Type::Timestamp)],
    result: Gives::Always(Type::Timestamp),
    doc: "the earliest of two or more times: `least(@2026-01-02T00:00:00Z, @2026-01-01T00:00:00Z) == @2026-01-01T00:00:00Z`",
    apply: least,
};

/// `least(duration, duration, …)`.
pub static LEAST_SPAN: FunctionInfo = FunctionInfo {
    name: "least",
    parameters: &[Takes::One(Type::Duration), Takes::More(Type::Duration)],
    result: Gives::Always(Type::Duration),
    doc: "the shortest of two or more durations: `least(90s, 1m) == 1m`",
    apply: least,
};

/// `greatest(int, int, …)`.
pub static GREATEST_INT: FunctionInfo = FunctionInfo {
    name: "greatest",
    parameters: &[Takes::One(Type::Int), Takes::More(Type::Int)],
    result: Gives::Always(Type::Int),
    doc: "the largest of two or more numbers: `greatest(3, 7) == 7`",
    apply: greatest,
};

/// `greatest(decimal, decimal, …)`.
pub static GREATEST_DECIMAL: FunctionInfo = FunctionInfo {
    name: "greatest",
    parameters: &[Takes::One(Type::Decimal), Takes::More(Type::Decimal)],
    result: Gives::Always(Type::Decimal),
    doc: "the largest of two or more numbers: `greatest(3, 2.5) == 3.0`",
    apply: greatest,
};

/// `greatest(float, float, …)`.
pub static GREATEST_FLOAT: FunctionInfo = FunctionInfo {
    name: "greatest",
    parameters: &[Takes::One(Type::Float), Takes::More(Type::Float)],
    result: Gives::Always(Type::Float),
    doc: "the largest of two or more numbers: `greatest(float(3), 2.5) == 3.0`",
    apply: greatest,
};

/// `greatest(string, string, …)`.
pub static GREATEST_TEXT: FunctionInfo = FunctionInfo {
    name: "greatest",
    parameters: &[Takes::One(Type::String), Takes::More(Type::String)],
    result: Gives::Always(Type::String),
    doc: "the last of two or more texts, by their bytes: `greatest(\"b\", \"a\") == \"b\"`",
    apply: greatest,
};

/// `greatest(timestamp, timestamp, …)`.
pub static GREATEST_TIME: FunctionInfo = FunctionInfo {
    name: "greatest",
    parameters: &[Takes::One(Type::Timestamp), Takes::More(Type::Timestamp)],
    result: Gives::Always(Type::Timestamp),
    doc: "the latest of two or more times: `greatest(@2026-01-02T00:00:00Z, @2026-01-01T00:00:00Z) == @2026-01-02T00:00:00Z`",
    apply: greatest,
};

/// `greatest(duration, duration, …)`.
pub static GREATEST_SPAN: FunctionInfo = FunctionInfo {
    name: "greatest",
    parameters: &[Takes::One(Type::Duration), Takes::More(Type::Duration)],
    result: Gives::Always(Type::Duration),
    doc: "the longest of two or more durations: `greatest(90s, 1m) == 90s`",
    apply: greatest,
};

fn least(arguments: &[Value]) -> Result<Value, EvalError> {
    extreme(arguments, Ordering::Less)
}

fn greatest(arguments: &[Value]) -> Result<Value, EvalError> {
    extreme(arguments, Ordering::Greater)
}

/// The first value that compares to all before it so.
fn extreme(arguments: &[Value], side: Ordering) -> Result<Value, EvalError> {
    let (first, more) = arguments.split_first().ok_or(EvalError::WrongType)?;
    let mut found = first;
    for value in more {
        if value.is_null() || value.type_of() != first.type_of() {
            return Err(EvalError::WrongType);
        }
        if value.cmp(found) == side {
            found = value;
        }
    }
    Ok(found.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Decimal;

    #[test]
    fn the_first_of_equal_values_is_taken_wherever_it_stands() {
        let values = [(15, 1), (149, 2), (1490, 3), (2, 0)];
        let values = values.map(|(digits, scale)| Value::Decimal(Decimal::new(digits, scale)));
        assert_eq!(least(&values).map(|it| it.to_string()), Ok("1.49".into()));
        assert_eq!(greatest(&values).map(|it| it.to_string()), Ok("2".into()));
        let ints = [Value::Int(i64::MIN), Value::Int(0), Value::Int(i64::MAX)];
        assert_eq!(least(&ints), Ok(Value::Int(i64::MIN)));
        assert_eq!(greatest(&ints), Ok(Value::Int(i64::MAX)));
    }

    #[test]
    fn values_of_different_types_do_not_compare() {
        assert_eq!(least(&[Value::Int(1), Value::Float(1.0)]), Err(EvalError::WrongType));
        assert_eq!(greatest(&[Value::text("a"), Value::Null]), Err(EvalError::WrongType));
        assert_eq!(least(&[]), Err(EvalError::WrongType));
    }
}
