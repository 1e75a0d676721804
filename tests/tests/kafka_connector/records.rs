//! What a record carries, both ways, and which records count.

use super::{POLL, options, read, uri, wait_for};
use cep_core::time::EventTime;
use cep_tests::broker::{Broker, End, Record};
use runtime::connector::{
    AtEnd, ConnectorOptions, ContentMode, Headers, OutRecord, Polled, RecordBatch, open_sink,
    open_source,
};
use std::time::Duration;

#[test]
fn keys_timestamps_headers_and_tombstones_are_read() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("whole", 1).unwrap();
    let full = Record::new("302", "{}").at_ms(1_584_981_114_028).header("op", "u").header("h", "");
    broker.produce(&topic, &[full, Record::tombstone("303").at_ms(5)]).unwrap();
    let options = ConnectorOptions { headers: Headers::Read, ..options(AtEnd::Stop) };
    let mut source = open_source(&uri(broker, &topic), &options).unwrap();
    let mut batch = RecordBatch::new();
    while source.poll(&mut batch, 10, POLL).unwrap() != Polled::Records {}
    assert_eq!(batch.len(), 2);
    let record = batch.get(0).unwrap();
    assert_eq!(record.key, Some(&b"302"[..]));
    assert_eq!(record.timestamp, EventTime::from_millis(1_584_981_114_028));
    let headers: Vec<_> = batch.headers(0).collect();
    assert_eq!(headers, [("op", &b"u"[..]), ("h", &b""[..])]);
    let tombstone = batch.get(1).unwrap();
    assert_eq!((tombstone.key, tombstone.value), (Some(&b"303"[..]), None));
}

#[test]
fn records_are_written_with_key_timestamp_and_headers() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("out", 3).unwrap();
    let mut sink = open_sink(&uri(broker, &topic), &ConnectorOptions::default()).unwrap();
    assert_eq!(sink.content_mode(), ContentMode::Binary);
    let headers = [("ce_id", &b"a1.0"[..]), ("ce_type", b"Disaster")];
    let record = OutRecord {
        value: Some(br#"{"farm":302}"#),
        key: Some(b"302"),
        timestamp: EventTime(9_999_999),
        headers: &headers,
    };
    sink.write(&record).unwrap();
    let epoch = OutRecord { timestamp: EventTime(0), key: None, headers: &[], ..record };
    sink.write(&epoch).unwrap();
    sink.flush().unwrap();
    let mut read = broker.read_all(&topic).unwrap();
    read.sort_by_key(|record| record.key.is_none());
    let [keyed, keyless] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!(keyed.key.as_deref(), Some("302"));
    assert_eq!(keyed.value, r#"{"farm":302}"#);
    assert_eq!(keyed.timestamp_ms, Some(9_999));
    let expected = [("ce_id", "a1.0"), ("ce_type", "Disaster")];
    assert_eq!(keyed.headers, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    assert_eq!(keyless.timestamp_ms, Some(1), "a time Kafka cannot say is not taken for now");
}

#[test]
fn the_flush_of_many_records_waits_for_all_of_them() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("many", 3).unwrap();
    // A queue that is too short for them, so that writing has to wait, too.
    let kafka = [("queue.buffering.max.messages".to_owned(), "1000".to_owned())].into();
    let options = ConnectorOptions { kafka, ..options(AtEnd::Stop) };
    let mut sink = open_sink(&uri(broker, &topic), &options).unwrap();
    for index in 0..20_000_i64 {
        let (key, value) = (format!("{}", index % 50), format!("{index}"));
        let timestamp = EventTime(1_000_000 + index);
        let (key, value) = (Some(key.as_bytes()), Some(value.as_bytes()));
        sink.write(&OutRecord { value, key, timestamp, headers: &[] }).unwrap();
    }
    sink.flush().unwrap();
    let options = self::options(AtEnd::Stop);
    let seen = read(&mut *open_source(&uri(broker, &topic), &options).unwrap(), usize::MAX);
    assert_eq!(seen.len(), 20_000);
    let mut last = std::collections::BTreeMap::new();
    for (partition, _, value) in seen {
        let index: i64 = value.parse().unwrap();
        let before = last.insert(index % 50, (partition, index));
        assert!(before.is_none_or(|b| b < (partition, index)), "a key keeps its order");
    }
}

#[test]
fn only_committed_records_are_read_and_what_follows_them_does_not_keep_the_end_open() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("transactions", 1).unwrap();
    let records = |text: &str| [Record::keyless(format!("{text} 1")), Record::keyless(text)];
    broker.transact(&topic, &records("committed"), End::Commit).unwrap();
    broker.transact(&topic, &records("aborted"), End::Abort).unwrap();
    let mut source = open_source(&uri(broker, &topic), &options(AtEnd::Stop)).unwrap();
    let values: Vec<_> = read(&mut *source, usize::MAX).into_iter().map(|seen| seen.2).collect();
    assert_eq!(values, ["committed 1", "committed"]);
    let mut source = open_source(&uri(broker, &topic), &options(AtEnd::Follow)).unwrap();
    assert_eq!(read(&mut *source, 2).len(), 2);
    wait_for(&mut *source, Polled::AtEnd { partition: 0 }, Duration::ZERO);
}
