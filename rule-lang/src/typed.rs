//! The tree after names and types are settled: every name has become an index, every conversion is
//! written out, constants are folded. Still a tree of the language: `let`s and aggregates stand
//! where they were written. [`crate::lower`] turns it into a plan.

mod measure;
mod rule;

pub use measure::Measure;
pub use rule::{Distinct, Edge, Emit, Limit, Rule, RuleState, Trigger};

use cep_core::function::Function;
use cep_core::pattern::Pattern;
use cep_core::plan::{AggregateFunction, BinaryOp, ListFold, RankedBy, UnaryOp};
use cep_core::value::{Type, Value};

/// An expression with its type. Two are equal if they compute the same in the same way, wherever
/// they are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// Its type.
    pub ty: Type,
    /// What it is.
    pub kind: ExprKind,
}

/// Kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Value),
    /// A field of the stream, by its index.
    Field(u32),
    /// A param, by its index.
    Param(u32),
    /// A `let` of the rule, by its index.
    Let(u32),
    /// A part of the rule's key, by its index.
    Key(u32),
    /// What a function is called with, by its index; in functions only.
    Argument(u32),
    /// An aggregate over the window.
    Aggregate(Box<Aggregate>),
    /// What an aggregate, or a `let` that is one, was so many windows before.
    Previous(u32, Box<Expr>),
    /// `window.start`
    WindowStart,
    /// `window.end`
    WindowEnd,
    /// `window.index`
    WindowIndex,
    /// `when.start`
    WhenStart,
    /// `when.duration`
    WhenDuration,
    /// An operation on one value.
    Unary(UnaryOp, Box<Expr>),
    /// An operation on two values of the types it wants.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `if a then b else c`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `x in [a, b]`
    In(Box<Expr>, Vec<Expr>),
    /// The row of a table, by its index, with this key.
    Lookup(u32, Vec<Expr>),
    /// `changed(value)`: whether it differs from the key's event before.
    Changed(Box<Expr>),
    /// A function with arguments of its parameters' types.
    Call(Function, Vec<Expr>),
    /// A function that searches for a pattern, and its other arguments.
    Search(Function, Pattern, Vec<Expr>),
    /// Text put together from pieces.
    Text(Vec<TextPart>),
    /// A member of a record, by its place; null of a record that is null.
    Member(Box<Expr>, u32),
    /// `list[index]`
    Index(Box<Expr>, Box<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{a: 1, b}`
    Record(Vec<(String, Expr)>),
    /// An element of the list of a fold around, by the fold's number.
    Item(u32),
    /// `sum(value for item in list if condition)` and the like.
    Fold(Box<Fold>),
    /// `try(value)`
    Try(Box<Expr>),
    /// `fail(text)`, whose type is open.
    Fail(Box<Expr>),
}

/// One value made of a list's elements.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// What is made of them.
    pub function: ListFold,
    /// Its number; no two of a rule have the same.
    pub item: u32,
    /// The list.
    pub list: Expr,
    /// Which elements count.
    pub condition: Option<Expr>,
    /// What is taken of each.
    pub value: Expr,
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq)]
pub enum TextPart {
    /// As it stands.
    Literal(String),
    /// A value written out.
    Value(Expr),
}

/// An aggregate as it is called.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Which one.
    pub function: AggregateFunction,
    /// What is aggregated; `count()` has nothing, `corr(x, y)` and its like have two.
    pub inputs: Vec<Expr>,
    /// The constants it is called with.
    pub arguments: Vec<Value>,
    /// Which rows count.
    pub filter: Option<Expr>,
    /// What `top` ranks its groups by.
    pub ranked_by: Option<RankedBy>,
}

impl Expr {
    /// An expression from its parts.
    #[must_use]
    pub fn new(ty: Type, kind: ExprKind) -> Self {
        Self { ty, kind }
    }

    /// A constant; null has the type given.
    #[must_use]
    pub fn literal(value: Value, ty: Type) -> Self {
        Self {
            ty: value.type_of().unwrap_or_else(|| ty.optional()),
            kind: ExprKind::Literal(value),
        }
    }

    /// The value, if this is a constant.
    #[must_use]
    pub fn as_literal(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Whether this is the literal `null`, whose type is still open.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.as_literal().is_some_and(Value::is_null)
    }

    /// Whether this never has a value, so that it has any type.
    #[must_use]
    pub fn is_never(&self) -> bool {
        matches!(self.kind, ExprKind::Fail(_))
    }

    /// Whether this is `[]`, the type of whose elements is still open.
    #[must_use]
    pub fn is_empty_list(&self) -> bool {
        matches!(&self.kind, ExprKind::List(items) if items.is_empty())
    }

    /// Calls `see` with this node and every node below it, those inside aggregates too.
    pub fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Expr)) {
        see(self);
        match &self.kind {
            ExprKind::Literal(_)
            | ExprKind::Field(_)
            | ExprKind::Param(_)
            | ExprKind::Let(_)
            | ExprKind::Key(_)
            | ExprKind::Argument(_)
            | ExprKind::WindowStart
            | ExprKind::WindowEnd
            | ExprKind::WindowIndex
            | ExprKind::WhenStart
            | ExprKind::WhenDuration
            | ExprKind::Item(_) => {}
            ExprKind::Member(inner, _)
            | ExprKind::Changed(inner)
            | ExprKind::Previous(_, inner)
            | ExprKind::Try(inner)
            | ExprKind::Fail(inner) => {
                inner.visit(see);
            }
            ExprKind::List(items) => items.iter().for_each(|item| item.visit(see)),
            ExprKind::Record(members) => members.iter().for_each(|(_, member)| member.visit(see)),
            ExprKind::Fold(fold) => {
                fold.list.visit(see);
                fold.condition.iter().for_each(|condition| condition.visit(see));
                fold.value.visit(see);
            }
            ExprKind::Aggregate(call) => {
                call.inputs.iter().chain(&call.filter).for_each(|inner| inner.visit(see));
            }
            ExprKind::Unary(_, operand) => operand.visit(see),
            ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
                left.visit(see);
                right.visit(see);
            }
            ExprKind::If(condition, yes, no) => {
                condition.visit(see);
                yes.visit(see);
                no.visit(see);
            }
            ExprKind::In(needle, options) => {
                needle.visit(see);
                options.iter().for_each(|option| option.visit(see));
            }
            ExprKind::Call(_, arguments)
            | ExprKind::Search(_, _, arguments)
            | ExprKind::Lookup(_, arguments) => {
                arguments.iter().for_each(|argument| argument.visit(see))
            }
            ExprKind::Text(parts) => {
                for part in parts {
                    if let TextPart::Value(value) = part {
                        value.visit(see);
                    }
                }
            }
        }
    }

    /// Puts what a function is called with in the place of its arguments. Its folds get numbers from
    /// `first_fold` on.
    pub fn put_in_place(&mut self, arguments: &[Expr], first_fold: u32) {
        if let ExprKind::Argument(at) = self.kind {
            if let Some(argument) = arguments.get(at as usize) {
                // What is always there stays so; what a check has found to be there, too.
                if !argument.ty.is_optional() || argument.is_null() {
                    self.ty = argument.ty.clone();
                }
                self.kind = argument.kind.clone();
            }
            return;
        }
        match &mut self.kind {
            ExprKind::Item(number) => *number = number.saturating_add(first_fold),
            ExprKind::Fold(fold) => fold.item = fold.item.saturating_add(first_fold),
            _ => {}
        }
        self.each_part(&mut |part| part.put_in_place(arguments, first_fold));
    }

    /// Calls `change` with every node directly below this one.
    fn each_part(&mut self, change: &mut dyn FnMut(&mut Expr)) {
        match &mut self.kind {
            ExprKind::Literal(_)
            | ExprKind::Field(_)
            | ExprKind::Param(_)
            | ExprKind::Let(_)
            | ExprKind::Key(_)
            | ExprKind::Argument(_)
            | ExprKind::Item(_)
            | ExprKind::WindowStart
            | ExprKind::WindowEnd
            | ExprKind::WindowIndex
            | ExprKind::WhenStart
            | ExprKind::WhenDuration => {}
            ExprKind::Aggregate(call) => {
                call.inputs.iter_mut().chain(&mut call.filter).for_each(change);
            }
            ExprKind::Unary(_, inner)
            | ExprKind::Previous(_, inner)
            | ExprKind::Member(inner, _)
            | ExprKind::Changed(inner)
            | ExprKind::Try(inner)
            | ExprKind::Fail(inner) => change(inner),
            ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
                change(left);
                change(right);
            }
            ExprKind::If(condition, yes, no) => {
                change(condition);
                change(yes);
                change(no);
            }
            ExprKind::In(needle, options) => {
                change(needle);
                options.iter_mut().for_each(change);
            }
            ExprKind::Call(_, parts)
            | ExprKind::Search(_, _, parts)
            | ExprKind::Lookup(_, parts)
            | ExprKind::List(parts) => parts.iter_mut().for_each(change),
            ExprKind::Record(members) => members.iter_mut().for_each(|(_, it)| change(it)),
            ExprKind::Fold(fold) => {
                change(&mut fold.list);
                fold.condition.iter_mut().for_each(&mut *change);
                change(&mut fold.value);
            }
            ExprKind::Text(parts) => {
                for part in parts {
                    if let TextPart::Value(value) = part {
                        change(value);
                    }
                }
            }
        }
    }
}
