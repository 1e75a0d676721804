//! Aggregates: many values in, one out, whatever the grouping.
//!
//! Each aggregate is a state with an identity (`Default`), `lift` (one row), `combine` and
//! `lower` (the result). `combine` is associative and commutative and nothing is rounded before
//! `lower`, so slices, batches and threads may group the rows as they like. An aggregate to which
//! order matters keeps each row's [`Place`] beside its value, so that it may be combined in any
//! order too.

mod all;
mod any;
mod average;
mod buckets;
mod collect;
mod corr;
mod count;
mod count_distinct;
mod delta;
mod earliest;
mod ema;
mod exact;
mod exact_decimal;
mod exact_float;
mod extreme;
mod extreme_by;
mod first;
mod giving_back;
mod hyperloglog;
mod info;
mod last;
mod median;
mod multiset;
mod nth;
mod percentile;
mod round;
mod row;
mod running;
mod slope;
mod states;
mod stddev;
mod sum;
mod top;
mod two_stacks;
mod variance;

pub(crate) use average::mean_duration;
pub(crate) use exact_decimal::ExactDecimal;
pub(crate) use exact_float::ExactFloat;
pub use info::AggregateInfo;
pub use row::{Place, Places, Rows};
pub use running::{RunningAggregate, new_running};
pub use states::{AggregateStates, new_states};
pub use two_stacks::{Counts, SlidingAggregate, new_sliding};

use crate::function::EvalError;
use crate::plan::{AggregateCall, AggregateFunction as Of};
use crate::value::{Decimal, Type, Value};
use average::{AverageDecimal, AverageDuration, AverageFloat, AverageInt};
use count::Count;
use earliest::Earliest;
use extreme::{Extreme, Largest, Smallest};
pub(crate) use row::Row;
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;
use sum::{SumDecimal, SumDuration, SumFloat, SumInt};

/// The state of one aggregate over some rows.
pub(crate) trait State:
    Clone + Default + std::fmt::Debug + Send + Serialize + DeserializeOwned + 'static
{
    /// How it goes over a window whose events leave one by one.
    const SLIDES: Slides = Slides::OnTwoStacks;

    /// Takes in one row; none of its inputs is null.
    fn lift(&mut self, row: Row<'_>, settings: &Settings);

    /// Takes in what `other` has taken in.
    fn combine(&mut self, other: &Self, settings: &Settings);

    /// The result.
    fn lower(&self, settings: &Settings) -> Result<Value, EvalError>;

    /// Gives back the one row that `row` has taken in. Asked only of those that slide
    /// [`Slides::ByGivingBack`], and only with [`Keep::All`].
    fn give_back(&mut self, _row: &Self) {}
}

/// How an aggregate goes over a window whose events leave one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slides {
    /// Its states are small and are combined anew.
    OnTwoStacks,
    /// Its state is a collection of its rows, out of which they can be taken.
    ByGivingBack,
}

/// How much a state keeps that is a collection of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// What the result needs.
    Bounded,
    /// Every row, because rows will be given back.
    All,
}

/// What a state has to know of its call.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The type of the first input, without its `?`.
    input: Type,
    /// The type of the result, without its `?`.
    result: Type,
    arguments: Vec<Value>,
    keep: Keep,
}

impl Settings {
    fn of(call: &AggregateCall, keep: Keep) -> Self {
        let input = call.inputs.first().map_or(Type::Int, |input| input.ty.base().clone());
        let result = call.ty.base().clone();
        Self { input, result, arguments: call.arguments.clone(), keep }
    }

    /// The constant argument that is a number of things.
    fn count(&self) -> usize {
        match self.arguments.first() {
            Some(Value::Int(count)) => usize::try_from(*count).unwrap_or(0),
            _ => 0,
        }
    }
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
    let input = call.inputs.first().map(|expr| expr.ty.base());
    match (call.function, input) {
        // `top` is made of the states of another aggregate, in a module of its own.
        (Of::Count | Of::Top, _) | (_, None) => builder.build::<Count>(),
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
        (Of::First, _) => builder.build::<first::First>(),
        (Of::Last, _) => builder.build::<last::Last>(),
        (Of::Nth, _) => builder.build::<Earliest<nth::Nth>>(),
        (Of::Collect, _) => builder.build::<Earliest<collect::Collect>>(),
        (Of::Delta, _) => builder.build::<delta::Delta>(),
        (Of::MaxBy, _) => builder.build::<extreme_by::ExtremeBy<Largest>>(),
        (Of::MinBy, _) => builder.build::<extreme_by::ExtremeBy<Smallest>>(),
        (Of::Any, _) => builder.build::<any::Any>(),
        (Of::All, _) => builder.build::<all::All>(),
        (Of::Variance, _) => builder.build::<variance::Variance>(),
        (Of::Stddev, _) => builder.build::<stddev::Stddev>(),
        (Of::Corr, _) => builder.build::<corr::Corr>(),
        (Of::Slope, _) => builder.build::<slope::Slope>(),
        (Of::Ema, _) => builder.build::<ema::Ema>(),
        (Of::Median, _) => builder.build::<median::Median>(),
        (Of::Percentile, _) => builder.build::<percentile::Percentile>(),
        (Of::CountDistinct, _) => builder.build::<count_distinct::CountDistinct>(),
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

#[cfg(test)]
mod tests;
