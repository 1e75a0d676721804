//! Rules over what others emit, over streams read together, and rules that may share what they keep.

use super::program::{allow, closing, over};
use proptest::prelude::*;

/// A rule over another rule's first event, of which only the field `f0` is known, and not its type.
pub fn reader() -> impl Strategy<Value = String> {
    let key = prop::sample::select(&["", "    by f0\n", "    by f0, same: f0 == f0\n"]);
    let window =
        prop::sample::select(&["tumbling(2s)", "tumbling(5s) fill 9s", "hopping(5s, every 2s)"]);
    let sliding = prop::sample::select(&["2s", "3s"]);
    let body = prop_oneof![
        1 => Just("    emit EVENTx0 { f0 }\n".to_owned()),
        1 => Just("    where f0 != null\n    emit EVENTx0 { f0, twice: f0 }\n".to_owned()),
        3 => (key.clone(), window, allow()).prop_map(|(key, window, allow)| format!(
            "{key}    window {window}{}\n    emit EVENTx0 {{ f0: count(f0), n: count(), since: window.start }}\n",
            allow.unwrap_or_default()
        )),
        2 => (key, sliding).prop_map(|(key, size)| format!(
            "{key}    window sliding({size})\n    when count() > 1\n    emit EVENTx0 {{ f0: count() }}\n    \
             clear EVENTx1 {{ f0: count(f0) }}\n"
        )),
        1 => Just("    by f0\n    when f0 != null\n    emit EVENTx0 { f0 }\n    clear EVENTx1 { f0 }\n".to_owned()),
        2 => ordered_reader(),
        1 => Just("    emit EVENTx0 { f0, live: L[1]?.j }\n".to_owned()),
        1 => Just("EACH [L[1]?.j, L[2]?.j]\n    emit EVENTx0 { f0, itRULE }\n".to_owned()),
    ];
    body.prop_map(|body| {
        format!("rule RULE {{\n    from INPUT\n{body}}}").replace("\nEACH", " each itRULE in")
    })
}

/// A rule with a table of what it emits, which may look up the one before it.
pub fn tabled() -> impl Strategy<Value = String> {
    let filter = prop::sample::select(&["", "", "    where b\n", "    where i > 0\n"]);
    let from = prop::sample::select(&["A", "B", "A, B", "B each it in xs"]);
    let body = prop_oneof![
        2 => Just("    emit EVENTx0 { f0: i, k: i, j }\n".to_owned()),
        2 => Just("    emit EVENTx0 { f0: i, k: i, j: L[i]?.j }\n".to_owned()),
        2 => (closing(), allow()).prop_map(|(window, allow)| format!(
            "    by i\n    window {window}{}\n    emit EVENTx0 {{ f0: count(), k: i, j: sum(j) }}\n",
            allow.unwrap_or_default()
        )),
        1 => Just("    by i\n    window sliding(3s)\n    when count() > 1\n    \
             emit EVENTx0 { f0: count(), k: i, j: L[i]?.j }\n    \
             clear EVENTx0 { f0: -1, k: i, j: count() }\n".to_owned()),
        1 => Just("    by i\n    when silent for 2s\n    emit EVENTx0 { f0: i, k: i, j }\n".to_owned()),
    ];
    (from, filter, body).prop_map(|(from, filter, body)| {
        format!("table TABLE from EVENTx0 key k\nrule RULE {{\n    from {from}\n{filter}{body}}}")
    })
}

/// What reads derived events one by one, and tells the order in which they came.
fn ordered_reader() -> impl Strategy<Value = String> {
    let window = prop::sample::select(&[
        "session(gap 2s, max 6s)",
        "every(2)",
        "last(3)",
        "forever",
        "sliding(3s)",
        "hopping(5s, every 2s)",
    ]);
    let key = prop::sample::select(&["", "    by f0\n"]);
    let limit = prop::sample::select(&[
        "",
        "    limit 1 per 3s\n",
        "    limit 2 per 5s by ()\n",
        "    limit 1 per 5s by count() % 2\n",
    ]);
    (key, window, limit).prop_map(|(key, window, limit)| {
        format!(
            "{key}    window {window}\n{limit}    emit EVENTx0 {{ f0: count(), first: first(f0), last: last(f0), \
             second: nth(f0, 2), opened: window.start, closed: window.end }}\n"
        )
    })
}

/// A rule that passes events on, and one that reads them together with the streams they come from:
/// events of one instant come as often as they are read.
pub fn union() -> impl Strategy<Value = [String; 2]> {
    let filter = prop::sample::select(&["", "    where b\n", "    where i > 0\n"]);
    let from = prop::sample::select(&["INPUT, A", "A, INPUT, B", "B, INPUT"]);
    let key = prop::sample::select(&["", "    by k\n", "    by k\n"]);
    let window = prop_oneof![
        closing(),
        over().prop_map(str::to_owned),
        prop::sample::select(&["sliding(2s)", "sliding(5s)", "last(2)", "forever"])
            .prop_map(str::to_owned),
    ];
    let field = prop::sample::select(&[
        "first(i)",
        "last(i)",
        "nth(s, 2)",
        "nth(i, 3)",
        "max_by(s, d)",
        "min_by(i, k)",
        "delta(j)",
        "ema(d, 1s)",
        "slope(i)",
        "count_distinct(s)",
        "sum(f)",
    ]);
    (filter, from, key, window, prop::collection::vec(field, 1..5)).prop_map(
        |(filter, from, key, window, fields)| {
            let fields: Vec<String> =
                fields.iter().enumerate().map(|(index, it)| format!("f{index}: {it}")).collect();
            let fields = fields.join(", ");
            [
                format!("rule RULE {{\n    from A\n{filter}    emit EVENTx0 {{ f0: i, k, s, i, j, d, f }}\n}}"),
                format!("rule RULE {{\n    from {from}\n{key}    window {window}\n    emit EVENTx0 {{ {fields} }}\n}}"),
            ]
        },
    )
}

/// Rules that may share what they keep: over one stream, filter and key, with aggregates that have a
/// value for every event.
pub fn family() -> impl Strategy<Value = Vec<String>> {
    let filter = prop::sample::select(&["", "", "    where b\n", "    where i > 0\n"]);
    let key =
        prop::sample::select(&["", "    by k\n", "    by k\n", "    by g\n", "    by i, k\n"]);
    (filter, key).prop_flat_map(|(filter, key)| {
        prop::collection::vec(sharing_rule(), 2..5).prop_map(move |rules| {
            let head = format!("    from A\n{filter}{key}");
            rules.iter().map(|rule| rule.replace("HEAD", &head)).collect()
        })
    })
}

fn sharing_rule() -> impl Strategy<Value = String> {
    let field = prop::sample::select(&[
        "count()",
        "count(j)",
        "count(where b)",
        "sum(i)",
        "sum(i where b)",
        "sum(d)",
        "sum(f)",
        "max(s)",
        "min(j)",
        "avg(i)",
        "avg(f)",
        "max(d where i > 1)",
        "min(at)",
        "sum(u)",
        "window.start",
        "window.end",
        "prev(1, count())",
        "prev(2, sum(i))",
        "prev(1, max(s))",
    ]);
    let when = prop::sample::select(&[
        "",
        "    when count() > 1\n",
        "    when sum(i) < 4\n",
        "    when sum(i) > (prev(1, sum(i)) ?? 0)\n",
        "    when each count(where b) >= count(where not b)\n",
    ]);
    let clear = prop_oneof![
        2 => Just(""),
        1 => Just("    clear EVENTx9 { n: count(), sum: sum(i), until: window.end }\n"),
    ];
    (closing(), prop::collection::vec(field, 1..4), when, clear).prop_map(|(window, fields, when, clear)| {
        let fields: Vec<String> =
            fields.iter().enumerate().map(|(index, field)| format!("f{index}: {field}")).collect();
        let clear = if when.starts_with("    when ") && !when.contains("each") { clear } else { "" };
        let fields = fields.join(", ");
        format!("rule RULE {{\nHEAD    window {window}\n{when}    emit EVENTx0 {{ {fields} }}\n{clear}}}")
    })
}
