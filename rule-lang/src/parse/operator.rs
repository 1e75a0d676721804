//! Operators: how they are written, here and in other languages, and how tightly they bind.

use super::cursor::Cursor;
use crate::ast::BinaryOp;
use crate::diagnostic::Code;
use crate::lex::{Punct, TokenKind};

/// How tightly comparisons bind.
pub(super) const COMPARISON: u8 = 4;
/// How tightly `+` and `-` bind.
pub(super) const ADDITIVE: u8 = 5;
/// How tightly `??` binds.
const COALESCE: u8 = 8;

impl Cursor<'_> {
    /// The operator at the cursor, if there is one.
    pub(super) fn operator(&self) -> Option<Operator> {
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
}

pub(super) fn binding(op: BinaryOp) -> u8 {
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
pub(super) struct Operator {
    pub(super) op: BinaryOp,
    pub(super) tokens: usize,
    /// For an operator of another language: what to write.
    pub(super) instead: Option<(Code, &'static str)>,
}
