//! `emit NAME { … } [if EXPR]` and `clear`

use super::cursor::{Cursor, RESERVED};
use crate::ast::{Emit, EmitField, Expr, ExprKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::{Punct, TokenKind};

impl Cursor<'_> {
    /// `NAME { fields } [if EXPR]`
    pub(super) fn emit(&mut self) -> Option<Emit> {
        let event = self.name("the name of a derived event")?;
        let open = self.expect(Punct::BraceOpen, "`{` and the event's fields")?;
        let mut fields = Vec::new();
        loop {
            if self.eat(Punct::BraceClose).is_some() {
                break;
            }
            if self.at_body_end()
                || (self.peek().line_start && self.at_clause() && !self.at_field())
            {
                self.unclosed(open);
                return Some(Emit { event, fields, condition: None });
            }
            if self.eat(Punct::Comma).is_some() {
                continue;
            }
            let (before, start) = (self.problems(), self.position());
            self.begin_part();
            fields.extend(self.within(true, Self::emit_field));
            if self.problems() == before {
                self.member_end();
            } else if self.eat(Punct::Comma).is_none() && !self.peek().line_start {
                self.skip_member();
            }
            self.ensure_progress(start);
        }
        let condition = self.eat_word("if").map(|_| self.expr());
        Some(Emit { event, fields, condition })
    }

    /// Whether a clause's word is a field's name here: `limit: 3`, or `limit` alone.
    fn at_field(&self) -> bool {
        let alone = self.nth(1).line_start && !self.word().is_some_and(|w| RESERVED.contains(&w));
        let after = [Punct::Colon, Punct::Comma, Punct::BraceClose];
        alone || after.iter().any(|after| self.nth_is(1, *after))
    }

    /// `name: expr`, `name`, or `..alias`
    fn emit_field(&mut self) -> Option<EmitField> {
        if self.eat(Punct::DotDot).is_some() {
            return self.name("the stream's second name").map(EmitField::Spread);
        }
        let token = self.peek();
        let named = self.nth_is(1, Punct::Colon);
        if named && self.word().is_some_and(|word| RESERVED.contains(&word)) {
            let name = self.reserved_name();
            self.bump();
            return Some(EmitField::Field { name, value: self.expr() });
        }
        if named && matches!(token.kind, TokenKind::Word | TokenKind::QuotedWord) {
            let name = self.name("a field's name")?;
            self.bump();
            return Some(EmitField::Field { name, value: self.expr() });
        }
        let value = self.expr();
        if let ExprKind::Name(name) = &value.kind {
            let name = crate::ast::Ident { name: name.clone(), span: value.span };
            return Some(EmitField::Field { name, value });
        }
        self.unnamed_field(&value);
        None
    }

    fn unnamed_field(&mut self, value: &Expr) {
        if value.kind == ExprKind::Error {
            return;
        }
        let text = self.text_of(value.span);
        if let ExprKind::Literal(crate::ast::Literal::String(name)) = &value.kind
            && self.at(Punct::Colon)
        {
            self.report(
                Diagnostic::new(Code::Unexpected, "field names are written without quotes")
                    .label(value.span, "")
                    .help(format!("write `{name}: …`")),
            );
            return;
        }
        self.report(
            Diagnostic::new(Code::Unexpected, "this value has no field name")
                .label(value.span, "")
                .help(format!("write `name: {text}`")),
        );
    }
}
