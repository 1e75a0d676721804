//! Operators: how they are written, here and in other languages, and how tightly they bind.

use super::cursor::Cursor;
use crate::ast::BinaryOp;
use crate::diagnostic::Code;
use crate::lex::{Punct, TokenKind};

/// How tightly comparisons bind.
pub(super) const COMPARISON: u8 = 4;
/// How tightly `+` and `-` bind.
pub(super) const ADDITIVE: u8 = 5;
/// How tightly `-x` binds, and powers where they are operators.
pub(super) const UNARY: u8 = 7;
/// How tightly `??` binds.
const COALESCE: u8 = 8;

/// What stands between two values, here or in another language.
#[derive(Clone, Copy)]
pub(super) enum Infix {
    /// An operator.
    Operator(BinaryOp),
    /// An operator that is written otherwise here.
    Instead(BinaryOp, Code, &'static str),
    /// `a ^ b`, which is a function here, as is `site contains "n"`.
    Function(&'static str, u8),
    /// `site like 'n%'`
    Like,
    /// `count between 3 and 5`
    Between,
    /// `site is null`
    Is,
    /// `x in …` after `not`
    In,
}

/// What is at the cursor: how many tokens it takes and what it means.
#[derive(Clone, Copy)]
pub(super) struct Operator {
    pub(super) infix: Infix,
    pub(super) tokens: usize,
    /// `not` stands before it, as in `site not like 'n%'`.
    pub(super) negated: bool,
}

/// Operators of several signs: what they are made of, and what they mean. Longest first.
const SIGNS: &[(&[Punct], Infix)] = &[
    (&[Punct::EqualEqual, Punct::Equal], instead(BinaryOp::Equal, "==")),
    (&[Punct::BangEqual, Punct::Equal], instead(BinaryOp::NotEqual, "!=")),
    (&[Punct::Less, Punct::Greater], instead(BinaryOp::NotEqual, "!=")),
    (&[Punct::Equal, Punct::Greater], instead(BinaryOp::GreaterEqual, ">=")),
    (&[Punct::Equal, Punct::Less], instead(BinaryOp::LessEqual, "<=")),
    (&[Punct::Equal, Punct::Tilde], Infix::Function("matches", COMPARISON)),
    (&[Punct::Tilde, Punct::Equal], Infix::Function("matches", COMPARISON)),
    (&[Punct::Pipe, Punct::Pipe], instead(BinaryOp::Or, "or")),
    (&[Punct::Question, Punct::Colon], instead(BinaryOp::Coalesce, "??")),
    (&[Punct::Star, Punct::Star], Infix::Function("pow", UNARY)),
    (&[Punct::Equal], Infix::Instead(BinaryOp::Equal, Code::AssignInExpression, "==")),
    (&[Punct::AndAnd], instead(BinaryOp::And, "and")),
    (&[Punct::And], instead(BinaryOp::And, "and")),
    (&[Punct::Pipe], instead(BinaryOp::Or, "or")),
    (&[Punct::Caret], Infix::Function("pow", UNARY)),
    (&[Punct::Tilde], Infix::Function("matches", COMPARISON)),
    (&[Punct::EqualEqual], Infix::Operator(BinaryOp::Equal)),
    (&[Punct::BangEqual], Infix::Operator(BinaryOp::NotEqual)),
    (&[Punct::Less], Infix::Operator(BinaryOp::Less)),
    (&[Punct::LessEqual], Infix::Operator(BinaryOp::LessEqual)),
    (&[Punct::Greater], Infix::Operator(BinaryOp::Greater)),
    (&[Punct::GreaterEqual], Infix::Operator(BinaryOp::GreaterEqual)),
    (&[Punct::Plus], Infix::Operator(BinaryOp::Add)),
    (&[Punct::Minus], Infix::Operator(BinaryOp::Subtract)),
    (&[Punct::Star], Infix::Operator(BinaryOp::Multiply)),
    (&[Punct::Slash], Infix::Operator(BinaryOp::Divide)),
    (&[Punct::Percent], Infix::Operator(BinaryOp::Modulo)),
    (&[Punct::QuestionQuestion], Infix::Operator(BinaryOp::Coalesce)),
];

const fn instead(op: BinaryOp, write: &'static str) -> Infix {
    Infix::Instead(op, Code::ForeignOperator, write)
}

/// Operators that are words in other languages, in lower case.
const WORDS: &[(&str, Infix)] = &[
    ("and", instead(BinaryOp::And, "and")),
    ("or", instead(BinaryOp::Or, "or")),
    ("in", Infix::In),
    ("div", instead(BinaryOp::IntDivide, "div")),
    ("mod", instead(BinaryOp::Modulo, "%")),
    ("is", Infix::Is),
    ("like", Infix::Like),
    ("between", Infix::Between),
    ("matches", Infix::Function("matches", COMPARISON)),
    ("rlike", Infix::Function("matches", COMPARISON)),
    ("regexp", Infix::Function("matches", COMPARISON)),
    ("contains", Infix::Function("contains", COMPARISON)),
    ("startswith", Infix::Function("starts_with", COMPARISON)),
    ("starts_with", Infix::Function("starts_with", COMPARISON)),
    ("endswith", Infix::Function("ends_with", COMPARISON)),
    ("ends_with", Infix::Function("ends_with", COMPARISON)),
];

impl Cursor<'_> {
    /// The operator at the cursor, if there is one.
    pub(super) fn operator(&self) -> Option<Operator> {
        let token = self.peek();
        match token.kind {
            TokenKind::Word => self.word_operator(),
            TokenKind::Punct(_) => {
                // At the start of a line it begins the row of a table.
                if self.at(Punct::Pipe) && token.line_start {
                    return None;
                }
                let (signs, infix) = SIGNS.iter().find(|(signs, _)| self.touching(signs))?;
                Some(Operator { infix: *infix, tokens: signs.len(), negated: false })
            }
            _ => None,
        }
    }

    /// Whether these signs stand here with nothing between them.
    pub(super) fn touching(&self, signs: &[Punct]) -> bool {
        let mut end = self.peek().span.start;
        signs.iter().enumerate().all(|(at, sign)| {
            let token = self.nth(at);
            let touches = token.span.start == end;
            end = token.span.end;
            touches && token.kind == TokenKind::Punct(*sign)
        })
    }

    fn word_operator(&self) -> Option<Operator> {
        let plain = |op| Some(Operator { infix: Infix::Operator(op), tokens: 1, negated: false });
        let word = self.word()?;
        match word {
            "or" => return plain(BinaryOp::Or),
            "and" => return plain(BinaryOp::And),
            "in" => return plain(BinaryOp::In),
            "div" => return plain(BinaryOp::IntDivide),
            _ => {}
        }
        // At the start of a line such a word may be the name of a member.
        let capital = word.chars().all(|c| c.is_ascii_uppercase());
        let next = self.nth(1);
        let named = next.line_start
            || matches!(
                next.kind,
                TokenKind::Punct(
                    Punct::Colon
                        | Punct::Comma
                        | Punct::BraceClose
                        | Punct::ParenClose
                        | Punct::BracketClose
                ) | TokenKind::End
            );
        if named || (self.peek().line_start && !capital) {
            return None;
        }
        let negated = word.eq_ignore_ascii_case("not");
        let word = if negated { self.word_of(next)? } else { word };
        let lower = word.to_ascii_lowercase();
        let (_, infix) = WORDS.iter().find(|(known, _)| *known == lower)?;
        let joins = matches!(infix, Infix::Instead(..) | Infix::Is);
        let tokens = if negated { 2 } else { 1 };
        (!negated || !joins).then_some(Operator { infix: *infix, tokens, negated })
    }
}

impl Infix {
    /// How tightly it binds.
    pub(super) fn binding(self) -> u8 {
        match self {
            Self::Operator(op) | Self::Instead(op, ..) => binding(op),
            Self::Function(_, binding) => binding,
            Self::Like | Self::Between | Self::Is | Self::In => COMPARISON,
        }
    }
}

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
