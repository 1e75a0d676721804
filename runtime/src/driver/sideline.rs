//! Bad records, late events and rule errors as JSON lines.
//!
//! Nothing is dropped without a count and a place to find it: each goes to its sink, or, where
//! none is configured, is counted and the first few are shown.

use crate::base64;
use crate::connector::{BadRecord, Record};
use cep_core::engine::{CauseRange, Causes, EventRef, LateEvent, MissedWindows, RuleError};
use cep_core::plan::{Plan, RuleId, StreamId};
use cep_core::value::Value;
use serde::Serialize;

/// How many of a kind are shown where no sink is configured.
pub(super) const SHOWN: u64 = 3;

/// The names by which streams and rules are known outside.
pub(super) struct Names<'a> {
    pub plan: &'a Plan,
    /// The topic that each stream is read from.
    pub topics: &'a [String],
}

impl Names<'_> {
    fn stream(&self, id: StreamId) -> &str {
        self.plan.stream(id).map_or("?", |stream| &stream.name)
    }

    fn topic(&self, id: StreamId) -> &str {
        self.topics.get(id.0 as usize).map_or("?", String::as_str)
    }

    fn rule(&self, id: RuleId) -> &str {
        self.plan.rule(id).map_or("?", |rule| &rule.name)
    }
}

/// Bytes as text where they are, otherwise as base64.
#[derive(Default, Serialize)]
struct Bytes {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl Bytes {
    fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { text: Some(text.to_owned()), base64: None },
            Err(_) => {
                let mut coded = Vec::new();
                base64::encode(bytes, &mut coded);
                Self { text: None, base64: Some(String::from_utf8_lossy(&coded).into_owned()) }
            }
        }
    }
}

/// Writes a bad record of a stream as a line.
pub(super) fn bad_record(names: &Names<'_>, streams: &[StreamId], bad: &BadRecord) -> Vec<u8> {
    #[derive(Serialize)]
    struct Line<'a> {
        kind: &'static str,
        streams: Vec<&'a str>,
        topic: &'a str,
        partition: u32,
        offset: u64,
        reason: &'a str,
        length: u64,
        #[serde(flatten)]
        bytes: Bytes,
    }
    line(&Line {
        kind: "bad_record",
        streams: streams.iter().map(|stream| names.stream(*stream)).collect(),
        topic: streams.first().map_or("?", |stream| names.topic(*stream)),
        partition: bad.partition,
        offset: bad.offset,
        reason: &bad.reason,
        length: bad.length,
        bytes: Bytes::new(&bad.bytes),
    })
}

/// Writes a late event as a line, with its record where that is still at hand.
pub(super) fn late(names: &Names<'_>, late: &LateEvent, record: Option<Record<'_>>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Window {
        start: String,
        end: String,
    }
    #[derive(Serialize)]
    struct Line<'a> {
        kind: &'static str,
        rule: &'a str,
        stream: &'a str,
        topic: &'a str,
        partition: u32,
        offset: u64,
        time: String,
        watermark: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        window: Option<Window>,
        #[serde(skip_serializing_if = "Option::is_none")]
        windows: Option<u64>,
        #[serde(flatten)]
        bytes: Bytes,
    }
    let window = |missed: MissedWindows| Window {
        start: missed.start.to_string(),
        end: missed.end.to_string(),
    };
    line(&Line {
        kind: "late",
        rule: names.rule(late.rule),
        stream: names.stream(late.origin.stream),
        topic: names.topic(late.origin.stream),
        partition: late.origin.partition,
        offset: late.origin.offset,
        time: late.time.to_string(),
        watermark: late.watermark.to_string(),
        window: late.missed.map(window),
        windows: late.missed.map(|missed| missed.count).filter(|count| *count > 1),
        bytes: record.and_then(|record| record.value).map(Bytes::new).unwrap_or_default(),
    })
}

/// Offsets of one partition, both ends included.
#[derive(Serialize)]
struct Range<'a> {
    topic: &'a str,
    partition: u32,
    from: u64,
    to: u64,
}

impl<'a> Range<'a> {
    fn new(names: &'a Names<'_>, range: &CauseRange) -> Self {
        let CauseRange { stream, partition, from, to } = *range;
        Self { topic: names.topic(stream), partition, from, to }
    }
}

fn ranges<'a>(names: &'a Names<'_>, causes: &Causes) -> Vec<Range<'a>> {
    match causes {
        Causes::Exact(ranges) => ranges.iter().map(|range| Range::new(names, range)).collect(),
        Causes::Bounds { first, last, .. } => [first, last]
            .map(|origin| Range {
                topic: names.topic(origin.stream),
                partition: origin.partition,
                from: origin.offset,
                to: origin.offset,
            })
            .into(),
    }
}

/// Writes a rule error as a line, with the record of a row where that is still at hand.
pub(super) fn rule_error(
    names: &Names<'_>,
    error: &RuleError,
    record: Option<Record<'_>>,
) -> Vec<u8> {
    #[derive(Serialize)]
    struct Line<'a> {
        kind: &'static str,
        rule: &'a str,
        time: String,
        reason: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<Vec<String>>,
        causes: Vec<Range<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        causes_count: Option<u64>,
        #[serde(flatten)]
        bytes: Bytes,
    }
    let (key, causes, causes_count) = match &error.subject {
        EventRef::Row(row) => {
            let (stream, partition, from) = (row.stream, row.partition, row.offset);
            let range = CauseRange { stream, partition, from, to: from };
            (None, vec![Range::new(names, &range)], None)
        }
        EventRef::Firing { key, causes } => {
            let key = key.iter().map(Value::to_string).collect();
            let count = match causes {
                Causes::Exact(_) => None,
                Causes::Bounds { count, .. } => Some(*count),
            };
            (Some(key), ranges(names, causes), count)
        }
    };
    line(&Line {
        kind: "rule_error",
        rule: names.rule(error.rule),
        time: error.time.to_string(),
        reason: error.error.to_string(),
        key,
        causes,
        causes_count,
        bytes: record.and_then(|record| record.value).map(Bytes::new).unwrap_or_default(),
    })
}

fn line(line: &impl Serialize) -> Vec<u8> {
    // The lines hold text and numbers only, which JSON always takes.
    serde_json::to_vec(line).unwrap_or_default()
}
