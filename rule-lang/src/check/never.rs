//! Conditions that hold for no event and no window, told from how they are written: by constants,
//! by the bounds of fields, by bounds that exclude each other, and by windows that are never empty.

use super::course::Known;
use super::sign::is_never_negative;
use crate::typed::{Expr, ExprKind};
use cep_core::function::Function;
use cep_core::plan::{AggregateFunction, BinaryOp, FieldPlan, UnaryOp};
use cep_core::time::Span;
use cep_core::value::{Decimal, Value};

/// What is known where a condition stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'e> {
    /// The values of the rule's `let`s.
    pub(super) lets: &'e [Option<&'e Expr>],
    /// The fields of what the rule reads.
    pub(super) fields: &'e [FieldPlan],
    /// Whether a window has an event wherever it is judged, so that it counts 1 at least.
    pub(super) counts_one: bool,
}

/// The most bounds of one condition that are compared with each other.
const MAX_BOUNDS: usize = 32;

/// `value OP constant`
struct Bound<'e> {
    value: &'e Expr,
    op: BinaryOp,
    constant: &'e Value,
}

impl<'e> Place<'e> {
    /// Whether a condition never holds.
    pub(super) fn never_holds(self, condition: &'e Expr) -> bool {
        self.verdict(condition) == Some(false)
    }

    /// What a condition always is, if that is known.
    fn verdict(self, condition: &'e Expr) -> Option<bool> {
        match &condition.kind {
            ExprKind::Literal(Value::Bool(value)) => Some(*value),
            ExprKind::Let(at) => self.verdict(self.value_of(*at)?),
            ExprKind::Unary(UnaryOp::Not, operand) => self.verdict(operand).map(|it| !it),
            ExprKind::Binary(BinaryOp::And, left, right) => {
                match (self.verdict(left), self.verdict(right)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), other) | (other, Some(true)) => other,
                    (None, None) => self.is_contradiction(condition).then_some(false),
                }
            }
            ExprKind::Binary(BinaryOp::Or, left, right) => {
                match (self.verdict(left), self.verdict(right)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), other) | (other, Some(false)) => other,
                    (None, None) => None,
                }
            }
            _ => self.by_its_least(&bound(condition)?),
        }
    }

    fn value_of(self, at: u32) -> Option<&'e Expr> {
        self.lets.get(at as usize).copied().flatten()
    }

    /// What a comparison always is because its value is never less than something.
    fn by_its_least(self, bound: &Bound<'e>) -> Option<bool> {
        let least = self.least(bound.value, bound.constant)?;
        if least.type_of() != bound.constant.type_of() {
            return None;
        }
        match bound.op {
            BinaryOp::Less if *bound.constant <= least => Some(false),
            BinaryOp::LessEqual | BinaryOp::Equal if *bound.constant < least => Some(false),
            BinaryOp::GreaterEqual if *bound.constant <= least => Some(true),
            BinaryOp::Greater | BinaryOp::NotEqual if *bound.constant < least => Some(true),
            _ => None,
        }
    }

    /// What a value is never less than, of the type of the constant that it is compared with.
    fn least(self, value: &'e Expr, like: &Value) -> Option<Value> {
        match &value.kind {
            ExprKind::Let(at) => return self.least(self.value_of(*at)?, like),
            ExprKind::Field(at) => {
                return self.fields.get(*at as usize).and_then(|field| field.least.clone());
            }
            _ => {}
        }
        if self.counts_one && self.counts_all(value) {
            return Some(match like {
                Value::Decimal(_) => Value::Decimal(Decimal::ONE),
                Value::Float(_) => Value::Float(1.0),
                _ => Value::Int(1),
            });
        }
        let field_is_never_negative = |at: u32| {
            let least = self.fields.get(at as usize).and_then(|field| field.least.as_ref());
            least.is_some_and(|least| zero_like(least).is_some_and(|zero| *least >= zero))
        };
        let known = Known {
            lets: self.lets,
            field_is_never_negative: &field_is_never_negative,
            table_has_time: &|_| true,
        };
        is_never_negative(value, known).then(|| zero_like(like)).flatten()
    }

    /// Whether this counts every event of the window.
    fn counts_all(self, value: &Expr) -> bool {
        match &value.kind {
            ExprKind::Aggregate(call) => {
                call.function == AggregateFunction::Count
                    && call.filter.is_none()
                    && call.inputs.iter().all(|input| !input.ty.is_optional())
            }
            ExprKind::Call(Function::DecimalOfInt | Function::FloatOfInt, arguments) => {
                arguments.iter().all(|argument| self.counts_all(argument))
            }
            _ => false,
        }
    }

    /// Whether parts of a condition that must all hold put bounds to a value that none can keep.
    fn is_contradiction(self, condition: &'e Expr) -> bool {
        let mut bounds = Vec::new();
        self.collect(condition, &mut bounds);
        let lower = || bounds.iter().filter(|it| !is_upper(it.op));
        let upper = || bounds.iter().filter(|it| is_upper(it.op) || it.op == BinaryOp::Equal);
        lower().any(|low| upper().any(|high| excludes(low, high)))
    }

    fn collect(self, condition: &'e Expr, bounds: &mut Vec<Bound<'e>>) {
        match &condition.kind {
            _ if bounds.len() >= MAX_BOUNDS => {}
            ExprKind::Binary(BinaryOp::And, left, right) => {
                self.collect(left, bounds);
                self.collect(right, bounds);
            }
            ExprKind::Let(at) => {
                if let Some(value) = self.value_of(*at) {
                    self.collect(value, bounds);
                }
            }
            _ => bounds.extend(bound(condition).filter(|it| it.op != BinaryOp::NotEqual)),
        }
    }
}

/// Whether nothing is within two bounds of one value.
fn excludes(low: &Bound<'_>, high: &Bound<'_>) -> bool {
    let strict = low.op == BinaryOp::Greater || high.op == BinaryOp::Less;
    low.constant.type_of() == high.constant.type_of()
        && (low.constant > high.constant || (strict && low.constant == high.constant))
        && low.value == high.value
}

fn is_upper(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Less | BinaryOp::LessEqual)
}

/// A comparison with a constant, as one of what is not constant.
fn bound(condition: &Expr) -> Option<Bound<'_>> {
    let ExprKind::Binary(op, left, right) = &condition.kind else { return None };
    let turned = match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        BinaryOp::Equal | BinaryOp::NotEqual => *op,
        _ => return None,
    };
    let (value, op, constant) = match (left.as_literal(), right.as_literal()) {
        (None, Some(constant)) => (left, *op, constant),
        (Some(constant), None) => (right, turned, constant),
        _ => return None,
    };
    (!constant.is_null()).then_some(Bound { value, op, constant })
}

fn zero_like(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Int(_) => Value::Int(0),
        Value::Decimal(_) => Value::Decimal(Decimal::ZERO),
        Value::Float(_) => Value::Float(0.0),
        Value::Duration(_) => Value::Duration(Span::ZERO),
        _ => return None,
    })
}
