//! Fields of streams, and types.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Field, FieldSource, Ident, Literal, Spanned, TimeUnit, TypeName, TypeShape};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, removed};
use crate::lex::{Punct, TokenKind};

impl Cursor<'_> {
    /// After `name:`.
    pub(super) fn field(&mut self, doc: String, name: Ident) -> Field {
        let ty = self.type_name();
        self.field_of(doc, name, ty)
    }

    /// After a field's name and type.
    pub(super) fn field_of(&mut self, doc: String, name: Ident, ty: TypeName) -> Field {
        self.not_null();
        let least = self.field_least();
        let mut field = Field { doc, name, ty, least, source: None, unit: None };
        loop {
            if self.at_word("from") && !self.nth_is(1, Punct::Colon) {
                self.bump();
                field.source = self.field_source();
            } else if self.at_word("as") && !self.nth_is(1, Punct::Colon) {
                self.bump();
                field.unit = self.time_unit();
            } else {
                return field;
            }
        }
    }

    /// `not null` after a type, as in SQL.
    fn not_null(&mut self) {
        let is =
            |word: Option<&str>, wanted| word.is_some_and(|it| it.eq_ignore_ascii_case(wanted));
        if is(self.word(), "not") && is(self.word_of(self.nth(1)), "null") {
            let first = self.last_span().after();
            self.bump();
            let span = cover(first, self.bump().span);
            let help = removed("only a type that ends in `?` may be null");
            self.correct("a field is not null as it is", span, help);
        }
    }

    /// `>= LITERAL` after a type.
    fn field_least(&mut self) -> Option<Spanned<Literal>> {
        let token = self.peek();
        let written = match token.kind {
            TokenKind::Punct(Punct::GreaterEqual) => true,
            TokenKind::Punct(
                Punct::Greater | Punct::Less | Punct::LessEqual | Punct::Equal | Punct::EqualEqual,
            ) => false,
            _ => return None,
        };
        self.bump();
        let (minus, number) = (self.eat(Punct::Minus), self.peek());
        let value = match number.kind {
            TokenKind::Duration(_) => None,
            kind if minus.is_some() => Literal::negated(kind),
            TokenKind::Int(value) => Some(Literal::whole(value)),
            TokenKind::Decimal(value) => Some(Literal::Decimal(value)),
            TokenKind::Float(bits) => Some(Literal::Float(bits)),
            _ => None,
        };
        let Some(value) = value else {
            self.expected("a number: the least that the field may be");
            self.skip_line();
            return None;
        };
        self.bump();
        if !written {
            let (sign, text) = (self.text_of(token.span), self.text_of(number.span));
            let title = format!("a field's values are not bounded by `{sign}`");
            let help = format!("write the least that it may be: `>= {text}`");
            self.report(Diagnostic::new(Code::FieldBound, title).label(token.span, "").help(help));
            return None;
        }
        Some(Spanned { value, span: cover(minus.unwrap_or(number.span), number.span) })
    }

    /// After `from`: `"path"`, `key` or `header("name")`.
    fn field_source(&mut self) -> Option<Spanned<FieldSource>> {
        let token = self.peek();
        match self.word() {
            Some("key") => {
                self.bump();
                Some(Spanned { value: FieldSource::Key, span: token.span })
            }
            Some("header") => {
                self.bump();
                let open = self.expect(Punct::ParenOpen, "`(` and the quoted name of a header")?;
                let Some(name) = self.plain_string("the quoted name of a header") else {
                    self.skip_line();
                    return None;
                };
                self.close(Punct::ParenClose, open);
                let span = cover(token.span, self.last_span());
                Some(Spanned { value: FieldSource::Header(name.value), span })
            }
            Some(word) if !token.line_start => {
                self.bump();
                let help = did_you_mean(word, ["key", "header"]).unwrap_or_else(|| {
                    format!("write its path in quotes, as in `from \"{word}\"`").into()
                });
                self.report(
                    Diagnostic::new(Code::Unexpected, format!("`{word}` is not in quotes"))
                        .label(token.span, "expected a quoted path, `key` or `header(\"name\")`")
                        .help(help),
                );
                self.skip_line();
                None
            }
            _ => {
                let path = self.plain_string("the quoted path in the JSON object")?;
                Some(Spanned { value: FieldSource::Path(path.value), span: path.span })
            }
        }
    }

    /// Passes over what else stands on the line of a field.
    fn skip_line(&mut self) {
        while !self.peek().line_start && !self.at(Punct::Comma) && !self.at_body_end() {
            self.bump();
        }
    }

    fn time_unit(&mut self) -> Option<Spanned<TimeUnit>> {
        const UNITS: &[&str] = &["millis", "micros", "seconds"];
        let token = self.peek();
        if matches!(token.kind, TokenKind::Str | TokenKind::RawStr) {
            let format = self.plain_string("a format")?;
            return Some(Spanned { value: TimeUnit::Text(format.value), span: format.span });
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
                    .label(
                        token.span,
                        "expected `seconds`, `millis`, `micros` or a format in quotes",
                    )
                    .maybe_help(did_you_mean(word, UNITS.iter().copied())),
                );
                return None;
            }
            _ => {
                self.expected("`seconds`, `millis`, `micros` or a format in quotes");
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
            _ if token.line_start && self.at_next_member() => self.expected("a type"),
            TokenKind::Word | TokenKind::QuotedWord => ty.name = self.named_type(&mut ty.shape),
            TokenKind::Str
            | TokenKind::RawStr
            | TokenKind::Punct(Punct::BracketOpen | Punct::BraceOpen | Punct::ParenOpen) => {
                ty.shape = self.type_shape();
            }
            _ => self.expected("a type"),
        }
        ty.optional = self.eat(Punct::Question).is_some() || self.double_question();
        if ty.name.is_some() || ty.shape.is_some() {
            ty.span = cover(token.span, self.last_span());
        }
        ty
    }

    /// A type's name; a list as other languages write it goes into `shape`.
    fn named_type(&mut self, shape: &mut Option<TypeShape>) -> Option<Ident> {
        let name = self.name("a type")?;
        let Some(element) = self.foreign_list_type(&name) else { return Some(name) };
        let span = element.span;
        let element = TypeName { name: Some(element), shape: None, optional: false, span };
        *shape = Some(TypeShape::List(Box::new(element)));
        None
    }

    /// Whether what begins this line is a member or the like and not the type that is missing.
    fn at_next_member(&self) -> bool {
        let line = matches!(self.word(), Some("key" | "time"))
            && matches!(self.nth(1).kind, TokenKind::Word | TokenKind::QuotedWord)
            && !self.nth(1).line_start;
        line || self.nth_is(1, Punct::Colon) || self.at_clause() || self.at_body_end()
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
