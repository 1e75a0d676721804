//! When a rule fires: `when`, `when each`, `for`, `until`, `clear`.

use super::rule::Parts;
use super::scope::{Scope, WhenState};
use super::suspect::window_span;
use crate::ast::{self, ClauseKind, Completeness};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::Span as Place;
use crate::typed::{Distinct, Edge, Expr, ExprKind, Limit, Trigger};
use cep_core::plan::Hold;
use cep_core::time::Span;
use cep_core::value::Type;

impl Scope<'_, '_> {
    pub(super) fn trigger(&mut self, ast: &ast::Rule, parts: &Parts) -> Option<Trigger> {
        if let Some(silent) = silent_of(ast) {
            return self.silence(ast, silent);
        }
        let clear = has_clear(ast);
        let written =
            ast.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::When { .. }));
        let Some((trigger, condition)) = &parts.trigger else {
            if let Some(clear) =
                clear.filter(|_| !written && ast.completeness == Completeness::Whole)
            {
                self.out.push(
                    Diagnostic::new(
                        Code::ClearPlace,
                        "`clear` needs a condition that can become false",
                    )
                    .label(clear.keyword, "")
                    .help("add `when CONDITION` above `emit`"),
                );
                return None;
            }
            return (!written).then_some(Trigger::Always);
        };
        let place = ast.clauses.iter().find_map(|clause| match &clause.kind {
            ClauseKind::When { hold, until, .. } => Some((clause, hold.as_ref(), until.as_ref())),
            _ => None,
        });
        let (when, hold, until) = place?;
        let closing = is_closing(ast);
        if let (ast::Trigger::Each, Some(span)) = (trigger, each_span(hold, until)) {
            self.firing_place(
                "`when each` fires at every evaluation that holds",
                when.keyword.to(span),
                "for how long, or until when, is asked of a condition that becomes true",
                "write `when` without `each`",
            );
            return None;
        }
        let hold = self.hold(hold, closing)?;
        if until.is_some() && parts.until.is_none() {
            return None;
        }
        let edge = || {
            let (condition, until) = (condition.clone(), parts.until.clone());
            Some(Trigger::Edge(Edge { condition, hold, until }))
        };
        if has_edge(ast) == WhenState::Known
            && parts.window.as_ref().is_some_and(|window| window.allow.is_some())
        {
            self.out.push(
                Diagnostic::new(Code::AllowPlace, "these windows cannot be revised one by one")
                    .label(when.span, "the verdict on a window depends on the one before it")
                    .help("remove `allow`, or `clear`, `for` and `until`: then each window is judged by itself"),
            );
            return None;
        }
        match (trigger, clear) {
            (ast::Trigger::Each, Some(clear)) => {
                self.out.push(
                    Diagnostic::new(Code::ClearPlace, "`when each` and `clear` do not go together")
                        .label(clear.keyword, "goes out as the condition becomes false")
                        .help(
                            "write `when` without `each`: it fires as the condition becomes true",
                        ),
                );
                None
            }
            (ast::Trigger::Each, None) => Some(Trigger::Each(condition.clone())),
            (ast::Trigger::Rise, _) if has_edge(ast) == WhenState::Known => edge(),
            (ast::Trigger::Rise, _) => Some(Trigger::Each(condition.clone())),
        }
    }

    /// `when silent for D [for TABLE]`
    fn silence(&mut self, ast: &ast::Rule, silent: &ast::Silence) -> Option<Trigger> {
        if silent.span_us.value <= 0 {
            self.firing_place(
                "nothing is shorter than this",
                silent.span_us.span,
                "expected more than nothing",
                "write `when silent for 5m`",
            );
            return None;
        }
        if let Some(window) = window_span(ast) {
            self.firing_place(
                "`when silent for` takes no window",
                window,
                "what is asked is how long ago a key's last event is",
                "remove the window; `last(x)` is the x of the key's last event",
            );
            return None;
        }
        Some(Trigger::Silent(Span(silent.span_us.value)))
    }

    /// How long the condition must have held, if that can be asked of this rule.
    fn hold(&mut self, hold: Option<&ast::Hold>, closing: bool) -> Option<Hold> {
        match hold {
            None => Some(Hold::No),
            Some(ast::Hold::For(span)) if span.value <= 0 => {
                self.firing_place(
                    "nothing is shorter than this",
                    span.span,
                    "expected more than nothing",
                    "leave `for` out: it fires as soon as the condition holds",
                );
                None
            }
            Some(ast::Hold::For(span)) if closing => {
                self.firing_place(
                    "closing windows are judged one by one",
                    span.span,
                    "expected a number of windows",
                    "write `for 3 windows`",
                );
                None
            }
            Some(ast::Hold::For(span)) => Some(Hold::For(Span(span.value))),
            Some(ast::Hold::Windows(count)) if !closing => {
                self.firing_place(
                    "this rule has no windows that close",
                    count.span,
                    "expected a duration",
                    "write `for 30s`, or judge windows one by one: `window tumbling(10s)`",
                );
                None
            }
            Some(ast::Hold::Windows(count)) => {
                let windows = u32::try_from(count.value).ok().filter(|count| *count > 0);
                if windows.is_none() {
                    self.firing_place(
                        "so many windows cannot be",
                        count.span,
                        "expected 1 to 4294967295",
                        "write `for 3 windows`",
                    );
                }
                windows.map(Hold::Windows)
            }
        }
    }

    /// `distinct EXPR, … within D`
    pub(super) fn distinct(&mut self, ast: &ast::Distinct) -> Option<Distinct> {
        let by: Vec<_> = ast
            .by
            .iter()
            .map(|it| {
                let value = self.present(it)?;
                self.small_enough(&value, it.span)?;
                self.without_changes(&value, it.span, "in `distinct`")?;
                Some(value)
            })
            .collect();
        if ast.within_us.value <= 0 {
            self.firing_place(
                "nothing is shorter than this",
                ast.within_us.span,
                "expected more than nothing",
                "write `distinct id within 10m`",
            );
            return None;
        }
        let by = by.into_iter().collect::<Option<_>>()?;
        Some(Distinct { by, span: Span(ast.within_us.value) })
    }

    /// `limit N per D [by EXPR, …]`
    pub(super) fn limit(&mut self, ast: &ast::Limit) -> Option<Limit> {
        let mut by = None;
        if let Some(exprs) = &ast.by {
            let typed: Vec<_> = exprs.iter().map(|expr| self.present(expr)).collect();
            by = Some(typed.into_iter().collect::<Option<Vec<_>>>()?);
        }
        let count = u32::try_from(ast.count.value).ok().filter(|count| *count > 0);
        if count.is_none() {
            self.firing_place(
                "so many firings cannot go out",
                ast.count.span,
                "expected 1 to 4294967295",
                "write `limit 1 per 15m`; a rule that is not to run is switched off with `@off`",
            );
        }
        if ast.per_us.value <= 0 {
            self.firing_place(
                "nothing is shorter than this",
                ast.per_us.span,
                "expected more than nothing",
                "write `limit 1 per 15m`",
            );
            return None;
        }
        Some(Limit { count: count?, span: Span(ast.per_us.value), by })
    }

    /// Reports a firing clause where it means nothing.
    pub(super) fn firing_place(&mut self, title: &str, at: Place, label: &str, help: &str) {
        self.out.push(Diagnostic::new(Code::FiringPlace, title).label(at, label).help(help));
    }

    /// `when.start`, `when.duration`
    pub(super) fn when_member(&mut self, base: Place, name: &ast::Ident) -> Option<Expr> {
        let (ty, kind) = match name.name.as_str() {
            "start" => (Type::Timestamp, ExprKind::WhenStart),
            "duration" => (Type::Duration, ExprKind::WhenDuration),
            other => {
                self.out.push(
                    Diagnostic::new(Code::UnknownMember, format!("`when` has no `{other}`"))
                        .label(name.span, "expected `start` or `duration`")
                        .maybe_help(did_you_mean(other, ["start", "duration"])),
                );
                return None;
            }
        };
        let (title, help) = match self.when {
            WhenState::Known => return Some(Expr::new(ty, kind)),
            WhenState::Elsewhere => (
                "since when the condition has held is known in `emit` and `clear` only",
                "move this into the fields of `emit` or `clear`",
            ),
            WhenState::Without => (
                "this rule's condition does not rise and fall",
                "write `when CONDITION` without `each`, on closing windows with a `clear` too",
            ),
        };
        self.firing_place(title, base.to(name.span), "", help);
        None
    }
}

/// Whether the rule's condition rises and falls.
pub(super) fn has_edge(ast: &ast::Rule) -> WhenState {
    let edge = ast.clauses.iter().any(|clause| match &clause.kind {
        ClauseKind::Silent(_) => true,
        ClauseKind::When { trigger: ast::Trigger::Rise, hold, until, .. } => {
            hold.is_some() || until.is_some() || !is_closing(ast) || has_clear(ast).is_some()
        }
        _ => false,
    });
    if edge { WhenState::Known } else { WhenState::Without }
}

/// What `when silent for` says.
pub(super) fn silent_of(ast: &ast::Rule) -> Option<&ast::Silence> {
    ast.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::Silent(silence) => Some(silence),
        _ => None,
    })
}

/// Whether the rule's windows are judged as they close.
fn is_closing(ast: &ast::Rule) -> bool {
    ast.clauses.iter().any(|clause| match &clause.kind {
        ClauseKind::Window(window) => window.kind.as_ref().is_none_or(ast::WindowKind::is_closing),
        _ => false,
    })
}

/// What is written behind the condition.
fn each_span(hold: Option<&ast::Hold>, until: Option<&ast::Expr>) -> Option<Place> {
    let hold = hold.map(|hold| match hold {
        ast::Hold::For(span) => span.span,
        ast::Hold::Windows(count) => count.span,
    });
    hold.or(until.map(|until| until.span))
}

fn has_clear(ast: &ast::Rule) -> Option<&ast::Clause> {
    ast.clauses.iter().find(|clause| matches!(clause.kind, ClauseKind::Clear(_)))
}
