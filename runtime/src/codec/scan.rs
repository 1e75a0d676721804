//! The smallest pieces of JSON: spaces, texts and words, found many bytes at a time.
//!
//! Everything works on a *window*, a record's bytes and [`PADDING`] bytes more, and an index into
//! it. What the bytes behind the record are does not matter: a piece may run over the record's
//! end, and whoever reads a whole record sees in the end that it did. So the usual case needs no
//! look at where the record ends. Near the end of the window, where only what has run over its
//! record can be, there are zeros, which no piece of JSON contains.

use super::lanes::{LANES, Lanes, text_run, two_text_runs};
use super::token::Kind;

/// How many bytes behind a record a window has.
pub(super) const PADDING: usize = 64;

/// The byte at an index; zero beyond the end.
#[inline(always)]
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// The eight bytes from an index on, the first in the lowest place; zeros near the window's end.
#[inline(always)]
pub(super) fn load(bytes: &[u8], at: usize) -> u64 {
    chunk::<8>(bytes, at).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// Sixteen bytes as two words.
#[inline(always)]
pub(super) fn words(lanes: &Lanes) -> (u64, u64) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *lanes;
    (u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes([i, j, k, l, m, n, o, p]))
}

/// The sixteen bytes from an index on; zeros near the window's end.
#[inline(always)]
pub(super) fn lanes(bytes: &[u8], at: usize) -> &Lanes {
    chunk::<LANES>(bytes, at).unwrap_or(&[0; LANES])
}

/// The `N` bytes from an index on; `None` near the window's end.
#[inline(always)]
pub(super) fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Option<&[u8; N]> {
    bytes.get(at..at.wrapping_add(N))?.first_chunk::<N>()
}

/// Bytes with padding behind them, to be read as a window.
pub(super) fn padded(bytes: &[u8]) -> Vec<u8> {
    [bytes, &[0; PADDING]].concat()
}

/// A mask of the first `len` bytes of a word; of all of them from eight on.
#[inline(always)]
pub(super) fn mask(len: usize) -> u64 {
    if len >= 8 { u64::MAX } else { !(u64::MAX << (8 * len)) }
}

/// The index of the first quote, backslash or control character from `at` on, or the end.
#[inline(always)]
pub(super) fn text_stop(bytes: &[u8], mut at: usize) -> usize {
    // Two looks at once, since most texts end within them.
    while let Some(both) = chunk::<{ 2 * LANES }>(bytes, at) {
        let (first, rest) = both.split_at(LANES);
        let runs = first.first_chunk().zip(rest.first_chunk());
        let run = runs.map_or(0, |(first, second)| two_text_runs(first, second));
        if run < 2 * LANES {
            return at + run;
        }
        at += 2 * LANES;
    }
    at + text_run(lanes(bytes, at))
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

#[cold]
#[inline(never)]
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

#[inline(never)]
fn skip_long_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(byte(bytes, at), b' ' | b'\t' | b'\n' | b'\r') {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stops_at_the_first_special_byte() {
        for special in [b'"', b'\\', 0, 0x1f, b'\n'] {
            for before in 0..40 {
                let mut bytes = "éx\u{7f}~!#[]".repeat(5).into_bytes();
                bytes.truncate(before);
                bytes.push(special);
                bytes.extend_from_slice(b"\"\\ tail");
                assert_eq!(text_stop(&padded(&bytes), 0), before, "{special} after {before}");
            }
        }
        assert_eq!(text_stop(&padded(b"no end at all"), 0), 13);
    }

    #[test]
    fn beyond_the_window_everything_stops() {
        let window = padded(b"abc");
        for at in [20, 34, 35, 36, 1_000, usize::MAX - 20] {
            assert_eq!((text_stop(&window, at), load(&window, at)), (at, 0));
        }
    }

    #[test]
    fn escapes_are_checked() {
        let end = |text: &str| self::text(&padded(text.as_bytes()), 0);
        assert_eq!(end(r#"a\n\u00e9\"b" "#), Some((12, Kind::EscapedText)));
        assert_eq!(end(r#"plain""#), Some((5, Kind::Text)));
        for broken in [r#"\x""#, r#"\u12g4""#, r#"\u12"#, r#"\"#, "\\\n\"", r#"open \""#] {
            assert_eq!(end(broken), None, "{broken}");
        }
    }
}
