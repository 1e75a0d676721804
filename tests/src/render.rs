//! Outputs in the compact form that snapshots show.
//!
//! One line an emit: its time, rule, event, key, fields, and the records it came from
//! (`Harvest/1@4-6`: stream, partition, offsets). Times near 1970 are seconds from it, as cases
//! write them; others are RFC 3339.

use crate::reference::{Emitted, FailedRule, Late, Missed, Outputs, Source, Subject};
use cep_core::plan::{EmitKind, Plan, RuleId, RulePlan};
use cep_core::time::{EventTime, Watermark};
use cep_core::value::{RowOrigin, Value};
use std::fmt::Write;

/// Whether emit ids are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// They are.
    Shown,
    /// They are not.
    Hidden,
}

/// How far from 1970 a time is still shown as an offset from it: a year.
const NEAR_EPOCH_MICROS: u64 = 366 * 86_400_000_000;

/// The outputs as text, one line an emit, late event or error.
#[must_use]
pub fn outputs(plan: &Plan, outputs: &Outputs, ids: Ids) -> String {
    let mut lines: Vec<String> =
        outputs.emits.iter().map(|emitted| emit(plan, emitted, ids)).collect();
    if lines.is_empty() {
        lines.push("nothing".into());
    }
    if !outputs.late.is_empty() {
        lines.push("-- late".into());
        lines.extend(outputs.late.iter().map(|event| late(plan, event)));
    }
    if !outputs.errors.is_empty() {
        lines.push("-- errors".into());
        lines.extend(outputs.errors.iter().map(|failed| error(plan, failed)));
    }
    lines.join("\n") + "\n"
}

/// One emit as text.
#[must_use]
pub fn emit(plan: &Plan, emitted: &Emitted, ids: Ids) -> String {
    let mut text = format!("{:<12} {}", time(emitted.time), rule_name(plan, emitted.rule));
    let line = rule(plan, emitted.rule).and_then(|rule| rule.emits.get(emitted.line as usize));
    let sign = match emitted.kind {
        EmitKind::Fire => "->",
        EmitKind::Clear => "-> clear",
    };
    let _ = write!(text, " {sign} {}", line.map_or("?", |line| &line.event));
    if !emitted.key.is_empty() {
        let _ = write!(text, " {}", key(&emitted.key));
    }
    let names = line.into_iter().flat_map(|line| &line.fields).map(|(name, _)| name);
    for (name, field) in names.zip(&emitted.values) {
        let _ = write!(text, " {name}={}", value(field));
    }
    let _ = write!(text, "  <- {}", source(plan, &emitted.source));
    if emitted.revision > 0 || emitted.retracted {
        let word = if emitted.retracted { " retracted" } else { "" };
        let _ = write!(text, "  revision {}{word}", emitted.revision);
    }
    if ids == Ids::Shown {
        let hex: String = emitted.id.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = write!(text, "  id {hex}");
    }
    text
}

fn late(plan: &Plan, late: &Late) -> String {
    let missed = late.missed.map_or_else(String::new, |Missed { start, end, count }| {
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        format!(" misses [{}, {}){more}", time(start), time(end))
    });
    format!(
        "{:<12} {} {}{missed}, its partition was at {}",
        time(late.time),
        rule_name(plan, late.rule),
        record(plan, late.origin),
        watermark(late.watermark),
    )
}

fn error(plan: &Plan, failed: &FailedRule) -> String {
    let subject = match &failed.subject {
        Subject::Row(origin) => format!("row {}", record(plan, *origin)),
        Subject::Firing(of, from) => format!("firing {} <- {}", key(of), source(plan, from)),
    };
    format!(
        "{:<12} {} {}: {subject}",
        time(failed.time),
        rule_name(plan, failed.rule),
        failed.error
    )
}

fn rule(plan: &Plan, id: RuleId) -> Option<&RulePlan> {
    plan.rule(id)
}

fn rule_name(plan: &Plan, id: RuleId) -> &str {
    rule(plan, id).map_or("?", |rule| &rule.name)
}

fn key(values: &[Value]) -> String {
    format!("[{}]", values.iter().map(value).collect::<Vec<_>>().join(", "))
}

fn value(of: &Value) -> String {
    match of {
        Value::Timestamp(at) => time(*at),
        Value::Decimal(number) => number.normalize().to_string(),
        Value::List(values) => {
            format!("[{}]", values.iter().map(value).collect::<Vec<_>>().join(", "))
        }
        Value::Record(members) => {
            let members = members.iter().map(|(name, field)| format!("{name}: {}", value(field)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// Seconds from 1970, or RFC 3339 where that is more than a year away.
#[must_use]
pub fn time(at: EventTime) -> String {
    if at.0.unsigned_abs() > NEAR_EPOCH_MICROS {
        return at.to_string();
    }
    let (sign, micros) = (if at.0 < 0 { "-" } else { "" }, at.0.unsigned_abs());
    let fraction = format!("{:06}", micros % 1_000_000);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}s", micros / 1_000_000)
}

fn watermark(at: Watermark) -> String {
    match at {
        Watermark::BEFORE_ALL | Watermark::AFTER_ALL => at.to_string(),
        Watermark(micros) => time(EventTime(micros)),
    }
}

fn record(plan: &Plan, origin: RowOrigin) -> String {
    let stream = plan.stream(origin.stream).map_or("?", |stream| &stream.name);
    format!("{stream}/{}@{}", origin.partition, origin.offset)
}

fn source(plan: &Plan, from: &Source) -> String {
    match from {
        Source::All(origins) if origins.is_empty() => "no event".into(),
        Source::All(origins) => ranges(plan, origins).join(" "),
        Source::Some { first, last, count } => {
            format!("{count} events from {} to {}", record(plan, *first), record(plan, *last))
        }
    }
}

/// Neighbouring offsets of a partition as one range.
fn ranges(plan: &Plan, origins: &[RowOrigin]) -> Vec<String> {
    let neighbours = |a: &RowOrigin, b: &RowOrigin| {
        (a.stream, a.partition, a.offset + 1) == (b.stream, b.partition, b.offset)
    };
    origins
        .chunk_by(neighbours)
        .filter_map(|range| match range {
            [] => None,
            [only] => Some(record(plan, *only)),
            [first, .., last] => Some(format!("{}-{}", record(plan, *first), last.offset)),
        })
        .collect()
}
