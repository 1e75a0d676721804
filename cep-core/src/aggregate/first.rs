//! `first(x)`: the value of the first event in the order of events; null of nothing.

use super::{AggregateInfo, Place, Row, Settings, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "first",
    signature: "first(x)",
    result: "as x",
    of_nothing: "null",
    doc: "the x of the first event, by event time, then partition, then offset",
    example: "emit Opened { at: first(at) }",
    error: "exact",
    keeps: "one value",
};

/// The first value and where it stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct First(pub(super) Option<(Place, Value)>);

impl State for First {
    fn lift(&mut self, row: Row<'_>, _: &Settings) {
        let place = row.place();
        if self.0.as_ref().is_none_or(|(first, _)| place < *first) {
            self.0 = Some((place, row.value()));
        }
    }

    fn combine(&mut self, other: &Self, _: &Settings) {
        if let Some((place, value)) = &other.0
            && self.0.as_ref().is_none_or(|(first, _)| place < first)
        {
            self.0 = Some((*place, value.clone()));
        }
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        Ok(self.0.as_ref().map_or(Value::Null, |(_, value)| value.clone()))
    }
}
