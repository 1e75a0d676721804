//! Time zones: how far a place's clocks are ahead of UTC, and when that changes.
//!
//! The rules of the zones come from the IANA time zone database as `chrono-tz` has it compiled in;
//! nothing is read from the machine, so that a program means the same everywhere.

use crate::time::{EventTime, within_reach};
use chrono::{DateTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

const SECOND: i64 = 1_000_000;

/// A time zone of the IANA database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of this name, such as `Europe/Paris`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The names of all zones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// What the zone's clocks and calendars show at an instant.
    pub(crate) fn clocks_at(self, time: EventTime) -> DateTime<Tz> {
        self.0.from_utc_datetime(&naive(time.0))
    }

    /// How far the zone's clocks are ahead of UTC at an instant, in microseconds. Outside of the
    /// years that events may have it is what it is at their bounds.
    #[must_use]
    pub fn offset_at(&self, micros: i64) -> i64 {
        let offset = self.0.offset_from_utc_datetime(&naive(micros)).fix();
        i64::from(offset.local_minus_utc()) * SECOND
    }

    /// The first instant after `before` and up to `upto` at which the offset is another one than
    /// at `before`, if the offset at `upto` is. Offsets change on whole seconds.
    pub(crate) fn change_between(&self, before: i64, upto: i64) -> Option<i64> {
        let offset = self.offset_at(before);
        if self.offset_at(upto) == offset {
            return None;
        }
        let (mut low, mut high) = (before.div_euclid(SECOND), upto.div_euclid(SECOND));
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if self.offset_at(middle * SECOND) == offset {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(high * SECOND)
    }
}

/// A window may begin before the years that events can be in, or end after them; the calendar goes
/// on there.
fn naive(micros: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(within_reach(micros)).unwrap_or_default().naive_utc()
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| serde::de::Error::custom("no such time zone"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn paris_is_an_hour_ahead_in_winter_and_two_in_summer() {
        let paris = Zone::named("Europe/Paris").unwrap();
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
        assert_eq!(paris.offset_at(at("2026-01-01T00:00:00Z")), 3_600 * SECOND);
        assert_eq!(paris.offset_at(at("2026-07-01T00:00:00Z")), 7_200 * SECOND);
        let change = paris.change_between(at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z"));
        assert_eq!(change, Some(at("2026-03-29T01:00:00Z")));
        assert_eq!(Zone::named("Europe/Pari"), None);
    }
}
