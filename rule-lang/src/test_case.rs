//! `test` blocks after names and types are settled, for whoever runs them.
//!
//! A runner plays `given` into an engine of the plan with `params` set, lets time go to `until` or,
//! without it, flushes, and compares what comes out with `expectations`. Times are absolute: offsets
//! were counted from the test's `base` or from 1970.

use crate::source::Span;
use cep_core::plan::{ParamId, StreamId, TableId};
use cep_core::time::EventTime;
use cep_core::value::{Type, Value};

/// One test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// Its title.
    pub title: String,
    /// The whole block.
    pub span: Span,
    /// Params that are set for it.
    pub params: Vec<(ParamId, Value)>,
    /// Tables that have other rows than their own.
    pub tables: Vec<GivenTable>,
    /// What comes in, in the order written.
    pub given: Vec<Given>,
    /// Where time stops; `None` flushes at the end.
    pub until: Option<EventTime>,
    /// What is expected, in the order written.
    pub expectations: Vec<Expectation>,
}

/// Events of one stream in the order they arrive.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The stream.
    pub stream: StreamId,
    /// Its events; of a file none, until whoever runs the test has read it.
    pub events: Vec<GivenEvent>,
    /// The file they stand in, as `given STREAM from file("…")` names it: relative to the rules.
    pub file: Option<GivenFile>,
}

/// The rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenTable {
    /// The table.
    pub table: TableId,
    /// A value for each of its fields, in their order; of a file none, until whoever runs the test
    /// has read it.
    pub rows: Vec<Vec<Value>>,
    /// The file they stand in, relative to the rules.
    pub file: Option<GivenFile>,
}

/// A file of events, or of a table's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenFile {
    /// Its name.
    pub name: String,
    /// Where it is named.
    pub span: Span,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenEvent {
    /// Its event time.
    pub time: EventTime,
    /// A value for each field of the stream, in their order. Of a row that is deleted only the fields of the
    /// key count. A field that the table leaves out is
    /// null; that is allowed only if it may be null or no rule reads it.
    pub values: Vec<Value>,
    /// Its row.
    pub span: Span,
}

/// One `expect`.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// What is expected.
    pub kind: ExpectationKind,
    /// The rows to compare with; `None` if no table was written.
    pub rows: Option<Vec<ExpectedRow>>,
    /// Its first line.
    pub span: Span,
}

/// Kinds of expectations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectationKind {
    /// Exactly these events of this name, in the order of time.
    All(String),
    /// At least these.
    Some(String),
    /// None of this name, or, with rows, none like these.
    None(String),
    /// Late events of this stream: at least one, or, with rows, exactly these.
    Late(StreamId),
    /// Run-time errors of rules and bad records: at least one, or, with rows, exactly these. Rows
    /// may have the columns of [`ERROR_COLUMNS`], and `time`.
    Error {
        /// What the words of at least one hold.
        text: Option<String>,
    },
    /// No run-time error and no bad record.
    NoError,
    /// All events of this name, as a snapshot that is stored under the test's title.
    Snapshot(String),
}

/// What an expected error may be told by: its rule, a text that its words hold, and the event that
/// caused it by stream and row, counted from 1.
pub const ERROR_COLUMNS: [(&str, Type); 4] =
    [("rule", Type::String), ("text", Type::String), ("stream", Type::String), ("row", Type::Int)];

/// A row of an expectation: the columns that are compared, and their values.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedRow {
    /// What is compared.
    pub cells: Vec<(Column, Value)>,
    /// The row.
    pub span: Span,
}

/// A column of an expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// A field of the event, by name.
    Field(String),
    /// The event's own time: a column named `time` where the event has no such field.
    Time,
    /// Which revision of a derived event it is, from 0: likewise `revision`.
    Revision,
    /// Whether it takes back what was said before: likewise `retracted`.
    Retracted,
    /// Whether it deletes the row of its key: likewise `deleted`, of the rows of a table in a topic.
    Deleted,
}
