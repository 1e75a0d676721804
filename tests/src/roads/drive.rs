//! Driving the engine, and its outputs in the form of the reference interpreter's.

use super::Action;
use crate::log::{End, Record};
use crate::random::Random;
use crate::reference::{Emitted, FailedRule, Late, Missed, Outputs, Source, Subject};
use cep_core::engine::{
    Causes, Emit, Engine, EngineOptions, EventRef, Finish, Input, LateEvent, Outbox, OutputOrder,
    RuleError,
};
use cep_core::plan::{Plan, StreamId};
use cep_core::value::{EventBatch, RowOrigin};
use std::sync::Arc;

/// What an engine is made of.
#[derive(Clone, Copy, Debug)]
pub struct Drive<'a> {
    /// The plan.
    pub plan: &'a Arc<Plan>,
    /// How many partitions each stream has.
    pub partitions: &'a [u32],
    /// The seed of its hash tables, which no output may depend on.
    pub seed: u64,
}

/// When the engine is saved and restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saving {
    /// Never.
    Never,
    /// After each input.
    AfterEach,
    /// After some inputs, by this seed.
    Sometimes(u64),
}

impl Drive<'_> {
    /// A new engine.
    #[must_use]
    pub fn engine(&self, order: OutputOrder) -> Engine {
        Engine::new(self.plan.clone(), self.options(order))
    }

    fn options(&self, order: OutputOrder) -> EngineOptions {
        EngineOptions { partitions: self.partitions.to_vec(), order, hash_seed: self.seed }
    }

    /// The engine as it comes back from its own checkpoint.
    ///
    /// # Panics
    /// When it does not come back, or with another size.
    #[must_use]
    #[expect(clippy::panic, reason = "an engine that cannot read its own checkpoint is a failure")]
    pub fn restored(&self, engine: &Engine, order: OutputOrder) -> Engine {
        let bytes = engine.checkpoint();
        let restored = Engine::restore(self.plan.clone(), self.options(order), &bytes)
            .unwrap_or_else(|error| panic!("the engine's own checkpoint is not restored: {error}"));
        assert_eq!(
            restored.state_sizes(),
            engine.state_sizes(),
            "a size is one of the state alone"
        );
        restored
    }

    /// What a new engine makes of all actions.
    #[must_use]
    pub fn all(&self, actions: &[Action], order: OutputOrder, saving: Saving) -> Outputs {
        let mut engine = self.engine(order);
        let mut outbox = Outbox::default();
        let mut random = Random::of_seed(match saving {
            Saving::Sometimes(seed) => seed,
            Saving::Never | Saving::AfterEach => 0,
        });
        for action in actions {
            run(self.plan, &mut engine, action, &mut outbox);
            let saved = match saving {
                Saving::Never => false,
                Saving::AfterEach => true,
                Saving::Sometimes(_) => random.once_in(4),
            };
            if saved {
                engine = self.restored(&engine, order);
            }
        }
        outputs_of(&outbox)
    }
}

/// Puts one action to the engine.
pub fn run(plan: &Plan, engine: &mut Engine, action: &Action, outbox: &mut Outbox) {
    match action {
        Action::Events(stream, partition, records) => {
            if let Some(batch) = batch(plan, *stream, *partition, records) {
                engine.step(Input::Events(&batch), outbox);
            }
        }
        Action::Idle(stream, partition, to) => {
            let idle = Input::Idle { stream: *stream, partition: *partition, to: *to };
            engine.step(idle, outbox);
        }
        Action::End(stream, partition) => {
            engine.step(Input::End { stream: *stream, partition: *partition }, outbox);
        }
        Action::Finish(end) => {
            let finish = match end {
                End::AtLastEvent => Finish::AtLastEvent,
                End::At(instant) => Finish::At(*instant),
                End::Flush => Finish::Flush,
            };
            engine.step(Input::Finish(finish), outbox);
        }
    }
}

/// The records as a batch; columns of fields that no rule reads stay empty.
fn batch(plan: &Plan, stream: StreamId, partition: u32, records: &[Record]) -> Option<EventBatch> {
    let mut batch = EventBatch::new(stream, plan.stream(stream)?);
    batch.partition = partition;
    let used = plan.used_fields(stream);
    for record in records {
        batch.times.push(record.time.0);
        batch.offsets.push(record.offset);
        let fields = batch.columns.iter_mut().zip(&record.values).zip(&used);
        for ((column, value), _) in fields.filter(|(_, used)| **used) {
            column.push(value);
        }
    }
    Some(batch)
}

/// What an outbox holds, in the reference interpreter's words.
#[must_use]
pub fn outputs_of(outbox: &Outbox) -> Outputs {
    let mut outputs = Outputs {
        emits: outbox.emits.iter().map(emitted).collect(),
        late: outbox.late.iter().map(late).collect(),
        errors: outbox.errors.iter().map(failed).collect(),
    };
    outputs.sort_unordered();
    outputs
}

fn emitted(emit: &Emit) -> Emitted {
    Emitted {
        rule: emit.rule,
        line: emit.line,
        kind: emit.kind,
        time: emit.time,
        id: emit.id.0,
        key: emit.key.to_vec(),
        values: emit.values.clone(),
        source: source(&emit.causes),
        revision: emit.revision,
        retracted: emit.retracted,
    }
}

fn source(causes: &Causes) -> Source {
    match causes {
        Causes::Exact(ranges) => Source::All(
            ranges
                .iter()
                .flat_map(|range| {
                    (range.from..=range.to).map(|offset| RowOrigin {
                        stream: range.stream,
                        partition: range.partition,
                        offset,
                    })
                })
                .collect(),
        ),
        Causes::Bounds { first, last, count } => {
            Source::Some { first: *first, last: *last, count: *count }
        }
    }
}

fn late(event: &LateEvent) -> Late {
    Late {
        rule: event.rule,
        origin: event.origin,
        time: event.time,
        missed: event.missed.map(|it| Missed { start: it.start, end: it.end, count: it.count }),
        watermark: event.watermark,
    }
}

fn failed(error: &RuleError) -> FailedRule {
    let subject = match &error.subject {
        EventRef::Row(origin) => Subject::Row(*origin),
        EventRef::Firing { key, causes } => Subject::Firing(key.to_vec(), source(causes)),
    };
    FailedRule { rule: error.rule, time: error.time, error: error.error.clone(), subject }
}
