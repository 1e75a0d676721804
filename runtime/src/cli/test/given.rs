//! Events of a test that stand in a file: JSON lines, CloudEvents in `events.jsonl`, or CSV.
//!
//! A file is read as a run would read it: the same decoder, and only the fields that some rule
//! reads. The offset of an event is the number of its line, from 0.

use super::super::wiring::place_and_format;
use super::super::{Exit, Failure};
use super::snapshot::folder::Undated;
use crate::codec::{Decoder, Format};
use crate::connector::open_source;
use crate::connector::{BadRecord, ConnectorError, ConnectorOptions, Polled, RecordBatch, Source};
use cep_core::plan::{FieldPlan, FieldSource, Plan, StreamId, StreamPlan};
use cep_core::time::EventTime;
use cep_core::value::{EventBatch, Type, Value};
use rule_lang::test_case::{GivenEvent, GivenFile};
use serde_json::{Map, Value as Json};
use std::path::Path;
use std::time::Duration;

/// What is asked for at once.
const MAX_RECORDS: usize = 4096;

/// The events of a file with their offsets, and what is no event.
#[derive(Debug, Default)]
pub(super) struct FileEvents {
    pub events: Vec<(u64, GivenEvent)>,
    pub bad: Vec<BadRecord>,
}

/// Reads the events of a stream from a file beside the rules.
///
/// # Errors
/// When it cannot be read, or holds no event: such a test would test nothing.
pub(super) fn read(
    plan: &Plan,
    id: StreamId,
    folder: &Path,
    file: &GivenFile,
) -> Result<FileEvents, Failure> {
    let Some(stream) = plan.stream(id) else { return Ok(FileEvents::default()) };
    let path = folder.join(&file.name);
    let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let mut reader = Reader::new(plan, id, stream, file);
    if is_csv {
        reader.take(&csv_records(&path, stream)?, Format::Json);
    } else {
        let (uri, format) = place_and_format(&format!("file:{}", path.display()), stream)?;
        let mut source = Undated::new(open_source(&uri, &ConnectorOptions::default())?);
        let mut records = RecordBatch::new();
        while source.poll(&mut records, MAX_RECORDS, Duration::ZERO)? == Polled::Records {
            reader.take(&records, format);
        }
    }
    if reader.found.events.is_empty() && reader.found.bad.is_empty() {
        let message = format!("no event of `{}` is in `{}`", stream.name, path.display());
        return Err(Failure::new(Exit::Wrong, message));
    }
    Ok(reader.found)
}

struct Reader<'a> {
    plan: &'a Plan,
    id: StreamId,
    stream: &'a StreamPlan,
    used: Vec<bool>,
    file: &'a GivenFile,
    found: FileEvents,
}

impl<'a> Reader<'a> {
    fn new(plan: &'a Plan, id: StreamId, stream: &'a StreamPlan, file: &'a GivenFile) -> Self {
        let used = plan.used_fields(id);
        Self { plan, id, stream, used, file, found: FileEvents::default() }
    }

    fn take(&mut self, records: &RecordBatch, format: Format) {
        let mut batch = EventBatch::new(self.id, self.stream);
        let mut decoder = Decoder::new(self.plan, self.id, format);
        decoder.decode(records, 0..records.len(), &mut batch, &mut self.found.bad);
        self.found.bad.extend(records.unreadable().iter().cloned());
        for (row, (time, offset)) in batch.times.iter().zip(&batch.offsets).enumerate() {
            let columns = batch.columns.iter().zip(&self.used);
            let values =
                columns.map(|(column, used)| if *used { column.get(row) } else { Value::Null });
            let event = GivenEvent {
                time: EventTime(*time),
                values: values.collect(),
                span: self.file.span,
            };
            self.found.events.push((*offset, event));
        }
    }
}

/// The rows of a CSV file as records in JSON. The first row names the columns, by the fields' names
/// or by what they are called in records; an empty cell is null.
fn csv_records(path: &Path, stream: &StreamPlan) -> Result<RecordBatch, Failure> {
    let failed = |error: csv::Error| {
        let error = std::io::Error::other(error.to_string());
        Failure::from(ConnectorError::io(format!("cannot read `{}`", path.display()), &error))
    };
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    let heads: Vec<Option<&FieldPlan>> = reader
        .headers()
        .map_err(failed)?
        .iter()
        .map(|head| stream.fields.iter().find(|field| is_called(field, head.trim())))
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
        records.push(line, None, None, Some(record.to_string().as_bytes()));
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
