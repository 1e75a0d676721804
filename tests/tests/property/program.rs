//! Well-typed programs of one or two streams, as rule text.

use super::expression::{Level, Ty, expr, field};
use proptest::prelude::*;

/// A program in parts, so that it can be written with a rule left out.
#[derive(Clone, Debug)]
pub struct Program {
    /// Lateness of the streams `A` and `B`, in milliseconds.
    pub lateness_ms: [u32; 2],
    /// The rules, each whole: `rule NAME { … }`.
    pub rules: Vec<String>,
}

impl Program {
    /// The program's text, without the rule at `omitted`.
    pub fn text(&self, omitted: Option<usize>) -> String {
        let mut text = String::from("param p: int = 4\nparam q: decimal = 2.75\n");
        for (name, lateness) in ["A", "B"].iter().zip(self.lateness_ms) {
            text += &format!(
                "stream {name} {{ k: string, g: int?, i: int, j: int?, d: decimal, e: decimal?, f: float, \
                 s: string, b: bool, t: timestamp, u: duration?, at: timestamp\nkey k\ntime at, lateness {lateness}ms }}\n"
            );
        }
        for (index, rule) in self.rules.iter().enumerate() {
            if omitted != Some(index) {
                text += rule;
                text += "\n";
            }
        }
        text
    }
}

pub fn program() -> impl Strategy<Value = Program> {
    let lateness = || prop::sample::select(&[0_u32, 0, 500, 1_000, 3_000]);
    ((lateness(), lateness()), prop::collection::vec(rule(), 1..5)).prop_map(|(lateness, rules)| {
        let named = rules.into_iter().enumerate().map(|(index, rule)| {
            // Events are named after their rule, since their fields differ.
            rule.replace("RULE", &format!("r{index}")).replace("EVENT", &format!("E{index}"))
        });
        Program { lateness_ms: [lateness.0, lateness.1], rules: named.collect() }
    })
}

#[derive(Clone, Debug)]
enum Kind {
    Row,
    Closing { window: String, fill: Option<String> },
    Sliding(String),
}

fn rule() -> impl Strategy<Value = String> {
    let span = || prop::sample::select(&["1s", "2s", "2500ms", "3s", "5s", "10s"]);
    let closing = prop_oneof![
        span().prop_map(|size| format!("tumbling({size})")),
        (span(), prop::sample::select(&["500ms", "1300ms", "4s"]))
            .prop_map(|(size, align)| format!("tumbling({size}, align {align})")),
        prop::sample::select(&[
            "2s, every 1s",
            "5s, every 2s",
            "3s, every 1500ms",
            "10s, every 3s",
            "4s, every 4s"
        ])
        .prop_map(|sizes| format!("hopping({sizes})")),
    ];
    let fill = prop::option::weighted(0.4, prop::sample::select(&["1s", "4s", "9s", "20s"]));
    let kind = prop_oneof![
        2 => Just(Kind::Row),
        5 => (closing, fill).prop_map(|(window, fill)| Kind::Closing { window, fill: fill.map(str::to_owned) }),
        3 => span().prop_map(|size| Kind::Sliding(format!("sliding({size})"))),
    ];
    (
        kind,
        prop::sample::select(&["A", "A", "B"]),
        key(),
        prop::option::weighted(0.4, expr(Ty::Bool, Level::Row, 2)),
    )
        .prop_flat_map(|(kind, stream, key, filter)| {
            let level = match &kind {
                Kind::Row => Level::Row,
                Kind::Closing { fill: Some(_), .. } => Level::EmptyWindow,
                Kind::Closing { .. } | Kind::Sliding(_) => Level::Window,
            };
            let clear_level = match &kind {
                Kind::Sliding(_) => Level::EmptyWindow,
                _ => level,
            };
            let head = head(&kind, stream, key.as_deref(), filter.as_deref());
            (body(level, clear_level), Just(head))
                .prop_map(|(body, head)| format!("rule RULE {{\n{head}{body}}}"))
        })
}

fn head(kind: &Kind, stream: &str, key: Option<&str>, filter: Option<&str>) -> String {
    let mut text = format!("    from {stream}\n");
    if let Some(filter) = filter {
        text += &format!("    where {filter}\n");
    }
    if let Some(key) = key {
        text += &format!("    by {key}\n");
    }
    match kind {
        Kind::Row => {}
        Kind::Closing { window, fill: None } | Kind::Sliding(window) => {
            text += &format!("    window {window}\n")
        }
        Kind::Closing { window, fill: Some(fill) } => {
            text += &format!("    window {window} fill {fill}\n")
        }
    }
    text
}

fn key() -> impl Strategy<Value = Option<String>> {
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

/// `when`, `emit` and `clear`.
fn body(level: Level, clear_level: Level) -> impl Strategy<Value = String> {
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
    let when = prop_oneof![
        2 => Just(String::new()),
        2 => condition().prop_map(|it| format!("    when each {it}\n")),
        4 => condition().prop_map(|it| format!("    when {it}\n")),
    ];
    let emits = prop::collection::vec(emit("emit", level), 1..3);
    let clears = prop::collection::vec(emit("clear", clear_level), 0..3);
    (when, emits, clears).prop_map(|(when, emits, clears)| {
        let edge = when.starts_with("    when ") && !when.starts_with("    when each");
        let clears = if edge { clears } else { Vec::new() };
        let mut text = when;
        for (index, (word, fields, condition)) in emits.iter().chain(&clears).enumerate() {
            text += &format!("    {word} EVENTx{index} {{ {fields} }}{condition}\n");
        }
        text
    })
}
