//! Well-typed expressions, as text.

use super::aggregate;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The types that expressions are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ty {
    Int,
    Decimal,
    Float,
    String,
    Bool,
    Timestamp,
    Duration,
}

/// What an expression can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// An event's fields.
    Row,
    /// Aggregates over a window that holds at least one event.
    Window,
    /// Aggregates over a window that may be empty.
    EmptyWindow,
}

pub type Text = BoxedStrategy<String>;

/// Patterns, each with a group.
const PATTERNS: &[&str] = &["'^([^-]*)-'", "'(a|b|\\d)+'", "'(?i)(z)?$'"];

/// Zones, one of them with clocks that are moved.
const ZONES: &[&str] = &["\"Europe/Paris\"", "\"Asia/Kathmandu\""];

/// What makes a text, by what it is asked for.
type Made = RefCell<BTreeMap<(Ty, Level, Option<u32>), Text>>;

/// What makes a text is made once: making it anew for each program takes longer than running these.
fn once(ty: Ty, level: Level, depth: Option<u32>, make: impl FnOnce() -> Text) -> Text {
    thread_local! {
        static MADE: Made = const { RefCell::new(BTreeMap::new()) };
    }
    let at = (ty, level, depth);
    if let Some(made) = MADE.with_borrow(|made| made.get(&at).cloned()) {
        return made;
    }
    let text = make();
    MADE.with_borrow_mut(|made| made.insert(at, text.clone()));
    text
}

/// An expression of this type that is never null, of at most `depth` operations in a row.
pub fn expr(ty: Ty, level: Level, depth: u32) -> Text {
    once(ty, level, Some(depth), || expr_anew(ty, level, depth))
}

fn expr_anew(ty: Ty, level: Level, depth: u32) -> Text {
    if depth == 0 {
        return leaf(ty, level);
    }
    let sub = |ty| expr(ty, level, depth - 1);
    let choice = (sub(Ty::Bool), sub(ty), sub(ty))
        .prop_map(|(test, yes, no)| format!("(if {test} then {yes} else {no})"));
    prop_oneof![3 => leaf(ty, level), 5 => operation(ty, level, depth), 1 => choice].boxed()
}

fn operation(ty: Ty, level: Level, depth: u32) -> Text {
    let sub = |ty| expr(ty, level, depth - 1);
    let infix = |ops: &'static [&'static str], left: Text, right: Text| {
        (prop::sample::select(ops), left, right)
            .prop_map(|(op, left, right)| format!("({left} {op} {right})"))
    };
    match ty {
        Ty::Int => prop_oneof![
            4 => infix(&["+", "-", "*"], sub(Ty::Int), sub(Ty::Int)),
            // A divisor that is a constant zero would be an error of the program.
            2 => infix(&["div", "%"], sub(Ty::Int), varying(Ty::Int, level)),
            1 => varying(Ty::Int, level).prop_map(|it| format!("(-{it})")),
            1 => sub(Ty::Int).prop_map(|it| format!("abs({it})")),
            1 => varying(Ty::Decimal, level).prop_map(|it| format!("floor({it})")),
            1 => sub(Ty::String).prop_map(|it| format!("len({it})")),
            1 => sub(Ty::String).prop_map(|it| format!("(int({it}) ?? hash({it}))")),
            1 => sub(Ty::Decimal).prop_map(|it| format!("sign({it})")),
            1 => sub(Ty::Int).prop_map(|it| format!("twice({it})")),
            1 => (sub(Ty::Int), varying(Ty::Int, level)).prop_map(|(a, b)| format!("near({a}, {b})")),
            1 => varying(Ty::Timestamp, level).prop_map(|it| format!("(hour({it}) + minute({it}))")),
            1 => sub(Ty::Int).prop_map(|it| format!("(try({it}) ?? 5)")),
            1 => (sub(Ty::Int), varying(Ty::Int, level))
                .prop_map(|(a, b)| format!("least({a}, greatest(0, {b}, 3), {b})")),
            1 => (varying(Ty::Timestamp, level), prop::sample::select(ZONES))
                .prop_map(|(it, zone)| format!("(hour({it}, {zone}) - minute({it}, {zone}))")),
            1 => sub(Ty::Decimal).prop_map(|it| format!("coalesce(int({it}), try(1 div 0), 4)")),
            1 => sub(Ty::String).prop_map(|it| format!("len(split({it}, \"-\"))")),
            1 => sub(Ty::Int).prop_map(|it| format!("(V[{it}]?.j ?? 6)")),
            1 => sub(Ty::String).prop_map(|it| format!("(T[{it}]?.n ?? 2)")),
            2 => over_list(level, varying(Ty::Int, level)),
        ]
        .boxed(),
        Ty::Decimal => prop_oneof![
            3 => infix(&["+", "-", "*"], sub(Ty::Decimal), sub(Ty::Decimal)),
            1 => infix(&["+", "-", "*"], sub(Ty::Decimal), sub(Ty::Int)),
            2 => infix(&["/"], sub(Ty::Int), varying(Ty::Int, level)),
            1 => infix(&["/", "%"], sub(Ty::Decimal), varying(Ty::Decimal, level)),
            1 => sub(Ty::Decimal).prop_map(|it| format!("round({it}, 1)")),
            1 => sub(Ty::String).prop_map(|it| format!("(decimal({it}) ?? 0.5)")),
            1 => sub(Ty::String).prop_map(|it| format!("(T[{it}]?.d ?? 1.5)")),
            1 => varying(Ty::Float, level).prop_map(|it| format!("decimal({it})")),
        ]
        .boxed(),
        Ty::Float => prop_oneof![
            3 => infix(&["+", "-", "*"], sub(Ty::Float), sub(Ty::Float)),
            1 => infix(&["/", "%"], sub(Ty::Float), varying(Ty::Float, level)),
            1 => varying(Ty::Int, level).prop_map(|it| format!("float({it})")),
            1 => varying(Ty::Decimal, level).prop_map(|it| format!("float({it})")),
            1 => (sub(Ty::Float), varying(Ty::Float, level))
                .prop_map(|(a, b)| format!("sum(x for x in [{a}, {b}, {a}])")),
        ]
        .boxed(),
        Ty::String => prop_oneof![
            1 => sub(Ty::String).prop_map(|it| format!("upper({it})")),
            1 => (sub(Ty::String), plain(level))
                .prop_map(|(it, by)| format!("replace({it}, \"a\", \"{by}\")")),
            1 => (plain(level), sub(Ty::Int)).prop_map(|(s, n)| format!("told(\"{s}\", {n})")),
            2 => (plain(level), plain(level)).prop_map(|(a, b)| format!("\"{a}-{b}\"")),
            1 => (sub(Ty::String), prop::sample::select(PATTERNS), prop::sample::select(&["0", "1"]))
                .prop_map(|(it, of, group)| format!("(capture({it}, {of}, {group}) ?? \"none\")")),
            1 => (sub(Ty::String), sub(Ty::String))
                .prop_map(|(it, by)| format!("join(sort(split({it}, \"-\")), {by})")),
            1 => (varying(Ty::Timestamp, level), prop::sample::select(ZONES))
                .prop_map(|(it, zone)| format!("format({it}, \"%j %H:%M:%S%.f %z\", {zone})")),
        ]
        .boxed(),
        Ty::Bool => comparison(level, depth),
        Ty::Timestamp => prop_oneof![
            3 => infix(&["+", "-"], sub(Ty::Timestamp), sub(Ty::Duration)),
            1 => (sub(Ty::Timestamp), prop::sample::select(&["1d", "12m"]), prop::sample::select(ZONES))
                .prop_map(|(it, width, zone)| format!("truncate({it}, {width}, {zone})")),
        ]
        .boxed(),
        Ty::Duration => prop_oneof![
            infix(&["+", "-"], sub(Ty::Duration), sub(Ty::Duration)),
            infix(&["-"], varying(Ty::Timestamp, level), varying(Ty::Timestamp, level)),
            infix(&["*"], sub(Ty::Duration), sub(Ty::Int)),
        ]
        .boxed(),
    }
}

fn comparison(level: Level, depth: u32) -> Text {
    let sub = move |ty| expr(ty, level, depth - 1);
    let compared = prop::sample::select(&[
        Ty::Int,
        Ty::Int,
        Ty::Decimal,
        Ty::Float,
        Ty::String,
        Ty::Timestamp,
        Ty::Duration,
    ]);
    let ordered = (compared, prop::sample::select(&["<", "<=", ">", ">=", "==", "!="]))
        .prop_flat_map(move |(ty, op)| {
            (varying(ty, level), sub(ty)).prop_map(move |(a, b)| format!("({a} {op} {b})"))
        });
    prop_oneof![
        5 => ordered,
        2 => (sub(Ty::Bool), prop::sample::select(&["and", "or"]), sub(Ty::Bool))
            .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => sub(Ty::Bool).prop_map(|it| format!("(not {it})")),
        1 => varying(Ty::Int, level).prop_map(|it| format!("({it} in [1, 2, 5])")),
        1 => varying(Ty::Int, level).prop_map(|it| format!("({it} in 0..4)")),
        1 => sub(Ty::String).prop_map(|it| format!("contains({it}, \"a\")")),
        1 => (sub(Ty::String), prop::sample::select(PATTERNS))
            .prop_map(|(it, of)| format!("matches({it}, {of})")),
        1 => (list(level), sub(Ty::Int)).prop_map(|(xs, it)| format!("contains({xs}, {it})")),
        1 => sub(Ty::Int).prop_map(move |it| match level {
            Level::Row => format!("({it} in xs)"),
            _ => format!("({it} in sort([{it}, 2]))"),
        }),
        1 => (prop::sample::select(&["any", "all"]), list(level), sub(Ty::Int))
            .prop_map(|(of, xs, it)| format!("{of}(x1 != null and x1 > {it} for x1 in {xs})")),
    ]
    .boxed()
}

/// A list of integers, some of which may be null.
fn list(level: Level) -> Text {
    let number = || varying(Ty::Int, level);
    let made = (number(), number()).prop_map(|(a, b)| format!("[{a}, null, {b}]"));
    let sorted = number().prop_map(|it| format!("[sort([3, {it}, 1])[0], null]"));
    if level == Level::Row {
        let taken = number().prop_map(|it| format!("[try(x2 - {it}) for x2 in xs if x2 != null]"));
        return prop_oneof![4 => Just("xs".to_owned()), 1 => made, 1 => sorted, 1 => taken].boxed();
    }
    prop_oneof![made, sorted].boxed()
}

/// An integer made of a list's elements, or one of them.
fn over_list(level: Level, other: Text) -> Text {
    let folds = prop::sample::select(&[
        "sum(x3 for x3 in LIST)",
        "sum(x3 - OTHER for x3 in LIST if x3 != null and x3 != OTHER)",
        "count(x3 for x3 in LIST if (x3 ?? OTHER) > 0)",
        "(max(x3 for x3 in LIST) ?? OTHER)",
        "(min((x3 ?? 1) * OTHER for x3 in LIST) ?? 0)",
        "sum(count(y3 for y3 in LIST if y3 == x3) for x3 in LIST)",
        "len(LIST)",
        "(LIST[OTHER] ?? 0)",
        "sum(x3 for x3 in sort(LIST))",
        "(try(LIST[1]) ?? OTHER)",
        "(if OTHER > 3 then fail(\"over\") else OTHER)",
        "[OTHER, {a: OTHER}.a][1]",
    ]);
    (folds, list(level), other)
        .prop_map(|(fold, list, other)| fold.replace("LIST", &list).replace("OTHER", &other))
        .boxed()
}

/// What can be read without an operation, or a constant.
fn leaf(ty: Ty, level: Level) -> Text {
    let constants: &'static [&'static str] = match ty {
        Ty::Int => &["0", "1", "2", "7", "-3", "p"],
        Ty::Decimal => &["0.5", "1.0", "10.25", "q"],
        Ty::Float => &["float(2)", "float(0.1)"],
        Ty::String => &["\"a\"", "\"\"", "\"Zz\""],
        Ty::Bool => &["true", "false"],
        Ty::Timestamp => &["@1970-01-01T00:00:03Z"],
        Ty::Duration => &["2s", "250ms", "-1s"],
    };
    prop_oneof![5 => varying(ty, level), 1 => prop::sample::select(constants).prop_map(str::to_owned)]
        .boxed()
}

/// What differs from event to event or from window to window, without an operation around it.
pub fn varying(ty: Ty, level: Level) -> Text {
    once(ty, level, None, || match level {
        Level::Row => prop::sample::select(fields(ty)).prop_map(str::to_owned).boxed(),
        Level::Window | Level::EmptyWindow => aggregate::varying(ty, level),
    })
}

/// What stands in the braces of a text.
fn plain(level: Level) -> Text {
    let leaves: &'static [&'static str] = match level {
        Level::Row => &["{i}", "{s}", "{at}", "{f}"],
        Level::Window | Level::EmptyWindow => {
            &["{count()}", "{sum(i)}", "{sum(d)}", "{window.end}", "{sum(u)}"]
        }
    };
    prop::sample::select(leaves).prop_map(str::to_owned).boxed()
}

/// Fields of every stream, and what stands in for those that may be null.
pub fn fields(ty: Ty) -> &'static [&'static str] {
    match ty {
        Ty::Int => &["i", "i", "(j ?? 0)", "(j ?? i)", "(r?.a ?? 1)"],
        Ty::Decimal => &["d", "d", "(e ?? 1.5)"],
        Ty::Float => &["f", "float(i)"],
        Ty::String => &["s", "k"],
        Ty::Bool => {
            &["b", "(if j == null then true else j > 2)", "(if e != null then e > 1.0 else b)"]
        }
        Ty::Timestamp => &["at", "t"],
        Ty::Duration => &["(u ?? 1s)", "(at - t)"],
    }
}

pub fn row(ty: Ty) -> Text {
    expr(ty, Level::Row, 1)
}

/// An expression for an emitted field, which may be null.
pub fn field(level: Level) -> Text {
    let types = &[
        Ty::Int,
        Ty::Int,
        Ty::Decimal,
        Ty::Float,
        Ty::String,
        Ty::Bool,
        Ty::Timestamp,
        Ty::Duration,
    ];
    let nullable: &'static [&'static str] = match level {
        Level::Row => &["j", "e", "u", "xs", "r", "r?.y", "[{n: i, xs}]", "try(i div (j ?? 0))"],
        Level::Window | Level::EmptyWindow => &[
            "min(j)",
            "last(j)",
            "nth(s, 2)",
            "stddev(e)",
            "corr(i, e)",
            "slope(j)",
            "median(j)",
            "max_by(s, e)",
            "ema(e, 1s)",
            "delta(at where b)",
            "avg(e)",
            "max(e where b)",
            "avg(j)",
            "max(s where i > 1)",
            "avg(u)",
            "top(2, s by sum(i))",
            "top(1, j by max(d where b))",
            "top(3, k by count(j) where b)",
            "top(2, i div 2 by avg(f))",
            "top(2, e by median(j where i > 0) where not b)",
            "top(2, b by last(s))",
            "top(9, u by count_distinct(i))",
        ],
    };
    prop_oneof![
        4 => prop::sample::select(types).prop_flat_map(move |ty| expr(ty, level, 2)),
        1 => prop::sample::select(nullable).prop_map(str::to_owned),
    ]
    .boxed()
}
