//! Derived events as CloudEvents 1.0: JSON lines that hold everything (structured mode), or the
//! data as a record's value and the rest as its headers (binary mode, for Kafka).
//!
//! The attributes are `specversion id source type time datacontenttype` and the extensions `key
//! rule revision causes`, then those that the rule declares (`@severity("high")`): texts, integers and
//! booleans, as CloudEvents has them. `id` is the
//! emit's 128 bits in hexadecimal and the revision: the same in every replay of the same log. A
//! revision that takes back what was said is `retracted: true`.
//! `causes` names ranges of offsets, both ends included; when there were too many to name, it
//! holds the first and the last, and `causecount` and `causeexact: false` say so.

use super::json::{write_escaped, write_int, write_text, write_value};
use cep_core::engine::{CauseRange, Causes, Emit};
use cep_core::plan::{Attribute, AttributeValue, Plan, StreamId};
use cep_core::time::EventTime;
use cep_core::value::{RowOrigin, Value};
use std::io::Write;

/// Writes the emits of a plan.
#[derive(Debug)]
pub struct Encoder {
    source: String,
    rules: Vec<RuleWords>,
    /// By stream, as JSON: `{"topic":"costcenter","partition":`.
    topics: Vec<Vec<u8>>,
}

/// What is the same for all emits of a rule.
#[derive(Debug)]
struct RuleWords {
    name: String,
    attributes: Vec<(String, AttributeValue)>,
    lines: Vec<LineWords>,
}

/// What is the same for all emits of a line.
#[derive(Debug)]
struct LineWords {
    event: String,
    /// From the end of the id to the time's opening quote.
    before_time: Vec<u8>,
    /// From the time's closing quote to the key's opening quote, or to the rule.
    after_time: Vec<u8>,
    /// From the rule's name to the colon before the revision.
    before_revision: Vec<u8>,
    /// The rule's own attributes, to the colon before the data.
    after_causes: Vec<u8>,
    /// For each field the comma or brace before it, its name and the colon.
    fields: Vec<Vec<u8>>,
}

impl Encoder {
    /// An encoder for the emits of a plan. `topics` are the names of what the streams are read
    /// from (a topic, a file's name), in the order of the plan's streams; a stream without one is
    /// called by its own name.
    #[must_use]
    pub fn new(plan: &Plan, topics: &[String], app_id: &str) -> Self {
        let source = format!("cep/{app_id}");
        let topics = plan.streams.iter().enumerate().map(|(index, stream)| {
            let mut words = b"{\"topic\":".to_vec();
            write_text(topics.get(index).unwrap_or(&stream.name), &mut words);
            words.extend_from_slice(b",\"partition\":");
            words
        });
        let topics = topics.collect();
        let rules = plan.rules.iter().map(|rule| {
            let attributes: Vec<(String, AttributeValue)> = rule
                .attributes
                .iter()
                .map(|attribute| (extension_name(&attribute.name), attribute.value.clone()))
                .collect();
            let line = |emit: &cep_core::plan::EmitPlan| {
                let names: Vec<&str> = emit.fields.iter().map(|(name, _)| name.as_str()).collect();
                LineWords::new(&source, &rule.name, &attributes, &emit.event, &names)
            };
            let lines = rule.emits.iter().map(line).collect();
            RuleWords { name: rule.name.clone(), attributes, lines }
        });
        let rules = rules.collect();
        Self { source, rules, topics }
    }

    fn words(&self, emit: &Emit) -> Option<(&RuleWords, &LineWords)> {
        let rule = self.rules.get(emit.rule.0 as usize)?;
        Some((rule, rule.lines.get(emit.line as usize)?))
    }

    /// Appends the whole event as one JSON object, without a line end. An emit of another plan,
    /// whose rule is not known, appends nothing.
    pub fn structured(&self, emit: &Emit, out: &mut Vec<u8>) {
        let Some((_, words)) = self.words(emit) else { return };
        out.extend_from_slice(b"{\"specversion\":\"1.0\",\"id\":\"");
        write_id(emit, out);
        out.extend_from_slice(&words.before_time);
        emit.time.write_rfc3339(out);
        out.extend_from_slice(&words.after_time);
        if !emit.key.is_empty() {
            out.extend_from_slice(b"\"key\":");
            write_key_as_json(&emit.key, out);
            out.push(b',');
        }
        out.extend_from_slice(&words.before_revision);
        write_int(emit.revision, out);
        if emit.retracted {
            out.extend_from_slice(b",\"retracted\":true");
        }
        out.extend_from_slice(b",\"causes\":");
        self.write_causes(&emit.causes, out);
        if let Causes::Bounds { count, .. } = &emit.causes {
            out.extend_from_slice(b",\"causecount\":");
            write_int(*count, out);
            out.extend_from_slice(b",\"causeexact\":false");
        }
        out.extend_from_slice(&words.after_causes);
        write_data(words, &emit.values, out);
        out.push(b'}');
    }

    /// Appends the data alone as one JSON object, without a line end.
    pub fn data(&self, emit: &Emit, out: &mut Vec<u8>) {
        if let Some((_, words)) = self.words(emit) {
            write_data(words, &emit.values, out);
        }
    }

    /// Appends the emit's key as text: a key of one part bare (`302`), one of several parts as a
    /// JSON list (`[302,"north"]`), and null as `[null]`. Says whether there is a key.
    pub fn key(&self, emit: &Emit, out: &mut Vec<u8>) -> bool {
        write_key(&emit.key, out);
        !emit.key.is_empty()
    }

    /// The headers of binary mode: every attribute as `ce_NAME`, and the content type.
    #[must_use]
    pub fn headers(&self, emit: &Emit) -> Vec<(String, Vec<u8>)> {
        let Some((rule, words)) = self.words(emit) else { return Vec::new() };
        let written = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut value = Vec::new();
            write(&mut value);
            value
        };
        let mut headers = vec![
            ("ce_specversion".to_owned(), b"1.0".to_vec()),
            ("ce_id".to_owned(), written(&|out| write_id(emit, out))),
            ("ce_source".to_owned(), self.source.clone().into_bytes()),
            ("ce_type".to_owned(), words.event.clone().into_bytes()),
            ("ce_time".to_owned(), written(&|out| emit.time.write_rfc3339(out))),
            ("content-type".to_owned(), b"application/json".to_vec()),
        ];
        if !emit.key.is_empty() {
            headers.push(("ce_key".to_owned(), written(&|out| write_key(&emit.key, out))));
        }
        headers.push(("ce_rule".to_owned(), rule.name.clone().into_bytes()));
        headers.push(("ce_revision".to_owned(), emit.revision.to_string().into_bytes()));
        if emit.retracted {
            headers.push(("ce_retracted".to_owned(), b"true".to_vec()));
        }
        let causes = written(&|out| self.write_causes(&emit.causes, out));
        headers.push(("ce_causes".to_owned(), causes));
        if let Causes::Bounds { count, .. } = &emit.causes {
            headers.push(("ce_causecount".to_owned(), count.to_string().into_bytes()));
            headers.push(("ce_causeexact".to_owned(), b"false".to_vec()));
        }
        let own = rule.attributes.iter();
        headers.extend(
            own.map(|(name, value)| (format!("ce_{name}"), value.to_string().into_bytes())),
        );
        headers
    }

    fn write_causes(&self, causes: &Causes, out: &mut Vec<u8>) {
        let point = |at: &RowOrigin| CauseRange {
            stream: at.stream,
            partition: at.partition,
            from: at.offset,
            to: at.offset,
        };
        out.push(b'[');
        match causes {
            Causes::Exact(ranges) => {
                for (index, range) in ranges.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.write_range(range, out);
                }
            }
            Causes::Bounds { first, last, .. } => {
                self.write_range(&point(first), out);
                out.push(b',');
                self.write_range(&point(last), out);
            }
        }
        out.push(b']');
    }

    fn write_range(&self, range: &CauseRange, out: &mut Vec<u8>) {
        let StreamId(stream) = range.stream;
        let topic = self.topics.get(stream as usize);
        out.extend_from_slice(topic.map_or(&b"{\"partition\":"[..], Vec::as_slice));
        write_int(range.partition, out);
        out.extend_from_slice(b",\"from\":");
        write_int(range.from, out);
        out.extend_from_slice(b",\"to\":");
        write_int(range.to, out);
        out.push(b'}');
    }
}

impl LineWords {
    fn new(
        source: &str,
        rule: &str,
        attributes: &[(String, AttributeValue)],
        event: &str,
        fields: &[&str],
    ) -> Self {
        let mut before_time = b"\",\"source\":".to_vec();
        write_text(source, &mut before_time);
        before_time.extend_from_slice(b",\"type\":");
        write_text(event, &mut before_time);
        before_time.extend_from_slice(b",\"time\":\"");
        let mut before_revision = b"\"rule\":".to_vec();
        write_text(rule, &mut before_revision);
        before_revision.extend_from_slice(b",\"revision\":");
        let mut after_causes = Vec::new();
        for (name, value) in attributes {
            after_causes.push(b',');
            write_text(name, &mut after_causes);
            after_causes.push(b':');
            match value {
                AttributeValue::Text(text) => write_text(text, &mut after_causes),
                plain => after_causes.extend_from_slice(plain.to_string().as_bytes()),
            }
        }
        after_causes.extend_from_slice(b",\"data\":");
        let field = |(index, name): (usize, &&str)| {
            let mut words = vec![if index == 0 { b'{' } else { b',' }];
            write_text(name, &mut words);
            words.push(b':');
            words
        };
        Self {
            event: event.to_owned(),
            before_time,
            after_time: b"\",\"datacontenttype\":\"application/json\",".to_vec(),
            before_revision,
            after_causes,
            fields: fields.iter().enumerate().map(field).collect(),
        }
    }
}

/// A rule's attribute as CloudEvents names an extension: lower-case letters and digits only, and none
/// of those that every event has: a rule's `@key("x")` would be `rulekey`.
fn extension_name(name: &str) -> String {
    let is_allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let name: String = name.to_ascii_lowercase().chars().filter(is_allowed).collect();
    if name.is_empty() || Attribute::TAKEN.contains(&name.as_str()) {
        format!("rule{name}")
    } else {
        name
    }
}

fn write_id(emit: &Emit, out: &mut Vec<u8>) {
    // Writing to memory has no way to fail.
    let _ = write!(out, "{}.{}", emit.id, emit.revision);
}

fn write_key(key: &[Value], out: &mut Vec<u8>) {
    match key {
        [Value::Text(text)] => out.extend_from_slice(text.as_bytes()),
        // Not the text "null", which is another group; and not no key, with which records of a
        // group would lose their order and a compacted topic would refuse them.
        [Value::Null] => out.extend_from_slice(b"[null]"),
        [Value::Timestamp(EventTime(micros))] => EventTime(*micros).write_rfc3339(out),
        // Writing to memory has no way to fail.
        [Value::Duration(span)] => _ = write!(out, "{span}"),
        [value] => write_value(value, out),
        parts => {
            for (index, part) in parts.iter().enumerate() {
                out.push(if index == 0 { b'[' } else { b',' });
                write_value(part, out);
            }
            if !parts.is_empty() {
                out.push(b']');
            }
        }
    }
}

/// The key's text with its quotes.
fn write_key_as_json(key: &[Value], out: &mut Vec<u8>) {
    out.push(b'"');
    if let [Value::Int(_) | Value::Bool(_) | Value::Decimal(_) | Value::Float(_)] = key {
        write_key(key, out);
    } else {
        let mut text = Vec::new();
        write_key(key, &mut text);
        write_escaped(&String::from_utf8_lossy(&text), out);
    }
    out.push(b'"');
}

fn write_data(words: &LineWords, values: &[Value], out: &mut Vec<u8>) {
    for (name, value) in words.fields.iter().zip(values) {
        out.extend_from_slice(name);
        write_value(value, out);
    }
    out.extend_from_slice(if words.fields.is_empty() { b"{}" } else { b"}" });
}

#[cfg(test)]
mod tests;
