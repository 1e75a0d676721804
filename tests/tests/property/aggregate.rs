//! Aggregates, as text: what expressions over windows are made of.

use super::expression::{Level, Text, Ty, fields, row};
use proptest::prelude::*;

/// What differs from window to window.
pub fn varying(ty: Ty, level: Level) -> Text {
    let bounds = prop::sample::select(&["window.start", "window.end"]).prop_map(str::to_owned);
    match ty {
        Ty::Int => prop_oneof![
            2 => Just("count()".to_owned()),
            2 => row(Ty::Bool).prop_map(|test| format!("count(where {test})")),
            1 => Just("count(j)".to_owned()),
            4 => aggregated("sum", Ty::Int),
            1 => row_of_any().prop_map(|it| format!("count_distinct({it})")),
            3 => found(
                &["min(X)", "max(X)", "first(X)", "last(X)", "delta(X)", "percentile(X, 50)",
                  "percentile(X, 90.5)", "max_by(X, d)", "min_by(X, at)", "max_by(X, s)"],
                Ty::Int,
                level,
            ),
            1 => found_seldom(&["nth(X, 2)"], Ty::Int),
            1 => prop::sample::select(fields(Ty::Int)).prop_map(|it| format!("len(collect({it}, 3))")),
            1 => row(Ty::Int).prop_map(|it| {
                format!("sum(x4.value - x4.key for x4 in top(2, j by sum({it})))")
            }),
        ]
        .boxed(),
        Ty::Decimal => prop_oneof![
            2 => aggregated("sum", Ty::Decimal),
            2 => found(
                &["avg(X)", "min(X)", "max(X)", "variance(X)", "stddev(X)", "median(X)",
                  "ema(X, 700ms)", "ema(X, 1m)", "last(X)", "percentile(X, 100)"],
                Ty::Decimal,
                level,
            ),
            2 => found(
                &["avg(X)", "variance(X)", "stddev(X)", "median(X)", "ema(X, 3s)"],
                Ty::Int,
                level,
            )
            .prop_map(|it| it.replace("?? 3)", "?? 3.0)")),
            1 => found_seldom(&["slope(X)", "nth(X, 3)"], Ty::Decimal),
            1 => Just("(try(rate()) ?? 1.5)".to_owned()),
            1 => aggregated("rate", Ty::Int).prop_map(|it| format!("(try({it}) ?? 1.5)")),
        ]
        .boxed(),
        Ty::Float => prop_oneof![
            aggregated("sum", Ty::Float),
            found(
                &[
                    "avg(X)",
                    "min(X)",
                    "max(X)",
                    "variance(X)",
                    "stddev(X)",
                    "median(X)",
                    "ema(X, 1500ms)",
                    "first(X)",
                    "delta(X)"
                ],
                Ty::Float,
                level,
            ),
            found_seldom(&["corr(X, f)", "corr(i, X)", "slope(X)"], Ty::Float),
        ]
        .boxed(),
        Ty::Duration => prop_oneof![
            aggregated("sum", Ty::Duration),
            Just(age(level).to_owned()),
            found(
                &[
                    "avg(X)",
                    "min(X)",
                    "max(X)",
                    "stddev(X)",
                    "median(X)",
                    "percentile(X, 25)",
                    "ema(X, 2s)",
                    "last(X)",
                    "delta(X)"
                ],
                Ty::Duration,
                level,
            ),
        ]
        .boxed(),
        Ty::Timestamp => prop_oneof![
            bounds,
            found(&["min(X)", "max(X)", "first(X)", "max_by(X, i)"], Ty::Timestamp, level,)
        ]
        .boxed(),
        Ty::String => {
            found(&["min(X)", "max(X)", "first(X)", "last(X)", "min_by(X, f)"], Ty::String, level)
        }
        Ty::Bool => prop_oneof![
            1 => row(Ty::Bool).prop_map(|test| format!("(count(where {test}) > 0)")),
            1 => aggregated("any", Ty::Bool),
            1 => aggregated("all", Ty::Bool),
            1 => found(&["last(X)", "first(X)", "max_by(X, u)"], Ty::Bool, level),
        ]
        .boxed(),
    }
}

/// How long ago a window's last event is as it is judged.
fn age(level: Level) -> &'static str {
    match level {
        Level::EmptyWindow => "(window.end - (last(at) ?? window.end))",
        _ => "(window.end - last(at))",
    }
}

/// An aggregate that is never null.
fn aggregated(function: &'static str, ty: Ty) -> Text {
    let input =
        prop_oneof![3 => row(ty), 1 => prop::sample::select(optional(ty)).prop_map(str::to_owned)];
    (input, prop::option::weighted(0.3, row(Ty::Bool)))
        .prop_map(move |(input, filter)| {
            format!("{function}({input}{})", suffix(filter.as_deref()))
        })
        .boxed()
}

/// A row's value of any type, null or not.
fn row_of_any() -> Text {
    prop::sample::select(&["i", "j", "k", "d", "e", "s", "u", "b"]).prop_map(str::to_owned).boxed()
}

/// An aggregate that can be null in any window.
fn found_seldom(functions: &'static [&'static str], ty: Ty) -> Text {
    found(functions, ty, Level::EmptyWindow)
}

/// An aggregate that is null over nothing, with something in its place where that can be. `X`
/// stands for its input.
fn found(functions: &'static [&'static str], ty: Ty, level: Level) -> Text {
    let instead = match ty {
        Ty::Int => "3",
        Ty::Decimal => "2.5",
        Ty::Float => "float(1)",
        Ty::String => "\"none\"",
        Ty::Bool => "false",
        Ty::Timestamp => "@1970-01-01T00:00:00Z",
        Ty::Duration => "1ms",
    };
    let function = prop::sample::select(functions);
    (function, row(ty), prop::option::weighted(0.3, row(Ty::Bool)))
        .prop_map(move |(function, input, filter)| {
            let call = function.replace('X', &input);
            let call = match &filter {
                Some(filter) => {
                    format!("{} where {filter})", call.strip_suffix(')').unwrap_or(&call))
                }
                None => call,
            };
            // Fields that may be null, by which another is chosen.
            let may_be_null = call.contains(", u") || call.contains(", e)");
            if filter.is_some() || may_be_null || level == Level::EmptyWindow {
                format!("({call} ?? {instead})")
            } else {
                call
            }
        })
        .boxed()
}

fn suffix(filter: Option<&str>) -> String {
    filter.map_or_else(String::new, |filter| format!(" where {filter}"))
}

/// Fields that may be null.
fn optional(ty: Ty) -> &'static [&'static str] {
    match ty {
        Ty::Decimal => &["e"],
        Ty::Duration => &["u"],
        Ty::Float => &["f"],
        Ty::Bool => &["b"],
        _ => &["j"],
    }
}
