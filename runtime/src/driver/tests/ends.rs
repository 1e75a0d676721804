//! The end of an input is an input: what it decides is decided once, whatever comes later.

use super::*;
use crate::driver::journal::{Bound, Happening, JournalEntry};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// A run over a log, and what is lost after it.
#[derive(Clone, Debug, Default)]
struct Part {
    /// Partition, farm, seconds since the event before, count.
    events: Vec<(u32, i64, i64, i64)>,
    /// After how many flushes the sink fails.
    fails_after: Option<u32>,
    loses: Option<Lost>,
}

/// What of the state is not there for the next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    Checkpoint,
    /// The positions that belong to the checkpoint: those before are still there, as after a kill
    /// between the two.
    Positions,
}

/// What runs over a growing log gave: derived events, and late ones.
#[derive(Debug, PartialEq)]
struct Given {
    emits: Vec<String>,
    late: Vec<String>,
}

impl Bench {
    fn with_state(path: &Path) -> Self {
        let late = Some(MemoryLog::new(1));
        Self { state: Some(path.into()), late, ..Self::new() }
    }

    fn bounded(&self, log: &MemoryLog, finish: Finish) -> RunSpec {
        let source = Box::new(MemorySource::new(log.clone(), AtEnd::Stop));
        let sink = Box::new(MemorySink::new(self.out.clone()));
        RunSpec { finish, ..self.spec(source, sink, Extent::Bounded) }
    }

    fn run_to(&self, log: &MemoryLog, finish: Finish) -> Result<Summary, DriverError> {
        run(self.bounded(log, finish), &mut |_, _| {}).map(|(_, summary)| summary)
    }

    fn given(&self) -> Given {
        Given { emits: lines(&self.out), late: lines(self.late.as_ref().unwrap()) }
    }
}

fn with_lateness(spec: RunSpec, seconds: i64) -> RunSpec {
    let mut plan = (*spec.plan).clone();
    plan.streams[0].lateness = Span::from_secs(seconds);
    let output = OutputSpec { format: EventFormat::CloudEvents, ..spec.output };
    RunSpec { plan: Arc::new(plan), output, ..spec }
}

/// Runs over a log that grows between them, and a last one that flushes; with what came, how much was
/// counted in all.
fn play(lateness: i64, parts: &[Part]) -> (Given, i64) {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::with_state(dir.path());
    let log = MemoryLog::new(3);
    let (mut second, mut total) = (0, 0);
    // Whether only the checkpoint knows how far outputs are safe: without it they would come again.
    let mut are_behind = false;
    for part in parts {
        for (partition, farm, step, count) in &part.events {
            (second, total) = (second + step, total + count);
            log.push(*partition, harvest(*farm, second.max(0), *count));
        }
        let positions = dir.path().join("positions.json");
        let positions_before = std::fs::read(&positions).ok();
        let spec = with_lateness(bench.bounded(&log, Finish::AtLastEvent), lateness);
        match part.fails_after {
            None => assert_eq!(run(spec, &mut |_, _| {}).unwrap().0, Outcome::Finished),
            Some(flushes) => {
                let sink = FailingSink::new(&bench.out, flushes);
                let source = Box::new(MemorySource::new(log.clone(), AtEnd::Stop));
                drop(spec);
                let spec = bench.spec(source, sink, Extent::Bounded);
                let spec = RunSpec { checkpoint_every: Duration::ZERO, ..spec };
                let _ = run(with_lateness(spec, lateness), &mut |_, _| {});
            }
        }
        let checkpoint = dir.path().join("checkpoint");
        are_behind &= std::fs::read(&positions).ok() == positions_before;
        match (part.loses, positions_before) {
            (Some(Lost::Checkpoint), _) if are_behind => {}
            (Some(Lost::Checkpoint), _) => drop(std::fs::remove_file(checkpoint)),
            (Some(Lost::Positions), Some(before)) => std::fs::write(positions, before).unwrap(),
            (Some(Lost::Positions), None) => drop(std::fs::remove_file(positions)),
            (None, _) => {}
        }
        are_behind |= part.loses == Some(Lost::Positions);
    }
    run(with_lateness(bench.bounded(&log, Finish::Flush), lateness), &mut |_, _| {}).unwrap();
    let mut given = bench.given();
    // Which of two partitions was read first is no matter.
    given.late.sort();
    (given, total)
}

fn number(line: &str, pointer: &str) -> i64 {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line.pointer(pointer).and_then(serde_json::Value::as_i64).unwrap()
}

/// The count of a late event, from its record.
fn late_count(line: &str) -> i64 {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    number(line["text"].as_str().unwrap(), "/count")
}

fn id(line: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line["id"].to_string()
}

fn parts(steps: std::ops::Range<i64>, partitions: u32) -> impl Strategy<Value = Vec<Part>> {
    let event = (0..partitions, 0..3_i64, steps, 1..9_i64);
    let fails_after = proptest::option::weighted(0.2, 0..6_u32);
    let lost = prop_oneof![2 => Just(Lost::Checkpoint), 1 => Just(Lost::Positions)];
    let part = (vec(event, 0..12), fails_after, proptest::option::weighted(0.6, lost));
    let part = part.prop_map(|(events, fails_after, loses)| Part { events, fails_after, loses });
    vec(part, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn each_window_comes_once_however_the_input_is_cut(
        lateness in 0..4_i64, parts in parts(-6..9, 3),
    ) {
        let (given, total) = play(lateness, &parts);
        let ids: BTreeSet<String> = given.emits.iter().map(|line| id(line)).collect();
        prop_assert_eq!(ids.len(), given.emits.len(), "one came twice: {:#?}", given.emits);
        let counted: i64 = given.emits.iter().map(|line| number(line, "/data/sum")).sum();
        let late: i64 = given.late.iter().map(|line| late_count(line)).sum();
        prop_assert_eq!(counted + late, total, "{:#?}", given);
    }

    #[test]
    fn history_read_again_gives_what_the_checkpoint_held(
        lateness in 0..4_i64, parts in parts(-6..9, 3),
    ) {
        let keeping = |loses| parts.iter().map(move |part| {
            let loses = part.loses.filter(|_| loses);
            Part { events: part.events.clone(), fails_after: None, loses }
        });
        let kept = play(lateness, &keeping(false).collect::<Vec<_>>());
        prop_assert_eq!(play(lateness, &keeping(true).collect::<Vec<_>>()), kept);
    }

    #[test]
    fn cuts_do_not_show_where_times_rise(parts in parts(1..9, 1)) {
        let events = parts.iter().flat_map(|part| part.events.clone()).collect();
        let whole = play(0, &[Part { events, ..Part::default() }]);
        prop_assert_eq!(play(0, &parts), whole);
    }
}

#[test]
fn an_empty_partition_makes_nothing_come_again() {
    let whole = Bench::new();
    whole.run(&harvests(1, 0..100)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::with_state(dir.path());
    let log = MemoryLog::new(2);
    for seconds in [0..35, 35..36, 36..60, 60..60, 60..100] {
        add_harvests(&log, 1, seconds);
        bench.run_to(&log, Finish::AtLastEvent).unwrap();
    }
    assert_eq!(bench.given(), Given { emits: lines(&whole.out), late: Vec::new() });
}

#[test]
fn what_comes_from_before_the_end_of_an_earlier_run_is_late() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::with_state(dir.path());
    let log = MemoryLog::new(1);
    [1, 9, 11].into_iter().for_each(|second| log.push(0, harvest(1, second, 5)));
    bench.run_to(&log, Finish::AtLastEvent).unwrap();
    assert_eq!(bench.given().emits, ["{\"farm\":1,\"sum\":10}"]);
    [8, 12, 23].into_iter().for_each(|second| log.push(0, harvest(1, second, 5)));
    bench.run_to(&log, Finish::AtLastEvent).unwrap();
    let Given { emits, late } = bench.given();
    assert_eq!(emits, ["{\"farm\":1,\"sum\":10}", "{\"farm\":1,\"sum\":10}"]);
    assert_eq!(late.len(), 1);
    assert!(
        late[0].contains("\"offset\":3,")
            && late[0].contains("\"watermark\":\"1970-01-01T00:00:11Z\"")
    );
}

#[test]
fn the_end_of_an_input_is_in_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::with_state(dir.path());
    let log = harvests(1, 0..12);
    bench.run_to(&log, Finish::AtLastEvent).unwrap();
    bench.run_to(&log, Finish::AtLastEvent).unwrap();
    let journal = StateDir::open(dir.path()).unwrap().journal().unwrap();
    let entry = |what| JournalEntry { stream: "Harvest".into(), partition: 0, before: 36, what };
    let expected = [Happening::Is(Bound::Ended), Happening::LiftedToUs(11_000_000)].map(entry);
    assert_eq!(journal, expected, "and is not said again where nothing came");
}

#[test]
fn a_flush_decides_what_an_end_has_left_open() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::with_state(dir.path());
    let log = harvests(2, 0..25);
    bench.run_to(&log, Finish::AtLastEvent).unwrap();
    let at_end = lines(&bench.out).len();
    bench.run_to(&log, Finish::Flush).unwrap();
    let flushed = lines(&bench.out);
    assert_eq!((at_end, flushed.len()), (6, 9));
    for finish in [Finish::Flush, Finish::AtLastEvent] {
        bench.run_to(&log, finish).unwrap();
        std::fs::remove_file(dir.path().join("checkpoint")).unwrap();
        bench.run_to(&log, finish).unwrap();
    }
    assert_eq!(lines(&bench.out), flushed, "nothing comes again");
}

#[test]
fn there_is_no_going_on_from_a_flush() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::with_state(dir.path());
    let log = harvests(2, 0..25);
    bench.run_to(&log, Finish::Flush).unwrap();
    let given = bench.given();
    log.push(1, harvest(1, 26, 5));
    for finish in [Finish::Flush, Finish::AtLastEvent] {
        let error = bench.run_to(&log, finish).unwrap_err().to_string();
        let told = "at offset 25 of partition 1 of `memory`";
        assert!(error.contains(told), "{error}");
    }
    assert_eq!(bench.given(), given);
}

#[test]
fn a_flush_that_was_interrupted_is_finished_by_the_next_run() {
    let whole = Bench::new();
    run(whole.bounded(&harvests(2, 0..25), Finish::Flush), &mut |_, _| {}).unwrap();
    for flushes in 0..9 {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench::with_state(dir.path());
        let log = harvests(2, 0..25);
        let source = Box::new(MemorySource::new(log.clone(), AtEnd::Stop));
        let sink = FailingSink::new(&bench.out, flushes);
        let spec = bench.spec(source, sink, Extent::Bounded);
        let _ = run(RunSpec { finish: Finish::Flush, ..spec }, &mut |_, _| {});
        bench.run_to(&log, Finish::Flush).unwrap();
        assert_eq!(lines(&bench.out), lines(&whole.out), "{flushes}");
    }
}

/// A run over two streams until they end or a flush fails. `B` ends before `A`, its watermark further on:
/// when both have ended, `B` opened again would let time go on.
fn run_two(bench: &Bench, sink: Box<dyn Sink>, late: Box<dyn Sink>) -> Result<(), DriverError> {
    let rules = "
        stream A { count: int, at: timestamp, time at, lateness 5s }
        stream B { count: int, at: timestamp, time at, lateness 0s }
        rule each_of { from A emit Seen { count } }
        rule both { from B, Seen window session(gap 1s, max 3s) emit Both { sum: sum(count) } }";
    let plan = rule_lang::compile(&[rule_lang::Source::new("two.rules", rules)]).plan.unwrap();
    let input = |name: &str, seconds: &[i64]| {
        let log = MemoryLog::new(1);
        seconds.iter().for_each(|second| log.push(0, harvest(1, *second, *second)));
        InputSpec {
            source: Box::new(MemorySource::new(log, AtEnd::Stop)),
            uri: name.into(),
            identity: name.into(),
            topic: name.into(),
            extent: Extent::Bounded,
            readers: vec![(plan.stream_id(name).unwrap(), Format::Json)],
        }
    };
    let inputs = vec![input("B", &[10]), input("A", &[3, 12, 6])];
    let nothing = Box::new(MemorySource::new(MemoryLog::new(1), AtEnd::Stop));
    let spec = bench.spec(nothing, sink, Extent::Bounded);
    let mut sinks = spec.output.sinks;
    let out = sinks.find("out").unwrap();
    let late = sinks.add("late", late);
    let events = vec![vec![out]; plan.events.len()];
    let output = OutputSpec { sinks, events, late: Some(late), ..spec.output };
    let checkpoint_every = Duration::ZERO;
    let spec = RunSpec { plan: Arc::new(plan), inputs, output, checkpoint_every, ..spec };
    run(spec, &mut |_, _| {}).map(|_| ())
}

#[test]
fn runs_that_are_interrupted_again_and_again_lose_nothing() {
    let given = |bench: &Bench, late: &MemoryLog| {
        let all = lines(&bench.out).into_iter().chain(lines(late));
        all.collect::<BTreeSet<_>>()
    };
    let memory = |log: &MemoryLog| Box::new(MemorySink::new(log.clone()));
    let (whole, late) = (Bench::new(), MemoryLog::new(1));
    run_two(&whole, memory(&whole.out), memory(&late)).unwrap();
    let expected = given(&whole, &late);
    for flushes in (0..216_u32).map(|it| [it / 36, it / 6 % 6, it % 6]) {
        let (dir, late) = (tempfile::tempdir().unwrap(), MemoryLog::new(1));
        let bench = Bench { state: Some(dir.path().into()), ..Bench::new() };
        for flushes in flushes {
            let failing = |log| FailingSink::new(log, flushes);
            let _ = run_two(&bench, failing(&bench.out), failing(&late));
        }
        run_two(&bench, memory(&bench.out), memory(&late)).unwrap();
        assert_eq!(given(&bench, &late), expected, "{flushes:?}");
    }
}

#[test]
fn a_run_that_is_stopped_after_a_part_has_ended_is_gone_on_with() {
    let record = |partition, second| Step::Record(partition, harvest(1, second, 5));
    let first = [record(0, 1), Step::Ended(0), record(1, 2), record(1, 15)];
    for loses_checkpoint in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench::with_state(dir.path());
        assert_eq!(bench.play(&first), ["{\"farm\":1,\"sum\":10}"]);
        // There is more in the partition that had ended: of 3 s, behind what has been decided without
        // it, and of 16 s.
        let more = [record(0, 3), record(0, 16), Step::Ended(0), record(1, 30)];
        if loses_checkpoint {
            std::fs::remove_file(dir.path().join("checkpoint")).unwrap();
            let again = [&first[2..], &first[..1], &more[..]].concat();
            bench.play(&again);
        } else {
            bench.play_from([1, 2], &more);
        }
        let Given { emits, late } = bench.given();
        assert_eq!(emits[1..], ["{\"farm\":1,\"sum\":10}"], "loses: {loses_checkpoint}");
        assert_eq!(late.len(), 1, "loses: {loses_checkpoint}");
    }
}
