//! `early`: windows that are judged at each of their rows, until the rule fires for them.
//!
//! A row takes effect at its own time or, if its partition's watermark was further, there: it is late
//! in the order, and still in the window unless that had ended for its partition. What it completes has
//! the time at which it takes effect.

use super::aggregate;
use super::closing::Grid;
use super::expr::Scope;
use super::firing::{Edge, Judge, Judgement, Life, Occupied, lives};
use super::id::Decided;
use super::output::Source;
use super::rows::{Row, rows_of};
use crate::log::Log;
use cep_core::time::{EventTime, Watermark};
use cep_core::value::Value;
use std::collections::BTreeSet;

/// Judges every window of every key until the rule fires for it.
pub(super) fn run(judge: &mut Judge<'_>, log: &Log, grid: Grid, end: Watermark) {
    let rows = rows_of(judge, log);
    for Life { key, rows, end } in lives(&rows, end) {
        let ends: BTreeSet<i64> = rows.iter().flat_map(|row| grid.ends_over(row.time)).collect();
        for over in ends {
            let bounds = (EventTime(grid.start_of(over)), EventTime(over));
            let mut inside: Vec<&Row> = rows
                .iter()
                .filter(|row| bounds.0 <= row.time && row.time < bounds.1)
                .filter(|row| !row.watermark.has_reached(bounds.1))
                .copied()
                .collect();
            inside.sort_by_key(|row| (takes_effect(row), row.origin));
            inside.retain(|row| end.has_decided(takes_effect(row)));
            judge_window(judge, key, &inside, bounds);
        }
    }
}

fn takes_effect(row: &Row) -> EventTime {
    row.time.max(EventTime(row.watermark.0))
}

fn judge_window(
    judge: &mut Judge<'_>,
    key: &[Value],
    rows: &[&Row],
    bounds: (EventTime, EventTime),
) {
    for (index, row) in rows.iter().enumerate() {
        let so_far = &rows[..=index];
        let results = aggregate::results(judge.rule, so_far);
        let time = takes_effect(row);
        let fired = judge.turns.len();
        judge.judge(
            &mut Edge::default(),
            &Judgement {
                time,
                order: time,
                key,
                decided: Decided::Early(bounds.0, bounds.1, row.origin),
                scope: Scope::of_window(judge.plan, time, key, results, bounds),
                occupied: Occupied::Yes,
                source: Source::of(so_far.iter().map(|row| row.origin)),
            },
        );
        if judge.turns.len() > fired {
            return;
        }
    }
}
