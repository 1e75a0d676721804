//! `file:PATH`: one record a line, packed with gzip or zstd where the name ends in `.gz`, `.zst`.
//!
//! A file has one partition. The offset of a record is the number of its line, from 0; blank
//! lines are passed over but counted. The log timestamp of its records is the time the file was
//! last changed: no line was written after that, which is all that the check on `ahead` needs.

use super::lines::Lines;
use super::{
    AtEnd, ConnectorError, ConnectorErrorKind, ConnectorOptions, Existing, OutRecord, Packing,
    Polled, Position, Progress, RecordBatch, Sink, Source, Uri,
};
use crate::durable;
use cep_core::time::EventTime;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How much is read at once: a few hundred events, which stay in the cache while they are
/// decoded.
const CHUNK_BYTES: usize = 128 * 1024;
/// How often a followed file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How much output is gathered before it is handed to the system.
const OUT_BYTES: usize = 128 * 1024;

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

pub(super) fn open_source(
    uri: &Uri,
    options: &ConnectorOptions,
) -> Result<Box<dyn Source>, ConnectorError> {
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

fn place(uri: &Uri) -> Result<(&Path, Packing), ConnectorError> {
    match uri {
        Uri::File { path, packing } => Ok((path, *packing)),
        _ => Err(super::foreign(uri)),
    }
}

fn open_reader(
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
enum Reader {
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
struct Counting {
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

/// Appends up to a chunk of what the reader has; 0 is the end.
pub(super) fn append_chunk(reader: &mut dyn Read, buffer: &mut Vec<u8>) -> io::Result<usize> {
    buffer.reserve(CHUNK_BYTES + 32);
    reader.take(CHUNK_BYTES as u64).read_to_end(buffer)
}

/// Now, as the system's clock has it.
pub(crate) fn now() -> EventTime {
    event_time(SystemTime::now()).unwrap_or(EventTime(0))
}

/// When a file was last changed.
pub(super) fn modified(path: &Path) -> Option<EventTime> {
    event_time(std::fs::metadata(path).ok()?.modified().ok()?)
}

/// An instant of the system as an event time.
pub(super) fn event_time(time: SystemTime) -> Option<EventTime> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    EventTime::from_micros(i64::try_from(since.as_micros()).ok()?)
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
        let timestamp = modified(&self.path);
        for line in &self.lines.found {
            batch.mark_value(line.number, timestamp, line.start, line.end);
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

/// Passes over `count` lines; gives how many there were and what was read beyond them. A last
/// line without an end counts as one.
pub(super) fn skip_lines(reader: &mut dyn Read, count: u64) -> io::Result<(u64, Vec<u8>)> {
    let (mut passed, mut chunk, mut inside) = (0, Vec::new(), false);
    while passed < count {
        chunk.clear();
        if append_chunk(reader, &mut chunk)? == 0 {
            return Ok((passed + u64::from(inside), Vec::new()));
        }
        inside = chunk.last() != Some(&b'\n');
        for end in memchr::memchr_iter(b'\n', &chunk) {
            passed += 1;
            if passed == count {
                return Ok((passed, chunk.split_off(end + 1)));
            }
        }
    }
    Ok((passed, Vec::new()))
}

/// A file as a sink.
struct FileSink {
    uri: Uri,
    writer: Writer,
    /// Only what is on a disk can be forced there: not pipes, terminals or `/dev/full`.
    on_disk: OnDisk,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OnDisk {
    Yes,
    No,
}

/// What packs the lines. A packed file is written in members that are ended at each flush, so
/// that after every flush it is a whole file.
enum Writer {
    Plain(io::BufWriter<File>),
    Gzip(Option<flate2::write::GzEncoder<File>>, File),
    Zstd(Option<zstd::Encoder<'static, File>>, File),
}

pub(super) fn open_sink(
    uri: &Uri,
    options: &ConnectorOptions,
) -> Result<Box<dyn Sink>, ConnectorError> {
    let (path, packing) = place(uri)?;
    let failed = |error: &io::Error| ConnectorError::io(format!("cannot write `{uri}`"), error);
    if options.existing == Existing::Append && packing != Packing::Plain {
        return Err(ConnectorError::new(
            ConnectorErrorKind::Unsupported,
            format!("cannot append to `{uri}`"),
            "a packed file that was cut short could not be continued",
        )
        .with_help("write a plain file and pack it afterwards"));
    }
    let mut open = File::options();
    open.create(true).read(true).write(true);
    open.truncate(options.existing == Existing::Replace);
    // Some things can be written and not read: pipes, devices.
    let mut file = open
        .open(path)
        .or_else(|_| File::options().create(true).append(true).open(path))
        .map_err(|error| failed(&error))?;
    let on_disk = match file.metadata() {
        Ok(metadata) if metadata.is_file() => OnDisk::Yes,
        _ => OnDisk::No,
    };
    if on_disk == OnDisk::Yes {
        durable::drop_torn_line(&mut file).map_err(|error| failed(&error))?;
    }
    let writer = match packing {
        Packing::Plain => Writer::Plain(io::BufWriter::with_capacity(OUT_BYTES, file)),
        Packing::Gzip => Writer::Gzip(None, file),
        Packing::Zstd => Writer::Zstd(None, file),
    };
    Ok(Box::new(FileSink { uri: uri.clone(), writer, on_disk }))
}

impl Writer {
    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        let out: &mut dyn Write = match self {
            Self::Plain(out) => out,
            Self::Gzip(member, file) => match member {
                Some(out) => out,
                None => member.insert(flate2::write::GzEncoder::new(
                    file.try_clone()?,
                    flate2::Compression::default(),
                )),
            },
            Self::Zstd(member, file) => match member {
                Some(out) => out,
                None => member.insert(zstd::Encoder::new(file.try_clone()?, 0)?),
            },
        };
        out.write_all(line)?;
        out.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<&File> {
        match self {
            Self::Plain(out) => {
                out.flush()?;
                Ok(out.get_ref())
            }
            Self::Gzip(member, file) => {
                member.take().map(flate2::write::GzEncoder::finish).transpose()?;
                Ok(file)
            }
            Self::Zstd(member, file) => {
                member.take().map(zstd::Encoder::finish).transpose()?;
                Ok(file)
            }
        }
    }
}

impl Sink for FileSink {
    fn write(&mut self, record: &OutRecord<'_>) -> Result<(), ConnectorError> {
        let written = self.writer.write_line(record.value);
        written.map_err(|e| ConnectorError::io(format!("cannot write `{}`", self.uri), &e))
    }

    fn flush(&mut self) -> Result<(), ConnectorError> {
        let flushed = self.writer.flush().and_then(|file| match self.on_disk {
            OnDisk::Yes => file.sync_data(),
            OnDisk::No => Ok(()),
        });
        flushed.map_err(|e| ConnectorError::io(format!("cannot write `{}`", self.uri), &e))
    }
}
