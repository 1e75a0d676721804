//! What is said of aggregates: the one table, from which the language's reference, `explain` and
//! editors read.

use super::{
    all, any, collect, corr, count_distinct, delta, ema, extreme_by, first, last, median, nth,
    percentile, slope, stddev, top, variance,
};
use crate::plan::AggregateFunction as Of;

/// One aggregate in words.
#[derive(Clone, Copy, Debug)]
pub struct AggregateInfo {
    /// The name in the language.
    pub name: &'static str,
    /// How it is called.
    pub signature: &'static str,
    /// The type of its result.
    pub result: &'static str,
    /// The result over nothing.
    pub of_nothing: &'static str,
    /// What it gives.
    pub doc: &'static str,
    /// A clause with it.
    pub example: &'static str,
    /// How exact it is.
    pub error: &'static str,
    /// What is kept for a group.
    pub keeps: &'static str,
}

const fn simple(
    name: &'static str,
    signature: &'static str,
    doc: &'static str,
    example: &'static str,
) -> AggregateInfo {
    AggregateInfo {
        name,
        signature,
        result: "as x",
        of_nothing: "null",
        doc,
        example,
        error: "exact",
        keeps: "one value",
    }
}

const COUNT: AggregateInfo = AggregateInfo {
    result: "int",
    of_nothing: "0",
    keeps: "a count",
    ..simple(
        "count",
        "count(), count(x)",
        "how many events; how many whose x is not null",
        "when count(where ok == false) > 3",
    )
};

const SUM: AggregateInfo = AggregateInfo {
    of_nothing: "0",
    error: "exact, rounded once; an error if it does not fit its type",
    keeps: "a sum",
    ..simple("sum", "sum(x)", "the sum", "when sum(count) < 150")
};

const AVG: AggregateInfo = AggregateInfo {
    result: "decimal for ints and decimals, else as x",
    error: "exact, rounded once",
    keeps: "a count and a sum",
    ..simple("avg", "avg(x)", "the mean", "when avg(price) > 10.0")
};

const MIN: AggregateInfo =
    simple("min", "min(x)", "the smallest", "emit Low { price: min(price) }");
const MAX: AggregateInfo =
    simple("max", "max(x)", "the largest", "emit High { price: max(price) }");

impl Of {
    /// What it is called, takes and gives.
    #[must_use]
    pub fn info(self) -> &'static AggregateInfo {
        match self {
            Self::Count => &COUNT,
            Self::Sum => &SUM,
            Self::Avg => &AVG,
            Self::Min => &MIN,
            Self::Max => &MAX,
            Self::First => &first::INFO,
            Self::Last => &last::INFO,
            Self::Nth => &nth::INFO,
            Self::Collect => &collect::INFO,
            Self::Delta => &delta::INFO,
            Self::MaxBy => &extreme_by::MAX_INFO,
            Self::MinBy => &extreme_by::MIN_INFO,
            Self::Any => &any::INFO,
            Self::All => &all::INFO,
            Self::Variance => &variance::INFO,
            Self::Stddev => &stddev::INFO,
            Self::Corr => &corr::INFO,
            Self::Slope => &slope::INFO,
            Self::Ema => &ema::INFO,
            Self::Median => &median::INFO,
            Self::Percentile => &percentile::INFO,
            Self::CountDistinct => &count_distinct::INFO,
            Self::Top => &top::INFO,
        }
    }
}
