//! Sixteen bytes at a time: where a run of text or of digits ends.
//!
//! The crate `wide` turns this into the vector instructions that every processor of the target
//! has (SSE2 on x86-64, NEON on aarch64), and into plain code elsewhere.

use wide::u8x16;

/// Sixteen bytes, the first in the lowest place.
pub(super) type Lanes = [u8; LANES];

/// How many bytes.
pub(super) const LANES: usize = 16;

/// How many of the bytes, from the first on, are neither a quote, a backslash nor a control
/// character.
#[inline(always)]
pub(super) fn text_run(lanes: &Lanes) -> usize {
    (text_stops(lanes) | 1 << LANES).trailing_zeros() as usize
}

/// [`text_run`] over the bytes of both.
#[inline(always)]
pub(super) fn two_text_runs(first: &Lanes, second: &Lanes) -> usize {
    (text_stops(first) | text_stops(second) << LANES).trailing_zeros() as usize
}

/// A bit for each byte, from the lowest on, that ends a run of text.
#[inline(always)]
fn text_stops(lanes: &Lanes) -> u32 {
    let bytes = u8x16::new(*lanes);
    let quotes = bytes.simd_eq(u8x16::splat(b'"'));
    let backslashes = bytes.simd_eq(u8x16::splat(b'\\'));
    let controls = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
    (quotes | backslashes | controls).to_bitmask()
}

/// What is special in sixteen bytes: a bit for each, from the lowest on.
pub(super) struct Marks {
    /// The quotes.
    pub quotes: u32,
    /// The backslashes and control characters.
    pub others: u32,
}

/// Marks what is special.
#[inline(always)]
pub(super) fn marks(lanes: &Lanes) -> Marks {
    let bytes = u8x16::new(*lanes);
    let quotes = bytes.simd_eq(u8x16::splat(b'"'));
    let backslashes = bytes.simd_eq(u8x16::splat(b'\\'));
    let controls = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
    Marks { quotes: quotes.to_bitmask(), others: (backslashes | controls).to_bitmask() }
}

/// How many of the bytes, from the first on, are digits.
#[inline(always)]
pub(super) fn digit_run(lanes: &Lanes) -> usize {
    others_than_digits(lanes).trailing_zeros() as usize
}

/// A bit for each byte, from the lowest on, that is no digit, and for each byte that there is not.
#[inline(always)]
pub(super) fn others_than_digits(lanes: &Lanes) -> u32 {
    let values = u8x16::new(*lanes) - u8x16::splat(b'0');
    !values.min(u8x16::splat(9)).simd_eq(values).to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_at_the_first_byte_that_is_not_of_them() {
        for byte in 0..=255_u8 {
            for at in 0..LANES {
                // What stands behind the end must not matter.
                let (mut texts, mut digits) = ([b'"'; LANES], [b'/'; LANES]);
                texts[..at].fill(b'a');
                digits[..at].fill(b'0' + u8::try_from(at % 10).unwrap_or(0));
                (texts[at], digits[at]) = (byte, byte);
                let ends_text = matches!(byte, b'"' | b'\\' | 0..0x20);
                let text = if ends_text { at } else { at + 1 };
                let digit = if byte.is_ascii_digit() { at + 1 } else { at };
                assert_eq!((text_run(&texts), digit_run(&digits)), (text, digit), "{byte} at {at}");
            }
        }
    }
}
