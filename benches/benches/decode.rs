//! Decoding alone: records in memory to columns, beside sonic-rs decoding the same bytes.
//!
//! Two shapes of eight members, each with its members in one order and in an order of its own for
//! every record. Of a record the decoder reads three fields, one of them the time, and checks the
//! rest; sonic-rs decodes five fields, borrowed. The records stand in the buffer as a source of
//! lines leaves them. Then the ratio of the two is printed, from turns taken one after the other.

#![expect(clippy::expect_used, reason = "a benchmark whose records are wrong has to stop")]

use cep_benches::ratio::ratio;
use cep_core::plan::{Plan, StreamId};
use cep_core::value::EventBatch;
use cep_tests::random::Random;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use runtime::codec::{Decoder, Format};
use runtime::connector::{BadRecord, RecordBatch};
use serde::Deserialize;
use std::hint::black_box;

/// How many records there are; their bytes fit into a processor's second cache.
const RECORDS: usize = 4_096;
/// How many of them are decoded at once.
const RECORDS_A_BATCH: usize = 256;
/// How many turns a ratio is made of.
const TURNS: usize = 101;

/// How the members of the records stand.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Same,
    Shuffled,
}

/// A kind of record.
struct Shape {
    name: &'static str,
    rules: &'static str,
    members: fn(&mut Random, u64) -> Vec<String>,
    sonic_typed: fn(&[u8]) -> u64,
}

const SHAPES: [Shape; 2] = [
    Shape {
        name: "harvest",
        rules: r#"
stream Harvest {
    farm:  int       from "farmid"
    count: int       from "batchcnt"
    at:    timestamp from "batchtime"
    time at
}
rule read { from Harvest  emit Read { farm, count, at } }
"#,
        members: harvest,
        sonic_typed: |record| {
            let typed: Harvest<'_> = sonic_rs::from_slice(record).expect("the records are JSON");
            (typed.farmid ^ typed.batchcnt ^ typed.batchtime)
                + (typed.crop.len() as u64)
                + typed.weight.to_bits()
        },
    },
    Shape {
        name: "order",
        rules: r#"
stream Order {
    farm:   string
    amount: decimal
    at:     timestamp
    time at
}
rule read { from Order  emit Read { farm, amount, at } }
"#,
        members: order,
        sonic_typed: |record| {
            let typed: Order_<'_> = sonic_rs::from_slice(record).expect("the records are JSON");
            (typed.at ^ typed.seq)
                + (typed.farm.len() + typed.grade.len()) as u64
                + typed.amount.to_bits()
        },
    },
];

/// About 135 bytes, as the workshop's farms write them.
fn harvest(random: &mut Random, number: u64) -> Vec<String> {
    let grade = ["premium", "standard", "reject"][random.below(3)];
    vec![
        format!(r#""farmid":{}"#, random.below(1_000)),
        format!(r#""batchcnt":{}"#, 1 + random.below(236)),
        format!(r#""batchtime":{}"#, 1_584_981_114_028 + number * 13),
        r#""crop":"marshmallow""#.to_owned(),
        format!(r#""grade":"{grade}""#),
        format!(r#""weight":{}.{}"#, random.below(30), random.below(10)),
        format!(r#""site":"north-{}""#, random.below(40)),
        format!(r#""ok":{}"#, random.below(20) > 0),
    ]
}

/// About 175 bytes, with longer texts.
fn order(random: &mut Random, number: u64) -> Vec<String> {
    let grade = ["premium", "standard", "reject"][random.below(3)];
    vec![
        format!(r#""id":"order-{number:010}""#),
        format!(r#""farm":"farm-{:06}""#, random.below(100_000)),
        format!(r#""at":{}"#, 1_584_981_114_028 + number * 13),
        format!(r#""amount":{}.{:02}"#, random.below(1_000), random.below(100)),
        format!(r#""grade":"{grade}""#),
        format!(r#""temperature":{}.{}"#, random.below(30), random.below(10)),
        format!(r#""seq":{number}"#),
        format!(r#""note":"the {:02}th batch from the northern field""#, random.below(99)),
    ]
}

#[derive(Deserialize)]
struct Harvest<'a> {
    farmid: u64,
    batchcnt: u64,
    batchtime: u64,
    weight: f64,
    #[serde(borrow)]
    crop: &'a str,
}

#[derive(Deserialize)]
struct Order_<'a> {
    #[serde(borrow)]
    farm: &'a str,
    amount: f64,
    at: u64,
    #[serde(borrow)]
    grade: &'a str,
    seq: u64,
}

/// The records of a shape, as a source of lines leaves them.
fn records(shape: &Shape, order: Order) -> RecordBatch {
    let mut random = Random::of_seed(7);
    let mut batch = RecordBatch::new();
    batch.reset(0);
    for number in 0..RECORDS as u64 {
        let mut members = (shape.members)(&mut random, number);
        for index in (1..members.len()).filter(|_| order == Order::Shuffled) {
            members.swap(index, random.below(index + 1));
        }
        let record = format!("{{{}}}", members.join(","));
        let start = batch.byte_len();
        batch.buffer().extend_from_slice(record.as_bytes());
        batch.buffer().push(b'\n');
        batch.mark_value(number, None, start, start + record.len());
    }
    batch
}

/// Decodes all records, batch by batch.
fn cep(decoder: &mut Decoder, records: &RecordBatch, into: &mut EventBatch) {
    let mut bad: Vec<BadRecord> = Vec::new();
    for start in (0..records.len()).step_by(RECORDS_A_BATCH) {
        into.clear();
        decoder.decode(records, start..start + RECORDS_A_BATCH, into, &mut bad);
        assert!(bad.is_empty() && into.len() == RECORDS_A_BATCH);
        black_box(&into);
    }
}

fn sonic(shape: &Shape, records: &RecordBatch) {
    for record in records.iter() {
        black_box((shape.sonic_typed)(record.value.expect("every record has a value")));
    }
}

fn decode(criterion: &mut Criterion) {
    for shape in &SHAPES {
        let compiled = rule_lang::compile(&[rule_lang::Source::new("bench.rules", shape.rules)]);
        let plan: Plan = compiled.plan.expect("the rules are right");
        for (order, words) in [(Order::Same, "stable"), (Order::Shuffled, "shuffled")] {
            let records = records(shape, order);
            let name = format!("decode/{}_{words}", shape.name);
            let mut decoder = Decoder::new(&plan, StreamId(0), Format::Json);
            let mut into = EventBatch::new(StreamId(0), &plan.streams[0]);
            let mut group = criterion.benchmark_group(&name);
            group.throughput(Throughput::Elements(RECORDS as u64));
            group.bench_function("cep", |bench| {
                bench.iter(|| cep(&mut decoder, &records, &mut into));
            });
            group.bench_function("sonic_typed", |bench| bench.iter(|| sonic(shape, &records)));
            group.finish();
            let ratio =
                ratio(TURNS, || cep(&mut decoder, &records, &mut into), || sonic(shape, &records));
            println!("{name}: cep takes {ratio} of sonic_typed");
        }
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
