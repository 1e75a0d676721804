//! End to end on one core: JSON lines in memory to derived events as JSON lines, beside what it
//! costs only to decode the same bytes with sonic-rs.
//!
//! A group for each number of farms holds two functions: `cep` (lines, projection, keys, 10 s
//! tumbling sums with a threshold, CloudEvents out) and `sonic_typed` (lines, five borrowed fields
//! decoded and added up). Then their ratio is printed, from turns taken one after the other.

#![allow(clippy::expect_used, reason = "what is benchmarked is known to be right")]

use cep_benches::harvest::{Shape, lines};
use cep_benches::ratio::ratio;
use cep_core::engine::{Engine, EngineOptions, Input, Outbox};
use cep_core::plan::{Plan, StreamId};
use cep_core::value::EventBatch;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use runtime::codec::cloudevents::Encoder;
use runtime::codec::{Decoder, Format};
use runtime::connector::{BadRecord, RecordBatch};
use serde::Deserialize;
use std::hint::black_box;
use std::sync::Arc;

/// The allocator of the `cep` command.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How many lines are taken at once, as a source does under load.
const LINES_A_BATCH: usize = 512;
/// How many turns a ratio is made of.
const TURNS: usize = 7;

const RULES: &str = r#"
stream Harvest {
    farm:  int       from "farmid"
    count: int       from "batchcnt"
    at:    timestamp from "batchtime"

    key  farm
    time at, lateness 2s
}

param floor: int = 150

rule disaster {
    from   Harvest
    by     farm
    window tumbling(10s)
    when   sum(count) < floor
    emit   Disaster { farm, harvested: sum(count), since: window.start, until: window.end }
}
"#;

/// What sonic-rs decodes of a line.
#[derive(Deserialize)]
struct Typed<'a> {
    farmid: i64,
    batchcnt: i64,
    batchtime: i64,
    #[serde(borrow)]
    crop: &'a str,
    #[serde(borrow)]
    grade: &'a str,
}

fn sonic_typed(bytes: &[u8]) -> i64 {
    let mut sum = 0;
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let typed: Typed<'_> = sonic_rs::from_slice(line).expect("the generator writes JSON");
        sum ^= typed.farmid ^ typed.batchcnt ^ typed.batchtime;
        sum ^= i64::try_from(typed.crop.len() + typed.grade.len()).unwrap_or(0);
    }
    sum
}

/// A run of the rules, fed with lines.
struct Run {
    decoder: Decoder,
    engine: Engine,
    encoder: Encoder,
    records: RecordBatch,
    batch: EventBatch,
    bad: Vec<BadRecord>,
    outbox: Outbox,
    out: Vec<u8>,
    offset: u64,
}

impl Run {
    fn new(plan: &Arc<Plan>) -> Self {
        let stream = StreamId(0);
        Self {
            decoder: Decoder::new(plan, stream, Format::Json),
            engine: Engine::new(plan.clone(), EngineOptions::default()),
            encoder: Encoder::new(plan, &[], "bench"),
            records: RecordBatch::new(),
            batch: EventBatch::new(stream, &plan.streams[0]),
            bad: Vec::new(),
            outbox: Outbox::default(),
            out: Vec::new(),
            offset: 0,
        }
    }

    /// Takes lines in and returns how many bytes of derived events they gave.
    fn feed(&mut self, mut lines: &[u8]) -> usize {
        let mut written = 0;
        while !lines.is_empty() {
            lines = take_lines(lines, &mut self.records, &mut self.offset);
            self.batch.clear();
            let all = 0..self.records.len();
            self.decoder.decode(&self.records, all, &mut self.batch, &mut self.bad);
            self.engine.step(Input::Events(&self.batch), &mut self.outbox);
            for emit in self.outbox.emits.drain(..) {
                self.encoder.structured(&emit, &mut self.out);
                self.out.push(b'\n');
            }
            self.outbox.clear();
            written += black_box(&self.out).len();
            self.out.clear();
        }
        assert!(self.bad.is_empty(), "{:?}", self.bad);
        written
    }
}

/// Fills `records` with the next lines, as a file source does: their bytes are read into its buffer
/// and the lines are marked there.
fn take_lines<'a>(bytes: &'a [u8], records: &mut RecordBatch, offset: &mut u64) -> &'a [u8] {
    records.reset(0);
    let mut end = 0;
    let mut marks = [(0, 0); LINES_A_BATCH];
    let mut count = 0;
    for newline in memchr::memchr_iter(b'\n', bytes).take(LINES_A_BATCH) {
        marks[count] = (end, newline);
        count += 1;
        end = newline + 1;
    }
    records.buffer().extend_from_slice(&bytes[..end]);
    for (start, newline) in &marks[..count] {
        records.mark_value(*offset, None, *start, *newline);
        *offset += 1;
    }
    &bytes[end..]
}

fn plan(floor: i64) -> Arc<Plan> {
    let compiled = rule_lang::compile(&[rule_lang::Source::new("bench.rules", RULES)]);
    let mut plan = compiled.plan.expect("the rules are right");
    rule_lang::set_param(&mut plan, "floor", &floor.to_string()).expect("floor is an int");
    Arc::new(plan)
}

fn end_to_end(criterion: &mut Criterion) {
    // About ten events of a farm in a window, and about one; few windows are under the floor.
    for (farms, events, every_us, floor) in
        [(1_000, 1_000_000_usize, 1_000, 1_300), (1_000_000, 2_000_000, 10, 30)]
    {
        let plan = plan(floor);
        let bytes = lines(2 * events, Shape { farms, every_us, ..Shape::default() });
        let half = memchr::memchr_iter(b'\n', &bytes).nth(events - 1).map_or(0, |at| at + 1);
        let (first, second) = bytes.split_at(half);
        // What is measured is a run that goes on: its keys are known and its memory is there.
        let warmed = || {
            let mut run = Run::new(&plan);
            run.feed(first);
            run
        };
        let written = warmed().feed(second);
        assert!(written > 0, "nothing was derived");
        let mut group = criterion.benchmark_group(format!("end_to_end/{farms}_farms"));
        group.sample_size(10).throughput(Throughput::Elements(events as u64));
        group.bench_function("cep", |bench| {
            bench.iter_batched(
                warmed,
                |mut run| {
                    run.feed(second);
                    run
                },
                BatchSize::PerIteration,
            );
        });
        group.bench_function("sonic_typed", |bench| bench.iter(|| sonic_typed(second)));
        group.finish();
        let mut runs: Vec<Run> = (0..TURNS).map(|_| warmed()).collect();
        let mut done = Vec::new();
        let ratio = ratio(
            TURNS,
            || {
                let mut run = runs.pop().expect("there is a run for each turn");
                run.feed(second);
                done.push(run);
            },
            || {
                black_box(sonic_typed(second));
            },
        );
        println!(
            "end_to_end/{farms}_farms: cep takes {ratio} of sonic_typed; {written} bytes written"
        );
    }
}

criterion_group!(benches, end_to_end);
criterion_main!(benches);
