//! Functions on time, all in UTC: what a clock and a calendar show at an instant.

use super::{EvalError, FunctionInfo, Gives};
use crate::time::EventTime;
use crate::value::{Type, Value};

/// `hour(timestamp)`.
pub static HOUR: FunctionInfo = FunctionInfo {
    name: "hour",
    parameters: &[Type::Timestamp],
    result: Gives::Always(Type::Int),
    doc: "the hour of the day in UTC, 0 to 23: `hour(@2026-01-01T08:30:00Z) == 8`",
    apply: |arguments| shown(arguments, EventTime::hour),
};

/// `day(timestamp)`.
pub static DAY: FunctionInfo = FunctionInfo {
    name: "day",
    parameters: &[Type::Timestamp],
    result: Gives::Always(Type::Int),
    doc: "the day of the month in UTC, 1 to 31: `day(@2026-01-31T08:30:00Z) == 31`",
    apply: |arguments| shown(arguments, EventTime::day_of_month),
};

/// `weekday(timestamp)`.
pub static WEEKDAY: FunctionInfo = FunctionInfo {
    name: "weekday",
    parameters: &[Type::Timestamp],
    result: Gives::Always(Type::Int),
    doc: "the day of the week in UTC, 1 for Monday to 7 for Sunday (ISO 8601): `weekday(@2026-01-01T08:30:00Z) == 4`",
    apply: |arguments| shown(arguments, EventTime::weekday),
};

/// `minute(timestamp)`.
pub static MINUTE: FunctionInfo = FunctionInfo {
    name: "minute",
    parameters: &[Type::Timestamp],
    result: Gives::Always(Type::Int),
    doc: "the minute of the hour in UTC, 0 to 59: `minute(@2026-01-01T08:30:00Z) == 30`",
    apply: |arguments| shown(arguments, EventTime::minute),
};

/// `month(timestamp)`.
pub static MONTH: FunctionInfo = FunctionInfo {
    name: "month",
    parameters: &[Type::Timestamp],
    result: Gives::Always(Type::Int),
    doc: "the month of the year in UTC, 1 to 12: `month(@2026-03-01T08:30:00Z) == 3`",
    apply: |arguments| shown(arguments, EventTime::month),
};

/// `year(timestamp)`.
pub static YEAR: FunctionInfo = FunctionInfo {
    name: "year",
    parameters: &[Type::Timestamp],
    result: Gives::Always(Type::Int),
    doc: "the year in UTC: `year(@2026-01-01T08:30:00Z) == 2026`",
    apply: |arguments| shown(arguments, EventTime::year),
};

/// `truncate(timestamp, duration)`.
pub static TRUNCATE: FunctionInfo = FunctionInfo {
    name: "truncate",
    parameters: &[Type::Timestamp, Type::Duration],
    result: Gives::Always(Type::Timestamp),
    doc: "the last multiple of the duration that is not after the time, counted from midnight UTC of 1970-01-01; the duration must be longer than zero: `truncate(@2026-01-01T08:44:59Z, 15m) == @2026-01-01T08:30:00Z`",
    apply: |arguments| match arguments {
        [Value::Timestamp(_), Value::Duration(width)] if width.0 <= 0 => {
            Err(EvalError::ArgumentOutOfRange)
        }
        [Value::Timestamp(time), Value::Duration(width)] => time
            .0
            .checked_sub(time.0.rem_euclid(width.0))
            .and_then(EventTime::from_micros)
            .map(Value::Timestamp)
            .ok_or(EvalError::TimeOverflow),
        _ => Err(EvalError::WrongType),
    },
};

fn shown(arguments: &[Value], of: fn(EventTime) -> i64) -> Result<Value, EvalError> {
    match arguments {
        [Value::Timestamp(time)] => Ok(Value::Int(of(*time))),
        _ => Err(EvalError::WrongType),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    const DAY_LONG: i64 = 86_400_000_000;

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
    fn a_multiple_before_year_1_is_an_error_and_so_is_a_duration_that_has_none() {
        assert_eq!(truncated(EventTime(-1), i64::MAX), Err(EvalError::TimeOverflow));
        assert_eq!(truncated(EventTime(i64::MIN), 7), Err(EvalError::TimeOverflow));
        for width in [0, -1, i64::MIN] {
            assert_eq!(truncated(EventTime(7), width), Err(EvalError::ArgumentOutOfRange));
        }
    }
}
