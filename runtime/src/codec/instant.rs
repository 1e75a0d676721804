//! RFC 3339 text to an instant, remembering the last date.
//!
//! Events of one stream are stamped with few different dates, so the calendar is consulted only
//! when the ten characters of the date change.

/// Reads RFC 3339 texts.
#[derive(Debug)]
pub(super) struct InstantReader {
    date: [u8; 10],
    days: i64,
}

impl InstantReader {
    pub(super) fn new() -> Self {
        Self { date: *b"1970-01-01", days: 0 }
    }

    /// Microseconds since the epoch. Digits beyond the sixth of a fraction are cut off; a leap
    /// second `:60` is the second after `:59`. `None` when the text is not RFC 3339, or names a
    /// day that does not exist.
    pub(super) fn read(&mut self, text: &[u8]) -> Option<i64> {
        let date = text.first_chunk::<10>()?;
        if *date != self.date {
            self.days = days(date)?;
            self.date = *date;
        }
        let time = text.get(10..)?.first_chunk::<9>()?;
        let [b'T' | b't' | b' ', h1, h2, b':', m1, m2, b':', s1, s2] = *time else { return None };
        let (hour, minute, second) =
            (two_digits(h1, h2)?, two_digits(m1, m2)?, two_digits(s1, s2)?);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (micros, zone) = fraction(text.get(19..)?)?;
        let seconds = self.days * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone)?;
        Some(seconds * 1_000_000 + micros)
    }
}

fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// The microseconds of an optional fraction, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = rest.split_at_checked(count).filter(|_| count > 0)?;
    let micros = (0..6).fold(0, |micros, place| {
        micros * 10 + digits.get(place).map_or(0, |digit| i64::from(digit - b'0'))
    });
    Some((micros, zone))
}

/// The seconds by which a zone is ahead of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    match *zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
            let seconds = hours * 3_600 + minutes * 60;
            (hours < 24 && minutes < 60).then_some(if sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

/// Days since the epoch of `2026-01-31` in the proleptic Gregorian calendar. Source: Howard
/// Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
fn days(date: &[u8; 10]) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let (month, day) = (two_digits(m1, m2)?, two_digits(d1, d2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if day < 1 || day > length {
        return None;
    }
    let shifted_year = year - i64::from(month <= 2);
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cep_core::time::EventTime;

    fn read(text: &str) -> Option<String> {
        InstantReader::new().read(text.as_bytes()).map(|micros| EventTime(micros).to_string())
    }

    #[test]
    fn zones_and_fractions_are_read() {
        let cases = [
            ("2020-03-23T16:31:54.028Z", "2020-03-23T16:31:54.028Z"),
            ("2020-03-23t16:31:54z", "2020-03-23T16:31:54Z"),
            ("2020-03-23 16:31:54.5+01:30", "2020-03-23T15:01:54.500Z"),
            ("2020-03-23T23:31:54-01:30", "2020-03-24T01:01:54Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
            ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_an_instant_is_refused() {
        for text in [
            "",
            "2020-03-23",
            "2020-03-23T16:31Z",
            "2020-03-23T16:31:54",
            "2020-03-23T16:31:54.Z",
            "2020-02-30T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2020-13-01T00:00:00Z",
            "2020-03-23T24:00:00Z",
            "2020-03-23T16:60:00Z",
            "2020-03-23T16:31:54+0100",
            "2020-03-23T16:31:54Zjunk",
            "+020-03-23T16:31:54Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_bad_date_does_not_stay_remembered() {
        let mut reader = InstantReader::new();
        assert_eq!(reader.read(b"2020-02-30T00:00:00Z"), None);
        assert_eq!(reader.read(b"2020-02-30T00:00:00Z"), None);
        assert_eq!(reader.read(b"1970-01-02T00:00:00Z"), Some(86_400_000_000));
    }

    #[test]
    fn every_day_of_four_centuries_reads_as_it_prints() {
        for day in (-80_000..80_000).step_by(13) {
            let time = EventTime(day * 86_400_000_000);
            assert_eq!(read(&time.to_string()), Some(time.to_string()));
        }
    }
}
