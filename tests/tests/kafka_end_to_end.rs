//! The seed rule on a real Kafka, through the `cep` program: harvests in, disasters out, whatever
//! happens to the broker and the program in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use cep_tests::broker::{Broker, Received, Record};
use cep_tests::process::{self, Running};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(60);
/// The lateness of the stream.
const LATENESS_MS: i64 = 2_000;

/// The recorded harvests: each with its time and its line.
fn harvests() -> Vec<(i64, String)> {
    let text =
        std::fs::read_to_string(process::root().join("rules/harvest/Harvest.jsonl")).unwrap();
    let time =
        |line: &str| serde_json::from_str::<Value>(line).unwrap()["batchtime"].as_i64().unwrap();
    text.lines().map(|line| (time(line), line.to_owned())).collect()
}

/// The harvests as a workshop sends them: keyed by farm, stamped with their time.
fn records(harvests: &[(i64, String)]) -> Vec<Record> {
    let farm = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["farmid"].as_i64().unwrap().to_string()
    };
    harvests.iter().map(|(at, line)| Record::new(&farm(line), line.as_str()).at_ms(*at)).collect()
}

/// What the same rules give on the file: each Disaster by its id, with its data and the end of its
/// window.
struct Expected {
    data: BTreeMap<String, Value>,
    until_ms: BTreeMap<String, i64>,
}

fn expected() -> Expected {
    let on_file = process::run(&["run", "rules/harvest", "--sink", "OverallDisaster=null:"], &[]);
    assert_eq!(on_file.exit_code, Some(0), "{}", on_file.words);
    let events: Vec<Value> =
        on_file.data.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() > 20, "there are disasters to look for");
    let id = |event: &Value| event["id"].as_str().unwrap().to_owned();
    let until = |event: &Value| millis(event["time"].as_str().unwrap()) + 1;
    Expected {
        data: events.iter().map(|event| (id(event), event["data"].clone())).collect(),
        until_ms: events.iter().map(|event| (id(event), until(event))).collect(),
    }
}

/// The millisecond of an RFC 3339 time of 2020-03-23, the day of the recorded harvests.
fn millis(time: &str) -> i64 {
    let clock = time.strip_prefix("2020-03-23T").and_then(|rest| rest.strip_suffix('Z')).unwrap();
    let (hms, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [h, m, s] = hms.split(':').map(|n| n.parse::<i64>().unwrap()).collect::<Vec<_>>()[..]
    else {
        panic!("{time}")
    };
    let fraction: i64 = format!("{fraction:0<6}").parse().unwrap();
    1_584_921_600_000 + (h * 3_600 + m * 60 + s) * 1_000 + fraction / 1_000
}

impl Expected {
    /// The ids of what a live run has decided when it has seen events up to `latest_ms`.
    fn decided_by(&self, latest_ms: i64) -> BTreeSet<String> {
        let decided = |until: &i64| *until <= latest_ms - LATENESS_MS;
        self.until_ms.iter().filter(|(_, until)| decided(until)).map(|(id, _)| id.clone()).collect()
    }
}

fn ids(records: &[Received]) -> BTreeSet<String> {
    records.iter().map(|record| record.headers["ce_id"].clone()).collect()
}

struct Topics {
    harvests: String,
    disasters: String,
}

fn topics(broker: &Broker, partitions: i32) -> Topics {
    Topics {
        harvests: broker.fresh_topic("costcenter", partitions).unwrap(),
        disasters: broker.fresh_topic("disaster", partitions).unwrap(),
    }
}

/// `cep run` of the seed rule between two topics.
fn start(broker: &Broker, topics: &Topics, app: &str, more: &[&str]) -> Running {
    let bind = format!("Harvest={}", broker.uri(&topics.harvests));
    let sink = format!("Disaster={}", broker.uri(&topics.disasters));
    let args = [
        "run",
        "rules/harvest",
        "--bind",
        &bind,
        "--sink",
        &sink,
        "--sink",
        "OverallDisaster=null:",
    ];
    process::start(
        &[&args, more].concat(),
        &[("CEP_APP_ID", app), ("CEP_RUN_COMMIT_EVERY", "20ms")],
    )
}

/// Waits till all `wanted` are in the topic of disasters; everything that is there.
fn wait_for(
    broker: &Broker,
    topics: &Topics,
    wanted: &BTreeSet<String>,
    run: &Running,
) -> Vec<Received> {
    let begun = Instant::now();
    loop {
        let records = broker.read_all(&topics.disasters).unwrap();
        let missing = wanted.difference(&ids(&records)).count();
        if missing == 0 {
            return records;
        }
        let of = wanted.len();
        assert!(begun.elapsed() < TIMEOUT, "{missing} of {of} are missing; {}", run.words());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn harvests_become_disasters_with_key_time_and_headers() {
    let broker = Broker::shared();
    let topics = topics(broker, 3);
    broker.produce(&topics.harvests, &records(&harvests())).unwrap();
    let output = start(broker, &topics, "end-to-end", &["--at-end", "stop"]).wait();
    assert_eq!(output.exit_code, Some(0), "{}", output.words);
    let expected = expected();
    let disasters = broker.read_all(&topics.disasters).unwrap();
    assert_eq!(disasters.len(), expected.data.len(), "each once");
    let mut partition_of_key = BTreeMap::new();
    for disaster in &disasters {
        let id = &disaster.headers["ce_id"];
        let data: Value = serde_json::from_str(&disaster.value).unwrap();
        assert_eq!(Some(&data), expected.data.get(id), "{id}: as from the file");
        let farm = data["farm"].to_string();
        assert_eq!(disaster.key.as_deref(), Some(farm.as_str()));
        assert_eq!(disaster.timestamp_ms, Some(expected.until_ms[id] - 1));
        let header = |name: &str| disaster.headers[name].as_str();
        assert_eq!(header("ce_specversion"), "1.0");
        assert_eq!(header("ce_type"), "Disaster");
        assert_eq!(header("ce_rule"), "disaster");
        assert_eq!(header("ce_key"), farm);
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(millis(header("ce_time")), expected.until_ms[id] - 1);
        assert!(header("ce_source").contains("end-to-end"), "{}", header("ce_source"));
        let causes: Value = serde_json::from_str(header("ce_causes")).unwrap();
        assert_eq!(causes[0]["topic"], topics.harvests.as_str());
        let partition = partition_of_key.entry(farm).or_insert(disaster.partition);
        assert_eq!(*partition, disaster.partition, "a key has one partition");
    }
}

#[test]
fn a_live_run_goes_on_through_a_restart_of_the_broker() {
    let broker = Broker::start().unwrap_or_else(|error| panic!("{error}"));
    let topics = topics(&broker, 1);
    let (harvests, expected) = (harvests(), expected());
    let (before, after) = harvests.split_at(harvests.len() / 2 + 20);
    let run = start(&broker, &topics, "restart", &[]);
    broker.produce(&topics.harvests, &records(before)).unwrap();
    let decided = expected.decided_by(before.last().unwrap().0);
    assert!(!decided.is_empty());
    wait_for(&broker, &topics, &decided, &run);

    broker.kill().unwrap();
    broker.restart().unwrap();
    broker.produce(&topics.harvests, &records(after)).unwrap();
    let all_decided = expected.decided_by(after.last().unwrap().0);
    assert!(all_decided.len() > decided.len());
    let disasters = wait_for(&broker, &topics, &all_decided, &run);
    assert_eq!(ids(&disasters), all_decided, "and nothing else");
    assert_eq!(disasters.len(), all_decided.len(), "a restart of the broker repeats nothing");

    let output = run.stop();
    assert_eq!(output.exit_code, Some(0), "{}", output.words);
    assert!(output.words.contains("do not answer"), "{}", output.words);
    let end = i64::try_from(harvests.len()).unwrap();
    assert_eq!(broker.committed("restart", &topics.harvests).unwrap(), [(0, end)].into());
}

#[test]
fn a_run_that_goes_on_begins_where_the_last_one_stopped() {
    let broker = Broker::shared();
    let topics = topics(broker, 1);
    let (harvests, expected) = (harvests(), expected());
    let state = tempfile::tempdir().unwrap();
    let state = ["--state", state.path().to_str().unwrap()];
    let mut sent = 0;
    for part in harvests.chunks(harvests.len() / 3 + 1) {
        let run = start(broker, &topics, "goes-on", &state);
        broker.produce(&topics.harvests, &records(part)).unwrap();
        sent += part.len();
        let decided = expected.decided_by(part.last().unwrap().0);
        wait_for(broker, &topics, &decided, &run);
        let begun = Instant::now();
        let all = [(0, i64::try_from(sent).unwrap())].into();
        while broker.committed("goes-on", &topics.harvests).unwrap() != all {
            assert!(begun.elapsed() < TIMEOUT, "{}", run.words());
        }
        let output = run.stop();
        assert_eq!(output.exit_code, Some(0), "{}", output.words);
    }
    let disasters = broker.read_all(&topics.disasters).unwrap();
    assert_eq!(ids(&disasters), expected.decided_by(harvests.last().unwrap().0));
    assert_eq!(ids(&disasters).len(), disasters.len(), "clean stops repeat nothing");
}

/// Kills the program again and again. Whatever offset it has committed, the disasters that the
/// records before it decide are in their topic; in the end all are. The producer holds records
/// back for a while, so that a commit which did not wait for them would show.
#[test]
fn committed_offsets_are_never_ahead_of_acknowledged_outputs() {
    let broker = Broker::shared();
    let topics = topics(broker, 1);
    let (harvests, expected) = (harvests(), expected());
    let mut latest_ms = 0;
    let mut latest_before = vec![0]; // by offset
    for (at, _) in &harvests {
        latest_ms = latest_ms.max(*at);
        latest_before.push(latest_ms);
    }
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), "[kafka.client]\n\"linger.ms\" = 700\n").unwrap();
    let config = ["--config", config.path().to_str().unwrap()];
    let committed = || {
        let offsets = broker.committed("killed", &topics.harvests).unwrap();
        usize::try_from(offsets.get(&0).copied().unwrap_or(0)).unwrap()
    };
    for (round, part) in harvests.chunks(12).enumerate() {
        let before = committed();
        let run = start(broker, &topics, "killed", &config);
        broker.produce(&topics.harvests, &records(part)).unwrap();
        if round % 3 == 2 {
            // Too early for any output, or in the middle of it.
            std::thread::sleep(Duration::from_millis(u64::try_from(round).unwrap() * 37 % 300));
        } else {
            // As soon as it says that it is done with some records.
            let begun = Instant::now();
            while committed() == before {
                assert!(begun.elapsed() < TIMEOUT, "{}", run.words());
            }
        }
        drop(run.kill());
        let offset = committed();
        let written = ids(&broker.read_all(&topics.disasters).unwrap());
        let promised = expected.decided_by(latest_before[offset]);
        let missing: Vec<_> = promised.difference(&written).collect();
        assert!(missing.is_empty(), "offset {offset} is committed, but {missing:?} are not there");
    }
    let run = start(broker, &topics, "killed", &config);
    let all = expected.decided_by(latest_ms);
    wait_for(broker, &topics, &all, &run);
    assert_eq!(run.stop().exit_code, Some(0));
    assert_eq!(ids(&broker.read_all(&topics.disasters).unwrap()), all, "and nothing else");
}

#[test]
fn a_missing_topic_ends_the_run_with_3_and_says_what_to_do() {
    let broker = Broker::shared();
    let there = broker.fresh_topic("there", 1).unwrap();
    let missing = Topics { harvests: "no-harvests".into(), disasters: there.clone() };
    let output = start(broker, &missing, "missing", &[]).wait();
    assert_eq!(output.exit_code, Some(3), "{}", output.words);
    let address = broker.address();
    let said = format!("the topic `no-harvests` does not exist on {address}");
    assert!(output.words.contains(&said), "{}", output.words);
    assert!(output.words.contains("kafka-topics.sh"), "{}", output.words);

    let missing = Topics { harvests: there, disasters: "no-disasters".into() };
    let output = start(broker, &missing, "missing", &[]).wait();
    assert_eq!(output.exit_code, Some(3), "{}", output.words);
    let said = format!("the topic `no-disasters` does not exist on {address}");
    assert!(output.words.contains(&said), "{}", output.words);
}

#[test]
fn an_unreachable_broker_ends_the_run_with_3_in_bounded_time() {
    // A port that was just given back: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bind = format!("Harvest=kafka://127.0.0.1:{port}/costcenter");
    let begun = Instant::now();
    let output = process::run(
        &["run", "rules/harvest", "--bind", &bind, "--sink", "null:"],
        &[("CEP_KAFKA_CONNECT_TIMEOUT", "1s")],
    );
    assert_eq!(output.exit_code, Some(3), "{}", output.words);
    let said = format!("no broker at 127.0.0.1:{port} answered within 1 s");
    assert!(output.words.contains(&said), "{}", output.words);
    assert!(output.words.contains("Connection refused"), "{}", output.words);
    assert!(begun.elapsed() < TIMEOUT);
}

#[test]
fn secrets_of_the_client_are_not_repeated() {
    let broker = Broker::shared();
    let topics = topics(broker, 1);
    let variables = [
        ("CEP_KAFKA_PASSWORD", "hunter2"),
        ("CEP_KAFKA_USERNAME", "farmhand"),
        ("CEP_KAFKA_MECHANISM", "PLAIN"),
        ("CEP_KAFKA_SECURITY", "sasl_plaintext"),
        ("CEP_KAFKA_CONNECT_TIMEOUT", "2s"),
        ("CEP_LOG", "trace"),
    ];
    let bind = format!("Harvest={}", broker.uri(&topics.harvests));
    let output =
        process::run(&["run", "rules/harvest", "--bind", &bind, "--sink", "null:"], &variables);
    // The broker of the tests knows no users.
    assert_eq!(output.exit_code, Some(3), "{}", output.words);
    assert!(!output.words.contains("hunter2"), "{}", output.words);
}
