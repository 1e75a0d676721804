//! Rows of CSV as records in JSON, so that the decoder of a stream reads them too.
//!
//! The first row names the columns, by the fields' names or by what they are called in records. An
//! empty cell is null; columns that are no field are passed over. A row has a key and headers where
//! fields are read from those.

use crate::connector::{ConnectorError, RecordBatch};
use cep_core::plan::{FieldPlan, FieldSource};
use cep_core::time::EventTime;
use cep_core::value::Type;
use serde_json::{Map, Value as Json};
use std::path::Path;

/// The rows of a CSV file. The offset of each is the number of its line, from 0.
///
/// # Errors
/// When the file cannot be read, or is no CSV.
pub fn csv_records(
    path: &Path,
    fields: &[FieldPlan],
    written: Option<EventTime>,
) -> Result<RecordBatch, ConnectorError> {
    let failed = |error: csv::Error| {
        let error = std::io::Error::other(error.to_string());
        ConnectorError::io(format!("cannot read `{}`", path.display()), &error)
    };
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    let heads: Vec<Option<&FieldPlan>> = reader
        .headers()
        .map_err(failed)?
        .iter()
        .map(|head| fields.iter().find(|field| is_called(field, head.trim())))
        .collect();
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
