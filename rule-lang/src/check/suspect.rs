//! Warnings about one rule.

use super::rule::Parts;
use super::scope::{Scope, Used};
use crate::ast::{self, ClauseKind, Completeness};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use cep_core::plan::{WindowKind, WindowPlan};

impl Scope<'_, '_> {
    pub(super) fn unused_lets(&mut self, ast: &ast::Rule) {
        if ast.completeness != Completeness::Whole {
            return;
        }
        for other in
            self.lets.iter().filter(|other| other.used == Used::No && other.value.is_some())
        {
            self.out.push(
                Diagnostic::new(Code::UnusedLet, format!("nothing reads `{}`", other.name))
                    .label(other.span, "")
                    .help("remove this `let`"),
            );
        }
    }

    /// Warnings about the window: no `by` over a keyed stream, a below-threshold on a sliding one.
    pub(super) fn window_without_key(&mut self, ast: &ast::Rule, parts: &Parts) {
        let by = ast.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::By(_)));
        if let (Some(window), Some((_, stream)), false) = (window_span(ast), self.stream, by)
            && let Some(key) = stream.plan.key.and_then(|key| stream.plan.fields.get(key as usize))
        {
            self.out.push(
                Diagnostic::new(
                    Code::WindowWithoutBy,
                    format!("this window is over all of `{}` together", stream.plan.name),
                )
                .label(window, "")
                .help(format!(
                    "write `by {}` above it for a window of each `{}`",
                    key.name, key.name
                ))
                .suggest(Span { end: window.start, ..window }, format!("by {}\n    ", key.name)),
            );
        }
        if let (Some(WindowPlan { kind: WindowKind::Sliding { size }, .. }), Some((_, condition))) =
            (&parts.window, &parts.trigger)
            && crate::lint::holds_while_filling(
                condition,
                &self.lets.iter().map(|other| other.value.as_ref()).collect::<Vec<_>>(),
            )
            && let Some(clause) =
                ast.clauses.iter().find(|clause| matches!(clause.kind, ClauseKind::When { .. }))
        {
            self.out.push(
                Diagnostic::new(Code::BelowOnSliding, "this fires while the window fills")
                    .label(clause.span, "true for a key's first events, before there were many")
                    .help(format!(
                        "write `window tumbling({size})`, which is judged when it is complete"
                    )),
            );
        }
    }
}

pub(super) fn window_span(ast: &ast::Rule) -> Option<Span> {
    ast.clauses
        .iter()
        .find_map(|clause| matches!(clause.kind, ClauseKind::Window(_)).then_some(clause.span))
}
