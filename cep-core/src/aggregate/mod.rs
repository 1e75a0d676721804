//! Aggregates: many values in, one out, whatever the grouping.
//!
//! Each aggregate is a state with an identity (`Default`), `lift` (one row), `combine` and
//! `lower` (the result). `combine` is associative and commutative and nothing is rounded before
//! `lower`, so slices, batches and threads may group the rows as they like.

mod average;
mod count;
mod exact_decimal;
mod exact_float;
mod extreme;
mod running;
mod states;
mod sum;
mod two_stacks;

pub use running::{RunningAggregate, new_running};
pub use states::{AggregateStates, new_states};
pub use two_stacks::{Counts, SlidingAggregate, new_sliding};

use crate::function::EvalError;
use crate::plan::{AggregateCall, AggregateFunction as Of};
use crate::value::{Column, Decimal, Type, Value};
use average::{AverageDecimal, AverageDuration, AverageFloat, AverageInt};
use count::Count;
use extreme::{Extreme, Largest, Smallest};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;
use sum::{SumDecimal, SumDuration, SumFloat, SumInt};

/// The state of one aggregate over some rows.
pub(crate) trait State:
    Clone + Default + std::fmt::Debug + Send + Serialize + DeserializeOwned + 'static
{
    /// Takes in one row. `input` is the column of the call's input, `None` for `count()`; the row
    /// is valid.
    fn lift(&mut self, input: Option<&Column>, row: usize);

    /// Takes in what `other` has taken in.
    fn combine(&mut self, other: &Self);

    /// The result.
    fn lower(&self) -> Result<Value, EvalError>;
}

/// Something that is built for the state type that an aggregate call needs.
pub(crate) trait ForState {
    /// What is built.
    type Output;
    /// Builds it for `S`.
    fn build<S: State>(self) -> Self::Output;
}

/// Builds for the state type of `call`: the one table from aggregates and types to states.
pub(crate) fn for_state<B: ForState>(call: &AggregateCall, builder: B) -> B::Output {
    let input = call.input.as_ref().map(|expr| expr.ty.base());
    match (call.function, input) {
        (Of::Count, _) | (_, None) => builder.build::<Count>(),
        (Of::Sum, Some(Type::Float)) => builder.build::<SumFloat>(),
        (Of::Sum, Some(Type::Decimal)) => builder.build::<SumDecimal>(),
        (Of::Sum, Some(Type::Duration)) => builder.build::<SumDuration>(),
        (Of::Sum, Some(_)) => builder.build::<SumInt>(),
        (Of::Avg, Some(Type::Float)) => builder.build::<AverageFloat>(),
        (Of::Avg, Some(Type::Decimal)) => builder.build::<AverageDecimal>(),
        (Of::Avg, Some(Type::Duration)) => builder.build::<AverageDuration>(),
        (Of::Avg, Some(_)) => builder.build::<AverageInt>(),
        (Of::Min, Some(ty)) => extreme_state::<B, Smallest>(ty, builder),
        (Of::Max, Some(ty)) => extreme_state::<B, Largest>(ty, builder),
    }
}

fn extreme_state<B: ForState, Side: extreme::Side>(ty: &Type, builder: B) -> B::Output {
    match ty {
        Type::Bool => builder.build::<Extreme<bool, Side>>(),
        Type::Float => builder.build::<Extreme<extreme::Real, Side>>(),
        Type::Decimal => builder.build::<Extreme<Decimal, Side>>(),
        Type::String | Type::Enum(_) => builder.build::<Extreme<Arc<str>, Side>>(),
        Type::Timestamp => builder.build::<Extreme<crate::time::EventTime, Side>>(),
        Type::Duration => builder.build::<Extreme<crate::time::Span, Side>>(),
        // Lists, records and JSON have no extremes in the language.
        Type::Int | Type::Optional(_) | Type::List(_) | Type::Record(_) | Type::Json => {
            builder.build::<Extreme<i64, Side>>()
        }
    }
}

/// The whole numbers of a column of integers, timestamps or durations; empty for other types.
fn whole_numbers(input: Option<&Column>) -> &[i64] {
    use crate::value::ColumnData as Data;
    match input.map(|column| &column.data) {
        Some(Data::Int(values) | Data::Timestamp(values) | Data::Duration(values)) => values,
        _ => &[],
    }
}

fn whole_number(input: Option<&Column>, row: usize) -> i64 {
    whole_numbers(input).get(row).copied().unwrap_or(0)
}

fn real_number(input: Option<&Column>, row: usize) -> f64 {
    match input.map(|column| &column.data) {
        Some(crate::value::ColumnData::Float(values)) => values.get(row).copied().unwrap_or(0.0),
        _ => 0.0,
    }
}

fn decimal_number(input: Option<&Column>, row: usize) -> Decimal {
    match input.map(|column| &column.data) {
        Some(crate::value::ColumnData::Decimal(values)) => {
            values.get(row).copied().unwrap_or_default()
        }
        _ => Decimal::ZERO,
    }
}

#[cfg(test)]
mod tests;
