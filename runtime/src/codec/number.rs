//! Numbers: JSON's grammar, and the value of the plain ones without a detour over floats.
//!
//! Digits are read eight at a time. The count comes from a mask of the bytes that are no digits,
//! the value from three multiplications (Daniel Lemire, "Quickly parsing eight digits", 2018).

use super::scan::{byte, load};
use super::token::{Kind, Token};

/// How many digits surely fit into 64 bits.
const PLAIN_DIGITS: usize = 18;

pub(super) const POWERS_OF_TEN: [i64; 19] = {
    let mut powers = [1; 19];
    let mut index = 1;
    while index < 19 {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// How many of the eight bytes, from the lowest on, are digits. The bytes are XORed with `'0'`.
#[inline(always)]
fn leading_digits(word: u64) -> usize {
    let low = word & 0x7f7f_7f7f_7f7f_7f7f;
    let others = (low.wrapping_add(0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080;
    (others.trailing_zeros() / 8) as usize
}

/// The value of eight digits, the first in the lowest byte.
#[inline(always)]
fn eight_digits(word: u64) -> u64 {
    const LOW: u64 = 0x0000_00ff_0000_00ff;
    let pairs = word.wrapping_mul(10).wrapping_add(word >> 8);
    let left = (pairs & LOW).wrapping_mul(0x000f_4240_0000_0064);
    let right = ((pairs >> 16) & LOW).wrapping_mul(0x0000_2710_0000_0001);
    left.wrapping_add(right) >> 32
}

/// A run of digits: its value, which is right up to 18 digits, and its length.
#[inline(always)]
fn digits(bytes: &[u8], start: usize) -> (u64, usize) {
    let (mut value, mut count) = (0_u64, 0);
    loop {
        let word = load(bytes, start + count) ^ 0x3030_3030_3030_3030;
        let more = leading_digits(word);
        if more == 8 {
            value = value.wrapping_mul(100_000_000).wrapping_add(eight_digits(word));
            count += 8;
            continue;
        }
        if more > 0 {
            let shifted = eight_digits(word << (64 - 8 * more));
            let power = POWERS_OF_TEN.get(more).copied().unwrap_or(1);
            value = value.wrapping_mul(power.unsigned_abs()).wrapping_add(shifted);
        }
        return (value, count + more);
    }
}

/// The length of a run of digits.
#[inline(always)]
fn count_digits(bytes: &[u8], start: usize) -> usize {
    let mut count = 0;
    loop {
        let more = leading_digits(load(bytes, start + count) ^ 0x3030_3030_3030_3030);
        count += more;
        if more < 8 {
            return count;
        }
    }
}

/// Reads a number: it and the index after it, `None` where there is no number.
#[inline(always)]
pub(super) fn read(bytes: &[u8], start: usize) -> Option<(usize, Token)> {
    let negative = byte(bytes, start) == b'-';
    let first = start + usize::from(negative);
    let (value, count) = digits(bytes, first);
    let end = first + count;
    if count == 0 || (count > 1 && byte(bytes, first) == b'0') {
        return None;
    }
    if matches!(byte(bytes, end), b'.' | b'e' | b'E') {
        return read_fraction(bytes, start, negative, (value, count), end);
    }
    if count > PLAIN_DIGITS || (negative && value == 0) {
        return Some((end, Token::spanning(Kind::Number, start, end)));
    }
    Some((end, Token { int: signed(value, negative), ..Token::spanning(Kind::Int, start, end) }))
}

fn read_fraction(
    bytes: &[u8],
    start: usize,
    negative: bool,
    (whole, whole_count): (u64, usize),
    at: usize,
) -> Option<(usize, Token)> {
    let end = after_fraction(bytes, at)?;
    let other = Token::spanning(Kind::Number, start, end);
    if byte(bytes, at) != b'.' {
        return Some((end, other));
    }
    let (fraction, count) = digits(bytes, at + 1);
    let plain = at + 1 + count == end && whole_count + count <= PLAIN_DIGITS;
    let Some(power) = POWERS_OF_TEN.get(count).filter(|_| plain) else {
        return Some((end, other));
    };
    let value = whole * power.unsigned_abs() + fraction;
    if negative && value == 0 {
        return Some((end, other));
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most 18 digits")]
    let scale = count as u8;
    Some((end, Token { kind: Kind::Fraction, scale, int: signed(value, negative), ..other }))
}

#[inline(always)]
fn signed(value: u64, negative: bool) -> i64 {
    let value = value.cast_signed();
    if negative { -value } else { value }
}

/// The index after a number, without its value.
#[inline(always)]
pub(super) fn skip(bytes: &[u8], start: usize) -> Option<usize> {
    let first = start + usize::from(byte(bytes, start) == b'-');
    let count = count_digits(bytes, first);
    if count == 0 || (count > 1 && byte(bytes, first) == b'0') {
        return None;
    }
    let end = first + count;
    if matches!(byte(bytes, end), b'.' | b'e' | b'E') {
        after_fraction(bytes, end)
    } else {
        Some(end)
    }
}

/// The index after a fraction and an exponent, of which at least one is at `at`.
#[inline]
fn after_fraction(bytes: &[u8], mut at: usize) -> Option<usize> {
    if byte(bytes, at) == b'.' {
        let count = count_digits(bytes, at + 1);
        if count == 0 {
            return None;
        }
        at += 1 + count;
    }
    if matches!(byte(bytes, at), b'e' | b'E') {
        at += 1;
        at += usize::from(matches!(byte(bytes, at), b'+' | b'-'));
        let count = count_digits(bytes, at);
        if count == 0 {
            return None;
        }
        at += count;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn whole(text: &str) -> Option<Token> {
        let read = read(text.as_bytes(), 0);
        assert_eq!(read.map(|(end, _)| end), skip(text.as_bytes(), 0), "{text}");
        read.filter(|(end, _)| *end == text.len()).map(|(_, token)| token)
    }

    #[test]
    fn plain_numbers_are_read_to_the_last_digit() {
        for int in [0, 7, 10, 302, 12_345_678, 123_456_789, 1_584_981_114_028, -1, -99_999_999] {
            let token = whole(&int.to_string()).unwrap();
            assert_eq!((token.kind, token.int), (Kind::Int, int));
        }
        let longest = 999_999_999_999_999_999;
        assert_eq!(whole(&longest.to_string()).unwrap().int, longest);
        assert_eq!(whole(&i64::MIN.to_string()).unwrap().kind, Kind::Number);
        let weight = whole("-12.050").unwrap();
        assert_eq!((weight.kind, weight.int, weight.scale), (Kind::Fraction, -12_050, 3));
        for other in ["-0", "-0.0", "1e3", "1.5E-7", "0.1234567890123456789"] {
            assert_eq!(whole(other).unwrap().kind, Kind::Number, "{other}");
        }
    }

    #[test]
    fn what_json_does_not_allow_is_no_number() {
        for text in ["", "-", "01", "-01", "+1", ".5", "1.", "1.e5", "1e", "1e+", "--1", "x"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }
}
