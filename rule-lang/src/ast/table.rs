//! Tables as written.

use super::{Connector, Field, Ident, TimeClause};
use crate::source::Span;

/// `table Name { fields [time f] } key f, g [from CONNECTOR]`, or `table Name from STREAM key f, g`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedTable {
    /// Lines of `///` above it.
    pub doc: String,
    /// Its name.
    pub name: Ident,
    /// The stream whose latest events are its rows; then it has no fields of its own.
    pub of: Option<Ident>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// The fields that a row is found by.
    pub key: Vec<Ident>,
    /// From when on a row holds.
    pub time: Option<TimeClause>,
    /// Where its rows stand if the deployment does not say otherwise.
    pub connector: Option<Connector>,
    /// All of it.
    pub span: Span,
}
