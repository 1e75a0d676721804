//! `file:PATH`: one record a line, packed with gzip or zstd where the name ends in `.gz`, `.zst`.
//!
//! A file has one partition. The offset of a record is the number of its line, from 0; blank
//! lines are passed over but counted. Its records have no timestamps: what a file says is the same
//! whenever it was copied or unpacked.
//!
//! A file `NAME.records.jsonl` is an export of a topic and keeps all that (`records.rs`).

mod records;
mod sink;
mod source;

pub(crate) use records::{RecordsWriter, holds_records};
pub(super) use sink::open_sink;
pub(super) use source::open_source;

use super::{ConnectorError, ConnectorErrorKind, Packing, Uri, foreign};
use cep_core::time::EventTime;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// How much is read at once: a few hundred events, which stay in the cache while they are
/// decoded.
const CHUNK_BYTES: usize = 128 * 1024;

fn place(uri: &Uri) -> Result<(&Path, Packing), ConnectorError> {
    match uri {
        Uri::File { path, packing } => Ok((path, *packing)),
        _ => Err(foreign(uri)),
    }
}

/// The bytes of a file, unpacked if its name says that it is packed.
pub(crate) fn open_unpacked(path: &Path) -> Result<impl Read, ConnectorError> {
    let doing = format!("cannot read `{}`", path.display());
    let uri = Uri::parse(&format!("file:{}", path.display())).map_err(|error| {
        ConnectorError::new(ConnectorErrorKind::Unsupported, doing, error.to_string())
    })?;
    let (path, packing) = place(&uri)?;
    source::open_reader(&uri, path, packing, &Arc::default())
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

/// An instant of the system as an event time.
fn event_time(time: SystemTime) -> Option<EventTime> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    EventTime::from_micros(i64::try_from(since.as_micros()).ok()?)
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
