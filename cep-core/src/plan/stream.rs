//! Inputs: their fields, their key and their time.

use crate::time::Span;
use crate::value::{Type, Value};
use serde::{Deserialize, Serialize};

/// An input stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamPlan {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub doc: String,
    /// Its fields in the order they were declared.
    pub fields: Vec<FieldPlan>,
    /// The field the topic is partitioned by, as an index into `fields`.
    pub key: Option<u32>,
    /// Where an event's time comes from.
    pub time: TimeSource,
    /// How far behind the largest time seen an event may be and still be on time.
    pub lateness: Span,
    /// After this much silence of a partition, time goes on without it.
    pub idle: Option<Span>,
    /// How far after its record's log timestamp an event may be stamped.
    pub ahead: Span,
    /// The default connector.
    pub from: Option<Connector>,
}

/// Where an event's time comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeSource {
    /// A timestamp field, as an index into [`StreamPlan::fields`].
    Field(u32),
    /// The record's own timestamp in its log.
    Record,
}

/// A field of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldPlan {
    /// Its name in rules.
    pub name: String,
    /// Its type; optional types may be absent or null in a record.
    pub ty: Type,
    /// The least number it may be; what is less is a bad record. Of its type, or of what may be null
    /// there.
    pub least: Option<Value>,
    /// Where it stands in a record.
    pub source: FieldSource,
    /// How a timestamp is written; of no meaning for other types.
    pub format: TimestampFormat,
}

impl FieldPlan {
    /// Whether a value of the field's type is none that its declaration rules out.
    #[must_use]
    pub fn admits(&self, value: &Value) -> bool {
        self.least.as_ref().is_none_or(|least| !is_below(value, least))
    }
}

/// Whether a number is less than another of its type; null is not.
#[must_use]
pub fn is_below(value: &Value, least: &Value) -> bool {
    match (value, least) {
        (Value::Int(value), Value::Int(least)) => value < least,
        (Value::Decimal(value), Value::Decimal(least)) => value < least,
        (Value::Float(value), Value::Float(least)) => value < least,
        _ => false,
    }
}

/// Where a field stands in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldSource {
    /// A path of member names in the record's value.
    Path(Vec<String>),
    /// The record's key, as text.
    Key,
    /// The record's header of this name, as text; of several the last.
    Header(String),
    /// What a change event did: `c`, `u`, `d` or `r` of `format: debezium`; in other formats, the
    /// member `op`.
    Operation,
    /// The row before a change, of `format: debezium`; in other formats, the member `before`.
    Before,
    /// Whether the record has no value: then it deletes the row of its key, and of the fields only
    /// those of the key are there. The last field of a [`StreamPlan`] of a table's rows.
    Deletion,
}

impl StreamPlan {
    /// The field that says whether a record deletes a row, as an index into `fields`. It is there iff the
    /// stream is that of a table's own rows: a topic that holds for each key the row that was written last.
    #[must_use]
    pub fn deletion(&self) -> Option<usize> {
        self.fields.iter().position(|field| field.source == FieldSource::Deletion)
    }
}

impl FieldPlan {
    /// The field that says whether a record deletes a row. No rule can name it.
    #[must_use]
    pub fn deletion() -> Self {
        Self {
            name: "(deleted)".to_owned(),
            ty: Type::Bool,
            least: None,
            source: FieldSource::Deletion,
            format: TimestampFormat::Automatic,
        }
    }
}

/// How a timestamp is written in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimestampFormat {
    /// A number of milliseconds since the epoch, or RFC 3339 text; whichever is found.
    Automatic,
    /// A number of microseconds since the epoch.
    Micros,
    /// A number of milliseconds since the epoch.
    Millis,
    /// A number of seconds since the epoch.
    Seconds,
    /// Text in this format, see [`crate::written`].
    Text(String),
}

/// A connector as the rules name it: `kafka("costcenter")`, `file("factors.csv")`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    /// `kafka`, `file`, `log` …
    pub kind: String,
    /// The first argument: a topic or a path.
    pub target: String,
    /// Named arguments such as `format: json`.
    pub options: Vec<(String, String)>,
}
