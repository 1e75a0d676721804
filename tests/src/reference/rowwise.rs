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
use super::rows::{Row, rows_of};
use crate::log::Log;
use cep_core::plan::Trigger;
use cep_core::time::{EventTime, Span, Watermark};
use std::collections::{BTreeMap, BTreeSet};

/// Judges every row, or every instant of every key.
pub(super) fn run(judge: &mut Judge<'_>, log: &Log, end: Watermark) {
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
    for Life { rows, end, .. } in lives(&rows, end) {
        let mut last_of_instant = BTreeMap::new();
        for row in rows {
            let last = last_of_instant.entry(row.time).or_insert(row);
            if row.origin > last.origin {
                *last = row;
            }
        }
        if let Trigger::Silent(span) = judge.rule.trigger {
            silence(judge, &last_of_instant, span, end);
            continue;
        }
        let mut edge = Edge::default();
        let mut instants: BTreeSet<EventTime> = last_of_instant.keys().copied().collect();
        while let Some(instant) = instants.pop_first().filter(|instant| end.has_decided(*instant)) {
            let Some((_, row)) = last_of_instant.range(..=instant).next_back() else { continue };
            judge_row(judge, &mut edge, row, instant, instant, Occupied::Yes);
            instants.extend(edge.due(&judge.rule.trigger));
        }
    }
}

/// Judges a key's rows, each with the one after it: whether it comes in time, or as a return.
fn silence(judge: &mut Judge<'_>, rows: &BTreeMap<EventTime, &Row>, span: Span, end: Watermark) {
    let mut edge = Edge::default();
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
