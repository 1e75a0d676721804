//! Functions on numbers.
//!
//! `sqrt` is rounded correctly everywhere (IEEE 754). `pow`, `ln` and `exp` come from a library that is
//! compiled in (`libm`, a port of musl's), not from the platform's, so that their last digit is the same
//! on every machine. All four compute with floats; a decimal has to be written `float(x)`.

use super::{EvalError, Function, FunctionInfo, Gives, Takes};
use crate::value::{Decimal, Type, Value};
use num_traits::ToPrimitive;
use std::cmp::Ordering;

/// `abs(int)`.
pub static ABS_INT: FunctionInfo = FunctionInfo {
    name: "abs",
    parameters: &[Takes::One(Type::Int)],
    result: Gives::Always(Type::Int),
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
    parameters: &[Takes::One(Type::Float)],
    result: Gives::Always(Type::Float),
    doc: "the number without its sign: `abs(float(-3)) == 3.0`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => Ok(Value::Float(value.abs())),
        _ => Err(EvalError::WrongType),
    },
};

/// `abs(decimal)`.
pub static ABS_DECIMAL: FunctionInfo = FunctionInfo {
    name: "abs",
    parameters: &[Takes::One(Type::Decimal)],
    result: Gives::Always(Type::Decimal),
    doc: "the number without its sign: `abs(-3.5) == 3.5`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => Ok(Value::Decimal(value.abs())),
        _ => Err(EvalError::WrongType),
    },
};

/// `floor(decimal)`.
pub static FLOOR_DECIMAL: FunctionInfo = FunctionInfo {
    name: "floor",
    parameters: &[Takes::One(Type::Decimal)],
    result: Gives::Always(Type::Int),
    doc: "the largest integer not above: `floor(-2.5) == -3`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => integer(value.floor()),
        _ => Err(EvalError::WrongType),
    },
};

/// `ceil(decimal)`.
pub static CEIL_DECIMAL: FunctionInfo = FunctionInfo {
    name: "ceil",
    parameters: &[Takes::One(Type::Decimal)],
    result: Gives::Always(Type::Int),
    doc: "the smallest integer not below: `ceil(2.1) == 3`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => integer(value.ceil()),
        _ => Err(EvalError::WrongType),
    },
};

/// `round(decimal)`.
pub static ROUND_DECIMAL: FunctionInfo = FunctionInfo {
    name: "round",
    parameters: &[Takes::One(Type::Decimal)],
    result: Gives::Always(Type::Int),
    doc: "the nearest integer, halves to the even one: `round(2.5) == 2`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => integer(value.round()),
        _ => Err(EvalError::WrongType),
    },
};

/// `floor(float)`.
pub static FLOOR_FLOAT: FunctionInfo = FunctionInfo {
    name: "floor",
    parameters: &[Takes::One(Type::Float)],
    result: Gives::Always(Type::Int),
    doc: "the largest integer not above: `floor(float(-2.5)) == -3`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => integer_of_float(value.floor()),
        _ => Err(EvalError::WrongType),
    },
};

/// `ceil(float)`.
pub static CEIL_FLOAT: FunctionInfo = FunctionInfo {
    name: "ceil",
    parameters: &[Takes::One(Type::Float)],
    result: Gives::Always(Type::Int),
    doc: "the smallest integer not below: `ceil(float(2.1)) == 3`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => integer_of_float(value.ceil()),
        _ => Err(EvalError::WrongType),
    },
};

/// `round(float)`.
pub static ROUND_FLOAT: FunctionInfo = FunctionInfo {
    name: "round",
    parameters: &[Takes::One(Type::Float)],
    result: Gives::Always(Type::Int),
    doc: "the nearest integer, halves to the even one: `round(float(2.5)) == 2`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => integer_of_float(value.round_ties_even()),
        _ => Err(EvalError::WrongType),
    },
};

/// `round(decimal, int)`.
pub static ROUND_DIGITS: FunctionInfo = FunctionInfo {
    name: "round",
    parameters: &[Takes::One(Type::Decimal), Takes::One(Type::Int)],
    result: Gives::Always(Type::Decimal),
    doc: "the nearest decimal with so many digits after the point, halves to the even one; a negative number of digits is an error: `round(2.125, 2) == 2.12`",
    apply: |arguments| match arguments {
        [Value::Decimal(value), Value::Int(digits)] => {
            Function::RoundDigits.admits_all(arguments)?;
            let digits = u32::try_from(*digits).unwrap_or(u32::MAX);
            Ok(Value::Decimal(value.round_dp(digits)))
        }
        _ => Err(EvalError::WrongType),
    },
};

/// `sign(int)`.
pub static SIGN_INT: FunctionInfo = FunctionInfo {
    name: "sign",
    parameters: &[Takes::One(Type::Int)],
    result: Gives::Always(Type::Int),
    doc: "-1, 0 or 1 as the number is below, at or above zero: `sign(-3) == -1`",
    apply: |arguments| match arguments {
        [Value::Int(value)] => Ok(Value::Int(value.signum())),
        _ => Err(EvalError::WrongType),
    },
};

/// `sign(decimal)`.
pub static SIGN_DECIMAL: FunctionInfo = FunctionInfo {
    name: "sign",
    parameters: &[Takes::One(Type::Decimal)],
    result: Gives::Always(Type::Int),
    doc: "-1, 0 or 1 as the number is below, at or above zero: `sign(0.5) == 1`",
    apply: |arguments| match arguments {
        [Value::Decimal(value)] => Ok(sign(value.cmp(&Decimal::ZERO))),
        _ => Err(EvalError::WrongType),
    },
};

/// `sign(float)`.
pub static SIGN_FLOAT: FunctionInfo = FunctionInfo {
    name: "sign",
    parameters: &[Takes::One(Type::Float)],
    result: Gives::Always(Type::Int),
    doc: "-1, 0 or 1 as the number is below, at or above zero: `sign(float(-0.5)) == -1`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => value.partial_cmp(&0.0).map(sign).ok_or(EvalError::NotFinite),
        _ => Err(EvalError::WrongType),
    },
};

/// `pow(float, float)`.
pub static POW: FunctionInfo = FunctionInfo {
    name: "pow",
    parameters: &[Takes::One(Type::Float), Takes::One(Type::Float)],
    result: Gives::Always(Type::Float),
    doc: "the first number to the power of the second: `pow(2, 10) == 1024.0`",
    apply: |arguments| match arguments {
        [Value::Float(base), Value::Float(exponent)] => finite(libm::pow(*base, *exponent)),
        _ => Err(EvalError::WrongType),
    },
};

/// `sqrt(float)`.
pub static SQRT: FunctionInfo = FunctionInfo {
    name: "sqrt",
    parameters: &[Takes::One(Type::Float)],
    result: Gives::Always(Type::Float),
    doc: "the square root; a negative number has none: `sqrt(6.25) == 2.5`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => finite(value.sqrt()),
        _ => Err(EvalError::WrongType),
    },
};

/// `ln(float)`.
pub static LN: FunctionInfo = FunctionInfo {
    name: "ln",
    parameters: &[Takes::One(Type::Float)],
    result: Gives::Always(Type::Float),
    doc: "the natural logarithm; only positive numbers have one: `ln(1) == 0.0`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => finite(libm::log(*value)),
        _ => Err(EvalError::WrongType),
    },
};

/// `exp(float)`.
pub static EXP: FunctionInfo = FunctionInfo {
    name: "exp",
    parameters: &[Takes::One(Type::Float)],
    result: Gives::Always(Type::Float),
    doc: "e to the power of the number: `exp(0) == 1.0`",
    apply: |arguments| match arguments {
        [Value::Float(value)] => finite(libm::exp(*value)),
        _ => Err(EvalError::WrongType),
    },
};

fn integer(value: Decimal) -> Result<Value, EvalError> {
    value.to_i64().map(Value::Int).ok_or(EvalError::IntegerOverflow)
}

fn sign(order: Ordering) -> Value {
    Value::Int(order as i64)
}

/// The integer that a float without a fraction is, if it fits 64 bits.
fn integer_of_float(value: f64) -> Result<Value, EvalError> {
    value.to_i64().map(Value::Int).ok_or(EvalError::IntegerOverflow)
}

fn finite(value: f64) -> Result<Value, EvalError> {
    if value.is_finite() { Ok(Value::Float(value)) } else { Err(EvalError::NotFinite) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(function: &FunctionInfo, arguments: &[f64]) -> Result<Value, EvalError> {
        let arguments: Vec<_> = arguments.iter().copied().map(Value::Float).collect();
        (function.apply)(&arguments)
    }

    #[test]
    fn what_is_infinite_or_not_a_number_is_an_error() {
        let none = Err(EvalError::NotFinite);
        assert_eq!(of(&LN, &[0.0]), none);
        assert_eq!(of(&LN, &[-1.0]), none);
        assert_eq!(of(&SQRT, &[-1.0]), none);
        assert_eq!(of(&EXP, &[1_000.0]), none);
        assert_eq!(of(&POW, &[10.0, 400.0]), none);
        assert_eq!(of(&POW, &[0.0, -1.0]), none);
        assert_eq!(of(&POW, &[-8.0, 0.5]), none);
    }

    #[test]
    fn powers_and_roots_exist_at_zero() {
        assert_eq!(of(&POW, &[0.0, 0.0]), Ok(Value::Float(1.0)));
        assert_eq!(of(&POW, &[-2.0, 3.0]), Ok(Value::Float(-8.0)));
        assert_eq!(of(&SQRT, &[0.0]), Ok(Value::Float(0.0)));
        assert_eq!(of(&EXP, &[-1_000.0]), Ok(Value::Float(0.0)));
    }
}
