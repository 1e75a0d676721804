//! Typed expressions.

use super::ParamId;
use crate::function::Function;
use crate::value::{Type, Value};
use serde::{Deserialize, Serialize};

/// An expression and the type of its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// The result's type.
    pub ty: Type,
    /// What is computed.
    pub kind: ExprKind,
}

/// What an expression computes.
///
/// Operands have the types the operation wants: whoever builds a plan has put
/// [`Function::DecimalOfInt`] and its like where the language converts silently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// A constant.
    Literal(Value),
    /// A field of the row, by its index in the stream.
    Field(u32),
    /// A parameter.
    Param(ParamId),
    /// A part of the group key, by its index in the rule.
    Key(u32),
    /// An aggregate, by its index in the rule.
    Aggregate(u32),
    /// The window's first instant (of a sliding window: the instant just before it).
    WindowStart,
    /// The window's end, which no longer belongs to it (of a sliding window: its last instant).
    WindowEnd,
    /// How many windows of the key were before this one.
    WindowIndex,
    /// In the emits of an edge: since when its condition has held. Of closing windows it is the
    /// first one's start.
    WhenStart,
    /// In the emits of an edge: how long it is from there to this firing; of closing windows, to
    /// the end of this one.
    WhenDuration,
    /// An operation on one operand.
    Unary(UnaryOp, Box<Expr>),
    /// An operation on two operands. `And`, `Or` and `Coalesce` do not evaluate their right side
    /// where the left one decides.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// The second where the first holds, else the third; only one of them is evaluated.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Whether the first equals one of the others.
    In(Box<Expr>, Vec<Expr>),
    /// A scalar function.
    Call(Function, Vec<Expr>),
    /// Text put together from literal text and values.
    Text(Vec<TextPart>),
}

/// A piece of an interpolated text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TextPart {
    /// As it stands.
    Literal(String),
    /// The value's display form.
    Value(Expr),
}

/// Operations on one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnaryOp {
    /// Logical not.
    Not,
    /// The number or duration with its sign turned; an integer that has no opposite is an error.
    Negate,
}

/// Operations on two operands.
///
/// Arithmetic takes two operands of one numeric type, except where noted; comparisons take two of
/// one type. Only `Equal`, `NotEqual` and `Coalesce` may meet null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryOp {
    /// Logical or.
    Or,
    /// Logical and.
    And,
    /// `==`; null equals null.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
    /// `+`; also timestamp + duration.
    Add,
    /// `-`; also timestamp - timestamp and timestamp - duration.
    Subtract,
    /// `*`; also duration * int.
    Multiply,
    /// `/`: decimals to a decimal, floats to a float, durations to a decimal.
    Divide,
    /// `div`: the quotient of two integers, floored.
    FloorDivide,
    /// `%`: the remainder that belongs to the floored quotient.
    Remainder,
    /// `??`: the left unless it is null.
    Coalesce,
}

impl Expr {
    /// An expression from its parts.
    #[must_use]
    pub fn new(ty: Type, kind: ExprKind) -> Self {
        Self { ty, kind }
    }

    /// Calls `see` with every node, this one first.
    pub fn visit<'a>(&'a self, see: &mut impl FnMut(&'a ExprKind)) {
        self.visit_dyn(&mut |node| see(node));
    }

    fn visit_dyn<'a>(&'a self, see: &mut dyn FnMut(&'a ExprKind)) {
        see(&self.kind);
        match &self.kind {
            ExprKind::Literal(_)
            | ExprKind::Field(_)
            | ExprKind::Param(_)
            | ExprKind::Key(_)
            | ExprKind::Aggregate(_)
            | ExprKind::WindowStart
            | ExprKind::WindowEnd
            | ExprKind::WindowIndex
            | ExprKind::WhenStart
            | ExprKind::WhenDuration => {}
            ExprKind::Unary(_, operand) => operand.visit_dyn(see),
            ExprKind::Binary(_, left, right) => {
                left.visit_dyn(see);
                right.visit_dyn(see);
            }
            ExprKind::If(condition, yes, no) => {
                condition.visit_dyn(see);
                yes.visit_dyn(see);
                no.visit_dyn(see);
            }
            ExprKind::In(needle, options) => {
                needle.visit_dyn(see);
                options.iter().for_each(|option| option.visit_dyn(see));
            }
            ExprKind::Call(_, arguments) => {
                arguments.iter().for_each(|argument| argument.visit_dyn(see));
            }
            ExprKind::Text(parts) => {
                for part in parts {
                    if let TextPart::Value(expr) = part {
                        expr.visit_dyn(see);
                    }
                }
            }
        }
    }
}
