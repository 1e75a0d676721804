//! Between types: what converts silently, what meets what, and constants.

use crate::ast::Literal;
use crate::typed::{Expr, ExprKind};
use cep_core::function::Function;
use cep_core::plan::BinaryOp;
use cep_core::time::{EventTime, Span};
use cep_core::value::{Decimal, Type, Value};

/// A literal as a typed value of its own type.
pub(super) fn literal(literal: &Literal) -> Expr {
    let value = match literal {
        // The type of null is open until it meets another; see `Expr::is_null`.
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Decimal(value) => Value::Decimal(*value),
        Literal::Duration(us) => Value::Duration(Span(*us)),
        Literal::Timestamp(us) => Value::Timestamp(EventTime(*us)),
        Literal::String(text) => Value::text(text.as_str()),
    };
    Expr::literal(value, Type::Bool)
}

/// The value a literal has where `ty` is expected, if it fits: an int is a decimal or float too, a
/// decimal a float, null any optional.
pub(super) fn literal_of_type(found: &Literal, ty: &Type) -> Option<Value> {
    let expr = literal(found);
    if expr.is_null() {
        return ty.is_optional().then_some(Value::Null);
    }
    to(expr, ty.base()).and_then(|expr| expr.as_literal().cloned())
}

/// The expression as `base` (which is not optional), if it converts silently: int to decimal or
/// float, and the literal of a decimal to float. What may be null stays so.
pub(super) fn to(expr: Expr, base: &Type) -> Option<Expr> {
    if expr.is_null() {
        return Some(Expr::literal(Value::Null, base.clone()));
    }
    if expr.ty.base() == base {
        return Some(expr);
    }
    if let Some(value) = expr.as_literal() {
        let value = match (value, base) {
            (Value::Int(value), Type::Decimal) => Value::Decimal(Decimal::from(*value)),
            (Value::Int(value), Type::Float) => float_of(&Decimal::from(*value))?,
            (Value::Decimal(value), Type::Float) => float_of(value)?,
            _ => return None,
        };
        return Some(Expr::literal(value, base.clone()));
    }
    let function = match (expr.ty.base(), base) {
        (Type::Int, Type::Decimal) => Function::DecimalOfInt,
        (Type::Int, Type::Float) => Function::FloatOfInt,
        _ => return None,
    };
    let optional = expr.ty.is_optional();
    let present = Expr::new(expr.ty.base().clone(), expr.kind.clone());
    let converted = Expr::new(base.clone(), ExprKind::Call(function, vec![present]));
    if !optional {
        return Some(converted);
    }
    let null = Expr::literal(Value::Null, expr.ty.base().clone());
    let absent =
        Expr::new(Type::Bool, ExprKind::Binary(BinaryOp::Equal, Box::new(expr), Box::new(null)));
    let none = Expr::literal(Value::Null, base.clone());
    let kind = ExprKind::If(Box::new(absent), Box::new(none), Box::new(converted));
    Some(Expr::new(base.clone().optional(), kind))
}

fn float_of(value: &Decimal) -> Option<Value> {
    value.to_string().parse::<f64>().ok().filter(|float| float.is_finite()).map(Value::Float)
}

/// The base type in which two expressions meet, if there is one.
pub(super) fn meet(left: &Expr, right: &Expr) -> Option<Type> {
    let (a, b) = (left.ty.base(), right.ty.base());
    if left.is_null() {
        return Some(b.clone());
    }
    if right.is_null() || a == b {
        return Some(a.clone());
    }
    match (a, b) {
        (Type::Int, Type::Decimal) | (Type::Decimal, Type::Int) => Some(Type::Decimal),
        (Type::Int, Type::Float) | (Type::Float, Type::Int) => Some(Type::Float),
        (Type::Float, Type::Decimal) if right.as_literal().is_some() => Some(Type::Float),
        (Type::Decimal, Type::Float) if left.as_literal().is_some() => Some(Type::Float),
        _ => None,
    }
}

/// Both expressions in the type in which they meet.
pub(super) fn unify(left: Expr, right: Expr) -> Option<(Expr, Expr, Type)> {
    let base = meet(&left, &right)?;
    let left = to(left, &base)?;
    let right = to(right, &base)?;
    Some((left, right, base))
}

/// Whether this is a number.
pub(super) fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Float | Type::Decimal)
}

/// Whether values of this type are ordered for `<` and the like.
pub(super) fn is_ordered(ty: &Type) -> bool {
    is_number(ty) || matches!(ty, Type::String | Type::Timestamp | Type::Duration)
}
