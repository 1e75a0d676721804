//! `median(x)`: the middle value, of an even number of them the mean of the two in the middle; null
//! of nothing. Exact up to 1,024 different values, then within 0.4 %.

use super::buckets::Buckets;
use super::exact::{Base, Exact};
use super::multiset::Multiset;
use super::round::Quotient;
use super::{AggregateInfo, Row, Settings, Slides, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "median",
    signature: "median(x)",
    result: "as avg(x)",
    of_nothing: "null",
    doc: "the middle value; of an even number the mean of the two in the middle",
    example: "when median(ms) > 250",
    error: "exact up to 1,024 different values, then within 0.4 %",
    keeps: "up to 1,024 different values, then how many there are of each size",
};

/// The values.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Median(Multiset<Buckets>);

impl State for Median {
    const SLIDES: Slides = Slides::ByGivingBack;

    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        self.0.insert(row.value(), settings);
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        self.0.merge(&other.0, settings);
    }

    fn lower(&self, settings: &Settings) -> Result<Value, EvalError> {
        let values = self.0.seen();
        let len = values.len();
        if len == 0 {
            return Ok(Value::Null);
        }
        let below = values.at_rank(len.div_ceil(2), &settings.input)?;
        let above = values.at_rank(len / 2 + 1, &settings.input)?;
        let base = Base::of(&settings.input);
        let mut sum = Exact::of(&below);
        sum.add(&Exact::of(&above), base);
        let denominator = base.power(sum.scale) * 2;
        Quotient { numerator: sum.digits, denominator }.nearest(&settings.result)
    }

    fn give_back(&mut self, row: &Self) {
        self.0.give_back(&row.0);
    }
}
