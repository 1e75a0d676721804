//! How large an expression becomes, before it is made.

use super::{Expr, ExprKind, TextPart};

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

impl Expr {
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
