//! The smallest pieces of JSON: spaces, texts and words, found eight bytes at a time.
//!
//! Everything works on a record's bytes and an index into them, and treats what is beyond the
//! end as zero bytes, which no piece of JSON contains; so nothing here can run past the end.
//! Eight bytes are examined at once with ordinary integer arithmetic (the `hasless` and
//! `haszero` tricks of Sean Anderson's "Bit Twiddling Hacks"): in each byte of a mask the top bit
//! says whether that byte is of interest, and the lowest such bit is always right.

use super::token::Kind;

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// The byte at an index; zero beyond the end.
#[inline(always)]
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// The eight bytes from an index on, the first in the lowest place; zeros beyond the end.
#[inline(always)]
pub(super) fn load(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => load_near_end(bytes, at),
    }
}

fn load_near_end(bytes: &[u8], at: usize) -> u64 {
    let left = bytes.len().saturating_sub(at);
    match bytes.last_chunk::<8>() {
        _ if left == 0 => 0,
        Some(last) => u64::from_le_bytes(*last) >> (8 * (8 - left.min(7))),
        None => (at..bytes.len()).rev().fold(0, |word, at| word << 8 | u64::from(byte(bytes, at))),
    }
}

/// A mask of the first `len` bytes of a word; of all of them from eight on.
#[inline(always)]
pub(super) fn mask(len: usize) -> u64 {
    if len >= 8 { u64::MAX } else { !(u64::MAX << (8 * len)) }
}

#[inline(always)]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & TOPS
}

/// Which bytes end a plain run of text: a quote, a backslash, a control character.
#[inline(always)]
fn text_stops(word: u64) -> u64 {
    zeros(word ^ (ONES * 0x22))
        | zeros(word ^ (ONES * 0x5c))
        | (word.wrapping_sub(ONES * 0x20) & !word & TOPS)
}

/// The index of the first quote, backslash or control character from `at` on, or the end.
#[inline(always)]
pub(super) fn text_stop(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let stops = text_stops(load(bytes, at));
        if stops != 0 {
            return at + (stops.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
}

/// Reads a text whose first byte after the quote is at `start`: the index of its closing quote
/// and whether it has escapes. `None` when it does not end or is not well formed; a lone
/// surrogate (`\ud800`) is well formed here.
#[inline(always)]
pub(super) fn text(bytes: &[u8], start: usize) -> Option<(usize, Kind)> {
    let stop = text_stop(bytes, start);
    match byte(bytes, stop) {
        b'"' => Some((stop, Kind::Text)),
        b'\\' => escaped_text(bytes, stop).map(|end| (end, Kind::EscapedText)),
        _ => None,
    }
}

fn escaped_text(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match byte(bytes, at) {
            b'"' => return Some(at),
            b'\\' => match byte(bytes, at + 1) {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' => {
                    let digits = bytes.get(at + 2..at + 6)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    at += 6;
                }
                _ => return None,
            },
            _ => return None,
        }
        at = text_stop(bytes, at);
    }
}

/// Reads `true`, `false` or `null`: the index after it and which it is.
#[inline(always)]
pub(super) fn word(bytes: &[u8], at: usize) -> Option<(usize, Kind)> {
    let word = load(bytes, at);
    if word & mask(4) == u64::from(u32::from_le_bytes(*b"true")) {
        Some((at + 4, Kind::True))
    } else if word & mask(5) == u64::from_le_bytes(*b"false\0\0\0") {
        Some((at + 5, Kind::False))
    } else if word & mask(4) == u64::from(u32::from_le_bytes(*b"null")) {
        Some((at + 4, Kind::Null))
    } else {
        None
    }
}

/// The index of the first byte from `at` on that is not JSON's white space.
#[inline(always)]
pub(super) fn skip_space(bytes: &[u8], at: usize) -> usize {
    if byte(bytes, at) > b' ' { at } else { skip_long_space(bytes, at) }
}

fn skip_long_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(byte(bytes, at), b' ' | b'\t' | b'\n' | b'\r') {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn loading_near_the_end_is_padded_with_zeros() {
        let bytes = b"0123456789";
        for at in 0..12 {
            let mut expected = [0; 8];
            for (place, byte) in expected.iter_mut().zip(bytes.iter().skip(at)) {
                *place = *byte;
            }
            assert_eq!(load(bytes, at), u64::from_le_bytes(expected), "at {at}");
        }
        assert_eq!(load(b"abc", 1), u64::from_le_bytes(*b"bc\0\0\0\0\0\0"));
    }

    #[test]
    fn a_text_stops_at_the_first_special_byte() {
        for special in [b'"', b'\\', 0, 0x1f, b'\n'] {
            for before in 0..20 {
                let mut bytes = "éx\u{7f}~!#[]".repeat(3).into_bytes();
                bytes.truncate(before);
                bytes.push(special);
                bytes.extend_from_slice(b"\"\\ tail");
                assert_eq!(text_stop(&bytes, 0), before, "{special} after {before}");
            }
        }
        assert_eq!(text_stop(b"no end at all", 0), 13);
    }

    #[test]
    fn escapes_are_checked() {
        let end = |text: &str| self::text(text.as_bytes(), 0);
        assert_eq!(end(r#"a\n\u00e9\"b" "#), Some((12, Kind::EscapedText)));
        assert_eq!(end(r#"plain""#), Some((5, Kind::Text)));
        for broken in [r#"\x""#, r#"\u12g4""#, r#"\u12"#, r#"\"#, "\\\n\"", r#"open \""#] {
            assert_eq!(end(broken), None, "{broken}");
        }
    }
}
