//! Fields of streams, and types.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Field, Spanned, TimeUnit, TypeName};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

impl Cursor<'_> {
    /// After `name:`.
    pub(super) fn field(&mut self, doc: String, name: crate::ast::Ident) -> Field {
        let ty = self.type_name();
        let mut field = Field { doc, name, ty, path: None, unit: None };
        loop {
            if self.at_word("from") && !self.nth_is(1, Punct::Colon) {
                let keyword = self.bump().span;
                field.path = self.field_source(keyword);
            } else if self.at_word("as") && !self.nth_is(1, Punct::Colon) {
                self.bump();
                field.unit = self.time_unit();
            } else {
                return field;
            }
        }
    }

    fn field_source(&mut self, keyword: Span) -> Option<Spanned<String>> {
        if matches!(self.peek().kind, TokenKind::Word) && !self.peek().line_start {
            let span = cover(keyword, self.peek().span);
            self.not_supported(
                Code::NoFieldSource,
                span,
                "fields from the record's key or headers are",
                "read it from the JSON value: `from \"path\"`",
            );
            while !self.peek().line_start && !self.at(Punct::Comma) && !self.at_body_end() {
                self.bump();
            }
            return None;
        }
        self.plain_string("the quoted path in the JSON object")
    }

    fn time_unit(&mut self) -> Option<Spanned<TimeUnit>> {
        const UNITS: &[&str] = &["millis", "micros", "seconds"];
        let token = self.peek();
        if matches!(token.kind, TokenKind::Str | TokenKind::RawStr) {
            self.bump();
            self.not_supported(
                Code::NoTimeFormat,
                token.span,
                "timestamp formats are",
                "RFC 3339 text and numbers (`as seconds|millis|micros`) are read",
            );
            return None;
        }
        let value = match self.word() {
            Some("millis") => TimeUnit::Millis,
            Some("micros") => TimeUnit::Micros,
            Some("seconds") => TimeUnit::Seconds,
            Some(word) if !token.line_start => {
                self.bump();
                self.report(
                    Diagnostic::new(
                        Code::UnknownOption,
                        format!("`{word}` is not a unit of timestamps"),
                    )
                    .label(token.span, "expected `seconds`, `millis` or `micros`")
                    .maybe_help(did_you_mean(word, UNITS.iter().copied())),
                );
                return None;
            }
            _ => {
                self.expected("`seconds`, `millis` or `micros`");
                return None;
            }
        };
        self.bump();
        Some(Spanned { value, span: token.span })
    }

    /// A type with an optional `?`.
    pub(super) fn type_name(&mut self) -> TypeName {
        let token = self.peek();
        let mut ty = TypeName { name: None, shape: None, optional: false, span: token.span };
        match token.kind {
            _ if token.line_start => self.expected("a type"),
            TokenKind::Word | TokenKind::QuotedWord => ty.name = self.name("a type"),
            TokenKind::Str
            | TokenKind::RawStr
            | TokenKind::Punct(Punct::BracketOpen | Punct::BraceOpen | Punct::ParenOpen) => {
                ty.shape = self.type_shape();
            }
            _ => self.expected("a type"),
        }
        ty.optional = !self.peek().line_start
            && (self.eat(Punct::Question).is_some() || self.double_question());
        if ty.name.is_some() || ty.shape.is_some() {
            ty.span = cover(token.span, self.last_span());
        }
        ty
    }

    /// `int??` means no more than `int?`.
    fn double_question(&mut self) -> bool {
        let found = self.eat(Punct::QuestionQuestion);
        if let Some(span) = found {
            self.report(Diagnostic::new(Code::Unexpected, "one `?` is enough").label(span, ""));
        }
        found.is_some()
    }
}
