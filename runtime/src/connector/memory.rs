//! Records in memory: for tests and for programs that embed the runtime. It has no URI.
//!
//! ```
//! use runtime::connector::memory::MemorySource;
//! use runtime::connector::{Polled, RecordBatch, Source};
//! use std::time::Duration;
//!
//! let mut source = MemorySource::bounded(vec![vec![b"one".to_vec()], vec![]]);
//! let mut batch = RecordBatch::new();
//! assert_eq!(source.poll(&mut batch, 10, Duration::ZERO)?, Polled::Records);
//! assert_eq!(batch.get(0).and_then(|record| record.value), Some(&b"one"[..]));
//! # Ok::<(), runtime::connector::ConnectorError>(())
//! ```

use super::{
    AtEnd, BadRecord, ConnectorError, ConnectorErrorKind, MAX_RECORD_BYTES, OutRecord, Polled,
    Position, RecordBatch, Sink, Source,
};
use cep_core::time::EventTime;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Partitions of records that can be added to while they are read.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog(Arc<Mutex<Vec<Vec<MemoryRecord>>>>);

/// One stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryRecord {
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Vec<u8>,
    /// Its timestamp.
    pub timestamp: Option<EventTime>,
}

/// A source over a [`MemoryLog`]; a record's offset is its index.
pub struct MemorySource {
    log: MemoryLog,
    next: Vec<u64>,
    at_end: AtEnd,
    limit: usize,
    ended: Vec<bool>,
    turn: usize,
    committed: Arc<Mutex<Vec<Position>>>,
}

/// A sink that adds to partition 0 of a [`MemoryLog`].
pub struct MemorySink {
    log: MemoryLog,
    waiting: Vec<MemoryRecord>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryLog {
    /// A log of so many empty partitions.
    #[must_use]
    pub fn new(partitions: usize) -> Self {
        Self(Arc::new(Mutex::new(vec![Vec::new(); partitions])))
    }

    /// Adds a record without key and timestamp; a partition that does not exist takes nothing.
    pub fn push(&self, partition: u32, value: impl Into<Vec<u8>>) {
        let record = MemoryRecord { key: None, value: value.into(), timestamp: None };
        if let Some(records) = lock(&self.0).get_mut(partition as usize) {
            records.push(record);
        }
    }

    /// The records of a partition so far.
    #[must_use]
    pub fn records(&self, partition: u32) -> Vec<MemoryRecord> {
        lock(&self.0).get(partition as usize).cloned().unwrap_or_default()
    }
}

impl MemorySource {
    /// A source over `log`.
    #[must_use]
    pub fn new(log: MemoryLog, at_end: AtEnd) -> Self {
        let partitions = lock(&log.0).len();
        Self {
            log,
            next: vec![0; partitions],
            at_end,
            limit: MAX_RECORD_BYTES,
            ended: vec![false; partitions],
            turn: partitions.saturating_sub(1), // the next is the first
            committed: Arc::default(),
        }
    }

    /// A source of these partitions of values, which ends.
    #[must_use]
    pub fn bounded(partitions: Vec<Vec<Vec<u8>>>) -> Self {
        let log = MemoryLog::new(partitions.len());
        for (partition, values) in (0_u32..).zip(partitions) {
            values.into_iter().for_each(|value| log.push(partition, value));
        }
        Self::new(log, AtEnd::Stop)
    }

    /// The same source, with another limit on the bytes of a record.
    #[must_use]
    pub fn with_limit(mut self, max_record_bytes: usize) -> Self {
        self.limit = max_record_bytes;
        self
    }

    /// The same source, keeping its commits in `committed`, as a broker would.
    #[must_use]
    pub fn with_commits(mut self, committed: Arc<Mutex<Vec<Position>>>) -> Self {
        self.committed = committed;
        self
    }

    fn poll_partition(
        &mut self,
        index: usize,
        batch: &mut RecordBatch,
        max_records: usize,
    ) -> Option<Polled> {
        let partition = u32::try_from(index).ok()?;
        let log = lock(&self.log.0);
        let records = log.get(index)?;
        let next = self.next.get_mut(index)?;
        let start = usize::try_from(*next).ok()?.min(records.len());
        let end = start.saturating_add(max_records).min(records.len());
        if start < end {
            batch.reset(partition);
            for (offset, record) in (*next..).zip(records.get(start..end)?) {
                let value = record.value.as_slice();
                if value.len() > self.limit {
                    let (length, limit) = (value.len(), self.limit);
                    let reason = format!("it has {length} bytes, more than the limit of {limit}");
                    batch.push_unreadable(BadRecord::new(partition, offset, reason, value));
                } else {
                    batch.push(offset, record.timestamp, record.key.as_deref(), Some(value));
                }
            }
            *next = end as u64;
            return Some(Polled::Records);
        }
        match (self.at_end, self.ended.get_mut(index)?) {
            (AtEnd::Follow, _) => Some(Polled::AtEnd { partition }),
            (AtEnd::Stop, true) => None,
            (AtEnd::Stop, ended) => {
                *ended = true;
                Some(Polled::Ended { partition })
            }
        }
    }
}

impl Source for MemorySource {
    fn partitions(&self) -> u32 {
        u32::try_from(self.next.len()).unwrap_or(u32::MAX)
    }

    fn poll(
        &mut self,
        batch: &mut RecordBatch,
        max_records: usize,
        timeout: Duration,
    ) -> Result<Polled, ConnectorError> {
        let count = self.next.len();
        let mut at_end = None;
        for _ in 0..count {
            self.turn = (self.turn + 1) % count;
            match self.poll_partition(self.turn, batch, max_records) {
                Some(Polled::AtEnd { partition }) => at_end = at_end.or(Some(partition)),
                Some(polled) => return Ok(polled),
                None => {}
            }
        }
        let Some(partition) = at_end else { return Ok(Polled::Nothing) };
        std::thread::sleep(timeout);
        // The next poll begins after this partition, so that each has its turn to say so.
        self.turn = partition as usize;
        Ok(Polled::AtEnd { partition })
    }

    fn seek(&mut self, positions: &[Position]) -> Result<(), ConnectorError> {
        for position in positions {
            let index = position.partition as usize;
            let held = self.log.records(position.partition).len() as u64;
            match self.next.get_mut(index) {
                Some(next) if position.offset <= held => *next = position.offset,
                _ => {
                    return Err(ConnectorError::new(
                        ConnectorErrorKind::Corrupt,
                        format!("cannot go on at {} of the memory log", position.offset),
                        format!("partition {} has only {held} records", position.partition),
                    ));
                }
            }
            if let Some(ended) = self.ended.get_mut(index) {
                *ended = false;
            }
        }
        Ok(())
    }

    fn committed(&mut self) -> Result<Vec<Position>, ConnectorError> {
        Ok(lock(&self.committed).clone())
    }

    fn commit(&mut self, positions: &[Position]) -> Result<(), ConnectorError> {
        *lock(&self.committed) = positions.to_vec();
        Ok(())
    }
}

impl MemorySink {
    /// A sink into partition 0 of `log`; a record is there once it has been flushed.
    #[must_use]
    pub fn new(log: MemoryLog) -> Self {
        Self { log, waiting: Vec::new() }
    }
}

impl Sink for MemorySink {
    fn write(&mut self, record: &OutRecord<'_>) -> Result<(), ConnectorError> {
        self.waiting.push(MemoryRecord {
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.unwrap_or_default().to_vec(),
            timestamp: Some(record.timestamp),
        });
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ConnectorError> {
        if let Some(records) = lock(&self.log.0).first_mut() {
            records.append(&mut self.waiting);
        }
        Ok(())
    }
}
