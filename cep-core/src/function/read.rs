//! Values read from texts and numbers that may hold none; then the result is null.

use super::{EvalError, FunctionInfo, Gives, Takes};
use crate::time::EventTime;
use crate::value::{Type, Value, exact_decimal};
use num_traits::ToPrimitive;
use std::str::FromStr;

/// `int(string)`.
pub static INT_OF_TEXT: FunctionInfo = FunctionInfo {
    name: "int",
    parameters: &[Takes::One(Type::String)],
    result: Gives::Maybe(Type::Int),
    doc: "the integer that the text is, a sign and digits without spaces; null of any other text: `int(\"-12\") == -12`",
    apply: |arguments| text(arguments, |text| text.parse().ok().map(Value::Int)),
};

/// `int(decimal)`.
pub static INT_OF_DECIMAL: FunctionInfo = FunctionInfo {
    name: "int",
    parameters: &[Takes::One(Type::Decimal)],
    result: Gives::Maybe(Type::Int),
    doc: "the number without what stands after its point; null if it does not fit 64 bits: `int(-2.9) == -2`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => Ok(value.trunc().to_i64().map_or(Value::Null, Value::Int)),
        _ => Err(EvalError::WrongType),
    },
};

/// `int(float)`.
pub static INT_OF_FLOAT: FunctionInfo = FunctionInfo {
    name: "int",
    parameters: &[Takes::One(Type::Float)],
    result: Gives::Maybe(Type::Int),
    doc: "the number without what stands after its point; null if it does not fit 64 bits: `int(float(2.9)) == 2`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => Ok(value.trunc().to_i64().map_or(Value::Null, Value::Int)),
        _ => Err(EvalError::WrongType),
    },
};

/// `decimal(string)`.
pub static DECIMAL_OF_TEXT: FunctionInfo = FunctionInfo {
    name: "decimal",
    parameters: &[Takes::One(Type::String)],
    result: Gives::Maybe(Type::Decimal),
    doc: "the decimal that the text is, a sign, digits and a point; null of any other text and of more digits than a decimal holds: `decimal(\"12.50\") == 12.5`",
    apply: |arguments| text(arguments, decimal),
};

/// `float(string)`.
pub static FLOAT_OF_TEXT: FunctionInfo = FunctionInfo {
    name: "float",
    parameters: &[Takes::One(Type::String)],
    result: Gives::Maybe(Type::Float),
    doc: "the float nearest to the number that the text is; null of any other text and of numbers too large: `float(\"1.5e3\") == 1500.0`",
    apply: |arguments| text(arguments, float),
};

/// `timestamp(string)`.
pub static TIMESTAMP_OF_TEXT: FunctionInfo = FunctionInfo {
    name: "timestamp",
    parameters: &[Takes::One(Type::String)],
    result: Gives::Maybe(Type::Timestamp),
    doc: "the time that the text is in RFC 3339, to the microsecond; null of any other text: `timestamp(\"2026-01-01T01:00:00+01:00\") == @2026-01-01T00:00:00Z`",
    apply: |arguments| text(arguments, timestamp),
};

/// `timestamp(int)`.
pub static TIMESTAMP_OF_MILLIS: FunctionInfo = FunctionInfo {
    name: "timestamp",
    parameters: &[Takes::One(Type::Int)],
    result: Gives::Maybe(Type::Timestamp),
    doc: "the time so many milliseconds after 1970-01-01T00:00:00Z; null outside the years 1 to 9999: `timestamp(1000) == @1970-01-01T00:00:01Z`",
    apply: |arguments| match arguments {
        [Value::Int(millis)] => {
            Ok(EventTime::from_millis(*millis).map_or(Value::Null, Value::Timestamp))
        }
        _ => Err(EvalError::WrongType),
    },
};

fn text(arguments: &[Value], read: fn(&str) -> Option<Value>) -> Result<Value, EvalError> {
    match arguments {
        [Value::Text(text)] => Ok(read(text).unwrap_or(Value::Null)),
        _ => Err(EvalError::WrongType),
    }
}

fn decimal(text: &str) -> Option<Value> {
    let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-');
    if !text.chars().all(known) {
        return None;
    }
    exact_decimal(text).map(Value::Decimal)
}

fn float(text: &str) -> Option<Value> {
    f64::from_str(text).ok().filter(|value| value.is_finite()).map(Value::Float)
}

fn timestamp(text: &str) -> Option<Value> {
    let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    EventTime::from_micros(time.timestamp_micros()).map(Value::Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nulls(function: &FunctionInfo, texts: &[&str]) {
        for text in texts {
            assert_eq!((function.apply)(&[Value::text(*text)]), Ok(Value::Null), "{text:?}");
        }
    }

    #[test]
    fn a_text_that_is_no_number_or_time_is_null() {
        nulls(&INT_OF_TEXT, &["", " 1", "1.0", "1_000", "9223372036854775808", "one", "-"]);
        nulls(&DECIMAL_OF_TEXT, &["", ".", "1_000", "1e3", " 1", "79228162514264337593543950336"]);
        nulls(&FLOAT_OF_TEXT, &["", "inf", "NaN", "1e999", " 1", "1,5"]);
        nulls(&TIMESTAMP_OF_TEXT, &["", "2026-01-01", "2026-02-30T00:00:00Z", "1000"]);
        assert_eq!((TIMESTAMP_OF_MILLIS.apply)(&[Value::Int(i64::MAX)]), Ok(Value::Null));
        assert_eq!((TIMESTAMP_OF_MILLIS.apply)(&[Value::Int(i64::MIN)]), Ok(Value::Null));
    }

    #[test]
    fn the_ends_of_a_type_are_read() {
        let read = |text: &str| (INT_OF_TEXT.apply)(&[Value::text(text)]);
        assert_eq!(read("9223372036854775807"), Ok(Value::Int(i64::MAX)));
        assert_eq!(read("-9223372036854775808"), Ok(Value::Int(i64::MIN)));
        let latest = (TIMESTAMP_OF_TEXT.apply)(&[Value::text("9999-12-31T23:59:59.999999Z")]);
        assert_eq!(latest, Ok(Value::Timestamp(EventTime::LATEST)));
    }
}
