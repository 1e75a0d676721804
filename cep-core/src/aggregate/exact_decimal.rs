//! Sums of decimals without rounding.
//!
//! A decimal is an integer of 96 bits and a scale. Integers of one scale are summed in 128 bits;
//! there are 29 scales, and data rarely uses more than two. Only `rounded` and `mean` round: once,
//! half to even, to what a [`Decimal`] holds.

use crate::function::EvalError;
use crate::value::Decimal;
use num_bigint::{BigInt, Sign};
use num_traits::{Signed, ToPrimitive, Zero};
use serde::{Deserialize, Serialize};

/// An exact sum of decimals.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ExactDecimal {
    /// The scale seen first, which needs no allocation.
    main: (u8, i128),
    /// The others.
    others: Vec<(u8, i128)>,
}

/// The largest scale of a decimal.
pub(super) const MAX_SCALE: u32 = 28;
/// The largest integer part of a decimal: 2^96 - 1.
const MAX_MANTISSA: i128 = (1 << 96) - 1;

impl ExactDecimal {
    /// The sum that is this integer.
    pub(crate) fn of_integer(value: i128) -> Self {
        Self { main: (0, value), others: Vec::new() }
    }

    /// Adds a number.
    pub(crate) fn add(&mut self, value: Decimal) {
        // A scale is at most 28.
        self.add_part(u8::try_from(value.scale()).unwrap_or(0), value.mantissa());
    }

    /// Adds another sum.
    pub(crate) fn combine(&mut self, other: &Self) {
        self.add_part(other.main.0, other.main.1);
        for (scale, part) in &other.others {
            self.add_part(*scale, *part);
        }
    }

    fn add_part(&mut self, scale: u8, part: i128) {
        if self.main.0 == scale {
            self.main.1 += part;
        } else if self.main == (0, 0) && self.others.is_empty() {
            self.main = (scale, part);
        } else if let Some(known) = self.others.iter_mut().find(|known| known.0 == scale) {
            known.1 += part;
        } else {
            self.others.push((scale, part));
        }
    }

    /// The exact sum as an integer and the largest scale of its parts.
    fn exact(&self) -> (BigInt, u32) {
        let parts = || std::iter::once(&self.main).chain(&self.others);
        let scale = parts().map(|part| u32::from(part.0)).max().unwrap_or(0);
        let sum = parts()
            .map(|(of, part)| BigInt::from(*part) * power_of_ten(scale - u32::from(*of)))
            .sum();
        (sum, scale)
    }

    /// The sum as a decimal, with the largest scale of its parts if that fits.
    pub(crate) fn rounded(&self) -> Result<Decimal, EvalError> {
        if self.others.is_empty() && self.main.1.abs() <= MAX_MANTISSA {
            return Decimal::try_from_i128_with_scale(self.main.1, u32::from(self.main.0))
                .map_err(|_| EvalError::DecimalOverflow);
        }
        let (sum, scale) = self.exact();
        fit(&sum, &BigInt::from(1), scale)
    }

    /// The sum divided by `count`, as a decimal without zeros at its end.
    pub(crate) fn mean(&self, count: u64) -> Result<Decimal, EvalError> {
        let (sum, scale) = self.exact();
        let numerator = sum * power_of_ten(MAX_SCALE - scale);
        fit(&numerator, &BigInt::from(count), MAX_SCALE).map(|mean| mean.normalize())
    }
}

pub(super) fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// `numerator / denominator / 10^scale`, rounded once to the most digits that a decimal holds.
pub(super) fn fit(
    numerator: &BigInt,
    denominator: &BigInt,
    scale: u32,
) -> Result<Decimal, EvalError> {
    for kept in (0..=scale).rev() {
        let rounded = round_quotient(numerator, &(denominator * power_of_ten(scale - kept)));
        if let Some(mantissa) = rounded.to_i128().filter(|it| it.abs() <= MAX_MANTISSA) {
            return Decimal::try_from_i128_with_scale(mantissa, kept)
                .map_err(|_| EvalError::DecimalOverflow);
        }
    }
    Err(EvalError::DecimalOverflow)
}

/// The integer nearest to `numerator / denominator` (which is positive), halves to the even one.
pub(super) fn round_quotient(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    let (quotient, remainder) = (numerator / denominator, numerator % denominator);
    let twice = remainder.abs() * 2;
    let away =
        twice > *denominator || (twice == *denominator && !(&quotient % BigInt::from(2)).is_zero());
    match (away, numerator.sign()) {
        (false, _) => quotient,
        (true, Sign::Minus) => quotient - 1,
        (true, _) => quotient + 1,
    }
}
