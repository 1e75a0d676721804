//! The interpreter, and the engine on all roads, on plans built by hand, one behaviour each.

#![allow(clippy::panic, reason = "tests")]

use crate::log::{End, Entry, Record};
use crate::render::{Ids, outputs};
use crate::roads::drive_all;
use crate::script::{Script, Step};
use cep_core::plan::*;
use cep_core::time::{EventTime, Span};
use cep_core::value::{Type, Value};
use insta::assert_snapshot;
use std::sync::Arc;

fn int(kind: ExprKind) -> Expr {
    Expr::new(Type::Int, kind)
}

fn literal(value: i64) -> Expr {
    int(ExprKind::Literal(Value::Int(value)))
}

fn compare(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::new(Type::Bool, ExprKind::Binary(op, Box::new(left), Box::new(right)))
}

fn emit(event: &str, kind: EmitKind, field: Expr) -> EmitPlan {
    EmitPlan { event: event.into(), kind, fields: vec![("x".into(), field)], condition: None }
}

fn call(function: AggregateFunction, ty: Type) -> AggregateCall {
    let inputs = vec![int(ExprKind::Field(1))];
    AggregateCall { function, inputs, arguments: Vec::new(), filter: None, ranked_by: None, ty }
}

/// A rule by `k` over `S { k: int, v: int, at }` that emits `Up { x: sum(v) }`.
fn rule(window: Option<WindowPlan>, trigger: Trigger) -> RulePlan {
    let field = if window.is_some() { ExprKind::Aggregate(0) } else { ExprKind::Field(1) };
    RulePlan {
        name: "r".into(),
        doc: String::new(),
        attributes: Vec::new(),
        input: StreamId(0),
        filter: None,
        key: vec![KeyPart { name: "k".into(), expr: int(ExprKind::Field(0)) }],
        window,
        expects: None,
        waits_for: Vec::new(),
        aggregates: vec![call(AggregateFunction::Sum, Type::Int)],
        previous: Vec::new(),
        trigger,
        limit: None,
        distinct: None,
        changes: None,
        forget: None,
        emits: vec![
            emit("Up", EmitKind::Fire, int(field.clone())),
            emit("Down", EmitKind::Clear, int(field)),
        ],
    }
}

fn plan_of(lateness_s: i64, rule: RulePlan) -> Plan {
    let field = |name: &str, ty| FieldPlan {
        name: name.into(),
        ty,
        least: None,
        source: FieldSource::Path(vec![name.into()]),
        format: TimestampFormat::Automatic,
    };
    let stream = StreamPlan {
        name: "S".into(),
        doc: String::new(),
        fields: vec![field("k", Type::Int), field("v", Type::Int), field("at", Type::Timestamp)],
        key: Some(0),
        time: TimeSource::Field(2),
        lateness: Span::from_secs(lateness_s),
        idle: None,
        ahead: Span::from_secs(3_600),
        from: None,
    };
    Plan { streams: vec![stream], rules: vec![rule], ..Plan::empty() }
}

/// Runs `(partition, seconds, key, value)` events; a key of -1 stands for an idle advance.
fn check(plan: &Plan, events: &[(u32, i64, i64, i64)], end: End) -> String {
    let partitions = events.iter().map(|event| event.0 + 1).max().unwrap_or(1);
    let step = |(offset, (partition, seconds, key, value)): (u64, &(u32, i64, i64, i64))| {
        let time = EventTime(seconds * 1_000_000);
        let values = vec![Value::Int(*key), Value::Int(*value), Value::Timestamp(time)];
        let entry = match key {
            -1 => Entry::Idle(time),
            _ => Entry::Record(Record { offset, time, values }),
        };
        Step { stream: StreamId(0), partition: *partition, entry }
    };
    let steps = (0..).zip(events).map(step).collect();
    let script = Script { partitions: vec![partitions], steps, end };
    let found =
        drive_all(&Arc::new(plan.clone()), &script).unwrap_or_else(|detour| panic!("{detour}"));
    outputs(plan, &found, Ids::Hidden)
}

fn tumbling(seconds: i64, fill: Option<i64>) -> Option<WindowPlan> {
    let kind = WindowKind::tumbling(Span::from_secs(seconds));
    Some(WindowPlan { fill: fill.map(Span::from_secs), ..WindowPlan::new(kind) })
}

fn sliding(seconds: i64) -> Option<WindowPlan> {
    Some(WindowPlan::new(WindowKind::Sliding { size: Span::from_secs(seconds) }))
}

fn below(limit: i64) -> Expr {
    compare(BinaryOp::Less, int(ExprKind::Aggregate(0)), literal(limit))
}

#[test]
fn windows_close_at_their_end_and_open_ones_stay_open() {
    let plan = plan_of(0, rule(tumbling(10, None), Trigger::Each(below(150))));
    let events = [(0, 1, 302, 21), (0, 6, 302, 87), (0, 12, 302, 163), (0, 25, 302, 1)];
    assert_snapshot!(check(&plan, &events, End::AtLastEvent), @"9.999999s    r -> Up [302] x=108  <- S/0@0-1");
    assert_snapshot!(check(&plan, &events, End::Flush), @r"
    9.999999s    r -> Up [302] x=108  <- S/0@0-1
    29.999999s   r -> Up [302] x=1  <- S/0@3
    ");
}

#[test]
fn an_event_misses_only_the_windows_that_its_own_partition_has_passed() {
    let kind = WindowKind::Hopping {
        size: Span::from_secs(10),
        every: Span::from_secs(5),
        align: Span::ZERO,
    };
    let plan = plan_of(0, rule(Some(WindowPlan::new(kind)), Trigger::Always));
    // Offsets count over both partitions. Partition 0 is at 11 s when 6 s comes: [0, 10) is missed, [5, 15) is not.
    let events = [(0, 11, 1, 1), (0, 6, 1, 10), (1, 6, 1, 100)];
    assert_snapshot!(check(&plan, &events, End::Flush), @r"
    9.999999s    r -> Up [1] x=100  <- S/1@2
    14.999999s   r -> Up [1] x=111  <- S/0@0-1 S/1@2
    19.999999s   r -> Up [1] x=1  <- S/0@0
    -- late
    6s           r S/0@1 misses [0s, 10s), its partition was at 11s
    ");
}

#[test]
fn fill_ends_where_the_last_event_is_too_far_from_the_window_end() {
    let plan = plan_of(0, rule(tumbling(10, Some(25)), Trigger::Each(below(150))));
    let events = [(0, 1, 7, 200), (0, 60, 8, 200)];
    assert_snapshot!(check(&plan, &events, End::AtLastEvent), @"19.999999s   r -> Up [7] x=0  <- no event");
    // A flush does not fill beyond the last event, but fills what began before it.
    assert_snapshot!(check(&plan, &[(0, 1, 7, 200)], End::Flush), @"nothing");
    assert_snapshot!(check(&plan, &[(0, 1, 7, 200), (0, 10, 8, 200)], End::Flush), @"19.999999s   r -> Up [7] x=0  <- no event");
}

#[test]
fn a_sliding_edge_rises_and_falls_with_arrivals_and_expiries() {
    let above = compare(BinaryOp::GreaterEqual, int(ExprKind::Aggregate(0)), literal(10));
    let plan = plan_of(0, rule(sliding(10), Trigger::edge(above)));
    let events = [(0, 0, 1, 6), (0, 4, 1, 6), (0, 8, 1, 6), (0, 14, 1, 1)];
    // At 10 s the first leaves: 12 still holds. At 14 s the second leaves as 1 comes: 7.
    assert_snapshot!(check(&plan, &events, End::Flush), @r"
    4s           r -> Up [1] x=12  <- S/0@0-1
    14s          r -> clear Down [1] x=7  <- S/0@2-3
    ");
    // The instant of the last event is not decided when the input merely ends.
    assert_snapshot!(check(&plan, &events, End::AtLastEvent), @"4s           r -> Up [1] x=12  <- S/0@0-1");
}

#[test]
fn an_edge_without_a_window_is_judged_by_the_last_row_of_an_instant() {
    let high = compare(BinaryOp::Greater, int(ExprKind::Field(1)), literal(5));
    let plan = plan_of(0, rule(None, Trigger::edge(high)));
    let events =
        [(0, 1, 1, 9), (0, 1, 1, 3), (0, 2, 1, 7), (0, 3, 1, 8), (0, 2, 1, 0), (0, 4, 1, 1)];
    assert_snapshot!(check(&plan, &events, End::Flush), @r"
    2s           r -> Up [1] x=7  <- S/0@2
    4s           r -> clear Down [1] x=1  <- S/0@5
    -- late
    2s           r S/0@4, its partition was at 3s
    ");
}

#[test]
fn an_idle_advance_lifts_its_partition_and_what_comes_after_is_late() {
    let plan = plan_of(0, rule(tumbling(10, None), Trigger::Always));
    let events = [(0, 1, 1, 1), (0, 20, -1, 0), (0, 3, 1, 5), (1, 3, 1, 7)];
    assert_snapshot!(check(&plan, &events, End::AtLastEvent), @r"
    9.999999s    r -> Up [1] x=8  <- S/0@0 S/1@3
    -- late
    3s           r S/0@2 misses [0s, 10s), its partition was at 20s
    ");
}

#[test]
fn a_sum_that_does_not_fit_is_an_error_of_its_firing_alone() {
    let plan = plan_of(0, rule(tumbling(10, None), Trigger::Always));
    let events = [(0, 1, 1, i64::MAX), (0, 2, 1, 1), (0, 3, 2, 4), (0, 11, 1, i64::MAX)];
    assert_snapshot!(check(&plan, &events, End::Flush), @r"
    9.999999s    r -> Up [2] x=4  <- S/0@2
    19.999999s   r -> Up [1] x=9223372036854775807  <- S/0@3
    -- errors
    9.999999s    r the result does not fit a 64-bit integer: firing [1] <- S/0@0-1
    ");
}
