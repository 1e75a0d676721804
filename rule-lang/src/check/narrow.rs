//! What a condition says about nulls: `x != null and x > 3` may use `x` as if it were always there.

use crate::typed::{Expr, ExprKind};
use cep_core::plan::{BinaryOp, UnaryOp};

/// Expressions that are not null where the condition holds.
pub(super) fn where_true(condition: &Expr, facts: &mut Vec<Expr>) {
    match &condition.kind {
        ExprKind::Binary(BinaryOp::And, left, right) => {
            where_true(left, facts);
            where_true(right, facts);
        }
        ExprKind::Binary(BinaryOp::NotEqual, left, right) => compared_with_null(left, right, facts),
        ExprKind::Unary(UnaryOp::Not, operand) => where_false(operand, facts),
        _ => {}
    }
}

/// Expressions that are not null where the condition does not hold.
pub(super) fn where_false(condition: &Expr, facts: &mut Vec<Expr>) {
    match &condition.kind {
        ExprKind::Binary(BinaryOp::Or, left, right) => {
            where_false(left, facts);
            where_false(right, facts);
        }
        ExprKind::Binary(BinaryOp::Equal, left, right) => compared_with_null(left, right, facts),
        ExprKind::Unary(UnaryOp::Not, operand) => where_true(operand, facts),
        _ => {}
    }
}

fn compared_with_null(left: &Expr, right: &Expr, facts: &mut Vec<Expr>) {
    let value = match (left.is_null(), right.is_null()) {
        (false, true) => left,
        (true, false) => right,
        _ => return,
    };
    if value.ty.is_optional() {
        facts.push(value.clone());
    }
}
