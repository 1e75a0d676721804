//! Connectors: where records come from and where derived events go.
//!
//! A [`Source`] hands out the records of the partitions of one place, in offset order within a
//! partition; a [`Sink`] takes records and says when they are safe. [`CONNECTORS`] is the one
//! table of them, and one suite of tests (`contract.rs`) holds for every row.
//!
//! Words: a *position* is the offset of the next record to read from a partition. *Bounded* says
//! that a source ends by itself (a file) or was told to stop where the log ends.

mod error;
pub(crate) mod file;
pub mod kafka;
mod lines;
pub mod log;
pub mod memory;
mod null;
mod record;
mod stdio;
mod uri;

pub mod contract;

pub use error::{ConnectorError, ConnectorErrorKind};
pub use record::{BadRecord, Record, RecordBatch};
pub use uri::{FORMS, Packing, Uri, UriError};

use cep_core::time::EventTime;
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest record that is read, in bytes, unless the configuration says otherwise. A longer
/// one is a bad record and is never held in memory whole.
pub const MAX_RECORD_BYTES: usize = 1024 * 1024;

/// How long the first contact with a broker may take, unless the configuration says otherwise.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where to go on reading in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The partition.
    pub partition: u32,
    /// The offset of the next record.
    pub offset: u64,
}

/// What a poll found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polled {
    /// The batch holds records of one partition.
    Records,
    /// Nothing within the timeout, and it is not known whether more is waiting: a slow broker is
    /// not silence.
    Nothing,
    /// The partition has been confirmed to hold nothing more for now. Said again, at most about
    /// every poll timeout, for as long as it stays so.
    AtEnd {
        /// The partition.
        partition: u32,
    },
    /// Nothing more will ever come from the partition (a bounded source). Said once a partition.
    Ended {
        /// The partition.
        partition: u32,
    },
}

/// How much of a bounded source has been read, in whatever unit it knows (bytes, offsets).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Done so far.
    pub done: u64,
    /// All there is.
    pub total: u64,
}

/// A place records are read from. It is used by one thread at a time.
pub trait Source: Send {
    /// The number of partitions, known once the source is open; they are numbered from 0.
    fn partitions(&self) -> u32;

    /// Takes what there is: at most `max_records` records of one partition, waiting up to
    /// `timeout` only if there is nothing at all. `batch` is reset and filled when this says
    /// [`Polled::Records`], otherwise its content means nothing. No partition is served twice
    /// while another has been waiting for long.
    ///
    /// After every partition has ended this says [`Polled::Nothing`].
    ///
    /// # Errors
    /// When the place cannot be read on. What passes by itself (a broker restarting) is not an
    /// error but [`Polled::Nothing`].
    fn poll(
        &mut self,
        batch: &mut RecordBatch,
        max_records: usize,
        timeout: Duration,
    ) -> Result<Polled, ConnectorError>;

    /// Goes on from these positions; partitions that are not named stay where they are. Without
    /// a seek a source begins at its earliest record.
    ///
    /// # Errors
    /// When the source cannot go there (standard input), or the place cannot be read.
    fn seek(&mut self, positions: &[Position]) -> Result<(), ConnectorError>;

    /// The positions that were committed to the place itself, by this run or an earlier one; a
    /// source that keeps none has none.
    ///
    /// # Errors
    /// When the place cannot be asked.
    fn committed(&mut self) -> Result<Vec<Position>, ConnectorError> {
        Ok(Vec::new())
    }

    /// Says that everything before these positions has been dealt with for good, so that a next
    /// run may go on from here.
    ///
    /// # Errors
    /// When the place does not take it.
    fn commit(&mut self, positions: &[Position]) -> Result<(), ConnectorError> {
        let _ = positions;
        Ok(())
    }

    /// How much of a bounded source has been read; `None` when that is not known.
    fn progress(&self) -> Option<Progress> {
        None
    }
}

/// How a derived event is laid out for a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentMode {
    /// The value holds everything (JSON lines).
    Structured,
    /// The value holds the data, headers hold the metadata (Kafka).
    Binary,
}

/// One record to write.
#[derive(Clone, Copy, Debug)]
pub struct OutRecord<'a> {
    /// The value; for places of lines, one line without its end. A record without one deletes its
    /// key where a topic is compacted; a line is empty then.
    pub value: Option<&'a [u8]>,
    /// The key, for places that have keys.
    pub key: Option<&'a [u8]>,
    /// The record's timestamp: the event's time.
    pub timestamp: EventTime,
    /// Headers, for places that have headers.
    pub headers: &'a [(&'a str, &'a [u8])],
}

/// A place records are written to. It is used by one thread at a time.
pub trait Sink: Send {
    /// How derived events are to be laid out for [`Sink::write`].
    fn content_mode(&self) -> ContentMode {
        ContentMode::Structured
    }

    /// Takes a record; it may wait in memory until [`Sink::flush`]. Records of one key keep their
    /// order.
    ///
    /// # Errors
    /// When this or an earlier record cannot be written.
    fn write(&mut self, record: &OutRecord<'_>) -> Result<(), ConnectorError>;

    /// Returns only when every record taken so far is safe: acknowledged by the broker, or handed
    /// to the system (and through it to the disk where that is the promise).
    ///
    /// # Errors
    /// When a record could not be made safe; what was not flushed may or may not be there.
    fn flush(&mut self) -> Result<(), ConnectorError>;
}

/// What a source does where its log ends for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// It ends there; where "there" is, is settled when the source is opened.
    Stop,
    /// It waits for more.
    Follow,
}

/// What a sink does with what is at its place already. Logs and topics always append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It begins anew, as `>` does in a shell.
    Replace,
    /// It goes on at the end, after cutting off a line that a crash has left half-written.
    Append,
}

/// Whether a source is to hand out headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// Leave them out.
    Skip,
    /// Hand them out.
    Read,
}

/// What is the same for every place of a run.
#[derive(Clone, Debug)]
pub struct ConnectorOptions {
    /// The name of the application: Kafka's consumer group.
    pub app_id: String,
    /// What a source does where its log ends; `None` is the connector's own habit (files and
    /// logs stop, standard input ends by itself, Kafka follows).
    pub at_end: Option<AtEnd>,
    /// The longest record that is read, in bytes.
    pub max_record_bytes: usize,
    /// What a sink does with what is at its place already.
    pub existing: Existing,
    /// Whether sources hand out headers.
    pub headers: Headers,
    /// How long the first contact with a place elsewhere may take.
    pub connect_timeout: Duration,
    /// Settings of the Kafka client (librdkafka names), from `[kafka]` in `cep.toml`, without
    /// the brokers.
    pub kafka: BTreeMap<String, String>,
}

impl Default for ConnectorOptions {
    fn default() -> Self {
        Self {
            app_id: "cep".into(),
            at_end: None,
            max_record_bytes: MAX_RECORD_BYTES,
            existing: Existing::Replace,
            headers: Headers::Skip,
            connect_timeout: CONNECT_TIMEOUT,
            kafka: BTreeMap::new(),
        }
    }
}

/// Opens a source.
pub type OpenSource = fn(&Uri, &ConnectorOptions) -> Result<Box<dyn Source>, ConnectorError>;
/// Opens a sink.
pub type OpenSink = fn(&Uri, &ConnectorOptions) -> Result<Box<dyn Sink>, ConnectorError>;

/// A row of the table of connectors.
pub struct Connector {
    /// The scheme of its URIs.
    pub scheme: &'static str,
    /// What it is, in a few words.
    pub doc: &'static str,
    /// Opens a source, if it has any.
    pub source: Option<OpenSource>,
    /// Opens a sink, if it has any.
    pub sink: Option<OpenSink>,
}

/// Every connector there is.
pub const CONNECTORS: &[Connector] = &[
    Connector {
        scheme: "file",
        doc: "a file with one JSON object a line; `.gz` and `.zst` are unpacked and packed",
        source: Some(file::open_source),
        sink: Some(file::open_sink),
    },
    Connector {
        scheme: "stdin",
        doc: "standard input, one JSON object a line",
        source: Some(stdio::open_source),
        sink: None,
    },
    Connector {
        scheme: "stdout",
        doc: "standard output, one JSON object a line",
        source: None,
        sink: Some(stdio::open_sink),
    },
    Connector {
        scheme: "log",
        doc: "a topic of the embedded log",
        source: Some(log::open_source),
        sink: Some(log::open_sink),
    },
    Connector {
        scheme: "null",
        doc: "nothing to read; what is written goes nowhere",
        source: Some(null::open_source),
        sink: Some(null::open_sink),
    },
    kafka::CONNECTOR,
];

/// The error of a connector that was handed another's place, which the table prevents.
fn foreign(uri: &Uri) -> ConnectorError {
    let cause = "it is another connector's place";
    ConnectorError::new(ConnectorErrorKind::Unsupported, format!("cannot open `{uri}`"), cause)
}

fn row(uri: &Uri) -> Result<&'static Connector, ConnectorError> {
    CONNECTORS.iter().find(|row| row.scheme == uri.scheme()).ok_or_else(|| {
        let cause = format!("this build has no connector `{}`", uri.scheme());
        ConnectorError::new(ConnectorErrorKind::Unsupported, format!("cannot open `{uri}`"), cause)
    })
}

/// Opens the source at `uri`.
///
/// # Errors
/// When the place is not there, cannot be reached or read, or is not one that can be read from.
pub fn open_source(
    uri: &Uri,
    options: &ConnectorOptions,
) -> Result<Box<dyn Source>, ConnectorError> {
    let open = row(uri)?.source.ok_or_else(|| {
        let cause = "nothing can be read from there";
        ConnectorError::new(ConnectorErrorKind::Unsupported, format!("cannot read `{uri}`"), cause)
    })?;
    open(uri, options)
}

/// Opens the sink at `uri`.
///
/// # Errors
/// When the place cannot be made, reached or written, or is not one that can be written to.
pub fn open_sink(uri: &Uri, options: &ConnectorOptions) -> Result<Box<dyn Sink>, ConnectorError> {
    let open = row(uri)?.sink.ok_or_else(|| {
        let cause = "nothing can be written there";
        ConnectorError::new(ConnectorErrorKind::Unsupported, format!("cannot write `{uri}`"), cause)
    })?;
    open(uri, options)
}
