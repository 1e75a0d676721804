//! What each aggregate of a rule keeps, and how exact it is.

use super::expression::Names;
use cep_core::plan::{AggregateCall, WindowKind};
use serde::Serialize;

/// One aggregate in words.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Kept {
    /// As the rule writes it.
    pub(super) aggregate: String,
    /// What is kept of it for a key and window.
    pub(super) keeps: String,
    /// How exact it is.
    pub(super) error: String,
}

/// The aggregates of a rule, and what it reads of them in windows before.
pub(super) fn kept(names: &Names<'_>) -> Vec<Kept> {
    let window = names.rule.window.as_ref().map(|window| window.kind);
    let event_by_event =
        matches!(window, Some(WindowKind::Sliding { .. } | WindowKind::Last { .. }));
    let now = names.rule.aggregates.iter().map(|call| Kept {
        aggregate: names.aggregate(call),
        keeps: match keeps(names, call) {
            // Events leave one by one, and take their part with them.
            _ if event_by_event => "for each event its part of it".into(),
            keeps => keeps,
        },
        error: error(call).into(),
    });
    let before = names.rule.previous.iter().filter_map(|call| {
        let of = names.rule.aggregates.get(call.aggregate as usize)?;
        let windows = match call.windows {
            1 => "the last window".into(),
            windows => format!("the last {windows} windows"),
        };
        Some(Kept {
            aggregate: format!("prev({}, {})", call.windows, names.aggregate(of)),
            keeps: format!("its results in {windows}"),
            error: error(of).into(),
        })
    });
    now.chain(before).collect()
}

fn keeps(names: &Names<'_>, call: &AggregateCall) -> String {
    match (call.of_group(), call.inputs.first()) {
        (Some(of_group), Some(key)) => {
            let of_each = keeps(names, &of_group);
            format!("for every {} {of_each}", names.expression(key))
        }
        _ => call.function.info().keeps.to_owned(),
    }
}

fn error(call: &AggregateCall) -> &'static str {
    call.ranked_by.as_ref().map_or(call.function, |ranked| ranked.function).info().error
}
