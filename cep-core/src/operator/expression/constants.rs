//! What every expression of a plan can read: parameters and tables.

use crate::plan::{ParamId, Plan, TableId, TableRows};
use crate::value::Value;
use std::sync::Arc;

/// The values of a plan's parameters, and the rows of its tables.
#[derive(Debug, Default)]
pub struct Constants {
    params: Vec<Value>,
    tables: Vec<TableRows>,
}

impl Constants {
    /// Those of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Arc<Self> {
        let params = plan.params.iter().map(|param| param.value.clone()).collect();
        let tables = plan.tables.iter().map(|table| table.rows.clone()).collect();
        Arc::new(Self { params, tables })
    }

    /// The value of a parameter.
    pub(super) fn param(&self, id: ParamId) -> Option<&Value> {
        self.params.get(id.0 as usize)
    }

    /// The row of a table with a key; null if there is none.
    pub(super) fn look_up(&self, table: TableId, key: &[Value]) -> Value {
        self.tables.get(table.0 as usize).map_or(Value::Null, |rows| rows.get(key))
    }
}
