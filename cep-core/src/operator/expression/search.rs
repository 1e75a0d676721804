//! Searches of texts for a pattern, which is prepared.
//!
//! A column of texts is searched where it lies: nothing is copied but what a group has.

use super::{Evaluated, Operand, row_by_row};
use crate::function::{Function, apply_search};
use crate::pattern::Pattern;
use crate::value::{ColumnData, TextColumn, Type};

/// The value of a search for all rows; `arguments` are all but the pattern.
pub(super) fn evaluate<'a>(
    function: Function,
    pattern: &Pattern,
    ty: &Type,
    arguments: Vec<Evaluated<'a>>,
    len: usize,
) -> Evaluated<'a> {
    if let (Function::Matches, [text]) = (function, arguments.as_slice())
        && let Some(texts) = plain(text)
    {
        let found = (0..len).map(|row| pattern.is_in(texts.get(row))).collect();
        return Evaluated::owned(ColumnData::Bool(found), text.errors.clone());
    }
    row_by_row(ty, arguments, len, |values| apply_search(function, pattern, values))
}

/// Texts none of which is null.
fn plain<'c>(text: &'c Evaluated<'_>) -> Option<&'c TextColumn> {
    match &text.operand {
        Operand::Column(column) if column.valid.is_empty() => match &column.data {
            ColumnData::Text(texts) => Some(texts),
            _ => None,
        },
        _ => None,
    }
}
