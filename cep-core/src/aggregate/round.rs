//! From exact quotients and roots to the nearest value of a type: rounded once, halves to the even
//! one, with whole numbers only, so that every machine gives the same.

use super::exact_decimal::{MAX_SCALE, fit, power_of_ten, round_quotient};
use crate::function::EvalError;
use crate::time::Span;
use crate::value::{Type, Value};
use num_bigint::{BigInt, Sign};
use num_traits::{ToPrimitive, Zero};

/// An exact quotient; the denominator is positive.
#[derive(Clone, Debug)]
pub(super) struct Quotient {
    pub(super) numerator: BigInt,
    pub(super) denominator: BigInt,
}

/// Bits, beyond those that a result holds, by which a root is cut off.
const GUARD_BITS: u64 = 80;
/// Digits after the point at which the root of a decimal is cut off.
const ROOT_SCALE: u32 = 40;

impl Quotient {
    /// The nearest value of a type: a decimal of as many digits as it can have, without zeros at
    /// its end.
    ///
    /// # Errors
    /// When it does not fit the type.
    pub(super) fn nearest(&self, ty: &Type) -> Result<Value, EvalError> {
        let Self { numerator, denominator } = self;
        match ty {
            Type::Float => nearest_float(numerator, denominator).map(Value::Float),
            Type::Duration => round_quotient(numerator, denominator)
                .to_i64()
                .map(|micros| Value::Duration(Span(micros)))
                .ok_or(EvalError::DurationOverflow),
            _ => fit(&(numerator * power_of_ten(MAX_SCALE)), denominator, MAX_SCALE)
                .map(|decimal| Value::Decimal(decimal.normalize())),
        }
    }

    /// The root, as a quotient that rounds as the root does: cut off beyond every digit that a
    /// result can have, and marked as a little larger where something was cut off.
    pub(super) fn root(&self, ty: &Type) -> Self {
        let unit = if ty == &Type::Float {
            let bits = self.denominator.bits().saturating_sub(self.numerator.bits()) / 2;
            BigInt::from(1) << (bits + GUARD_BITS)
        } else {
            power_of_ten(ROOT_SCALE)
        };
        let scaled = &self.numerator * &unit * &unit;
        let (whole, rest) = (&scaled / &self.denominator, &scaled % &self.denominator);
        let root = whole.sqrt();
        let cut_off = !rest.is_zero() || &root * &root != whole;
        Self { numerator: root * 2 + u32::from(cut_off), denominator: unit * 2 }
    }
}

/// Digits after the first that a float has.
const MANTISSA_BITS: u64 = 53;
/// The exponent of the smallest float.
const LEAST_EXPONENT: i64 = -1_074;

/// The float nearest to a quotient with a positive denominator.
pub(super) fn nearest_float(numerator: &BigInt, denominator: &BigInt) -> Result<f64, EvalError> {
    if numerator.is_zero() {
        return Ok(0.0);
    }
    let bits = |number: &BigInt| i64::try_from(number.bits()).unwrap_or(i64::MAX);
    // The quotient by a power of two that leaves at least two bits more than a float has.
    let exponent = bits(numerator) - bits(denominator) - 55;
    let shift = exponent.unsigned_abs();
    let (above, below) = if exponent < 0 {
        (BigInt::from(numerator.magnitude().clone()) << shift, denominator.clone())
    } else {
        (BigInt::from(numerator.magnitude().clone()), denominator << shift)
    };
    let kept = (&above / &below) * 2 + u32::from(!(&above % &below).is_zero());
    let exponent = exponent - 1;
    let excess = (bits(&kept) - MANTISSA_BITS as i64).max(LEAST_EXPONENT - exponent).max(0);
    let mantissa = round_quotient(&kept, &(BigInt::from(1) << excess.unsigned_abs()));
    let mantissa = mantissa.to_u64().ok_or(EvalError::NotFinite)?;
    #[expect(clippy::cast_precision_loss, reason = "it has no more than 53 bits")]
    let magnitude = mantissa as f64 * power_of_two(exponent + excess)?;
    let value = if numerator.sign() == Sign::Minus { -magnitude } else { magnitude };
    if value.is_finite() { Ok(value) } else { Err(EvalError::NotFinite) }
}

/// `2^exponent`, for an exponent that a float can have.
fn power_of_two(exponent: i64) -> Result<f64, EvalError> {
    let least_normal = LEAST_EXPONENT + 52;
    let bits = if exponent >= least_normal {
        let biased = u64::try_from(exponent + 1_023).map_err(|_| EvalError::NotFinite)?;
        if biased >= 0x7ff {
            return Err(EvalError::NotFinite);
        }
        biased << 52
    } else {
        let place = u32::try_from(exponent - LEAST_EXPONENT).map_err(|_| EvalError::NotFinite)?;
        1 << place
    };
    Ok(f64::from_bits(bits))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn quotients_round_as_the_processor_rounds() {
        for (a, b) in [(1_i64, 3_i64), (2, 3), (-1, 10), (1 << 54, 3), (9, 1 << 20), (7, 7)] {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let expected = a as f64 / b as f64;
            let found = nearest_float(&a.into(), &b.into()).unwrap();
            assert_eq!(found.to_bits(), expected.to_bits(), "{a}/{b}");
        }
    }

    #[test]
    fn roots_round_as_the_processor_rounds() {
        for number in [2_i64, 3, 4, 5, 1_000_003, i64::MAX, 1] {
            let square = Quotient { numerator: number.into(), denominator: 1_024.into() };
            #[expect(clippy::cast_precision_loss, reason = "rounded as it is in the root")]
            let expected = (number as f64 / 1024.0).sqrt();
            let found = square.root(&Type::Float).nearest(&Type::Float).unwrap();
            let Value::Float(found) = found else { panic!("{found:?}") };
            assert!((found - expected).abs() <= expected * f64::EPSILON, "{found} {expected}");
        }
        let two = Quotient { numerator: 2.into(), denominator: 1.into() };
        let root = two.root(&Type::Decimal).nearest(&Type::Decimal).unwrap();
        assert_eq!(root.to_string(), "1.4142135623730950488016887242");
    }

    #[test]
    fn the_ends_of_the_range_are_kept() {
        let tiny = BigInt::from(1) << 1_074;
        assert_eq!(nearest_float(&1.into(), &tiny), Ok(5e-324));
        assert_eq!(nearest_float(&1.into(), &(&tiny * 2)), Ok(0.0));
        assert_eq!(nearest_float(&3.into(), &(&tiny * 2)), Ok(1e-323));
        let huge = BigInt::from(1) << 1_024;
        assert_eq!(nearest_float(&huge, &1.into()), Err(EvalError::NotFinite));
        assert_eq!(nearest_float(&(huge >> 1), &1.into()), Ok(2.0_f64.powi(1023)));
    }
}
