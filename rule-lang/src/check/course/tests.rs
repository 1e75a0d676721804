//! Which conditions stay true once they are: told by what is said of them below `early`.

#![allow(clippy::panic, reason = "tests")]

use crate::diagnostic::Code;
use crate::{Source, compile};

const STREAM: &str = "stream S {
    key_: string
    n: int >= 0
    m: int? >= 3
    any_int: int
    low: int >= -1
    price: decimal >= 0.5
    f: float >= 0
    took: duration
    ok: bool
    xs: [int]
    at: timestamp
    time at
}
param floor: int = 3
table Limit { key_: string, most: int } key key_ from file(\"limits.csv\")
table Price { key_: string, price: int, at: timestamp, time at } key key_ from file(\"prices.csv\")
table Newest from S key key_
";

/// The codes of what is wrong with a condition.
fn codes(condition: &str) -> Vec<Code> {
    let rule = format!(
        "rule r {{\n from S\n where n < 1000000\n let twice = 2 * n\n by key_\n window tumbling(10s) early\n \
         let total = sum(twice)\n when {condition}\n emit R {{ total }}\n}}"
    );
    let compiled =
        compile(&[Source::new("s.rules", STREAM), Source::new("r.rules", rule.as_str())]);
    compiled.diagnostics.iter().filter(|it| it.is_error()).map(|it| it.code).collect()
}

#[test]
fn what_only_grows_is_certain_once_it_is() {
    for condition in [
        "count() > 3",
        "3 <= count()",
        "count() >= floor and max(any_int) > floor * 2",
        "count() > 3 or count_distinct(any_int) > 10",
        "not (count() <= 3)",
        "not all(ok)",
        "any(not ok)",
        "min(any_int) < 3",
        "min(any_int) - max(any_int) < -5",
        "max(any_int) - min(any_int) > 5",
        "sum(n) > 100",
        "sum(n * price + 1) > 100",
        "sum(n / 2) + sum(price) > 10",
        "sum(f) > 2.5",
        "sum(m) > 10",
        "sum(if ok then n else 0) > 5",
        "sum(len(key_)) > 5",
        "sum(count(x for x in xs)) > 5",
        "sum(abs(any_int)) > 5",
        "sum(any_int % 7) > 5",
        "sum(1 where ok) > 5",
        "total > 40",
        "total * count() > 40",
        "-total < -40",
        "count(where ok) * 100 > floor",
        "count() / 2 > 3",
        "round(sum(price)) >= 10",
        "greatest(count(), 5) > floor",
        "(max(any_int where ok) ?? 0) > 3",
        "(max(n where ok) ?? 0) > floor",
        "max(any_int where ok) != null",
        "max(any_int where ok) != null and max(any_int where ok) > 3",
        "avg(any_int where ok) != null",
        "rate() > 5",
        "rate(n) > 5",
        "window.end - window.start > 5s and count() > 2",
        "key_ == \"a\" and count() > 2",
        "count() > (Limit[key_]?.most ?? 10)",
        "if key_ == \"a\" then count() > 2 else sum(n) > 5",
        "floor == 3",
    ] {
        assert_eq!(codes(condition), [], "{condition}");
    }
}

#[test]
fn what_may_fall_is_not() {
    for condition in [
        "count() < 3",
        "count() == 3",
        "count() != 3",
        "count() in 3..9",
        "count() % 2 > 0",
        "count() > 3 and sum(n) < 100",
        "sum(any_int) > 3",
        "sum(low) > 3",
        "sum(n - 1) > 3",
        "sum(-n) > 3",
        "sum(took) > 3s",
        "sum(n * floor) > 3",
        "total * floor > 3",
        "total / count() > 3",
        "total - count() > 3",
        "avg(n) > 3",
        "last(n) > 3",
        "first(n) > 3",
        "median(n) > 3",
        "stddev(n) > 3",
        "min(n) > 3",
        "max(n) < 3",
        "all(ok)",
        "not any(ok)",
        "(max(any_int where ok) ?? 5) > 3",
        "(max(any_int where ok) ?? 0) > floor",
        "(min(any_int where ok) ?? 0) < 3",
        "max(any_int where ok) == null",
        "abs(min(any_int)) > 3",
        "count() > (Price[key_]?.price ?? 3)",
        "count() > (Newest[key_]?.n ?? 3)",
        "if count() > 3 then true else false",
        "\"{count()}\" == \"3\"",
    ] {
        assert_eq!(codes(condition), [Code::NotCertain], "{condition}");
    }
}
