//! Numbers: JSON's grammar, and the value of the plain ones without a detour over floats.
//!
//! Digits are counted sixteen at a time and read eight at a time, with three multiplications
//! (Daniel Lemire, "Quickly parsing eight digits", 2018).

use super::lanes::{LANES, Lanes, digit_run, others_than_digits};
use super::scan::{byte, lanes, words};
use super::token::{Kind, Token};

/// How many digits surely fit into 64 bits.
const PLAIN_DIGITS: usize = 18;

const ZEROS: u64 = 0x3030_3030_3030_3030;

pub(super) const POWERS_OF_TEN: [i64; 19] = {
    let mut powers = [1; 19];
    let mut index = 1;
    while index < 19 {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// The value of eight digits, the first in the lowest byte.
#[inline(always)]
fn eight_digits(word: u64) -> u64 {
    const LOW: u64 = 0x0000_00ff_0000_00ff;
    let pairs = word.wrapping_mul(10).wrapping_add(word >> 8);
    let left = (pairs & LOW).wrapping_mul(0x000f_4240_0000_0064);
    let right = ((pairs >> 16) & LOW).wrapping_mul(0x0000_2710_0000_0001);
    left.wrapping_add(right) >> 32
}

/// The value of the first `count` of sixteen bytes, which are digits.
#[inline(always)]
fn up_to_sixteen_digits(lanes: &Lanes, count: usize) -> u64 {
    let (low, high) = words(lanes);
    let (low, high) = (low ^ ZEROS, high ^ ZEROS);
    // Shifting pushes what follows the digits out of the word, and leading zeros in.
    if count <= 8 {
        return eight_digits(low << (64 - 8 * count.max(1)));
    }
    let rest = count.min(LANES) - 8;
    let power = POWERS_OF_TEN.get(rest).copied().unwrap_or(1);
    eight_digits(low) * power.cast_unsigned() + eight_digits(high << (64 - 8 * rest))
}

/// A run of digits: its value, which is right up to 18 digits, and its length.
#[inline(always)]
fn digits(bytes: &[u8], start: usize) -> (u64, usize) {
    let lanes = lanes(bytes, start);
    let count = digit_run(lanes);
    if count < LANES { (up_to_sixteen_digits(lanes, count), count) } else { many(bytes, start) }
}

/// The length of a number in sixteen bytes, if it is one of the usual ones: no sign, no exponent,
/// at most fifteen characters. What follows it is not looked at. The second is the length of the
/// part before the point.
#[inline(always)]
pub(super) fn usual(lanes: &Lanes) -> Option<(usize, usize)> {
    let others = others_than_digits(lanes);
    let whole = others.trailing_zeros() as usize;
    if whole.wrapping_sub(1) >= LANES - 1 || (whole > 1 && lanes[0] == b'0') {
        return None;
    }
    if lanes.get(whole) != Some(&b'.') {
        return Some((whole, whole));
    }
    let end = (others & (others - 1)).trailing_zeros() as usize;
    (whole + 1 < end && end < LANES).then_some((end, whole))
}

/// Makes a token of a usual whole number.
#[inline(always)]
pub(super) fn set_usual_int(lanes: &Lanes, len: usize, start: usize, token: &mut Token) {
    token.set(Kind::Int, start, start + len);
    token.int = up_to_sixteen_digits(lanes, len).cast_signed();
}

#[cold]
#[inline(never)]
fn many(bytes: &[u8], start: usize) -> (u64, usize) {
    let count = count_digits(bytes, start);
    let digits = bytes.get(start..start + count).unwrap_or_default();
    let value = digits.iter().fold(0_u64, |value, digit| {
        value.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')))
    });
    (value, count)
}

/// The length of a run of digits.
#[inline(always)]
fn count_digits(bytes: &[u8], start: usize) -> usize {
    let mut count = 0;
    loop {
        let more = digit_run(lanes(bytes, start + count));
        count += more;
        if more < LANES {
            return count;
        }
    }
}

/// Reads a number into `token`: the index after it, `None` where there is no number.
#[inline(always)]
pub(super) fn read(bytes: &[u8], start: usize, token: &mut Token) -> Option<usize> {
    let negative = byte(bytes, start) == b'-';
    let first = start + usize::from(negative);
    let (value, count) = digits(bytes, first);
    let end = first + count;
    if count == 0 || (count > 1 && byte(bytes, first) == b'0') {
        return None;
    }
    if matches!(byte(bytes, end), b'.' | b'e' | b'E') {
        return read_fraction(bytes, start, (value, count), end, token);
    }
    let is_plain = count <= PLAIN_DIGITS && !(negative && value == 0);
    token.set(if is_plain { Kind::Int } else { Kind::Number }, start, end);
    token.int = signed(value, negative);
    Some(end)
}

/// Makes a token of a usual number with a point.
#[inline(always)]
pub(super) fn set_usual_fraction(
    bytes: &[u8],
    lanes: &Lanes,
    (len, whole): (usize, usize),
    start: usize,
    token: &mut Token,
) {
    let places = len - whole - 1;
    let after = up_to_sixteen_digits(self::lanes(bytes, start + whole + 1), places);
    let power = POWERS_OF_TEN.get(places).copied().unwrap_or(1);
    token.set(Kind::Fraction, start, start + len);
    token.int = up_to_sixteen_digits(lanes, whole).cast_signed() * power + after.cast_signed();
    token.scale = places.to_le_bytes()[0];
}

#[inline]
fn read_fraction(
    bytes: &[u8],
    start: usize,
    (whole, whole_count): (u64, usize),
    point: usize,
    token: &mut Token,
) -> Option<usize> {
    let (fraction, count) = digits(bytes, point + 1);
    let after = point + 1 + count;
    let is_plain = byte(bytes, point) == b'.'
        && count > 0
        && whole_count + count <= PLAIN_DIGITS
        && !matches!(byte(bytes, after), b'e' | b'E');
    if !is_plain {
        let end = after_fraction(bytes, point)?;
        token.set(Kind::Number, start, end);
        return Some(end);
    }
    let negative = byte(bytes, start) == b'-';
    let power = POWERS_OF_TEN.get(count).copied().unwrap_or(1);
    let value = whole * power.cast_unsigned() + fraction;
    let is_negative_zero = negative && value == 0;
    token.set(if is_negative_zero { Kind::Number } else { Kind::Fraction }, start, after);
    token.int = signed(value, negative);
    token.scale = count.to_le_bytes()[0];
    Some(after)
}

#[inline(always)]
fn signed(value: u64, negative: bool) -> i64 {
    let value = value.cast_signed();
    if negative { value.wrapping_neg() } else { value }
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
    use super::super::scan::padded;
    use super::*;

    fn whole(text: &str) -> Option<Token> {
        let mut token = Token::MISSING;
        let window = padded(text.as_bytes());
        let end = read(&window, 0, &mut token);
        assert_eq!(end, skip(&window, 0), "{text}");
        (end == Some(text.len())).then_some(token)
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
