//! Between types: what converts silently, what meets what, and constants.

use crate::ast::Literal;
use crate::typed::{Expr, ExprKind};
use cep_core::function::Function;
use cep_core::plan::BinaryOp;
use cep_core::time::{EventTime, Span};
use cep_core::value::{Decimal, Type, Value, compact_json};

/// A literal as a typed value of its own type.
pub(super) fn literal(literal: &Literal) -> Expr {
    let value = match literal {
        // The type of null is open until it meets another; see `Expr::is_null`.
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Decimal(value) => Value::Decimal(*value),
        Literal::Float(bits) => Value::Float(f64::from_bits(*bits)),
        Literal::Duration(us) => Value::Duration(Span(*us)),
        Literal::Timestamp(us) => Value::Timestamp(EventTime(*us)),
        Literal::String(text) => Value::text(text.as_str()),
        Literal::Json(text) => Value::Json(compact_json(text).into()),
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
    if expr.is_never() {
        return Some(Expr::new(base.clone(), expr.kind));
    }
    if let (Type::Enum(_), Type::String) = (expr.ty.base(), base) {
        let ty = if expr.ty.is_optional() { Type::String.optional() } else { Type::String };
        return Some(Expr::new(ty, expr.kind));
    }
    if let (Type::Enum(texts), Some(Value::Text(text))) = (base, expr.as_literal()) {
        let known = texts.iter().any(|known| **known == **text);
        return known.then(|| Expr::new(base.clone(), expr.kind));
    }
    match (base, expr.kind.clone()) {
        (Type::List(element), ExprKind::List(items)) => {
            let items: Option<Vec<Expr>> =
                items.into_iter().map(|item| part_to(item, element)).collect();
            return items.map(|items| Expr::new(base.clone(), ExprKind::List(items)));
        }
        (Type::Record(fields), ExprKind::Record(members)) => {
            let known = |name: &String| fields.iter().any(|(other, _)| other == name);
            if !members.iter().all(|(name, _)| known(name)) {
                return None;
            }
            let member = |(name, ty): &(String, Type)| {
                let found = members.iter().find(|(known, _)| known == name);
                // A member that may be null may be left out.
                let null = || Expr::literal(Value::Null, ty.base().clone());
                let found = found.map_or_else(null, |(_, found)| found.clone());
                Some((name.clone(), part_to(found, ty)?))
            };
            let members: Option<Vec<_>> = fields.iter().map(member).collect();
            return members.map(|members| Expr::new(base.clone(), ExprKind::Record(members)));
        }
        _ => {}
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

/// A part of a list or record, which is null only where that is allowed.
pub(super) fn part_to(part: Expr, ty: &Type) -> Option<Expr> {
    to(part, ty.base()).filter(|part| ty.is_optional() || !part.ty.is_optional())
}

fn float_of(value: &Decimal) -> Option<Value> {
    value.to_string().parse::<f64>().ok().filter(|float| float.is_finite()).map(Value::Float)
}

/// The base type in which two expressions meet, if there is one.
pub(super) fn meet(left: &Expr, right: &Expr) -> Option<Type> {
    let (a, b) = (left.ty.base(), right.ty.base());
    let open = |expr: &Expr, other: &Type| {
        expr.is_null()
            || expr.is_never()
            || (expr.is_empty_list() && matches!(other, Type::List(_)))
    };
    if open(left, b) {
        return Some(b.clone());
    }
    if open(right, a) || a == b {
        return Some(a.clone());
    }
    let is_choice = |texts: &[String], expr: &Expr| match expr.as_literal() {
        Some(Value::Text(text)) => texts.iter().any(|known| **known == **text),
        _ => false,
    };
    match (a, b) {
        (Type::Enum(texts), Type::String) if is_choice(texts, right) => Some(a.clone()),
        (Type::String, Type::Enum(texts)) if is_choice(texts, left) => Some(b.clone()),
        (Type::Enum(_), Type::String | Type::Enum(_)) | (Type::String, Type::Enum(_)) => {
            Some(Type::String)
        }
        (Type::Int, Type::Decimal) | (Type::Decimal, Type::Int) => Some(Type::Decimal),
        (Type::Int, Type::Float) | (Type::Float, Type::Int) => Some(Type::Float),
        (Type::List(_), Type::List(_)) | (Type::Record(_), Type::Record(_)) => {
            let fits = |expr: &Expr, ty: &Type| to(expr.clone(), ty).is_some();
            if fits(right, a) { Some(a.clone()) } else { fits(left, b).then(|| b.clone()) }
        }
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
