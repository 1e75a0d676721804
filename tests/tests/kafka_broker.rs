//! The real broker that the Kafka tests stand on: it serves, survives its own restarts and crashes, and leaves nothing behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use cep_tests::broker::{Broker, Record, version};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(30);

#[test]
fn records_survive_a_restart_and_a_crash_of_the_broker() {
    let begun = Instant::now();
    let broker = Broker::start().unwrap_or_else(|error| panic!("{error}"));
    println!("Apache Kafka {} served after {:.2} s", version(), begun.elapsed().as_secs_f32());
    broker.create_topic("costcenter", 2).unwrap();
    let sent = Record::new("302", r#"{"farmid":302,"batchcnt":21,"batchtime":1584981114028}"#)
        .at_ms(1_584_981_114_028)
        .in_partition(1)
        .header("ce_type", "Harvest");
    broker.produce("costcenter", &[sent]).unwrap();

    let first = broker.read("costcenter", 1, TIMEOUT).unwrap();
    assert_eq!(first.len(), 1);
    let record = &first[0];
    assert_eq!((record.partition, record.offset), (1, 0));
    assert_eq!(record.key.as_deref(), Some("302"));
    assert_eq!(record.value, r#"{"farmid":302,"batchcnt":21,"batchtime":1584981114028}"#);
    assert_eq!(record.timestamp_ms, Some(1_584_981_114_028));
    assert_eq!(record.headers.get("ce_type").map(String::as_str), Some("Harvest"));

    let begun = Instant::now();
    broker.restart().unwrap();
    println!("restarted in {:.2} s", begun.elapsed().as_secs_f32());
    assert_eq!(broker.read_all("costcenter").unwrap(), first);

    broker.produce("costcenter", &[Record::new("101", "{}").in_partition(0)]).unwrap();
    broker.kill().unwrap();
    let begun = Instant::now();
    broker.restart().unwrap();
    println!("back after a crash in {:.2} s", begun.elapsed().as_secs_f32());
    let keys: Vec<_> = broker
        .read_all("costcenter")
        .unwrap()
        .into_iter()
        .map(|record| record.key.unwrap())
        .collect();
    assert_eq!(keys, ["101", "302"]);
}

#[test]
fn reading_more_than_there_is_says_how_much_there_was() {
    let broker = Broker::start().unwrap_or_else(|error| panic!("{error}"));
    broker.create_topic("t", 1).unwrap();
    broker.produce("t", &[Record::keyless("a"), Record::tombstone("b")]).unwrap();
    let error = broker.read("t", 3, Duration::from_secs(4)).unwrap_err().to_string();
    assert!(error.starts_with("`t` held 2 of 3 records after 4"), "{error}");
    let error = broker.create_topic("t", 1).unwrap_err().to_string();
    assert!(error.starts_with("cannot make the topic `t`"), "{error}");
}

/// Runs itself again as a process that starts a broker and is killed: neither the broker nor its folder may outlive it.
#[test]
fn killed_test_process_leaves_no_broker_and_no_folder() {
    const CHILD: &str = "CEP_TESTS_BROKER_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let broker = Broker::start().unwrap_or_else(|error| panic!("{error}"));
        println!("\nserving at {}", broker.address());
        std::process::abort();
    }
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed_test_process_leaves_no_broker_and_no_folder", "--nocapture"])
        .env(CHILD, "1")
        .env("TMPDIR", folder.path())
        .stderr(Stdio::inherit()) // The words about a first, slow fetch.
        .output()
        .unwrap();
    assert!(!child.status.success(), "the child aborts once its broker serves");
    let printed = String::from_utf8_lossy(&child.stdout).into_owned();
    let address = printed
        .lines()
        .find_map(|line| line.strip_prefix("serving at "))
        .expect("the broker served")
        .to_owned();
    let begun = Instant::now();
    while TcpStream::connect(&address).is_ok() || left_in(folder.path()) > 0 {
        assert!(
            begun.elapsed() < TIMEOUT,
            "{address}: {} things left in {}",
            left_in(folder.path()),
            folder.path().display()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn left_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}
