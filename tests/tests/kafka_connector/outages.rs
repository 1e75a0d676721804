//! Brokers that die, restart and hang while they are used.

use super::{POLL, TIMEOUT, options, read, uri, wait_for};
use cep_core::time::EventTime;
use cep_tests::broker::{Broker, Record};
use runtime::connector::{
    AtEnd, ConnectorOptions, OutRecord, Polled, RecordBatch, open_sink, open_source,
};
use std::time::{Duration, Instant};

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
    let during =
        OutRecord { value: Some(b"during"), key: None, timestamp: EventTime(1), headers: &[] };
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
