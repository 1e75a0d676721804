//! Names that a rule gives to values: `let`s and parts of its key.

use super::rule::Parts;
use super::scope::{Key, Let, Reads, Scope, Used, reads};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::Expr;

impl<'p> Scope<'p, '_> {
    pub(super) fn key_part(&mut self, part: &ast::KeyPart, parts: &mut Parts) {
        let value = self.expr(&part.value).filter(|expr| {
            self.small_enough(expr, part.value.span).is_some()
                && self.without_changes(expr, part.value.span, "in a key").is_some()
        });
        let name = match (&part.name, &part.value.kind) {
            (Some(name), _) | (None, ast::ExprKind::Member { name, .. }) => Some(name.name.clone()),
            (None, ast::ExprKind::Name(name)) => Some(name.clone()),
            _ => None,
        };
        let Some(name) = name else {
            if value.is_some() {
                let text = self.declared.sources.text(part.value.span);
                self.out.push(
                    Diagnostic::new(Code::KeyWithoutName, "this part of the key has no name")
                        .label(part.value.span, "")
                        .help(format!("write `by name: {text}`")),
                );
            }
            parts.faulty = true;
            return;
        };
        if self.keys.iter().any(|key| key.name == name) {
            self.out.push(
                Diagnostic::new(Code::DuplicateName, format!("`{name}` is part of the key twice"))
                    .label(part.value.span, "again here"),
            );
        }
        let itself = self.field(&name).is_some_and(|field| value.as_ref() == Some(&field));
        if let Some(ident) = part.name.as_ref().filter(|_| !itself) {
            self.shadowing(ident, "this part of the key");
        }
        parts.faulty |= value.is_none();
        self.keys.push(Key { name, value });
    }

    pub(super) fn let_clause(&mut self, name: &'p ast::Ident, ast: &ast::Expr, parts: &mut Parts) {
        let value = self.expr(ast);
        if value.as_ref().is_some_and(Expr::is_null) {
            self.out.push(
                Diagnostic::new(Code::BareNull, "the type of this `null` is not known")
                    .label(ast.span, ""),
            );
        }
        let value =
            value.filter(|expr| !expr.is_null() && self.small_enough(expr, ast.span).is_some());
        if let Some(first) = self.lets.iter().find(|other| other.name == name.name) {
            super::declared_twice(self.out, "the `let`", &name.name, name.span, first.span);
        } else {
            self.shadowing(name, "this `let`");
        }
        parts.faulty |= value.is_none();
        let reads =
            value.as_ref().map_or(Reads::Nothing, |value| reads(value, &self.lets, self.window));
        let measure = value.as_ref().map(|value| value.measure(&self.measures)).unwrap_or_default();
        self.measures.push(measure);
        self.lets.push(Let { name: &name.name, span: name.span, value, reads, used: Used::No });
    }

    /// Warns of a second name of the events that is a field's or a param's.
    pub(super) fn hidden_by_second_name(&mut self) {
        if let Some(alias) = self.alias {
            self.shadowing(alias, "this second name of the stream");
        }
    }

    /// Warns of an item of a list that hides another name of the rule.
    pub(super) fn hidden_by_item(&mut self, item: &ast::Ident) {
        let kind = if self.element(&item.name).is_some() {
            "an item"
        } else if self.argument(&item.name).is_some() {
            "an argument"
        } else if self.lets.iter().any(|other| other.name == item.name) {
            "a `let`"
        } else if self.keys.iter().any(|key| key.name == item.name)
            && self.field(&item.name).is_none()
        {
            "a part of the key"
        } else {
            self.shadowing(item, "this item");
            return;
        };
        self.hides(item, "this item", kind, None);
    }

    /// Warns of a name that hides a field or a param.
    pub(super) fn shadowing(&mut self, name: &ast::Ident, what: &str) {
        if let Some((_, stream)) = self.stream
            && stream.plan.fields.iter().any(|field| field.name == name.name)
        {
            self.hides(name, what, "a field", stream.field_span(&name.name));
        } else if let Some((_, param)) = self.declared.param_named(&name.name) {
            self.hides(name, what, "a param", Some(param.ast.name.span));
        }
    }

    fn hides(&mut self, name: &ast::Ident, what: &str, kind: &str, hidden: Option<Span>) {
        let mut warning =
            Diagnostic::new(Code::Shadowed, format!("{what} hides {kind} of the same name"))
                .label(name.span, "");
        if let Some(hidden) = hidden {
            warning = warning.label(hidden, "hidden by it");
        }
        self.out.push(warning.help("choose another name"));
    }
}
