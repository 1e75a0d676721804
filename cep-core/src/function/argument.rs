//! Which arguments a function takes of those that have its types.

use super::time::is_width_in_a_zone;
use super::{EvalError, Function};
use crate::value::Value;

impl Function {
    /// Whether the function takes this value at this place, counted from 0, whatever the others are.
    /// Its implementation asks the same; asked before, a constant is reported where it is written.
    ///
    /// # Errors
    /// Why it does not.
    pub fn admits(self, at: usize, value: &Value) -> Result<(), EvalError> {
        match (self, at, value) {
            (Self::RoundDigits, 1, Value::Int(..0)) => Err(EvalError::NegativeDigits),
            (Self::Substr, 1 | 2, Value::Int(..0)) => Err(EvalError::NegativePart),
            (Self::Truncate | Self::TruncateIn, 1, Value::Duration(width)) if width.0 <= 0 => {
                Err(EvalError::EmptyWidth)
            }
            (Self::TruncateIn, 1, Value::Duration(width)) if !is_width_in_a_zone(*width) => {
                Err(EvalError::UnevenWidth)
            }
            _ => Ok(()),
        }
    }

    /// Whether the function takes each of these values.
    pub(super) fn admits_all(self, values: &[Value]) -> Result<(), EvalError> {
        values.iter().enumerate().try_for_each(|(at, value)| self.admits(at, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    #[test]
    fn what_a_function_does_not_take_fails_as_it_is_computed_too() {
        let (time, zone) = (Value::Timestamp(crate::time::EventTime(0)), Value::text("UTC"));
        let width = |micros| Value::Duration(Span(micros));
        let number = Value::Decimal(crate::value::Decimal::ONE);
        for (function, arguments, error) in [
            (Function::RoundDigits, vec![number, Value::Int(-1)], EvalError::NegativeDigits),
            (Function::Truncate, vec![time.clone(), width(0)], EvalError::EmptyWidth),
            (
                Function::TruncateIn,
                vec![time.clone(), width(-1), zone.clone()],
                EvalError::EmptyWidth,
            ),
            (Function::TruncateIn, vec![time, width(7_000_000), zone], EvalError::UnevenWidth),
            (
                Function::Substr,
                vec![Value::text("a"), Value::Int(0), Value::Int(-1)],
                EvalError::NegativePart,
            ),
        ] {
            assert_eq!(function.admits_all(&arguments), Err(error.clone()));
            assert_eq!((function.info().apply)(&arguments), Err(error));
        }
    }
}
