//! Rules whose windows fire early.

use super::expression::{Level, Ty, expr, field};
use super::rule::{key, limit};
use proptest::prelude::*;

/// A rule that fires early, whatever it emits.
pub fn early_rule() -> impl Strategy<Value = String> {
    let condition = prop::option::weighted(0.2, expr(Ty::Bool, Level::Window, 1));
    let line = (prop::collection::vec(field(Level::Window), 1..4), condition);
    let limit = prop_oneof![3 => Just(String::new()), 1 => limit(Level::Window)];
    (head(), certain(), limit, prop::collection::vec(line, 1..3)).prop_map(
        |(head, when, limit, lines)| {
            let mut text = format!("rule RULE {{\n{head}    when {when}\n{limit}");
            for (index, (fields, condition)) in lines.iter().enumerate() {
                let fields: Vec<String> = fields
                    .iter()
                    .enumerate()
                    .map(|(at, field)| format!("f{at}: {field}"))
                    .collect();
                let condition =
                    condition.as_ref().map_or_else(String::new, |it| format!(" if {it}"));
                text += &format!("    emit EVENTx{index} {{ {} }}{condition}\n", fields.join(", "));
            }
            text + "}"
        },
    )
}

/// A rule that fires early and only tells for which window.
pub fn early_bare_rule() -> impl Strategy<Value = String> {
    (head(), certain()).prop_map(|(head, when)| {
        format!(
            "rule RULE {{\n{head}    when {when}\n    emit EVENTx0 {{ since: window.start }}\n}}"
        )
    })
}

/// What a rule reads, by which key, in which windows.
fn head() -> impl Strategy<Value = String> {
    let stream = prop::sample::select(&["A", "A", "B", "A, B", "A each it, nr in xs"]);
    let filter = prop::option::weighted(0.3, expr(Ty::Bool, Level::Row, 1));
    let window = prop::sample::select(&[
        "tumbling(2s)",
        "tumbling(5s)",
        "tumbling(5s, align 1300ms)",
        "tumbling(2m, align 1m, zone \"Asia/Kolkata\")",
        "hopping(5s, every 2s)",
        "hopping(10s, every 3s)",
    ]);
    (stream, filter, key(), window).prop_map(|(stream, filter, key, window)| {
        let filter = filter.map_or_else(String::new, |it| format!("    where {it}\n"));
        let key = key.map_or_else(String::new, |it| format!("    by {it}\n"));
        format!("    from {stream}\n{filter}{key}    window {window} early\n")
    })
}

/// A condition that stays true once it is.
fn certain() -> impl Strategy<Value = String> {
    let least = 0..4_i64;
    let leaf = prop_oneof![
        3 => least.clone().prop_map(|it| format!("count() > {it}")),
        1 => least.clone().prop_map(|it| format!("count(j where b) >= {it}")),
        3 => least.clone().prop_map(|it| format!("sum(c) > {it}")),
        1 => least.clone().prop_map(|it| format!("sum(c * 2 where b) + count() > p - {it}")),
        1 => least.clone().prop_map(|it| format!("sum(len(s)) >= {it}")),
        1 => least.clone().prop_map(|it| format!("count_distinct(s) > {it}")),
        1 => least.clone().prop_map(|it| format!("max(i) > {it}")),
        1 => least.clone().prop_map(|it| format!("min(i) < {it}")),
        1 => least.prop_map(|it| format!("(max(e) ?? 0) > {it}")),
        1 => prop::sample::select(&[
            "any(b)",
            "not all(b)",
            "max(d) >= 1",
            "max(s) > \"a\"",
            "max(j) != null",
            "(max(u) != null and max(u) > 1s)",
            "rate(c) > 1",
            "not (count() <= 1)",
            "window.start < @1970-01-01T00:00:10Z",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        (inner.clone(), prop::sample::select(&["and", "or"]), inner)
            .prop_map(|(left, word, right)| format!("({left} {word} {right})"))
    })
}
