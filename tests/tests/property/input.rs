//! Inputs of generated programs: disorder within and beyond the lateness, ties, nulls, idle
//! advances, several partitions.

use cep_core::plan::{Plan, StreamId};
use cep_core::time::{EventTime, Span};
use cep_core::value::{Decimal, Value};
use cep_tests::log::{End, Entry, Record};
use cep_tests::script::{Script, Step};
use proptest::prelude::*;

/// One thing that arrives: in which stream and partition, how far time has gone since the one
/// before it, and an event or an idle advance.
#[derive(Clone, Debug)]
struct Arrival {
    stream: u32,
    partition: u32,
    step_ms: i64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Event { behind_ms: i64, gap: u64, values: Vec<Value> },
    Idle { ahead_ms: i64 },
}

/// Whether times in a partition may fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// They may.
    Any,
    /// They never do, in any partition or between them.
    Rising,
}

/// Puts the rows of the tables `T` and `V` in: some keys that the streams have, and others.
pub fn fill_tables(plan: &mut Plan) {
    let decimal = |text| Value::Decimal(Decimal::from_str_exact(text).unwrap());
    let texts = [("a", 5, Value::Null), ("b", -2, decimal("0.10")), ("zz", 3, decimal("7"))];
    let texts = texts.map(|(k, n, d)| vec![Value::text(k), Value::Int(n), d]);
    let numbers = [(0, 1, -9), (0, 4, 3), (0, -1, 20), (1, 2, 6), (2, 8, 0), (2, 5, 1), (8, 9, 12)];
    let numbers = numbers.map(|(i, v, since)| {
        vec![Value::Int(i), Value::Int(v), Value::Timestamp(EventTime(since * 1_000_000))]
    });
    for (name, rows) in [("T", texts.to_vec()), ("V", numbers.to_vec())] {
        if let Some(id) = plan.table_id(name) {
            plan.tables[id.0 as usize].fill(rows).unwrap();
        }
    }
}

pub fn script(order: Order) -> impl Strategy<Value = Script> {
    let partitions = (1..4_u32, 1..3_u32, 1..3_u32);
    let end = prop_oneof![
        2 => Just(End::AtLastEvent),
        3 => Just(End::Flush),
        1 => (-5_000..60_000_i64).prop_map(|ms| End::At(EventTime(ms * 1_000))),
    ];
    (partitions, prop::collection::vec(arrival(order), 0..45), end).prop_map(
        move |(counts, arrivals, end)| {
            let counts = [counts.0, counts.1, counts.2];
            let mut now_ms = -4_000;
            let mut offsets = [[0_u64; 4]; 3];
            let mut steps = Vec::new();
            for arrival in arrivals {
                now_ms += arrival.step_ms;
                let partition = arrival.partition % counts[arrival.stream as usize];
                let entry = match arrival.what {
                    What::Idle { ahead_ms } => Entry::Idle(EventTime((now_ms + ahead_ms) * 1_000)),
                    What::Event { behind_ms, gap, mut values } => {
                        let time = EventTime((now_ms - behind_ms) * 1_000);
                        match arrival.stream {
                            TABLE => values = row(&values),
                            _ => values.push(Value::Timestamp(time)),
                        }
                        let next = &mut offsets[arrival.stream as usize][partition as usize];
                        let offset = *next + gap;
                        *next = offset + 1;
                        Entry::Record(Record { offset, time, values })
                    }
                };
                steps.push(Step { stream: StreamId(arrival.stream), partition, entry });
            }
            Script { partitions: counts.to_vec(), steps, end }
        },
    )
}

fn arrival(order: Order) -> impl Strategy<Value = Arrival> {
    let behind = match order {
        Order::Rising => Just(0).boxed(),
        Order::Any => prop_oneof![4 => Just(0), 3 => 0..3_000_i64, 1 => 0..15_000_i64]
            .prop_map(|ms| ms / 500 * 500)
            .boxed(),
    };
    let idle_weight = if order == Order::Any { 1 } else { 0 };
    let gap = prop_oneof![9 => Just(0_u64), 1 => 1..9_u64];
    let event = (behind, gap, values()).prop_map(|(behind_ms, gap, values)| What::Event {
        behind_ms,
        gap,
        values,
    });
    let idle = (-3_000..8_000_i64).prop_map(|ms| What::Idle { ahead_ms: ms / 500 * 500 });
    let what =
        if idle_weight == 0 { event.boxed() } else { prop_oneof![12 => event, 1 => idle].boxed() };
    let step = prop_oneof![2 => Just(0_i64), 5 => 0..2_000_i64, 1 => 0..20_000_i64];
    let stream = prop_oneof![6 => Just(0_u32), 2 => Just(1), 1 => Just(TABLE)];
    (stream, 0..3_u32, step, what).prop_map(|(stream, partition, step_ms, what)| Arrival {
        stream,
        partition,
        step_ms: step_ms / 500 * 500,
        what,
    })
}

/// The stream of the rows of the table `M`, behind `A` and `B`.
const TABLE: u32 = 2;

/// A row of it from an event's values: i, j, and whether it is deleted.
fn row(values: &[Value]) -> Vec<Value> {
    vec![values[2].clone(), values[3].clone(), values[8].clone()]
}

/// The fields before `at`: k g i j d e f s b t u xs r c.
fn values() -> impl Strategy<Value = Vec<Value>> {
    let text = || prop::sample::select(&["a", "b", "", "Ä"]).prop_map(Value::text);
    let int = || {
        prop_oneof![
            9 => -3..6_i64,
            1 => prop::sample::select(&[i64::MAX, i64::MIN, i64::MAX - 1, 1 << 40]),
        ]
        .prop_map(Value::Int)
    };
    let decimal = || {
        prop::sample::select(&[
            "0",
            "0.10",
            "0.1",
            "-2.5",
            "1.005",
            "3",
            "79228162514264337593543950335",
            "0.0000000000000000000000000001",
            "12345678901234.5678",
        ])
        .prop_map(|text| Value::Decimal(Decimal::from_str_exact(text).unwrap()))
    };
    let float = prop::sample::select(&[
        0.0, -0.0, 0.1, 0.2, -1.5, 3.0, 1e300, -1e300, 1.7e308, 5e-324, 1e16,
    ])
    .prop_map(Value::Float);
    let null =
        |value: BoxedStrategy<Value>| prop_oneof![1 => Just(Value::Null), 2 => value].boxed();
    let time = (-5_000..30_000_i64).prop_map(|ms| Value::Timestamp(EventTime(ms * 1_000)));
    let span = prop_oneof![
        9 => (-2_000..9_000_i64).prop_map(|ms| Value::Duration(Span(ms * 1_000 + 1))),
        1 => Just(Value::Duration(Span(i64::MAX))),
    ];
    let first = (text(), null((0..3_i64).prop_map(Value::Int).boxed()), int(), null(int().boxed()));
    let second = (decimal(), null(decimal().boxed()), float, text());
    let list = prop::collection::vec(null(int().boxed()), 0..4)
        .prop_map(|values| Value::List(values.into()));
    let record = (null(int().boxed()), text())
        .prop_map(|(a, y)| Value::Record([("a".into(), a), ("y".into(), y)].into()));
    let third = (any::<bool>().prop_map(Value::Bool), time, null(span.boxed()));
    let fourth = (list, null(record.boxed()), (0..9_i64).prop_map(Value::Int));
    (first, second, third, fourth).prop_map(
        |((k, g, i, j), (d, e, f, s), (b, t, u), (xs, r, c))| {
            vec![k, g, i, j, d, e, f, s, b, t, u, xs, r, c]
        },
    )
}
