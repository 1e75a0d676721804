//! Times and lengths of time as cases write them.

use cep_core::time::{EventTime, Span};

/// Reads an offset from 1970 (`10s`, `-1m30s`) or an RFC 3339 time.
///
/// # Errors
/// When it is neither.
pub fn parse_time(text: &str) -> Result<EventTime, String> {
    if let Some(span) = parse_span(text) {
        return Ok(EventTime(span.0));
    }
    chrono::DateTime::parse_from_rfc3339(text)
        .map(|time| EventTime(time.timestamp_micros()))
        .map_err(|_| format!("`{text}` is no time"))
}

/// Reads a length of time: whole numbers with units, `1h30m`, `250ms`, `-10s`.
#[must_use]
pub fn parse_span(text: &str) -> Option<Span> {
    const UNITS: [(&str, i64); 6] = [
        ("us", 1),
        ("ms", 1_000),
        ("s", 1_000_000),
        ("m", 60_000_000),
        ("h", 3_600_000_000),
        ("d", 86_400_000_000),
    ];
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let mut micros = 0_i64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
        micros = micros.checked_add(number.parse::<i64>().ok()?.checked_mul(*size)?)?;
        rest = tail;
    }
    Some(Span(sign * micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_times_are_read() {
        assert_eq!(parse_span("1h30m"), Some(Span::from_secs(5_400)));
        assert_eq!(parse_span("-250ms"), Some(Span::from_millis(-250)));
        assert_eq!(parse_span("10"), None);
        assert_eq!(parse_span("s"), None);
        assert_eq!(parse_span(""), None);
        assert_eq!(parse_time("2020-03-23T16:31:54.028Z"), Ok(EventTime(1_584_981_114_028_000)));
        assert_eq!(parse_time("noon"), Err("`noon` is no time".into()));
    }
}
