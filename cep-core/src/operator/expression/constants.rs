//! What every expression of a plan can read: parameters and tables.

use crate::plan::{LiveRows, ParamId, Plan, TableId, TableRows};
use crate::time::EventTime;
use crate::value::Value;
use std::sync::Arc;

/// The values of a plan's parameters, and the rows of its tables.
#[derive(Debug, Default)]
pub struct Constants {
    params: Vec<Value>,
    tables: Vec<Rows>,
}

/// Where the rows of a table are.
#[derive(Debug)]
enum Rows {
    Fixed(TableRows),
    Live(LiveRows),
}

impl Constants {
    /// Those of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Arc<Self> {
        let params = plan.params.iter().map(|param| param.value.clone()).collect();
        let tables = plan.tables.iter().map(|table| match table.of {
            None => Rows::Fixed(table.rows.clone()),
            Some(_) => Rows::Live(table.live.clone()),
        });
        let tables = tables.collect();
        Arc::new(Self { params, tables })
    }

    /// The value of a parameter.
    pub(super) fn param(&self, id: ParamId) -> Option<&Value> {
        self.params.get(id.0 as usize)
    }

    /// The row of a table that a key has at an instant; null if there is none.
    pub(super) fn look_up(&self, table: TableId, key: &[Value], at: EventTime) -> Value {
        match self.tables.get(table.0 as usize) {
            Some(Rows::Fixed(rows)) => rows.get(key, at),
            Some(Rows::Live(rows)) => rows.get(key, at),
            None => Value::Null,
        }
    }
}

/// The instants of the rows of a scope: what tables are looked up as of.
#[derive(Clone, Copy, Debug)]
pub enum Instants<'a> {
    /// One for all rows.
    Same(EventTime),
    /// One a row, in microseconds.
    Each(&'a [i64]),
}

impl Default for Instants<'_> {
    fn default() -> Self {
        Self::Same(EventTime(i64::MAX))
    }
}

impl Instants<'_> {
    /// That of a row.
    #[must_use]
    pub fn of(&self, row: usize) -> EventTime {
        match self {
            Self::Same(instant) => *instant,
            Self::Each(instants) => EventTime(instants.get(row).copied().unwrap_or(i64::MAX)),
        }
    }
}
