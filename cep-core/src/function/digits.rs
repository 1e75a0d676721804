//! Between floats and decimals, by way of their digits: the shortest text that reads back as a float,
//! and the float nearest to a text. Both are what the standard library makes, which rounds rightly
//! everywhere; the text stands on the stack, so that nothing is allocated.

use crate::value::Decimal;
use std::fmt::{self, Write};

/// The float nearest to a decimal, halves to the even one.
pub(super) fn nearest_float(value: Decimal) -> Option<f64> {
    let mut text = Digits::default();
    write!(text, "{}e-{}", value.mantissa(), value.scale()).ok()?;
    text.as_str()?.parse().ok()
}

/// The decimal with the fewest digits that reads back as the float, rounded half to even to the
/// digits that a decimal can have after its point; `None` if the float is too large for a decimal.
pub(super) fn shortest_decimal(value: f64) -> Option<Decimal> {
    let mut text = Digits::default();
    write!(text, "{value:e}").ok()?;
    let (digits, exponent) = text.as_str()?.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let negative = whole.starts_with('-');
    let mut mantissa: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()).filter(u8::is_ascii_digit) {
        mantissa = mantissa * 10 + i128::from(digit - b'0');
    }
    if negative {
        mantissa = -mantissa;
    }
    let scale = i32::try_from(fraction.len()).ok()? - exponent;
    match u32::try_from(scale) {
        Ok(scale) => rounded(mantissa, scale),
        // What is too large for 128 bits is too large for a decimal.
        Err(_) => {
            let power = 10_i128.checked_pow(scale.unsigned_abs())?;
            Decimal::try_from_i128_with_scale(mantissa.checked_mul(power)?, 0).ok()
        }
    }
}

/// `mantissa / 10^scale`, half to even at the last digit that a decimal can have.
fn rounded(mantissa: i128, scale: u32) -> Option<Decimal> {
    let excess = scale.saturating_sub(Decimal::MAX_SCALE);
    // A float has 17 digits at most; what is cut off beyond all of them leaves nothing.
    let Some(power) = 10_i128.checked_pow(excess) else { return Some(Decimal::ZERO) };
    let (quotient, rest) = (mantissa / power, mantissa % power);
    let twice = rest.abs() * 2;
    let away = twice > power || (twice == power && quotient % 2 != 0);
    let quotient = if away { quotient + mantissa.signum() } else { quotient };
    Decimal::try_from_i128_with_scale(quotient, scale - excess).ok().map(|it| it.normalize())
}

/// Text of a number: 17 digits of a float or 29 of a decimal, signs, a point and an exponent.
struct Digits {
    bytes: [u8; 40],
    len: usize,
}

impl Default for Digits {
    fn default() -> Self {
        Self { bytes: [0; 40], len: 0 }
    }
}

impl Digits {
    fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.bytes.get(..self.len)?).ok()
    }
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let place = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn decimal(float: f64) -> String {
        shortest_decimal(float).unwrap().to_string()
    }

    #[test]
    fn a_float_becomes_the_digits_that_it_is_written_with() {
        for text in ["0.30000000000000004", "123456789.12345678", "0.1", "-2.5", "0", "300"] {
            assert_eq!(decimal(text.parse().unwrap()), text);
        }
        assert_eq!(decimal(1e22), "10000000000000000000000");
        assert_eq!(decimal(-0.0), "0");
    }

    #[test]
    fn a_small_float_is_rounded_to_28_digits_after_the_point() {
        assert_eq!(decimal(1e-28), "0.0000000000000000000000000001");
        assert_eq!(decimal(1.5e-28), "0.0000000000000000000000000002");
        assert_eq!(decimal(2.5e-28), "0.0000000000000000000000000002");
        assert_eq!(decimal(-2.6e-28), "-0.0000000000000000000000000003");
        for none in [1e-30, 5e-324, -1e-60] {
            assert_eq!(decimal(none), "0");
        }
    }

    #[test]
    fn a_float_beyond_the_largest_decimal_has_none() {
        assert_eq!(decimal(7.922816251426433e28), "79228162514264330000000000000");
        for float in [7.922816251426434e28, 1e30, -1e300, f64::MAX] {
            assert_eq!(shortest_decimal(float), None);
        }
    }

    #[test]
    fn thirds_and_long_decimals_have_their_nearest_float() {
        for text in ["0.3333333333333333333333333333", "63751187092464505771.5057", "-0.00"] {
            let found = nearest_float(text.parse().unwrap()).unwrap();
            assert_eq!(found, text.parse::<f64>().unwrap(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_decimal_has_the_float_that_its_text_reads_as(
            low: u32, middle: u32, high: u32, negative: bool, scale in 0..=28_u32,
        ) {
            let decimal = Decimal::from_parts(low, middle, high, negative, scale);
            let expected: f64 = decimal.to_string().parse().unwrap();
            prop_assert_eq!(nearest_float(decimal), Some(expected));
        }

        #[test]
        fn a_float_that_a_decimal_can_hold_comes_back(mantissa: i64, exponent in -75..=20_i32) {
            #[expect(clippy::cast_precision_loss, reason = "any float will do")]
            let float = mantissa as f64 * 2.0_f64.powi(exponent);
            prop_assume!(float.abs() > 1e-11 && float.abs() < 7.9e28);
            let decimal = shortest_decimal(float).unwrap();
            prop_assert_eq!(nearest_float(decimal), Some(float));
            prop_assert_eq!(decimal.to_string().parse(), Ok(float));
        }
    }
}
