//! Numbers from their text.

use super::Decimal;

/// The decimal that a number's text is, digits with a sign, a point or an exponent; `None` if no
/// decimal holds all of its digits.
#[must_use]
pub fn exact_decimal(text: &str) -> Option<Decimal> {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
        return Decimal::from_str_exact(text).ok().or_else(|| without_zeros(text));
    };
    let mut value = exact_decimal(digits)?.normalize();
    if value.is_zero() {
        return Some(Decimal::ZERO);
    }
    let exponent: i32 = exponent.parse().ok()?;
    let scale = i32::try_from(value.scale()).ok()?.checked_sub(exponent)?;
    if let Ok(scale) = u32::try_from(scale) {
        value.set_scale(scale).ok()?;
        return Some(value);
    }
    value.set_scale(0).ok()?;
    let zeros = u32::try_from(-scale).ok().filter(|zeros| *zeros <= Decimal::MAX_SCALE)?;
    value.checked_mul(Decimal::from_i128_with_scale(10_i128.checked_pow(zeros)?, 0))
}

/// Zeros at the end behind the point say nothing, where there are too many digits.
fn without_zeros(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.')?;
    let fraction = fraction.trim_end_matches('0');
    let shorter =
        if fraction.is_empty() { whole } else { text.get(..=whole.len() + fraction.len())? };
    if shorter.len() == text.len() { None } else { Decimal::from_str_exact(shorter).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_nothing() {
        let cases = [
            ("12.50", Some("12.50")),
            ("1.25e1", Some("12.5")),
            ("1.50e3", Some("1500")),
            ("1e28", Some("10000000000000000000000000000")),
            ("9999999999999999999999999999", Some("9999999999999999999999999999")),
            ("9999999999999999999999999999.0", Some("9999999999999999999999999999")),
            ("9999999999999999999999999999.50", None),
            ("9.9999999999999999999999999990", Some("9.999999999999999999999999999")),
            ("79228162514264337593543950335", Some("79228162514264337593543950335")),
            ("79228162514264337593543950336", None),
            ("1.23456789e-25", None),
            ("1e-29", None),
            ("1e29", None),
            ("0e99999999999", Some("0")),
            ("1e99999999999", None),
        ];
        for (text, expected) in cases {
            let found = exact_decimal(text).map(|value| value.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
