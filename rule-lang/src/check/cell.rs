//! Cells of test tables as values.

use super::convert::literal_of_type;
use crate::ast::{self, Literal, Spanned};
use crate::diagnostic::{Advice, Code, Diagnostic, write_instead};
use crate::source::Span;
use cep_core::plan::FieldPlan;
use cep_core::time::EventTime;
use cep_core::value::{Type, Value, compact_json};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The value of an expression of literals in a place of this type.
pub(super) fn constant(ast: &ast::Expr, ty: &Type, base_us: i64) -> Option<Value> {
    match (&ast.kind, ty.base()) {
        (ast::ExprKind::Literal(literal), _) => value(literal, ty, base_us),
        (ast::ExprKind::List(items), Type::List(element)) => {
            let items = items.iter().map(|item| constant(item, element, base_us));
            items.collect::<Option<Vec<Value>>>().map(|items| Value::List(items.into()))
        }
        (ast::ExprKind::Record(members), Type::Record(fields)) => {
            let known = |name: &str| fields.iter().any(|(known, _)| known == name);
            if !members.iter().all(|(name, _)| known(&name.name)) {
                return None;
            }
            let member = |(name, ty): &(String, Type)| {
                let found = members.iter().find(|(known, _)| known.name == *name);
                let value = match found {
                    Some((_, value)) => constant(value, ty, base_us)?,
                    None => ty.is_optional().then_some(Value::Null)?,
                };
                Some((name.as_str().into(), value))
            };
            let members: Option<Vec<_>> = fields.iter().map(member).collect();
            members.map(|members| Value::Record(members.into()))
        }
        _ => None,
    }
}

/// The value that stands as JSON in a place of this type.
pub(super) fn json(text: &str, ty: &Type, base_us: i64) -> Option<Value> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    let text = raw.get();
    match ty.base() {
        _ if text == "null" => ty.is_optional().then_some(Value::Null),
        Type::Json => Some(Value::Json(compact_json(text).into())),
        Type::List(element) => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            let items = items.iter().map(|item| json(item.get(), element, base_us));
            items.collect::<Option<Vec<Value>>>().map(|items| Value::List(items.into()))
        }
        Type::Record(fields) => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            let member = |(name, ty): &(String, Type)| {
                let value = match members.get(name) {
                    Some(found) => json(found.get(), ty, base_us)?,
                    None => ty.is_optional().then_some(Value::Null)?,
                };
                Some((name.as_str().into(), value))
            };
            let members: Option<Vec<_>> = fields.iter().map(member).collect();
            members.map(|members| Value::Record(members.into()))
        }
        base if text.starts_with('"') => {
            let text: String = serde_json::from_str(text).ok()?;
            let is_time = matches!(base, Type::Timestamp | Type::Duration);
            let literal = crate::parse::literal(&text).filter(|_| is_time);
            value(&literal.unwrap_or(Literal::String(text)), ty, base_us)
        }
        _ => value(&crate::parse::literal(text)?, ty, base_us),
    }
}

/// The value of a cell in a column of this type. Times may be offsets from `base_us`.
pub(super) fn value(literal: &Literal, ty: &Type, base_us: i64) -> Option<Value> {
    match (literal, ty.base()) {
        (Literal::Null, _) => ty.is_optional().then_some(Value::Null),
        (Literal::Json(text), _) => json(text, ty, base_us),
        (Literal::String(text), Type::Json) => {
            serde_json::to_string(text).ok().map(|text| Value::Json(text.into()))
        }
        (Literal::Int(value), Type::Json) => Some(Value::Json(value.to_string().into())),
        (Literal::Decimal(value), Type::Json) => Some(Value::Json(value.to_string().into())),
        (Literal::Float(bits), Type::Json) => {
            Some(Value::Json(f64::from_bits(*bits).to_string().into()))
        }
        (Literal::Bool(value), Type::Json) => Some(Value::Json(value.to_string().into())),
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

/// Whether a cell's value is none that the field's declaration rules out; if not, that is reported.
pub(super) fn admitted(
    field: &FieldPlan,
    value: &Value,
    cell: Span,
    out: &mut Vec<Diagnostic>,
) -> bool {
    let admitted = field.admits(value);
    if let (false, Some(least)) = (admitted, &field.least) {
        let title = format!("`{}` is never less than {least}", field.name);
        let bad = Diagnostic::new(Code::CellType, title).label(cell, "");
        out.push(bad.help("a record with this value is a bad record, which no rule reads"));
    }
    admitted
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
        (_, Type::Enum(_)) => format!("write one of {}", ty.base()).into(),
        (_, Type::List(_)) => "write a list as JSON: `[1, 2]`".into(),
        (_, Type::Record(_)) => "write a record as JSON: `{\"name\": 1}`".into(),
        _ => return None,
    };
    Some(help)
}
