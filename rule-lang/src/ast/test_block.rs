//! Test blocks as written.

use super::{Expr, Ident, Literal, Spanned};
use crate::source::Span;

/// A test block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Its title.
    pub title: Spanned<String>,
    /// `base @…`: what the offsets of its tables count from.
    pub base_us: Option<Spanned<i64>>,
    /// `until T`: an offset from the base or a timestamp.
    pub until: Option<Spanned<Literal>>,
    /// `set param = literal`.
    pub sets: Vec<(Ident, Expr)>,
    /// `given STREAM …`.
    pub givens: Vec<Given>,
    /// `expect …`.
    pub expects: Vec<Expect>,
    /// All of it.
    pub span: Span,
}

/// `given STREAM` and where its events stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The stream.
    pub stream: Ident,
    /// Its events.
    pub events: GivenEvents,
}

/// Where the events of a `given` stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenEvents {
    /// In a table below.
    Table(Table),
    /// `from file("…")`
    File(Spanned<String>),
}

/// `expect …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// What is expected.
    pub kind: ExpectKind,
    /// The event or stream; `None` for `expect [no] error`.
    pub name: Option<Ident>,
    /// `expect error "…"`: what its words hold.
    pub text: Option<Spanned<String>>,
    /// The rows, if a table follows.
    pub table: Option<Table>,
    /// Its first line.
    pub span: Span,
}

/// Kinds of expectations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectKind {
    /// `expect NAME`: exactly these rows, in order of time.
    All,
    /// `expect some NAME`: at least these rows.
    Some,
    /// `expect no NAME`: none, or none like these rows.
    None,
    /// `expect late STREAM`
    Late,
    /// `expect error`
    Error,
    /// `expect no error`
    NoError,
    /// `expect NAME matches snapshot`
    Snapshot,
}

/// A table of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The head.
    pub columns: Vec<Ident>,
    /// The rows, each as long as the head.
    pub rows: Vec<Row>,
    /// All of it.
    pub span: Span,
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its cells; `None` for a cell that could not be read, already reported.
    pub cells: Vec<Spanned<Option<Literal>>>,
    /// All of it.
    pub span: Span,
}
