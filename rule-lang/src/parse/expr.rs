//! Expressions, by precedence climbing.
//!
//! From loosest to tightest: `or` · `and` · `not` · `== != < <= > >= in` (which do not chain) ·
//! `+ -` · `* / div %` · `-x` · `??` · `x.y` and calls. `??` binds tighter than arithmetic, so
//! `a ?? 0 + b ?? 0` adds two values that are there.

use super::cover;
use super::cursor::{Cursor, RESERVED};
use crate::ast::{BinaryOp, Expr, ExprKind, Ident, Literal, StringPart, UnaryOp};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::string::{Braces, Piece, pieces, raw};
use crate::lex::{Punct, TokenKind, lex_part};
use crate::source::Span;

/// Parentheses, prefixes and the like within one another.
const MAX_NESTING: usize = 64;
/// Height of a tree, which long chains of operators add to as well.
const MAX_HEIGHT: usize = 200;

const LOOSEST: u8 = 0;
const NOT: u8 = 3;
const COMPARISON: u8 = 4;
const ADDITIVE: u8 = 5;
const UNARY: u8 = 7;
const COALESCE: u8 = 8;

fn binding(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Less | BinaryOp::LessEqual => COMPARISON,
        BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::In => COMPARISON,
        BinaryOp::Add | BinaryOp::Subtract => ADDITIVE,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::IntDivide | BinaryOp::Modulo => 6,
        BinaryOp::Coalesce => COALESCE,
    }
}

/// An operator at the cursor: how many tokens it takes and what it means.
struct Operator {
    op: BinaryOp,
    tokens: usize,
    /// For an operator of another language: what to write.
    instead: Option<(Code, &'static str)>,
}

impl Cursor<'_> {
    /// An expression; [`ExprKind::Error`] with a diagnostic if there is none.
    pub(super) fn expr(&mut self) -> Expr {
        self.expr_above(LOOSEST)
    }

    fn expr_above(&mut self, least: u8) -> Expr {
        if self.nesting >= MAX_NESTING {
            return self.too_deep();
        }
        self.nesting += 1;
        let left = self.prefix();
        let expr = self.infix(left, least);
        self.nesting -= 1;
        expr
    }

    fn too_deep(&mut self) -> Expr {
        let span = self.peek().span;
        self.report(
            Diagnostic::new(Code::NestedTooDeeply, "this expression is nested too deeply")
                .label(span, "")
                .help("give parts of it a name with `let`"),
        );
        self.skip_group();
        self.leaf(ExprKind::Error, span)
    }

    fn leaf(&mut self, kind: ExprKind, span: Span) -> Expr {
        self.height = 1;
        Expr { kind, span }
    }

    /// Sets the height of a node whose highest child has height `below`; false if that is too much.
    fn raise(&mut self, below: usize, span: Span) -> bool {
        self.height = below + 1;
        if self.height <= MAX_HEIGHT {
            return true;
        }
        self.height = 1;
        self.report(
            Diagnostic::new(Code::NestedTooDeeply, "this expression is too long")
                .label(span.after(), "")
                .help("give parts of it a name with `let`, or write `x in [a, b, …]` for many comparisons"),
        );
        false
    }

    fn infix(&mut self, mut left: Expr, least: u8) -> Expr {
        let mut compared = false;
        while let Some(operator) = self.operator() {
            let power = binding(operator.op);
            if power < least.max(1) {
                break;
            }
            let first = self.peek().span;
            for _ in 0..operator.tokens {
                self.bump();
            }
            let op_span = cover(first, self.last_span());
            if let Some((code, write)) = operator.instead {
                self.foreign_operator(code, op_span, write);
            }
            if power == COMPARISON && compared {
                self.chained(op_span, &left);
            }
            compared |= power == COMPARISON;
            let height = self.height;
            let right = match operator.op {
                BinaryOp::In => self.set(),
                BinaryOp::Coalesce => self.prefix(),
                _ => self.expr_above(power + 1),
            };
            let span = cover(left.span, right.span);
            let kind = ExprKind::Binary {
                op: operator.op,
                op_span,
                left: Box::new(left),
                right: Box::new(right),
            };
            let fits = self.raise(height.max(self.height), span);
            left = Expr { kind: if fits { kind } else { ExprKind::Error }, span };
        }
        left
    }

    fn foreign_operator(&mut self, code: Code, span: Span, write: &str) {
        let found = self.text_of(span);
        let title = if code == Code::AssignInExpression {
            "`=` does not compare".to_owned()
        } else {
            format!("`{found}` is not an operator here")
        };
        self.report(Diagnostic::new(code, title).label(span, "").help(format!("write `{write}`")));
    }

    fn chained(&mut self, op_span: Span, left: &Expr) {
        let middle = match &left.kind {
            ExprKind::Binary { right, .. } => self.text_of(right.span),
            _ => "b",
        };
        let op = self.text_of(op_span);
        let help = format!("write `… and {middle} {op} …`, or `x in a..b` for a range");
        self.report(
            Diagnostic::new(Code::ChainedComparison, "comparisons cannot be chained")
                .label(op_span, "the second comparison")
                .help(help),
        );
    }

    /// The operator at the cursor, if there is one.
    fn operator(&self) -> Option<Operator> {
        let plain = |op| Some(Operator { op, tokens: 1, instead: None });
        let foreign =
            |op, tokens, code, write| Some(Operator { op, tokens, instead: Some((code, write)) });
        let token = self.peek();
        let touching = self.nth(1).span.start == token.span.end;
        match token.kind {
            TokenKind::Word => match self.text_of(token.span) {
                "or" => plain(BinaryOp::Or),
                "and" => plain(BinaryOp::And),
                "in" => plain(BinaryOp::In),
                "div" => plain(BinaryOp::IntDivide),
                _ => None,
            },
            TokenKind::Punct(punct) => match punct {
                Punct::EqualEqual => plain(BinaryOp::Equal),
                Punct::Equal => foreign(BinaryOp::Equal, 1, Code::AssignInExpression, "=="),
                Punct::BangEqual => plain(BinaryOp::NotEqual),
                Punct::Less if touching && self.nth_is(1, Punct::Greater) => {
                    foreign(BinaryOp::NotEqual, 2, Code::ForeignOperator, "!=")
                }
                Punct::Less => plain(BinaryOp::Less),
                Punct::LessEqual => plain(BinaryOp::LessEqual),
                Punct::Greater => plain(BinaryOp::Greater),
                Punct::GreaterEqual => plain(BinaryOp::GreaterEqual),
                Punct::Plus => plain(BinaryOp::Add),
                Punct::Minus => plain(BinaryOp::Subtract),
                Punct::Star => plain(BinaryOp::Multiply),
                Punct::Slash => plain(BinaryOp::Divide),
                Punct::Percent => plain(BinaryOp::Modulo),
                Punct::QuestionQuestion => plain(BinaryOp::Coalesce),
                Punct::AndAnd => foreign(BinaryOp::And, 1, Code::ForeignOperator, "and"),
                Punct::Pipe if touching && self.nth_is(1, Punct::Pipe) => {
                    foreign(BinaryOp::Or, 2, Code::ForeignOperator, "or")
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Right of `in`: `[a, b]` or `a..b`.
    fn set(&mut self) -> Expr {
        if self.at(Punct::BracketOpen) {
            return self.list();
        }
        let low = self.expr_above(ADDITIVE);
        if self.eat(Punct::DotDot).is_none() {
            let span = low.span;
            if low.kind != ExprKind::Error {
                self.report(
                    Diagnostic::new(Code::Unexpected, "expected a list or a range after `in`")
                        .label(span, "")
                        .help("write `in [a, b]` for some values or `in a..b` for all between two"),
                );
            }
            return self.leaf(ExprKind::Error, span);
        }
        let height = self.height;
        let high = self.expr_above(ADDITIVE);
        let span = cover(low.span, high.span);
        self.raise(height.max(self.height), span);
        Expr { kind: ExprKind::Range(Box::new(low), Box::new(high)), span }
    }

    fn list(&mut self) -> Expr {
        let open = self.bump().span;
        let (items, height) = self.items(Punct::BracketClose);
        self.close(Punct::BracketClose, open);
        let span = cover(open, self.last_span());
        self.raise(height, span);
        Expr { kind: ExprKind::List(items), span }
    }

    /// Expressions separated by commas, up to `closing`.
    fn items(&mut self, closing: Punct) -> (Vec<Expr>, usize) {
        let (mut items, mut height) = (Vec::new(), 0);
        while !self.at(closing) && !self.at_body_end() {
            let item = self.expr();
            height = height.max(self.height);
            let failed = item.kind == ExprKind::Error;
            items.push(item);
            if self.eat(Punct::Comma).is_none() {
                if failed {
                    self.skip_group();
                }
                break;
            }
        }
        (items, height)
    }

    fn prefix(&mut self) -> Expr {
        let token = self.peek();
        match token.kind {
            TokenKind::Punct(Punct::Minus) => self.negate(),
            TokenKind::Punct(Punct::Bang) => {
                self.foreign_operator(Code::ForeignOperator, token.span, "not");
                self.unary(UnaryOp::Not, UNARY)
            }
            TokenKind::Word if self.at_word("not") => self.unary(UnaryOp::Not, NOT),
            TokenKind::Word if self.at_word("if") => self.conditional(),
            _ => self.postfix(),
        }
    }

    fn unary(&mut self, op: UnaryOp, least: u8) -> Expr {
        let first = self.bump().span;
        let operand = self.expr_above(least);
        let span = cover(first, operand.span);
        let fits = self.raise(self.height, span);
        let kind = ExprKind::Unary { op, operand: Box::new(operand) };
        Expr { kind: if fits { kind } else { ExprKind::Error }, span }
    }

    /// `-5` is a literal, `-x` an operation.
    fn negate(&mut self) -> Expr {
        let number = self.nth(1);
        let literal = match number.kind {
            TokenKind::Int(value) => i64::try_from(-i128::from(value)).ok().map(Literal::Int),
            TokenKind::Decimal(value) => Some(Literal::Decimal(-value)),
            TokenKind::Duration(value) => Some(Literal::Duration(-value)),
            _ => None,
        };
        let Some(literal) = literal else { return self.unary(UnaryOp::Negate, UNARY) };
        let first = self.bump().span;
        self.bump();
        self.leaf(ExprKind::Literal(literal), cover(first, number.span))
    }

    /// `if c then a else b`
    fn conditional(&mut self) -> Expr {
        let first = self.bump().span;
        let condition = self.expr();
        let mut height = self.height;
        if self.eat_word("then").is_none() {
            if condition.kind != ExprKind::Error {
                self.expected("`then`");
            }
            return self.leaf(ExprKind::Error, first);
        }
        let then = self.expr();
        height = height.max(self.height);
        if self.eat_word("else").is_none() {
            if then.kind != ExprKind::Error {
                self.report(
                    Diagnostic::new(Code::Unexpected, "this `if` has no `else`")
                        .label(first, "")
                        .help("write `if CONDITION then A else B`; the `else` may be `null`"),
                );
            }
            return self.leaf(ExprKind::Error, first);
        }
        let otherwise = self.expr();
        height = height.max(self.height);
        let span = cover(first, otherwise.span);
        let kind = ExprKind::If {
            condition: Box::new(condition),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        };
        let fits = self.raise(height, span);
        Expr { kind: if fits { kind } else { ExprKind::Error }, span }
    }

    fn postfix(&mut self) -> Expr {
        let mut expr = self.primary();
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::Punct(Punct::Dot | Punct::QuestionDot) => {
                    self.bump();
                    if token.kind == TokenKind::Punct(Punct::QuestionDot) {
                        self.not_supported(
                            Code::NoSafeMember,
                            token.span,
                            "`?.` is",
                            "write `.`: an event is always there",
                        );
                    }
                    let height = self.height;
                    let Some(name) = self.member_name() else {
                        return Expr { kind: ExprKind::Error, span: expr.span };
                    };
                    let span = cover(expr.span, name.span);
                    let fits = self.raise(height, span);
                    let kind = ExprKind::Member { base: Box::new(expr), name };
                    expr = Expr { kind: if fits { kind } else { ExprKind::Error }, span };
                }
                TokenKind::Punct(Punct::BracketOpen) if !token.line_start => {
                    self.not_supported(
                        Code::NoIndexing,
                        token.span,
                        "indexing with `[…]` is",
                        "tables and lists do not exist yet in this version",
                    );
                    self.bump();
                    self.skip_group();
                    self.eat(Punct::BracketClose);
                    expr = Expr { kind: ExprKind::Error, span: cover(expr.span, self.last_span()) };
                }
                _ => return expr,
            }
        }
    }

    /// After a point every word is a name.
    fn member_name(&mut self) -> Option<Ident> {
        if self.peek().kind == TokenKind::Word && !self.peek().line_start {
            let span = self.bump().span;
            return Some(Ident { name: self.text_of(span).to_owned(), span });
        }
        self.name("a name after the point")
    }

    fn primary(&mut self) -> Expr {
        let token = self.peek();
        let literal = match token.kind {
            TokenKind::Int(value) => {
                let value = i64::try_from(value).unwrap_or_else(|_| {
                    self.report(
                        Diagnostic::new(
                            Code::BadNumber,
                            format!("`{value}` is too large for an int"),
                        )
                        .label(token.span, "")
                        .help("the largest int is 9223372036854775807"),
                    );
                    0
                });
                Literal::Int(value)
            }
            TokenKind::Decimal(value) => Literal::Decimal(value),
            TokenKind::Duration(value) => Literal::Duration(value),
            TokenKind::Timestamp(value) => Literal::Timestamp(value),
            TokenKind::RawStr => Literal::String(raw(token.span, self.text).to_owned()),
            TokenKind::Str => return self.string(),
            TokenKind::Punct(Punct::ParenOpen) => return self.parenthesised(),
            TokenKind::Punct(Punct::BracketOpen | Punct::BraceOpen) => {
                return self.unsupported_value();
            }
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
        let inner = self.expr();
        let height = self.height;
        if !self.at(Punct::ParenClose) && inner.kind == ExprKind::Error {
            self.skip_group();
            self.eat(Punct::ParenClose);
        } else {
            self.close(Punct::ParenClose, open);
        }
        self.height = height;
        Expr { kind: inner.kind, span: cover(open, self.last_span()) }
    }

    fn unsupported_value(&mut self) -> Expr {
        let open = self.bump().span;
        let closing =
            if self.text_of(open) == "[" { Punct::BracketClose } else { Punct::BraceClose };
        self.not_supported(
            Code::NoListExpression,
            open,
            "lists and records as values are",
            "lists stand right of `in` only; write the fields of an event one by one",
        );
        self.skip_group();
        self.eat(closing);
        self.leaf(ExprKind::Error, cover(open, self.last_span()))
    }

    fn word_expr(&mut self) -> Expr {
        let token = self.peek();
        let literal = match self.word() {
            Some("true") => Some(Literal::Bool(true)),
            Some("false") => Some(Literal::Bool(false)),
            Some("null") => Some(Literal::Null),
            Some("window") if self.nth_is(1, Punct::Dot) => {
                self.bump();
                return self.leaf(ExprKind::Name("window".to_owned()), token.span);
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
        if let Some(found) = foreign_literal(self.word()) {
            self.report(
                Diagnostic::new(
                    Code::UnknownName,
                    format!("`{}` is not known", self.text_of(token.span)),
                )
                .label(token.span, "")
                .help(format!("write `{found}`")),
            );
            self.bump();
            return self.leaf(ExprKind::Error, token.span);
        }
        let Some(name) = self.name("an expression") else {
            return self.leaf(ExprKind::Error, token.span);
        };
        if self.at(Punct::ParenOpen) && !self.peek().line_start {
            return self.call(name);
        }
        self.leaf(ExprKind::Name(name.name), name.span)
    }

    /// `name(args [where filter])`
    fn call(&mut self, function: Ident) -> Expr {
        let open = self.bump().span;
        let mut args = Vec::new();
        let mut height = 0;
        while !self.at(Punct::ParenClose) && !self.at_word("where") && !self.at_body_end() {
            let arg = self.expr();
            height = height.max(self.height);
            let failed = arg.kind == ExprKind::Error;
            args.push(arg);
            if let Some(span) = self.eat_word("for") {
                self.not_supported(
                    Code::NoComprehension,
                    span,
                    "`… for x in list` is",
                    "lists do not exist yet in this version",
                );
                self.skip_group();
            }
            if self.at_word("by") && function.name == "top" {
                self.skip_group();
            }
            if self.eat(Punct::Comma).is_none() {
                if failed {
                    self.skip_group();
                }
                break;
            }
        }
        let mut filter = None;
        if self.eat_word("where").is_some() {
            let condition = self.expr();
            height = height.max(self.height);
            if condition.kind == ExprKind::Error && !self.at(Punct::ParenClose) {
                self.skip_group();
            }
            filter = Some(Box::new(condition));
        }
        self.close(Punct::ParenClose, open);
        let span = cover(function.span, self.last_span());
        let fits = self.raise(height, span);
        let kind = ExprKind::Call { function, args, filter };
        Expr { kind: if fits { kind } else { ExprKind::Error }, span }
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

fn foreign_literal(word: Option<&str>) -> Option<&'static str> {
    match word? {
        "True" | "TRUE" => Some("true"),
        "False" | "FALSE" => Some("false"),
        "NULL" | "None" | "nil" | "undefined" => Some("null"),
        _ => None,
    }
}
