//! Timestamps written in a format of their own: `timestamp as "%d.%m.%Y %H:%M"`, and
//! `format(time, "%d.%m.")`.
//!
//! A format is one of `strftime`, as chrono reads it. It must name the day; a time of day that it
//! does not name begins at midnight, minutes and seconds that it does not name at zero. The text is
//! in UTC unless the format reads an offset (`%z`) or counts from the epoch (`%s`).
//!
//! ```
//! use cep_core::written;
//!
//! assert_eq!(written::read("01.03.1970 00:00", "%d.%m.%Y %H:%M"), Some(59 * 86_400_000_000));
//! assert_eq!(written::read("31.02.1970 00:00", "%d.%m.%Y %H:%M"), None);
//! assert!(written::check("%H:%M").is_err());
//! ```

use crate::time::EventTime;
use crate::zone::Zone;
use chrono::format::{Fixed, Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveTime};
use std::fmt::Write;

/// Seconds since the epoch of the instant that formats are tried with, an afternoon in 2026.
const SAMPLE_SECS: i64 = 1_772_374_255;

/// Whether texts of a format tell an instant.
///
/// # Errors
/// Why they do not, to follow on the format's name.
pub fn check(format: &str) -> Result<(), String> {
    let items: Vec<Item<'_>> = StrftimeItems::new(format).collect();
    if items.contains(&Item::Error) {
        return Err("has a `%` that means nothing".into());
    }
    if items.contains(&Item::Fixed(Fixed::TimezoneName)) {
        return Err("reads the name of a zone (`%Z`), which does not tell its offset".into());
    }
    let mut text = String::new();
    let sample = DateTime::from_timestamp(SAMPLE_SECS, 0).unwrap_or_default();
    let written = write!(text, "{}", sample.format_with_items(items.iter()));
    match written.ok().and_then(|()| read(&text, format)) {
        Some(_) => Ok(()),
        None => Err("does not tell one day and time".into()),
    }
}

/// Whether a format can be written with.
///
/// # Errors
/// Why it cannot, to follow on the format's name.
pub fn check_written(format: &str) -> Result<(), String> {
    let means_nothing = StrftimeItems::new(format).any(|item| item == Item::Error);
    if means_nothing { Err("has a `%` that means nothing".into()) } else { Ok(()) }
}

/// The text of an instant in a format, by the clocks of a zone. `None` if the format means nothing.
#[must_use]
pub fn write(time: EventTime, format: &str, zone: Zone) -> Option<String> {
    let mut text = String::new();
    write!(text, "{}", zone.clocks_at(time).format(format)).ok()?;
    Some(text)
}

/// The instant of a text, in microseconds since the epoch; what is finer is cut off. `None` when the text is not in the format, or names a day or time that does not exist.
#[must_use]
pub fn read(text: &str, format: &str) -> Option<i64> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, StrftimeItems::new(format)).ok()?;
    if let Some(seconds) = parsed.timestamp() {
        let micros = parsed.nanosecond().unwrap_or(0) / 1_000;
        return seconds.checked_mul(1_000_000)?.checked_add(i64::from(micros));
    }
    let hour = parsed.hour_mod_12().is_some() || parsed.hour_div_12().is_some();
    let date = parsed.to_naive_date().ok()?;
    let time = if hour {
        if parsed.minute().is_none() {
            parsed.set_minute(0).ok()?;
        }
        parsed.to_naive_time().ok()?
    } else if parsed.minute().is_some() || parsed.second().is_some() {
        return None;
    } else {
        NaiveTime::MIN
    };
    let ahead_secs = i64::from(parsed.offset().unwrap_or(0));
    date.and_time(time).and_utc().timestamp_micros().checked_sub(ahead_secs * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, format: &str) -> Option<String> {
        read(text, format).map(|micros| EventTime(micros).to_string())
    }

    #[test]
    fn texts_are_in_utc_unless_they_say_their_offset() {
        let cases = [
            ("2026-03-01 14:10:55", "%Y-%m-%d %H:%M:%S", "2026-03-01T14:10:55Z"),
            ("2026-03-01 14:10:55 +0130", "%Y-%m-%d %H:%M:%S %z", "2026-03-01T12:40:55Z"),
            ("2026-03-01 14:10:55.250", "%Y-%m-%d %H:%M:%S%.f", "2026-03-01T14:10:55.250Z"),
            ("01.03.2026", "%d.%m.%Y", "2026-03-01T00:00:00Z"),
            ("20260301", "%Y%m%d", "2026-03-01T00:00:00Z"),
            ("2026-03-01 14", "%Y-%m-%d %H", "2026-03-01T14:00:00Z"),
            ("Mar 1 2026 2:10 PM", "%b %d %Y %I:%M %p", "2026-03-01T14:10:00Z"),
            ("1772374255", "%s", "2026-03-01T14:10:55Z"),
            ("1969-12-31 23:59:59.5", "%Y-%m-%d %H:%M:%S%.f", "1969-12-31T23:59:59.500Z"),
        ];
        for (text, format, expected) in cases {
            assert_eq!(check(format), Ok(()), "{format}");
            assert_eq!(shown(text, format).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_written_in_a_zone_reads_back() {
        let at = EventTime(SAMPLE_SECS * 1_000_000);
        let written = |format: &str, zone: &str| write(at, format, Zone::named(zone)?);
        for (format, zone, expected) in [
            ("%Y-%m-%d %H:%M", "UTC", "2026-03-01 14:10"),
            ("%d/%m %I %p %z", "America/New_York", "01/03 09 AM -0500"),
            ("%Y-%m-%dT%H:%M:%S%.3f%:z", "Asia/Kolkata", "2026-03-01T19:40:55.000+05:30"),
            ("100 %%", "UTC", "100 %"),
            ("", "UTC", ""),
        ] {
            assert_eq!(check_written(format), Ok(()), "{format}");
            assert_eq!(written(format, zone).as_deref(), Some(expected), "{format}");
        }
        assert_eq!(written("%Q", "UTC"), None);
        assert!(check_written("%Q").is_err());
        let text = written("%Y-%m-%d %H:%M:%S %z", "Asia/Kathmandu");
        let back = text.and_then(|text| read(&text, "%Y-%m-%d %H:%M:%S %z"));
        assert_eq!(back, Some(at.0));
    }

    #[test]
    fn what_is_not_in_the_format_is_refused() {
        for (text, format) in [
            ("", "%Y-%m-%d"),
            ("2026-02-30", "%Y-%m-%d"),
            ("2026-03-01 ", "%Y-%m-%d"),
            ("2026-03-01T25:00", "%Y-%m-%dT%H:%M"),
            ("Sun 2026-03-02", "%a %Y-%m-%d"),
        ] {
            assert_eq!(read(text, format), None, "{text:?} as {format}");
        }
    }

    #[test]
    fn formats_that_tell_no_instant_are_refused() {
        let refused = ["", "day", "%H:%M", "%Y-%m", "%d.%m.", "%Q", "%Y-%m-%d %I:%M", "%c %Z"];
        for format in refused {
            assert!(check(format).is_err(), "{format}");
        }
    }
}
