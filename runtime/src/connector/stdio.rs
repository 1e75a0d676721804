//! `stdin:` and `stdout:`: one record a line.
//!
//! Standard input is read by a thread of its own, a chunk ahead, so that a poll can give up after
//! its timeout. Its records have no timestamps. It cannot go back:
//! a run that begins somewhere else than at the beginning cannot read from it.

use super::lines::Lines;
use super::{
    ConnectorError, ConnectorErrorKind, ConnectorOptions, OutRecord, Polled, Position, RecordBatch,
    Sink, Source, Uri,
};
use std::io::{self, BufWriter, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// How much is read at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// How many chunks may lie between the reading thread and the driver.
const CHUNKS_AHEAD: usize = 4;

type Chunk = io::Result<Vec<u8>>;

/// Lines of a reader that blocks.
struct StreamSource {
    chunks: Receiver<Chunk>,
    lines: Lines,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Drained,
    Ended,
}

pub(super) fn open_source(
    _: &Uri,
    options: &ConnectorOptions,
) -> Result<Box<dyn Source>, ConnectorError> {
    Ok(read_from(io::stdin(), options))
}

/// A source of the lines of any reader, which is read by a thread of its own.
pub(super) fn read_from(
    reader: impl Read + Send + 'static,
    options: &ConnectorOptions,
) -> Box<dyn Source> {
    Box::new(StreamSource::new(reader, options.max_record_bytes))
}

impl StreamSource {
    fn new(reader: impl Read + Send + 'static, limit: usize) -> Self {
        let (sender, chunks) = sync_channel(CHUNKS_AHEAD);
        std::thread::spawn(move || read_chunks(reader, &sender));
        Self { chunks, lines: Lines::new(limit), state: State::Open }
    }

    /// Appends the next chunk to the buffer and says what became of it.
    fn next_chunk(
        &mut self,
        buffer: &mut Vec<u8>,
        timeout: Duration,
    ) -> Result<NextChunk, ConnectorError> {
        match self.chunks.recv_timeout(timeout) {
            Ok(Ok(chunk)) => {
                buffer.extend_from_slice(&chunk);
                Ok(NextChunk::Appended)
            }
            Ok(Err(error)) => Err(ConnectorError::io("cannot read `stdin:`", &error)),
            Err(RecvTimeoutError::Timeout) => Ok(NextChunk::NotYet),
            Err(RecvTimeoutError::Disconnected) => Ok(NextChunk::NoMore),
        }
    }
}

enum NextChunk {
    Appended,
    NotYet,
    NoMore,
}

/// Sends what the reader has until it ends, fails, or nobody listens any more.
fn read_chunks(mut reader: impl Read, sender: &SyncSender<Chunk>) {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let chunk = match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => Ok(buffer.get(..count).unwrap_or_default().to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = chunk.is_err();
        if sender.send(chunk).is_err() || failed {
            return;
        }
    }
}

impl Source for StreamSource {
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
        self.lines.begin(batch.buffer());
        while !self.lines.cut(batch.buffer(), max_records) {
            self.lines.begin(batch.buffer());
            match self.next_chunk(batch.buffer(), timeout)? {
                NextChunk::Appended => {}
                NextChunk::NotYet => {
                    self.lines.cut(batch.buffer(), max_records);
                    return Ok(Polled::AtEnd { partition: 0 });
                }
                NextChunk::NoMore => {
                    self.state = State::Drained;
                    if !self.lines.finish(batch.bytes()) {
                        self.state = State::Ended;
                        return Ok(Polled::Ended { partition: 0 });
                    }
                    break;
                }
            }
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
        let here = self.lines.next_number();
        match positions.iter().find(|p| p.partition == 0 && p.offset != here) {
            None => Ok(()),
            Some(position) => Err(ConnectorError::new(
                ConnectorErrorKind::Unsupported,
                format!("cannot go on at line {} of `stdin:`", position.offset),
                "standard input cannot be read again",
            )
            .with_help("read from a file or a log to use `--state`, or start without it")),
        }
    }
}

/// Standard output.
struct StdoutSink<W: Write> {
    out: BufWriter<W>,
}

pub(super) fn open_sink(_: &Uri, _: &ConnectorOptions) -> Result<Box<dyn Sink>, ConnectorError> {
    Ok(Box::new(StdoutSink { out: BufWriter::with_capacity(CHUNK_BYTES, io::stdout()) }))
}

impl<W: Write + Send> Sink for StdoutSink<W> {
    fn write(&mut self, record: &OutRecord<'_>) -> Result<(), ConnectorError> {
        let line = record.value.unwrap_or_default();
        let written = self.out.write_all(line).and_then(|()| self.out.write_all(b"\n"));
        written.map_err(|error| ConnectorError::io("cannot write `stdout:`", &error))
    }

    fn flush(&mut self) -> Result<(), ConnectorError> {
        self.out.flush().map_err(|error| ConnectorError::io("cannot write `stdout:`", &error))
    }
}
