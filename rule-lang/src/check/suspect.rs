//! Warnings about one rule.

use super::rule::Parts;
use super::scope::{Let, Scope, Used};
use crate::ast::{self, ClauseKind, Completeness};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Expr, ExprKind};
use cep_core::plan::{BinaryOp, WindowKind, WindowPlan};

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

    /// Warns of a condition that is true at each change and is to become true.
    pub(super) fn edge_on_change(&mut self, ast: &ast::Rule, parts: &Parts) {
        if let Some((ast::Trigger::Rise, condition)) = &parts.trigger
            && asks_for_change(condition, &self.lets)
            && let Some((keyword, condition)) =
                ast.clauses.iter().find_map(|clause| match &clause.kind {
                    ClauseKind::When { condition, .. } => Some((clause.keyword, condition.span)),
                    _ => None,
                })
        {
            self.out.push(
                Diagnostic::new(Code::EdgeOnChange, "this does not fire at two changes in a row")
                    .label(condition, "stays true from one change to the next")
                    .help("write `when each`, which fires at every change")
                    .suggest(keyword, "when each".to_owned()),
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

/// Whether a condition holds wherever something changed.
fn asks_for_change(condition: &Expr, lets: &[Let<'_>]) -> bool {
    match &condition.kind {
        ExprKind::Changed(_) => true,
        ExprKind::Binary(BinaryOp::Or, left, right) => {
            asks_for_change(left, lets) || asks_for_change(right, lets)
        }
        ExprKind::Let(at) => {
            let value = lets.get(*at as usize).and_then(|other| other.value.as_ref());
            value.is_some_and(|value| asks_for_change(value, lets))
        }
        _ => false,
    }
}

pub(super) fn window_span(ast: &ast::Rule) -> Option<Span> {
    ast.clauses
        .iter()
        .find_map(|clause| matches!(clause.kind, ClauseKind::Window(_)).then_some(clause.span))
}
