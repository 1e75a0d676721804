//! The grid on which windows begin and end.

use super::Calendar;
use crate::engine::MissedWindows;
use crate::time::{EventTime, Span, Watermark};

/// Where windows lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grid {
    /// By UTC.
    Even(EvenGrid),
    /// By the clocks of a place, side by side.
    Calendar(Calendar),
}

/// Windows `[s, s + size)` for every `s` that is `align` past a multiple of `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EvenGrid {
    size: i64,
    every: i64,
    align: i64,
}

/// How event time is cut into slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Into slices of this length.
    Even(i64),
    /// Into the windows of a place's clocks.
    Calendar(Calendar),
}

impl Cut {
    /// The start and the end of the slice that holds `time`.
    pub(crate) fn around(&self, time: i64) -> (i64, i64) {
        match self {
            Self::Even(width) => {
                let start = time.saturating_sub(time.rem_euclid(*width));
                (start, start.saturating_add(*width))
            }
            Self::Calendar(calendar) => calendar.around(time),
        }
    }
}

impl Grid {
    /// A grid by UTC; lengths below a microsecond count as one, and `every` is at most `size`.
    pub(crate) fn new(size: Span, every: Span, align: Span) -> Self {
        let size = size.0.max(1);
        let every = every.0.clamp(1, size);
        Self::Even(EvenGrid { size, every, align: align.0.rem_euclid(every) })
    }

    /// The longest slices of which every window of the grid is made.
    pub(crate) fn cut(&self) -> Cut {
        match self {
            // The greatest common divisor of its lengths.
            Self::Even(even) => Cut::Even(gcd(gcd(even.size, even.every), even.align)),
            Self::Calendar(calendar) => Cut::Calendar(*calendar),
        }
    }

    /// The first window end after `time`. It belongs to the earliest window that holds `time`.
    pub(crate) fn first_end_after(&self, time: i64) -> i64 {
        match self {
            Self::Even(even) => even.first_end_after(time),
            Self::Calendar(calendar) => calendar.around(time).1,
        }
    }

    /// The end of the latest window that holds `time`.
    pub(crate) fn last_end_of(&self, time: i64) -> i64 {
        match self {
            Self::Even(even) => even.last_end_of(time),
            Self::Calendar(calendar) => calendar.around(time).1,
        }
    }

    /// The end that follows the window end `end`.
    pub(crate) fn next_end(&self, end: i64) -> i64 {
        match self {
            Self::Even(even) => end.saturating_add(even.every),
            Self::Calendar(calendar) => calendar.around(end).1,
        }
    }

    /// The end of the window so many windows before the one that ends at `end`.
    pub(crate) fn earlier_end(&self, end: i64, windows: u32) -> i64 {
        match self {
            Self::Even(even) => end.saturating_sub(even.every.saturating_mul(windows.into())),
            // Side by side: each begins where the one before it ends.
            Self::Calendar(_) => (0..windows).fold(end, |end, _| self.start_of(end)),
        }
    }

    /// The start of the window that ends at `end`.
    pub(crate) fn start_of(&self, end: i64) -> i64 {
        match self {
            Self::Even(even) => end.saturating_sub(even.size),
            Self::Calendar(calendar) => calendar.around(end.saturating_sub(1)).0,
        }
    }

    /// The windows that hold `time` and whose ends `watermark` has reached; none if it has reached
    /// none.
    pub(crate) fn missed(&self, time: i64, watermark: Watermark) -> Option<MissedWindows> {
        let first = self.first_end_after(time);
        if first > watermark.0 {
            return None;
        }
        let more = match self {
            Self::Even(even) => {
                let reached = even.first_end_after(watermark.0).saturating_sub(even.every);
                reached.min(even.last_end_of(time)).saturating_sub(first) / even.every
            }
            Self::Calendar(_) => 0,
        };
        let (start, end) = (EventTime(self.start_of(first)), EventTime(first));
        Some(MissedWindows { start, end, count: 1 + u64::try_from(more).unwrap_or(0) })
    }
}

impl EvenGrid {
    fn first_end_after(&self, time: i64) -> i64 {
        let phase = (self.align + self.size).rem_euclid(self.every);
        let past = time.wrapping_sub(phase).rem_euclid(self.every);
        time.saturating_add(self.every - past)
    }

    fn last_end_of(&self, time: i64) -> i64 {
        let past = time.wrapping_sub(self.align).rem_euclid(self.every);
        time.saturating_sub(past).saturating_add(self.size)
    }
}

/// The greatest common divisor of two lengths of which one may be zero.
pub(crate) fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(size: i64, every: i64, align: i64) -> Grid {
        Grid::new(Span(size), Span(every), Span(align))
    }

    #[test]
    fn ends_follow_the_alignment_also_before_the_epoch() {
        let tumbling = grid(10, 10, 3);
        assert_eq!(tumbling.first_end_after(12), 13);
        assert_eq!(tumbling.first_end_after(13), 23);
        assert_eq!(tumbling.first_end_after(-8), -7);
        assert_eq!(tumbling.last_end_of(-7), 3);
    }

    #[test]
    fn an_event_may_miss_some_of_its_hopping_windows() {
        let hopping = grid(10, 2, 0);
        // An event at 5 is in the windows that end at 6, 8, 10, 12 and 14.
        assert_eq!(hopping.first_end_after(5), 6);
        assert_eq!(hopping.last_end_of(5), 14);
        assert_eq!(hopping.missed(5, Watermark(5)), None);
        let missed = |count| Some(MissedWindows { start: EventTime(-4), end: EventTime(6), count });
        assert_eq!(hopping.missed(5, Watermark(6)), missed(1));
        assert_eq!(hopping.missed(5, Watermark(9)), missed(2));
        assert_eq!(hopping.missed(5, Watermark(99)), missed(5));
    }

    #[test]
    fn slices_divide_size_hop_and_alignment() {
        assert_eq!(grid(10, 4, 0).cut(), Cut::Even(2));
        assert_eq!(grid(10, 10, 3).cut(), Cut::Even(1));
    }
}
