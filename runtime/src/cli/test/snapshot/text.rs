//! What rules gave, as text that is read in a review: a line of counts, then a block of lines for
//! each derived event in order, then for each bad record, late event and error of a rule.
//!
//! ```text
//! 2026-01-01T08:00:09.999999Z Hot "press"
//!   {"machine":"press","mean":82,"readings":2,"until":"2026-01-01T08:00:10Z"}
//!   by hot from events.jsonl:1, 3; id 4be5…
//! ```
//! That is its time, name and key; its data; the rule, the lines of the events that caused it, and
//! its id. A block is made from the CloudEvent that a run would write, so it shows what that has.

use crate::driver::{Summary, grouped};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a run gave: JSON lines as they would have gone to its sinks.
pub(in super::super) struct Captured {
    pub summary: Summary,
    pub events: Vec<Vec<u8>>,
    pub late: Vec<Vec<u8>>,
    pub errors: Vec<Vec<u8>>,
}

/// Attributes of a CloudEvent that a block has at a place of their own, or that say nothing here.
const PLACED: [&str; 11] = [
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "datacontenttype",
    "key",
    "rule",
    "revision",
    "causes",
    "data",
];

/// The text of what a run gave.
pub(in super::super) fn write(captured: &Captured) -> String {
    let mut text = counts(&captured.summary);
    for event in &captured.events {
        text.push('\n');
        text.push_str(&event_block(event));
    }
    let mut sides: Vec<(SideOrder, String)> =
        captured.errors.iter().chain(&captured.late).filter_map(|line| side_block(line)).collect();
    sides.sort();
    for (_, block) in sides {
        text.push('\n');
        text.push_str(&block);
    }
    text
}

fn counts(summary: &Summary) -> String {
    let counted = |count: u64, one: &str| {
        format!("{} {one}{}", grouped(count), if count == 1 { "" } else { "s" })
    };
    let mut text = counted(summary.events, "event");
    let other_types = format!("{} of other types", grouped(summary.foreign_events));
    let passed = [
        (summary.foreign_events, other_types),
        (summary.tombstones, counted(summary.tombstones, "tombstone")),
    ];
    let passed: Vec<String> =
        passed.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
    if !passed.is_empty() {
        // Writing to memory has no way to fail.
        let _ = write!(text, " ({} passed over)", passed.join(" and "));
    }
    text.push_str(" in");
    for (event, count) in &summary.emits {
        let _ = write!(text, ", {} {event}", grouped(*count));
    }
    let bad = counted(summary.bad_records, "bad record");
    let errors = counted(summary.rule_errors, "rule error");
    let _ = write!(text, "; {bad}, {} late, {errors}", grouped(summary.late));
    text.push_str(&summary.dropped());
    text.push('\n');
    text
}

/// Offsets of one partition, as CloudEvents name causes.
#[derive(Deserialize)]
struct Range {
    topic: String,
    partition: u32,
    from: u64,
    to: u64,
}

impl Range {
    /// As editors name a line.
    fn place(&self) -> String {
        format!("{}:{}", self.file(), self.lines())
    }

    fn file(&self) -> String {
        match self.partition {
            0 => self.topic.clone(),
            other => format!("{}[{other}]", self.topic),
        }
    }

    /// Lines are counted from 1.
    fn lines(&self) -> String {
        let (from, to) = (self.from + 1, self.to + 1);
        if from == to { from.to_string() } else { format!("{from}-{to}") }
    }
}

fn places(ranges: &[Range], count: Option<u64>) -> String {
    let mut text = String::new();
    let between = if count.is_some() { " … " } else { ", " };
    let mut last: Option<String> = None;
    for range in ranges {
        if last.is_some() {
            text.push_str(between);
        }
        let file = range.file();
        if last.as_ref() == Some(&file) {
            text.push_str(&range.lines());
        } else {
            text.push_str(&range.place());
            last = Some(file);
        }
    }
    if let Some(count) = count {
        let _ = write!(text, " ({count} in all)");
    }
    text
}

/// The block of a derived event, from its CloudEvent.
pub(in super::super) fn event_block(event: &[u8]) -> String {
    let Ok(mut members) = serde_json::from_slice::<BTreeMap<String, Box<RawValue>>>(event) else {
        return format!("{}\n", String::from_utf8_lossy(event));
    };
    let own: Vec<String> = members
        .iter()
        .filter(|(name, _)| !PLACED.contains(&name.as_str()) && !name.starts_with("cause"))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let mut take = |name: &str| members.remove(name).map(|value| value.get().to_owned());
    let bare = |value: Option<String>| {
        value.and_then(|json| serde_json::from_str::<String>(&json).ok()).unwrap_or_default()
    };
    let mut text = format!("{} {}", bare(take("time")), bare(take("type")));
    if let Some(key) = take("key") {
        let _ = write!(text, " {key}");
    }
    let _ = writeln!(text, "\n  {}", take("data").unwrap_or_default());
    let _ = write!(text, "  by {}", bare(take("rule")));
    let causes = take("causes").unwrap_or_default();
    let ranges: Vec<Range> = serde_json::from_str(&causes).unwrap_or_default();
    let count = take("causecount").and_then(|count| count.parse().ok());
    if !ranges.is_empty() {
        let _ = write!(text, " from {}", places(&ranges, count));
    }
    for attribute in own {
        let _ = write!(text, "; {attribute}");
    }
    let _ = writeln!(text, "; id {}", bare(take("id")));
    text
}

/// A bad record, late event or rule error, as the driver writes it.
#[derive(Deserialize)]
struct Side {
    kind: String,
    #[serde(default)]
    rule: String,
    #[serde(default)]
    stream: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    partition: u32,
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    time: String,
    watermark: Option<String>,
    window: Option<BTreeMap<String, String>>,
    windows: Option<u64>,
    reason: Option<String>,
    key: Option<Value>,
    #[serde(default)]
    causes: Vec<Range>,
    causes_count: Option<u64>,
    text: Option<String>,
    base64: Option<String>,
}

/// In which order they are shown; when the driver came upon them says nothing.
type SideOrder = (u8, String, u64, String, String);

fn side_block(line: &[u8]) -> Option<(SideOrder, String)> {
    let side: Side = serde_json::from_slice(line).ok()?;
    let (topic, partition) = (side.topic.clone(), side.partition);
    let own = Range { topic, partition, from: side.offset, to: side.offset };
    let mut text = String::new();
    let reason = side.reason.as_deref().unwrap_or_default();
    let (rank, at) = match side.kind.as_str() {
        "bad_record" => {
            let _ = write!(text, "bad record {}: {reason}", own.place());
            (0, (side.topic.clone(), side.offset))
        }
        "late" => {
            let (time, stream, rule) = (&side.time, &side.stream, &side.rule);
            let _ = write!(text, "late {stream} {time} for {rule} from {}", own.place());
            (1, (side.topic.clone(), side.offset))
        }
        _ => {
            let (time, rule) = (&side.time, &side.rule);
            let _ = write!(text, "error {time} in {rule}: {reason}");
            (2, (side.time.clone(), side.causes.first().map_or(0, |cause| cause.from)))
        }
    };
    text.push('\n');
    if let Some(record) = &side.text {
        let _ = writeln!(text, "  {}", record.trim_end());
    }
    if let Some(bytes) = &side.base64 {
        let _ = writeln!(text, "  not UTF-8, as base64: {bytes}");
    }
    let mut remarks = Vec::new();
    if !side.causes.is_empty() {
        remarks.push(format!("from {}", places(&side.causes, side.causes_count)));
    }
    remarks.extend(side.key.map(|key| format!("key {key}")));
    if let Some(window) = &side.window {
        let bound = |name: &str| window.get(name).map_or("?", String::as_str);
        let more = match side.windows {
            Some(count) => format!(" and {} more", count.saturating_sub(1)),
            None => String::new(),
        };
        remarks.push(format!("window {} to {}{more}", bound("start"), bound("end")));
    }
    remarks.extend(side.watermark.map(|watermark| format!("watermark {watermark}")));
    if !remarks.is_empty() {
        let _ = writeln!(text, "  {}", remarks.join("; "));
    }
    Some(((rank, at.0, at.1, side.rule, text.clone()), text))
}
