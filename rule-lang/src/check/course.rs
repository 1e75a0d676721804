//! The course of a value as events come into a window: whether it can only rise, only fall, or either.
//!
//! False is less than true. A value that may be null has the course of what it is where it is not null;
//! every aggregate that is not null stays so as events come. [`Course::Open`] names what may go both
//! ways, so that a diagnostic can point at it.

use super::sign::is_never_negative;
use crate::typed::{Aggregate, Expr, ExprKind};
use cep_core::function::Function;
use cep_core::plan::{AggregateFunction, BinaryOp, UnaryOp};
use cep_core::value::Value;

/// How a value goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Course<'e> {
    /// It stays what it is.
    Constant,
    /// It never becomes less.
    Rises,
    /// It never becomes more.
    Falls,
    /// It may do both, because of this.
    Open(Cause<'e>),
}

/// Why a value may go both ways.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cause<'e> {
    /// An aggregate that does.
    Aggregate(AggregateFunction),
    /// A sum of what may be negative: this.
    Sum(&'e Expr),
    /// A comparison, true at first, that may become false, beside others that may become true; and
    /// an aggregate in it.
    Comparison(BinaryOp, Option<AggregateFunction>),
    /// The row of a table at the event's time.
    Table(u32),
    /// Something else; and an aggregate in it.
    Other(Option<AggregateFunction>),
}

/// What an expression is read with.
#[derive(Clone, Copy)]
pub(super) struct Known<'e> {
    /// The values of the rule's `let`s.
    pub(super) lets: &'e [Option<&'e Expr>],
    /// Whether a field, by its index, is never negative.
    pub(super) field_is_never_negative: &'e dyn Fn(u32) -> bool,
    /// Whether the rows of a table, by its index, hold from some time on.
    pub(super) table_has_time: &'e dyn Fn(u32) -> bool,
}

impl<'e> Known<'e> {
    pub(super) fn value_of(self, at: u32) -> Option<&'e Expr> {
        self.lets.get(at as usize).copied().flatten()
    }

    /// The course of an expression over a window that is never empty.
    pub(super) fn course(self, expr: &'e Expr) -> Course<'e> {
        match &expr.kind {
            ExprKind::Let(at) => self.value_of(*at).map_or(self.open(expr), |it| self.course(it)),
            ExprKind::Aggregate(call) => self.of_aggregate(call),
            ExprKind::Unary(UnaryOp::Not | UnaryOp::Negate, operand) => {
                self.course(operand).turned()
            }
            ExprKind::Binary(op, left, right) => self.of_operation(expr, *op, left, right),
            ExprKind::If(condition, yes, no) if self.course(condition) == Course::Constant => {
                self.course(yes).with(self.course(no))
            }
            // A number that may be null is written out so where another type of number is wanted.
            ExprKind::If(_, yes, no) if yes.is_null() => self.course(no),
            ExprKind::Call(function, arguments) if keeps_order(*function) => arguments
                .iter()
                .map(|argument| self.course(argument))
                .fold(Course::Constant, Course::with),
            ExprKind::Lookup(table, key)
                if !(self.table_has_time)(*table)
                    || key.iter().any(|part| self.course(part) != Course::Constant) =>
            {
                self.of_parts(expr)
            }
            ExprKind::Lookup(table, _) => Course::Open(Cause::Table(*table)),
            _ => self.of_parts(expr),
        }
    }

    fn of_aggregate(self, call: &'e Aggregate) -> Course<'e> {
        use AggregateFunction as A;
        match call.function {
            A::Count | A::CountDistinct | A::Max | A::Any => Course::Rises,
            A::Min | A::All => Course::Falls,
            A::Sum => match call.inputs.first() {
                Some(input) if !is_never_negative(input, self) => Course::Open(Cause::Sum(input)),
                _ => Course::Rises,
            },
            other => Course::Open(Cause::Aggregate(other)),
        }
    }

    fn of_operation(
        self,
        whole: &'e Expr,
        op: BinaryOp,
        left: &'e Expr,
        right: &'e Expr,
    ) -> Course<'e> {
        use BinaryOp as B;
        let both = (self.course(left), self.course(right));
        if both == (Course::Constant, Course::Constant) {
            return Course::Constant;
        }
        match op {
            B::And | B::Or => match (both.0, both.1) {
                (Course::Rises, Course::Falls) => Course::Open(self.comparison_in(right)),
                (Course::Falls, Course::Rises) => Course::Open(self.comparison_in(left)),
                (one, other) => one.with(other),
            },
            B::Add => both.0.with(both.1),
            B::Subtract => both.0.with(both.1.turned()),
            B::Greater | B::GreaterEqual => {
                let left = self.above_default(op, left, right).map_or(both.0, |it| self.course(it));
                left.with(both.1.turned())
            }
            B::Less | B::LessEqual => {
                let right =
                    self.above_default(op, right, left).map_or(both.1, |it| self.course(it));
                both.0.turned().with(right)
            }
            B::NotEqual if left.is_null() && self.settles(right) => Course::Rises,
            B::NotEqual if right.is_null() && self.settles(left) => Course::Rises,
            B::Equal if left.is_null() && self.settles(right) => Course::Falls,
            B::Equal if right.is_null() && self.settles(left) => Course::Falls,
            B::Multiply | B::Divide | B::FloorDivide => {
                let positive = |expr| is_never_negative(expr, self);
                match both {
                    (course, Course::Constant) if positive(right) => course,
                    (Course::Constant, course) if op == B::Multiply && positive(left) => course,
                    (Course::Rises, Course::Rises)
                        if op == B::Multiply && positive(left) && positive(right) =>
                    {
                        Course::Rises
                    }
                    (open @ Course::Open(_), _) | (_, open @ Course::Open(_)) => open,
                    _ => self.open(whole),
                }
            }
            B::Coalesce => match both {
                // From null to a value is no fall where no value is less.
                (Course::Rises, Course::Constant)
                    if is_zero(right) && is_never_negative(left, self) =>
                {
                    Course::Rises
                }
                (open @ Course::Open(_), _) | (_, open @ Course::Open(_)) => open,
                _ => self.open(whole),
            },
            B::Equal | B::NotEqual | B::Remainder => match both {
                (open @ Course::Open(_), _) | (_, open @ Course::Open(_)) => open,
                _ => Course::Open(Cause::Comparison(op, self.aggregate_in(whole))),
            },
        }
    }

    /// Of `(value ?? default) > bound` the value, if the comparison does not hold for the default: as
    /// long as there is no value it is false then.
    fn above_default(self, op: BinaryOp, more: &'e Expr, less: &'e Expr) -> Option<&'e Expr> {
        let ExprKind::Binary(BinaryOp::Coalesce, value, default) = &self.behind(more).kind else {
            return None;
        };
        let (default, bound) = (default.as_literal()?, self.behind(less).as_literal()?);
        let above = match (default, bound) {
            (Value::Int(default), Value::Int(bound)) => default.cmp(bound),
            (Value::Decimal(default), Value::Decimal(bound)) => default.cmp(bound),
            (Value::Float(default), Value::Float(bound)) => default.partial_cmp(bound)?,
            _ => return None,
        };
        let strict = matches!(op, BinaryOp::Greater | BinaryOp::Less);
        let holds = if strict { above.is_gt() } else { above.is_ge() };
        (!holds).then_some(value)
    }

    /// Whether a value, once it is not null, stays so.
    fn settles(self, expr: &'e Expr) -> bool {
        match &self.behind(expr).kind {
            ExprKind::Aggregate(_) => true,
            ExprKind::Call(function, arguments) if keeps_order(*function) => {
                arguments.iter().all(|argument| self.settles(argument))
            }
            _ => self.course(expr) == Course::Constant,
        }
    }

    /// What a name stands for.
    fn behind(self, expr: &'e Expr) -> &'e Expr {
        match &expr.kind {
            ExprKind::Let(at) => self.value_of(*at).map_or(expr, |it| self.behind(it)),
            _ => expr,
        }
    }

    /// The course of what is known by its parts only: constant if these are.
    fn of_parts(self, expr: &'e Expr) -> Course<'e> {
        let mut open = None;
        expr.visit(&mut |node| {
            if open.is_some() {
                return;
            }
            let found = match &node.kind {
                ExprKind::Aggregate(_) => Some(self.open(expr)),
                ExprKind::Let(at) => self.value_of(*at).map(|value| self.course(value)),
                ExprKind::Lookup(table, _) if (self.table_has_time)(*table) => {
                    Some(Course::Open(Cause::Table(*table)))
                }
                _ => None,
            };
            match found {
                None | Some(Course::Constant) => {}
                Some(cause @ Course::Open(_)) => open = Some(cause),
                Some(_) => open = Some(self.open(expr)),
            }
        });
        open.unwrap_or(Course::Constant)
    }

    fn open(self, expr: &'e Expr) -> Course<'e> {
        Course::Open(Cause::Other(self.aggregate_in(expr)))
    }

    /// The first comparison in a condition that may become false.
    pub(super) fn comparison_in(self, expr: &'e Expr) -> Cause<'e> {
        let expr = self.behind(expr);
        match &expr.kind {
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, left, _)
                if self.course(left) == Course::Falls =>
            {
                self.comparison_in(left)
            }
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, _, right) => self.comparison_in(right),
            ExprKind::Unary(UnaryOp::Not, operand) => self.comparison_in(operand),
            ExprKind::Binary(op, _, _) => Cause::Comparison(*op, self.aggregate_in(expr)),
            _ => Cause::Other(self.aggregate_in(expr)),
        }
    }

    /// The first aggregate in an expression.
    fn aggregate_in(self, expr: &'e Expr) -> Option<AggregateFunction> {
        let mut found = None;
        expr.visit(&mut |node| {
            let here = match &node.kind {
                ExprKind::Aggregate(call) => Some(call.function),
                ExprKind::Let(at) => self.value_of(*at).and_then(|it| self.aggregate_in(it)),
                _ => None,
            };
            found = found.or(here);
        });
        found
    }
}

impl Course<'_> {
    /// That of the opposite.
    fn turned(self) -> Self {
        match self {
            Self::Rises => Self::Falls,
            Self::Falls => Self::Rises,
            other => other,
        }
    }

    /// That of what rises with both.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Constant, course) | (course, Self::Constant) => course,
            (Self::Rises, Self::Rises) => Self::Rises,
            (Self::Falls, Self::Falls) => Self::Falls,
            (open @ Self::Open(_), _) | (_, open @ Self::Open(_)) => open,
            _ => Self::Open(Cause::Other(None)),
        }
    }
}

fn is_zero(expr: &Expr) -> bool {
    match expr.as_literal() {
        Some(Value::Int(value)) => *value == 0,
        Some(Value::Decimal(value)) => value.is_zero(),
        Some(Value::Float(value)) => *value == 0.0,
        _ => false,
    }
}

/// Whether a function of numbers gives no less for more.
fn keeps_order(function: Function) -> bool {
    use Function as F;
    matches!(
        function,
        F::DecimalOfInt
            | F::FloatOfInt
            | F::FloatOfDecimal
            | F::FloorDecimal
            | F::CeilDecimal
            | F::RoundDecimal
            | F::FloorFloat
            | F::CeilFloat
            | F::RoundFloat
            | F::Sqrt
            | F::Ln
            | F::Exp
            | F::SignInt
            | F::SignDecimal
            | F::SignFloat
            | F::LeastInt
            | F::LeastDecimal
            | F::LeastFloat
            | F::LeastTime
            | F::LeastSpan
            | F::GreatestInt
            | F::GreatestDecimal
            | F::GreatestFloat
            | F::GreatestTime
            | F::GreatestSpan
    )
}

#[cfg(test)]
mod tests;
