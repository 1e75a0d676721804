//! `param name: type = literal`

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Param, TypeName};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::Punct;

impl Cursor<'_> {
    pub(super) fn param(&mut self, doc: String) -> Option<Param> {
        let first = self.bump().span;
        let name = self.declared_name("a param's name")?;
        let ty = if self.eat(Punct::Colon).is_some() {
            self.type_name()
        } else {
            self.report(
                Diagnostic::new(Code::Unexpected, format!("the param `{}` has no type", name.name))
                    .label(name.span, "")
                    .help(format!("write `param {}: int = …`", name.name)),
            );
            TypeName { name: None, shape: None, optional: false, span: name.span }
        };
        let default = if self.eat(Punct::Equal).is_some() {
            Some(self.expr())
        } else {
            self.report(
                Diagnostic::new(
                    Code::Unexpected,
                    format!("the param `{}` has no value", name.name),
                )
                .label(name.span, "")
                .help("write `= LITERAL` after the type; `--set` overrides it"),
            );
            None
        };
        let span = cover(first, self.last_span());
        Some(Param { doc, name, ty, default, span })
    }
}
