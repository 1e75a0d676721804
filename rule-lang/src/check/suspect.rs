//! Warnings about one rule.

use super::clauses::window_of;
use super::known::known_keys;
use super::never::Place;
use super::rule::Parts;
use super::scope::{Let, Level, Scope, Used, WindowState};
use crate::ast::{self, ClauseKind, Completeness};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Expr, ExprKind};
use cep_core::plan::{BinaryOp, Judged, WindowKind, WindowPlan};
use cep_core::time::Span as Length;

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

    /// Warns of a condition that never holds; whether it is one.
    pub(super) fn always_false(&mut self, condition: &Expr, written: Span, parts: &Parts) -> bool {
        let lets: Vec<_> = self.lets.iter().map(|other| other.value.as_ref()).collect();
        let fields = self.stream.map_or(&[][..], |(_, stream)| stream.plan.fields.as_slice());
        let place = |counts_one| Place { lets: &lets, fields, counts_one };
        let in_windows = self.level == Level::Group && self.window == WindowState::NeverEmpty;
        if !place(in_windows).never_holds(condition) {
            return false;
        }
        let (label, help) = if place(false).never_holds(condition) {
            ("", "the rule never fires; switch it off with `@off` if that is meant".to_owned())
        } else {
            ("a key has no window without events", no_events_help(parts.window.as_ref()))
        };
        self.out.push(
            Diagnostic::new(Code::AlwaysFalse, "this condition is always false")
                .label(written, label)
                .help(help),
        );
        true
    }

    /// Warns of a `fill` that no empty window is short enough for.
    pub(super) fn fills_nothing(&mut self, ast: &ast::Rule, parts: &Parts) {
        let Some(WindowPlan { kind, fill: Some(fill), .. }) = &parts.window else { return };
        let (size, least) = match kind {
            WindowKind::Hopping { size, .. } => (*size, *size),
            // A day by the clocks of a zone is shorter than others at times, by far less than half.
            WindowKind::Calendar { size, .. } => (*size, Length(size.0 / 2)),
            _ => return,
        };
        // A key that a table knows is heard of at an event of another one, in its window.
        if *fill > least || known_keys(ast).is_some() {
            return;
        }
        let Some(window) = window_of(ast) else { return };
        let Some(written) = &window.fill_us else { return };
        let longer = Length(size.0.saturating_mul(6));
        self.out.push(
            Diagnostic::new(Code::FillsNothing, "this `fill` makes no window")
                .label(
                    written.span,
                    "an empty window ends later than so long after a key's last event",
                )
                .label(window.kind_span, format!("each is {size} long"))
                .help(format!("write a longer time, such as `fill {longer}`")),
        );
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
                    "write `by {}` above it for a window of each `{}`, or `// cep: allow W0106` \
                     above the rule if all together is meant",
                    key.name, key.name
                ))
                .suggest(Span { end: window.start, ..window }, format!("by {}\n    ", key.name)),
            );
        }
        self.below_while_filling(ast, parts);
    }

    /// Warns of a condition on a sliding window that holds because few events have come yet. One
    /// that must have held for as long as the window is judged on a window that is full.
    fn below_while_filling(&mut self, ast: &ast::Rule, parts: &Parts) {
        let (Some(WindowPlan { kind: WindowKind::Sliding { size }, .. }), Some((_, condition))) =
            (&parts.window, &parts.trigger)
        else {
            return;
        };
        let found = ast.clauses.iter().find_map(|clause| match &clause.kind {
            ClauseKind::When { hold: Some(ast::Hold::For(hold)), .. } => {
                Some((clause, Some(Length(hold.value))))
            }
            ClauseKind::When { .. } => Some((clause, None)),
            _ => None,
        });
        let Some((clause, hold)) = found.filter(|(_, hold)| hold.is_none_or(|it| it < *size))
        else {
            return;
        };
        let lets: Vec<_> = self.lets.iter().map(|other| other.value.as_ref()).collect();
        if parts.never || !crate::lint::holds_while_filling(condition, &lets) {
            return;
        }
        let help = match hold {
            None => format!("write `window tumbling({size})`, which is judged when it is complete"),
            Some(_) => format!("write `for {size}` or longer: by then the window is full"),
        };
        self.out.push(
            Diagnostic::new(Code::BelowOnSliding, "this fires while the window fills")
                .label(clause.span, "holds while few of a key's events have come yet")
                .help(help),
        );
    }
}

/// What to write to hear that there was nothing.
fn no_events_help(window: Option<&WindowPlan>) -> String {
    let fill = match window {
        Some(WindowPlan {
            kind: WindowKind::Hopping { size, .. },
            judged: Judged::AtClose,
            ..
        }) => {
            let fill = Length(size.0.saturating_mul(6));
            format!("write `fill {fill}` behind the window for windows without events, or ")
        }
        _ => "write ".to_owned(),
    };
    format!(
        "{fill}`when silent for 5m` and no window: it fires as a key has had no event for so long"
    )
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
