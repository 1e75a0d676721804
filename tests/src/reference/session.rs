//! Sessions: bursts of a key's rows, judged when they are over.

use super::aggregate;
use super::expr::Scope;
use super::firing::{Edge, Judge, Judgement, Life, Occupied, lives};
use super::id::Decided;
use super::output::Source;
use super::rows::{Row, in_order, rows_of};
use crate::log::Log;
use cep_core::time::{EventTime, Span, Watermark};
use cep_core::value::Value;

/// What ends a session.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    /// So much silence.
    pub gap: Span,
    /// So much time since its first row.
    pub max: Span,
}

impl Ends {
    /// Where a session of these rows ends.
    fn of(self, rows: &[&Row]) -> Option<EventTime> {
        let (first, last) = (rows.first()?.time, rows.last()?.time);
        Some(last.saturating_add(self.gap).min(first.saturating_add(self.max)))
    }
}

/// Judges every session of every key.
pub(super) fn run(judge: &mut Judge<'_>, log: &Log, ends: Ends, end: Watermark) {
    let rows = rows_of(judge, log);
    for Life { key, rows, end } in lives(&rows, end) {
        let mut edge = Edge::default();
        let mut session: Vec<&Row> = Vec::new();
        for row in in_order(&rows) {
            if ends.of(&session).is_some_and(|over| over <= row.time) {
                judge_session(judge, &mut edge, key, &session, ends, end);
                session.clear();
            }
            session.push(row);
        }
        judge_session(judge, &mut edge, key, &session, ends, end);
    }
}

fn judge_session(
    judge: &mut Judge<'_>,
    edge: &mut Edge,
    key: &[Value],
    rows: &[&Row],
    ends: Ends,
    end: Watermark,
) {
    let (Some(first), Some(over)) = (rows.first(), ends.of(rows)) else { return };
    if !end.has_reached(over) {
        return;
    }
    let time = EventTime(over.0 - 1);
    let bounds = (first.time, over);
    judge.judge(
        edge,
        &Judgement {
            time,
            order: time,
            key,
            decided: Decided::Window(bounds.0, bounds.1),
            scope: Scope::of_window(
                judge.plan,
                time,
                key,
                aggregate::results(judge.rule, rows),
                bounds,
            ),
            occupied: Occupied::Yes,
            source: Source::of(rows.iter().map(|row| row.origin)),
        },
    );
}
