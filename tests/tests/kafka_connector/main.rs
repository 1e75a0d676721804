//! The Kafka connector against a real broker: the contract of all connectors, and what is Kafka's
//! own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod contract;
mod errors;
mod formats;
mod offsets;
mod outages;
mod records;
mod tables;

use cep_tests::broker::Broker;
use runtime::connector::{AtEnd, ConnectorOptions, Polled, RecordBatch, Source, Uri};
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
