//! Functions on time: what a clock and a calendar show at an instant, in UTC or in a zone.

use super::{EvalError, Function, FunctionInfo, Gives, Takes, made_text};
use crate::time::{EventTime, Span};
use crate::value::{Type, Value};
use crate::window::Calendar;
use crate::written;
use crate::zone::Zone;
use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;

/// `hour(timestamp)`.
pub static HOUR: FunctionInfo = FunctionInfo {
    name: "hour",
    parameters: &[Takes::One(Type::Timestamp)],
    result: Gives::Always(Type::Int),
    doc: "the hour of the day in UTC, 0 to 23: `hour(@2026-01-01T08:30:00Z) == 8`",
    apply: |arguments| shown(arguments, EventTime::hour),
};

/// `day(timestamp)`.
pub static DAY: FunctionInfo = FunctionInfo {
    name: "day",
    parameters: &[Takes::One(Type::Timestamp)],
    result: Gives::Always(Type::Int),
    doc: "the day of the month in UTC, 1 to 31: `day(@2026-01-31T08:30:00Z) == 31`",
    apply: |arguments| shown(arguments, EventTime::day_of_month),
};

/// `weekday(timestamp)`.
pub static WEEKDAY: FunctionInfo = FunctionInfo {
    name: "weekday",
    parameters: &[Takes::One(Type::Timestamp)],
    result: Gives::Always(Type::Int),
    doc: "the day of the week in UTC, 1 for Monday to 7 for Sunday (ISO 8601): `weekday(@2026-01-01T08:30:00Z) == 4`",
    apply: |arguments| shown(arguments, EventTime::weekday),
};

/// `minute(timestamp)`.
pub static MINUTE: FunctionInfo = FunctionInfo {
    name: "minute",
    parameters: &[Takes::One(Type::Timestamp)],
    result: Gives::Always(Type::Int),
    doc: "the minute of the hour in UTC, 0 to 59: `minute(@2026-01-01T08:30:00Z) == 30`",
    apply: |arguments| shown(arguments, EventTime::minute),
};

/// `month(timestamp)`.
pub static MONTH: FunctionInfo = FunctionInfo {
    name: "month",
    parameters: &[Takes::One(Type::Timestamp)],
    result: Gives::Always(Type::Int),
    doc: "the month of the year in UTC, 1 to 12: `month(@2026-03-01T08:30:00Z) == 3`",
    apply: |arguments| shown(arguments, EventTime::month),
};

/// `year(timestamp)`.
pub static YEAR: FunctionInfo = FunctionInfo {
    name: "year",
    parameters: &[Takes::One(Type::Timestamp)],
    result: Gives::Always(Type::Int),
    doc: "the year in UTC: `year(@2026-01-01T08:30:00Z) == 2026`",
    apply: |arguments| shown(arguments, EventTime::year),
};

/// `truncate(timestamp, duration)`.
pub static TRUNCATE: FunctionInfo = FunctionInfo {
    name: "truncate",
    parameters: &[Takes::One(Type::Timestamp), Takes::One(Type::Duration)],
    result: Gives::Always(Type::Timestamp),
    doc: "the last multiple of the duration that is not after the time, counted from midnight UTC of 1970-01-01; the duration must be longer than zero: `truncate(@2026-01-01T08:44:59Z, 15m) == @2026-01-01T08:30:00Z`",
    apply: |arguments| match arguments {
        [Value::Timestamp(time), Value::Duration(width)] => {
            Function::Truncate.admits_all(arguments)?;
            time.0
                .checked_sub(time.0.rem_euclid(width.0))
                .and_then(EventTime::from_micros)
                .map(Value::Timestamp)
                .ok_or(EvalError::TimeOverflow)
        }
        _ => Err(EvalError::WrongType),
    },
};

/// `hour(timestamp, zone)`.
pub static HOUR_IN: FunctionInfo = FunctionInfo {
    name: "hour",
    parameters: &[Takes::One(Type::Timestamp), Takes::Zone],
    result: Gives::Always(Type::Int),
    doc: "the hour that the clocks of the zone show, 0 to 23: `hour(@2025-12-31T23:30:00Z, \"Europe/Paris\") == 0`",
    apply: |arguments| shown_in(arguments, |time| i64::from(time.hour())),
};

/// `day(timestamp, zone)`.
pub static DAY_IN: FunctionInfo = FunctionInfo {
    name: "day",
    parameters: &[Takes::One(Type::Timestamp), Takes::Zone],
    result: Gives::Always(Type::Int),
    doc: "the day of the month in the zone, 1 to 31: `day(@2025-12-31T23:30:00Z, \"Europe/Paris\") == 1`",
    apply: |arguments| shown_in(arguments, |time| i64::from(time.day())),
};

/// `weekday(timestamp, zone)`.
pub static WEEKDAY_IN: FunctionInfo = FunctionInfo {
    name: "weekday",
    parameters: &[Takes::One(Type::Timestamp), Takes::Zone],
    result: Gives::Always(Type::Int),
    doc: "the day of the week in the zone, 1 for Monday to 7 for Sunday (ISO 8601): `weekday(@2025-12-31T23:30:00Z, \"Europe/Paris\") == 4`",
    apply: |arguments| shown_in(arguments, |time| i64::from(time.weekday().number_from_monday())),
};

/// `minute(timestamp, zone)`.
pub static MINUTE_IN: FunctionInfo = FunctionInfo {
    name: "minute",
    parameters: &[Takes::One(Type::Timestamp), Takes::Zone],
    result: Gives::Always(Type::Int),
    doc: "the minute of the hour that the clocks of the zone show, 0 to 59: `minute(@2025-12-31T23:30:00Z, \"Europe/Paris\") == 30`",
    apply: |arguments| shown_in(arguments, |time| i64::from(time.minute())),
};

/// `month(timestamp, zone)`.
pub static MONTH_IN: FunctionInfo = FunctionInfo {
    name: "month",
    parameters: &[Takes::One(Type::Timestamp), Takes::Zone],
    result: Gives::Always(Type::Int),
    doc: "the month of the year in the zone, 1 to 12: `month(@2025-12-31T23:30:00Z, \"Europe/Paris\") == 1`",
    apply: |arguments| shown_in(arguments, |time| i64::from(time.month())),
};

/// `year(timestamp, zone)`.
pub static YEAR_IN: FunctionInfo = FunctionInfo {
    name: "year",
    parameters: &[Takes::One(Type::Timestamp), Takes::Zone],
    result: Gives::Always(Type::Int),
    doc: "the year in the zone: `year(@2025-12-31T23:30:00Z, \"Europe/Paris\") == 2026`",
    apply: |arguments| shown_in(arguments, |time| i64::from(time.year())),
};

/// `truncate(timestamp, duration, zone)`.
pub static TRUNCATE_IN: FunctionInfo = FunctionInfo {
    name: "truncate",
    parameters: &[Takes::One(Type::Timestamp), Takes::One(Type::Duration), Takes::Zone],
    result: Gives::Always(Type::Timestamp),
    doc: "the start of the window that `tumbling(D, zone Z)` would have for the time: with `1d`, the last midnight of the zone; the duration divides a day or is whole days: `truncate(@2026-01-01T08:44:59Z, 1d, \"Europe/Paris\") == @2025-12-31T23:00:00Z`",
    apply: |arguments| match arguments {
        [Value::Timestamp(time), Value::Duration(width), Value::Text(zone)] => {
            Function::TruncateIn.admits_all(arguments)?;
            let calendar = Calendar::new(*width, Span::ZERO, named(zone)?);
            let start = EventTime::from_micros(calendar.around(time.0).0);
            start.map(Value::Timestamp).ok_or(EvalError::TimeOverflow)
        }
        _ => Err(EvalError::WrongType),
    },
};

/// `format(timestamp, format)`.
pub static FORMAT: FunctionInfo = FunctionInfo {
    name: "format",
    parameters: &[Takes::One(Type::Timestamp), Takes::Format],
    result: Gives::Always(Type::String),
    doc: "the time in UTC as text, as `strftime` writes it: `format(@2026-01-31T08:30:00Z, \"%d.%m.%Y %H:%M\") == \"31.01.2026 08:30\"`",
    apply: |arguments| match arguments {
        [Value::Timestamp(time), Value::Text(format)] => written_in(*time, format, Zone::UTC),
        _ => Err(EvalError::WrongType),
    },
};

/// `format(timestamp, format, zone)`.
pub static FORMAT_IN: FunctionInfo = FunctionInfo {
    name: "format",
    parameters: &[Takes::One(Type::Timestamp), Takes::Format, Takes::Zone],
    result: Gives::Always(Type::String),
    doc: "the time in the zone as text, as `strftime` writes it: `format(@2026-01-31T08:30:00Z, \"%a %H:%M %Z\", \"Europe/Paris\") == \"Sat 09:30 CET\"`",
    apply: |arguments| match arguments {
        [Value::Timestamp(time), Value::Text(format), Value::Text(zone)] => {
            written_in(*time, format, named(zone)?)
        }
        _ => Err(EvalError::WrongType),
    },
};

const DAY_MICROS: i64 = 86_400_000_000;
/// Longer than the years that times may have.
const LONGEST: i64 = 3_660_000 * DAY_MICROS;

/// Whether windows of this length, which is not zero, can begin at midnight.
pub(super) fn is_width_in_a_zone(width: Span) -> bool {
    width.0 <= LONGEST && (width.0 % DAY_MICROS == 0 || DAY_MICROS % width.0 == 0)
}

fn named(zone: &str) -> Result<Zone, EvalError> {
    Zone::named(zone).ok_or(EvalError::UnknownZone)
}

fn shown_in(arguments: &[Value], of: fn(DateTime<Tz>) -> i64) -> Result<Value, EvalError> {
    match arguments {
        [Value::Timestamp(time), Value::Text(zone)] => {
            Ok(Value::Int(of(named(zone)?.clocks_at(*time))))
        }
        _ => Err(EvalError::WrongType),
    }
}

fn written_in(time: EventTime, format: &str, zone: Zone) -> Result<Value, EvalError> {
    made_text(written::write(time, format, zone).ok_or(EvalError::ArgumentOutOfRange)?)
}

fn shown(arguments: &[Value], of: fn(EventTime) -> i64) -> Result<Value, EvalError> {
    match arguments {
        [Value::Timestamp(time)] => Ok(Value::Int(of(*time))),
        _ => Err(EvalError::WrongType),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_LONG: i64 = DAY_MICROS;

    fn clock(time: EventTime) -> [Result<Value, EvalError>; 3] {
        [&HOUR, &DAY, &WEEKDAY].map(|function| (function.apply)(&[Value::Timestamp(time)]))
    }

    fn truncated(time: EventTime, width: i64) -> Result<Value, EvalError> {
        (TRUNCATE.apply)(&[Value::Timestamp(time), Value::Duration(Span(width))])
    }

    #[test]
    fn clock_and_calendar_are_right_on_both_sides_of_1970_and_at_the_ends_of_time() {
        for (time, shown) in [
            (EventTime(0), [0, 1, 4]),
            (EventTime(-1), [23, 31, 3]),
            // 2024-02-29T23:59:59.999999Z, a leap day, was a Thursday.
            (EventTime(1_709_251_199_999_999), [23, 29, 4]),
            (EventTime(1_709_251_200_000_000), [0, 1, 5]),
            // The first day of the calendar was a Monday, the last will be a Friday.
            (EventTime::EARLIEST, [0, 1, 1]),
            (EventTime::LATEST, [23, 31, 5]),
        ] {
            assert_eq!(clock(time), shown.map(|value| Ok(Value::Int(value))), "{time}");
        }
    }

    #[test]
    fn times_truncate_downwards_also_before_1970() {
        let at = |micros| Ok(Value::Timestamp(EventTime(micros)));
        assert_eq!(truncated(EventTime(DAY_LONG + 1), DAY_LONG), at(DAY_LONG));
        assert_eq!(truncated(EventTime(DAY_LONG), DAY_LONG), at(DAY_LONG));
        assert_eq!(truncated(EventTime(-1), DAY_LONG), at(-DAY_LONG));
        assert_eq!(truncated(EventTime(7), i64::MAX), at(0));
    }

    #[test]
    fn a_zone_is_looked_up_as_its_clocks_are_moved() {
        let hour = |micros: i64, zone: &str| {
            (HOUR_IN.apply)(&[Value::Timestamp(EventTime(micros)), Value::text(zone)])
        };
        // 2026-03-29T00:59:59Z, and the second after, in which 02:00 becomes 03:00.
        assert_eq!(hour(1_774_745_999_000_000, "Europe/Paris"), Ok(Value::Int(1)));
        assert_eq!(hour(1_774_746_000_000_000, "Europe/Paris"), Ok(Value::Int(3)));
        assert_eq!(hour(0, "Asia/Kathmandu"), Ok(Value::Int(5)));
        assert_eq!(hour(0, "Mars"), Err(EvalError::UnknownZone));
        let year = |time, zone| (YEAR_IN.apply)(&[Value::Timestamp(time), Value::text(zone)]);
        assert_eq!(year(EventTime::EARLIEST, "America/New_York"), Ok(Value::Int(0)));
        let day = Span(DAY_LONG);
        assert_eq!(year(EventTime::EARLIEST.saturating_sub(day), "UTC"), Ok(Value::Int(0)));
        assert_eq!(year(EventTime::LATEST.saturating_add(day), "UTC"), Ok(Value::Int(10_000)));
        assert_eq!(year(EventTime::LATEST, "Asia/Tokyo"), Ok(Value::Int(10_000)));
    }

    #[test]
    fn days_of_a_zone_are_those_of_its_windows() {
        let truncated = |micros: i64, width: i64| {
            let width = Value::Duration(Span(width));
            (TRUNCATE_IN.apply)(&[
                Value::Timestamp(EventTime(micros)),
                width,
                Value::text("Europe/Paris"),
            ])
        };
        let at = |micros| Ok(Value::Timestamp(EventTime(micros)));
        // 2026-03-29T21:59:59Z is the last second of a day that has 23 hours.
        assert_eq!(truncated(1_774_821_599_000_000, DAY_LONG), at(1_774_738_800_000_000));
        assert_eq!(truncated(1_774_821_600_000_000, DAY_LONG), at(1_774_821_600_000_000));
        assert_eq!(truncated(EventTime::EARLIEST.0, DAY_LONG), Err(EvalError::TimeOverflow));
        for width in [0, -1] {
            assert_eq!(truncated(0, width), Err(EvalError::EmptyWidth), "{width}");
        }
        for width in [7, DAY_LONG + 1, LONGEST + DAY_LONG, i64::MAX] {
            assert_eq!(truncated(0, width), Err(EvalError::UnevenWidth), "{width}");
        }
        // Counted from what was midnight in Paris when 1970 began.
        assert_eq!(truncated(EventTime::LATEST.0, LONGEST), at(-3_600_000_000));
    }

    #[test]
    fn a_multiple_before_year_1_is_an_error_and_so_is_a_duration_that_has_none() {
        assert_eq!(truncated(EventTime(-1), i64::MAX), Err(EvalError::TimeOverflow));
        assert_eq!(truncated(EventTime(i64::MIN), 7), Err(EvalError::TimeOverflow));
        for width in [0, -1, i64::MIN] {
            assert_eq!(truncated(EventTime(7), width), Err(EvalError::EmptyWidth));
        }
    }
}
