//! Exact numbers, and the one rounding at the end.

use cep_core::function::EvalError;
use cep_core::value::Decimal;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;

/// The largest number of digits after the point that a decimal has.
pub(super) const DECIMAL_SCALE: u32 = 28;
/// How many bits a decimal's digits fit in.
const DECIMAL_BITS: u64 = 96;

/// An exact quotient; the denominator is positive.
#[derive(Clone, Debug)]
pub(super) struct Ratio {
    pub numerator: BigInt,
    pub denominator: BigInt,
}

impl Ratio {
    pub fn zero() -> Self {
        Self::whole(BigInt::ZERO)
    }

    pub fn whole(number: BigInt) -> Self {
        Self { numerator: number, denominator: BigInt::from(1) }
    }

    pub fn plus(&self, other: &Self) -> Self {
        Self {
            numerator: &self.numerator * &other.denominator + &other.numerator * &self.denominator,
            denominator: &self.denominator * &other.denominator,
        }
        .reduced()
    }

    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&Self { numerator: -&other.numerator, ..other.clone() })
    }

    pub fn times(&self, other: &Self) -> Self {
        Self {
            numerator: &self.numerator * &other.numerator,
            denominator: &self.denominator * &other.denominator,
        }
        .reduced()
    }

    /// The quotient by a number that is not zero.
    pub fn over(&self, other: &Self) -> Self {
        let sign = if other.numerator.sign() == Sign::Minus { -1 } else { 1 };
        Self {
            numerator: &self.numerator * &other.denominator * sign,
            denominator: &self.denominator * &other.numerator * sign,
        }
        .reduced()
    }

    pub fn is_zero(&self) -> bool {
        self.numerator.sign() == Sign::NoSign
    }

    fn reduced(self) -> Self {
        let common = self.numerator.gcd(&self.denominator);
        if common.sign() == Sign::NoSign {
            return self;
        }
        Self { numerator: self.numerator / &common, denominator: self.denominator / common }
    }
}

/// A decimal as it is.
pub(super) fn exact_decimal(value: Decimal) -> Ratio {
    Ratio {
        numerator: BigInt::from(value.mantissa()),
        denominator: BigInt::from(10).pow(value.scale()),
    }
    .reduced()
}

/// A finite float as it is: mantissa times a power of two (IEEE 754, binary64).
pub(super) fn exact_float(value: f64) -> Ratio {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let biased = i32::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let (mantissa, exponent) =
        if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    let mantissa = if value.is_sign_negative() { -BigInt::from(mantissa) } else { mantissa.into() };
    let power = BigInt::from(2).pow(exponent.unsigned_abs());
    if exponent < 0 {
        Ratio { numerator: mantissa, denominator: power }.reduced()
    } else {
        Ratio::whole(mantissa * power)
    }
}

/// The quotient rounded to a whole number, halves to the even one.
pub(super) fn round_half_even(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    let (floor, rest) = numerator.div_mod_floor(denominator);
    let twice: BigInt = rest * 2;
    let up = match twice.cmp(denominator) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => floor.is_odd(),
        std::cmp::Ordering::Greater => true,
    };
    if up { floor + 1 } else { floor }
}

/// The nearest decimal with up to `scale` digits after the point, as many as one can have; halves
/// to the even one.
pub(super) fn nearest_decimal(value: &Ratio, scale: u32) -> Result<Decimal, EvalError> {
    for scale in (0..=scale).rev() {
        let scaled = &value.numerator * BigInt::from(10).pow(scale);
        let digits = round_half_even(&scaled, &value.denominator);
        if digits.bits() <= DECIMAL_BITS
            && let Ok(digits) = i128::try_from(digits)
        {
            let decimal = Decimal::try_from_i128_with_scale(digits, scale);
            return decimal.map_err(|_| EvalError::DecimalOverflow);
        }
    }
    Err(EvalError::DecimalOverflow)
}

/// The nearest float, halves to the even one.
pub(super) fn nearest_float(value: &Ratio) -> Result<f64, EvalError> {
    if value.numerator.sign() == Sign::NoSign {
        return Ok(0.0);
    }
    let magnitude = value.numerator.magnitude().clone().into();
    // The exponent that gives the mantissa its 53 bits, or one too many, or too few near zero.
    let bits = |number: &BigInt| i64::try_from(number.bits()).unwrap_or(i64::MAX);
    let mut exponent = (bits(&magnitude) - bits(&value.denominator) - 53).max(-1074);
    let mut mantissa = scaled_mantissa(&magnitude, &value.denominator, exponent);
    if mantissa.bits() > 53 {
        exponent += 1;
        mantissa = scaled_mantissa(&magnitude, &value.denominator, exponent);
    }
    if mantissa.bits() > 53 {
        // Rounded up to the next power of two.
        exponent += 1;
        mantissa /= 2;
    }
    let mantissa = u64::try_from(mantissa).map_err(|_| EvalError::NotFinite)?;
    let biased = if mantissa < 1 << 52 { 0 } else { exponent + 1075 };
    let biased = u64::try_from(biased).map_err(|_| EvalError::NotFinite)?;
    if biased >= 0x7ff {
        return Err(EvalError::NotFinite);
    }
    let float = f64::from_bits(biased << 52 | mantissa & ((1 << 52) - 1));
    Ok(if value.numerator.sign() == Sign::Minus { -float } else { float })
}

/// `magnitude / denominator / 2^exponent` as a whole number, halves to the even one.
fn scaled_mantissa(magnitude: &BigInt, denominator: &BigInt, exponent: i64) -> BigInt {
    let shift = exponent.unsigned_abs();
    if exponent >= 0 {
        round_half_even(magnitude, &(denominator << shift))
    } else {
        round_half_even(&(magnitude << shift), denominator)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn decimal(numerator: i64, denominator: i64) -> String {
        let value = Ratio { numerator: numerator.into(), denominator: denominator.into() };
        nearest_decimal(&value, DECIMAL_SCALE).unwrap().normalize().to_string()
    }

    #[test]
    fn a_decimal_keeps_as_many_digits_as_fit() {
        assert_eq!(decimal(1, 3), "0.3333333333333333333333333333");
        assert_eq!(decimal(20, 3), "6.6666666666666666666666666667");
        assert_eq!(decimal(200, 3), "66.666666666666666666666666667");
        assert_eq!(decimal(-5, 4), "-1.25");
        assert_eq!(decimal(0, 7), "0");
    }

    #[test]
    fn a_float_survives_being_exact() {
        for float in [0.1, -2.5, 5e-324, f64::MAX, f64::MIN_POSITIVE, 1.0 / 3.0, 2.0_f64.powi(60)] {
            assert_eq!(nearest_float(&exact_float(float)).unwrap().to_bits(), float.to_bits());
        }
    }

    #[test]
    fn float_quotients_round_as_the_processor_rounds() {
        for (a, b) in [(1_i64, 3_i64), (2, 3), (10, 7), (-1, 10), (1 << 54, 3), (9, 1 << 20)] {
            let ratio = Ratio { numerator: a.into(), denominator: b.into() };
            #[expect(clippy::cast_precision_loss, reason = "powers of two and small numbers")]
            let expected = a as f64 / b as f64;
            assert_eq!(nearest_float(&ratio).unwrap().to_bits(), expected.to_bits(), "{a}/{b}");
        }
    }

    #[test]
    fn a_sum_beyond_the_largest_float_is_an_error() {
        let twice = exact_float(f64::MAX).plus(&exact_float(f64::MAX));
        assert_eq!(nearest_float(&twice), Err(EvalError::NotFinite));
        let back = twice.plus(&exact_float(-f64::MAX));
        assert_eq!(nearest_float(&back), Ok(f64::MAX));
    }
}
