use super::*;
use crate::plan::{
    AggregateCall, AggregateFunction, BinaryOp, EmitKind, EmitPlan, Expr, ExprKind, FieldPlan,
    FieldSource, KeyPart, RulePlan, StreamPlan, TablePlan, TableRows, TimeSource, TimestampFormat,
    Trigger, WindowKind, WindowPlan,
};
use crate::time::Span;
use crate::value::{Type, Value};

fn field(name: &str, ty: Type) -> FieldPlan {
    FieldPlan {
        name: name.into(),
        ty,
        least: None,
        source: FieldSource::Path(vec![name.into()]),
        format: TimestampFormat::Automatic,
    }
}

/// `from Harvest by farm window KIND when sum(count) < 150 emit Disaster { farm, harvested }`.
fn harvest(kind: WindowKind, fill: Option<Span>, trigger: fn(Expr) -> Trigger) -> Arc<Plan> {
    let int = |kind| Expr::new(Type::Int, kind);
    let sum = int(ExprKind::Aggregate(0));
    let floor = int(ExprKind::Literal(Value::Int(150)));
    let low = ExprKind::Binary(BinaryOp::Less, Box::new(sum.clone()), Box::new(floor));
    let line = |event: &str, kind| EmitPlan {
        event: event.into(),
        kind,
        fields: vec![("farm".into(), int(ExprKind::Key(0))), ("harvested".into(), sum.clone())],
        condition: None,
    };
    let rule = RulePlan {
        name: "disaster".into(),
        doc: String::new(),
        attributes: Vec::new(),
        input: StreamId(0),
        filter: None,
        key: vec![KeyPart { name: "farm".into(), expr: int(ExprKind::Field(0)) }],
        window: Some(WindowPlan { fill, ..WindowPlan::new(kind) }),
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
        trigger: trigger(Expr::new(Type::Bool, low)),
        limit: None,
        distinct: None,
        changes: None,
        forget: None,
        emits: vec![line("Disaster", EmitKind::Fire), line("Recovered", EmitKind::Clear)],
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
        idle: None,
        ahead: Span::from_secs(3_600),
        from: None,
    };
    Arc::new(Plan { streams: vec![stream], rules: vec![rule], ..Plan::empty() })
}

/// Runs events `(second, farm, count)` one by one, restoring a checkpoint after each.
fn run(plan: &Arc<Plan>, events: &[(i64, i64, i64)], finish: Finish) -> (Vec<String>, usize) {
    let mut engine = Engine::new(plan.clone(), EngineOptions::default());
    let mut outbox = Outbox::default();
    for (offset, (second, farm, count)) in (0..).zip(events) {
        let mut batch = EventBatch::new(StreamId(0), &plan.streams[0]);
        batch.times.push(second * 1_000_000);
        batch.offsets.push(offset);
        batch.columns[0].push(&Value::Int(*farm));
        batch.columns[1].push(&Value::Int(*count));
        engine.step(Input::Events(&batch), &mut outbox);
        let checkpoint = engine.checkpoint();
        engine = Engine::restore(plan.clone(), EngineOptions::default(), &checkpoint).unwrap();
    }
    engine.step(Input::End { stream: StreamId(0), partition: 0 }, &mut outbox);
    engine.step(Input::Finish(finish), &mut outbox);
    let show = |emit: &Emit| {
        let event = &plan.rules[0].emits[emit.line as usize].event;
        format!("{} {event} {:?} {:?}", &emit.time.to_string()[14..], emit.values, emit.causes)
    };
    (outbox.emits.iter().map(show).collect(), outbox.late.len())
}

fn short(emits: &[String]) -> Vec<&str> {
    emits.iter().map(|emit| emit.split(" Exact").next().unwrap()).collect()
}

#[test]
fn two_slow_batches_in_one_window_are_a_disaster() {
    let plan = harvest(WindowKind::tumbling(Span::from_secs(10)), None, Trigger::Each);
    let events = [(1, 302, 21), (6, 302, 87), (12, 302, 163)];
    let (emits, _) = run(&plan, &events, Finish::Flush);
    assert_eq!(short(&emits), ["00:09.999999Z Disaster [302, 108]"]);
    assert!(emits[0].contains("from: 0, to: 1"), "{emits:?}");
}

#[test]
fn a_silent_farm_gets_its_empty_windows_while_fill_lasts() {
    let fill = Some(Span::from_secs(20));
    let plan = harvest(WindowKind::tumbling(Span::from_secs(10)), fill, Trigger::Each);
    let (emits, _) = run(&plan, &[(1, 302, 200)], Finish::At(EventTime(60_000_000)));
    assert_eq!(short(&emits), ["00:19.999999Z Disaster [302, 0]"]);
}

#[test]
fn a_late_event_counts_for_the_windows_that_it_did_not_miss() {
    let every = Span::from_secs(5);
    let kind = WindowKind::Hopping { size: Span::from_secs(10), every, align: Span::ZERO };
    let plan = harvest(kind, None, Trigger::Each);
    // At 13 the watermark is 11: the event at 6 misses the window that ended at 10.
    let (emits, late) = run(&plan, &[(1, 1, 10), (13, 1, 5), (6, 1, 7)], Finish::Flush);
    assert_eq!(late, 1);
    assert_eq!(
        short(&emits),
        [
            "00:04.999999Z Disaster [1, 10]",
            "00:09.999999Z Disaster [1, 10]",
            "00:14.999999Z Disaster [1, 12]",
            "00:19.999999Z Disaster [1, 5]",
        ]
    );
}

#[test]
fn a_sliding_window_fires_on_the_edge_and_clears() {
    let plan = harvest(WindowKind::Sliding { size: Span::from_secs(10) }, None, Trigger::edge);
    let events = [(1, 7, 100), (3, 7, 30), (5, 7, 40), (20, 7, 1)];
    let (emits, _) = run(&plan, &events, Finish::Flush);
    assert_eq!(
        short(&emits),
        [
            "00:01Z Disaster [7, 100]",
            "00:05Z Recovered [7, 170]",
            "00:11Z Disaster [7, 70]",
            "00:15Z Recovered [7, 0]",
            "00:20Z Disaster [7, 1]",
            "00:30Z Recovered [7, 0]",
        ]
    );
}

#[test]
fn a_checkpoint_of_another_plan_is_refused() {
    let plan = harvest(WindowKind::tumbling(Span::from_secs(10)), None, Trigger::Each);
    let other = harvest(WindowKind::tumbling(Span::from_secs(20)), None, Trigger::Each);
    let bytes = Engine::new(plan.clone(), EngineOptions::default()).checkpoint();
    let restore = |plan: &Arc<Plan>, bytes: &[u8]| {
        Engine::restore(plan.clone(), EngineOptions::default(), bytes).map(|_| ()).unwrap_err()
    };
    assert_eq!(restore(&other, &bytes), CheckpointError::OtherPlan);
    assert_eq!(restore(&plan, &bytes[..bytes.len() - 1]), CheckpointError::Damaged);
    assert_eq!(restore(&plan, b"something else"), CheckpointError::NotACheckpoint);
}

#[test]
fn a_stream_that_has_ended_holds_nobody_back_and_keeps_its_place_in_the_order() {
    let mut plan =
        (*harvest(WindowKind::tumbling(Span::from_secs(10)), None, Trigger::Each)).clone();
    plan.streams.push(StreamPlan { name: "Other".into(), ..plan.streams[0].clone() });
    let other = RulePlan { name: "other".into(), input: StreamId(1), ..plan.rules[0].clone() };
    plan.rules.push(other);
    let plan = Arc::new(plan);
    let mut engine = Engine::new(plan.clone(), EngineOptions::default());
    let mut outbox = Outbox::default();
    let feed = |engine: &mut Engine, stream: u32, second: i64, outbox: &mut Outbox| {
        let mut batch = EventBatch::new(StreamId(stream), &plan.streams[0]);
        batch.times.push(second * 1_000_000);
        batch.offsets.push(u64::try_from(second).unwrap());
        batch.columns[0].push(&Value::Int(1));
        batch.columns[1].push(&Value::Int(5));
        engine.step(Input::Events(&batch), outbox);
    };
    feed(&mut engine, 0, 15, &mut outbox);
    engine.step(Input::End { stream: StreamId(0), partition: 0 }, &mut outbox);
    assert!(outbox.emits.is_empty(), "the other stream may still begin before 15 s");
    feed(&mut engine, 1, 1, &mut outbox);
    feed(&mut engine, 1, 33, &mut outbox);
    let times: Vec<_> = outbox.emits.iter().map(|emit| (emit.rule.0, emit.time.0)).collect();
    assert_eq!(times, [(1, 9_999_999), (0, 19_999_999)]);
}

#[test]
fn a_stream_that_no_rule_reads_holds_nobody_back() {
    let mut plan =
        (*harvest(WindowKind::tumbling(Span::from_secs(10)), None, Trigger::Each)).clone();
    plan.streams.push(StreamPlan { name: "Other".into(), ..plan.streams[0].clone() });
    let plan = Arc::new(plan);
    let mut engine = Engine::new(plan.clone(), EngineOptions::default());
    let mut outbox = Outbox::default();
    for (stream, second) in [(1, 1), (0, 5), (0, 12)] {
        let mut batch = EventBatch::new(StreamId(stream), &plan.streams[0]);
        batch.times.push(second * 1_000_000);
        batch.offsets.push(u64::try_from(second).unwrap());
        batch.columns[0].push(&Value::Int(1));
        batch.columns[1].push(&Value::Int(5));
        engine.step(Input::Events(&batch), &mut outbox);
    }
    let times: Vec<_> = outbox.emits.iter().map(|emit| emit.time.0).collect();
    assert_eq!(
        times,
        [9_999_999],
        "`Other` stands at 1 s less its lateness, and nobody waits for it"
    );
}

#[test]
fn a_checkpoint_of_other_rows_of_a_table_is_refused() {
    let mut plan =
        (*harvest(WindowKind::tumbling(Span::from_secs(10)), None, Trigger::Each)).clone();
    plan.tables.push(TablePlan {
        name: "Factor".into(),
        doc: String::new(),
        fields: vec![field("farm", Type::Int), field("factor", Type::Int)],
        key: vec![0],
        from: None,
        time: None,
        of: None,
        rows: TableRows::default(),
        live: Default::default(),
    });
    let bytes = Engine::new(Arc::new(plan.clone()), EngineOptions::default()).checkpoint();
    let restore = |plan: &Plan| {
        let plan = Arc::new(plan.clone());
        Engine::restore(plan, EngineOptions::default(), &bytes).map(|_| ())
    };
    assert_eq!(restore(&plan), Ok(()));
    plan.tables[0].fill(vec![vec![Value::Int(1), Value::Int(2)]]).unwrap();
    assert_eq!(restore(&plan), Err(CheckpointError::OtherRows));
}
