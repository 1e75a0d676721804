//! Lengths of time as the rule language writes them: `1h30m`, `250ms`, `-10s`.

use cep_core::time::Span;

/// The units, longest first, with their microseconds. `ms` and `us` come before `m` and `s` so
/// that the longest name that fits is taken.
const UNITS: [(&[u8], i64, u8); 6] = [
    (b"ms", 1_000, 1),
    (b"us", 1, 0),
    (b"d", 86_400_000_000, 5),
    (b"h", 3_600_000_000, 4),
    (b"m", 60_000_000, 3),
    (b"s", 1_000_000, 2),
];

/// Reads a length of time: whole numbers with units, each unit once, the longest first, with an
/// optional minus in front. `None` when the text is something else or too long a time.
pub(super) fn read(text: &[u8]) -> Option<Span> {
    let (negative, mut rest) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mut micros, mut last_rank) = (0_i64, u8::MAX);
    while !rest.is_empty() || last_rank == u8::MAX {
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, after) = rest.split_at_checked(count)?;
        let number: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        let (name, unit, rank) =
            UNITS.iter().find(|(name, _, _)| after.starts_with(name)).copied()?;
        if rank >= last_rank {
            return None;
        }
        micros = micros.checked_add(number.checked_mul(unit)?)?;
        last_rank = rank;
        rest = after.get(name.len()..)?;
    }
    Some(Span(if negative { -micros } else { micros }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_they_print() {
        for micros in [0, 1, 250_000, 10_000_000, 5_400_000_000, -90_061_001_001, i64::MAX] {
            let span = Span(micros);
            assert_eq!(read(span.to_string().as_bytes()), Some(span), "{span}");
        }
    }

    #[test]
    fn what_is_not_a_span_is_refused() {
        for text in ["", "-", "5", "s", "1m1h", "1s1s", "1.5h", "1h ", "9999999999999999d", "+1s"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
