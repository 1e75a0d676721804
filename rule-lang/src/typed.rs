//! The tree after names and types are settled: every name has become an index, every conversion is
//! written out, constants are folded. Still a tree of the language: `let`s and aggregates stand
//! where they were written. [`crate::lower`] turns it into a plan.

use cep_core::function::Function;
use cep_core::pattern::Pattern;
use cep_core::plan::{
    AggregateFunction, Attribute, BinaryOp, ListFold, RankedBy, UnaryOp, WindowPlan,
};
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

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub doc: String,
    /// Its attributes without `@off`.
    pub attributes: Vec<Attribute>,
    /// Whether it runs.
    pub state: RuleState,
    /// The stream it reads, by its index.
    pub input: u32,
    /// `where`
    pub filter: Option<Expr>,
    /// `distinct`
    pub distinct: Option<Distinct>,
    /// `by`
    pub key: Vec<(String, Expr)>,
    /// `window`
    pub window: Option<WindowPlan>,
    /// The table whose keys are known from the start: `fill … for TABLE`, `silent … for TABLE`.
    pub expects: Option<u32>,
    /// The values of its `let`s.
    pub lets: Vec<Expr>,
    /// `when`
    pub trigger: Trigger,
    /// `limit`
    pub limit: Option<Limit>,
    /// `forget`
    pub forget: Option<cep_core::time::Span>,
    /// `emit`, `else` and `clear`
    pub emits: Vec<Emit>,
}

/// Whether a rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleState {
    /// It does.
    On,
    /// It was switched off with `@off`; it is checked all the same.
    Off,
}

/// When a rule fires.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// At every evaluation.
    Always,
    /// At every evaluation that holds.
    Each(Expr),
    /// As it becomes true.
    Edge(Edge),
    /// As a key has had no event for so long.
    Silent(cep_core::time::Span),
}

/// `distinct EXPR, … within D`
#[derive(Debug, Clone, PartialEq)]
pub struct Distinct {
    /// What events are told apart by.
    pub by: Vec<Expr>,
    /// For how long an event lets none like it pass.
    pub span: cep_core::time::Span,
}

/// `limit N per D [by EXPR, …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// How many firings go out.
    pub count: u32,
    /// In how long a time.
    pub span: cep_core::time::Span,
    /// Which of them count together; by default those of one key.
    pub by: Option<Vec<Expr>>,
}

/// What makes an edge rise and fall.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// `when`
    pub condition: Expr,
    /// `for`
    pub hold: cep_core::plan::Hold,
    /// `until`
    pub until: Option<Expr>,
}

impl Trigger {
    /// Its conditions.
    pub fn conditions(&self) -> impl Iterator<Item = &Expr> {
        let (condition, until) = match self {
            Self::Always | Self::Silent(_) => (None, None),
            Self::Each(condition) => (Some(condition), None),
            Self::Edge(edge) => (Some(&edge.condition), edge.until.as_ref()),
        };
        condition.into_iter().chain(until)
    }
}

/// An `emit` or `clear`.
#[derive(Debug, Clone, PartialEq)]
pub struct Emit {
    /// The event.
    pub event: String,
    /// Which of the two.
    pub kind: cep_core::plan::EmitKind,
    /// Its fields, in the order written.
    pub fields: Vec<(String, Expr)>,
    /// `if`
    pub condition: Option<Expr>,
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

    /// How many nodes this becomes, and how many levels, when every `let` is put in place.
    #[must_use]
    pub fn measure(&self, lets: &[Measure]) -> Measure {
        self.measure_with(lets, &[])
    }

    /// The same of the value of a function, when its arguments are put in place too.
    #[must_use]
    pub fn measure_with(&self, lets: &[Measure], arguments: &[Measure]) -> Measure {
        let mut below = Measure::default();
        match &self.kind {
            ExprKind::Let(index) => {
                return lets.get(*index as usize).copied().unwrap_or_default();
            }
            ExprKind::Argument(index) if !arguments.is_empty() => {
                return arguments.get(*index as usize).copied().unwrap_or_default();
            }
            ExprKind::Aggregate(call) => {
                call.inputs
                    .iter()
                    .chain(&call.filter)
                    .for_each(|inner| below.add(inner.measure_with(lets, arguments)));
            }
            ExprKind::Unary(_, operand)
            | ExprKind::Previous(_, operand)
            | ExprKind::Member(operand, _)
            | ExprKind::Changed(operand)
            | ExprKind::Try(operand)
            | ExprKind::Fail(operand) => below.add(operand.measure_with(lets, arguments)),
            ExprKind::List(items) => {
                items.iter().for_each(|item| below.add(item.measure_with(lets, arguments)))
            }
            ExprKind::Record(members) => {
                members
                    .iter()
                    .for_each(|(_, member)| below.add(member.measure_with(lets, arguments)));
            }
            ExprKind::Fold(fold) => {
                below.add(fold.list.measure_with(lets, arguments));
                fold.condition
                    .iter()
                    .for_each(|condition| below.add(condition.measure_with(lets, arguments)));
                below.add(fold.value.measure_with(lets, arguments));
            }
            ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
                below.add(left.measure_with(lets, arguments));
                below.add(right.measure_with(lets, arguments));
            }
            ExprKind::If(condition, yes, no) => {
                [condition, yes, no]
                    .into_iter()
                    .for_each(|part| below.add(part.measure_with(lets, arguments)));
            }
            ExprKind::In(needle, options) => {
                below.add(needle.measure_with(lets, arguments));
                options.iter().for_each(|option| below.add(option.measure_with(lets, arguments)));
            }
            ExprKind::Call(_, parts)
            | ExprKind::Search(_, _, parts)
            | ExprKind::Lookup(_, parts) => {
                parts.iter().for_each(|part| below.add(part.measure_with(lets, arguments)));
            }
            ExprKind::Text(parts) => {
                for part in parts {
                    if let TextPart::Value(value) = part {
                        below.add(value.measure_with(lets, arguments));
                    }
                }
            }
            _ => {}
        }
        Measure { nodes: below.nodes.saturating_add(1), height: below.height + 1 }
    }
}

/// The size of an expression.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    /// Nodes in all.
    pub nodes: usize,
    /// Levels.
    pub height: usize,
}

impl Measure {
    fn add(&mut self, other: Self) {
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.height = self.height.max(other.height);
    }
}
