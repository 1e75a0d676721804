//! Plays a test's events into an engine.

use cep_core::engine::{Emit, Engine, EngineOptions, Finish, Input, LateEvent, Outbox, RuleError};
use cep_core::plan::{Plan, StreamId};
use cep_core::value::EventBatch;
use rule_lang::TestCase;
use rule_lang::test_case::GivenEvent;
use std::sync::Arc;

/// What came out.
pub(super) struct Played {
    /// The plan with the test's parameters.
    pub plan: Arc<Plan>,
    pub emits: Vec<Emit>,
    pub late: Vec<LateEvent>,
    pub errors: Vec<RuleError>,
    /// The events that went in, by stream; an event's offset is its index.
    pub given: Vec<(StreamId, Vec<GivenEvent>)>,
}

/// Plays a test: each stream is one partition, in the order of its rows.
pub(super) fn play(plan: &Plan, test: &TestCase) -> Played {
    let mut plan = plan.clone();
    for (id, value) in &test.params {
        if let Some(param) = plan.params.get_mut(id.0 as usize) {
            param.value = value.clone();
        }
    }
    let plan = Arc::new(plan);
    let mut engine = Engine::new(Arc::clone(&plan), EngineOptions::default());
    let mut outbox = Outbox::default();
    let mut given: Vec<(StreamId, Vec<GivenEvent>)> = Vec::new();
    for table in &test.given {
        match given.iter_mut().find(|(stream, _)| *stream == table.stream) {
            Some((_, events)) => events.extend(table.events.iter().cloned()),
            None => given.push((table.stream, table.events.clone())),
        }
    }
    for (stream, events) in &given {
        if let Some(batch) = batch(&plan, *stream, events) {
            engine.step(Input::Events(&batch), &mut outbox);
        }
    }
    for stream in plan.stream_ids() {
        engine.step(Input::End { stream, partition: 0 }, &mut outbox);
    }
    let finish = test.until.map_or(Finish::Flush, Finish::At);
    engine.step(Input::Finish(finish), &mut outbox);
    Played { plan, emits: outbox.emits, late: outbox.late, errors: outbox.errors, given }
}

fn batch(plan: &Plan, stream: StreamId, events: &[GivenEvent]) -> Option<EventBatch> {
    let mut batch = EventBatch::new(stream, plan.stream(stream)?);
    let used = plan.used_fields(stream);
    for (offset, event) in (0..).zip(events) {
        batch.times.push(event.time.0);
        batch.offsets.push(offset);
        let columns = batch.columns.iter_mut().zip(&used).zip(&event.values);
        for ((column, used), value) in columns {
            if *used {
                column.push(value);
            }
        }
    }
    Some(batch)
}
