//! `x in [a, b]` and `x in a..b`, whose both ends are in the range.

use super::convert::{meet, to};
use super::operand_help::literal_help;
use super::scope::Scope;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Expr, ExprKind};
use cep_core::plan::BinaryOp;
use cep_core::value::Type;

impl Scope<'_, '_> {
    /// `x in [a, b]` or `x in a..b`
    pub(super) fn membership(&mut self, needle: &ast::Expr, set: &ast::Expr) -> Option<Expr> {
        match &set.kind {
            ast::ExprKind::List(items) => self.in_list(needle, items, set.span),
            ast::ExprKind::Range(low, high) => {
                let value = self.present(needle);
                let low = self.present(low).map(|expr| (expr, low.span));
                let high = self.present(high).map(|expr| (expr, high.span));
                let (value, low, high) = (value?, low?, high?);
                let above = self.compare(
                    BinaryOp::GreaterEqual,
                    (value.clone(), needle.span),
                    low,
                    set.span,
                );
                let below = self.compare(BinaryOp::LessEqual, (value, needle.span), high, set.span);
                let kind = ExprKind::Binary(BinaryOp::And, Box::new(above?), Box::new(below?));
                Some(Expr::new(Type::Bool, kind))
            }
            _ => self.in_list_value(needle, set),
        }
    }

    fn in_list(&mut self, needle: &ast::Expr, items: &[ast::Expr], set: Span) -> Option<Expr> {
        let value = self.present(needle);
        let found: Vec<Option<Expr>> = items.iter().map(|item| self.present(item)).collect();
        let found: Option<Vec<Expr>> = found.into_iter().collect();
        let (mut value, found) = (value?, found?);
        if found.is_empty() {
            self.out.push(
                Diagnostic::new(Code::ListTypes, "this list is empty")
                    .label(set, "nothing is in it"),
            );
            return None;
        }
        for (item, ast) in found.iter().zip(items) {
            let types = (value.ty.clone(), item.ty.clone());
            if self.unknown_choice(&(value.clone(), needle.span), &(item.clone(), ast.span)) {
                return None;
            }
            match meet(&value, item) {
                Some(base) => value = to(value, &base)?,
                None => {
                    if !self.float_with_decimal(&types, (needle.span, ast.span)) {
                        self.out.push(
                            Diagnostic::new(
                                Code::ListTypes,
                                format!("{} is looked for among {}", types.0, types.1),
                            )
                            .label(ast.span, format!("this is {}", types.1))
                            .label(needle.span, format!("this is {}", types.0))
                            .maybe_help(literal_help(item, &types.0)),
                        );
                    }
                    return None;
                }
            }
        }
        let base = value.ty.clone();
        let found: Option<Vec<Expr>> = found.into_iter().map(|item| to(item, &base)).collect();
        Some(Expr::new(Type::Bool, ExprKind::In(Box::new(value), found?)))
    }
}
