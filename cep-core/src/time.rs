//! Event time: the only clock the engine knows.
//!
//! Everything is a count of microseconds since 1970-01-01T00:00:00Z in a newtype, so that a
//! time, a length of time and a watermark cannot be mistaken for one another.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An instant of event time, in microseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventTime(pub i64);

/// A length of time in microseconds; negative when one instant precedes another.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Span(pub i64);

/// No window, and nothing that goes on after one, is longer: 10,000 days, some 27 years. Times that
/// far outside of the years of events are computed with as any others.
pub const LONGEST_WINDOW: Span = Span(10_000 * MICROS_OF_DAY);

/// `micros`, or the furthest time from those of events at which anything may be: a window, and what
/// is filled after it.
#[must_use]
pub(crate) fn within_reach(micros: i64) -> i64 {
    let beyond = 4 * LONGEST_WINDOW.0;
    micros.clamp(EventTime::EARLIEST.0 - beyond, EventTime::LATEST.0 + beyond)
}

/// How far time has come: watermark `t` says that every event stamped before `t` has been seen.
///
/// An instant `x` is decided when `x < t`; a half-open bound `e` is reached when `t >= e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Watermark(pub i64);

const MICROS_OF_DAY: i64 = 86_400_000_000;

impl EventTime {
    /// The earliest time an event may carry: 0001-01-01T00:00:00Z.
    pub const EARLIEST: Self = Self(-62_135_596_800_000_000);
    /// The latest time an event may carry: the last microsecond of year 9999.
    pub const LATEST: Self = Self(253_402_300_799_999_999);

    /// The instant this many milliseconds after the epoch, if it is within the supported years.
    #[must_use]
    pub fn from_millis(millis: i64) -> Option<Self> {
        Self::from_micros(millis.checked_mul(1_000)?)
    }

    /// The instant this many microseconds after the epoch, if it is within the supported years.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        let time = Self(micros);
        (Self::EARLIEST <= time && time <= Self::LATEST).then_some(time)
    }

    /// This instant moved by `span`, staying inside what an `i64` holds.
    #[must_use]
    pub fn saturating_add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This instant moved back by `span`, staying inside what an `i64` holds.
    #[must_use]
    pub fn saturating_sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The largest multiple of `width` (counted from the epoch) that is not after this instant.
    #[must_use]
    pub fn align_down(self, width: Span) -> Self {
        Self(self.0 - self.0.rem_euclid(width.0.max(1)))
    }

    /// The hour of the day in UTC, 0 to 23.
    #[must_use]
    pub fn hour(self) -> i64 {
        self.0.rem_euclid(MICROS_OF_DAY) / 3_600_000_000
    }

    /// The minute of the hour in UTC, 0 to 59.
    #[must_use]
    pub fn minute(self) -> i64 {
        self.0.rem_euclid(3_600_000_000) / 60_000_000
    }

    /// The month of the year in UTC, 1 to 12.
    #[must_use]
    pub fn month(self) -> i64 {
        civil_from_days(self.0.div_euclid(MICROS_OF_DAY)).1
    }

    /// The year in UTC.
    #[must_use]
    pub fn year(self) -> i64 {
        civil_from_days(self.0.div_euclid(MICROS_OF_DAY)).0
    }

    /// The day of the month in UTC, from 1.
    #[must_use]
    pub fn day_of_month(self) -> i64 {
        civil_from_days(self.0.div_euclid(MICROS_OF_DAY)).2
    }

    /// The day of the week in UTC as ISO 8601 counts it: 1 is Monday, 7 Sunday.
    #[must_use]
    pub fn weekday(self) -> i64 {
        // Day 0, 1970-01-01, was a Thursday.
        (self.0.div_euclid(MICROS_OF_DAY) + 3).rem_euclid(7) + 1
    }

    /// Appends the RFC 3339 form in UTC, with as many of six fraction digits as are needed. A
    /// window may begin before the year 1 or end after 9999, which no event can be in; ISO 8601
    /// writes a year with a sign and six digits there, but for the year 0.
    pub fn write_rfc3339(self, out: &mut Vec<u8>) {
        let (days, micros) = (self.0.div_euclid(MICROS_OF_DAY), self.0.rem_euclid(MICROS_OF_DAY));
        let (year, month, day) = civil_from_days(days);
        let seconds = micros / 1_000_000;
        if year > 9_999 {
            out.push(b'+');
        }
        push_padded(out, year, if (0..=9_999).contains(&year) { 4 } else { 6 });
        out.push(b'-');
        push_padded(out, month, 2);
        out.push(b'-');
        push_padded(out, day, 2);
        out.push(b'T');
        push_padded(out, seconds / 3_600, 2);
        out.push(b':');
        push_padded(out, seconds / 60 % 60, 2);
        out.push(b':');
        push_padded(out, seconds % 60, 2);
        let fraction = micros % 1_000_000;
        if fraction != 0 {
            out.push(b'.');
            let (digits, width) =
                if fraction % 1_000 == 0 { (fraction / 1_000, 3) } else { (fraction, 6) };
            push_padded(out, digits, width);
        }
        out.push(b'Z');
    }
}

/// Year, month and day of a count of days since 1970-01-01 in the proleptic Gregorian calendar.
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn push_padded(out: &mut Vec<u8>, value: i64, width: u32) {
    let mut divisor = 10_i64.pow(width - 1);
    if value < 0 {
        out.push(b'-');
    }
    let value = value.abs();
    while divisor > 0 {
        out.push(b'0' + u8::try_from(value / divisor % 10).unwrap_or(0));
        divisor /= 10;
    }
}

impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(27);
        self.write_rfc3339(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

impl fmt::Debug for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// One microsecond, the resolution of event time.
    pub const MICROSECOND: Self = Self(1);

    /// This many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000)
    }

    /// This many seconds.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1_000_000)
    }

    /// The sum, staying inside what an `i64` holds.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// The literal form of the rule language: `1h30m`, `250ms`, `0s`, `-10s`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 6] = [
            (86_400_000_000, "d"),
            (3_600_000_000, "h"),
            (60_000_000, "m"),
            (1_000_000, "s"),
            (1_000, "ms"),
            (1, "us"),
        ];
        if self.0 == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut rest = self.0.unsigned_abs();
        for (unit, name) in UNITS {
            if rest >= unit {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

impl Watermark {
    /// Nothing has been seen yet.
    pub const BEFORE_ALL: Self = Self(i64::MIN);
    /// Nothing more will come.
    pub const AFTER_ALL: Self = Self(i64::MAX);

    /// Whether everything stamped `time` has been seen, so that the instant can be decided.
    #[must_use]
    pub fn has_decided(self, time: EventTime) -> bool {
        time.0 < self.0
    }

    /// What has been seen of something that is `span` behind; at the end nothing is.
    #[must_use]
    pub fn behind(self, span: Span) -> Self {
        if self == Self::AFTER_ALL { self } else { Self(self.0.saturating_sub(span.0)) }
    }

    /// Whether a half-open bound (a window's end) has been reached.
    #[must_use]
    pub fn has_reached(self, end: EventTime) -> bool {
        self.0 >= end.0
    }
}

impl fmt::Display for Watermark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BEFORE_ALL => f.write_str("before all events"),
            Self::AFTER_ALL => f.write_str("after all events"),
            Self(micros) => fmt::Display::fmt(&EventTime(micros), f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_as_rfc3339_with_the_digits_they_need() {
        assert_eq!(EventTime(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(EventTime(9_999_999).to_string(), "1970-01-01T00:00:09.999999Z");
        assert_eq!(EventTime(1_584_981_114_028_000).to_string(), "2020-03-23T16:31:54.028Z");
        assert_eq!(EventTime::LATEST.to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(EventTime::EARLIEST.to_string(), "0001-01-01T00:00:00Z");
        assert_eq!(EventTime(-1).to_string(), "1969-12-31T23:59:59.999999Z");
        let before = EventTime(EventTime::EARLIEST.0 - 367 * MICROS_OF_DAY);
        assert_eq!(before.to_string(), "-000001-12-31T00:00:00Z");
        let after = EventTime::LATEST.saturating_add(Span::MICROSECOND);
        assert_eq!(after.to_string(), "+010000-01-01T00:00:00Z");
    }

    #[test]
    fn spans_print_as_the_language_writes_them() {
        assert_eq!(Span::from_secs(5_400).to_string(), "1h30m");
        assert_eq!(Span::from_millis(250).to_string(), "250ms");
        assert_eq!(Span(-10_000_000).to_string(), "-10s");
        assert_eq!(Span::ZERO.to_string(), "0s");
    }

    #[test]
    fn a_half_open_end_is_reached_before_its_instant_is_decided() {
        let end = EventTime(10);
        assert!(Watermark(10).has_reached(end));
        assert!(!Watermark(10).has_decided(end));
        assert!(Watermark(11).has_decided(end));
    }
}
