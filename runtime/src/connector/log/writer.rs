//! The embedded log as a sink.

use super::{SEGMENT_BYTES, create_topic, entry, partition_of, read_topic, segment, segments};
use crate::connector::file::skip_lines;
use crate::connector::{
    ConnectorError, ConnectorErrorKind, ConnectorOptions, OutRecord, Record, Sink, Uri, foreign,
};
use crate::durable;
use std::fs::{File, TryLockError};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How much output of a partition is gathered before it is handed to the system.
const OUT_BYTES: usize = 64 * 1024;

struct LogSink {
    name: String,
    partitions: Vec<PartitionWriter>,
    /// Where the next record without a key goes.
    turn: u32,
    /// Held for as long as this writer lives.
    _lock: File,
}

struct PartitionWriter {
    dir: PathBuf,
    file: BufWriter<File>,
    next_offset: u64,
    segment_bytes: u64,
    dirty: bool,
    line: Vec<u8>,
}

pub(in crate::connector) fn open_sink(
    uri: &Uri,
    _: &ConnectorOptions,
) -> Result<Box<dyn Sink>, ConnectorError> {
    let Uri::Log { dir, topic } = uri else { return Err(foreign(uri)) };
    let (root, name) = (dir.join(topic), uri.to_string());
    if !root.join(super::TOPIC_FILE).exists() {
        create_topic(dir, topic, 1)?;
    }
    let count = read_topic(&root, &name)?;
    let doing = format!("cannot write `{name}`");
    let lock = File::create(root.join("writer.lock"))
        .map_err(|error| ConnectorError::io(doing.clone(), &error))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let cause = "another process is writing to it";
            return Err(ConnectorError::new(ConnectorErrorKind::Denied, doing, cause));
        }
        Err(TryLockError::Error(error)) => return Err(ConnectorError::io(doing, &error)),
    }
    let partitions = (0..count)
        .map(|partition| PartitionWriter::open(&root.join(partition.to_string())))
        .collect::<io::Result<_>>()
        .map_err(|error| ConnectorError::io(doing, &error))?;
    Ok(Box::new(LogSink { name, partitions, turn: 0, _lock: lock }))
}

impl PartitionWriter {
    fn open(dir: &Path) -> io::Result<Self> {
        let last = segments(dir)?.pop();
        let last = last.unwrap_or_else(|| segment(dir, 0));
        let mut file =
            File::options().create(true).truncate(false).read(true).write(true).open(&last.path)?;
        durable::sync_folder_of(&last.path)?;
        let segment_bytes = durable::drop_torn_line(&mut file)?;
        file.seek(SeekFrom::Start(0))?;
        let (records, _) = skip_lines(&mut file, u64::MAX)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self {
            dir: dir.to_owned(),
            file: BufWriter::with_capacity(OUT_BYTES, file),
            next_offset: last.base + records,
            segment_bytes,
            dirty: false,
            line: Vec::new(),
        })
    }

    fn append(&mut self, record: &OutRecord<'_>) -> io::Result<()> {
        if self.segment_bytes >= SEGMENT_BYTES {
            self.begin_segment()?;
        }
        self.line.clear();
        let OutRecord { value, key, timestamp, headers } = *record;
        let (offset, timestamp) = (self.next_offset, Some(timestamp));
        let record = Record { offset, value, key, timestamp };
        entry::write(None, &record, headers, &mut self.line);
        self.file.write_all(&self.line)?;
        self.dirty = true;
        self.next_offset += 1;
        self.segment_bytes += self.line.len() as u64;
        Ok(())
    }

    /// INVARIANT (segments are whole): a segment is safe on the disk before the next one exists,
    /// so only the last segment of a partition can be torn.
    fn begin_segment(&mut self) -> io::Result<()> {
        self.flush()?;
        let next = segment(&self.dir, self.next_offset);
        let file = File::options().create_new(true).write(true).open(&next.path)?;
        durable::sync_folder_of(&next.path)?;
        self.file = BufWriter::with_capacity(OUT_BYTES, file);
        self.segment_bytes = 0;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.dirty {
            self.file.flush()?;
            self.file.get_ref().sync_data()?;
            self.dirty = false;
        }
        Ok(())
    }
}

impl Sink for LogSink {
    fn write(&mut self, record: &OutRecord<'_>) -> Result<(), ConnectorError> {
        let count = u32::try_from(self.partitions.len()).unwrap_or(u32::MAX);
        let partition = match record.key {
            Some(key) => partition_of(key, count),
            None => {
                self.turn = (self.turn + 1) % count.max(1);
                self.turn
            }
        };
        let Some(writer) = self.partitions.get_mut(partition as usize) else { return Ok(()) };
        writer
            .append(record)
            .map_err(|error| ConnectorError::io(format!("cannot write `{}`", self.name), &error))
    }

    fn flush(&mut self) -> Result<(), ConnectorError> {
        for writer in &mut self.partitions {
            writer.flush().map_err(|error| {
                ConnectorError::io(format!("cannot write `{}`", self.name), &error)
            })?;
        }
        Ok(())
    }
}
