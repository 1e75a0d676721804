//! Tables as written.

use super::{Connector, Field, Ident, TimeClause};
use crate::source::Span;

/// `table Name { fields [time f] } key f, g [from CONNECTOR]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedTable {
    /// Lines of `///` above it.
    pub doc: String,
    /// Its name.
    pub name: Ident,
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
