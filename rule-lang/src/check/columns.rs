//! The columns of the tables in tests.

use super::declared_twice;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, fields_of};
use crate::test_case::{Column, ERROR_COLUMNS};
use cep_core::value::Type;

/// What each column holds, where that is known.
pub(super) type Columns = Vec<Option<(Column, Type)>>;

/// What a row has beside its fields: the column's name, what it is, and its type.
type Own = (&'static str, Column, Type);

/// Records and errors have a time.
pub(super) const TIME: [Own; 1] = [("time", Column::Time, Type::Timestamp)];

/// Rows of a table in a topic come at a time and may delete one.
pub(super) const OF_ROWS: [Own; 2] =
    [("time", Column::Time, Type::Timestamp), ("deleted", Column::Deleted, Type::Bool)];

/// Derived events can be revised, too.
pub(super) const OF_EVENTS: [Own; 3] = [
    ("time", Column::Time, Type::Timestamp),
    ("revision", Column::Revision, Type::Int),
    ("retracted", Column::Retracted, Type::Bool),
];

/// The columns of a table of errors.
pub(super) fn error_columns(table: &ast::Table, out: &mut Vec<Diagnostic>) -> Columns {
    let fields = ERROR_COLUMNS.map(|(name, ty)| (name.to_owned(), ty.optional()));
    columns(table, "error", (&fields, &TIME), &|_| false, out)
}

/// Whether a row says that it is deleted.
pub(super) fn deletes(row: &ast::Row, columns: &Columns) -> bool {
    let mut cells = row.cells.iter().zip(columns);
    let is = |column: &Option<(Column, Type)>| matches!(column, Some((Column::Deleted, _)));
    cells.any(|(cell, column)| is(column) && cell.value == Some(ast::Literal::Bool(true)))
}

/// What each column of a table holds: a field, or something of the row's `own` where no field has
/// that name. Columns that were `reported` elsewhere stay silent.
pub(super) fn columns(
    table: &ast::Table,
    of: &str,
    (fields, own): (&[(String, Type)], &[Own]),
    reported: &dyn Fn(&str) -> bool,
    out: &mut Vec<Diagnostic>,
) -> Columns {
    let mut seen: Vec<&ast::Ident> = Vec::new();
    let mut found = Vec::new();
    for column in &table.columns {
        if let Some(first) = seen.iter().find(|other| other.name == column.name) {
            declared_twice(out, "the column", &column.name, column.span, first.span);
        }
        seen.push(column);
        let field = fields.iter().find(|(name, _)| *name == column.name);
        found.push(match field {
            Some((name, ty)) => Some((Column::Field(name.clone()), ty.clone())),
            None if own.iter().any(|(name, ..)| *name == column.name) => {
                let mut own = own.iter().filter(|(name, ..)| *name == column.name);
                own.next().map(|(_, column, ty)| (column.clone(), ty.clone()))
            }
            None => {
                if !reported(&column.name) {
                    let names = || fields.iter().map(|(name, _)| name.as_str());
                    let guess = did_you_mean(&column.name, names());
                    out.push(
                        Diagnostic::new(
                            Code::UnknownColumn,
                            format!("`{of}` has no field `{}`", column.name),
                        )
                        .label(column.span, "")
                        .maybe_help(guess.or_else(|| fields_of(of, names()).map(Into::into))),
                    );
                }
                None
            }
        });
    }
    found
}
