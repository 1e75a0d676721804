//! `file:NAME.records.jsonl`, also packed: an export of a whole topic, which a run reads back as
//! the topic was.
//!
//! ```text
//! {"format":"cep-records","version":1,"partitions":2}
//! {"partition":0,"offset":7,"timestamp_us":1584981114028000,"key":"302","value":{"farmid":302}}
//! ```
//! The first line says what it is and how many partitions there are, since some may be empty. Each
//! other line is a record as in the embedded log (`log/entry.rs`), with its partition. Offsets rise
//! within a partition and may have gaps, as in Kafka. Only `cep copy` writes such files: nobody else
//! knows partitions and offsets.

use super::source::{Reader, open_reader};
use super::{append_chunk, place};
use crate::connector::lines::Lines;
use crate::connector::log::ENTRY_OVERHEAD_BYTES;
use crate::connector::log::entry::{self, Entry};
use crate::connector::{
    AtEnd, BadRecord, ConnectorError, ConnectorErrorKind, ConnectorOptions, Headers, OutRecord,
    Polled, Position, Progress, Record, RecordBatch, Sink, Source, Uri,
};
use cep_core::time::EventTime;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const FORMAT: &str = "cep-records";
const VERSION: u32 = 1;
/// More partitions than any topic has.
const MAX_PARTITIONS: u32 = 1_000_000;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    partitions: u32,
}

/// Whether the name of a file says that it holds an export.
pub(crate) fn holds_records(uri: &Uri) -> bool {
    let Uri::File { path, .. } = uri else { return false };
    let name = path.to_string_lossy();
    let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    name.ends_with(".records.jsonl")
}

/// Writes an export.
pub(crate) struct RecordsWriter {
    out: Box<dyn Sink>,
    line: Vec<u8>,
}

impl RecordsWriter {
    /// Begins the file anew.
    pub fn create(
        uri: &Uri,
        partitions: u32,
        options: &ConnectorOptions,
    ) -> Result<Self, ConnectorError> {
        let head = Head { format: FORMAT.into(), version: VERSION, partitions };
        let mut line = serde_json::to_vec(&head).map_err(|error| {
            ConnectorError::new(ConnectorErrorKind::Other, "cannot export", error.to_string())
        })?;
        line.push(b'\n');
        let mut writer = Self { out: super::sink::open_lines(uri, options)?, line };
        writer.put()?;
        Ok(writer)
    }

    /// Adds a record with its headers.
    pub fn write(
        &mut self,
        partition: u32,
        record: &Record<'_>,
        headers: &[(&str, &[u8])],
    ) -> Result<(), ConnectorError> {
        self.line.clear();
        entry::write(Some(partition), record, headers, &mut self.line);
        self.put()
    }

    fn put(&mut self) -> Result<(), ConnectorError> {
        let value = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let value = Some(value);
        self.out.write(&OutRecord { value, key: None, timestamp: EventTime(0), headers: &[] })
    }

    /// Returns when all that was written is safe.
    pub fn flush(&mut self) -> Result<(), ConnectorError> {
        self.out.flush()
    }
}

/// An export as a source of several partitions.
struct RecordsSource {
    uri: Uri,
    reader: Reader,
    read_bytes: Arc<AtomicU64>,
    lines: Lines,
    limit: usize,
    headers: Headers,
    partitions: Vec<Partition>,
    is_drained: bool,
}

#[derive(Default)]
struct Partition {
    /// What has been read of it and not handed out.
    staged: RecordBatch,
    /// The offset after the last line that was read of it.
    read_to: u64,
    /// The offset from which records are handed out.
    from: u64,
    has_ended: bool,
}

pub(super) fn open(
    uri: &Uri,
    options: &ConnectorOptions,
) -> Result<Box<dyn Source>, ConnectorError> {
    if options.at_end == Some(AtEnd::Follow) {
        let (doing, cause) = (format!("cannot follow `{uri}`"), "an export does not grow");
        return Err(ConnectorError::new(ConnectorErrorKind::Unsupported, doing, cause));
    }
    let (path, packing) = place(uri)?;
    let read_bytes = Arc::new(AtomicU64::new(0));
    // A value that is no JSON is longer in its line than it was.
    let limit = options.max_record_bytes.saturating_mul(2).saturating_add(ENTRY_OVERHEAD_BYTES);
    let mut source = RecordsSource {
        reader: open_reader(uri, path, packing, &read_bytes)?,
        uri: uri.clone(),
        read_bytes,
        lines: Lines::new(limit),
        limit,
        headers: options.headers,
        partitions: Vec::new(),
        is_drained: false,
    };
    let count = source.read_head()?;
    source.partitions.resize_with(count as usize, Partition::default);
    Ok(Box::new(source))
}

impl RecordsSource {
    fn failed(&self, error: &io::Error) -> ConnectorError {
        ConnectorError::io(format!("cannot read `{}`", self.uri), error)
    }

    fn corrupt(&self, cause: impl Into<String>) -> ConnectorError {
        let doing = format!("cannot read `{}`", self.uri);
        ConnectorError::new(ConnectorErrorKind::Corrupt, doing, cause.into())
    }

    /// Reads until there is a line; says whether there is one.
    fn read_lines(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<bool, ConnectorError> {
        self.lines.begin(buffer);
        while !self.lines.cut(buffer, most) {
            self.lines.begin(buffer);
            if append_chunk(&mut self.reader, buffer).map_err(|error| self.failed(&error))? == 0 {
                self.is_drained = true;
                return Ok(self.lines.finish(buffer));
            }
        }
        Ok(true)
    }

    /// Takes the first line and gives the number of partitions.
    fn read_head(&mut self) -> Result<u32, ConnectorError> {
        let mut buffer = Vec::new();
        self.read_lines(&mut buffer, 1)?;
        let line = self.lines.found.first().and_then(|line| buffer.get(line.start..line.end));
        let head = line.and_then(|line| serde_json::from_slice::<Head>(line).ok());
        match head {
            Some(head)
                if (head.format.as_str(), head.version) == (FORMAT, VERSION)
                    && head.partitions <= MAX_PARTITIONS =>
            {
                Ok(head.partitions)
            }
            _ => Err(self
                .corrupt("its first line is not that of an export of this version")
                .with_help(
                    "`cep copy FROM file:NAME.records.jsonl` makes one; name other files otherwise",
                )),
        }
    }

    /// Reads some lines and lays their records out by partition.
    fn stage(&mut self, most: usize) -> Result<(), ConnectorError> {
        let mut buffer = Vec::new();
        self.read_lines(&mut buffer, most)?;
        let mut too_long = std::mem::take(&mut self.lines.too_long).into_iter().peekable();
        for line in std::mem::take(&mut self.lines.found) {
            while let Some(bad) = too_long.next_if(|bad| bad.offset < line.number) {
                self.take_bad(bad)?;
            }
            let bytes = buffer.get(line.start..line.end).unwrap_or_default();
            let entry = entry::read(bytes);
            let place = entry.as_ref().and_then(|entry| Some((entry.partition?, entry.offset)));
            let (Some(entry), Some((partition, offset))) = (entry, place) else {
                return Err(self.corrupt(format!("line {} holds no record", line.number + 1)));
            };
            self.take(partition, offset, Staged::Record(&entry, bytes))?;
        }
        too_long.try_for_each(|bad| self.take_bad(bad))?;
        if self.is_drained && self.partitions.iter().any(|known| known.read_to < known.from) {
            return Err(self.corrupt("it has become shorter than what was read of it"));
        }
        Ok(())
    }

    /// Takes a line that is longer than a line may be; its offset is its number.
    fn take_bad(&mut self, bad: BadRecord) -> Result<(), ConnectorError> {
        match entry::read_place(&bad.bytes) {
            Some((Some(partition), offset)) => self.take(partition, offset, Staged::Bad(bad)),
            _ => Err(self.corrupt(format!("line {} holds no record", bad.offset + 1))),
        }
    }

    fn take(&mut self, number: u32, offset: u64, staged: Staged<'_>) -> Result<(), ConnectorError> {
        let count = self.partitions.len();
        let Some(partition) = self.partitions.get_mut(number as usize) else {
            let cause = format!("a record of partition {number} stands in it, and it has {count}");
            return Err(self.corrupt(cause));
        };
        if offset < partition.read_to {
            let cause = format!("offset {offset} of partition {number} stands after a later one");
            return Err(self.corrupt(cause));
        }
        partition.read_to = offset.saturating_add(1);
        if offset < partition.from {
            return Ok(());
        }
        let batch = &mut partition.staged;
        if batch.is_empty() {
            batch.reset(number);
        }
        match staged {
            Staged::Record(entry, line) => entry.push(line, self.headers, batch),
            Staged::Bad(bad) => {
                batch.push_unreadable(BadRecord { partition: number, offset, ..bad });
            }
        }
        Ok(())
    }

    /// Hands out a partition's records, or its end.
    fn hand_out(&mut self, batch: &mut RecordBatch) -> Option<Polled> {
        let is_drained = self.is_drained;
        for (number, partition) in (0..).zip(&mut self.partitions) {
            if !partition.staged.is_empty() {
                std::mem::swap(batch, &mut partition.staged);
                partition.staged.reset(number);
                partition.from = batch.next_offset();
                return Some(Polled::Records);
            }
            if is_drained && !partition.has_ended {
                partition.has_ended = true;
                return Some(Polled::Ended { partition: number });
            }
        }
        None
    }
}

enum Staged<'a> {
    Record(&'a Entry, &'a [u8]),
    Bad(BadRecord),
}

impl Source for RecordsSource {
    fn partitions(&self) -> u32 {
        u32::try_from(self.partitions.len()).unwrap_or(u32::MAX)
    }

    fn poll(
        &mut self,
        batch: &mut RecordBatch,
        max_records: usize,
        _: Duration,
    ) -> Result<Polled, ConnectorError> {
        loop {
            if let Some(polled) = self.hand_out(batch) {
                return Ok(polled);
            }
            if self.is_drained {
                return Ok(Polled::Nothing);
            }
            self.stage(max_records)?;
        }
    }

    fn seek(&mut self, positions: &[Position]) -> Result<(), ConnectorError> {
        let (path, packing) = place(&self.uri)?;
        self.reader = open_reader(&self.uri, path, packing, &self.read_bytes)?;
        self.lines = Lines::new(self.limit);
        self.is_drained = false;
        self.read_head()?;
        for partition in &mut self.partitions {
            partition.staged.reset(0);
            partition.read_to = 0;
            partition.has_ended = false;
        }
        for position in positions {
            if let Some(partition) = self.partitions.get_mut(position.partition as usize) {
                partition.from = position.offset;
            }
        }
        Ok(())
    }

    fn progress(&self) -> Option<Progress> {
        let total = place(&self.uri).ok().map(|(path, _)| Path::metadata(path))?.ok()?.len();
        Some(Progress { done: self.read_bytes.load(Ordering::Relaxed).min(total), total })
    }
}
