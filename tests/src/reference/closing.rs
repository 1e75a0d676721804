//! Tumbling and hopping windows, judged when they close.

use super::aggregate;
use super::expr::Scope;
use super::firing::{Edge, Judge, Judgement, Occupied, by_key};
use super::id::Decided;
use super::output::Source;
use super::rows::{Lateness, Row, rows_of};
use crate::log::Log;
use cep_core::time::{EventTime, Span, Watermark};
use cep_core::value::Value;

/// Where windows lie, in microseconds: `[s, s + size)` for every `s` that is `align` past a
/// multiple of `every`.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    pub size: i64,
    pub every: i64,
    pub align: i64,
}

/// How far windows are judged, and which empty ones are.
pub(super) struct Reach {
    /// A key's empty window is judged if its end is no further than this from the last event.
    fill: Option<i64>,
    /// Windows that end by then are judged.
    end: Watermark,
    /// No empty window is judged that starts after this.
    last_empty_start: i64,
}

impl Reach {
    /// `end` is the final watermark, `reached` where time had come by itself.
    pub fn of(fill: Option<Span>, end: Watermark, reached: Watermark) -> Self {
        // When the input is flushed, time runs on without end, and filling must not.
        let last_empty_start = if end == Watermark::AFTER_ALL { reached.0 } else { i64::MAX };
        Self { fill: fill.map(|span| span.0), end, last_empty_start }
    }
}

impl Grid {
    pub fn new(size: Span, every: Span, align: Span) -> Self {
        Self { size: size.0, every: every.0, align: align.0 }
    }

    /// The ends of all windows that a time lies in, in order.
    fn ends_over(self, time: EventTime) -> impl Iterator<Item = i64> {
        let last_start = time.0 - (time.0 - self.align).rem_euclid(self.every);
        let count = (self.size - (time.0 - last_start) + self.every - 1).div_euclid(self.every);
        (0..count).rev().map(move |back| last_start - back * self.every + self.size)
    }

    /// An event misses exactly the windows whose end its partition had reached before it.
    pub fn lateness_of(self, time: EventTime, watermark: Watermark) -> Lateness {
        let (missed, open): (Vec<i64>, Vec<i64>) =
            self.ends_over(time).partition(|end| watermark.has_reached(EventTime(*end)));
        let (Some(first), Some(last)) = (missed.first(), missed.last()) else {
            return Lateness::OnTime;
        };
        let (start, end) = (EventTime(first - self.size), EventTime(*last));
        if open.is_empty() {
            Lateness::TooLate(Some((start, end)))
        } else {
            Lateness::MissesSome(start, end)
        }
    }

    /// All window ends from the first one over `from` up to `to`.
    fn ends(self, from: EventTime, to: i64) -> impl Iterator<Item = i64> {
        let first = self.ends_over(from).next();
        let step = usize::try_from(self.every).unwrap_or(usize::MAX);
        first.into_iter().flat_map(move |first| (first..=to).step_by(step))
    }
}

/// Judges every window of every key.
pub(super) fn run(judge: &mut Judge<'_>, log: &Log, grid: Grid, reach: &Reach) {
    let rows = rows_of(judge, log);
    for (key, rows) in by_key(&rows) {
        run_key(judge, key, &rows, grid, reach);
    }
}

fn run_key(judge: &mut Judge<'_>, key: &[Value], rows: &[&Row<'_>], grid: Grid, reach: &Reach) {
    let times = rows.iter().map(|row| row.time);
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else { return };
    let furthest = last.0 + grid.size.max(reach.fill.unwrap_or(0));
    let mut edge = Edge::default();
    for end in grid.ends(first, furthest.min(reach.end.0)) {
        let start = end - grid.size;
        let known = || rows.iter().filter(|row| !row.watermark.has_reached(EventTime(end)));
        let inside: Vec<&Row<'_>> =
            known().filter(|row| start <= row.time.0 && row.time.0 < end).copied().collect();
        if inside.is_empty() {
            let before = known().map(|row| row.time.0).filter(|time| *time < start).max();
            let filled = matches!((reach.fill, before), (Some(d), Some(t)) if end - t <= d);
            if !filled || start > reach.last_empty_start {
                continue;
            }
        }
        let bounds = (EventTime(start), EventTime(end));
        let time = EventTime(end - 1);
        judge.judge(
            &mut edge,
            &Judgement {
                time,
                order: time,
                key,
                decided: Decided::Window(bounds.0, bounds.1),
                scope: Scope::of_window(
                    judge.plan,
                    key,
                    aggregate::results(judge.rule, &inside),
                    bounds,
                ),
                occupied: Occupied::Yes,
                source: Source::of(inside.iter().map(|row| row.origin)),
            },
        );
    }
}
