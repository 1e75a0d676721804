//! One rule over a stream, with all its clauses.

use super::early::early_rule;
use super::expression::{Level, Ty, expr, field};
use super::program::{SPANS, allow, closing, over};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Kind {
    Row,
    Closing(String),
    Sliding(&'static str),
    /// `last(n)` and `forever`: they are judged as events come, and are never empty.
    Ordered(&'static str),
}

/// What of a rule looks up the table of a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Live {
    Nothing,
    /// Fields, in this table.
    Fields(&'static str),
    /// The list that it goes through, too.
    List,
}

pub fn rule() -> impl Strategy<Value = String> {
    prop_oneof![12 => any_rule().boxed(), 1 => expecting().boxed(), 2 => early_rule().boxed()]
}

/// A rule that waits for silent keys which it knows from a table.
fn expecting() -> impl Strategy<Value = String> {
    let stream = prop::sample::select(&["A", "A", "B", "A, B", "A each it, nr in xs"]);
    let filter = prop::sample::select(&["", "", "    where b\n", "    where i > 0\n"]);
    let key = prop::sample::select(&[("k", "T"), ("i", "V"), ("g", "V"), ("x: j ?? i", "V")]);
    let span = prop::sample::select(SPANS);
    let limit =
        prop::sample::select(&["", "", "    limit 1 per 3s\n", "    limit 2 per 5s by j ?? 1\n"]);
    let field = prop::sample::select(&[
        "k",
        "i",
        "g",
        "last(d)",
        "(j ?? 3)",
        "V[j ?? 2]?.j",
        "T[s ?? \"b\"]?.n",
        "len(s ?? \"none\")",
        "when.duration",
    ]);
    let clear =
        prop::sample::select(&["", "    clear EVENTx1 { f0: i, d, back: when.duration }\n"]);
    let fields = prop::collection::vec(field, 1..4);
    (stream, filter, key, span, limit, fields, clear).prop_map(
        |(stream, filter, (key, table), span, limit, fields, clear)| {
            let fields: Vec<String> =
                fields.iter().enumerate().map(|(at, it)| format!("f{at}: {it}")).collect();
            format!(
                "rule RULE {{\n    from {stream}\n{filter}    by {key}\n    \
                 when silent for {span} for {table}\n{limit}    \
                 emit EVENTx0 {{ {}, since: when.start }}\n{clear}}}",
                fields.join(", ")
            )
        },
    )
}

fn any_rule() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        2 => Just(Kind::Row),
        5 => closing().prop_map(Kind::Closing),
        2 => over().prop_map(|window| Kind::Closing(window.to_owned())),
        3 => prop::sample::select(SPANS).prop_map(Kind::Sliding),
        2 => prop::sample::select(&["last(1)", "last(2)", "last(5)", "forever"])
            .prop_map(Kind::Ordered),
    ];
    let stream = prop::sample::select(&["A", "A", "A", "B", "B", "A, B", "A each it, nr in xs"]);
    let filter = prop::option::weighted(0.4, expr(Ty::Bool, Level::Row, 2));
    (kind, stream, key(), filter, distinct(), any::<bool>()).prop_flat_map(
        |(kind, stream, key, filter, distinct, known)| {
            let (window, level, clear_level) = match kind {
                Kind::Row => (String::new(), Level::Row, Level::Row),
                Kind::Closing(window) => {
                    let level =
                        if window.contains("fill") { Level::EmptyWindow } else { Level::Window };
                    let table = match key.as_deref() {
                        Some("k") => " for T",
                        Some("g" | "i") => " for V",
                        _ => "",
                    };
                    let table = if known && window.contains(" fill ") { table } else { "" };
                    (format!("    window {window}{table}\n"), level, level)
                }
                Kind::Ordered(window) => {
                    (format!("    window {window}\n"), Level::Window, Level::Window)
                }
                Kind::Sliding(size) => {
                    (format!("    window sliding({size})\n"), Level::Window, Level::EmptyWindow)
                }
            };
            let filter = filter.map_or_else(String::new, |it| format!("    where {it}\n"));
            let key = key.map_or_else(String::new, |it| format!("    by {it}\n"));
            let head = format!("    from {stream}\n{filter}{distinct}{key}{window}");
            let hold = hold(&window);
            let (body, changes) = (body(level, clear_level, hold), changes());
            let after =
                prop::option::weighted(0.25, prop::sample::select(&[1_u32, 500, 1_500, 4_000]));
            let live = prop_oneof![
                16 => Just(Live::Nothing),
                1 => Just(Live::Fields("L")),
                2 => Just(Live::Fields("M")),
                1 => Just(Live::List),
            ];
            let extra = (allow(), changes, before(), after, live);
            (body, extra).prop_map(move |(body, (allow, changes, before, after, live))| {
                let (head, body) = changes.put(head.clone(), body, level);
                let body = forget(&head, body, after);
                // Windows on a grid whose verdicts stand for themselves can be revised.
                let grid = head.contains("window tumbling") || head.contains("window hopping");
                let edge = ["    clear ", " for ", " until ", "    limit "]
                    .iter()
                    .any(|word| body.contains(word));
                let ordered = head.contains("    distinct ")
                    || head.contains("changed(")
                    || body.contains("changed(")
                    || body.contains("    forget ")
                    || live != Live::Nothing;
                let allow = allow.filter(|_| grid && !edge && !ordered).unwrap_or_default();
                let head = format!("{}{allow}\n", head.trim_end_matches('\n'));
                let numbered = head.contains("window every(");
                let mut first = String::from("EVENTx0 { ");
                if numbered {
                    first += "index: window.index, ";
                }
                if let Some(before) = before.filter(|_| numbered || grid && allow.is_empty()) {
                    first += &format!("before: {before}, ");
                }
                let rule = format!("rule RULE {{\n{head}{}}}", body.replace("EVENTx0 { ", &first));
                match live {
                    Live::Nothing => rule,
                    Live::Fields(table) => latest(&rule, table, level),
                    Live::List => latest(&rule, "L", level)
                        .replace("each it, nr in xs", "each it, nr in [L[i]?.j, i, j ?? 0]"),
                }
            })
        },
    )
}

/// The rule with look-ups in a table of a stream or a topic for those in a file.
fn latest(rule: &str, table: &str, level: Level) -> String {
    let key = if level == Level::Row { "i" } else { "count()" };
    let looks = format!("EVENTx0 {{ live: {table}[{key}]?.j, ");
    rule.replace("V[", &format!("{table}[")).replace("EVENTx0 { ", &looks)
}

/// Of events that are alike the first, or all.
fn distinct() -> impl Strategy<Value = String> {
    let by = prop_oneof![
        3 => prop::sample::select(&["i", "s", "k, b", "d", "f", "g ?? 0"]).prop_map(str::to_owned),
        1 => expr(Ty::Int, Level::Row, 2),
        1 => expr(Ty::Decimal, Level::Row, 1).prop_map(|it| format!("{it}, k")),
    ];
    prop::option::weighted(0.15, (by, prop::sample::select(SPANS))).prop_map(|it| {
        it.map_or_else(String::new, |(by, span)| format!("    distinct {by} within {span}\n"))
    })
}

/// `forget` in the body of a rule that remembers something of a key for long, some time after all that
/// is judged of it.
fn forget(head: &str, body: String, after: Option<u32>) -> String {
    let edge = body.starts_with("    when ") && !body.starts_with("    when each");
    let grid = head.contains("window tumbling") || head.contains("window hopping");
    let falls = ["    clear ", " until "].iter().any(|it| body.contains(it)) || holds_for(&body);
    let remembers = ["forever", "last(", "every(", "changed("].iter().any(|it| head.contains(it))
        || body.contains("changed(")
        || edge && !((grid || head.contains("window session")) && !falls);
    // The keys of a table are never forgotten.
    let table = [" for T\n", " for V\n"].iter().any(|it| head.contains(it) || body.contains(it));
    let Some(after) = after.filter(|_| remembers && !table) else { return body };
    // Not before all of it is judged.
    let window = head.lines().find(|line| line.starts_with("    window ")).unwrap_or_default();
    let when = body.lines().next().filter(|line| line.starts_with("    when ")).unwrap_or_default();
    // `for 2s`, not `for x in list`.
    let holds = when.split(" for ").skip(1).map(|rest| rest.split(' ').next().unwrap_or(rest));
    let hold = holds.map(longest_ms).max().unwrap_or(0);
    let least = match window.contains("session") {
        true => hold.max(5_000),
        false => hold.max(longest_ms(window)),
    };
    let zone = if window.contains("zone ") { 86_400_000 } else { 0 };
    let after = format!("{}ms", least + zone + after);
    body.replacen("    emit ", &format!("    forget {after}\n    emit "), 1)
}

/// The longest duration in a text, in milliseconds.
fn longest_ms(text: &str) -> u32 {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let length = |word: &str| {
        let unit = word.find(|c: char| !c.is_ascii_digit())?;
        let times = match &word[unit..] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            _ => return None,
        };
        Some(word[..unit].parse::<u32>().ok()? * times)
    };
    words.filter_map(length).max().unwrap_or(0)
}

/// What a rule asks whether it changed, and where.
#[derive(Clone, Debug, Default)]
struct Changes {
    filter: Option<String>,
    condition: Option<String>,
    field: Option<String>,
}

fn changes() -> impl Strategy<Value = Changes> {
    let value = || {
        prop_oneof![
            3 => prop::sample::select(&["i", "s", "b", "j", "d", "f", "xs", "r", "k"])
                .prop_map(str::to_owned),
            1 => expr(Ty::Int, Level::Row, 1),
        ]
    };
    let place = move || prop::option::weighted(0.5, value());
    let some = (place(), place(), place());
    prop::option::weighted(0.2, some).prop_map(|some| {
        let (filter, condition, field) = some.unwrap_or_default();
        Changes { filter, condition, field }
    })
}

impl Changes {
    /// A rule's head and body with these questions in them.
    fn put(&self, head: String, body: String, level: Level) -> (String, String) {
        let (mut head, mut body) = (head, body);
        if let Some(value) = &self.filter {
            // With a name, or without.
            let (named, asked) = match value.len() % 2 {
                0 => (format!("    let moved = changed({value})\n"), "moved".to_owned()),
                _ => (String::new(), format!("changed({value})")),
            };
            head = head.replacen("    where ", &format!("{named}    where {asked} or "), 1);
        }
        if let (Some(value), Level::Row) = (&self.condition, level) {
            body =
                body.replacen("    when each ", &format!("    when each changed({value}) or "), 1);
        }
        if let Some(value) = &self.field {
            let asked = match level {
                Level::Row => format!("changed({value})"),
                _ => format!("count(where changed({value}))"),
            };
            body = body.replacen("EVENTx0 { ", &format!("EVENTx0 {{ asked: {asked}, "), 1);
        }
        (head, body)
    }
}

/// What is read of a window before.
fn before() -> impl Strategy<Value = Option<String>> {
    let aggregate = prop::sample::select(&[
        "count()",
        "count(where b)",
        "sum(i)",
        "sum(i * i)",
        "min(j)",
        "last(s)",
        "avg(f)",
        "collect(d, 2)",
        "top(2, s by sum(j))",
    ]);
    let form = prop::sample::select(&[
        "prev(N, X)",
        "prev(N, X)",
        "[prev(N, X), X]",
        "(if prev(N, X) == X then 1 else 2)",
        "sum(x5 for x5 in [1, prev(2, count())] if prev(N, X) != null)",
    ]);
    let call = (form, 1..4_u32, aggregate)
        .prop_map(|(form, n, of)| form.replace('N', &n.to_string()).replace('X', of));
    prop::option::weighted(0.6, call)
}

pub(super) fn key() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        2 => Just(None),
        4 => Just(Some("k".to_owned())),
        1 => Just(Some("g".to_owned())),
        1 => Just(Some("i".to_owned())),
        1 => Just(Some("d".to_owned())),
        1 => Just(Some("k, half: i div 2".to_owned())),
        1 => expr(Ty::Int, Level::Row, 2).prop_map(|expr| Some(format!("x: {expr}"))),
    ]
}

/// What may follow the condition of an edge over this window: for how long it must have held.
fn hold(window: &str) -> &'static [&'static str] {
    if window.is_empty() || ["sliding", "last", "forever"].iter().any(|it| window.contains(it)) {
        &["", "", "", " for 1s", " for 1500ms", " for 4s"]
    } else {
        &["", "", "", " for 1 windows", " for 2 windows", " for 3 windows"]
    }
}

/// `limit`, by the key, by nothing or by something else.
pub(super) fn limit(level: Level) -> impl Strategy<Value = String> {
    let by = prop_oneof![
        Just(String::new()),
        Just(" by ()".to_owned()),
        expr(Ty::Int, level, 1).prop_map(|it| format!(" by {it}")),
    ];
    (1..4_u32, prop::sample::select(SPANS), by)
        .prop_map(|(count, span, by)| format!("    limit {count} per {span}{by}\n"))
}

/// `when`, `limit`, `emit`, `else` and `clear`.
fn body(
    level: Level,
    clear_level: Level,
    hold: &'static [&'static str],
) -> impl Strategy<Value = String> {
    let emit = |word: &'static str, level: Level| {
        let fields = prop::collection::vec(field(level), 1..4);
        (fields, prop::option::weighted(0.2, expr(Ty::Bool, level, 1))).prop_map(
            move |(fields, condition)| {
                let fields: Vec<String> = fields
                    .iter()
                    .enumerate()
                    .map(|(index, field)| format!("f{index}: {field}"))
                    .collect();
                let condition = condition.map_or_else(String::new, |it| format!(" if {it}"));
                (word, fields.join(", "), condition)
            },
        )
    };
    let condition = move || expr(Ty::Bool, level, 2);
    let until = prop::option::weighted(0.25, condition())
        .prop_map(|it| it.map_or_else(String::new, |it| format!(" until {it}")));
    let quiet: &[&str] = match level {
        Level::Row => &[" silent for 1s", " silent for 2500ms", " silent for 4s"],
        _ => &[" each true"],
    };
    let quiet = prop::sample::select(quiet).prop_map(|it| format!("    when{it}\n"));
    let when = prop_oneof![
        2 => Just(String::new()),
        2 => quiet,
        2 => condition().prop_map(|it| format!("    when each {it}\n")),
        4 => (condition(), prop::sample::select(hold), until)
            .prop_map(|(it, hold, until)| format!("    when {it}{hold}{until}\n")),
    ];
    let limit = prop_oneof![
        5 => Just(String::new()),
        2 => limit(level),
    ];
    let emits = prop::collection::vec(emit("emit", level), 1..4);
    let clears = prop::collection::vec(emit("clear", clear_level), 0..3);
    let extras = (any::<bool>(), limit);
    (when, emits, clears, extras).prop_map(|(when, emits, clears, (since, limit))| {
        let edge = when.starts_with("    when ") && !when.starts_with("    when each");
        let clears = if edge { clears } else { Vec::new() };
        let falls = !clears.is_empty() || holds_for(&when) || when.contains(" until ");
        let since = match edge && falls && since {
            true => ", since: when.start, long: when.duration",
            false => "",
        };
        let mut text = when + &limit;
        let mut may_be_taken = false;
        for (index, (word, fields, condition)) in emits.iter().chain(&clears).enumerate() {
            // What follows a line with a condition is its `else`.
            let word = if may_be_taken && *word == "emit" { "else" } else { word };
            may_be_taken = !condition.is_empty();
            text += &format!("    {word} EVENTx{index} {{ {fields}{since} }}{condition}\n");
        }
        text
    })
}

/// Whether a condition must hold for some time: `for 2s`, not `for x in list`.
fn holds_for(when: &str) -> bool {
    when.split(" for ").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}
