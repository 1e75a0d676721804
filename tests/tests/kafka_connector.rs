//! The Kafka connector against a real broker: the contract of all connectors, and what is Kafka's
//! own (keys, timestamps, headers, offsets, restarts, errors in words).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use cep_core::time::EventTime;
use cep_tests::broker::{Broker, End, Record};
use runtime::connector::contract::{self, Abilities, Place};
use runtime::connector::{
    AtEnd, ConnectorError, ConnectorErrorKind, ConnectorOptions, ContentMode, Headers, OutRecord,
    Polled, Position, RecordBatch, Sink, Source, Uri, open_sink, open_source,
};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

fn uri(broker: &Broker, topic: &str) -> Uri {
    Uri::parse(&broker.uri(topic)).unwrap()
}

fn options(at_end: AtEnd) -> ConnectorOptions {
    ConnectorOptions { at_end: Some(at_end), ..ConnectorOptions::default() }
}

/// Reads `count` records, or what there is till every partition has ended.
fn read(source: &mut dyn Source, count: usize) -> Vec<(u32, u64, String)> {
    let (mut seen, mut ended, mut batch) = (Vec::new(), 0, RecordBatch::new());
    let begun = Instant::now();
    while seen.len() < count && ended < source.partitions() {
        assert!(begun.elapsed() < TIMEOUT, "{} of {count} records", seen.len());
        match source.poll(&mut batch, 1000, POLL).unwrap() {
            Polled::Records => seen.extend(batch.iter().map(|record| {
                let value = String::from_utf8_lossy(record.value.unwrap_or_default()).into_owned();
                (batch.partition(), record.offset, value)
            })),
            Polled::Ended { .. } => ended += 1,
            Polled::AtEnd { .. } | Polled::Nothing => {}
        }
    }
    seen
}

struct Topic {
    uri: Uri,
    name: String,
    partitions: u32,
}

impl Place for Topic {
    fn partitions(&self) -> u32 {
        self.partitions
    }

    fn append(&mut self, partition: u32, values: &[&[u8]]) -> Result<(), ConnectorError> {
        let partition = i32::try_from(partition).unwrap();
        let record = |value: &&[u8]| Record::keyless(*value).in_partition(partition);
        let records: Vec<Record> = values.iter().map(record).collect();
        Broker::shared().produce(&self.name, &records).unwrap();
        Ok(())
    }

    fn source(&self, options: &ConnectorOptions) -> Result<Box<dyn Source>, ConnectorError> {
        open_source(&self.uri, options)
    }

    fn sink(&self, options: &ConnectorOptions) -> Result<Option<Box<dyn Sink>>, ConnectorError> {
        open_sink(&self.uri, options).map(Some)
    }

    fn abilities(&self) -> Abilities {
        Abilities::SeekAndFollow
    }
}

#[test]
fn it_keeps_the_contract_of_all_connectors() {
    for partitions in [1, 3] {
        let name = format!("kafka with {partitions} partitions");
        contract::check(&name, &mut || {
            let topic = Broker::shared().fresh_topic("contract", partitions).unwrap();
            let uri = uri(Broker::shared(), &topic);
            let partitions = u32::try_from(partitions).unwrap();
            Ok(Box::new(Topic { uri, name: topic, partitions }))
        })
        .unwrap();
    }
}

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
        value: br#"{"farm":302}"#,
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
        let (key, value) = (Some(key.as_bytes()), value.as_bytes());
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
fn committed_offsets_are_kept_under_the_application() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("commit", 2).unwrap();
    let records: Vec<_> =
        (0..10).map(|i| Record::keyless(format!("{i}")).in_partition(i % 2)).collect();
    broker.produce(&topic, &records).unwrap();
    let options = ConnectorOptions { app_id: "farm-watch".into(), ..options(AtEnd::Stop) };
    {
        let mut source = open_source(&uri(broker, &topic), &options).unwrap();
        assert_eq!(source.committed().unwrap(), []);
        assert_eq!(read(&mut *source, usize::MAX).len(), 10);
        assert!(broker.committed("farm-watch", &topic).unwrap().is_empty(), "not by itself");
        source.commit(&[Position { partition: 0, offset: 2 }]).unwrap();
        source.commit(&[Position { partition: 0, offset: 3 }]).unwrap();
        source.commit(&[Position { partition: 1, offset: 5 }]).unwrap();
    } // Going, it sees the last commit through.
    assert_eq!(broker.committed("farm-watch", &topic).unwrap(), [(0, 3), (1, 5)].into());
    let mut source = open_source(&uri(broker, &topic), &options).unwrap();
    let positions = source.committed().unwrap();
    source.seek(&positions).unwrap();
    let values: Vec<_> = read(&mut *source, usize::MAX).into_iter().map(|seen| seen.2).collect();
    assert_eq!(values, ["6", "8"]);
}

#[test]
fn seeking_back_amid_prefetched_records_loses_and_repeats_none() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("seek", 2).unwrap();
    let records: Vec<_> =
        (0..20_000).map(|i| Record::keyless(format!("{i}")).in_partition(i % 2)).collect();
    broker.produce(&topic, &records).unwrap();
    let mut source = open_source(&uri(broker, &topic), &options(AtEnd::Stop)).unwrap();
    for (cut, offset) in [(5_000, 10), (9_000, 3_000), (100, 7_000), (12_000, 0)] {
        read(&mut *source, cut);
        source.seek(&[0, 1].map(|partition| Position { partition, offset })).unwrap();
        let first = read(&mut *source, 1);
        for partition in [0, 1] {
            let offsets: Vec<_> = first.iter().filter(|s| s.0 == partition).map(|s| s.1).collect();
            let expected: Vec<_> = (offset..).take(offsets.len()).collect();
            assert_eq!(offsets, expected, "without a gap from {offset} on");
        }
    }
    source.seek(&[0, 1].map(|partition| Position { partition, offset: 2_000 })).unwrap();
    assert_eq!(read(&mut *source, usize::MAX).len(), 16_000);
}

#[test]
fn reading_and_writing_survive_a_restart_of_the_broker() {
    let broker = Broker::start().unwrap_or_else(|error| panic!("{error}"));
    broker.create_topic("in", 1).unwrap();
    broker.produce("in", &[Record::keyless("before")]).unwrap();
    let mut source = open_source(&uri(&broker, "in"), &options(AtEnd::Follow)).unwrap();
    let mut sink = open_sink(&uri(&broker, "in"), &ConnectorOptions::default()).unwrap();
    assert_eq!(read(&mut *source, 1)[0].2, "before");

    broker.kill().unwrap();
    let mut batch = RecordBatch::new();
    let begun = Instant::now();
    // The silence of a dead broker is not the end of a partition.
    while begun.elapsed() < Duration::from_millis(1500) {
        let polled = source.poll(&mut batch, 10, POLL).unwrap();
        let has_noticed = begun.elapsed() > Duration::from_millis(500);
        assert!(polled == Polled::Nothing || !has_noticed, "{polled:?}");
    }
    let during = OutRecord { value: b"during", key: None, timestamp: EventTime(1), headers: &[] };
    sink.write(&during).unwrap();
    std::thread::scope(|scope| {
        let restarted = scope.spawn(|| broker.restart());
        sink.flush().unwrap();
        restarted.join().unwrap().unwrap();
    });
    let begun = Instant::now();
    assert_eq!(read(&mut *source, 1)[0].2, "during");
    println!("read on {:.2} s after the restart", begun.elapsed().as_secs_f32());
    let mut confirmed = false;
    while !confirmed {
        assert!(begun.elapsed() < TIMEOUT);
        confirmed = source.poll(&mut batch, 10, POLL).unwrap() == Polled::AtEnd { partition: 0 };
    }
}

/// Polls until `wanted` has been the answer for `long`.
fn wait_for(source: &mut dyn Source, wanted: Polled, long: Duration) {
    let (begun, mut since, mut batch) = (Instant::now(), None, RecordBatch::new());
    loop {
        assert!(begun.elapsed() < TIMEOUT, "{wanted:?}");
        if source.poll(&mut batch, 10, POLL).unwrap() != wanted {
            since = None;
        } else if since.get_or_insert_with(Instant::now).elapsed() >= long {
            return;
        }
    }
}

#[test]
fn an_end_confirmed_before_an_outage_is_confirmed_again_after_it() {
    let broker = Broker::start().unwrap_or_else(|error| panic!("{error}"));
    broker.create_topic("quiet", 1).unwrap();
    let mut source = open_source(&uri(&broker, "quiet"), &options(AtEnd::Follow)).unwrap();
    wait_for(&mut *source, Polled::AtEnd { partition: 0 }, Duration::ZERO);
    broker.kill().unwrap();
    wait_for(&mut *source, Polled::Nothing, Duration::from_secs(1));
    broker.restart().unwrap();
    wait_for(&mut *source, Polled::AtEnd { partition: 0 }, Duration::ZERO);
}

#[test]
fn a_broker_that_hangs_is_not_silence() {
    let broker = Broker::start().unwrap_or_else(|error| panic!("{error}"));
    broker.create_topic("quiet", 1).unwrap();
    let kafka = [("socket.timeout.ms".to_owned(), "2000".to_owned())].into();
    let options = ConnectorOptions { kafka, ..options(AtEnd::Follow) };
    let mut source = open_source(&uri(&broker, "quiet"), &options).unwrap();
    wait_for(&mut *source, Polled::AtEnd { partition: 0 }, Duration::ZERO);
    broker.freeze().unwrap();
    wait_for(&mut *source, Polled::Nothing, Duration::from_secs(1));
    broker.thaw().unwrap();
    wait_for(&mut *source, Polled::AtEnd { partition: 0 }, Duration::ZERO);
}

fn error_of<T>(result: Result<T, ConnectorError>) -> ConnectorError {
    match result {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

#[test]
fn a_missing_topic_is_named_with_its_broker_and_what_to_do() {
    let broker = Broker::shared();
    broker.create_topic("costcenter", 1).unwrap();
    let address = broker.address();
    for (name, help) in [
        ("costcentre", "did you mean `costcenter`? Otherwise make it, for example with"),
        ("elsewhere", "make it, for example with `kafka-topics.sh --bootstrap-server"),
    ] {
        let uri = uri(broker, name);
        let options = ConnectorOptions::default();
        let reading = error_of(open_source(&uri, &options));
        assert_eq!(reading.kind, ConnectorErrorKind::NotFound);
        assert_eq!(
            reading.to_string(),
            format!("cannot read `{uri}`: the topic `{name}` does not exist on {address}")
        );
        let said = reading.help.unwrap();
        assert!(said.starts_with(help), "{said}");
        let writing = error_of(open_sink(&uri, &options));
        assert_eq!(
            writing.to_string(),
            format!("cannot write `{uri}`: the topic `{name}` does not exist on {address}")
        );
    }
}

#[test]
fn an_unreachable_broker_is_named_within_the_time_allowed() {
    // A port that was just given back: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let uri = Uri::parse(&format!("kafka://127.0.0.1:{port}/costcenter")).unwrap();
    let connect_timeout = Duration::from_millis(1500);
    let options = ConnectorOptions { connect_timeout, ..ConnectorOptions::default() };
    let begun = Instant::now();
    let error = error_of(open_source(&uri, &options));
    assert_eq!(error.kind, ConnectorErrorKind::Unreachable);
    let text = error.to_string();
    assert!(
        text.starts_with(&format!(
            "cannot read `{uri}`: no broker at 127.0.0.1:{port} answered within 1.5 s"
        )),
        "{text}"
    );
    assert!(text.contains("Connection refused"), "{text}");
    assert!(error.help.is_some());
    let error = error_of(open_sink(&uri, &options));
    assert_eq!(error.kind, ConnectorErrorKind::Unreachable);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn a_record_the_broker_refuses_fails_the_flush_and_is_named() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("refused", 1).unwrap();
    // The client lets it pass, the broker does not.
    let kafka = [("message.max.bytes".to_owned(), "10000000".to_owned())].into();
    let options = ConnectorOptions { kafka, ..ConnectorOptions::default() };
    let mut sink = open_sink(&uri(broker, &topic), &options).unwrap();
    let value = vec![b'x'; 2_000_000];
    let record =
        OutRecord { value: &value, key: Some(b"302"), timestamp: EventTime(1), headers: &[] };
    let written = sink.write(&record);
    let error = written.and_then(|()| sink.flush()).unwrap_err();
    assert!(error.to_string().contains("the record of key `302` was not taken"), "{error}");
    assert!(error.help.unwrap().contains("max.message.bytes"));
    assert!(sink.flush().is_err(), "what failed stays failed");
}

#[test]
fn a_position_beyond_the_end_says_that_the_topic_was_made_anew() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("anew", 1).unwrap();
    broker.produce(&topic, &[Record::keyless("only")]).unwrap();
    let mut source = open_source(&uri(broker, &topic), &options(AtEnd::Stop)).unwrap();
    let error = source.seek(&[Position { partition: 0, offset: 500 }]).unwrap_err();
    assert!(error.to_string().contains("partition 0 ends at offset 1, which is before offset 500"));
    assert!(error.help.unwrap().contains("made anew"));
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

#[test]
fn records_that_retention_deleted_are_passed_over() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("retention", 1).unwrap();
    let records: Vec<_> = (0..10).map(|i| Record::keyless(format!("{i}"))).collect();
    broker.produce(&topic, &records).unwrap();
    // While it is open: what is deleted before it is read is gone.
    let mut source = open_source(&uri(broker, &topic), &options(AtEnd::Follow)).unwrap();
    broker.delete_before(&topic, 0, 4).unwrap();
    assert_eq!(read(&mut *source, 1)[0].1, 4);
    // A position that is gone.
    source.seek(&[Position { partition: 0, offset: 2 }]).unwrap();
    assert_eq!(read(&mut *source, 1)[0].1, 4);
    // A source that is opened afterwards begins where the log begins.
    let mut source = open_source(&uri(broker, &topic), &options(AtEnd::Stop)).unwrap();
    let offsets: Vec<_> = read(&mut *source, usize::MAX).into_iter().map(|seen| seen.1).collect();
    assert_eq!(offsets, [4, 5, 6, 7, 8, 9]);
}
