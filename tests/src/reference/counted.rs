//! Windows by count, and the one that never ends: `last(n)`, `every(n)` and `forever`.

use super::aggregate::{self, Results};
use super::expr::Scope;
use super::firing::{Edge, Judge, Judgement, Life, Occupied, lives};
use super::id::Decided;
use super::output::Source;
use super::rows::{Row, in_order, rows_of};
use crate::log::Log;
use cep_core::plan::Trigger;
use cep_core::time::{EventTime, Watermark};
use cep_core::value::Value;

/// Judges every full window of `count` rows of every key.
pub(super) fn run_every(judge: &mut Judge<'_>, log: &Log, count: u32, end: Watermark) {
    let rows = rows_of(judge, log);
    for Life { key, rows, end } in lives(&rows, end) {
        let rows = in_order(&rows);
        let mut edge = Edge::default();
        let windows: Vec<_> = rows.chunks_exact(count as usize).collect();
        for (index, window) in (0_usize..).zip(&windows) {
            let previous = aggregate::previous(judge.rule, |back| {
                let before = windows.get(index.checked_sub(back as usize)?)?;
                Some(aggregate::results(judge.rule, before))
            });
            let before = Before { index: i64::try_from(index).unwrap_or(i64::MAX), previous };
            judge_window(judge, &mut edge, key, window, before, None, end);
        }
    }
}

/// Judges, at every row of every key, the last `count` rows up to it, or all of them. An edge is
/// judged at the last row of each instant only.
pub(super) fn run_last(judge: &mut Judge<'_>, log: &Log, count: Option<u32>, end: Watermark) {
    let once_an_instant = matches!(judge.rule.trigger, Trigger::Edge(_));
    let rows = rows_of(judge, log);
    for Life { key, rows, end } in lives(&rows, end) {
        let rows = in_order(&rows);
        let mut edge = Edge::default();
        for newest in 0..rows.len() {
            let followed = rows.get(newest + 1).is_some_and(|next| next.time == rows[newest].time);
            if once_an_instant && followed {
                continue;
            }
            let from = count.map_or(0, |count| (newest + 1).saturating_sub(count as usize));
            let window = &rows[from..=newest];
            judge_window(judge, &mut edge, key, window, Before::default(), None, end);
            // Where the condition has held `for` long enough before the next row comes.
            let next = rows.get(newest + 1).map(|next| next.time);
            if let Some(due) =
                edge.due(&judge.rule.trigger).filter(|due| next.is_none_or(|next| *due < next))
            {
                judge_window(judge, &mut edge, key, window, Before::default(), Some(due), end);
            }
        }
    }
}

/// What is known of the windows of a key before one of them.
#[derive(Default)]
struct Before {
    /// How many there were.
    index: i64,
    /// What the rule reads of them.
    previous: Results,
}

/// Judges a window at its last row, or at an instant after it.
fn judge_window(
    judge: &mut Judge<'_>,
    edge: &mut Edge,
    key: &[Value],
    rows: &[&Row],
    before: Before,
    after: Option<EventTime>,
    end: Watermark,
) {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
    let time = after.unwrap_or(last.time);
    if !end.has_decided(time) {
        return;
    }
    let results = aggregate::results(judge.rule, rows);
    let bounds = (first.time, last.time);
    judge.judge(
        edge,
        &Judgement {
            time,
            order: time,
            key,
            decided: after.map_or(Decided::Record(last.origin), Decided::Expiry),
            scope: Scope::of_window(judge.plan, time, key, results, bounds)
                .numbered(before.index)
                .with_previous(before.previous),
            occupied: Occupied::Yes,
            source: Source::of(rows.iter().map(|row| row.origin)),
        },
    );
}
