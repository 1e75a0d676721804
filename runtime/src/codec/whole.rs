//! Lists, records and JSON: values that are read as a whole, after a tier has found where they are.
//!
//! The record was checked when it was passed, so this only fits what is there to its type. Inside,
//! the rules are those of fields: a member that is absent or null is null where its type is
//! optional and makes the record bad otherwise, members that the type does not have are passed
//! over, and the first of duplicate members counts. What is wrong is named by its path, such as
//! `items[2].price`.

use super::fit::Fitting;
use super::instant::InstantReader;
use super::parser::{Name, token};
use super::projection::Field;
use super::reason::Reason;
use super::token::{Kind, Token};
use cep_core::plan::TimestampFormat;
use cep_core::value::{Type, Value, compact_json};
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::sync::Arc;

/// The value of this type that stands as `raw`; `path` is what messages call it.
pub(super) fn read(
    raw: &str,
    ty: &Type,
    path: &str,
    instants: &mut InstantReader,
) -> Result<Value, Reason> {
    match ty {
        Type::Json => Ok(Value::Json(compact_json(raw).into())),
        Type::List(element) => list(raw, element, path, instants),
        Type::Record(fields) => record(raw, fields, path, instants),
        _ => part(&token(raw, 0), raw, ty, path.to_owned(), instants),
    }
}

/// A value inside, which may be absent.
fn part(
    token: &Token,
    raw: &str,
    ty: &Type,
    path: String,
    instants: &mut InstantReader,
) -> Result<Value, Reason> {
    let field = Field::part(path, ty, TimestampFormat::Automatic);
    if matches!(token.kind, Kind::Missing | Kind::Null) {
        return if field.is_optional {
            Ok(Value::Null)
        } else {
            Err(Reason::absent(&field, token))
        };
    }
    Fitting { record: raw, field: &field, token }.value(ty, instants)
}

fn list(
    raw: &str,
    element: &Type,
    path: &str,
    instants: &mut InstantReader,
) -> Result<Value, Reason> {
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw) else {
        return Err(misfit(raw, path, "a list"));
    };
    let item = |(index, item): (usize, &&RawValue)| {
        let (raw, path) = (item.get(), format!("{path}[{index}]"));
        part(&token(raw, 0), raw, element, path, instants)
    };
    let values: Vec<Value> = items.iter().enumerate().map(item).collect::<Result<_, _>>()?;
    Ok(Value::List(values.into()))
}

fn record(
    raw: &str,
    fields: &[(String, Type)],
    path: &str,
    instants: &mut InstantReader,
) -> Result<Value, Reason> {
    let mut json = serde_json::Deserializer::from_str(raw);
    let visitor = Members(fields);
    let Ok(found) = serde::Deserializer::deserialize_map(&mut json, visitor) else {
        return Err(misfit(raw, path, "an object"));
    };
    let member = |((name, ty), raw): (&(String, Type), &Option<&RawValue>)| {
        let raw = raw.map_or("", RawValue::get);
        let token = if raw.is_empty() { Token::MISSING } else { token(raw, 0) };
        let value = part(&token, raw, ty, format!("{path}.{name}"), instants)?;
        Ok((Arc::from(name.as_str()), value))
    };
    let members: Vec<(Arc<str>, Value)> =
        fields.iter().zip(&found).map(member).collect::<Result<_, Reason>>()?;
    Ok(Value::Record(members.into()))
}

fn misfit(raw: &str, path: &str, wanted: &str) -> Reason {
    let field = Field::part(path.to_owned(), &Type::Json, TimestampFormat::Automatic);
    Fitting { record: raw, field: &field, token: &token(raw, 0) }.misfit(wanted)
}

/// Finds the members that a record type has, in the order of the type.
struct Members<'a>(&'a [(String, Type)]);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<Option<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = vec![None; self.0.len()];
        while let Some(name) = map.next_key_seed(Name)? {
            let value = map.next_value::<&'de RawValue>()?;
            let index = self.0.iter().position(|(known, _)| *known == name);
            if let Some(place) = index.and_then(|index| found.get_mut(index))
                && place.is_none()
            {
                *place = Some(value);
            }
        }
        Ok(found)
    }
}
