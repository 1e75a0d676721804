//! Rules without a window.
//!
//! Without an edge each row is judged by itself, however late it is. An edge needs order: its rows
//! are judged once per key and instant, by the last row of that instant; and once more where the
//! condition has held `for` long enough, by the last row there was. `silent for` looks at each row and
//! the next one of its key.

use super::expr::Scope;
use super::firing::{Edge, Judge, Judgement, Life, Occupied, lives};
use super::id::Decided;
use super::output::Source;
use super::rows::{Row, expected, rows_of};
use crate::log::Log;
use cep_core::plan::Trigger;
use cep_core::time::{EventTime, Span, Watermark};
use cep_core::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Judges every row, or every instant of every key. No key is expected that is first heard of after
/// `latest`.
pub(super) fn run(judge: &mut Judge<'_>, log: &Log, end: Watermark, latest: EventTime) {
    if !judge.rule.trigger.is_edge() {
        for row in rows_of(judge, log) {
            // With a limit the order matters, and what is not decided yet is not judged.
            let ordered = judge.rule.limit.is_some() || judge.rule.looks_back();
            if ordered && !end.has_decided(row.time) {
                continue;
            }
            let order = EventTime(row.time.0.max(row.watermark.0));
            judge_row(judge, &mut Edge::default(), &row, row.time, order, Occupied::Yes);
        }
        return;
    }
    let rows = rows_of(judge, log);
    if let Trigger::Silent(span) = judge.rule.trigger {
        // The first life of a key begins where it is first heard of.
        let mut expected = expected(judge, log);
        expected.retain(|_, at| *at <= latest);
        for Life { key, rows, end } in lives(&rows, end) {
            let heard_of = expected.remove(key);
            silences(judge, key, heard_of, &last_of_instants(&rows), span, end);
        }
        for (key, heard_of) in expected {
            silences(judge, &key, Some(heard_of), &BTreeMap::new(), span, end);
        }
        return;
    }
    for Life { rows, end, .. } in lives(&rows, end) {
        let last_of_instant = last_of_instants(&rows);
        let mut edge = Edge::default();
        let mut instants: BTreeSet<EventTime> = last_of_instant.keys().copied().collect();
        while let Some(instant) = edge.next(&judge.rule.trigger, &mut instants, end) {
            let Some((_, row)) = last_of_instant.range(..=instant).next_back() else { continue };
            judge_row(judge, &mut edge, row, instant, instant, Occupied::Yes);
        }
    }
}

/// The last row of each instant.
fn last_of_instants<'r>(rows: &[&'r Row]) -> BTreeMap<EventTime, &'r Row> {
    let mut last_of_instant = BTreeMap::new();
    for row in rows {
        let last = last_of_instant.entry(row.time).or_insert(*row);
        if row.origin > last.origin {
            *last = row;
        }
    }
    last_of_instant
}

/// Judges a life of a key, which may count as heard of before its first row.
fn silences(
    judge: &mut Judge<'_>,
    key: &[Value],
    heard_of: Option<EventTime>,
    rows: &BTreeMap<EventTime, &Row>,
    span: Span,
    end: Watermark,
) {
    let mut edge = Edge::default();
    let first = rows.keys().next();
    if let Some(at) = heard_of.filter(|at| first.is_none_or(|first| at < first)) {
        edge = Edge::Held(at, 1);
        let deadline = at.saturating_add(span);
        let in_time = first.is_some_and(|first| *first <= deadline);
        if !in_time && end.has_decided(deadline) {
            judge_unseen(judge, &mut edge, key, deadline);
        }
    }
    silence(judge, edge, rows, span, end);
}

/// Judges a key's rows, each with the one after it: whether it comes in time, or as a return.
fn silence(
    judge: &mut Judge<'_>,
    mut edge: Edge,
    rows: &BTreeMap<EventTime, &Row>,
    span: Span,
    end: Watermark,
) {
    let mut rows = rows.iter().filter(|(time, _)| end.has_decided(**time)).peekable();
    while let Some((time, row)) = rows.next() {
        judge_row(judge, &mut edge, row, *time, *time, Occupied::Yes);
        edge = Edge::Held(*time, 1);
        let deadline = time.saturating_add(span);
        let in_time = rows.peek().is_some_and(|(next, _)| **next <= deadline);
        if !in_time && end.has_decided(deadline) {
            judge_row(judge, &mut edge, row, deadline, deadline, Occupied::No);
        }
    }
}

/// Judges a key at an instant that never had a row: all its fields are null.
fn judge_unseen(judge: &mut Judge<'_>, edge: &mut Edge, key: &[Value], time: EventTime) {
    let plan = judge.plan;
    let fields = plan.stream(judge.rule.input).map_or(0, |stream| stream.fields.len());
    let fields = vec![Value::Null; fields];
    judge.judge(
        edge,
        &Judgement {
            time,
            order: time,
            key,
            decided: Decided::Expiry(time),
            scope: Scope::of_row(plan, time, &fields, key),
            occupied: Occupied::No,
            source: Source::of([]),
        },
    );
}

/// Judges a key at an instant by its last row.
fn judge_row(
    judge: &mut Judge<'_>,
    edge: &mut Edge,
    row: &Row,
    time: EventTime,
    order: EventTime,
    occupied: Occupied,
) {
    judge.judge(
        edge,
        &Judgement {
            time,
            order,
            key: &row.key,
            decided: if row.time == time {
                Decided::Record(row.origin)
            } else {
                Decided::Expiry(time)
            },
            scope: Scope::of_row(judge.plan, time, &row.fields, &row.key),
            occupied,
            source: Source::of([row.origin]),
        },
    );
}
