//! Streams as written.

use super::{Ident, Literal, Spanned};
use crate::source::Span;

/// An input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Lines of `///` above it, joined by line ends.
    pub doc: String,
    /// Its name.
    pub name: Ident,
    /// Where events come from if the deployment does not say otherwise.
    pub connector: Option<Connector>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// The field the input is partitioned by.
    pub key: Option<Ident>,
    /// Where event time comes from.
    pub time: Option<TimeClause>,
    /// All of it.
    pub span: Span,
}

/// A field of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Lines of `///` above it.
    pub doc: String,
    /// Its name in rules.
    pub name: Ident,
    /// Its type.
    pub ty: TypeName,
    /// `>= LITERAL`: the least that it may be.
    pub least: Option<Spanned<Literal>>,
    /// Where it stands, if not in the member of its name.
    pub source: Option<Spanned<FieldSource>>,
    /// `as millis|micros|seconds|"format"`.
    pub unit: Option<Spanned<TimeUnit>>,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    /// Its name; `None` for a type without one, and for one that could not be read.
    pub name: Option<Ident>,
    /// What a type without a name is made of.
    pub shape: Option<TypeShape>,
    /// Whether a `?` follows.
    pub optional: bool,
    /// All of it.
    pub span: Span,
}

/// A type that is made of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeShape {
    /// `[T]`
    List(Box<TypeName>),
    /// `{ name: T, … }`
    Record(Vec<(Ident, TypeName)>),
    /// `"a" | "b"`
    Enum(Vec<Spanned<String>>),
    /// `(T)`
    Group(Box<TypeName>),
}

/// `type Name { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeDeclaration {
    /// Lines of `///` above it.
    pub doc: String,
    /// Its name.
    pub name: Ident,
    /// Its fields.
    pub fields: Vec<Field>,
    /// All of it.
    pub span: Span,
}

/// Where a field stands in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldSource {
    /// `from "a.b"`: the path in the JSON object.
    Path(String),
    /// `from key`
    Key,
    /// `from header("name")`
    Header(String),
}

/// How a timestamp is written: the unit of a number, or the format of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeUnit {
    /// `as seconds`
    Seconds,
    /// `as millis`
    Millis,
    /// `as micros`
    Micros,
    /// `as "%Y-%m-%d"`
    Text(String),
}

/// `time FIELD|record[, lateness D][, idle D][, ahead D]`, durations in microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeClause {
    /// The field, or `None` for `time record`.
    pub field: Option<Ident>,
    /// How far events may come out of order.
    pub lateness_us: Option<Spanned<i64>>,
    /// After how much silence time goes on without a partition.
    pub idle_us: Option<Spanned<i64>>,
    /// How far an event may be stamped ahead of its record.
    pub ahead_us: Option<Spanned<i64>>,
    /// All of it.
    pub span: Span,
}

/// `kafka("topic", format: json)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connector {
    /// Its kind, such as `kafka`.
    pub kind: Ident,
    /// The quoted argument.
    pub target: Option<Spanned<String>>,
    /// `name: value` options.
    pub options: Vec<(Ident, Spanned<String>)>,
    /// All of it.
    pub span: Span,
}
