//! What names mean at a place in a rule.
//!
//! Before the window (and everywhere in a rule without one) an expression reads one event: its
//! fields, `let`s and params. After the window it reads a group: keys, aggregates, `window`, params
//! and the `let`s made of these. Inside an aggregate's parentheses it reads one event again.

use super::index;
use super::scope::{Level, Numbered, Reads, Scope, Used, WindowState};
use crate::ast::{self, Access};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, write_instead};
use crate::habits;
use crate::source::Span;
use crate::typed::{Expr, ExprKind};
use cep_core::value::Type;

impl<'p, 'a> Scope<'p, 'a> {
    /// A name on its own.
    pub(super) fn name(&mut self, name: &str, span: Span) -> Option<Expr> {
        if let Some(element) = self.element(name) {
            return Some(element);
        }
        if let Some(argument) = self.argument(name) {
            return Some(argument);
        }
        if let Some(at) = self.lets.iter().rposition(|other| other.name == name) {
            return self.let_name(at, span);
        }
        if let Some(at) = self.keys.iter().position(|key| key.name == name)
            && self.keys_are_names()
        {
            return self.key(at);
        }
        if let Some(field) = self.field(name) {
            return self.readable(field, name, span);
        }
        if let Some((id, param)) = self.declared.param_named(name) {
            self.usage.params.insert(id);
            return Some(Expr::new(param.plan.ty.clone(), ExprKind::Param(id)));
        }
        self.unknown_name(name, span);
        None
    }

    /// Whether parts of the key are read by their names here: in a group, and in a rule without a
    /// window after `by`. Before a window they are not grouped by yet.
    fn keys_are_names(&self) -> bool {
        self.level == Level::Group || self.window == WindowState::Without
    }

    fn key(&self, at: usize) -> Option<Expr> {
        let value = self.keys.get(at)?.value.as_ref()?;
        Some(Expr::new(value.ty.clone(), ExprKind::Key(index(at))))
    }

    fn let_name(&mut self, at: usize, span: Span) -> Option<Expr> {
        let level = self.level;
        let found = self.lets.get_mut(at)?;
        found.used = Used::Yes;
        let (name, reads) = (found.name, found.reads);
        let value = found.value.clone()?;
        let expr = Expr::new(value.ty.clone(), ExprKind::Let(index(at)));
        if self.may_be_unseen(name, reads, span) {
            return None;
        }
        match (level, reads) {
            (Level::Group, Reads::Event) => {
                let grouped = self.keys.iter().position(|key| key.value.as_ref() == Some(&expr));
                if let Some(at) = grouped {
                    return self.key(at);
                }
                self.readable(value, name, span).map(|readable| match readable.kind {
                    ExprKind::Key(_) => readable,
                    _ => expr,
                })
            }
            (Level::Inside, Reads::Group) => {
                self.out.push(
                    Diagnostic::new(
                        Code::AggregateNested,
                        format!("`{name}` is a value of the whole window"),
                    )
                    .label(span, "an aggregate reads events"),
                );
                None
            }
            _ => Some(expr),
        }
    }

    /// The field of this name.
    pub(super) fn field(&self, name: &str) -> Option<Expr> {
        let (_, stream) = self.stream?;
        let at = stream.plan.fields.iter().position(|field| field.name == name)?;
        let ty = stream.plan.fields.get(at)?.ty.clone();
        Some(self.as_seen(Expr::new(ty, ExprKind::Field(index(at)))))
    }

    /// A value of one event, where it may be read: on the row level as it is, in a group if it is
    /// part of the key.
    fn readable(&mut self, value: Expr, name: &str, span: Span) -> Option<Expr> {
        if self.level != Level::Group {
            return Some(value);
        }
        let part = self
            .keys
            .iter()
            .position(|key| key.value.as_ref().is_some_and(|key| same(key, &value)));
        if let Some(at) = part {
            return self.key(at);
        }
        if self.keys.iter().any(|key| key.value.is_none()) {
            // It may have been meant to be the part of the key that was not understood.
            return None;
        }
        let aggregates = match value.ty.base() {
            Type::Int | Type::Float | Type::Decimal => {
                format!("`last({name})`, `sum({name})`, `avg({name})`")
            }
            Type::Bool => format!("`last({name})`, `any({name})`"),
            _ => format!("`last({name})`, `first({name})`"),
        };
        let help =
            format!("aggregate it, as in {aggregates}, or make it part of the key: `by {name}`");
        self.out.push(
            Diagnostic::new(Code::BareField, format!("after a window, `{name}` is many values"))
                .label(span, "which event's?")
                .help(help),
        );
        None
    }

    /// `base.name` and `base?.name`
    pub(super) fn member(
        &mut self,
        base: &ast::Expr,
        name: &ast::Ident,
        access: Access,
    ) -> Option<Expr> {
        if let ast::ExprKind::Name(holder) = &base.kind
            && self.element(holder).is_none()
        {
            if self.function.is_some() && matches!(holder.as_str(), "window" | "when") {
                self.not_in_function(holder, base.span);
                return None;
            }
            if holder == "window" {
                return self.window_member(base.span, name);
            }
            if holder == "when" {
                return self.when_member(base.span, name);
            }
            if self.is_event(holder) {
                return match self.field(&name.name) {
                    Some(field) => self.readable(field, &name.name, base.span.to(name.span)),
                    None => {
                        self.unknown_field(name);
                        None
                    }
                };
            }
            if self.function.is_none() {
                self.stream?;
            }
        }
        if self.level != Level::Group || !self.is_of_event(base) {
            let Some(record) = self.expr(base) else {
                self.other_name(base, name);
                return None;
            };
            return self.record_member(record, base.span, name, access);
        }
        // A path into one event may be part of the key as a whole.
        self.level = Level::Row;
        let record = self.expr(base);
        let found = record.and_then(|record| self.record_member(record, base.span, name, access));
        self.level = Level::Group;
        let span = base.span.to(name.span);
        let text = self.declared.sources.text(span).to_owned();
        self.readable(found?, &text, span)
    }

    /// Whether a name stands for the rule's event.
    pub(super) fn is_event(&self, name: &str) -> bool {
        self.alias.is_some_and(|alias| alias.name == name)
            || self.stream.is_some_and(|(_, stream)| stream.plan.name == name)
    }

    /// Adds to what was just said of `g` in `g.farm` how the event is called.
    fn other_name(&mut self, base: &ast::Expr, name: &ast::Ident) {
        let ast::ExprKind::Name(holder) = &base.kind else { return };
        let Some((_, stream)) = self.stream else { return };
        let title = format!("there is no `{holder}` here");
        let said = self.out.pop_if(|last| {
            let guessed = !last.suggestions.is_empty() || habits::clock(holder).is_some();
            last.title == title && last.primary_span() == Some(base.span) && !guessed
        });
        if said.is_none() {
            return;
        }
        let event = self.alias.map_or(stream.plan.name.as_str(), |alias| alias.name.as_str());
        let help = match self.field(&name.name) {
            Some(_) if self.alias.is_some() => write_instead(event),
            Some(_) => {
                let field = &name.name;
                format!("write `{field}` alone, or `from {event} {holder}` for that name").into()
            }
            None => did_you_mean(holder, ["window", "when", event])
                .unwrap_or_else(|| format!("the event is called `{event}`").into()),
        };
        self.out.push(Diagnostic::new(Code::UnknownName, title).label(base.span, "").help(help));
    }

    /// Whether a path begins at a field of the rule's event.
    fn is_of_event(&self, base: &ast::Expr) -> bool {
        let mut base = base;
        while let ast::ExprKind::Member { base: inner, .. } = &base.kind {
            base = inner;
        }
        let ast::ExprKind::Name(name) = &base.kind else { return false };
        let named = self.lets.iter().any(|other| other.name == name)
            || self.keys.iter().any(|key| key.name == *name)
            || self.element(name).is_some();
        !named && (self.is_event(name) || self.field(name).is_some())
    }

    fn record_member(
        &mut self,
        record: Expr,
        base: Span,
        name: &ast::Ident,
        access: Access,
    ) -> Option<Expr> {
        let Type::Record(fields) = record.ty.base().clone() else {
            self.no_members(&record.ty, base, name);
            return None;
        };
        if record.ty.is_optional() && access == Access::Plain {
            let text = self.shown(base);
            self.out.push(
                Diagnostic::new(Code::OptionalUsed, format!("{text} may be null"))
                    .label(base, format!("this is `{}`", record.ty))
                    .help(format!(
                        "write `?.{}`, which is null then, or check `{} != null and …` before",
                        name.name,
                        text.trim_matches('`')
                    )),
            );
            return None;
        }
        let Some(at) = fields.iter().position(|(known, _)| *known == name.name) else {
            self.unknown_member(&record.ty, base, name);
            return None;
        };
        let (_, ty) = fields.get(at)?;
        let ty = if record.ty.is_optional() { ty.clone().optional() } else { ty.clone() };
        Some(Expr::new(ty, ExprKind::Member(Box::new(record), index(at))))
    }

    fn window_member(&mut self, base: Span, name: &ast::Ident) -> Option<Expr> {
        let (ty, kind) = match name.name.as_str() {
            "start" => (Type::Timestamp, ExprKind::WindowStart),
            "end" => (Type::Timestamp, ExprKind::WindowEnd),
            "index" if self.numbered == Numbered::Yes => (Type::Int, ExprKind::WindowIndex),
            other => {
                let help = if other == "index" {
                    Some("only the windows of `every(n)` are numbered, from 0".into())
                } else {
                    did_you_mean(other, ["start", "end", "index"])
                };
                self.out.push(
                    Diagnostic::new(Code::UnknownMember, format!("`window` has no `{other}`"))
                        .label(name.span, "expected `start` or `end`")
                        .maybe_help(help),
                );
                return None;
            }
        };
        if self.level == Level::Group {
            return Some(Expr::new(ty, kind));
        }
        let (title, help) = match (self.level, self.window) {
            (Level::Inside, _) => (
                "`window` is not known inside an aggregate",
                "an aggregate reads events; move it out of the parentheses",
            ),
            (_, WindowState::Without) => {
                ("this rule has no window", "add one, as in `window tumbling(10s)`")
            }
            _ => ("`window` is not known before the window", "move this below `window`"),
        };
        self.out.push(
            Diagnostic::new(Code::UnknownMember, title).label(base.to(name.span), "").help(help),
        );
        None
    }
}

/// Whether two expressions read the same, narrowed or not.
fn same(a: &Expr, b: &Expr) -> bool {
    a.kind == b.kind
}
