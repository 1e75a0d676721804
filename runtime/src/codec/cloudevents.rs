//! Derived events as CloudEvents 1.0.
//!
//! In structured mode one JSON object holds everything, on one line; in binary mode the value is
//! the data alone and headers hold the attributes, named as CloudEvents' Kafka binding names them.
//!
//! | attribute | what it is |
//! |---|---|
//! | `id` | the emit's id and, after a point, its revision; equal in every replay of the same log |
//! | `source` | `cep:` and the application's id |
//! | `type`, `time` | the derived event's name and its event time |
//! | `rule`, `revision` | the rule that emitted it; revisions count from 0 |
//! | `key` | the rule's key: the value's text, or a JSON array of several; absent without one |
//! | `causes` | `[{"topic","partition","from","to"}]`, both ends included; of more than 32 events `{"first","last","count","exact":false}` |
//!
//! A rule's attributes (`@severity("high")`) are added under their own names. In the data,
//! timestamps are RFC 3339 text, durations are written as the language does, and decimals are JSON
//! numbers with all of their digits.

use super::json_text::{push_int, push_text, push_value};
use cep_core::engine::{CauseRange, Causes, Emit};
use cep_core::plan::{Plan, RulePlan, StreamId};
use cep_core::value::{RowOrigin, Value};

/// Writes derived events. It lays out what does not change once, when it is made.
#[derive(Debug)]
pub struct Encoder {
    source: String,
    /// The topic of each stream as JSON text.
    topics: Vec<Vec<u8>>,
    /// By rule and emit line.
    lines: Vec<Vec<Line>>,
}

/// What is the same in every emit of a line.
#[derive(Debug)]
struct Line {
    event: String,
    rule: String,
    /// The rule's attributes.
    extensions: Vec<(String, String)>,
    /// `,"source":…,"type":…`
    head: Vec<u8>,
    /// `,"rule":…,"revision":0`
    middle: Vec<u8>,
    /// The extensions as members, a comma before each.
    tail: Vec<u8>,
    /// Each field's name as it stands before its value: `{"farm":`, `,"count":`.
    fields: Vec<Vec<u8>>,
}

/// No rule revises its emits yet.
const REVISION: &str = "0";

impl Encoder {
    /// An encoder for the emits of a plan, whose streams are read from `topics`.
    #[must_use]
    pub fn new(plan: &Plan, topics: &[String], app_id: &str) -> Self {
        let source = format!("cep:{app_id}");
        let lines = plan.rules.iter().map(|rule| lines(rule, &source)).collect();
        let topic = |name: &String| {
            let mut text = Vec::new();
            push_text(name, &mut text);
            text
        };
        Self { topics: topics.iter().map(topic).collect(), lines, source }
    }

    fn line(&self, emit: &Emit) -> Option<&Line> {
        self.lines.get(emit.rule.0 as usize)?.get(emit.line as usize)
    }

    /// Appends the whole event as a JSON object. Of an emit that is not of this plan nothing.
    pub fn structured(&self, emit: &Emit, out: &mut Vec<u8>) {
        let Some(line) = self.line(emit) else { return };
        out.extend_from_slice(b"{\"specversion\":\"1.0\",\"id\":\"");
        out.extend_from_slice(id(emit).as_bytes());
        out.push(b'"');
        out.extend_from_slice(&line.head);
        out.extend_from_slice(b",\"time\":\"");
        emit.time.write_rfc3339(out);
        out.extend_from_slice(b"\",\"datacontenttype\":\"application/json\"");
        if !emit.key.is_empty() {
            let mut key = Vec::new();
            self.key(emit, &mut key);
            out.extend_from_slice(b",\"key\":");
            push_text(&String::from_utf8_lossy(&key), out);
        }
        out.extend_from_slice(&line.middle);
        out.extend_from_slice(b",\"causes\":");
        self.causes(&emit.causes, out);
        out.extend_from_slice(&line.tail);
        out.extend_from_slice(b",\"data\":");
        self.data(emit, out);
        out.push(b'}');
    }

    /// Appends the data alone as a JSON object.
    pub fn data(&self, emit: &Emit, out: &mut Vec<u8>) {
        let Some(line) = self.line(emit) else { return };
        if line.fields.is_empty() {
            out.push(b'{');
        }
        for (name, value) in line.fields.iter().zip(&emit.values) {
            out.extend_from_slice(name);
            push_value(value, out);
        }
        out.push(b'}');
    }

    /// Appends the key as a record carries it, and says whether there is one.
    pub fn key(&self, emit: &Emit, out: &mut Vec<u8>) -> bool {
        match &*emit.key {
            [] => return false,
            [Value::Text(text)] => out.extend_from_slice(text.as_bytes()),
            [value] => out.extend_from_slice(value.to_string().as_bytes()),
            values => {
                for (index, value) in values.iter().enumerate() {
                    out.push(if index == 0 { b'[' } else { b',' });
                    push_value(value, out);
                }
                out.push(b']');
            }
        }
        true
    }

    /// The headers of binary mode.
    #[must_use]
    pub fn headers(&self, emit: &Emit) -> Vec<(String, Vec<u8>)> {
        let Some(line) = self.line(emit) else { return Vec::new() };
        let mut time = Vec::new();
        emit.time.write_rfc3339(&mut time);
        let mut causes = Vec::new();
        self.causes(&emit.causes, &mut causes);
        let mut headers: Vec<(String, Vec<u8>)> = vec![
            ("ce_specversion".into(), b"1.0".to_vec()),
            ("ce_id".into(), id(emit).into_bytes()),
            ("ce_source".into(), self.source.clone().into_bytes()),
            ("ce_type".into(), line.event.clone().into_bytes()),
            ("ce_time".into(), time),
            ("content-type".into(), b"application/json".to_vec()),
            ("ce_rule".into(), line.rule.clone().into_bytes()),
            ("ce_revision".into(), REVISION.into()),
            ("ce_causes".into(), causes),
        ];
        let mut key = Vec::new();
        if self.key(emit, &mut key) {
            headers.push(("ce_key".into(), key));
        }
        let extension =
            |(name, value): &(String, String)| (format!("ce_{name}"), value.clone().into_bytes());
        headers.extend(line.extensions.iter().map(extension));
        headers
    }

    fn causes(&self, causes: &Causes, out: &mut Vec<u8>) {
        match causes {
            Causes::Exact(ranges) => {
                out.push(b'[');
                for (index, range) in ranges.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.range(range, out);
                }
                out.push(b']');
            }
            Causes::Bounds { first, last, count } => {
                out.extend_from_slice(b"{\"first\":");
                self.origin(first, out);
                out.extend_from_slice(b",\"last\":");
                self.origin(last, out);
                out.extend_from_slice(b",\"count\":");
                push_int(*count, out);
                out.extend_from_slice(b",\"exact\":false}");
            }
        }
    }

    fn range(&self, range: &CauseRange, out: &mut Vec<u8>) {
        self.place(range.stream, range.partition, out);
        out.extend_from_slice(b",\"from\":");
        push_int(range.from, out);
        out.extend_from_slice(b",\"to\":");
        push_int(range.to, out);
        out.push(b'}');
    }

    fn origin(&self, origin: &RowOrigin, out: &mut Vec<u8>) {
        self.place(origin.stream, origin.partition, out);
        out.extend_from_slice(b",\"offset\":");
        push_int(origin.offset, out);
        out.push(b'}');
    }

    /// Begins an object with a topic and a partition.
    fn place(&self, stream: StreamId, partition: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"topic\":");
        let topic = self.topics.get(stream.0 as usize);
        out.extend_from_slice(topic.map_or(b"null", |topic| topic));
        out.extend_from_slice(b",\"partition\":");
        push_int(u64::from(partition), out);
    }
}

fn id(emit: &Emit) -> String {
    format!("{}.{REVISION}", emit.id)
}

fn lines(rule: &RulePlan, source: &str) -> Vec<Line> {
    let member = |name: &str, value: &str, out: &mut Vec<u8>| {
        out.push(b',');
        push_text(name, out);
        out.push(b':');
        push_text(value, out);
    };
    let extensions: Vec<(String, String)> = rule
        .attributes
        .iter()
        .map(|attribute| (attribute.name.clone(), attribute.value.clone()))
        .collect();
    let line = |emit: &cep_core::plan::EmitPlan| {
        let (mut head, mut middle, mut tail) = (Vec::new(), Vec::new(), Vec::new());
        member("source", source, &mut head);
        member("type", &emit.event, &mut head);
        member("rule", &rule.name, &mut middle);
        middle.extend_from_slice(format!(",\"revision\":{REVISION}").as_bytes());
        extensions.iter().for_each(|(name, value)| member(name, value, &mut tail));
        let field = |(index, (name, _)): (usize, &(String, _))| {
            let mut text = vec![if index == 0 { b'{' } else { b',' }];
            push_text(name, &mut text);
            text.push(b':');
            text
        };
        Line {
            event: emit.event.clone(),
            rule: rule.name.clone(),
            extensions: extensions.clone(),
            head,
            middle,
            tail,
            fields: emit.fields.iter().enumerate().map(field).collect(),
        }
    };
    rule.emits.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
