//! Plays a test's events into an engine.

use super::super::tables::{Places, fill_from};
use super::super::{Exit, Failure};
use super::given;
use crate::config::Config;
use crate::connector::BadRecord;
use cep_core::engine::{Emit, Engine, EngineOptions, Finish, Input, LateEvent, Outbox, RuleError};
use cep_core::plan::{Plan, StreamId, TableId};
use cep_core::value::EventBatch;
use rule_lang::TestCase;
use rule_lang::test_case::GivenEvent;
use std::path::Path;
use std::sync::Arc;

/// What came out.
pub(super) struct Played {
    /// The plan with the test's parameters.
    pub plan: Arc<Plan>,
    pub emits: Vec<Emit>,
    pub late: Vec<LateEvent>,
    pub errors: Vec<RuleError>,
    /// What went in.
    pub given: Vec<Fed>,
}

/// What went in of one stream.
pub(super) struct Fed {
    pub stream: StreamId,
    /// Events with their offsets: the number of their row, from 0, or of their line in a file.
    pub events: Vec<(u64, GivenEvent)>,
    /// What is no event of the stream.
    pub bad: Vec<BadRecord>,
}

/// Plays a test: each stream is one partition, in the order of its rows. `folder` is that of the
/// rules, for events in files.
///
/// # Errors
/// When a file of events cannot be read.
pub(super) fn play(plan: &Plan, test: &TestCase, folder: &Path) -> Result<Played, Failure> {
    let mut plan = plan.clone();
    for (id, value) in &test.params {
        if let Some(param) = plan.params.get_mut(id.0 as usize) {
            param.value = value.clone();
        }
    }
    fill_tables(&mut plan, test, folder)?;
    let plan = Arc::new(plan);
    let mut given = fed(&plan, test, folder)?;
    if let Some(until) = test.until {
        given.iter_mut().for_each(|fed| fed.events.retain(|(_, event)| event.time <= until));
    }
    let mut engine = Engine::new(Arc::clone(&plan), EngineOptions::default());
    let mut outbox = Outbox::default();
    for fed in &given {
        if let Some(batch) = batch(&plan, fed) {
            engine.step(Input::Events(&batch), &mut outbox);
        }
    }
    for stream in plan.stream_ids() {
        engine.step(Input::End { stream, partition: 0 }, &mut outbox);
    }
    let finish = test.until.map_or(Finish::Flush, Finish::At);
    engine.step(Input::Finish(finish), &mut outbox);
    Ok(Played { plan, emits: outbox.emits, late: outbox.late, errors: outbox.errors, given })
}

/// The rows of tables: those that the test gives, else those of the table's own file.
fn fill_tables(plan: &mut Plan, test: &TestCase, folder: &Path) -> Result<(), Failure> {
    for given in &test.tables {
        plan.fill_instead(given.table);
        let Some(table) = plan.tables.get_mut(given.table.0 as usize) else { continue };
        match &given.file {
            Some(file) => fill_from(table, &folder.join(&file.name))?,
            // That its keys differ was checked with the test.
            None => table
                .fill(given.rows.clone())
                .map_err(|same| Failure::new(Exit::Wrong, same.to_string()))?,
        }
    }
    let mut given: Vec<_> = test.tables.iter().map(|given| given.table).collect();
    for (id, table) in (0..).map(TableId).zip(&plan.tables) {
        given.extend(test.given.iter().filter(|it| Some(it.stream) == table.of).map(|_| id));
    }
    let config = Config::default();
    Places { folder, config: &config, bind: &[] }.fill_but(plan, &given)
}

/// The events of each stream, one table or file behind the other.
fn fed(plan: &Plan, test: &TestCase, folder: &Path) -> Result<Vec<Fed>, Failure> {
    let mut all: Vec<Fed> = Vec::new();
    for given in &test.given {
        let more = match &given.file {
            Some(file) => given::read(plan, given.stream, folder, file)?,
            None => {
                let events = (0..).zip(given.events.iter().cloned()).collect();
                given::FileEvents { events, bad: Vec::new() }
            }
        };
        let at = all.iter().position(|fed| fed.stream == given.stream).unwrap_or_else(|| {
            all.push(Fed { stream: given.stream, events: Vec::new(), bad: Vec::new() });
            all.len() - 1
        });
        let Some(fed) = all.get_mut(at) else { continue };
        let last_bad = fed.bad.iter().map(|bad| bad.offset);
        let last = fed.events.iter().map(|(offset, _)| *offset).chain(last_bad).max();
        let next = last.map_or(0, |last| last + 1);
        fed.events.extend(more.events.into_iter().map(|(offset, event)| (next + offset, event)));
        fed.bad
            .extend(more.bad.into_iter().map(|bad| BadRecord { offset: next + bad.offset, ..bad }));
    }
    Ok(all)
}

fn batch(plan: &Plan, fed: &Fed) -> Option<EventBatch> {
    let mut batch = EventBatch::new(fed.stream, plan.stream(fed.stream)?);
    let used = plan.used_fields(fed.stream);
    for (offset, event) in &fed.events {
        batch.times.push(event.time.0);
        batch.offsets.push(*offset);
        let columns = batch.columns.iter_mut().zip(&used).zip(&event.values);
        for ((column, used), value) in columns {
            if *used {
                column.push(value);
            }
        }
    }
    Some(batch)
}
