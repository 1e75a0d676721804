//! What came out of a test, as rows: derived events, late events, errors.

use super::play::{Fed, Played};
use cep_core::engine::{Causes, Emit, EventRef, RuleError};
use cep_core::plan::{Plan, StreamId};
use cep_core::time::EventTime;
use cep_core::value::Value;
use rule_lang::test_case::{Column, ExpectedRow};

/// A row that came out: what each column has, and its time.
pub(super) struct Actual {
    pub fields: Vec<(String, Value)>,
    pub time: Option<EventTime>,
    pub kind: Kind,
    /// Of a derived event its revision, and whether it is taken back.
    pub revision: Option<(u32, bool)>,
}

/// What a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Event,
    /// Its text is compared by whether it holds what is expected.
    Error,
}

impl Actual {
    pub fn get(&self, column: &Column) -> Value {
        match column {
            Column::Time => self.time.map_or(Value::Null, Value::Timestamp),
            Column::Revision => self.revision.map_or(Value::Null, |(it, _)| Value::Int(it.into())),
            Column::Retracted => self.revision.map_or(Value::Null, |(_, it)| Value::Bool(it)),
            Column::Deleted => Value::Null,
            Column::Field(name) => {
                let field = self.fields.iter().find(|(known, _)| known == name);
                field.map_or(Value::Null, |(_, value)| value.clone())
            }
        }
    }

    /// Whether a cell is as expected.
    pub fn has(&self, column: &Column, value: &Value) -> bool {
        let own = self.get(column);
        match (self.kind, column, &own, value) {
            (Kind::Error, Column::Field(name), Value::Text(own), Value::Text(part))
                if name == "text" =>
            {
                own.contains(&**part)
            }
            _ => own == *value,
        }
    }

    pub fn fits(&self, expected: &ExpectedRow) -> bool {
        expected.cells.iter().all(|(column, value)| self.has(column, value))
    }
}

/// The emits of an event in the order of time, however late what they were made of came.
pub(super) fn emitted(played: &Played, event: &str) -> Vec<Actual> {
    let row = |emit: &Emit| {
        let line = played.plan.rule(emit.rule)?.emits.get(emit.line as usize)?;
        let names = line.fields.iter().map(|(name, _)| name.clone());
        let fields = names.zip(emit.values.iter().cloned()).collect();
        let revision = Some((emit.revision, emit.retracted));
        let row = Actual { fields, time: Some(emit.time), kind: Kind::Event, revision };
        (line.event == event).then_some(row)
    };
    let mut rows: Vec<Actual> = played.emits.iter().filter_map(row).collect();
    rows.sort_by_key(|row| row.time);
    rows
}

/// The late events of a stream, each once however many rules it was late for.
pub(super) fn late(plan: &Plan, played: &Played, stream: StreamId) -> Vec<Actual> {
    let of_stream = played.late.iter().filter(|late| late.origin.stream == stream);
    let mut offsets: Vec<u64> = of_stream.map(|late| late.origin.offset).collect();
    offsets.sort_unstable();
    offsets.dedup();
    let given = played.given.iter().find(|fed| fed.stream == stream);
    let names: Vec<String> = plan
        .stream(stream)
        .map(|stream| stream.fields.iter().map(|field| field.name.clone()).collect())
        .unwrap_or_default();
    let row = |offset: &u64| {
        let (_, event) = given?.events.iter().find(|(known, _)| known == offset)?;
        let fields = names.iter().cloned().zip(event.values.iter().cloned()).collect();
        Some(Actual { fields, time: Some(event.time), kind: Kind::Event, revision: None })
    };
    offsets.iter().filter_map(row).collect()
}

/// Bad records, then the errors of rules in the order of time.
pub(super) fn errors(played: &Played) -> Vec<Actual> {
    let bad = played.given.iter().flat_map(|fed| bad_records(&played.plan, fed));
    let mut rows: Vec<Actual> = bad.collect();
    let mut errors: Vec<&RuleError> = played.errors.iter().collect();
    errors.sort_by_key(|error| (error.time, error.rule, cause(error)));
    rows.extend(errors.into_iter().map(|error| {
        let rule = played.plan.rule(error.rule).map(|rule| Value::text(rule.name.as_str()));
        let (stream, offset) = cause(error).map_or((None, None), |(s, o)| (Some(s), Some(o)));
        let stream = stream.and_then(|stream| played.plan.stream(stream));
        error_row(
            rule,
            &error.error.to_string(),
            stream.map(|s| &*s.name),
            offset,
            Some(error.time),
        )
    }));
    rows
}

fn bad_records<'a>(plan: &'a Plan, fed: &'a Fed) -> impl Iterator<Item = Actual> + 'a {
    let stream = plan.stream(fed.stream).map(|stream| stream.name.as_str());
    fed.bad.iter().map(move |bad| error_row(None, &bad.reason, stream, Some(bad.offset), None))
}

fn error_row(
    rule: Option<Value>,
    text: &str,
    stream: Option<&str>,
    offset: Option<u64>,
    time: Option<EventTime>,
) -> Actual {
    let row = offset.and_then(|offset| i64::try_from(offset + 1).ok());
    let fields = vec![
        ("rule".to_owned(), rule.unwrap_or(Value::Null)),
        ("text".to_owned(), Value::text(text)),
        ("stream".to_owned(), stream.map_or(Value::Null, Value::text)),
        ("row".to_owned(), row.map_or(Value::Null, Value::Int)),
    ];
    Actual { fields, time, kind: Kind::Error, revision: None }
}

/// The event that an error is about; of several the last.
fn cause(error: &RuleError) -> Option<(StreamId, u64)> {
    match &error.subject {
        EventRef::Row(row) => Some((row.stream, row.offset)),
        EventRef::Firing { causes: Causes::Exact(ranges), .. } => {
            ranges.last().map(|range| (range.stream, range.to))
        }
        EventRef::Firing { causes: Causes::Bounds { last, .. }, .. } => {
            Some((last.stream, last.offset))
        }
    }
}
