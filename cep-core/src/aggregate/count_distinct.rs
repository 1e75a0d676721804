//! `count_distinct(x)`: how many different values; zero of nothing. Exact up to 1,024, then an
//! estimate with a standard error of 0.8 %.

use super::hyperloglog::HyperLogLog;
use super::multiset::Multiset;
use super::{AggregateInfo, Row, Settings, Slides, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "count_distinct",
    signature: "count_distinct(x)",
    result: "int",
    of_nothing: "0",
    doc: "how many different values",
    example: "when count_distinct(card) > 3",
    error: "exact up to 1,024, then a standard error of 0.8 %",
    keeps: "up to 1,024 different values, then 16 KiB",
};

/// The values.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CountDistinct(Multiset<HyperLogLog>);

impl State for CountDistinct {
    const SLIDES: Slides = Slides::ByGivingBack;

    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        self.0.insert(row.value(), settings);
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        self.0.merge(&other.0, settings);
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        let count = match self.0.seen().as_ref() {
            Multiset::Exact(values) => i64::try_from(values.len()).unwrap_or(i64::MAX),
            Multiset::Sketched(sketch) => sketch.estimate(),
        };
        Ok(Value::Int(count))
    }

    fn give_back(&mut self, row: &Self) {
        self.0.give_back(&row.0);
    }
}
