//! Rows of CSV as records in JSON, so that the decoder of a stream reads them too.
//!
//! The first row names the columns, by the fields' names or by what they are called in records. An
//! empty cell is null; columns that are no field are passed over. A row has a key and headers where
//! fields are read from those.

use crate::connector::file::open_unpacked;
use crate::connector::{ConnectorError, ConnectorErrorKind, RecordBatch};
use cep_core::plan::{FieldPlan, FieldSource};
use cep_core::time::EventTime;
use cep_core::value::Type;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::path::Path;

/// The rows of a CSV file, packed or not. The offset of each is the number of its line, from 0.
///
/// # Errors
/// When the file cannot be read, is no CSV, or its columns are not those of the fields.
pub fn csv_records(
    path: &Path,
    fields: &[FieldPlan],
    written: Option<EventTime>,
) -> Result<RecordBatch, ConnectorError> {
    let corrupt = |why: String| {
        let doing = format!("cannot read `{}`", path.display());
        ConnectorError::new(ConnectorErrorKind::Corrupt, doing, why)
    };
    let failed = |error: csv::Error| corrupt(error.to_string());
    let mut reader = csv::Reader::from_reader(open_unpacked(path)?);
    let names: Vec<String> =
        reader.headers().map_err(failed)?.iter().map(|name| name.trim().to_owned()).collect();
    if let Some(wrong) = wrong_columns(&names, fields) {
        return Err(corrupt(wrong));
    }
    let heads: Vec<Option<&FieldPlan>> =
        names.iter().map(|name| fields.iter().find(|field| is_called(field, name))).collect();
    let mut records = RecordBatch::new();
    for row in reader.into_records() {
        let row = row.map_err(failed)?;
        let line = row.position().map_or(0, |position| position.line().saturating_sub(1));
        let mut record = Json::Object(Map::new());
        let (mut key, mut headers) = (None, Vec::new());
        for (field, cell) in heads.iter().zip(&row) {
            let Some(field) = field.filter(|_| !cell.is_empty()) else { continue };
            match &field.source {
                FieldSource::Path(path) => put(&mut record, path, json_of(cell, field.ty.base())),
                FieldSource::Operation | FieldSource::Before | FieldSource::Deletion => {
                    let name = std::slice::from_ref(&field.name);
                    put(&mut record, name, json_of(cell, field.ty.base()));
                }
                FieldSource::Key => key = Some(cell.as_bytes()),
                FieldSource::Header(name) => headers.push((name, cell.as_bytes())),
            }
        }
        records.push(line, written, key, Some(record.to_string().as_bytes()));
        headers.into_iter().for_each(|(name, value)| records.push_header(name, value));
    }
    Ok(records)
}

/// What is wrong with the names of columns, if anything is: there are none, two are the same, or a
/// field that is always there has none.
pub fn wrong_columns(names: &[String], fields: &[FieldPlan]) -> Option<String> {
    if names.iter().all(String::is_empty) {
        return Some("its first line names no columns".to_owned());
    }
    let is_read = |name: &str| fields.iter().any(|field| is_called(field, name));
    let mut known = BTreeSet::new();
    if let Some(name) = names.iter().find(|name| is_read(name) && !known.insert(name.as_str())) {
        return Some(format!("two of its columns are named `{name}`"));
    }
    let needs_column = |field: &&FieldPlan| {
        let stands_in_row = !matches!(field.source, FieldSource::Operation | FieldSource::Before);
        stands_in_row && !field.ty.is_optional() && !names.iter().any(|it| is_called(field, it))
    };
    let missing: Vec<String> =
        fields.iter().filter(needs_column).map(|field| format!("`{}`", field.name)).collect();
    (!missing.is_empty())
        .then(|| format!("its first line names no column for {}", missing.join(", ")))
}

pub(super) fn is_called(field: &FieldPlan, head: &str) -> bool {
    field.name == head
        || match &field.source {
            FieldSource::Path(path) => path.join(".") == head,
            FieldSource::Operation | FieldSource::Before | FieldSource::Deletion => false,
            FieldSource::Key => head == "key",
            FieldSource::Header(name) => name == head,
        }
}

/// Puts a value where a field is read from.
fn put(record: &mut Json, path: &[String], value: Json) {
    let mut place = record;
    for name in path {
        if !place.is_object() {
            *place = Json::Object(Map::new());
        }
        let Some(members) = place.as_object_mut() else { return };
        place = members.entry(name.clone()).or_insert(Json::Null);
    }
    *place = value;
}

/// A cell as JSON of the field's type; what does not fit stays text, and the decoder says why.
fn json_of(cell: &str, ty: &Type) -> Json {
    let number = || cell.trim().parse::<i64>().map(Json::from);
    let parsed = match ty {
        Type::String | Type::Decimal => None,
        Type::Int | Type::Timestamp => number().ok(),
        _ => serde_json::from_str(cell.trim()).ok(),
    };
    parsed.unwrap_or_else(|| Json::from(cell))
}
