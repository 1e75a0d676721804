//! The suite over the rows of the table that need no broker, and over memory.

#![allow(clippy::unwrap_used, reason = "tests")]

mod records;

use super::*;
use crate::connector::memory::{MemoryLog, MemorySink, MemorySource};
use crate::connector::{CONNECTORS, Existing, Uri, log, open_sink, open_source, stdio};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// A file in a folder that goes away with it.
struct FilePlace {
    dir: tempfile::TempDir,
    name: &'static str,
}

impl FilePlace {
    fn new(name: &'static str) -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap(), name };
        File::create(place.path()).unwrap();
        place
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join(self.name)
    }

    fn uri(&self) -> Uri {
        Uri::parse(&format!("file:{}", self.path().display())).unwrap()
    }
}

impl Place for FilePlace {
    fn partitions(&self) -> u32 {
        1
    }

    fn append(&mut self, _: u32, values: &[&[u8]]) -> Result<(), ConnectorError> {
        let text: Vec<u8> = values.iter().flat_map(|value| [value, &b"\n"[..]].concat()).collect();
        let packed = if self.name.ends_with(".gz") {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), Default::default());
            packer.write_all(&text).unwrap();
            packer.finish().unwrap()
        } else if self.name.ends_with(".zst") {
            zstd::encode_all(&text[..], 0).unwrap()
        } else {
            text
        };
        File::options().append(true).open(self.path()).unwrap().write_all(&packed).unwrap();
        Ok(())
    }

    fn source(&self, options: &ConnectorOptions) -> Result<Box<dyn Source>, ConnectorError> {
        open_source(&self.uri(), options)
    }

    fn sink(&self, options: &ConnectorOptions) -> Result<Option<Box<dyn Sink>>, ConnectorError> {
        open_sink(&self.uri(), options).map(Some)
    }

    fn abilities(&self) -> Abilities {
        if self.name.ends_with(".jsonl") { Abilities::SeekAndFollow } else { Abilities::Seek }
    }
}

/// Standard input, by a reader that stands for it.
struct StdinPlace(Vec<u8>);

impl Place for StdinPlace {
    fn partitions(&self) -> u32 {
        1
    }

    fn append(&mut self, _: u32, values: &[&[u8]]) -> Result<(), ConnectorError> {
        values.iter().for_each(|value| self.0.extend([value, &b"\n"[..]].concat()));
        Ok(())
    }

    fn source(&self, options: &ConnectorOptions) -> Result<Box<dyn Source>, ConnectorError> {
        Ok(stdio::read_from(std::io::Cursor::new(self.0.clone()), options))
    }

    fn sink(&self, _: &ConnectorOptions) -> Result<Option<Box<dyn Sink>>, ConnectorError> {
        Ok(None)
    }

    fn abilities(&self) -> Abilities {
        Abilities::ReadOnce
    }
}

/// A topic of the embedded log.
struct LogPlace {
    dir: tempfile::TempDir,
    partitions: u32,
}

impl LogPlace {
    fn new(partitions: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        log::create_topic(dir.path(), "events", partitions).unwrap();
        Self { dir, partitions }
    }

    fn uri(&self) -> Uri {
        Uri::Log { dir: self.dir.path().into(), topic: "events".into() }
    }
}

impl Place for LogPlace {
    fn partitions(&self) -> u32 {
        self.partitions
    }

    fn append(&mut self, partition: u32, values: &[&[u8]]) -> Result<(), ConnectorError> {
        let mut sink = open_sink(&self.uri(), &ConnectorOptions::default())?;
        let mut keys = (0..).map(|number: u32| number.to_string().into_bytes());
        let key = keys.find(|key| log::partition_of(key, self.partitions) == partition).unwrap();
        for value in values {
            let timestamp = EventTime(0);
            sink.write(&OutRecord {
                value: Some(value),
                key: Some(&key),
                timestamp,
                headers: &[],
            })?;
        }
        sink.flush()
    }

    fn source(&self, options: &ConnectorOptions) -> Result<Box<dyn Source>, ConnectorError> {
        open_source(&self.uri(), options)
    }

    fn sink(&self, options: &ConnectorOptions) -> Result<Option<Box<dyn Sink>>, ConnectorError> {
        open_sink(&self.uri(), options).map(Some)
    }

    fn abilities(&self) -> Abilities {
        Abilities::SeekAndFollow
    }
}

impl Place for MemoryLog {
    fn partitions(&self) -> u32 {
        2
    }

    fn append(&mut self, partition: u32, values: &[&[u8]]) -> Result<(), ConnectorError> {
        values.iter().for_each(|value| self.push(partition, *value));
        Ok(())
    }

    fn source(&self, options: &ConnectorOptions) -> Result<Box<dyn Source>, ConnectorError> {
        let limit = options.max_record_bytes;
        Ok(Box::new(MemorySource::new(self.clone(), options.at_end.unwrap()).with_limit(limit)))
    }

    fn sink(&self, _: &ConnectorOptions) -> Result<Option<Box<dyn Sink>>, ConnectorError> {
        Ok(Some(Box::new(MemorySink::new(self.clone()))))
    }

    fn abilities(&self) -> Abilities {
        Abilities::SeekAndFollow
    }
}

fn run(name: &str, mut empty_place: impl FnMut() -> Box<dyn Place>) {
    check(name, &mut || Ok(empty_place())).unwrap();
}

#[test]
fn a_plain_file_keeps_the_contract() {
    run("file", || Box::new(FilePlace::new("events.jsonl")));
}

#[test]
fn a_gzip_file_keeps_the_contract() {
    run("file.gz", || Box::new(FilePlace::new("events.jsonl.gz")));
}

#[test]
fn a_zstd_file_keeps_the_contract() {
    run("file.zst", || Box::new(FilePlace::new("events.jsonl.zst")));
}

#[test]
fn standard_input_keeps_the_contract() {
    run("stdin", || Box::new(StdinPlace(Vec::new())));
}

#[test]
fn the_embedded_log_keeps_the_contract() {
    run("log", || Box::new(LogPlace::new(1)));
    run("log of three partitions", || Box::new(LogPlace::new(3)));
}

#[test]
fn memory_keeps_the_contract() {
    run("memory", || Box::new(MemoryLog::new(2)));
}

/// What can neither be filled nor read back has no place in the suite but still keeps to it where
/// it can: `null:` ends at once and takes everything.
#[test]
fn null_ends_at_once_and_takes_everything() {
    let null = Uri::parse("null:").unwrap();
    let mut source = open_source(&null, &options(AtEnd::Stop)).unwrap();
    let (seen, _) = drain("null", &mut *source, 10).unwrap();
    assert_eq!(seen, []);
    let mut sink = open_sink(&null, &ConnectorOptions::default()).unwrap();
    let record = OutRecord { value: Some(b"x"), key: None, timestamp: EventTime(0), headers: &[] };
    sink.write(&record).unwrap();
    sink.flush().unwrap();
}

#[test]
fn every_row_of_the_table_is_under_test() {
    let schemes: Vec<&str> = CONNECTORS.iter().map(|row| row.scheme).collect();
    // Kafka's row runs against a broker, in the tests crate.
    let tested = ["file", "stdin", "stdout", "log", "null", "kafka"];
    assert!(schemes.iter().all(|scheme| tested.contains(scheme)), "{schemes:?}");
}

#[test]
fn a_ten_megabyte_line_never_stands_in_memory() {
    let mut place = FilePlace::new("events.jsonl");
    let long = vec![b'x'; 10 * 1024 * 1024];
    place.append(0, &[b"1", &long, b"2"]).unwrap();
    let mut source = place.source(&options(AtEnd::Stop)).unwrap();
    let (mut batch, mut values, mut reasons) = (RecordBatch::new(), Vec::new(), Vec::new());
    loop {
        match source.poll(&mut batch, 100, Duration::ZERO).unwrap() {
            Polled::Records => {
                values.extend(batch.iter().map(|record| record.value.unwrap().to_vec()));
                reasons.extend(batch.unreadable().iter().map(|bad| bad.reason.clone()));
            }
            Polled::Ended { .. } => break,
            _ => {}
        }
        let held = batch.buffer().capacity();
        assert!(held < 3 * 1024 * 1024, "the batch has grown to {held} bytes");
    }
    assert_eq!(values, [b"1", b"2"]);
    assert_eq!(reasons, ["it has 10485760 bytes, more than the limit of 1048576"]);
}

/// Leaves half a line at the end of `path`, appends a record and reads everything back.
fn append_after_a_crash(place: &mut dyn Place, path: &std::path::Path) -> Vec<String> {
    place.append(0, &[b"1", b"2"]).unwrap();
    File::options().append(true).open(path).unwrap().write_all(b"{\"offset\":2,\"va").unwrap();
    let append = ConnectorOptions { existing: Existing::Append, ..options(AtEnd::Stop) };
    let mut sink = place.sink(&append).unwrap().unwrap();
    let record = OutRecord { value: Some(b"3"), key: None, timestamp: EventTime(0), headers: &[] };
    sink.write(&record).unwrap();
    sink.flush().unwrap();
    let mut source = place.source(&options(AtEnd::Stop)).unwrap();
    let (seen, bad) = drain("after a crash", &mut *source, 10).unwrap();
    assert!(bad.is_empty());
    seen.iter().map(|seen| String::from_utf8_lossy(&seen.2).into_owned()).collect()
}

#[test]
fn a_torn_last_line_of_a_file_is_cut_off_before_more_is_appended() {
    let mut place = FilePlace::new("events.jsonl");
    let path = place.path();
    assert_eq!(append_after_a_crash(&mut place, &path), ["1", "2", "3"]);
}

#[test]
fn a_torn_last_line_of_a_log_is_cut_off_before_more_is_appended() {
    let mut place = LogPlace::new(1);
    let path = place.dir.path().join("events/0/00000000000000000000.jsonl");
    assert_eq!(append_after_a_crash(&mut place, &path), ["1", "2", "3"]);
}

#[test]
fn a_log_has_one_writer() {
    let place = LogPlace::new(1);
    let _first = place.sink(&options(AtEnd::Stop)).unwrap();
    let error = place.sink(&options(AtEnd::Stop)).err().unwrap();
    assert_eq!(error.cause, "another process is writing to it");
}

#[test]
fn the_number_of_partitions_is_settled_when_a_topic_is_made() {
    let place = LogPlace::new(2);
    log::create_topic(place.dir.path(), "events", 2).unwrap();
    let error = log::create_topic(place.dir.path(), "events", 3).unwrap_err();
    assert_eq!(error.cause, "it exists already and has 2 partitions, not 3");
}

/// The hash is part of the format: a record of a key stays in its partition for ever.
#[test]
fn keys_have_the_partitions_they_always_had() {
    let keys = ["", "302", "farm", "\u{1F36C}"];
    let partitions: Vec<u32> =
        keys.iter().map(|key| log::partition_of(key.as_bytes(), 16)).collect();
    insta::assert_snapshot!(format!("{partitions:?}"), @"[2, 9, 4, 14]");
}

#[test]
fn a_full_disk_is_an_error_at_the_latest_when_flushed() {
    let uri = Uri::parse("file:/dev/full").unwrap();
    let mut sink = open_sink(&uri, &ConnectorOptions::default()).unwrap();
    let record = OutRecord { value: Some(b"x"), key: None, timestamp: EventTime(0), headers: &[] };
    let error = sink.write(&record).and_then(|()| sink.flush()).unwrap_err();
    assert_eq!(error.kind, crate::connector::ConnectorErrorKind::Full);
}

/// A writer that crashed in the middle of a line, and the one that comes after it.
fn follow_over_a_crash(place: &mut dyn Place, path: &std::path::Path) {
    place.append(0, &[b"1"]).unwrap();
    let mut source = place.source(&options(AtEnd::Follow)).unwrap();
    follow_to_the_end("crash", &mut *source).unwrap();
    File::options().append(true).open(path).unwrap().write_all(b"{\"offset\":1,\"va").unwrap();
    assert_eq!(follow_to_the_end("crash", &mut *source).unwrap(), []);
    let append = ConnectorOptions { existing: Existing::Append, ..options(AtEnd::Stop) };
    let mut sink = place.sink(&append).unwrap().unwrap();
    let value = b"[1,2,3,4,5,6,7,8,9]";
    let (key, timestamp) = (None, EventTime(0));
    sink.write(&OutRecord { value: Some(value), key, timestamp, headers: &[] }).unwrap();
    sink.flush().unwrap();
    let seen = follow_to_the_end("crash", &mut *source).unwrap();
    assert_eq!(seen, [(0, 1, value.to_vec())]);
}

#[test]
fn who_follows_a_file_does_not_see_what_a_crash_left() {
    let mut place = FilePlace::new("events.jsonl");
    let path = place.path();
    follow_over_a_crash(&mut place, &path);
}

#[test]
fn who_follows_a_log_does_not_see_what_a_crash_left() {
    let mut place = LogPlace::new(1);
    let path = place.dir.path().join("events/0/00000000000000000000.jsonl");
    follow_over_a_crash(&mut place, &path);
}

#[test]
fn a_followed_file_that_becomes_shorter_is_an_error() {
    let mut place = FilePlace::new("events.jsonl");
    place.append(0, &[b"1", b"2"]).unwrap();
    let mut source = place.source(&options(AtEnd::Follow)).unwrap();
    follow_to_the_end("cut", &mut *source).unwrap();
    File::create(place.path()).unwrap();
    let error = source.poll(&mut RecordBatch::new(), 10, POLL_TIMEOUT).unwrap_err();
    assert_eq!(error.cause, "it has become shorter than what was read of it");
}
