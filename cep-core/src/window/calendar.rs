//! Windows by the clocks of a place.
//!
//! Windows of days begin when the clocks first show midnight, or first go past it. Shorter windows
//! begin whenever the clocks show a multiple of the size since midnight, and where they are put
//! forward past one. So a day on which clocks are put forward has 23 hours, and one on which they
//! are put back has 25; windows of an hour are always an hour long, and longer ones grow or
//! shrink by what the clocks are moved.

use crate::time::{Span, within_reach};
use crate::zone::Zone;

const DAY: i64 = 86_400_000_000;
/// More than any zone's clocks differ from UTC, or are moved at once.
const FURTHEST: i64 = 2 * DAY;

/// Windows of `size` whose starts are `align` past its multiples, counted on a place's clocks from
/// 1970-01-01T00:00. A size is a whole number of days or divides a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Calendar {
    size: i64,
    align: i64,
    zone: Zone,
}

impl Calendar {
    /// Windows of a size; below a microsecond it counts as one.
    pub(crate) fn new(size: Span, align: Span, zone: Zone) -> Self {
        let size = size.0.max(1);
        Self { size, align: align.0.rem_euclid(size), zone }
    }

    /// The window that holds an instant: its start, and its end.
    pub(crate) fn around(&self, time: i64) -> (i64, i64) {
        // Beyond what events can have there are no windows; what is asked stays comparable.
        let time = within_reach(time);
        if self.size >= DAY { self.days_around(time) } else { self.hours_around(time) }
    }

    /// What the clocks show.
    fn local(&self, time: i64) -> i64 {
        time + self.zone.offset_at(time)
    }

    /// The last multiple of the size that is not after what the clocks show.
    fn label(&self, local: i64) -> i64 {
        local - (local - self.align).rem_euclid(self.size)
    }

    fn days_around(&self, time: i64) -> (i64, i64) {
        let mut label = self.label(self.local(time));
        // Clocks that were put back past midnight have shown the next day before.
        while self.first_shown(label + self.size) <= time {
            label += self.size;
        }
        (self.first_shown(label), self.first_shown(label + self.size))
    }

    /// The first instant at which the clocks show `label` or more.
    fn first_shown(&self, label: i64) -> i64 {
        let (mut before, mut shown) = (label - FURTHEST, label + FURTHEST);
        while let Some(change) = self.zone.change_between(before, shown) {
            if self.local(change - 1) >= label {
                shown = change - 1;
            } else if self.local(change) >= label {
                return change.max(label - self.zone.offset_at(change));
            } else {
                before = change;
            }
        }
        label - self.zone.offset_at(shown)
    }

    fn hours_around(&self, time: i64) -> (i64, i64) {
        (self.begun(time), self.over(time))
    }

    /// The start of the window that holds an instant.
    fn begun(&self, time: i64) -> i64 {
        let label = self.label(self.local(time));
        let start = label - self.zone.offset_at(time);
        match self.zone.change_between(start, time) {
            None => start,
            Some(change) => {
                let before = change - 1;
                if self.label(self.local(before)) < label { change } else { self.begun(before) }
            }
        }
    }

    /// The end of the window that holds an instant.
    fn over(&self, time: i64) -> i64 {
        let label = self.label(self.local(time));
        let end = label + self.size - self.zone.offset_at(time);
        match self.zone.change_between(time, end) {
            None => end,
            Some(change) => {
                let shown = self.local(change);
                if self.label(shown) == shown || self.label(shown) > label {
                    change
                } else {
                    self.over(change)
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000_000;

    fn windows(zone: &str, size: i64, from: &str, count: usize) -> Vec<i64> {
        let calendar = Calendar::new(Span(size), Span::ZERO, Zone::named(zone).unwrap());
        let mut at = chrono::DateTime::parse_from_rfc3339(from).unwrap().timestamp_micros();
        let mut lengths = Vec::new();
        for _ in 0..count {
            let (start, end) = calendar.around(at);
            lengths.push((end - start) / (HOUR / 4));
            at = end;
        }
        lengths
    }

    #[test]
    fn days_have_23_24_or_25_hours() {
        let quarters = |day: &str| windows("Europe/Paris", DAY, day, 3);
        assert_eq!(quarters("2026-03-28T12:00:00Z"), [96, 92, 96]);
        assert_eq!(quarters("2026-10-24T12:00:00Z"), [96, 100, 96]);
    }

    #[test]
    fn hours_are_an_hour_long_and_longer_windows_take_the_change() {
        assert_eq!(windows("Europe/Paris", HOUR, "2026-10-24T22:00:00Z", 5), [4; 5]);
        assert_eq!(windows("Europe/Paris", HOUR, "2026-03-28T23:00:00Z", 4), [4; 4]);
        assert_eq!(windows("Europe/Paris", 6 * HOUR, "2026-10-24T22:00:00Z", 2), [28, 24]);
        assert_eq!(windows("Europe/Paris", 6 * HOUR, "2026-03-28T23:00:00Z", 2), [20, 24]);
    }

    #[test]
    fn a_midnight_that_is_skipped_or_comes_twice_begins_one_day() {
        // In São Paulo clocks went from 00:00 to 01:00, in Saint John's from 00:01 to 23:01.
        assert_eq!(windows("America/Sao_Paulo", DAY, "2017-10-14T12:00:00Z", 2), [96, 92]);
        assert_eq!(windows("America/St_Johns", DAY, "2006-10-28T12:00:00Z", 2), [96, 100]);
    }

    proptest! {
        #[test]
        fn windows_hold_their_instants_and_follow_one_another(
            zone in prop::sample::select(&["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe",
                "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "UTC"]),
            size in prop::sample::select(&[HOUR / 4, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY]),
            align in 0..30_i64,
            seconds in 0..1_900_000_000_i64,
        ) {
            let zone = Zone::named(zone).unwrap();
            let calendar = Calendar::new(Span(size), Span(align * HOUR / 4), zone);
            let time = seconds * 1_000_000 + 17;
            let (start, end) = calendar.around(time);
            prop_assert!(start <= time && time < end);
            for inside in [start, end - 1, start + (end - start) / 2] {
                prop_assert_eq!(calendar.around(inside), (start, end));
            }
            prop_assert_eq!(calendar.around(end).0, end);
            prop_assert_eq!(calendar.around(start - 1).1, start);
        }
    }
}
