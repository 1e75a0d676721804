//! Silent partitions: which ones hold time back, and how far they are lifted.
//!
//! A partition is silent from the moment its source confirms that it stands at the partition's
//! end to the last time it confirmed that; a slow broker is not silence. After the stream's `idle` of it, its watermark goes on with
//! the wall clock from where it stood, and at least to where the other partitions are. Each
//! advance is an input to the engine and goes to the journal first.

use cep_core::plan::{StreamId, StreamPlan};
use cep_core::time::{EventTime, Span, Watermark};
use std::time::Duration;

/// The shortest and longest time between two advances of a partition that stays silent.
const ADVANCE_STEP: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// After how much silence a partition without `idle` that holds others back is worth a warning.
const WARN_AFTER: Duration = Duration::from_secs(10);

/// The partitions of a stream.
#[derive(Debug)]
pub(super) struct StreamTime {
    pub stream: StreamId,
    lateness: Span,
    idle: Option<Duration>,
    partitions: Vec<PartitionTime>,
    warned: bool,
}

#[derive(Clone, Debug)]
struct PartitionTime {
    watermark: Watermark,
    silence: Option<Silence>,
    last_advance: Duration,
    ended: bool,
}

/// A confirmed silence.
#[derive(Clone, Copy, Debug)]
struct Silence {
    since: Duration,
    /// When its source last confirmed that it stands at the partition's end.
    until: Duration,
    /// Where its watermark stood when it began.
    stood_at: Watermark,
}

impl Silence {
    fn length(&self) -> Duration {
        self.until.saturating_sub(self.since)
    }
}

/// A partition's watermark is to be lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Advance {
    pub partition: u32,
    pub to: EventTime,
}

impl StreamTime {
    /// `reached` are the watermarks the partitions have already, from a checkpoint.
    pub fn new(stream: StreamId, plan: &StreamPlan, reached: Vec<Watermark>) -> Self {
        let idle = plan.idle.map(|span| Duration::from_micros(span.0.unsigned_abs()));
        let partition = |watermark| PartitionTime {
            watermark,
            silence: None,
            last_advance: Duration::ZERO,
            ended: false,
        };
        Self {
            stream,
            lateness: plan.lateness,
            idle,
            partitions: reached.into_iter().map(partition).collect(),
            warned: false,
        }
    }

    /// Events of a partition with these times have been seen.
    pub fn saw(&mut self, partition: u32, times: &[i64]) {
        let Some(partition) = self.partitions.get_mut(partition as usize) else { return };
        if let Some(latest) = times.iter().max() {
            let reached = Watermark(latest.saturating_sub(self.lateness.0));
            partition.watermark = partition.watermark.max(reached);
        }
    }

    /// Records of a partition have come, events or not: it is not silent.
    pub fn heard(&mut self, partition: u32) {
        if let Some(partition) = self.partitions.get_mut(partition as usize) {
            partition.silence = None;
        }
    }

    /// A partition has been confirmed to hold nothing more for now.
    pub fn stands_at_end(&mut self, partition: u32, now: Duration) {
        let Some(partition) = self.partitions.get_mut(partition as usize) else { return };
        match &mut partition.silence {
            Some(silence) => silence.until = now,
            None => {
                let stood_at = partition.watermark;
                partition.silence = Some(Silence { since: now, until: now, stood_at });
                partition.last_advance = now;
            }
        }
    }

    /// Nothing more comes from a partition.
    pub fn ended(&mut self, partition: u32) {
        if let Some(partition) = self.partitions.get_mut(partition as usize) {
            partition.ended = true;
        }
    }

    /// A partition's watermark was lifted (by the journal, or by what [`Self::due`] gave).
    pub fn lifted(&mut self, advance: Advance, now: Duration) {
        if let Some(partition) = self.partitions.get_mut(advance.partition as usize) {
            partition.watermark = partition.watermark.max(Watermark(advance.to.0));
            partition.last_advance = now;
        }
    }

    /// The partitions that are due to be lifted.
    pub fn due(&self, now: Duration) -> Vec<Advance> {
        let Some(idle) = self.idle else { return Vec::new() };
        let step = (idle / 4).clamp(ADVANCE_STEP.0, ADVANCE_STEP.1);
        let others = self.others();
        let due = |partition: &PartitionTime| -> Option<EventTime> {
            let silence = partition.silence.filter(|_| !partition.ended)?;
            let (silent, stood_at) = (silence.length(), silence.stood_at);
            let is_first = partition.last_advance <= silence.since;
            let waited = now.saturating_sub(partition.last_advance);
            if silent < idle || (!is_first && waited < step) {
                return None;
            }
            let gone_by = i64::try_from(silent.as_micros()).unwrap_or(i64::MAX);
            let clock = (stood_at != Watermark::BEFORE_ALL)
                .then(|| Watermark(stood_at.0.saturating_add(gone_by)));
            let to = clock.max(others).filter(|to| *to > partition.watermark)?;
            EventTime::from_micros(to.0)
        };
        (0..)
            .zip(&self.partitions)
            .filter_map(|(partition, time)| due(time).map(|to| Advance { partition, to }))
            .collect()
    }

    /// The least watermark of the partitions that are not silent.
    fn others(&self) -> Option<Watermark> {
        let live = self.partitions.iter().filter(|p| !p.ended && p.silence.is_none());
        let least = live.map(|partition| partition.watermark).min();
        least.filter(|least| *least != Watermark::BEFORE_ALL)
    }

    /// Says once that a silent partition without `idle` keeps the stream's windows open.
    pub fn holding_back(&mut self) -> Option<u32> {
        if self.warned || self.idle.is_some() {
            return None;
        }
        let furthest = self.partitions.iter().map(|partition| partition.watermark).max()?;
        let holds = |partition: &PartitionTime| {
            let silent = partition.silence.map(|silence| silence.length());
            !partition.ended
                && partition.watermark < furthest
                && silent.is_some_and(|silent| silent >= WARN_AFTER)
        };
        let found = (0..).zip(&self.partitions).find(|(_, partition)| holds(partition));
        self.warned = found.is_some();
        found.map(|(partition, _)| partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cep_core::plan::TimeSource;

    const SECOND: Duration = Duration::from_secs(1);

    fn stream(idle: Option<i64>, partitions: usize) -> StreamTime {
        let plan = StreamPlan {
            name: "Harvest".into(),
            doc: String::new(),
            fields: Vec::new(),
            key: None,
            time: TimeSource::Record,
            lateness: Span::from_secs(2),
            idle: idle.map(Span::from_secs),
            ahead: Span::from_secs(3_600),
            from: None,
        };
        StreamTime::new(StreamId(0), &plan, vec![Watermark::BEFORE_ALL; partitions])
    }

    /// What is due when all that are at their ends have just been confirmed to be.
    fn confirmed(time: &mut StreamTime, now: Duration) -> Vec<Advance> {
        for partition in 0..u32::try_from(time.partitions.len()).unwrap_or(0) {
            if time.partitions.get(partition as usize).is_some_and(|p| p.silence.is_some()) {
                time.stands_at_end(partition, now);
            }
        }
        time.due(now)
    }

    fn at(partition: u32, seconds: i64) -> Advance {
        Advance { partition, to: EventTime(seconds * 1_000_000) }
    }

    #[test]
    fn a_silent_partition_goes_on_with_the_clock_from_where_it_stood() {
        let mut time = stream(Some(30), 1);
        time.saw(0, &[100_000_000]);
        time.stands_at_end(0, 5 * SECOND);
        time.stands_at_end(0, 20 * SECOND); // said again, silent since 5 s
        assert_eq!(confirmed(&mut time, 34 * SECOND), []);
        assert_eq!(confirmed(&mut time, 35 * SECOND), [at(0, 128)]);
        time.lifted(at(0, 128), 35 * SECOND);
        assert_eq!(confirmed(&mut time, 36 * SECOND), [], "not at every turn of the loop");
        assert_eq!(confirmed(&mut time, 40 * SECOND), [at(0, 133)]);
    }

    #[test]
    fn it_is_lifted_at_least_to_the_other_partitions() {
        let mut time = stream(Some(30), 3);
        time.saw(0, &[1_000_000_000]);
        time.saw(1, &[1_100_000_000]);
        time.saw(2, &[100_000_000]);
        time.stands_at_end(2, SECOND);
        assert_eq!(confirmed(&mut time, 31 * SECOND), [at(2, 998)]);
    }

    #[test]
    fn one_that_never_had_an_event_follows_the_others_only() {
        let mut time = stream(Some(1), 2);
        time.stands_at_end(1, SECOND);
        assert_eq!(confirmed(&mut time, 60 * SECOND), []);
        time.saw(0, &[50_000_000]);
        assert_eq!(confirmed(&mut time, 60 * SECOND), [at(1, 48)]);
        time.stands_at_end(0, 60 * SECOND);
        assert_eq!(confirmed(&mut time, 70 * SECOND), [at(0, 58)]);
    }

    #[test]
    fn a_record_ends_the_silence() {
        let mut time = stream(Some(1), 1);
        time.saw(0, &[50_000_000]);
        time.stands_at_end(0, SECOND);
        time.heard(0);
        assert_eq!(confirmed(&mut time, 60 * SECOND), []);
    }

    #[test]
    fn silence_does_not_grow_while_nothing_confirms_it() {
        let mut time = stream(Some(30), 1);
        time.saw(0, &[100_000_000]);
        time.stands_at_end(0, 5 * SECOND);
        // The broker is away; then it is back, and nothing has come meanwhile.
        assert_eq!(time.due(500 * SECOND), []);
        time.stands_at_end(0, 501 * SECOND);
        assert_eq!(time.due(501 * SECOND), [at(0, 98 + 496)]);
    }

    #[test]
    fn a_silent_partition_without_idle_is_warned_about_once() {
        let mut time = stream(None, 2);
        time.saw(0, &[50_000_000]);
        time.stands_at_end(1, SECOND);
        time.stands_at_end(1, 2 * SECOND);
        assert_eq!(time.holding_back(), None);
        time.stands_at_end(1, 11 * SECOND);
        assert_eq!(time.holding_back(), Some(1));
        assert_eq!(time.holding_back(), None);
        assert_eq!(confirmed(&mut time, 60 * SECOND), []);
    }
}
