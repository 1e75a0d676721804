//! Records as tests write them and read them back.

use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::BaseRecord;
use std::collections::BTreeMap;

/// A record to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    key: Option<String>,
    value: Option<Vec<u8>>,
    timestamp_ms: Option<i64>,
    partition: Option<i32>,
    headers: Vec<(String, String)>,
}

impl Record {
    /// A record with a key and a value; the broker's clock stamps it, the key's hash places it.
    pub fn new(key: &str, value: impl Into<Vec<u8>>) -> Record {
        Record { key: Some(key.to_owned()), value: Some(value.into()), ..Record::default() }
    }

    /// A record without a key.
    pub fn keyless(value: impl Into<Vec<u8>>) -> Record {
        Record { value: Some(value.into()), ..Record::default() }
    }

    /// A record without a value, which deletes its key from a compacted topic.
    pub fn tombstone(key: &str) -> Record {
        Record { key: Some(key.to_owned()), ..Record::default() }
    }

    /// Stamps it: milliseconds since the epoch.
    pub fn at_ms(mut self, timestamp_ms: i64) -> Record {
        self.timestamp_ms = Some(timestamp_ms);
        self
    }

    /// Places it.
    pub fn in_partition(mut self, partition: i32) -> Record {
        self.partition = Some(partition);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Record {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A record as it was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Where it lay.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Its key, if it is text.
    pub key: Option<String>,
    /// Its value as text; bytes that are none are shown as such.
    pub value: String,
    /// Its timestamp: milliseconds since the epoch.
    pub timestamp_ms: Option<i64>,
    /// Its headers by name.
    pub headers: BTreeMap<String, String>,
}

/// Copies a message out of the client's memory.
pub(super) fn received(message: &BorrowedMessage<'_>) -> Received {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
    Received {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(text),
        value: message.payload().map(text).unwrap_or_default(),
        timestamp_ms: message.timestamp().to_millis(),
        headers: headers
            .map(|h| (h.key.to_owned(), h.value.map(text).unwrap_or_default()))
            .collect(),
    }
}

/// The client's form of `record`.
pub(super) fn base_record<'a>(topic: &'a str, record: &'a Record) -> BaseRecord<'a, str, [u8]> {
    let mut out = BaseRecord::to(topic);
    out.key = record.key.as_deref();
    out.payload = record.value.as_deref();
    out.timestamp = record.timestamp_ms;
    out.partition = record.partition;
    if !record.headers.is_empty() {
        let headers = record.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        });
        out.headers = Some(headers);
    }
    out
}
