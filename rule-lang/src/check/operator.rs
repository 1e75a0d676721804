//! Which operators take which types. Constants are computed on the spot, so `1 / 0` is an error
//! before anything runs.

use super::convert::{is_number, is_ordered, meet, to, unify};
use super::scope::Scope;
use crate::ast::{self, BinaryOp as AstOp, UnaryOp as AstUnary};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Expr, ExprKind};
use cep_core::function::{apply_binary, apply_unary};
use cep_core::plan::{BinaryOp, UnaryOp};
use cep_core::value::{Type, Value};

/// An operand and where it is written.
pub(super) type Operand = (Expr, Span);

impl Scope<'_, '_> {
    /// `not x`, `-x`
    pub(super) fn unary(&mut self, op: AstUnary, operand: &ast::Expr, span: Span) -> Option<Expr> {
        if op == AstUnary::Not {
            let operand = self.condition(operand)?;
            return self.folded_unary(UnaryOp::Not, operand, span);
        }
        let value = self.present(operand)?;
        if !is_number(&value.ty) && value.ty != Type::Duration {
            self.out.push(
                Diagnostic::new(Code::OperandTypes, format!("`-` does not take {}", value.ty))
                    .label(operand.span, "expected a number or a duration"),
            );
            return None;
        }
        self.folded_unary(UnaryOp::Negate, value, span)
    }

    fn folded_unary(&mut self, op: UnaryOp, operand: Expr, span: Span) -> Option<Expr> {
        let Some(value) = operand.as_literal() else {
            return Some(Expr::new(operand.ty.clone(), ExprKind::Unary(op, Box::new(operand))));
        };
        match apply_unary(op, value) {
            Ok(value) => Some(Expr::literal(value, operand.ty)),
            Err(error) => self.constant_fails(&error.to_string(), span),
        }
    }

    fn constant_fails(&mut self, why: &str, span: Span) -> Option<Expr> {
        self.out.push(
            Diagnostic::new(Code::ConstantFails, format!("this always fails: {why}"))
                .label(span, ""),
        );
        None
    }

    /// Comparisons and arithmetic.
    pub(super) fn binary(
        &mut self,
        op: AstOp,
        op_span: Span,
        left: &ast::Expr,
        right: &ast::Expr,
    ) -> Option<Expr> {
        let equality = matches!(op, AstOp::Equal | AstOp::NotEqual);
        let (a, b) = if equality {
            self.sides(left, right)
        } else {
            (self.present(left), self.present(right))
        };
        let (a, b) = ((a?, left.span), (b?, right.span));
        match op {
            AstOp::Equal => self.equality(BinaryOp::Equal, a, b, op_span),
            AstOp::NotEqual => self.equality(BinaryOp::NotEqual, a, b, op_span),
            AstOp::Less => self.compare(BinaryOp::Less, a, b, op_span),
            AstOp::LessEqual => self.compare(BinaryOp::LessEqual, a, b, op_span),
            AstOp::Greater => self.compare(BinaryOp::Greater, a, b, op_span),
            AstOp::GreaterEqual => self.compare(BinaryOp::GreaterEqual, a, b, op_span),
            AstOp::Add => self.arithmetic(BinaryOp::Add, a, b, op_span),
            AstOp::Subtract => self.arithmetic(BinaryOp::Subtract, a, b, op_span),
            AstOp::Multiply => self.arithmetic(BinaryOp::Multiply, a, b, op_span),
            AstOp::Divide => self.divide(a, b, op_span),
            AstOp::IntDivide => self.arithmetic(BinaryOp::FloorDivide, a, b, op_span),
            AstOp::Modulo => self.arithmetic(BinaryOp::Remainder, a, b, op_span),
            // These have rules of their own and never come here.
            AstOp::Or | AstOp::And | AstOp::In | AstOp::Coalesce => None,
        }
    }

    /// The sides of `==`. A list or record that is written out is read as one of the other's type.
    fn sides(&mut self, left: &ast::Expr, right: &ast::Expr) -> (Option<Expr>, Option<Expr>) {
        let written =
            |ast: &ast::Expr| matches!(ast.kind, ast::ExprKind::List(_) | ast::ExprKind::Record(_));
        let like = |of: &Option<Expr>| of.as_ref().map(|of| of.ty.base().clone());
        if written(left) && !written(right) {
            let b = self.expr(right);
            return (self.expr_expecting(left, like(&b).as_ref()), b);
        }
        let a = self.expr(left);
        let wanted = if written(right) { like(&a) } else { None };
        let b = self.expr_expecting(right, wanted.as_ref());
        (a, b)
    }

    fn equality(&mut self, op: BinaryOp, a: Operand, b: Operand, op_span: Span) -> Option<Expr> {
        if a.0.is_null() && b.0.is_null() {
            return Some(Expr::literal(Value::Bool(op == BinaryOp::Equal), Type::Bool));
        }
        if self.unknown_choice(&a, &b) || self.unknown_choice(&b, &a) {
            return None;
        }
        let json = |one: &Expr, other: &Expr| one.ty.base() == &Type::Json && !other.is_null();
        if meet(&a.0, &b.0).is_none() || json(&a.0, &b.0) || json(&b.0, &a.0) {
            self.operands_differ(op, &a, &b, op_span);
            return None;
        }
        let never_null = |one: &Expr, other: &Expr| one.is_null() && !other.ty.is_optional();
        if never_null(&a.0, &b.0) || never_null(&b.0, &a.0) {
            // What is always there is never null, whatever it is.
            return Some(Expr::literal(Value::Bool(op == BinaryOp::NotEqual), Type::Bool));
        }
        let span = a.1.to(b.1);
        let (a, b, _) = unify(a.0, b.0)?;
        self.folded(op, a, b, Type::Bool, span)
    }

    /// `a < b` and the like, also for the bounds of `in a..b`.
    pub(super) fn compare(
        &mut self,
        op: BinaryOp,
        a: Operand,
        b: Operand,
        op_span: Span,
    ) -> Option<Expr> {
        match meet(&a.0, &b.0) {
            Some(base) if is_ordered(&base) => {
                let span = a.1.to(b.1);
                let (a, b, _) = unify(a.0, b.0)?;
                self.folded(op, a, b, Type::Bool, span)
            }
            Some(base) => {
                self.out.push(
                    Diagnostic::new(Code::OperandTypes, format!("{base} values have no order"))
                        .label(op_span, "only `==` and `!=` compare them"),
                );
                None
            }
            None => {
                self.operands_differ(op, &a, &b, op_span);
                None
            }
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, a: Operand, b: Operand, op_span: Span) -> Option<Expr> {
        let span = a.1.to(b.1);
        if let Some(ty) = time_arithmetic(op, &a.0.ty, &b.0.ty) {
            return self.folded(op, a.0, b.0, ty, span);
        }
        let whole_only = op == BinaryOp::FloorDivide;
        match meet(&a.0, &b.0) {
            Some(base) if is_number(&base) && !(whole_only && base != Type::Int) => {
                let (a, b, _) = unify(a.0, b.0)?;
                self.folded(op, a, b, base, span)
            }
            _ => {
                self.operands_differ(op, &a, &b, op_span);
                None
            }
        }
    }

    /// `/`: ints give a decimal.
    fn divide(&mut self, a: Operand, b: Operand, op_span: Span) -> Option<Expr> {
        let span = a.1.to(b.1);
        if a.0.ty == Type::Duration && b.0.ty == Type::Duration {
            return self.folded(BinaryOp::Divide, a.0, b.0, Type::Decimal, span);
        }
        let base = match meet(&a.0, &b.0) {
            Some(Type::Int | Type::Decimal) => Type::Decimal,
            Some(Type::Float) => Type::Float,
            _ => {
                self.operands_differ(BinaryOp::Divide, &a, &b, op_span);
                return None;
            }
        };
        let (a, b) = (to(a.0, &base)?, to(b.0, &base)?);
        self.folded(BinaryOp::Divide, a, b, base, span)
    }

    /// The operation, computed now if both sides are constants.
    fn folded(&mut self, op: BinaryOp, a: Expr, b: Expr, ty: Type, span: Span) -> Option<Expr> {
        let result = match (a.as_literal(), b.as_literal()) {
            (Some(a), Some(b)) => apply_binary(op, a, b),
            (_, Some(divisor)) if is_zero(divisor) && divides(op) => {
                Err(cep_core::function::EvalError::DivisionByZero)
            }
            _ => return Some(Expr::new(ty, ExprKind::Binary(op, Box::new(a), Box::new(b)))),
        };
        match result {
            Ok(value) => Some(Expr::literal(value, ty)),
            Err(error) => self.constant_fails(&error.to_string(), span),
        }
    }
}

/// The type of an operation on times, if it is one.
fn time_arithmetic(op: BinaryOp, a: &Type, b: &Type) -> Option<Type> {
    Some(match (op, a, b) {
        (BinaryOp::Subtract, Type::Timestamp, Type::Timestamp) => Type::Duration,
        (BinaryOp::Add | BinaryOp::Subtract, Type::Timestamp, Type::Duration) => Type::Timestamp,
        (BinaryOp::Add, Type::Duration, Type::Timestamp) => Type::Timestamp,
        (BinaryOp::Add | BinaryOp::Subtract, Type::Duration, Type::Duration) => Type::Duration,
        (BinaryOp::Multiply, Type::Duration, Type::Int) => Type::Duration,
        (BinaryOp::Multiply, Type::Int, Type::Duration) => Type::Duration,
        _ => return None,
    })
}

fn divides(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Divide | BinaryOp::FloorDivide | BinaryOp::Remainder)
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(value) => *value == 0,
        Value::Float(value) => *value == 0.0,
        Value::Decimal(value) => value.is_zero(),
        Value::Duration(value) => value.0 == 0,
        _ => false,
    }
}
