//! What a run did, in numbers.

use crate::bytes;
use std::fmt;
use std::time::Duration;

/// With less state than this nothing is said of it.
const NOTABLE_STATE_BYTES: u64 = 1 << 20;
/// How many derived events are named; those of the others are counted together.
const NAMED_EVENTS: usize = 20;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Events fed to the engine.
    pub events: u64,
    /// Events of a shared input that are of no stream of the program.
    pub foreign_events: u64,
    /// Records of change topics that only said that a row is gone.
    pub tombstones: u64,
    /// Emits by derived event, in the order of the plan.
    pub emits: Vec<(String, u64)>,
    /// Records that are no events of their stream.
    pub bad_records: u64,
    /// Late events; one that is late for two rules counts twice.
    pub late: u64,
    /// Rows and firings without a value.
    pub rule_errors: u64,
    /// Firings that a `limit` held back.
    pub held_back: u64,
    /// Events that `distinct` dropped; one that it drops in two rules counts twice.
    pub repeated: u64,
    /// About how many bytes of state were kept at the end.
    pub state_bytes: u64,
    /// The rule or table that kept the most of it.
    pub largest_state: Option<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Summary {
    /// Events a second, over the whole run.
    #[must_use]
    pub fn rate(&self) -> u64 {
        let micros = self.elapsed.as_micros().max(1);
        u64::try_from(u128::from(self.events) * 1_000_000 / micros).unwrap_or(u64::MAX)
    }

    /// What clauses of rules kept from going out, in words that follow a list; nothing if nothing.
    #[must_use]
    pub fn dropped(&self) -> String {
        let counts =
            [(self.held_back, "held back by `limit`"), (self.repeated, "dropped by `distinct`")];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        counts.map(|(count, words)| format!(", {} {words}", grouped(count))).collect()
    }
}

/// The most memory the process has had, in bytes, where the system tells.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// A number with spaces between its thousands.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        write!(f, "{} in {seconds:.1} s", counted(self.events, "event", "events"))?;
        if self.events > 0 {
            write!(f, " ({} a second)", grouped(self.rate()))?;
        }
        for (event, count) in self.emits.iter().take(NAMED_EVENTS) {
            write!(f, ", {} {event}", grouped(*count))?;
        }
        let others = self.emits.get(NAMED_EVENTS..).unwrap_or_default();
        if !others.is_empty() {
            let sum = others.iter().map(|(_, count)| count).sum();
            let kinds = counted(others.len() as u64, "other event", "other events");
            write!(f, ", {} of {kinds}", grouped(sum))?;
        }
        let bad = counted(self.bad_records, "bad record", "bad records");
        let errors = counted(self.rule_errors, "rule error", "rule errors");
        write!(f, "; {bad}, {} late, {errors}", grouped(self.late))?;
        f.write_str(&self.dropped())?;
        if self.foreign_events > 0 {
            write!(f, ", {} of other types", grouped(self.foreign_events))?;
        }
        if self.tombstones > 0 {
            write!(f, ", {}", counted(self.tombstones, "tombstone", "tombstones"))?;
        }
        if self.state_bytes >= NOTABLE_STATE_BYTES {
            let most = self.largest_state.as_deref().unwrap_or("none");
            write!(f, "; {} of state, the most by {most}", bytes::shown(self.state_bytes))?;
        }
        if let Some(bytes) = peak_memory() {
            write!(f, "; peak memory {} MiB", bytes.div_ceil(1024 * 1024))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_reads_as_a_sentence() {
        let summary = Summary {
            events: 10_000_000,
            emits: vec![("Disaster".into(), 42)],
            bad_records: 1,
            elapsed: Duration::from_millis(1_250),
            state_bytes: 12_700_000,
            largest_state: Some("rule `low`".into()),
            ..Summary::default()
        };
        let text = summary.to_string();
        let fixed = text.split("; peak memory").next().unwrap_or_default();
        insta::assert_snapshot!(fixed, @"10 000 000 events in 1.2 s (8 000 000 a second), 42 Disaster; 1 bad record, 0 late, 0 rule errors; 12.1 MiB of state, the most by rule `low`");
    }

    #[test]
    fn a_summary_of_many_events_counts_most_of_them_together() {
        let emits = (0..2_000).map(|number| (format!("E{number}"), 2)).collect();
        let text = Summary { emits, ..Summary::default() }.to_string();
        assert!(text.contains(", 2 E19, 3 960 of 1 980 other events; "), "{text}");
    }

    #[test]
    fn thousands_are_set_apart() {
        let all: Vec<_> = [0, 999, 1_000, 1_234_567].into_iter().map(grouped).collect();
        assert_eq!(all, ["0", "999", "1 000", "1 234 567"]);
    }
}
