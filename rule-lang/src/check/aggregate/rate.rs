//! `rate()` and `rate(x)`: a count or a sum, divided by the window's length in seconds.

use crate::ast;
use crate::check::convert::to;
use crate::check::scope::{Length, Scope};
use crate::typed::{Expr, ExprKind};
use cep_core::function::Function;
use cep_core::plan::{AggregateFunction, BinaryOp};
use cep_core::time::Span;
use cep_core::value::{Type, Value};

impl Scope<'_, '_> {
    /// A rate; null where a window that goes from its first event to its last is of one instant.
    pub(in crate::check) fn rate(
        &mut self,
        name: &ast::Ident,
        args: &[ast::Expr],
        filter: Option<&ast::Expr>,
    ) -> Option<Expr> {
        let function =
            if args.is_empty() { AggregateFunction::Count } else { AggregateFunction::Sum };
        let total = self.aggregate(function, name, args, filter)?;
        if let (Type::Duration, Some(arg)) = (total.ty.base(), args.first()) {
            self.cannot_aggregate(name, arg.span, &total.ty);
            return None;
        }
        let (start, end) = (bound(ExprKind::WindowStart), bound(ExprKind::WindowEnd));
        let length = binary(BinaryOp::Subtract, end, start, Type::Duration);
        let second = Expr::literal(Value::Duration(Span::from_secs(1)), Type::Bool);
        let seconds = binary(BinaryOp::Divide, length, second, Type::Decimal);
        let rate = if total.ty == Type::Float {
            let seconds =
                Expr::new(Type::Float, ExprKind::Call(Function::FloatOfDecimal, vec![seconds]));
            binary(BinaryOp::Divide, total, seconds, Type::Float)
        } else {
            binary(BinaryOp::Divide, to(total, &Type::Decimal)?, seconds, Type::Decimal)
        };
        Some(match self.length {
            Length::Given => rate,
            Length::FirstToLast => null_at_one_instant(rate),
        })
    }
}

fn null_at_one_instant(rate: Expr) -> Expr {
    let (start, end) = (bound(ExprKind::WindowStart), bound(ExprKind::WindowEnd));
    let one_instant = binary(BinaryOp::Equal, start, end, Type::Bool);
    let ty = rate.ty.clone().optional();
    let null = Expr::literal(Value::Null, ty.clone());
    Expr::new(ty, ExprKind::If(Box::new(one_instant), Box::new(null), Box::new(rate)))
}

fn bound(kind: ExprKind) -> Expr {
    Expr::new(Type::Timestamp, kind)
}

fn binary(op: BinaryOp, left: Expr, right: Expr, ty: Type) -> Expr {
    Expr::new(ty, ExprKind::Binary(op, Box::new(left), Box::new(right)))
}
