//! The suite over exports.

use super::*;
use crate::connector::Record;

/// An export of two partitions, packed as its name says.
struct RecordsPlace {
    file: FilePlace,
    next: [u64; 2],
}

impl RecordsPlace {
    fn new(name: &'static str) -> Self {
        let mut file = FilePlace::new(name);
        let head = b"{\"format\":\"cep-records\",\"version\":1,\"partitions\":2}";
        file.append(0, &[head]).unwrap();
        Self { file, next: [0; 2] }
    }
}

impl Place for RecordsPlace {
    fn partitions(&self) -> u32 {
        2
    }

    fn append(&mut self, partition: u32, values: &[&[u8]]) -> Result<(), ConnectorError> {
        let next = &mut self.next[partition as usize];
        let mut lines = Vec::new();
        for value in values {
            let record = Record { offset: *next, value: Some(value), key: None, timestamp: None };
            log::entry::write(Some(partition), &record, &[], &mut lines);
            *next += 3;
        }
        let lines: Vec<&[u8]> = lines.strip_suffix(b"\n").unwrap().split(|b| *b == b'\n').collect();
        self.file.append(0, &lines)
    }

    fn source(&self, options: &ConnectorOptions) -> Result<Box<dyn Source>, ConnectorError> {
        self.file.source(options)
    }

    fn sink(&self, _: &ConnectorOptions) -> Result<Option<Box<dyn Sink>>, ConnectorError> {
        Ok(None)
    }

    fn abilities(&self) -> Abilities {
        Abilities::Seek
    }
}

#[test]
fn an_export_keeps_the_contract() {
    run("records", || Box::new(RecordsPlace::new("events.records.jsonl")));
    run("records.gz", || Box::new(RecordsPlace::new("events.records.jsonl.gz")));
    run("records.zst", || Box::new(RecordsPlace::new("events.records.jsonl.zst")));
}

#[test]
fn an_export_that_is_none_or_no_longer_in_order_is_an_error() {
    let cause = |lines: &[&[u8]]| {
        let mut place = FilePlace::new("events.records.jsonl");
        place.append(0, lines).unwrap();
        let drained = place.source(&options(AtEnd::Stop));
        drained.and_then(|mut source| drain("no export", &mut *source, 10)).unwrap_err().cause
    };
    let head: &[u8] = b"{\"format\":\"cep-records\",\"version\":1,\"partitions\":1}";
    insta::assert_snapshot!(
        [
            cause(&[]),
            cause(&[b"{\"farm\":1}"]),
            cause(&[head, b"{\"farm\":1}"]),
            cause(&[head, b"{\"partition\":1,\"offset\":0}"]),
            cause(&[head, b"{\"partition\":0,\"offset\":1}", b"{\"partition\":0,\"offset\":1}"]),
        ]
        .join("\n")
    );
}
