//! `forget D`: what a rule remembers of a key, and for how long.

use super::known::known_keys;
use super::rule::Parts;
use super::scope::{Let, Scope};
use super::suspect::window_span;
use crate::ast::{self, ClauseKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span as Place;
use crate::typed::{Expr, ExprKind, Trigger};
use cep_core::plan::{Hold, WindowKind, WindowPlan};
use cep_core::time::Span;
use cep_core::value::Type;

impl Scope<'_, '_> {
    /// `forget D`, if there is something to forget, and it is not forgotten before it is judged.
    pub(super) fn forget(
        &mut self,
        ast: &ast::Rule,
        parts: &mut Parts,
        trigger: Option<&Trigger>,
    ) -> Option<Span> {
        let (clause, after) = forget_of(ast)?;
        let trigger = trigger?;
        if after.value <= 0 {
            self.firing_place(
                "nothing is shorter than this",
                after.span,
                "expected more than nothing",
                "write `forget 1d`",
            );
            parts.faulty = true;
            return None;
        }
        if let Some(table) = known_keys(ast) {
            self.firing_place(
                "the keys of a table are never forgotten",
                clause.keyword,
                "",
                &format!("remove `forget`, or `for {}`", table.name),
            );
            parts.faulty = true;
            return None;
        }
        if !self.remembers(parts, trigger) {
            self.firing_place(
                "this rule remembers nothing of a key for long",
                clause.keyword,
                "",
                "remove it: what is kept of a key ends with its windows",
            );
            parts.faulty = true;
            return None;
        }
        let forget = Span(after.value);
        if let Some((longest, what, place)) = longest(ast, parts, trigger)
            && forget <= longest
        {
            self.out.push(
                Diagnostic::new(Code::FiringPlace, "a key would be forgotten before it is judged")
                    .label(after.span, format!("expected more than {longest}"))
                    .label(place, what)
                    .help(format!("write a longer time, such as `forget {}`", Span(longest.0 * 2))),
            );
            parts.faulty = true;
            return None;
        }
        Some(forget)
    }

    /// Whether something is kept of a key when its windows are over.
    fn remembers(&self, parts: &Parts, trigger: &Trigger) -> bool {
        let windows = parts.window.as_ref().is_some_and(|window| {
            matches!(
                window.kind,
                WindowKind::Last { .. } | WindowKind::Every { .. } | WindowKind::Forever
            )
        });
        windows || self.change.is_some() || matches!(trigger, Trigger::Edge(_) | Trigger::Silent(_))
    }

    /// Warns of a rule that remembers something of each of its keys for ever, if these are not the
    /// keys of its stream, of which there are as many as there are things that report.
    pub(super) fn never_forgotten(
        &mut self,
        ast: &ast::Rule,
        parts: &Parts,
        trigger: Option<&Trigger>,
    ) {
        let Some(trigger) = trigger.filter(|_| forget_of(ast).is_none()) else { return };
        // What an empty sliding window makes false is not remembered.
        let ends = matches!(
            (&parts.window, trigger),
            (Some(WindowPlan { kind: WindowKind::Sliding { .. }, .. }), Trigger::Edge(edge))
                if edge.until.is_none()
        );
        let Some(by) = ast.clauses.iter().find(|it| matches!(it.kind, ClauseKind::By(_))) else {
            return;
        };
        let Some((_, stream)) = self.stream else { return };
        let plan = &stream.plan;
        let Some(key) = plan.key else { return };
        if !self.remembers(parts, trigger) || (ends && self.change.is_none()) {
            return;
        }
        let few = |field: u32| {
            let ty = plan.fields.get(field as usize).map(|field| field.ty.base());
            field == key || ty.is_none_or(|ty| matches!(ty, Type::Bool | Type::Enum(_)))
        };
        let unbounded = self.keys.iter().find(|part| {
            let value = part.value.as_ref();
            value.is_some_and(|value| !is_few(&value.ty) && !reads_only(value, &self.lets, &few))
        });
        let Some(part) = unbounded else { return };
        let name = plan.fields.get(key as usize).map_or("?", |field| field.name.as_str());
        self.out.push(
            Diagnostic::new(
                Code::Unforgotten,
                "what this rule remembers grows with every new key",
            )
            .label(
                by.span,
                format!("`{}` may have any number of values; `{}` has the key `{name}`", part.name, plan.name),
            )
            .help(format!(
                "write `forget {}` above `emit`: of a key without events for so long nothing is kept",
                longer_than(longest(ast, parts, trigger).map(|(span, ..)| span)),
            )),
        );
    }
}

/// A day, or twice for how long a key may still be judged if that is no less.
fn longer_than(judged: Option<Span>) -> Span {
    let day = Span::from_secs(86_400);
    judged.filter(|span| *span >= day).map_or(day, |span| Span(span.0.saturating_mul(2)))
}

/// Whether a type has few values.
fn is_few(ty: &Type) -> bool {
    matches!(ty.base(), Type::Bool | Type::Enum(_))
}

/// Whether an expression reads only fields of which this holds.
fn reads_only(expr: &Expr, lets: &[Let<'_>], holds: &impl Fn(u32) -> bool) -> bool {
    let mut only = true;
    expr.visit(&mut |node| {
        only &= match &node.kind {
            ExprKind::Field(field) => holds(*field),
            ExprKind::Let(at) => {
                let value = lets.get(*at as usize).and_then(|other| other.value.as_ref());
                value.is_none_or(|value| reads_only(value, lets, holds))
            }
            _ => true,
        };
    });
    only
}

/// What `forget` says.
pub(super) fn forget_of(ast: &ast::Rule) -> Option<(&ast::Clause, &ast::Spanned<i64>)> {
    ast.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::Forget(after) => Some((clause, after)),
        _ => None,
    })
}

/// For how long after a key's last event it may still be judged, why, and where that is written.
fn longest(
    ast: &ast::Rule,
    parts: &Parts,
    trigger: &Trigger,
) -> Option<(Span, &'static str, Place)> {
    let window = window_span(ast);
    let mut found: Vec<(Span, &'static str, Option<Place>)> = Vec::new();
    if let Some(plan) = &parts.window {
        let size = match plan.kind {
            WindowKind::Hopping { size, .. } | WindowKind::Sliding { size } => Some(size),
            // Clocks that are put back make it longer; no place's were by more than a day.
            WindowKind::Calendar { size, .. } => Some(size.saturating_add(Span::from_secs(86_400))),
            WindowKind::Session { gap, .. } => Some(gap),
            WindowKind::Last { .. } | WindowKind::Every { .. } | WindowKind::Forever => None,
        };
        found.extend(size.map(|size| (size, "its window may last as long", window)));
        found.extend(plan.fill.map(|fill| (fill, "it gets empty windows for as long", window)));
    }
    let when = ast.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::When { .. } | ClauseKind::Silent(_) => Some(clause.span),
        _ => None,
    });
    let hold = match trigger {
        Trigger::Edge(edge) => edge.hold,
        Trigger::Silent(span) => Hold::For(*span),
        _ => Hold::No,
    };
    if let Hold::For(span) = hold {
        found.push((span, "it fires as long after its last event", when));
    }
    let (span, what, place) = found.into_iter().max_by_key(|(span, ..)| *span)?;
    Some((span, what, place?))
}
