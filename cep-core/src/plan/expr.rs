//! Typed expressions.

use super::{ParamId, TableId};
use crate::function::Function;
use crate::pattern::Pattern;
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
    /// The row of a table with this key as a record; null if there is none.
    Lookup(TableId, Vec<Expr>),
    /// A part of the group key, by its index in the rule.
    Key(u32),
    /// An aggregate, by its index in the rule.
    Aggregate(u32),
    /// An aggregate in a window before, by its index in [`RulePlan::previous`](super::RulePlan).
    Previous(u32),
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
    /// A function that searches a text, with its pattern prepared, and its other arguments.
    Search(Function, Pattern, Vec<Expr>),
    /// Text put together from literal text and values.
    Text(Vec<TextPart>),
    /// A member of a record, by its place in the record's type; null of a record that is null.
    Member(Box<Expr>, u32),
    /// The element of a list at an index from 0; an error where there is none.
    Index(Box<Expr>, Box<Expr>),
    /// A list of these values.
    List(Vec<Expr>),
    /// A record of these members.
    Record(Vec<(String, Expr)>),
    /// What [`Fold::item`] stands for, inside of the fold.
    Item(u32),
    /// One value made of a list's elements.
    Fold(Box<Fold>),
    /// The value, or null where it cannot be computed.
    Try(Box<Expr>),
    /// No value: an error with this text.
    Fail(Box<Expr>),
}

/// `sum(value for item in list if condition)` and the like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// What is made of the elements.
    pub function: ListFold,
    /// The name of an element, as a number that differs from that of every fold around.
    pub item: u32,
    /// The elements; null counts as empty.
    pub list: Expr,
    /// Which of them count.
    pub condition: Option<Expr>,
    /// What is taken of each. Where it is null it is skipped, but by [`ListFold::Collect`].
    pub value: Expr,
}

/// What a [`Fold`] makes of its values, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ListFold {
    /// The list of them.
    Collect,
    /// The list of them in the canonical order.
    Sort,
    /// How many.
    Count,
    /// Their sum; zero of none.
    Sum,
    /// Their mean; null of none. Integers give a decimal.
    Avg,
    /// The smallest; null of none.
    Min,
    /// The largest; null of none.
    Max,
    /// Whether one is true.
    Any,
    /// Whether none is false.
    All,
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
            | ExprKind::Previous(_)
            | ExprKind::WindowIndex
            | ExprKind::WhenStart
            | ExprKind::WhenDuration
            | ExprKind::Item(_) => {}
            ExprKind::Unary(_, operand)
            | ExprKind::Member(operand, _)
            | ExprKind::Try(operand)
            | ExprKind::Fail(operand) => operand.visit_dyn(see),
            ExprKind::List(items) => items.iter().for_each(|item| item.visit_dyn(see)),
            ExprKind::Record(members) => {
                members.iter().for_each(|(_, member)| member.visit_dyn(see));
            }
            ExprKind::Fold(fold) => {
                fold.list.visit_dyn(see);
                fold.condition.iter().for_each(|condition| condition.visit_dyn(see));
                fold.value.visit_dyn(see);
            }
            ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
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
            ExprKind::Call(_, arguments)
            | ExprKind::Lookup(_, arguments)
            | ExprKind::Search(_, _, arguments) => {
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
