//! The aggregates by name. What each is and does stands in `cep-core/src/aggregate/`.

use serde::{Deserialize, Serialize};

macro_rules! aggregates {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// The aggregates.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum AggregateFunction {
            $($(#[$doc])* $variant,)*
        }

        impl AggregateFunction {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the language.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

aggregates! {
    /// How many rows; with an input, how many that are not null.
    Count = "count";
    /// The sum; zero of nothing.
    Sum = "sum";
    /// The mean; null of nothing.
    Avg = "avg";
    /// The smallest; null of nothing.
    Min = "min";
    /// The largest; null of nothing.
    Max = "max";
    /// The first in the order of events; null of nothing.
    First = "first";
    /// The last in the order of events; null of nothing.
    Last = "last";
    /// The nth in the order of events, counted from 1; null of fewer.
    Nth = "nth";
    /// The first ones in the order of events, as a list; empty of nothing.
    Collect = "collect";
    /// The last less the first; null of nothing.
    Delta = "delta";
    /// The first input of the row with the largest second one; null of nothing.
    MaxBy = "max_by";
    /// The first input of the row with the smallest second one; null of nothing.
    MinBy = "min_by";
    /// Whether it holds for some row; false of nothing.
    Any = "any";
    /// Whether it holds for every row; true of nothing.
    All = "all";
    /// The mean square distance from the mean; null of nothing.
    Variance = "variance";
    /// The root of the variance; null of nothing.
    Stddev = "stddev";
    /// The correlation of two inputs; null where one of them does not vary.
    Corr = "corr";
    /// By how much it rises a second, by least squares; null of fewer than two instants.
    Slope = "slope";
    /// The mean with weights that halve with age; null of nothing.
    Ema = "ema";
    /// The middle value; null of nothing.
    Median = "median";
    /// The smallest value that p percent of the values do not exceed; null of nothing.
    Percentile = "percentile";
    /// How many different values.
    CountDistinct = "count_distinct";
    /// The groups of equal inputs with the largest values of another aggregate, as a list; empty of
    /// nothing.
    Top = "top";
}
