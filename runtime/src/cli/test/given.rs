//! Events of a test that stand in a file: JSON lines, CloudEvents in `events.jsonl`, or CSV.
//!
//! A file is read as a run would read it: the same decoder, and only the fields that some rule
//! reads. The offset of an event is the number of its line, from 0.

use super::super::wiring::place_and_format;
use super::super::{Exit, Failure};
use crate::codec::{Decoder, Format, csv_records};
use crate::connector::open_source;
use crate::connector::{BadRecord, ConnectorOptions, Polled, RecordBatch};
use cep_core::plan::{Plan, StreamId, StreamPlan};
use cep_core::time::EventTime;
use cep_core::value::{EventBatch, Value};
use rule_lang::test_case::{GivenEvent, GivenFile};
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
        reader.take(&csv_records(&path, &stream.fields, None)?, Format::Json);
    } else {
        let (uri, format) = place_and_format(&format!("file:{}", path.display()), stream)?;
        let mut source = open_source(&uri, &ConnectorOptions::default())?;
        let mut records = RecordBatch::new();
        while source.poll(&mut records, MAX_RECORDS, Duration::ZERO)? == Polled::Records {
            reader.take(&records, format.clone());
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
