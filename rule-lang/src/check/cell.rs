//! Cells of test tables as values.

use super::convert::literal_of_type;
use crate::ast::{Literal, Spanned};
use crate::diagnostic::{Advice, Code, Diagnostic, write_instead};
use crate::source::Span;
use cep_core::time::EventTime;
use cep_core::value::{Type, Value};

/// The value of a cell in a column of this type. Times may be offsets from `base_us`.
pub(super) fn value(literal: &Literal, ty: &Type, base_us: i64) -> Option<Value> {
    match (literal, ty.base()) {
        (Literal::Duration(offset), Type::Timestamp) => {
            let at = base_us.checked_add(*offset).and_then(EventTime::from_micros)?;
            Some(Value::Timestamp(at))
        }
        (Literal::String(text), Type::Timestamp) => {
            let at = chrono::DateTime::parse_from_rfc3339(text).ok()?;
            EventTime::from_micros(at.timestamp_micros()).map(Value::Timestamp)
        }
        (Literal::String(text), Type::Decimal) => {
            crate::parse::literal(text).and_then(|literal| match literal {
                Literal::Int(_) | Literal::Decimal(_) => literal_of_type(&literal, ty),
                _ => None,
            })
        }
        _ => literal_of_type(literal, ty),
    }
}

/// The value of a cell, or a diagnostic that it does not fit its column.
pub(super) fn checked(
    cell: &Spanned<Option<Literal>>,
    column: &str,
    column_span: Span,
    ty: &Type,
    base_us: i64,
    out: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let literal = cell.value.as_ref()?;
    let found = value(literal, ty, base_us);
    if found.is_none() {
        let title = match literal {
            Literal::Null => format!("`{column}` is {ty} and never null"),
            _ => format!("`{column}` is {}, this is not", ty.base()),
        };
        out.push(
            Diagnostic::new(Code::CellType, title)
                .label(cell.span, "")
                .label(column_span, format!("a column of {}", ty.base()))
                .maybe_help(help(literal, ty)),
        );
    }
    found
}

fn help(literal: &Literal, ty: &Type) -> Option<Advice> {
    let help = match (literal, ty.base()) {
        (Literal::Int(n), Type::Timestamp) => Advice {
            text: format!(
                "write `{n}s` for an offset, or a timestamp such as `@2026-01-01T00:00:00Z`"
            ),
            replacement: Some(format!("{n}s")),
        },
        (Literal::Int(n), Type::Duration) => write_instead(format!("{n}s")),
        (Literal::Int(n), Type::String) => write_instead(format!("\"{n}\"")),
        (Literal::String(text), Type::Int | Type::Decimal | Type::Float | Type::Bool) => {
            format!("write `{text}` without quotes").into()
        }
        _ => return None,
    };
    Some(help)
}
