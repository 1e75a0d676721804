//! Records: the bytes of events, as a source hands them out.
//!
//! A [`RecordBatch`] holds records of one partition of one source: one buffer, and where in it
//! each record's value and key stand. A file source reads straight into the buffer and only marks
//! the lines; Kafka appends payloads. A batch is made once and used again for every poll, so the
//! steady state allocates nothing.

use cep_core::time::EventTime;
use std::ops::Range;

/// Where a piece of a batch's buffer begins and ends, end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    start: usize,
    end: usize,
}

const NO_PIECE: Piece = Piece { start: usize::MAX, end: usize::MAX };
const NO_TIMESTAMP: i64 = i64::MIN;

/// Records of one partition of one source, in offset order.
#[derive(Debug, Default)]
pub struct RecordBatch {
    partition: u32,
    bytes: Vec<u8>,
    values: Vec<Piece>,
    offsets: Vec<u64>,
    /// Empty when no record has a key.
    keys: Vec<Piece>,
    /// Empty when no record has a timestamp.
    timestamps: Vec<i64>,
    /// (record, name, value), only when the source was asked for headers.
    headers: Vec<(usize, Piece, Piece)>,
    unreadable: Vec<BadRecord>,
    next_offset: u64,
}

/// One record of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it stands in its partition.
    pub offset: u64,
    /// Its value; `None` for a record that has none (a tombstone).
    pub value: Option<&'a [u8]>,
    /// Its key, where the source has keys.
    pub key: Option<&'a [u8]>,
    /// When it was written to its log.
    pub timestamp: Option<EventTime>,
}

/// A record that is not an event of its stream: not readable, not decodable, or not fitting the
/// stream's declaration. It goes to the errors sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// The partition it stands in.
    pub partition: u32,
    /// Its offset there.
    pub offset: u64,
    /// Why, in words for people.
    pub reason: String,
    /// Its bytes, or the first of them if it is longer than [`BadRecord::KEPT_BYTES`].
    pub bytes: Vec<u8>,
    /// How many bytes it has, if that is known.
    pub length: u64,
}

impl BadRecord {
    /// How many bytes of a bad record are kept. A whole record of ordinary size fits.
    pub const KEPT_BYTES: usize = 64 * 1024;

    /// A bad record of these bytes, of which the first [`Self::KEPT_BYTES`] are kept.
    #[must_use]
    pub fn new(partition: u32, offset: u64, reason: impl Into<String>, bytes: &[u8]) -> Self {
        let kept = bytes.get(..Self::KEPT_BYTES).unwrap_or(bytes).to_vec();
        Self { partition, offset, reason: reason.into(), bytes: kept, length: bytes.len() as u64 }
    }
}

impl RecordBatch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties the batch for records of `partition`, keeping its memory.
    pub fn reset(&mut self, partition: u32) {
        self.partition = partition;
        self.bytes.clear();
        self.values.clear();
        self.offsets.clear();
        self.keys.clear();
        self.timestamps.clear();
        self.headers.clear();
        self.unreadable.clear();
        self.next_offset = 0;
    }

    /// The partition all records belong to.
    #[must_use]
    pub fn partition(&self) -> u32 {
        self.partition
    }

    /// The number of records, those that could not be read left out.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is neither a record nor one that could not be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.unreadable.is_empty()
    }

    /// The offset after the last record of the batch, whether it could be read or not; this is
    /// the position to go on from.
    #[must_use]
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// Says that the source has passed offsets that hold no record (blank lines, aborted
    /// transactions): the position to go on from is at least `offset`.
    pub fn skip_to(&mut self, offset: u64) {
        self.next_offset = self.next_offset.max(offset);
    }

    /// The records that the source could not hand out, with the reasons.
    #[must_use]
    pub fn unreadable(&self) -> &[BadRecord] {
        &self.unreadable
    }

    /// All bytes, in the order in which records were added.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of bytes of all records.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a record by copying it.
    pub fn push(
        &mut self,
        offset: u64,
        timestamp: Option<EventTime>,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) {
        let value = self.copy(value);
        let key = self.copy(key);
        self.mark(offset, timestamp, key, value);
    }

    /// Appends a header of the record added last.
    pub fn push_header(&mut self, name: &str, value: &[u8]) {
        let Some(record) = self.values.len().checked_sub(1) else { return };
        let name = self.copy(Some(name.as_bytes()));
        let value = self.copy(Some(value));
        self.headers.push((record, name, value));
    }

    /// Appends a record that could not be read.
    pub fn push_unreadable(&mut self, record: BadRecord) {
        self.skip_to(record.offset.saturating_add(1));
        self.unreadable.push(record);
    }

    /// The buffer itself, for a source that reads into it; afterwards [`Self::mark_value`] says
    /// where records stand. Bytes that are marked already must stay as they are.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Appends a record without a key whose value stands in the buffer from `start` to before
    /// `end`. A span outside of the buffer is an empty record.
    pub fn mark_value(
        &mut self,
        offset: u64,
        timestamp: Option<EventTime>,
        start: usize,
        end: usize,
    ) {
        self.mark_keyed(offset, timestamp, None, start, end);
    }

    /// The same with a key, which is copied to the end of the buffer.
    pub fn mark_keyed(
        &mut self,
        offset: u64,
        timestamp: Option<EventTime>,
        key: Option<&[u8]>,
        start: usize,
        end: usize,
    ) {
        let inside = start <= end && end <= self.bytes.len();
        let value = if inside { Piece { start, end } } else { Piece { start: 0, end: 0 } };
        let key = self.copy(key);
        self.mark(offset, timestamp, key, value);
    }

    /// One record; `None` beyond the last.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Record<'_>> {
        let timestamp = match self.timestamps.get(index) {
            None | Some(&NO_TIMESTAMP) => None,
            Some(&micros) => Some(EventTime(micros)),
        };
        Some(Record {
            offset: *self.offsets.get(index)?,
            value: self.piece(*self.values.get(index)?),
            key: self.keys.get(index).and_then(|key| self.piece(*key)),
            timestamp,
        })
    }

    /// Where in [`Self::bytes`] the value of a record stands; `None` for a record that has none.
    #[must_use]
    pub fn value_range(&self, index: usize) -> Option<Range<usize>> {
        let piece = self.values.get(index).filter(|piece| **piece != NO_PIECE)?;
        Some(piece.start..piece.end)
    }

    /// The index of the first record whose offset is not before `offset`.
    #[must_use]
    pub fn index_at(&self, offset: u64) -> usize {
        self.offsets.partition_point(|known| *known < offset)
    }

    /// All records.
    pub fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The headers of a record; none unless the source was asked for them.
    pub fn headers(&self, index: usize) -> impl Iterator<Item = (&str, &[u8])> {
        let first = self.headers.partition_point(|(record, _, _)| *record < index);
        let of_record = self.headers.get(first..).unwrap_or_default().iter();
        of_record.take_while(move |(record, _, _)| *record == index).filter_map(
            |(_, name, value)| {
                Some((std::str::from_utf8(self.piece(*name)?).ok()?, self.piece(*value)?))
            },
        )
    }

    fn piece(&self, piece: Piece) -> Option<&[u8]> {
        self.bytes.get(piece.start..piece.end)
    }

    fn copy(&mut self, bytes: Option<&[u8]>) -> Piece {
        let Some(bytes) = bytes else { return NO_PIECE };
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Piece { start, end: self.bytes.len() }
    }

    fn mark(&mut self, offset: u64, timestamp: Option<EventTime>, key: Piece, value: Piece) {
        let index = self.values.len();
        self.values.push(value);
        self.offsets.push(offset);
        if key != NO_PIECE || !self.keys.is_empty() {
            self.keys.resize(index, NO_PIECE);
            self.keys.push(key);
        }
        if timestamp.is_some() || !self.timestamps.is_empty() {
            self.timestamps.resize(index, NO_TIMESTAMP);
            self.timestamps.push(timestamp.map_or(NO_TIMESTAMP, |time| time.0));
        }
        self.skip_to(offset.saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn copied_and_marked_records_read_the_same() {
        let mut batch = RecordBatch::new();
        batch.reset(3);
        batch.push(7, Some(EventTime(5)), Some(b"k"), Some(b"value"));
        batch.push(9, None, None, None);
        let start = batch.byte_len();
        batch.buffer().extend_from_slice(b"line\n");
        batch.mark_value(10, None, start, start + 4);
        let seen: Vec<_> = batch.iter().collect();
        assert_eq!(
            seen,
            [
                Record {
                    offset: 7,
                    value: Some(b"value"),
                    key: Some(b"k"),
                    timestamp: Some(EventTime(5))
                },
                Record { offset: 9, value: None, key: None, timestamp: None },
                Record { offset: 10, value: Some(b"line"), key: None, timestamp: None },
            ]
        );
        assert_eq!((batch.partition(), batch.next_offset()), (3, 11));
    }

    #[test]
    fn headers_belong_to_the_record_they_follow() {
        let mut batch = RecordBatch::new();
        batch.push(0, None, None, Some(b"a"));
        batch.push_header("x", b"1");
        batch.push_header("y", b"2");
        batch.push(1, None, None, Some(b"b"));
        batch.push(2, None, None, Some(b"c"));
        batch.push_header("z", b"3");
        let all: Vec<Vec<_>> = (0..3).map(|index| batch.headers(index).collect()).collect();
        assert_eq!(all[0], [("x", &b"1"[..]), ("y", b"2")]);
        assert_eq!(all[1], []);
        assert_eq!(all[2], [("z", &b"3"[..])]);
        assert_eq!(batch.get(2).unwrap().value, Some(&b"c"[..]));
    }

    #[test]
    fn an_unreadable_record_moves_the_position_on() {
        let mut batch = RecordBatch::new();
        batch.push_unreadable(BadRecord::new(0, 41, "too long", &[b'x'; 100_000]));
        assert!(!batch.is_empty());
        assert_eq!((batch.len(), batch.next_offset()), (0, 42));
        assert_eq!(batch.unreadable()[0].bytes.len(), BadRecord::KEPT_BYTES);
        batch.reset(0);
        assert!(batch.is_empty());
    }
}
