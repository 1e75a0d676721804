//! `emit` and `clear`: the fields of derived events.

use super::Events;
use super::convert::to;
use super::events::Known;
use super::narrow::where_true;
use super::scope::{Level, Scope};
use crate::ast::{self, EmitField};
use crate::diagnostic::{Advice, Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Emit, Expr};
use cep_core::plan::EmitKind;

impl Scope<'_, '_> {
    /// One `emit` or `clear`; its event's shape is noted in `events`.
    pub(super) fn emit(
        &mut self,
        kind: EmitKind,
        ast: &ast::Emit,
        events: &mut Events,
    ) -> Option<Emit> {
        let condition = ast.condition.as_ref().map(|condition| self.condition(condition));
        let known = self.facts.len();
        if let Some(Some(condition)) = &condition {
            let mut facts = Vec::new();
            where_true(condition, &mut facts);
            self.facts.extend(facts);
        }
        let fields = self.emit_fields(ast, &events.known(&ast.event));
        self.facts.truncate(known);
        let Some(fields) = fields else {
            events.unknown(&ast.event);
            return None;
        };
        let shape = fields.iter().map(|(name, expr, _)| (name.clone(), expr.ty.clone())).collect();
        events.emitted(&ast.event, shape, self.out);
        let condition = match condition {
            Some(condition) => Some(condition?),
            None => None,
        };
        let fields = fields.into_iter().map(|(name, expr, _)| (name, expr)).collect();
        Some(Emit { event: ast.event.name.clone(), kind, fields, condition })
    }

    fn emit_fields(&mut self, ast: &ast::Emit, known: &Known) -> Option<Vec<(String, Expr, Span)>> {
        let mut fields: Vec<(String, Expr, Span)> = Vec::new();
        let mut whole = true;
        for field in &ast.fields {
            match field {
                EmitField::Field { name, value } => {
                    let earlier = fields.iter().find(|(other, ..)| *other == name.name);
                    if let Some((_, _, first)) = earlier {
                        super::declared_twice(self.out, "the field", &name.name, name.span, *first);
                        whole = false;
                        continue;
                    }
                    match self.emit_value(&ast.event.name, name, value, known) {
                        Some(expr) => fields.push((name.name.clone(), expr, name.span)),
                        None => whole = false,
                    }
                }
                EmitField::Spread(alias) => whole &= self.spread(alias, ast, &mut fields),
            }
        }
        known.fit(&mut fields, ast.event.span);
        whole.then_some(fields)
    }

    fn emit_value(
        &mut self,
        event: &str,
        name: &ast::Ident,
        value: &ast::Expr,
        known: &Known,
    ) -> Option<Expr> {
        let expr = self.expr_expecting(value, known.declared(&name.name))?;
        if expr.is_null() || expr.is_empty_list() {
            let known = known.type_of(&name.name).and_then(|ty| to(expr.clone(), ty.base()));
            if known.is_some() {
                return known;
            }
            let what = if expr.is_null() { "null" } else { "an empty list" };
            self.out.push(
                Diagnostic::new(Code::BareNull, format!("`{}` is always {what}", name.name))
                    .label(
                        value.span,
                        format!(
                            "the type of this `{}` is not known",
                            if expr.is_null() { "null" } else { "[]" }
                        ),
                    )
                    .help(format!(
                        "say its type, as in `event {event} {{ {}: {}, … }}`, or leave it out",
                        name.name,
                        if expr.is_null() { "string?" } else { "[string]" }
                    )),
            );
            return None;
        }
        self.small_enough(&expr, value.span)?;
        Some(expr)
    }

    /// `..alias`: every field of the event that is not written out.
    fn spread(
        &mut self,
        alias: &ast::Ident,
        ast: &ast::Emit,
        fields: &mut Vec<(String, Expr, Span)>,
    ) -> bool {
        let Some((_, stream)) = self.stream else { return false };
        let known = self.alias.is_some_and(|known| known.name == alias.name)
            || stream.plan.name == alias.name;
        if !known {
            let event = self.alias.map_or(stream.plan.name.as_str(), |known| known.name.as_str());
            self.out.push(
                Diagnostic::new(
                    Code::UnknownName,
                    format!("`{}` is not this rule's event", alias.name),
                )
                .label(alias.span, "")
                .help(Advice {
                    text: format!("write `..{event}`"),
                    replacement: Some(event.to_owned()),
                }),
            );
            return false;
        }
        if self.level == Level::Group {
            self.out.push(
                Diagnostic::new(
                    Code::BareField,
                    format!("after a window, `{}` is many events", alias.name),
                )
                .label(alias.span, "which one's fields?")
                .help("write the fields one by one, with aggregates"),
            );
            return false;
        }
        let written = |name: &str| {
            ast.fields.iter().any(
                |field| matches!(field, EmitField::Field { name: other, .. } if other.name == name),
            )
        };
        let own = stream.plan.fields.len().saturating_sub(stream.items);
        for field in stream.plan.fields.iter().take(own) {
            let taken = fields.iter().any(|(other, ..)| *other == field.name);
            if !taken
                && !written(&field.name)
                && let Some(expr) = self.field(&field.name)
            {
                fields.push((field.name.clone(), expr, alias.span));
            }
        }
        true
    }
}
