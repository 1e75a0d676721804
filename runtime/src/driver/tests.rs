//! The driver over sources and sinks in memory.

#![allow(clippy::unwrap_used, reason = "tests")]

mod bound;
mod ends;

use super::*;
use crate::codec::Format;
use crate::connector::memory::{MemoryLog, MemorySink, MemorySource};
use crate::connector::{AtEnd, OutRecord, Position, Sink, Source};
use cep_core::plan::{
    AggregateCall, AggregateFunction, EmitKind, EmitPlan, EventPlan, Expr, ExprKind, FieldPlan,
    FieldSource, KeyPart, RulePlan, StreamPlan, TimeSource, TimestampFormat, Trigger, WindowKind,
    WindowPlan,
};
use cep_core::time::{EventTime, Span};
use cep_core::value::Type;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

/// `from Harvest by farm window tumbling(10s) emit Total { farm, sum: sum(count) }`, lateness 2 s.
fn plan(idle: Option<Span>) -> Arc<Plan> {
    let int = |kind| Expr::new(Type::Int, kind);
    let field = |name: &str, ty| FieldPlan {
        name: name.into(),
        ty,
        least: None,
        source: FieldSource::Path(vec![name.into()]),
        format: TimestampFormat::Automatic,
    };
    let stream = StreamPlan {
        name: "Harvest".into(),
        doc: String::new(),
        fields: vec![
            field("farm", Type::Int),
            field("count", Type::Int),
            field("at", Type::Timestamp),
        ],
        key: Some(0),
        time: TimeSource::Field(2),
        lateness: Span::from_secs(2),
        idle,
        ahead: Span::from_secs(3_600),
        from: None,
    };
    let rule = RulePlan {
        name: "total".into(),
        doc: String::new(),
        attributes: Vec::new(),
        input: StreamId(0),
        filter: None,
        key: vec![KeyPart { name: "farm".into(), expr: int(ExprKind::Field(0)) }],
        window: Some(WindowPlan::new(WindowKind::tumbling(Span::from_secs(10)))),
        expects: None,
        waits_for: Vec::new(),
        aggregates: vec![AggregateCall {
            function: AggregateFunction::Sum,
            inputs: vec![int(ExprKind::Field(1))],
            arguments: Vec::new(),
            filter: None,
            ranked_by: None,
            ty: Type::Int,
        }],
        previous: Vec::new(),
        trigger: Trigger::Always,
        limit: None,
        distinct: None,
        changes: None,
        forget: None,
        emits: vec![EmitPlan {
            event: "Total".into(),
            kind: EmitKind::Fire,
            fields: vec![
                ("farm".into(), int(ExprKind::Key(0))),
                ("sum".into(), int(ExprKind::Aggregate(0))),
            ],
            condition: None,
        }],
    };
    let event = EventPlan {
        name: "Total".into(),
        fields: vec![("farm".into(), Type::Int), ("sum".into(), Type::Int)],
        sinks: Vec::new(),
    };
    Arc::new(Plan {
        streams: vec![stream],
        events: vec![event],
        rules: vec![rule],
        ..Plan::empty()
    })
}

fn harvest(farm: i64, second: i64, count: i64) -> String {
    format!("{{\"farm\":{farm},\"count\":{count},\"at\":{}}}", second * 1000)
}

/// A run over a memory log, with its parts open to change.
struct Bench {
    idle: Option<Span>,
    state: Option<std::path::PathBuf>,
    commits: Arc<Mutex<Vec<Position>>>,
    out: MemoryLog,
    errors: Option<MemoryLog>,
    late: Option<MemoryLog>,
    on_bad_record: OnBadRecord,
    max_bytes_per_rule: Option<u64>,
    clock: ManualClock,
    stop: Arc<AtomicBool>,
}

impl Bench {
    fn new() -> Self {
        Self {
            idle: None,
            state: None,
            commits: Arc::default(),
            out: MemoryLog::new(1),
            errors: None,
            late: None,
            on_bad_record: OnBadRecord::DeadLetter,
            max_bytes_per_rule: None,
            clock: ManualClock::default(),
            stop: Arc::default(),
        }
    }

    fn spec(&self, source: Box<dyn Source>, sink: Box<dyn Sink>, extent: Extent) -> RunSpec {
        let mut sinks = Sinks::default();
        let out = sinks.add("out", sink);
        let mut side = |log: &Option<MemoryLog>, name| {
            log.clone().map(|log| sinks.add(name, Box::new(MemorySink::new(log))))
        };
        let (errors, late) = (side(&self.errors, "errors"), side(&self.late, "late"));
        RunSpec {
            app_id: "test".into(),
            plan: plan(self.idle),
            inputs: vec![InputSpec {
                source,
                uri: "memory".into(),
                identity: "memory".into(),
                topic: "harvests".into(),
                extent,
                readers: vec![(StreamId(0), Format::Json)],
            }],
            output: OutputSpec {
                sinks,
                events: vec![vec![out]],
                format: EventFormat::Plain,
                late,
                errors,
            },
            finish: Finish::AtLastEvent,
            order: None,
            state: self.state.as_deref().map(|path| StateDir::open(path).unwrap()),
            commit_every: Duration::ZERO,
            checkpoint_every: Duration::from_secs(3_600),
            max_bytes_per_rule: self.max_bytes_per_rule,
            on_bad_record: self.on_bad_record,
            hash_seed: 7,
            clock: Box::new(self.clock.clone()),
            stop: Arc::clone(&self.stop),
        }
    }

    fn run(&self, log: &MemoryLog) -> Result<(Outcome, Summary), DriverError> {
        let source = MemorySource::new(log.clone(), AtEnd::Stop).with_commits(self.commits.clone());
        let sink = Box::new(MemorySink::new(self.out.clone()));
        run(self.spec(Box::new(source), sink, Extent::Bounded), &mut |_, _| {})
    }
}

fn lines(log: &MemoryLog) -> Vec<String> {
    let text =
        |record: crate::connector::memory::MemoryRecord| String::from_utf8(record.value).unwrap();
    log.records(0).into_iter().map(text).collect()
}

/// Three farms, a harvest a second each, in so many partitions.
fn harvests(partitions: u32, seconds: std::ops::Range<i64>) -> MemoryLog {
    let log = MemoryLog::new(partitions as usize);
    add_harvests(&log, partitions, seconds);
    log
}

fn add_harvests(log: &MemoryLog, partitions: u32, seconds: std::ops::Range<i64>) {
    for second in seconds {
        for farm in 0..3 {
            log.push(farm % partitions, harvest(farm.into(), second, second % 7 + 1));
        }
    }
}

#[test]
fn a_bounded_input_gives_what_is_decided_by_its_last_event() {
    let bench = Bench::new();
    let (outcome, summary) = bench.run(&harvests(1, 0..25)).unwrap();
    assert_eq!(outcome, Outcome::Finished);
    assert_eq!((summary.events, summary.emits), (75, vec![("Total".into(), 6)]));
    insta::assert_snapshot!(lines(&bench.out).join("\n"), @r#"
    {"farm":0,"sum":34}
    {"farm":1,"sum":34}
    {"farm":2,"sum":34}
    {"farm":0,"sum":43}
    {"farm":1,"sum":43}
    {"farm":2,"sum":43}
    "#);
}

#[test]
fn the_number_of_partitions_does_not_show_in_the_output() {
    let one = Bench::new();
    one.run(&harvests(1, 0..2_000)).unwrap();
    let three = Bench::new();
    three.run(&harvests(3, 0..2_000)).unwrap();
    assert_eq!(lines(&one.out).len(), 597);
    assert_eq!(lines(&one.out), lines(&three.out));
}

#[test]
fn a_run_with_state_goes_on_where_the_last_one_stopped() {
    let whole = Bench::new();
    whole.run(&harvests(3, 0..100)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench { state: Some(dir.path().into()), ..Bench::new() };
    let log = harvests(3, 0..35);
    bench.run(&log).unwrap();
    let first = lines(&bench.out).len();
    assert_eq!(first, 9);
    // Nothing is new: nothing is given again.
    let (_, summary) = bench.run(&log).unwrap();
    assert_eq!((summary.events, lines(&bench.out).len()), (0, first));
    add_harvests(&log, 3, 35..100);
    let (_, summary) = bench.run(&log).unwrap();
    assert_eq!(summary.events, 65 * 3, "only what is new is live");
    assert_eq!(lines(&bench.out), lines(&whole.out));
}

#[test]
fn without_a_checkpoint_history_is_read_again_in_silence() {
    let whole = Bench::new();
    whole.run(&harvests(3, 0..100)).unwrap();
    // No state folder: only the source knows what was committed, as a broker does.
    let bench = Bench::new();
    let log = harvests(3, 0..35);
    bench.run(&log).unwrap();
    assert_eq!(bench.commits.lock().unwrap().len(), 3);
    add_harvests(&log, 3, 35..100);
    let (_, summary) = bench.run(&log).unwrap();
    assert_eq!(summary.events, 65 * 3);
    assert_eq!(lines(&bench.out), lines(&whole.out));
}

/// Fails after so many flushes; what it has not flushed by then is lost, as where a process is killed.
struct FailingSink {
    out: MemorySink,
    flushes: u32,
    unflushed: Vec<(Vec<u8>, EventTime)>,
}

impl FailingSink {
    fn new(out: &MemoryLog, flushes: u32) -> Box<Self> {
        Box::new(Self { out: MemorySink::new(out.clone()), flushes, unflushed: Vec::new() })
    }
}

impl Sink for FailingSink {
    fn write(&mut self, record: &OutRecord<'_>) -> Result<(), ConnectorError> {
        self.unflushed.push((record.value.unwrap_or_default().to_vec(), record.timestamp));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ConnectorError> {
        if self.flushes == 0 {
            let kind = ConnectorErrorKind::Full;
            return Err(ConnectorError::new(kind, "cannot write", "there is no space"));
        }
        self.flushes -= 1;
        for (value, timestamp) in self.unflushed.drain(..) {
            let value = Some(value.as_slice());
            self.out.write(&OutRecord { value, key: None, timestamp, headers: &[] })?;
        }
        self.out.flush()
    }
}

#[test]
fn whenever_it_fails_nothing_is_missing_after_the_next_run() {
    let whole = Bench::new();
    whole.run(&harvests(2, 0..3_000)).unwrap();
    for with_state in [false, true] {
        for flushes in 0..6 {
            let dir = tempfile::tempdir().unwrap();
            let state = with_state.then(|| dir.path().to_path_buf());
            let bench = Bench { state, ..Bench::new() };
            let log = harvests(2, 0..3_000);
            let source =
                MemorySource::new(log.clone(), AtEnd::Stop).with_commits(bench.commits.clone());
            let sink = FailingSink::new(&bench.out, flushes);
            let spec = bench.spec(Box::new(source), sink, Extent::Bounded);
            match run(spec, &mut |_, _| {}) {
                Err(DriverError::Connector(error)) => {
                    assert_eq!(error.kind, ConnectorErrorKind::Full);
                }
                other => assert!(flushes > 1, "{other:?}"),
            }
            bench.run(&log).unwrap();
            assert_eq!(lines(&bench.out), lines(&whole.out), "{with_state} {flushes}");
        }
    }
}

#[test]
fn bad_records_go_to_the_errors_sink_with_their_place_and_bytes() {
    let bench = Bench { errors: Some(MemoryLog::new(1)), ..Bench::new() };
    let log = MemoryLog::new(1);
    log.push(0, harvest(1, 1, 5));
    log.push(0, "{\"farm\":1,");
    log.push(0, b"{\"farm\":1,\"x\":\"\xff\"}".to_vec());
    log.push(0, harvest(1, 15, 5));
    let (_, summary) = bench.run(&log).unwrap();
    assert_eq!((summary.events, summary.bad_records), (2, 2));
    let errors: Vec<serde_json::Value> = lines(bench.errors.as_ref().unwrap())
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(errors[0]["text"], "{\"farm\":1,");
    assert_eq!(errors[1]["base64"], "eyJmYXJtIjoxLCJ4Ijoi/yJ9");
    let place = |error: &serde_json::Value| {
        ["kind", "topic", "partition", "offset"].map(|name| error[name].to_string()).join(" ")
    };
    assert_eq!(place(&errors[0]), "\"bad_record\" \"harvests\" 0 1");
    assert_eq!(place(&errors[1]), "\"bad_record\" \"harvests\" 0 2");
    assert!(errors.iter().all(|error| !error["reason"].as_str().unwrap().is_empty()));
}

#[test]
fn a_bad_record_stops_the_run_where_that_is_asked_for() {
    let bench = Bench { on_bad_record: OnBadRecord::Stop, ..Bench::new() };
    let log = MemoryLog::new(1);
    log.push(0, "nonsense");
    let error = bench.run(&log).unwrap_err().to_string();
    assert!(error.starts_with("stopped at a bad record"), "{error}");
    assert!(error.contains("offset 0 of partition 0 of `memory`"), "{error}");
}

#[test]
fn late_events_go_to_their_sink_with_the_record() {
    let bench = Bench { late: Some(MemoryLog::new(1)), ..Bench::new() };
    let log = MemoryLog::new(1);
    for second in [1, 30, 2] {
        log.push(0, harvest(1, second, 5));
    }
    let (_, summary) = bench.run(&log).unwrap();
    assert_eq!(summary.late, 1);
    insta::assert_snapshot!(lines(bench.late.as_ref().unwrap()).join("\n"), @r#"{"kind":"late","rule":"total","stream":"Harvest","topic":"harvests","partition":0,"offset":2,"time":"1970-01-01T00:00:02Z","watermark":"1970-01-01T00:00:28Z","window":{"start":"1970-01-01T00:00:00Z","end":"1970-01-01T00:00:10Z"},"text":"{\"farm\":1,\"count\":5,\"at\":2000}"}"#);
}

/// Does what a list says; at its end it stops the run.
struct Script {
    steps: VecDeque<Step>,
    next: BTreeMap<u32, u64>,
    clock: ManualClock,
    stop: Arc<AtomicBool>,
}

#[derive(Clone)]
enum Step {
    Record(u32, String),
    AtEnd(u32),
    Ended(u32),
    Wait(u64),
}

impl Source for Script {
    fn partitions(&self) -> u32 {
        2
    }

    fn poll(
        &mut self,
        batch: &mut RecordBatch,
        _: usize,
        _: Duration,
    ) -> Result<Polled, ConnectorError> {
        match self.steps.pop_front() {
            Some(Step::Record(partition, value)) => {
                let offset = self.next.entry(partition).or_default();
                batch.reset(partition);
                batch.push(*offset, None, None, Some(value.as_bytes()));
                *offset += 1;
                Ok(Polled::Records)
            }
            Some(Step::AtEnd(partition)) => Ok(Polled::AtEnd { partition }),
            Some(Step::Ended(partition)) => Ok(Polled::Ended { partition }),
            Some(Step::Wait(seconds)) => {
                self.clock.advance(Duration::from_secs(seconds));
                Ok(Polled::Nothing)
            }
            None => {
                self.stop.store(true, Ordering::Relaxed);
                Ok(Polled::Nothing)
            }
        }
    }

    fn seek(&mut self, _: &[Position]) -> Result<(), ConnectorError> {
        Ok(())
    }
}

impl Bench {
    fn play(&self, steps: &[Step]) -> Vec<String> {
        self.play_from([0, 0], steps)
    }

    /// The records of the two partitions have offsets from these on.
    fn play_from(&self, next: [u64; 2], steps: &[Step]) -> Vec<String> {
        let script = Script {
            steps: steps.iter().cloned().collect(),
            next: (0..).zip(next).collect(),
            clock: self.clock.clone(),
            stop: Arc::clone(&self.stop),
        };
        let sink = Box::new(MemorySink::new(self.out.clone()));
        let spec = self.spec(Box::new(script), sink, Extent::Unbounded);
        let (outcome, _) = run(spec, &mut |_, _| {}).unwrap();
        assert_eq!(outcome, Outcome::Stopped);
        self.stop.store(false, Ordering::Relaxed);
        lines(&self.out)
    }
}

#[test]
fn a_silent_partition_holds_windows_open_until_it_is_idle() {
    let record = |partition, second| Step::Record(partition, harvest(1, second, 5));
    let steps =
        [record(0, 1), record(1, 1), record(0, 40), Step::AtEnd(1), Step::Wait(29), Step::AtEnd(1)];
    let idle = Some(Span::from_secs(30));
    assert_eq!(Bench { idle, ..Bench::new() }.play(&steps), [""; 0]);
    let steps = [&steps[..], &[Step::Wait(2), Step::AtEnd(1)]].concat();
    assert_eq!(Bench { idle, ..Bench::new() }.play(&steps), ["{\"farm\":1,\"sum\":10}"]);
    assert_eq!(Bench::new().play(&steps), [""; 0], "without `idle` it waits for ever");
}

#[test]
fn slowness_is_not_silence() {
    let record = |partition, second| Step::Record(partition, harvest(1, second, 5));
    let steps = [record(0, 1), record(1, 1), record(0, 40), Step::Wait(600)];
    let idle = Some(Span::from_secs(30));
    assert_eq!(Bench { idle, ..Bench::new() }.play(&steps), [""; 0]);
}

#[test]
fn an_idle_advance_is_in_the_journal_and_is_repeated() {
    let record = |partition, second| Step::Record(partition, harvest(1, second, 5));
    let dir = tempfile::tempdir().unwrap();
    let idle = Some(Span::from_secs(30));
    let late = Some(MemoryLog::new(1));
    let bench = Bench { idle, late, state: Some(dir.path().into()), ..Bench::new() };
    let before = [record(0, 1), record(1, 1), record(0, 40), Step::AtEnd(1), Step::Wait(31)];
    let before = [&before[..], &[Step::AtEnd(1)]].concat();
    assert_eq!(bench.play(&before), ["{\"farm\":1,\"sum\":10}"]);
    let journal = std::fs::read_to_string(dir.path().join("journal.jsonl")).unwrap();
    insta::assert_snapshot!(journal.trim_end(), @r#"{"stream":"Harvest","partition":1,"before":1,"lifted_to_us":38000000}"#);
    // The checkpoint is lost. History is read again, at once and without any silence; partition 1
    // is lifted where it was, so that what follows in it is late as it would have been.
    std::fs::remove_file(dir.path().join("checkpoint")).unwrap();
    let again = [record(0, 1), record(1, 1), record(0, 40), record(1, 5), record(0, 90)];
    assert_eq!(bench.play(&again), ["{\"farm\":1,\"sum\":10}"]);
    assert_eq!(lines(bench.late.as_ref().unwrap()).len(), 1);
}

/// Notes in which order two sources are read.
struct Noted(MemorySource, char, Arc<Mutex<String>>);

impl Source for Noted {
    fn partitions(&self) -> u32 {
        self.0.partitions()
    }

    fn poll(
        &mut self,
        batch: &mut RecordBatch,
        _: usize,
        timeout: Duration,
    ) -> Result<Polled, ConnectorError> {
        let polled = self.0.poll(batch, 1, timeout)?;
        if polled == Polled::Records {
            self.2.lock().unwrap().push(self.1);
        }
        Ok(polled)
    }

    fn seek(&mut self, positions: &[Position]) -> Result<(), ConnectorError> {
        self.0.seek(positions)
    }
}

#[test]
fn the_input_whose_events_are_furthest_behind_is_read_first() {
    let bench = Bench::new();
    let order = Arc::new(Mutex::new(String::new()));
    let noted = |name: char, seconds: &[i64]| {
        let values = seconds.iter().map(|second| harvest(1, *second, 5).into_bytes()).collect();
        Box::new(Noted(MemorySource::bounded(vec![values]), name, order.clone()))
    };
    let sink = Box::new(MemorySink::new(bench.out.clone()));
    let mut spec = bench.spec(noted('a', &[1, 2, 3, 20, 21]), sink, Extent::Bounded);
    let mut plan = (*spec.plan).clone();
    plan.streams.push(plan.streams[0].clone());
    plan.streams[1].name = "Other".into();
    spec.plan = Arc::new(plan);
    spec.inputs.push(InputSpec {
        source: noted('b', &[10, 11, 30]),
        uri: "other".into(),
        identity: "other".into(),
        topic: "other".into(),
        extent: Extent::Bounded,
        readers: vec![(StreamId(1), Format::Json)],
    });
    run(spec, &mut |_, _| {}).unwrap();
    assert_eq!(*order.lock().unwrap(), "abaaabba");
}

#[test]
fn a_reader_that_has_gone_ends_the_run_quietly() {
    struct Gone;
    impl Sink for Gone {
        fn write(&mut self, _: &OutRecord<'_>) -> Result<(), ConnectorError> {
            Ok(())
        }
        fn flush(&mut self) -> Result<(), ConnectorError> {
            let error = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
            Err(ConnectorError::io("cannot write `stdout:`", &error))
        }
    }
    let bench = Bench::new();
    let source = Box::new(MemorySource::new(harvests(1, 0..25), AtEnd::Stop));
    let spec = bench.spec(source, Box::new(Gone), Extent::Bounded);
    assert_eq!(run(spec, &mut |_, _| {}).unwrap().0, Outcome::ReaderGone);
}
