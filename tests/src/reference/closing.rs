//! Tumbling and hopping windows, judged when they close.

use super::aggregate::{self, Results};
use super::calendar;
use super::expr::Scope;
use super::firing::{Edge, Judge, Judgement, Life, Occupied, lives};
use super::id::Decided;
use super::output::{Missed, Source};
use super::revise;
use super::rows::{Lateness, Row, expected, rows_of};
use crate::log::Log;
use cep_core::plan::{WindowKind, WindowPlan};
use cep_core::time::{EventTime, Span, Watermark};
use cep_core::value::Value;
use cep_core::zone::Zone;

/// Where windows lie, in microseconds: `[s, s + size)` for every `s` that is `align` past a
/// multiple of `every`.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    pub size: i64,
    pub every: i64,
    pub align: i64,
    /// The place whose clocks count, for windows side by side.
    pub zone: Option<Zone>,
    /// How long a closed window may be revised, in microseconds.
    pub allow: i64,
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
        Self { size: size.0, every: every.0, align: align.0, zone: None, allow: 0 }
    }

    /// The grid of a window, if it has one.
    pub fn of(window: &WindowPlan) -> Option<Self> {
        let allow = window.allow.map_or(0, |allow| allow.0);
        let grid = match window.kind {
            WindowKind::Hopping { size, every, align } => Some(Self::new(size, every, align)),
            WindowKind::Calendar { size, align, zone } => {
                Some(Self { zone: Some(zone), ..Self::new(size, size, align) })
            }
            _ => None,
        };
        grid.map(|grid| Self { allow, ..grid })
    }

    /// The ends of all windows that a time lies in, in order.
    pub fn ends_over(self, time: EventTime) -> Vec<i64> {
        if let Some(zone) = self.zone {
            return vec![calendar::end_over(zone, self.size, self.align, time.0)];
        }
        let last_start = time.0 - (time.0 - self.align).rem_euclid(self.every);
        let count = (self.size - (time.0 - last_start) + self.every - 1).div_euclid(self.every);
        (0..count).rev().map(|back| last_start - back * self.every + self.size).collect()
    }

    /// The start of the window that ends at `end`.
    pub fn start_of(self, end: i64) -> i64 {
        match self.zone {
            Some(zone) => calendar::start_under(zone, self.size, self.align, end - 1),
            None => end - self.size,
        }
    }

    /// The end of the window so many windows before the one that ends at `end`.
    fn earlier_end(self, end: i64, windows: u32) -> i64 {
        match self.zone {
            Some(_) => (0..windows).fold(end, |end, _| self.start_of(end)),
            None => end - i64::from(windows) * self.every,
        }
    }

    /// An event misses exactly the windows whose end its partition had passed by `allow` before it.
    pub fn lateness_of(self, time: EventTime, watermark: Watermark) -> Lateness {
        let (missed, open): (Vec<i64>, Vec<i64>) = self
            .ends_over(time)
            .into_iter()
            .partition(|end| watermark.has_reached(EventTime(*end + self.allow)));
        let Some(first) = missed.first() else { return Lateness::OnTime };
        let (start, end) = (EventTime(self.start_of(*first)), EventTime(*first));
        let missed = Missed { start, end, count: missed.len() as u64 };
        if open.is_empty() { Lateness::TooLate(Some(missed)) } else { Lateness::MissesSome(missed) }
    }

    /// All window ends from the first one over `from` up to `to`.
    fn ends(self, from: EventTime, to: i64) -> impl Iterator<Item = i64> {
        let first = self.ends_over(from).first().copied();
        let next = move |end: &i64| match self.zone {
            Some(_) => self.ends_over(EventTime(*end)).first().copied(),
            None => Some(end + self.every),
        };
        std::iter::successors(first, next).take_while(move |end| *end <= to)
    }
}

/// Judges every window of every key.
pub(super) fn run(judge: &mut Judge<'_>, log: &Log, grid: Grid, reach: &Reach) {
    let rows = rows_of(judge, log);
    // The first life of a key begins where it is first heard of.
    let mut expected = expected(judge, log);
    for Life { key, rows, end } in lives(&rows, reach.end) {
        let heard_of = expected.remove(key);
        run_key(judge, key, &rows, heard_of, grid, &Reach { end, ..*reach });
    }
    for (key, heard_of) in expected {
        run_key(judge, &key, &[], Some(heard_of), grid, reach);
    }
}

/// Judges the windows of a key, which may count as heard of at an instant without a row.
fn run_key(
    judge: &mut Judge<'_>,
    key: &[Value],
    rows: &[&Row],
    heard_of: Option<EventTime>,
    grid: Grid,
    reach: &Reach,
) {
    let times = rows.iter().map(|row| row.time).chain(heard_of);
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else { return };
    // Clocks that are put back make a window longer than its size.
    let longest = if grid.zone.is_some() { grid.size + 86_400_000_000 } else { grid.size };
    let furthest = last.0 + longest.max(reach.fill.unwrap_or(0));
    let mut edge = Edge::default();
    let mut judged: Vec<(i64, Results)> = Vec::new();
    for end in grid.ends(first, furthest.min(reach.end.0)) {
        let start = grid.start_of(end);
        let known = || rows.iter().filter(|row| !row.watermark.has_reached(EventTime(end)));
        let inside: Vec<&Row> =
            known().filter(|row| start <= row.time.0 && row.time.0 < end).copied().collect();
        // A row that came too late for every one of its windows, but for revisions, is not heard.
        let heard = |row: &&&Row| {
            let mut ends = grid.ends_over(row.time).into_iter();
            ends.any(|end| !row.watermark.has_reached(EventTime(end)))
        };
        let before = known().filter(heard).map(|row| row.time.0).filter(|time| *time < start);
        let before = before.chain(heard_of.map(|at| at.0).filter(|at| *at < end)).max();
        let filled = matches!((reach.fill, before), (Some(d), Some(t)) if end - t <= d)
            && start <= reach.last_empty_start;
        let previous = aggregate::previous(judge.rule, |windows| {
            let before = grid.earlier_end(end, windows);
            judged.iter().find(|(end, _)| *end == before).map(|(_, results)| results.clone())
        });
        let window = Window { key, start, end, previous };
        let mark = judge.turns.len();
        if !inside.is_empty() || filled {
            window.judge(judge, &mut edge, &inside);
            judged.push((end, aggregate::results(judge.rule, &inside)));
        }
        if grid.allow > 0 {
            let late: Vec<&Row> = rows
                .iter()
                .filter(|row| start <= row.time.0 && row.time.0 < end)
                .filter(|row| row.watermark.has_reached(EventTime(end)))
                .filter(|row| !row.watermark.has_reached(EventTime(end + grid.allow)))
                .copied()
                .collect();
            revise::run(judge, &window, mark, inside, late, reach.end);
        }
    }
}

/// A window of a key.
pub(super) struct Window<'a> {
    pub key: &'a [Value],
    start: i64,
    end: i64,
    /// What the rule reads of windows before.
    previous: Results,
}

impl Window<'_> {
    /// Judges the rule on the window with these rows.
    pub fn judge(&self, judge: &mut Judge<'_>, edge: &mut Edge, rows: &[&Row]) {
        let bounds = (EventTime(self.start), EventTime(self.end));
        let time = EventTime(self.end - 1);
        let results = aggregate::results(judge.rule, rows);
        judge.judge(
            edge,
            &Judgement {
                time,
                order: time,
                key: self.key,
                decided: Decided::Window(bounds.0, bounds.1),
                scope: Scope::of_window(judge.plan, time, self.key, results, bounds)
                    .with_previous(self.previous.clone()),
                occupied: Occupied::Yes,
                source: Source::of(rows.iter().map(|row| row.origin)),
            },
        );
    }
}
