//! Expressions, by precedence climbing.
//!
//! From loosest to tightest: `or` · `and` · `not` · `== != < <= > >= in` (which do not chain) ·
//! `+ -` · `* / div %` · `-x` · `??` · `x.y` and calls. `??` binds tighter than arithmetic, so
//! `a ?? 0 + b ?? 0` adds two values that are there.

use super::cover;
use super::cursor::Cursor;
use super::operator::{ADDITIVE, COMPARISON, Infix, UNARY};
use crate::ast::{BinaryOp, Expr, ExprKind, Literal, UnaryOp};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

/// Parentheses, prefixes and the like within one another.
const MAX_NESTING: usize = 64;
/// Height of a tree, which long chains of operators add to as well.
const MAX_HEIGHT: usize = 200;

const LOOSEST: u8 = 0;
const NOT: u8 = 3;

impl Cursor<'_> {
    /// An expression; [`ExprKind::Error`] with a diagnostic if there is none.
    pub(super) fn expr(&mut self) -> Expr {
        self.expr_above(LOOSEST)
    }

    pub(super) fn expr_above(&mut self, least: u8) -> Expr {
        if self.nesting >= MAX_NESTING {
            return self.too_deep();
        }
        if self.nesting == 0 {
            self.too_tall = false;
        }
        self.nesting += 1;
        let left = self.prefix();
        let mut expr = self.infix(left, least);
        if least == LOOSEST && self.at(Punct::Question) && !self.peek().line_start {
            expr = self.ternary(expr);
        }
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

    pub(super) fn leaf(&mut self, kind: ExprKind, span: Span) -> Expr {
        self.height = 1;
        Expr { kind, span }
    }

    /// Sets the height of a node whose highest child has height `below`; false if that is too much.
    pub(super) fn raise(&mut self, below: usize, span: Span) -> bool {
        self.height = below + 1;
        if self.height <= MAX_HEIGHT {
            return true;
        }
        self.height = 1;
        if std::mem::replace(&mut self.too_tall, true) {
            return false;
        }
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
            let power = operator.infix.binding();
            if power < least.max(1) {
                break;
            }
            let chained = power == COMPARISON && compared;
            compared |= power == COMPARISON;
            let first = self.peek().span;
            for _ in 0..operator.tokens {
                self.bump();
            }
            let op_span = cover(first, self.last_span());
            let (op, instead) = match operator.infix {
                Infix::Operator(op) => (op, None),
                Infix::Instead(op, code, write) => (op, Some((code, write))),
                _ => {
                    left = self.foreign_infix(left, operator, op_span);
                    continue;
                }
            };
            if self.at_joined_text(&left, op_span) {
                let right = self.expr_above(power + 1);
                left = self.joined_text(&left, &right);
                continue;
            }
            if let Some((code, write)) = instead {
                self.foreign_operator(code, op_span, write);
            }
            let height = self.height;
            let right = match op {
                BinaryOp::In => self.set(),
                BinaryOp::Coalesce => self.prefix(),
                _ => self.expr_above(power + 1),
            };
            let span = cover(left.span, right.span);
            if chained {
                left = self.chained(op_span, &left, &right);
                continue;
            }
            let kind =
                ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) };
            let fits = self.raise(height.max(self.height), span);
            left = Expr { kind: if fits { kind } else { ExprKind::Error }, span };
        }
        left
    }

    /// `a < b < c`, of which nothing more is said.
    fn chained(&mut self, op_span: Span, left: &Expr, right: &Expr) -> Expr {
        let span = cover(left.span, right.span);
        let (op, last) = (self.text_of(op_span), self.shown(right.span));
        let middle = match &left.kind {
            ExprKind::Binary { right, .. } => Some(right.span),
            _ => None,
        };
        let diagnostic = Diagnostic::new(Code::ChainedComparison, "comparisons cannot be chained")
            .label(op_span, "the second comparison");
        match (self.shown(left.span), middle.and_then(|middle| self.shown(middle)), last) {
            (Some(left), Some(middle), Some(last)) => {
                let text = format!("{left} and {middle} {op} {last}");
                self.report(diagnostic.help(format!("write `{text}`")).suggest(span, text));
            }
            (_, middle, _) if left.kind != ExprKind::Error => {
                let middle = middle.unwrap_or("b");
                self.report(diagnostic.help(format!("write `… and {middle} {op} …`")));
            }
            _ => {}
        }
        self.leaf(ExprKind::Error, span)
    }

    /// Right of `in`: `[a, b]`, `a..b` or a list.
    pub(super) fn set(&mut self) -> Expr {
        if self.at(Punct::BracketOpen) {
            return self.range_in_brackets().unwrap_or_else(|| self.list());
        }
        if self.at(Punct::ParenOpen) || self.at(Punct::BraceOpen) {
            return self.set_in_parentheses();
        }
        let low = self.expr_above(ADDITIVE);
        self.range_from(low)
    }

    /// `low`, or `low..high`.
    pub(super) fn range_from(&mut self, low: Expr) -> Expr {
        let before = self.problems();
        self.foreign_range();
        if self.problems() == before && self.eat(Punct::DotDot).is_none() {
            return low;
        }
        let height = self.height;
        let high = self.expr_above(ADDITIVE);
        let span = cover(low.span, high.span);
        self.raise(height.max(self.height), span);
        Expr { kind: ExprKind::Range(Box::new(low), Box::new(high)), span }
    }

    /// Expressions separated by commas, up to `closing`.
    pub(super) fn items(&mut self, closing: Punct) -> (Vec<Expr>, usize) {
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
            TokenKind::Word if self.at_word("NOT") && self.at_not() => {
                self.foreign_operator(Code::ForeignOperator, token.span, "not");
                self.unary(UnaryOp::Not, NOT)
            }
            TokenKind::Word if self.at_case() => self.case(),
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
        let Some(literal) = Literal::negated(number.kind) else {
            return self.unary(UnaryOp::Negate, UNARY);
        };
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
            let (is_block, here) = (self.at(Punct::BraceOpen), self.peek().span);
            if is_block && condition.kind != ExprKind::Error {
                let help = "write `if CONDITION then A else B`";
                self.correct("no braces stand in an `if`", here, help);
            } else if condition.kind != ExprKind::Error {
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
        self.stray_end();
        let kind = ExprKind::If {
            condition: Box::new(condition),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        };
        let fits = self.raise(height, span);
        Expr { kind: if fits { kind } else { ExprKind::Error }, span }
    }
}
