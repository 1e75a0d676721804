//! A plan with what its tables hold.

use super::inner::events_of;
use super::output::Found;
use crate::log::Log;
use cep_core::plan::{Plan, StreamPlan, TableId, TablePlan};
use cep_core::time::EventTime;
use cep_core::value::{RowOrigin, Value};
use std::ops::Deref;

/// See the module.
pub(super) struct World<'a> {
    plan: &'a Plan,
    /// For each table of a stream, or of derived events, these; nothing for the others.
    latest: Vec<Vec<Latest>>,
}

/// An event of a stream that has a table.
struct Latest {
    /// From when on it is found: its time, or if it comes late where its partition has come by then; if it
    /// was made of a late event, when it takes effect.
    effect: EventTime,
    time: EventTime,
    origin: RowOrigin,
    record: Value,
    /// Whether it says that its key has no row any more.
    is_deletion: bool,
}

impl Deref for World<'_> {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        self.plan
    }
}

impl<'a> World<'a> {
    /// What tables hold for a rule all of whose producers were run.
    pub fn of(plan: &'a Plan, log: &Log, found: &Found) -> Self {
        // No table holds what a list has, so none is looked up for this.
        let bare = Self { plan, latest: Vec::new() };
        let latest = |table: &TablePlan| {
            let stream = table.of.into_iter();
            let events = stream.flat_map(|it| events_of(&bare, log, found, it, true));
            let deletion = table.of.and_then(|it| plan.stream(it)).and_then(StreamPlan::deletion);
            let row = |values: Vec<Value>| {
                let names = table.fields.iter().map(|field| field.name.as_str().into());
                Value::Record(names.zip(values).collect())
            };
            let found = events.filter_map(|event| {
                let effect = EventTime(event.time.0.max(event.watermark.0));
                let values = event.values.ok()?;
                let deletes = deletion.map(|at| values.get(at) == Some(&Value::Bool(true)));
                Some(Latest {
                    effect,
                    // Of rows the last one written holds, of events the latest.
                    time: if deletes.is_some() { effect } else { event.time },
                    origin: event.origin,
                    record: row(values),
                    is_deletion: deletes == Some(true),
                })
            });
            found.collect()
        };
        Self { plan, latest: plan.tables.iter().map(latest).collect() }
    }

    /// The row of a table whose key fields are these at an instant, found by looking at every row: of
    /// those that hold by then the one with the latest time.
    pub fn look_up(&self, id: TableId, key: &[Value], at: EventTime) -> Option<Value> {
        let table = self.plan.table(id)?;
        let fits = |row: &Value| {
            let mut parts = table.key.iter().zip(key);
            parts.all(|(field, value)| row.member(*field as usize) == *value)
        };
        if table.of.is_some() {
            let latest = self.latest.get(id.0 as usize)?;
            let held = latest.iter().filter(|it| fits(&it.record) && it.effect <= at);
            let newest = held.max_by_key(|it| (it.time, it.origin)).filter(|it| !it.is_deletion);
            return Some(newest.map_or(Value::Null, |it| it.record.clone()));
        }
        let since = |row: &Value| match table.time.map(|field| row.member(field as usize)) {
            Some(Value::Timestamp(since)) => since,
            _ => EventTime(i64::MIN),
        };
        let rows = table.rows.iter().map(|(_, _, row)| row);
        let held = rows.filter(|row| fits(row) && since(row) <= at);
        Some(held.max_by_key(|row| since(row)).cloned().unwrap_or(Value::Null))
    }
}
