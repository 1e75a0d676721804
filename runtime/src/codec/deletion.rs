//! Records that delete a row of a table: they have no value, or the JSON text `null` as one.
//!
//! Which row it is stands in the record's key. Fields of the table's key that are declared `from key` or
//! a header are read as ever. The others are read from the record's key as if it were a value, if it is
//! a JSON object; of any other the whole is the one field of the table's key.

use super::Format;
use super::decoder::Decoder;
use super::instant::InstantReader;
use super::outer::{Outer, Place};
use super::projection::{Field, Projection, TimeFrom};
use super::reason::Reason;
use crate::connector::RecordBatch;
use cep_core::plan::{FieldPlan, FieldSource, Plan, StreamId, StreamPlan, TimeSource};
use cep_core::value::{EventBatch, Value};
use std::ops::Range;

/// Reads which row is deleted.
#[derive(Debug)]
pub(super) struct Deletions {
    /// The column that says so.
    column: usize,
    /// The fields of the table's key that are read from wherever they are declared to stand.
    declared: Vec<(usize, Outer)>,
    /// Those that stand in values, as one that is the whole key of the record.
    in_values: Vec<(usize, Outer)>,
    /// Whether the one of them may be the whole key of the record.
    may_be_whole: bool,
    /// Reads them as members of an object; a row of them.
    object: Option<(Decoder, EventBatch)>,
    /// Whether a value that is the text `null` is none.
    reads_null: bool,
}

impl Deletions {
    /// A reader, if the stream is that of a table's rows.
    pub fn new(plan: &Plan, id: StreamId, format: &Format) -> Option<Self> {
        let stream = plan.stream(id)?;
        let column = stream.deletion()?;
        let table = plan.tables.iter().find(|table| table.of == Some(id))?;
        let (mut declared, mut in_values, mut fields) = (Vec::new(), Vec::new(), Vec::new());
        for at in table.key.iter().map(|at| *at as usize) {
            let Some(plan) = stream.fields.get(at) else { continue };
            let outer = |place| (at, Outer { place, field: Field::of(plan) });
            match &plan.source {
                FieldSource::Key => declared.push(outer(Place::Key)),
                FieldSource::Header(name) => declared.push(outer(Place::Header(name.clone()))),
                _ => {
                    in_values.push(outer(Place::Key));
                    fields.push(plan.clone());
                }
            }
        }
        let takes_key = declared.iter().any(|(_, outer)| matches!(outer.place, Place::Key));
        Some(Self {
            column,
            may_be_whole: in_values.len() == 1 && !takes_key,
            declared,
            in_values,
            object: (!fields.is_empty()).then(|| reader(id, stream, fields)),
            reads_null: matches!(format, Format::Json | Format::CloudEvents),
        })
    }

    /// Whether a value stands for none.
    pub fn is_none(&self, value: &[u8]) -> bool {
        self.reads_null && value.trim_ascii() == b"null"
    }

    /// Appends the row that a record deletes, but for its time and offset.
    pub fn push(
        &mut self,
        (records, index): (&RecordBatch, usize),
        into: &mut EventBatch,
        instants: &mut InstantReader,
    ) -> Result<(), Reason> {
        let row = into.offsets.len();
        for (at, outer) in &self.declared {
            if let Some(column) = into.columns.get_mut(*at) {
                outer.push((records, index), None, column, instants)?;
            }
        }
        let key = records.get(index).and_then(|record| record.key).unwrap_or_default();
        let text = std::str::from_utf8(key).unwrap_or_default().trim_ascii();
        match &mut self.object {
            Some((decoder, batch)) if text.starts_with('{') => {
                batch.clear();
                decoder.sole(text, batch)?;
                for ((at, _), part) in self.in_values.iter().zip(&batch.columns) {
                    into.columns.get_mut(*at).into_iter().for_each(|it| it.push(&part.get(0)));
                }
            }
            Some(_) if self.may_be_whole => {
                for (at, outer) in &self.in_values {
                    if let Some(column) = into.columns.get_mut(*at) {
                        outer.push((records, index), None, column, instants)?;
                    }
                }
            }
            Some(_) => {
                let names = self.in_values.iter().map(|(_, outer)| outer.field.path.as_str());
                return Err(Reason::no_key_object(&names.collect::<Vec<_>>()));
            }
            None => {}
        }
        for (at, column) in into.columns.iter_mut().enumerate() {
            if at == self.column {
                column.push(&Value::Bool(true));
            } else if column.len() <= row {
                column.push_null();
            }
        }
        Ok(())
    }
}

impl Decoder {
    /// Whether a record with its value there deletes a row.
    #[inline(always)]
    pub(super) fn deletes(&self, records: &RecordBatch, value: Option<&Range<usize>>) -> bool {
        let Some(deletions) = &self.deletions else { return false };
        let value = value.and_then(|value| records.bytes().get(value.clone()));
        value.is_none_or(|value| deletions.is_none(value))
    }

    /// Appends the row that a record deletes, but for its offset: from when it was written on.
    #[inline(never)]
    pub(super) fn deletion(
        &mut self,
        records: &RecordBatch,
        index: usize,
        into: &mut EventBatch,
    ) -> Result<(), Reason> {
        let Self { projection, instants, deletions, .. } = self;
        let Some(deletions) = deletions else { return Err(Reason::no_value()) };
        deletions.push((records, index), into, instants).map_err(Reason::deletion)?;
        let written = records.get(index).and_then(|record| record.timestamp);
        let time = match &projection.time {
            TimeFrom::Outer(outer) => {
                let time = outer.instant(records, index, instants)?;
                projection.check_ahead(&outer.field, time, written)?;
                time
            }
            TimeFrom::Record | TimeFrom::Slot(..) => written.ok_or_else(Reason::no_timestamp)?,
        };
        into.times.push(time.0);
        Ok(())
    }
}

/// Reads the fields as members of an object.
fn reader(id: StreamId, stream: &StreamPlan, fields: Vec<FieldPlan>) -> (Decoder, EventBatch) {
    let row = StreamPlan { fields, key: None, time: TimeSource::Record, ..stream.clone() };
    let projection = Projection::new(Some(&row), &vec![true; row.fields.len()], &Format::Json);
    (Decoder::of_projection(projection), EventBatch::new(id, &row))
}
