//! A file as a source.

use super::{append_chunk, holds_records, place, records, skip_lines};
use crate::connector::lines::Lines;
use crate::connector::{
    AtEnd, ConnectorError, ConnectorErrorKind, ConnectorOptions, Packing, Polled, Position,
    Progress, RecordBatch, Source, Uri,
};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often a followed file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A file as a source.
pub(super) struct FileSource {
    uri: Uri,
    path: PathBuf,
    packing: Packing,
    reader: Reader,
    /// How many bytes of the file itself, packed or not, have been read.
    read_bytes: Arc<AtomicU64>,
    lines: Lines,
    limit: usize,
    at_end: AtEnd,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The last line has been handed out.
    Drained,
    /// The end has been told.
    Ended,
}

pub(in crate::connector) fn open_source(
    uri: &Uri,
    options: &ConnectorOptions,
) -> Result<Box<dyn Source>, ConnectorError> {
    if holds_records(uri) {
        return records::open(uri, options);
    }
    let (path, packing) = place(uri)?;
    let at_end = options.at_end.unwrap_or(AtEnd::Stop);
    if at_end == AtEnd::Follow && packing != Packing::Plain {
        return Err(ConnectorError::new(
            ConnectorErrorKind::Unsupported,
            format!("cannot follow `{uri}`"),
            "a packed file does not grow line by line",
        ));
    }
    let read_bytes = Arc::new(AtomicU64::new(0));
    let reader = open_reader(uri, path, packing, &read_bytes)?;
    Ok(Box::new(FileSource {
        uri: uri.clone(),
        path: path.to_owned(),
        packing,
        reader,
        read_bytes,
        lines: Lines::new(options.max_record_bytes),
        limit: options.max_record_bytes,
        at_end,
        state: State::Open,
    }))
}

pub(super) fn open_reader(
    uri: &Uri,
    path: &Path,
    packing: Packing,
    read_bytes: &Arc<AtomicU64>,
) -> Result<Reader, ConnectorError> {
    let doing = || format!("cannot read `{uri}`");
    let file = File::open(path).map_err(|error| ConnectorError::io(doing(), &error))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(ConnectorError::new(ConnectorErrorKind::Other, doing(), "it is a folder"));
    }
    read_bytes.store(0, Ordering::Relaxed);
    // A file of no bytes is no packed file, but it has no lines either way.
    let is_empty = file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0);
    let packing = if is_empty { Packing::Plain } else { packing };
    let file = Counting { file, read_bytes: Arc::clone(read_bytes) };
    Ok(match packing {
        Packing::Plain => Reader::Plain(file),
        Packing::Gzip => Reader::Packed(Box::new(flate2::read::MultiGzDecoder::new(file))),
        Packing::Zstd => Reader::Packed(Box::new(
            zstd::Decoder::new(file).map_err(|error| ConnectorError::io(doing(), &error))?,
        )),
    })
}

/// What the lines are read from.
pub(super) enum Reader {
    Plain(Counting),
    Packed(Box<dyn Read + Send>),
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Packed(unpacked) => unpacked.read(buffer),
        }
    }
}

/// A file that counts what is read from it.
pub(super) struct Counting {
    file: File,
    read_bytes: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read_bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Counting {
    /// Goes back by so many bytes, and says whether the file is shorter than what was read.
    fn go_back(&mut self, bytes: u64) -> io::Result<Shrunk> {
        let read = self.read_bytes.load(Ordering::Relaxed);
        let position = read.saturating_sub(bytes);
        self.file.seek(SeekFrom::Start(position))?;
        self.read_bytes.store(position, Ordering::Relaxed);
        Ok(if self.file.metadata()?.len() < position { Shrunk::Yes } else { Shrunk::No })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shrunk {
    Yes,
    No,
}

impl FileSource {
    /// At the end of a file that is followed: a line that has no end yet is read again later.
    fn wait_at_end(&mut self) -> Result<(), ConnectorError> {
        let Reader::Plain(file) = &mut self.reader else { return Ok(()) };
        let gone_back = file.go_back(self.lines.give_back());
        match gone_back.map_err(|error| self.failed(&error))? {
            Shrunk::No => Ok(()),
            Shrunk::Yes => Err(ConnectorError::new(
                ConnectorErrorKind::Corrupt,
                format!("cannot follow `{}`", self.uri),
                "it has become shorter than what was read of it",
            )),
        }
    }

    fn failed(&self, error: &io::Error) -> ConnectorError {
        ConnectorError::io(format!("cannot read `{}`", self.uri), error)
    }

    /// Reads until there is a line, or to the end of the file. Says whether there is a line.
    fn read_lines(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<bool, ConnectorError> {
        self.lines.begin(buffer);
        while !self.lines.cut(buffer, most) {
            self.lines.begin(buffer);
            let read = append_chunk(&mut self.reader, buffer).map_err(|e| self.failed(&e))?;
            if read == 0 {
                if self.at_end == AtEnd::Follow {
                    self.lines.cut(buffer, most);
                    return self.wait_at_end().map(|()| false);
                }
                self.state = State::Drained;
                return Ok(self.lines.finish(buffer));
            }
        }
        Ok(true)
    }
}

impl Source for FileSource {
    fn partitions(&self) -> u32 {
        1
    }

    fn poll(
        &mut self,
        batch: &mut RecordBatch,
        max_records: usize,
        timeout: Duration,
    ) -> Result<Polled, ConnectorError> {
        match self.state {
            State::Ended => return Ok(Polled::Nothing),
            State::Drained => {
                self.state = State::Ended;
                return Ok(Polled::Ended { partition: 0 });
            }
            State::Open => {}
        }
        batch.reset(0);
        if !self.read_lines(batch.buffer(), max_records)? {
            if self.state == State::Drained {
                self.state = State::Ended;
                return Ok(Polled::Ended { partition: 0 });
            }
            std::thread::sleep(timeout.min(LOOK_EVERY));
            return Ok(Polled::AtEnd { partition: 0 });
        }
        for line in &self.lines.found {
            batch.mark_value(line.number, None, line.start, line.end);
        }
        for bad in self.lines.too_long.drain(..) {
            batch.push_unreadable(bad);
        }
        batch.skip_to(self.lines.next_number());
        Ok(Polled::Records)
    }

    fn seek(&mut self, positions: &[Position]) -> Result<(), ConnectorError> {
        let Some(position) = positions.iter().find(|position| position.partition == 0) else {
            return Ok(());
        };
        self.reader = open_reader(&self.uri, &self.path, self.packing, &self.read_bytes)?;
        self.state = State::Open;
        let (passed, rest) =
            skip_lines(&mut self.reader, position.offset).map_err(|e| self.failed(&e))?;
        if passed < position.offset {
            return Err(ConnectorError::new(
                ConnectorErrorKind::Corrupt,
                format!("cannot go on at line {} of `{}`", position.offset, self.uri),
                format!("it has only {passed} lines"),
            ));
        }
        self.lines = Lines::resume(passed, rest, self.limit);
        Ok(())
    }

    fn progress(&self) -> Option<Progress> {
        let total = std::fs::metadata(&self.path).ok()?.len();
        Some(Progress { done: self.read_bytes.load(Ordering::Relaxed).min(total), total })
    }
}
