//! `fn name(a: type) -> type = expr`

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Function, Parameter, TypeName};
use crate::diagnostic::{Code, Diagnostic, write_instead};
use crate::lex::Punct;
use crate::source::Span;

impl Cursor<'_> {
    pub(super) fn function(&mut self, doc: String) -> Option<Function> {
        let first = self.bump().span;
        let name = self.declared_name("a function's name")?;
        let Some(open) = self.expect(Punct::ParenOpen, "`(`") else {
            self.skip_declaration();
            return None;
        };
        let parameters = self.parameters(open);
        let result = if self.eat(Punct::Arrow).is_some() {
            self.type_name()
        } else if let Some(colon) = self.eat(Punct::Colon) {
            self.correct("the type of a function's value follows `->`", colon, write_instead("->"));
            self.type_name()
        } else {
            let help = format!("write `fn {}(…) -> int = …`", name.name);
            self.incomplete(&format!("the function `{}` has no type", name.name), name.span, help)
        };
        let value = if let Some(value) = self.function_block() {
            value
        } else if self.assignment() {
            self.expr()
        } else {
            let help = "write `= EXPRESSION` after the type".to_owned();
            self.incomplete(&format!("the function `{}` has no value", name.name), name.span, help);
            self.skip_declaration();
            return None;
        };
        let span = cover(first, self.last_span());
        Some(Function { doc, name, parameters, result, value, span })
    }

    /// `a: int, b: string)`
    fn parameters(&mut self, open: Span) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        while !self.at(Punct::ParenClose) && !self.at_end() && !self.at_declaration() {
            let start = self.position();
            let before = self.type_before_name();
            let Some(name) = self.name("an argument's name") else {
                self.skip_group();
                break;
            };
            let ty = if let Some(ty) = before {
                ty
            } else if self.eat(Punct::Colon).is_some() {
                self.type_name()
            } else {
                let help = format!("write `{}: int`", name.name);
                self.incomplete(
                    &format!("the argument `{}` has no type", name.name),
                    name.span,
                    help,
                )
            };
            parameters.push(Parameter { name, ty });
            if self.eat(Punct::Comma).is_none() && !self.at(Punct::ParenClose) {
                self.expected("`,` or `)`");
                self.skip_group();
                break;
            }
            self.ensure_progress(start);
        }
        self.close(Punct::ParenClose, open);
        parameters
    }

    /// Reports what is missing, and gives the type of what cannot be understood.
    fn incomplete(&mut self, title: &str, span: Span, help: String) -> TypeName {
        self.report(Diagnostic::new(Code::Unexpected, title).label(span, "").help(help));
        TypeName { name: None, shape: None, optional: false, span }
    }
}
