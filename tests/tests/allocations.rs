//! In the steady state nothing is allocated for an event: what a step allocates does not grow with
//! the events of its batch, once keys and slices are known. Allocations are counted, not timed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use allocation_counter::measure;
use cep_core::engine::{Engine, EngineOptions, Input, Outbox};
use cep_core::plan::{Plan, StreamId};
use cep_core::value::{EventBatch, Value};
use rule_lang::{Source, compile};
use std::sync::Arc;

const KEYS: i64 = 50;

/// How long a batch is in event time: six windows of ten seconds close with each.
const BATCH_US: i64 = 60_000_000;

const STREAM: &str = "stream Sale { shop: string, nr: int, amount: int, price: decimal, weight: float, at: timestamp\n\
     key shop\ntime at }\n";

/// A batch of `len` events over a minute, of all keys in turn.
fn batch(plan: &Plan, minute: i64, len: i64, offset: u64) -> EventBatch {
    let mut batch = EventBatch::new(StreamId(0), &plan.streams[0]);
    let shops: Vec<Value> = (0..KEYS).map(|key| Value::text(format!("shop {key}"))).collect();
    for row in 0..len {
        let time = minute * BATCH_US + row * BATCH_US / len;
        batch.times.push(time);
        batch.offsets.push(offset + row.unsigned_abs());
        let key = row % KEYS;
        let values = [
            shops[usize::try_from(key).unwrap()].clone(),
            Value::Int(key),
            Value::Int(row * 7_919 % 1_000),
            Value::Decimal((row % 100).into()),
            Value::Float(2.0),
            Value::Timestamp(cep_core::time::EventTime(time)),
        ];
        batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(&value));
    }
    batch
}

/// How often memory is asked for in a step of each of these lengths, when the engine has seen
/// several of each before.
fn allocations(rule: &str, lengths: [i64; 2]) -> [u64; 2] {
    let compiled = compile(&[Source::new("sale.rules", format!("{STREAM}{rule}"))]);
    let plan = Arc::new(compiled.plan.expect("a program without errors"));
    let mut engine = Engine::new(Arc::clone(&plan), EngineOptions::default());
    let mut outbox = Outbox::default();
    let (mut minute, mut offset) = (0, 0);
    let mut step = |len: i64| {
        let batch = batch(&plan, minute, len, offset);
        minute += 1;
        offset += len.unsigned_abs();
        let counted = measure(|| engine.step(Input::Events(&batch), &mut outbox));
        assert!(outbox.emits.is_empty() && outbox.late.is_empty() && outbox.errors.is_empty());
        counted.count_total
    };
    for len in lengths.iter().chain(&lengths).chain(&lengths) {
        step(*len);
    }
    lengths.map(step)
}

/// Ten times the events may cost no more than some growth of buffers.
fn nothing_for_an_event(rule: &str) {
    let [few, many] = allocations(rule, [1_000, 10_000]);
    assert!(many <= few + 200, "{few} for 1,000 events and {many} for 10,000:\n{rule}");
}

#[test]
fn tumbling_windows_allocate_nothing_for_an_event() {
    nothing_for_an_event(
        "rule low { from Sale by shop window tumbling(10s) when sum(amount) + count() + min(amount) + max(amount) < 0 emit Low { shop } }",
    );
}

#[test]
fn averages_of_decimals_and_floats_allocate_nothing_for_an_event() {
    nothing_for_an_event(
        "rule low { from Sale by nr window hopping(10s, every 5s) when avg(price) < -1 or max(weight) < float(0) emit Low { nr } }",
    );
}

#[test]
fn what_looks_back_allocates_nothing_for_an_event() {
    nothing_for_an_event(
        "rule low { from Sale\n distinct shop, nr within 1s by nr window tumbling(10s) when count(where changed(shop)) < 0 emit Low { nr } }",
    );
    nothing_for_an_event(
        "rule low { from Sale where changed(amount) by shop window tumbling(10s) when count() < 0\n forget 1h emit Low { shop } }",
    );
}

#[test]
fn filters_allocate_nothing_for_an_event() {
    nothing_for_an_event(
        "rule low { from Sale where amount >= 10 and shop != \"shop 3\" and not (shop in [\"shop 4\", \"shop 5\"]) by shop window tumbling(10s) when sum(amount where nr > 3) < 0 emit Low { shop } }",
    );
}
