//! Lists and records: their types, their values, and what is made of their elements.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{
    Comprehension, Expr, ExprKind, Field, Ident, Stream, TypeDeclaration, TypeName, TypeShape,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

impl Cursor<'_> {
    /// `type Name { field: type … }`
    pub(super) fn type_declaration(&mut self, doc: String) -> Option<TypeDeclaration> {
        let first = self.bump().span;
        let name = self.declared_name("a type's name")?;
        // Its members are read as those of a stream; what only streams have is reported.
        let mut body = Stream {
            doc: String::new(),
            name: name.clone(),
            connector: None,
            fields: Vec::new(),
            key: None,
            time: None,
            span: first,
        };
        match self.expect(Punct::BraceOpen, "`{`") {
            Some(open) => self.stream_body(&mut body, open),
            None => self.skip_declaration(),
        }
        let key = body.key.iter().map(|key| ("`key`", key.span));
        let time = body.time.iter().map(|time| ("`time`", time.span));
        let source = body.fields.iter().filter_map(|field| field.source.as_ref());
        let unit = body.fields.iter().filter_map(|field| field.unit.as_ref());
        let odd: Vec<(&str, Span)> = key
            .chain(time)
            .chain(source.map(|source| ("`from`", source.span)))
            .chain(unit.map(|unit| ("`as`", unit.span)))
            .collect();
        for (what, span) in odd {
            self.report(
                Diagnostic::new(
                    Code::Unexpected,
                    format!("{what} belongs to the fields of streams"),
                )
                .label(span, "")
                .help("a type has named fields only: `name: type`"),
            );
        }
        let fields: Vec<Field> = body.fields;
        Some(TypeDeclaration { doc, name, fields, span: cover(first, self.last_span()) })
    }

    /// A type without a name of its own.
    pub(super) fn type_shape(&mut self) -> Option<TypeShape> {
        if self.nesting >= MAX_TYPES {
            let span = self.peek().span;
            self.report(
                Diagnostic::new(Code::NestedTooDeeply, "this type is nested too deeply")
                    .label(span, "")
                    .help("give parts of it a name with `type`"),
            );
            self.bump();
            self.skip_group();
            self.bump();
            return None;
        }
        self.nesting += 1;
        let token = self.peek();
        let shape = match token.kind {
            TokenKind::Punct(Punct::BracketOpen) => {
                self.bump();
                let element = self.type_name();
                self.close(Punct::BracketClose, token.span).then(|| TypeShape::List(element.into()))
            }
            TokenKind::Punct(Punct::ParenOpen) => {
                self.bump();
                let inner = self.type_name();
                self.close(Punct::ParenClose, token.span).then(|| TypeShape::Group(inner.into()))
            }
            TokenKind::Punct(Punct::BraceOpen) => self.record_type(),
            _ => self.enum_type(),
        };
        self.nesting -= 1;
        shape
    }

    fn record_type(&mut self) -> Option<TypeShape> {
        let open = self.bump().span;
        let mut fields: Vec<(Ident, TypeName)> = Vec::new();
        while !self.at(Punct::BraceClose) && !self.at_end() && !self.at_declaration() {
            let start = self.position();
            self.begin_part();
            let name = self.name("a field")?;
            self.expect(Punct::Colon, "`:` and a type")?;
            fields.push((name, self.type_name()));
            if self.eat(Punct::Comma).is_none() && !self.peek().line_start {
                break;
            }
            self.ensure_progress(start);
        }
        self.close(Punct::BraceClose, open).then_some(TypeShape::Record(fields))
    }

    fn enum_type(&mut self) -> Option<TypeShape> {
        let mut texts = Vec::new();
        loop {
            texts.push(self.plain_string("a text in quotes")?);
            if self.eat(Punct::Pipe).is_none() {
                return Some(TypeShape::Enum(texts));
            }
        }
    }

    /// `[a, b]` or `[value for item in list if condition]`
    pub(super) fn list(&mut self) -> Expr {
        let open = self.bump().span;
        let (kind, height) = self.within(false, |inner| {
            let (mut items, mut height) = inner.items(Punct::BracketClose);
            let made = inner.comprehension(None, &mut items, &mut height);
            (made.unwrap_or(ExprKind::List(items)), height)
        });
        self.close(Punct::BracketClose, open);
        let span = cover(open, self.last_span());
        let fits = self.raise(height, span);
        Expr { kind: if fits { kind } else { ExprKind::Error }, span }
    }

    /// After the only argument: `for item in list if condition`.
    pub(super) fn comprehension(
        &mut self,
        function: Option<&Ident>,
        items: &mut Vec<Expr>,
        height: &mut usize,
    ) -> Option<ExprKind> {
        if items.len() != 1 {
            return None;
        }
        self.eat_word("for")?;
        let value = items.pop()?;
        let Some(item) = self.name("the name of an element") else {
            self.skip_group();
            return Some(ExprKind::Error);
        };
        if self.eat_word("in").is_none() {
            self.expected("`in` and a list");
            self.skip_group();
            return Some(ExprKind::Error);
        }
        let list = self.expr();
        *height = (*height).max(self.height);
        let condition = self.eat_word("if").map(|_| {
            let condition = self.expr();
            *height = (*height).max(self.height);
            condition
        });
        *height += 1;
        let function = function.cloned();
        let found = Comprehension { function, value, item, list, condition };
        Some(ExprKind::Comprehension(Box::new(found)))
    }

    /// `{a: 1, b}`
    pub(super) fn record(&mut self) -> Expr {
        let open = self.bump().span;
        let mut members = Vec::new();
        let mut height = 0;
        while !self.at(Punct::BraceClose) && !self.at_end() && !self.at_declaration() {
            self.begin_part();
            let (name, value) = if let Some(name) = self.field_name() {
                let value = self.within(true, Self::expr);
                height = height.max(self.height);
                (name, value)
            } else {
                let Some(name) = self.name("a member's name") else {
                    self.skip_group();
                    break;
                };
                let value = Expr { kind: ExprKind::Name(name.name.clone()), span: name.span };
                (name, value)
            };
            let failed = value.kind == ExprKind::Error;
            members.push((name, value));
            if self.eat(Punct::Comma).is_none() && !self.peek().line_start {
                if failed {
                    self.skip_group();
                }
                break;
            }
        }
        self.close(Punct::BraceClose, open);
        let span = cover(open, self.last_span());
        let fits = self.raise(height, span);
        Expr { kind: if fits { ExprKind::Record(members) } else { ExprKind::Error }, span }
    }
}

/// Types within one another.
const MAX_TYPES: usize = 32;
