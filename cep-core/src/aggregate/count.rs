//! `count()` and `count(x)`: how many rows, or how many that are not null.

use super::{Row, Settings, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// How many rows were taken in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Count(i64);

impl State for Count {
    fn lift(&mut self, _: Row<'_>, _: &Settings) {
        self.0 += 1;
    }

    fn combine(&mut self, other: &Self, _: &Settings) {
        self.0 += other.0;
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        Ok(Value::Int(self.0))
    }
}
