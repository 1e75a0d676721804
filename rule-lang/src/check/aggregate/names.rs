//! What the aggregates are called, here and elsewhere.

use cep_core::plan::AggregateFunction;

/// The aggregate of a name.
pub(in crate::check) fn aggregate_of(name: &str) -> Option<AggregateFunction> {
    AggregateFunction::ALL.iter().copied().find(|known| known.name() == name)
}

/// The names of all aggregates.
pub(crate) fn aggregate_names() -> impl Iterator<Item = &'static str> {
    AggregateFunction::ALL.iter().map(|known| known.name()).chain(["rate", "prev"])
}

/// What other languages call the aggregates.
pub(in crate::check) fn foreign_aggregate(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "average" | "mean" => "avg",
        "total" => "sum",
        "minimum" => "min",
        "maximum" => "max",
        "size" | "length" => "len",
        "stdev" | "std" | "stddev_pop" | "std_dev" => "stddev",
        "var" | "var_pop" => "variance",
        "quantile" | "percentile_cont" | "percentile_disc" => "percentile",
        "distinct" | "distinct_count" | "approx_count_distinct" | "nunique" => "count_distinct",
        "top_k" | "topk" | "topn" | "approx_top_k" => "top",
        "lag" | "previous" => "prev",
        "arg_max" | "argmax" => "max_by",
        "arg_min" | "argmin" => "min_by",
        "first_value" => "first",
        "last_value" | "latest" => "last",
        "collect_list" | "array_agg" | "group_array" => "collect",
        "nth_value" => "nth",
        "bool_or" | "some" => "any",
        "bool_and" | "every" => "all",
        "correlation" => "corr",
        "regr_slope" | "trend" => "slope",
        "ewma" | "exp_avg" => "ema",
        _ => return None,
    })
}
