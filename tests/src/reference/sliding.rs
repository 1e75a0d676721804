//! Sliding windows, judged wherever a row comes or goes.

use super::aggregate;
use super::expr::Scope;
use super::firing::{Edge, Judge, Judgement, Life, Occupied, lives};
use super::id::Decided;
use super::output::Source;
use super::rows::{Row, rows_of};
use crate::log::Log;
use cep_core::plan::Trigger;
use cep_core::time::{EventTime, Span, Watermark};
use cep_core::value::Value;
use std::collections::BTreeSet;

/// Judges every instant of every key.
pub(super) fn run(judge: &mut Judge<'_>, log: &Log, size: Span, end: Watermark) {
    let rows = rows_of(judge, log);
    for Life { key, rows, end } in lives(&rows, end) {
        run_key(judge, key, &rows, size, end);
    }
}

fn run_key(judge: &mut Judge<'_>, key: &[Value], rows: &[&Row], size: Span, end: Watermark) {
    let mut instants: BTreeSet<EventTime> = rows.iter().map(|row| row.time).collect();
    if !matches!(judge.rule.trigger, Trigger::Always) {
        instants.extend(rows.iter().map(|row| row.time.saturating_add(size)));
    }
    let mut edge = Edge::default();
    while let Some(instant) = edge.next(&judge.rule.trigger, &mut instants, end) {
        let after = instant.saturating_sub(size);
        let inside: Vec<&Row> =
            rows.iter().filter(|row| after < row.time && row.time <= instant).copied().collect();
        let newest = inside.iter().filter(|row| row.time == instant).map(|row| row.origin).max();
        judge.judge(
            &mut edge,
            &Judgement {
                time: instant,
                order: instant,
                key,
                decided: newest.map_or(Decided::Expiry(instant), Decided::Record),
                scope: Scope::of_window(
                    judge.plan,
                    instant,
                    key,
                    aggregate::results(judge.rule, &inside),
                    (after, instant),
                ),
                occupied: if inside.is_empty() { Occupied::No } else { Occupied::Yes },
                source: Source::of(inside.iter().map(|row| row.origin)),
            },
        );
    }
}
