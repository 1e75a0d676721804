//! `param name: type = literal`

use super::cover;
use super::cursor::Cursor;
use super::foreign_declaration::type_of;
use crate::ast::{Expr, ExprKind, Ident, Param, TypeName};
use crate::diagnostic::Advice;
use crate::lex::Punct;
use crate::source::Span;

impl Cursor<'_> {
    pub(super) fn param(&mut self, doc: String) -> Option<Param> {
        let first = self.bump().span;
        let before = self.type_before_name();
        let name = self.declared_name("a param's name")?;
        let head = cover(name.span, self.untyped_colon().unwrap_or(name.span));
        let ty = match before {
            Some(ty) => Some(ty),
            None => self.eat(Punct::Colon).map(|_| self.type_name()),
        };
        let default = self.assignment().then(|| self.expr());
        if ty.is_none() {
            self.no_param_type(&name, head, default.as_ref());
        } else if default.is_none() {
            let title = format!("the param `{}` has no value", name.name);
            let help = "write `= LITERAL` after the type; `--set` overrides it";
            self.correct(title, name.span, help);
        }
        let ty =
            ty.unwrap_or(TypeName { name: None, shape: None, optional: false, span: name.span });
        let span = cover(first, self.last_span());
        Some(Param { doc, name, ty, default, span })
    }
    /// The colon of `:=`, behind which no type stands.
    fn untyped_colon(&mut self) -> Option<Span> {
        self.touching(&[Punct::Colon, Punct::Equal]).then(|| self.bump().span)
    }

    fn no_param_type(&mut self, name: &Ident, head: Span, default: Option<&Expr>) {
        let ty = match default.map(|value| &value.kind) {
            Some(ExprKind::Literal(literal)) => type_of(literal),
            _ => None,
        };
        let help = match ty {
            Some(ty) => {
                let text = format!("{}: {ty}", name.name);
                let space = if head == name.span { "" } else { " " };
                Advice {
                    replacement: Some(format!("{text}{space}")),
                    text: format!("write `{text}`"),
                }
            }
            None => format!("write `param {}: int = …`", name.name).into(),
        };
        self.correct(format!("the param `{}` has no type", name.name), head, help);
    }
}
