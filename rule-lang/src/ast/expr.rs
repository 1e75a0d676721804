//! Expressions as written.

use super::Ident;
use crate::lex::TokenKind;
use crate::source::Span;
use rust_decimal::Decimal;

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is.
    pub span: Span,
}

/// Kinds of expressions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExprKind {
    /// Could not be read; already reported.
    Error,
    /// A literal.
    Literal(Literal),
    /// A string with expressions in it.
    Interpolated(Vec<StringPart>),
    /// A name.
    Name(String),
    /// `base.name` or `base?.name`.
    Member {
        /// Left of the point.
        base: Box<Expr>,
        /// Right of it.
        name: Ident,
        /// Which of the two.
        access: Access,
    },
    /// `base[index]`; several of them find a row of a table.
    Index {
        /// Left of the bracket.
        base: Box<Expr>,
        /// Inside; at least one.
        indices: Vec<Expr>,
    },
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{a: 1, b}`
    Record(Vec<(Ident, Expr)>),
    /// `sum(value for item in list if condition)`, or in brackets for a list.
    Comprehension(Box<Comprehension>),
    /// `a..b`, right of `in`; both ends included.
    Range(Box<Expr>, Box<Expr>),
    /// `not x` or `-x`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `a op b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator is.
        op_span: Span,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `if c then a else b`.
    If {
        /// The condition.
        condition: Box<Expr>,
        /// Its value if it holds.
        then: Box<Expr>,
        /// Its value if not.
        otherwise: Box<Expr>,
    },
    /// `name(args [by aggregate] [where filter])`.
    Call {
        /// The function or aggregate.
        function: Ident,
        /// Its arguments.
        args: Vec<Expr>,
        /// What `top` ranks by.
        by: Option<Box<Expr>>,
        /// The condition after `where`.
        filter: Option<Box<Expr>>,
    },
}

impl Expr {
    /// The expressions that it is made of, from left to right.
    #[must_use]
    pub fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Error | ExprKind::Literal(_) | ExprKind::Name(_) => Vec::new(),
            ExprKind::Interpolated(parts) => {
                let values = parts.iter().filter_map(|part| match part {
                    StringPart::Value(value) => Some(value),
                    StringPart::Text(_) => None,
                });
                values.collect()
            }
            ExprKind::Member { base, .. } => vec![base],
            ExprKind::Index { base, indices } => std::iter::once(&**base).chain(indices).collect(),
            ExprKind::List(items) => items.iter().collect(),
            ExprKind::Record(members) => members.iter().map(|(_, value)| value).collect(),
            ExprKind::Comprehension(of) => {
                [&of.value, &of.list].into_iter().chain(&of.condition).collect()
            }
            ExprKind::Range(low, high) => vec![low, high],
            ExprKind::Unary { operand, .. } => vec![operand],
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
            ExprKind::Call { args, by, filter, .. } => {
                args.iter().chain(by.as_deref()).chain(filter.as_deref()).collect()
            }
        }
    }

    /// Calls `see` with this expression and every one below it.
    pub fn visit<'e>(&'e self, see: &mut dyn FnMut(&'e Self)) {
        see(self);
        self.parts().into_iter().for_each(|part| part.visit(see));
    }
}

/// How a member is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `.`: the record is there.
    Plain,
    /// `?.`: of a record that is null, null.
    Safe,
}

/// A value made of a list's elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comprehension {
    /// What is made of them; `None` for a list.
    pub function: Option<Ident>,
    /// What is taken of each.
    pub value: Expr,
    /// The name of an element.
    pub item: Ident,
    /// The list.
    pub list: Expr,
    /// Which elements count.
    pub condition: Option<Expr>,
}

/// A piece of an interpolated string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StringPart {
    /// Text as it is.
    Text(String),
    /// A value to be written out.
    Value(Expr),
}

/// A literal value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `150`
    Int(i64),
    /// `1.50`
    Decimal(Decimal),
    /// `1e30`, which no decimal holds, as the bits of the nearest float.
    Float(u64),
    /// `10s`, in microseconds.
    Duration(i64),
    /// `@2026-01-01T00:00:00Z`, in microseconds since 1970.
    Timestamp(i64),
    /// `"text"` or `'text'`
    String(String),
    /// A list or record in a table's cell, as JSON.
    Json(String),
}

impl Literal {
    /// A whole number: an int, or a decimal if it is too large for one.
    pub(crate) fn whole(value: u64) -> Self {
        i64::try_from(value).map_or_else(|_| Self::Decimal(value.into()), Self::Int)
    }

    /// The literal with a minus before it, if it is a number or a duration.
    pub(crate) fn negated(token: TokenKind) -> Option<Self> {
        Some(match token {
            TokenKind::Int(value) => Self::Int(i64::try_from(-i128::from(value)).ok()?),
            TokenKind::Decimal(value) => Self::Decimal(-value),
            TokenKind::Float(bits) => Self::Float((-f64::from_bits(bits)).to_bits()),
            TokenKind::Duration(value) => Self::Duration(-value),
            _ => return None,
        })
    }
}

/// Operators before a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Negate,
}

/// Operators between two values, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the name of each is its meaning; `symbol` shows it")]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    IntDivide,
    Modulo,
    Coalesce,
}

impl BinaryOp {
    /// How it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::IntDivide => "div",
            Self::Modulo => "%",
            Self::Coalesce => "??",
        }
    }
}
