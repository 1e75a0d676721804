//! A case from a script: how a generated program that fails is shown, ready to be kept.

use super::json::DELETED;
use crate::log::{End, Entry};
use crate::script::{Script, Step};
use cep_core::plan::{FieldSource, Plan, TimeSource};
use cep_core::time::EventTime;
use cep_core::value::Value;
use std::fmt::Write;

/// The file of a case, with the fields that rules read and those that say the time.
#[must_use]
pub fn write_case(rules: &str, plan: &Plan, script: &Script) -> String {
    let mut text = format!("{}\n---\n", rules.trim_end());
    for table in &plan.tables {
        for (_, _, row) in table.rows.iter() {
            let _ = writeln!(text, "table {} {}", table.name, json(row));
        }
    }
    for (stream, count) in plan.streams.iter().zip(&script.partitions) {
        let _ = writeln!(text, "partitions {} {count}", stream.name);
    }
    for step in &script.steps {
        let _ = writeln!(text, "{}", line(plan, step));
    }
    let _ = match script.end {
        End::AtLastEvent => writeln!(text, "end"),
        End::Flush => writeln!(text, "flush"),
        End::At(time) => writeln!(text, "until {}", offset(time)),
    };
    text
}

fn line(plan: &Plan, step: &Step) -> String {
    let Some(stream) = plan.stream(step.stream) else { return String::new() };
    let place = format!("{}/{}", stream.name, step.partition);
    let record = match &step.entry {
        Entry::Idle(to) => return format!("idle {place} to {}", offset(*to)),
        Entry::Record(record) => record,
    };
    let used = plan.used_fields(step.stream);
    let fields = stream.fields.iter().zip(&record.values).zip(used);
    let members: Vec<String> = fields
        .filter(|((field, value), used)| {
            let says_time = **value == Value::Timestamp(record.time);
            (*used || says_time || !field.ty.is_optional()) && !value.is_null()
        })
        .map(|((field, value), _)| {
            let is_deletion = field.source == FieldSource::Deletion;
            let name = if is_deletion { DELETED } else { &field.name };
            format!("{name:?}: {}", json(value))
        })
        .collect();
    let at = match stream.time {
        TimeSource::Record => format!(" at {}", offset(record.time)),
        TimeSource::Field(_) => String::new(),
    };
    format!("{place}@{}{at} {{{}}}", record.offset, members.join(", "))
}

fn json(value: &Value) -> String {
    match value {
        Value::Decimal(value) => format!("\"{value}\""),
        Value::Timestamp(time) => format!("\"{}\"", offset(*time)),
        Value::Duration(span) => format!("\"{}us\"", span.0),
        Value::List(values) => {
            format!("[{}]", values.iter().map(json).collect::<Vec<_>>().join(", "))
        }
        Value::Record(members) => {
            let members = members.iter().map(|(name, value)| format!("{name:?}: {}", json(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

fn offset(time: EventTime) -> String {
    let unit = [(1_000_000, "s"), (1_000, "ms")].into_iter().find(|(size, _)| time.0 % size == 0);
    let (size, unit) = unit.unwrap_or((1, "us"));
    format!("{}{unit}", time.0 / size)
}
