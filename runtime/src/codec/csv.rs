//! Rows of CSV as records in JSON, so that the decoder of a stream reads them too.
//!
//! The first row names the columns, by the fields' names or by what they are called in records. An
//! empty cell is null; columns that are no field are passed over.

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
        for (field, cell) in heads.iter().zip(&row) {
            if let Some(field) = field
                && !cell.is_empty()
            {
                put(&mut record, field, json_of(cell, field.ty.base()));
            }
        }
        records.push(line, written, None, Some(record.to_string().as_bytes()));
    }
    Ok(records)
}

fn is_called(field: &FieldPlan, head: &str) -> bool {
    let FieldSource::Path(path) = &field.source;
    field.name == head || path.join(".") == head
}

/// Puts a value where the field is read from.
fn put(record: &mut Json, field: &FieldPlan, value: Json) {
    let FieldSource::Path(path) = &field.source;
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
