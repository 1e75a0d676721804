//! The embedded log as a source.

use super::entry;
use super::{Segment, read_topic, segments};
use crate::connector::file::{append_chunk, skip_lines};
use crate::connector::lines::{Line, Lines};
use crate::connector::{
    AtEnd, BadRecord, ConnectorError, ConnectorErrorKind, ConnectorOptions, Headers, Polled,
    Position, Progress, RecordBatch, Source, Uri, foreign,
};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

/// How often the end of a followed log is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How many bytes a line may have beside its record.
pub(in crate::connector) const ENTRY_OVERHEAD_BYTES: usize = 4096;

struct LogSource {
    partitions: Vec<PartitionReader>,
    turn: usize,
}

/// Reads one partition, segment after segment.
struct PartitionReader {
    name: String,
    partition: u32,
    dir: PathBuf,
    at_end: AtEnd,
    limit: usize,
    headers: Headers,
    /// Where the partition ended when the source was opened, for one that stops: the last
    /// segment and how many of its bytes.
    end: Option<(Segment, u64)>,
    /// The segment being read.
    current: Option<(Segment, io::Take<File>)>,
    lines: Lines,
    passed_bytes: u64,
    total_bytes: u64,
    ended: bool,
}

pub(in crate::connector) fn open_source(
    uri: &Uri,
    options: &ConnectorOptions,
) -> Result<Box<dyn Source>, ConnectorError> {
    let Uri::Log { dir, topic } = uri else { return Err(foreign(uri)) };
    let root = dir.join(topic);
    let count = read_topic(&root, &uri.to_string())?;
    let partitions = (0..count).map(|partition| {
        let mut reader = PartitionReader {
            name: uri.to_string(),
            partition,
            dir: root.join(partition.to_string()),
            at_end: options.at_end.unwrap_or(AtEnd::Stop),
            limit: options.max_record_bytes.saturating_add(ENTRY_OVERHEAD_BYTES),
            headers: options.headers,
            end: None,
            current: None,
            lines: Lines::new(0),
            passed_bytes: 0,
            total_bytes: 0,
            ended: false,
        };
        reader.open()?;
        Ok(reader)
    });
    let partitions: Vec<_> = partitions.collect::<Result<_, _>>()?;
    let turn = partitions.len().saturating_sub(1); // the next is the first
    Ok(Box::new(LogSource { partitions, turn }))
}

impl PartitionReader {
    fn failed(&self, error: &io::Error) -> ConnectorError {
        ConnectorError::io(
            format!("cannot read partition {} of `{}`", self.partition, self.name),
            error,
        )
    }

    fn corrupt(&self, doing: &str, cause: String) -> ConnectorError {
        let doing = format!("cannot {doing} partition {} of `{}`", self.partition, self.name);
        ConnectorError::new(ConnectorErrorKind::Corrupt, doing, cause)
    }

    fn segments(&self) -> Result<Vec<Segment>, ConnectorError> {
        segments(&self.dir).map_err(|error| self.failed(&error))
    }

    /// Goes to the first record and settles where the end is.
    fn open(&mut self) -> Result<(), ConnectorError> {
        let segments = self.segments()?;
        for segment in &segments {
            let metadata = segment.path.metadata().map_err(|error| self.failed(&error))?;
            self.total_bytes += metadata.len();
            if self.at_end == AtEnd::Stop {
                self.end = Some((segment.clone(), metadata.len()));
            }
        }
        match segments.into_iter().next() {
            Some(first) => self.enter(first),
            None => Ok(()),
        }
    }

    /// Begins to read a segment.
    fn enter(&mut self, segment: Segment) -> Result<(), ConnectorError> {
        let limit = match &self.end {
            Some((last, length)) if *last == segment => *length,
            _ => u64::MAX,
        };
        let file = File::open(&segment.path).map_err(|error| self.failed(&error))?;
        self.lines = Lines::resume(segment.base, Vec::new(), self.limit);
        self.current = Some((segment, file.take(limit)));
        Ok(())
    }

    /// Where the current segment has been read to its end, goes on to the next; says whether
    /// there is one.
    fn enter_next(&mut self) -> Result<bool, ConnectorError> {
        let current = self.current.as_ref().map(|(segment, _)| segment.clone());
        if self.end.as_ref().map(|(last, _)| last) == current.as_ref() && self.end.is_some() {
            return Ok(false);
        }
        if self.at_end == AtEnd::Stop && self.end.is_none() {
            return Ok(false); // it was empty when it was opened
        }
        let next = self.segments()?.into_iter().find(|segment| match &current {
            // A later base says that the current segment holds records yet to be read.
            Some(current) => segment > current && segment.base == self.lines.next_number(),
            None => true,
        });
        match next {
            Some(next) => self.enter(next).map(|()| true),
            None => Ok(false),
        }
    }

    /// Reads until there is a line or nothing more; says whether there is a line.
    fn read_lines(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<bool, ConnectorError> {
        self.lines.begin(buffer);
        while !self.lines.cut(buffer, most) {
            self.lines.begin(buffer);
            let read = match &mut self.current {
                Some((_, file)) => append_chunk(file, buffer),
                None => Ok(0),
            };
            let read = read.map_err(|error| self.failed(&error))?;
            self.passed_bytes += read as u64;
            if read == 0 {
                self.lines.cut(buffer, most);
                self.give_back().map_err(|error| self.failed(&error))?;
                if !self.enter_next()? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// A line that has no end yet is read again later: the next writer may have cut it off.
    fn give_back(&mut self) -> io::Result<()> {
        let bytes = self.lines.give_back();
        if let Some((_, file)) = self.current.as_mut().filter(|_| bytes > 0) {
            let position = file.get_mut().stream_position()?.saturating_sub(bytes);
            file.get_mut().seek(SeekFrom::Start(position))?;
            file.set_limit(file.limit().saturating_add(bytes));
            self.passed_bytes = self.passed_bytes.saturating_sub(bytes);
        }
        Ok(())
    }

    fn poll(&mut self, batch: &mut RecordBatch, most: usize) -> Result<Polled, ConnectorError> {
        let partition = self.partition;
        if self.ended {
            return Ok(Polled::Nothing);
        }
        batch.reset(partition);
        if self.read_lines(batch.buffer(), most)? {
            self.take_records(batch)?;
            return Ok(Polled::Records);
        }
        match self.at_end {
            AtEnd::Follow => Ok(Polled::AtEnd { partition }),
            AtEnd::Stop => {
                self.ended = true;
                Ok(Polled::Ended { partition })
            }
        }
    }

    fn take_records(&mut self, batch: &mut RecordBatch) -> Result<(), ConnectorError> {
        for line in &self.lines.found {
            self.take_record(*line, batch)?;
        }
        let partition = self.partition;
        for bad in self.lines.too_long.drain(..) {
            batch.push_unreadable(BadRecord { partition, ..bad });
        }
        batch.skip_to(self.lines.next_number());
        Ok(())
    }

    fn take_record(&self, line: Line, batch: &mut RecordBatch) -> Result<(), ConnectorError> {
        let bytes = batch.bytes().get(line.start..line.end).unwrap_or_default();
        let Some(entry) = entry::read(bytes).filter(|entry| entry.partition.is_none()) else {
            let reason = "it is not a line of the embedded log";
            let bad = BadRecord::new(self.partition, line.number, reason, bytes);
            batch.push_unreadable(bad);
            return Ok(());
        };
        if entry.offset != line.number {
            let (found, expected) = (entry.offset, line.number);
            let cause = format!("offset {found} stands where {expected} belongs");
            return Err(self.corrupt("read", cause));
        }
        entry.mark(line.start, self.headers, batch);
        Ok(())
    }

    fn seek(&mut self, offset: u64) -> Result<(), ConnectorError> {
        self.ended = false;
        self.passed_bytes = 0;
        let segments = self.segments()?;
        let index = segments.partition_point(|segment| segment.base <= offset);
        let Some(segment) = index.checked_sub(1).and_then(|index| segments.get(index)) else {
            let first = segments.first().map_or(0, |segment| segment.base);
            if segments.is_empty() && offset == 0 {
                self.current = None;
                return Ok(());
            }
            return Err(self.corrupt("go back in", format!("it begins at {first}, not {offset}")));
        };
        for earlier in segments.iter().take_while(|earlier| *earlier < segment) {
            let metadata = earlier.path.metadata().map_err(|error| self.failed(&error))?;
            self.passed_bytes += metadata.len();
        }
        self.enter(segment.clone())?;
        let Some((segment, file)) = &mut self.current else { return Ok(()) };
        let base = segment.base;
        let before = file.limit();
        let skipped = skip_lines(file, offset - base);
        let read = before - file.limit();
        let (passed, rest) = skipped.map_err(|error| self.failed(&error))?;
        if base + passed < offset {
            let cause = format!("it ends at {}, before {offset}", base + passed);
            return Err(self.corrupt("go on in", cause));
        }
        self.passed_bytes += read;
        self.lines = Lines::resume(offset, rest, self.limit);
        Ok(())
    }
}

impl Source for LogSource {
    fn partitions(&self) -> u32 {
        u32::try_from(self.partitions.len()).unwrap_or(u32::MAX)
    }

    fn poll(
        &mut self,
        batch: &mut RecordBatch,
        max_records: usize,
        timeout: Duration,
    ) -> Result<Polled, ConnectorError> {
        let count = self.partitions.len();
        let mut at_end = None;
        for _ in 0..count {
            self.turn = (self.turn + 1) % count;
            let Some(reader) = self.partitions.get_mut(self.turn) else { continue };
            match reader.poll(batch, max_records)? {
                Polled::Nothing => {}
                Polled::AtEnd { partition } => at_end = at_end.or(Some(partition)),
                found => return Ok(found),
            }
        }
        let Some(partition) = at_end else { return Ok(Polled::Nothing) };
        std::thread::sleep(timeout.min(LOOK_EVERY));
        // The next poll begins after this partition, so that each has its turn to say so.
        self.turn = partition as usize;
        Ok(Polled::AtEnd { partition })
    }

    fn seek(&mut self, positions: &[Position]) -> Result<(), ConnectorError> {
        for position in positions {
            if let Some(reader) = self.partitions.get_mut(position.partition as usize) {
                reader.seek(position.offset)?;
            }
        }
        Ok(())
    }

    fn progress(&self) -> Option<Progress> {
        let done = self.partitions.iter().map(|reader| reader.passed_bytes).sum();
        let total = self.partitions.iter().map(|reader| reader.total_bytes).sum();
        Some(Progress { done, total })
    }
}
