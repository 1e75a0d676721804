//! Silent partitions: which ones hold time back, and how far they are lifted.
//!
//! A partition is silent from the moment its source confirms that it stands at the partition's
//! end to the last time it confirmed that; a slow broker is not silence. After the stream's `idle`
//! of it, it is idle: its watermark goes on with the wall clock from where it stood, and at least to
//! where the others are that some rule waits for together with it, of its own stream and of others.
//! Each advance is an input to the engine and goes to the journal first.

use cep_core::plan::{StreamId, StreamPlan};
use cep_core::time::{EventTime, Span, Watermark};
use std::collections::BTreeSet;
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

impl Advance {
    /// To an instant in microseconds.
    pub fn new(partition: u32, to_us: i64) -> Self {
        Self { partition, to: EventTime(to_us) }
    }
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

    /// A partition's watermark was lifted (by the journal, or by what [`due`] gave); it is open.
    pub fn lifted(&mut self, advance: Advance, now: Duration) {
        if let Some(partition) = self.partitions.get_mut(advance.partition as usize) {
            partition.ended = false;
            partition.watermark = partition.watermark.max(Watermark(advance.to.0));
            partition.last_advance = now;
        }
    }

    /// Whether a partition has been silent for as long as its stream lets it hold others back.
    fn is_idle(&self, partition: &PartitionTime) -> bool {
        let silent = partition.silence.map(|silence| silence.length());
        !partition.ended
            && self.idle.is_some_and(|idle| silent.is_some_and(|silent| silent >= idle))
    }

    /// The idle partitions that have not been lifted for a while, and how far the clock has gone on
    /// for each.
    fn due(&self, now: Duration) -> Vec<(u32, Watermark)> {
        let step = self.idle.unwrap_or_default() / 4;
        let step = step.clamp(ADVANCE_STEP.0, ADVANCE_STEP.1);
        let due = |partition: &PartitionTime| -> Option<Watermark> {
            let silence = partition.silence.filter(|_| self.is_idle(partition))?;
            let is_first = partition.last_advance <= silence.since;
            let waited = now.saturating_sub(partition.last_advance);
            let gone_by = i64::try_from(silence.length().as_micros()).unwrap_or(i64::MAX);
            let clock = match silence.stood_at {
                Watermark::BEFORE_ALL => Watermark::BEFORE_ALL,
                stood_at => Watermark(stood_at.0.saturating_add(gone_by)),
            };
            (is_first || waited >= step).then_some(clock)
        };
        let partitions = (0..).zip(&self.partitions);
        partitions.filter_map(|(number, partition)| Some((number, due(partition)?))).collect()
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

/// The partitions that are due to be lifted, in these streams. `waiting_together` are the streams
/// that some rule waits for together.
pub(super) fn due(
    times: &[StreamTime],
    waiting_together: &BTreeSet<BTreeSet<StreamId>>,
    now: Duration,
) -> Vec<(StreamId, Advance)> {
    let mut found = Vec::new();
    for time in times {
        let due = time.due(now);
        if due.is_empty() {
            continue;
        }
        // INVARIANT (no rule waits for an idle partition): so it is the rule whose other inputs have
        // come furthest that counts.
        let rules = waiting_together.iter().filter(|streams| streams.contains(&time.stream));
        let others = rules.filter_map(|streams| others(times, streams)).max();
        for (partition, clock) in due {
            let stood = time.partitions.get(partition as usize).map(|it| it.watermark);
            let to = others.map_or(clock, |others| others.max(clock));
            if stood.is_some_and(|stood| to > stood) {
                found.push((time.stream, Advance::new(partition, to.0)));
            }
        }
    }
    found
}

/// How far the partitions of these streams have come that are not idle: to the least of them. Where
/// all are idle the furthest says it, since nothing is waited for.
fn others(times: &[StreamTime], streams: &BTreeSet<StreamId>) -> Option<Watermark> {
    let of = || {
        let times = times.iter().filter(|time| streams.contains(&time.stream));
        times.flat_map(|time| time.partitions.iter().map(move |partition| (time, partition)))
    };
    let live = of().filter(|(time, partition)| !partition.ended && !time.is_idle(partition));
    let least = live.map(|(_, partition)| partition.watermark).min();
    least.or_else(|| of().map(|(_, partition)| partition.watermark).max())
}

#[cfg(test)]
mod tests;
