//! What the aggregates are called.

use cep_core::plan::AggregateFunction;

/// The aggregate of a name.
pub(in crate::check) fn aggregate_of(name: &str) -> Option<AggregateFunction> {
    AggregateFunction::ALL.iter().copied().find(|known| known.name() == name)
}

/// The names of all aggregates.
pub(crate) fn aggregate_names() -> impl Iterator<Item = &'static str> {
    AggregateFunction::ALL.iter().map(|known| known.name()).chain(["rate", "prev"])
}
