//! What operators stand between: literals, names, members, calls, parentheses and strings.

use super::cover;
use super::cursor::Cursor;
use super::name::RESERVED;
use crate::ast::{Access, Expr, ExprKind, Ident, Literal, StringPart};
use crate::diagnostic::{Code, Diagnostic, write_instead};
use crate::habits;
use crate::lex::string::{Braces, Piece, pieces, raw};
use crate::lex::{Punct, TokenKind, lex_part};
use crate::source::Span;

impl Cursor<'_> {
    pub(super) fn postfix(&mut self) -> Expr {
        let mut expr = self.primary();
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::Punct(Punct::Dot | Punct::QuestionDot) => {
                    self.bump();
                    let safe = token.kind == TokenKind::Punct(Punct::QuestionDot);
                    let access = if safe { Access::Safe } else { Access::Plain };
                    let height = self.height;
                    let Some(name) = self.member_name() else {
                        return Expr { kind: ExprKind::Error, span: expr.span };
                    };
                    if self.at(Punct::ParenOpen) && !self.peek().line_start {
                        expr = self.method(expr, name);
                        continue;
                    }
                    let span = cover(expr.span, name.span);
                    let fits = self.raise(height, span);
                    let kind = ExprKind::Member { base: Box::new(expr), name, access };
                    expr = Expr { kind: if fits { kind } else { ExprKind::Error }, span };
                }
                TokenKind::Punct(Punct::BracketOpen) => {
                    let height = self.height;
                    self.bump();
                    let (indices, inside) = self.within(false, Self::indices);
                    let height = height.max(inside);
                    self.close(Punct::BracketClose, token.span);
                    let span = cover(expr.span, self.last_span());
                    let fits = self.raise(height, span);
                    let kind = ExprKind::Index { base: Box::new(expr), indices };
                    expr = Expr { kind: if fits { kind } else { ExprKind::Error }, span };
                }
                TokenKind::Punct(Punct::Colon) if self.touching(&[Punct::Colon, Punct::Colon]) => {
                    expr = self.cast(expr);
                }
                _ => return expr,
            }
        }
    }

    /// What stands between brackets, and how high it is.
    fn indices(&mut self) -> (Vec<Expr>, usize) {
        let mut indices = Vec::new();
        let mut height = 0;
        loop {
            let index = self.expr();
            height = height.max(self.height);
            let failed = index.kind == ExprKind::Error;
            indices.push(index);
            if failed {
                self.skip_group();
            }
            if failed || self.eat(Punct::Comma).is_none() {
                return (indices, height);
            }
        }
    }

    /// After a point every word is a name.
    fn member_name(&mut self) -> Option<Ident> {
        if self.peek().kind == TokenKind::Word && !self.peek().line_start {
            let span = self.bump().span;
            return Some(Ident { name: self.text_of(span).to_owned(), span });
        }
        self.plain_name("a name after the point")
    }

    fn primary(&mut self) -> Expr {
        let token = self.peek();
        let literal = match token.kind {
            TokenKind::Int(_) if self.unit_follows().is_some() => {
                let kind = match self.spelt_duration() {
                    Some(duration) => ExprKind::Literal(Literal::Duration(duration.value)),
                    None => ExprKind::Error,
                };
                return self.leaf(kind, cover(token.span, self.last_span()));
            }
            TokenKind::Int(value) => Literal::whole(value),
            TokenKind::Decimal(value) => Literal::Decimal(value),
            TokenKind::Float(bits) => Literal::Float(bits),
            TokenKind::Duration(value) => Literal::Duration(value),
            TokenKind::Timestamp(value) => Literal::Timestamp(value),
            TokenKind::RawStr => Literal::String(raw(token.span, self.text).to_owned()),
            TokenKind::Str => return self.string(),
            TokenKind::Punct(Punct::ParenOpen) => return self.parenthesised(),
            TokenKind::Punct(Punct::BracketOpen) => return self.list(),
            TokenKind::Punct(Punct::BraceOpen) => return self.record(),
            TokenKind::Word | TokenKind::QuotedWord => return self.word_expr(),
            TokenKind::Bad => {
                self.bump();
                return self.leaf(ExprKind::Error, token.span);
            }
            _ => {
                self.expected("an expression");
                return self.leaf(ExprKind::Error, token.span);
            }
        };
        self.bump();
        self.leaf(ExprKind::Literal(literal), token.span)
    }

    fn parenthesised(&mut self) -> Expr {
        let open = self.bump().span;
        let inner = self.within(false, Self::expr);
        let height = self.height;
        if self.eat(Punct::Comma).is_some() {
            return self.tuple(open, inner);
        }
        if !self.at(Punct::ParenClose) && inner.kind == ExprKind::Error {
            self.skip_group();
            self.eat(Punct::ParenClose);
        } else {
            self.close(Punct::ParenClose, open);
        }
        self.height = height;
        Expr { kind: inner.kind, span: cover(open, self.last_span()) }
    }

    /// After `(a,`: what other languages call a tuple.
    fn tuple(&mut self, open: Span, first: Expr) -> Expr {
        let (mut items, height) = self.items(Punct::ParenClose);
        self.close(Punct::ParenClose, open);
        let span = cover(open, self.last_span());
        let inner = Span { start: open.end, end: span.end.saturating_sub(1), ..span };
        let text = self.shown(inner).map(|items| format!("[{items}]"));
        self.write("parentheses hold one value", span, text, "a list is written `[a, b]`");
        self.height = height + 1;
        items.insert(0, first);
        Expr { kind: ExprKind::List(items), span }
    }

    fn word_expr(&mut self) -> Expr {
        let token = self.peek();
        let literal = match self.word() {
            Some("true") => Some(Literal::Bool(true)),
            Some("false") => Some(Literal::Bool(false)),
            Some("null") => Some(Literal::Null),
            Some(word @ ("window" | "when")) if self.nth_is(1, Punct::Dot) => {
                let name = word.to_owned();
                self.bump();
                return self.leaf(ExprKind::Name(name), token.span);
            }
            Some(word) if RESERVED.contains(&word) => {
                self.expected("an expression");
                return self.leaf(ExprKind::Error, token.span);
            }
            _ => None,
        };
        if let Some(literal) = literal {
            self.bump();
            return self.leaf(ExprKind::Literal(literal), token.span);
        }
        if let Some(found) = self.word().and_then(habits::literal) {
            self.report(
                Diagnostic::new(
                    Code::UnknownName,
                    format!("`{}` is not known", self.text_of(token.span)),
                )
                .label(token.span, "")
                .help(write_instead(found)),
            );
            self.bump();
            return self.leaf(ExprKind::Error, token.span);
        }
        let Some(name) = self.plain_name("an expression") else {
            return self.leaf(ExprKind::Error, token.span);
        };
        if self.at_call() {
            let call = self.within(false, |inner| inner.call(name));
            return self.called(call);
        }
        self.leaf(ExprKind::Name(name.name), name.span)
    }

    /// `name(args [by aggregate] [where filter])`
    pub(super) fn call(&mut self, function: Ident) -> Expr {
        let open = self.bump().span;
        let mut args = Vec::new();
        let mut height = 0;
        if let Some(counted) = self.counted(&function) {
            return counted;
        }
        while !self.at(Punct::ParenClose) && !self.at_word("where") && !self.at_body_end() {
            let arg = self.expr();
            height = height.max(self.height);
            let failed = arg.kind == ExprKind::Error;
            if self.word().is_some_and(|word| word.eq_ignore_ascii_case("as")) && args.is_empty() {
                self.bump();
                let ty = self.type_name();
                self.close(Punct::ParenClose, open);
                return self.cast_to(arg, &ty, cover(function.span, self.last_span()));
            }
            args.push(arg);
            if self.at_word("for") && args.len() == 1 {
                break;
            }
            if self.at_word("by") && function.name == "top" {
                break;
            }
            let Some(comma) = self.eat(Punct::Comma) else {
                if failed {
                    self.skip_group();
                }
                break;
            };
            if self.at_word("where") {
                self.report(
                    Diagnostic::new(Code::Unexpected, "no comma stands before `where`")
                        .label(comma, "remove this"),
                );
            }
        }
        if let Some(kind) = self.comprehension(Some(&function), &mut args, &mut height) {
            self.close(Punct::ParenClose, open);
            let span = cover(function.span, self.last_span());
            let fits = self.raise(height, span);
            return Expr { kind: if fits { kind } else { ExprKind::Error }, span };
        }
        let by = if function.name == "top" { self.after_word("by", &mut height) } else { None };
        let filter = self.after_word("where", &mut height);
        let closed = self.close(Punct::ParenClose, open);
        let span = cover(function.span, self.last_span());
        let fits = self.raise(height, span) && closed;
        let kind = ExprKind::Call { function, args, by, filter };
        Expr { kind: if fits { kind } else { ExprKind::Error }, span }
    }

    /// After `count(`: `*)` or `distinct x)`, as in SQL.
    fn counted(&mut self, function: &Ident) -> Option<Expr> {
        let is_star = self.at(Punct::Star) && self.nth_is(1, Punct::ParenClose);
        let distinct = self.word().is_some_and(|word| word.eq_ignore_ascii_case("distinct"))
            && self.word_of(self.nth(1)).is_some()
            && self.begins_operand(1);
        if !is_star && !distinct {
            return None;
        }
        self.bump();
        let (name, args) = match is_star {
            true => (function.name.clone(), Vec::new()),
            false if function.name == "count" => ("count_distinct".to_owned(), vec![self.expr()]),
            false => (function.name.clone(), vec![self.expr()]),
        };
        let inner = args.first().map_or(Some(""), |arg| self.shown(arg.span));
        let text = inner.map(|inner| format!("{name}({inner})"));
        self.close(Punct::ParenClose, function.span.after());
        let span = cover(function.span, self.last_span());
        let what = if is_star { "`*` counts nothing here" } else { "`distinct` is no word here" };
        self.write(what, span, text, "write `count_distinct(x)`");
        let function = Ident { name, span: function.span };
        Some(Expr { kind: ExprKind::Call { function, args, by: None, filter: None }, span })
    }

    /// What stands after a word in the parentheses of a call, if the word is there.
    fn after_word(&mut self, word: &str, height: &mut usize) -> Option<Box<Expr>> {
        self.eat_word(word)?;
        let found = self.expr();
        *height = (*height).max(self.height);
        if found.kind == ExprKind::Error && !self.at(Punct::ParenClose) {
            self.skip_group();
        }
        Some(Box::new(found))
    }

    /// A string in double quotes, with the expressions between its braces.
    fn string(&mut self) -> Expr {
        let span = self.bump().span;
        let (found, problems) = pieces(span, self.text, Braces::Interpolate);
        let broken = !problems.is_empty();
        problems.into_iter().for_each(|problem| self.report(problem));
        if broken {
            return self.leaf(ExprKind::Error, span);
        }
        let mut parts = Vec::new();
        let mut height = 0;
        for piece in found {
            match piece {
                Piece::Text(text) => parts.push(StringPart::Text(text)),
                Piece::Expression(inner) => {
                    parts.push(StringPart::Value(self.embedded(inner)));
                    height = height.max(self.height);
                }
            }
        }
        let kind = match parts.as_slice() {
            [] => ExprKind::Literal(Literal::String(String::new())),
            [StringPart::Text(text)] => ExprKind::Literal(Literal::String(text.clone())),
            _ => ExprKind::Interpolated(parts),
        };
        self.raise(height, span);
        Expr { kind, span }
    }

    /// An expression between the braces of a string.
    fn embedded(&mut self, span: Span) -> Expr {
        let lexed = lex_part(span, self.text);
        let mut inner = Cursor::new(self.file, self.text, &lexed);
        inner.nesting = self.nesting;
        inner.end_name = "`}`";
        let expr = inner.expr();
        if !inner.at_end() && expr.kind != ExprKind::Error {
            inner.expected("`}`");
        }
        self.height = inner.height;
        let problems = inner.into_diagnostics();
        lexed.diagnostics.into_iter().chain(problems).for_each(|problem| self.report(problem));
        expr
    }
}
