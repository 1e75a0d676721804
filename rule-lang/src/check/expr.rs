//! Expressions: each gets its type, or a diagnostic and `None`.

use super::convert::{literal, unify};
use super::expected::as_expected;
use super::narrow::{where_false, where_true};
use super::operator::Operand;
use super::scope::Scope;
use crate::ast::{self, BinaryOp as AstOp, StringPart};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Expr, ExprKind, TextPart};
use cep_core::plan::BinaryOp;
use cep_core::value::Type;

impl Scope<'_, '_> {
    /// The typed expression; `None` if it was reported.
    pub(super) fn expr(&mut self, ast: &ast::Expr) -> Option<Expr> {
        self.expr_expecting(ast, None)
    }

    /// The typed expression where a type may be expected; see [`expected`](super::expected).
    pub(super) fn expr_expecting(
        &mut self,
        ast: &ast::Expr,
        wanted: Option<&Type>,
    ) -> Option<Expr> {
        let found = match &ast.kind {
            ast::ExprKind::Error => None,
            ast::ExprKind::Literal(value) => Some(literal(value)),
            ast::ExprKind::Interpolated(parts) => self.text(parts),
            ast::ExprKind::Name(name) => self.name(name, ast.span),
            ast::ExprKind::Member { base, name, access } => self.member(base, name, *access),
            ast::ExprKind::Index { base, indices } => self.index(base, indices),
            ast::ExprKind::List(items) => self.list(items, wanted),
            ast::ExprKind::Record(members) => self.record(members, wanted),
            ast::ExprKind::Comprehension(found) => self.comprehension(found),
            // Only ever right of `in`, where `membership` reads it.
            ast::ExprKind::Range(..) => None,
            ast::ExprKind::Unary { op, operand } => self.unary(*op, operand, ast.span),
            ast::ExprKind::Binary { op: AstOp::And, left, right, .. } => {
                self.logical(BinaryOp::And, left, right)
            }
            ast::ExprKind::Binary { op: AstOp::Or, left, right, .. } => {
                self.logical(BinaryOp::Or, left, right)
            }
            ast::ExprKind::Binary { op: AstOp::In, left, right, .. } => {
                self.membership(left, right)
            }
            ast::ExprKind::Binary { op: AstOp::Coalesce, left, right, op_span } => {
                self.coalesce(left, right, *op_span, wanted)
            }
            ast::ExprKind::Binary { op, op_span, left, right } => {
                self.binary(*op, *op_span, left, right)
            }
            ast::ExprKind::If { condition, then, otherwise } => {
                self.conditional(condition, [then, otherwise], wanted)
            }
            ast::ExprKind::Call { function, args, by, filter } if function.name == "top" => {
                self.top(function, args, by.as_deref(), filter.as_deref())
            }
            ast::ExprKind::Call { function, args, filter, .. } => {
                self.call(function, args, filter.as_deref(), ast.span)
            }
        }?;
        let found = self.narrowed(found);
        if let Some(types) = &mut self.usage.types {
            types.push((ast.span, found.ty.clone()));
        }
        Some(found)
    }

    /// What is known not to be null here loses its `?`.
    fn narrowed(&self, expr: Expr) -> Expr {
        if expr.ty.is_optional() && self.facts.contains(&expr) {
            return Expr::new(expr.ty.base().clone(), expr.kind);
        }
        expr
    }

    /// An expression with more facts known.
    fn expr_knowing(
        &mut self,
        ast: &ast::Expr,
        facts: Vec<Expr>,
        wanted: Option<&Type>,
    ) -> Option<Expr> {
        let known = self.facts.len();
        self.facts.extend(facts);
        let found = self.expr_expecting(ast, wanted);
        self.facts.truncate(known);
        found
    }

    /// An expression whose value is always there.
    pub(super) fn present(&mut self, ast: &ast::Expr) -> Option<Expr> {
        let expr = self.expr(ast)?;
        self.require_present(expr, ast.span)
    }

    /// Reports a value that may be null.
    pub(super) fn require_present(&mut self, expr: Expr, span: Span) -> Option<Expr> {
        if expr.is_null() {
            self.out.push(
                Diagnostic::new(Code::BareNull, "`null` cannot stand here")
                    .label(span, "")
                    .help("compare with `== null` or `!= null`"),
            );
            return None;
        }
        if !expr.ty.is_optional() {
            return Some(expr);
        }
        let text = self.shown(span);
        let fallback = fallback(expr.ty.base());
        self.out.push(
            Diagnostic::new(Code::OptionalUsed, format!("{text} may be null"))
                .label(span, format!("this is `{}`", expr.ty))
                .help(presence_help(text.trim_matches('`'), fallback)),
        );
        None
    }

    /// A condition: bool, and always there.
    pub(super) fn condition(&mut self, ast: &ast::Expr) -> Option<Expr> {
        let expr = self.expr(ast)?;
        if expr.ty.base() != &Type::Bool || expr.is_null() {
            let ty = if expr.is_null() { "null".to_owned() } else { expr.ty.to_string() };
            self.out.push(
                Diagnostic::new(
                    Code::NotBool,
                    format!("a condition is true or false, this is {ty}"),
                )
                .label(ast.span, "")
                .maybe_help(condition_help(&expr.ty)),
            );
            return None;
        }
        self.require_present(expr, ast.span)
    }

    fn logical(&mut self, op: BinaryOp, left: &ast::Expr, right: &ast::Expr) -> Option<Expr> {
        let left = self.condition(left);
        let mut facts = Vec::new();
        match (&left, op) {
            (Some(left), BinaryOp::And) => where_true(left, &mut facts),
            (Some(left), _) => where_false(left, &mut facts),
            (None, _) => {}
        }
        let known = self.facts.len();
        self.facts.extend(facts);
        let right = self.condition(right);
        self.facts.truncate(known);
        Some(Expr::new(Type::Bool, ExprKind::Binary(op, Box::new(left?), Box::new(right?))))
    }

    fn conditional(
        &mut self,
        condition: &ast::Expr,
        [then, otherwise]: [&ast::Expr; 2],
        wanted: Option<&Type>,
    ) -> Option<Expr> {
        let test = self.condition(condition);
        let (mut holds, mut fails) = (Vec::new(), Vec::new());
        if let Some(test) = &test {
            where_true(test, &mut holds);
            where_false(test, &mut fails);
        }
        let yes = self.expr_knowing(then, holds, wanted);
        let no = self.expr_knowing(otherwise, fails, wanted);
        let (test, yes, no) = (test?, yes?, no?);
        let (yes, no) = as_expected(yes, no, wanted);
        let may_be_null = wanted.is_some_and(Type::is_optional);
        if !may_be_null && yes.is_null() && no.is_null() {
            self.bare_null(then.span);
            return None;
        }
        let (types, spans) = ((yes.ty.clone(), no.ty.clone()), (then.span, otherwise.span));
        let Some((yes, no, base)) = unify(yes, no) else {
            self.branches_differ("both values of `if` have one type", types, spans);
            return None;
        };
        let optional = yes.ty.is_optional() || no.ty.is_optional();
        let ty = if optional { base.optional() } else { base };
        Some(Expr::new(ty, ExprKind::If(Box::new(test), Box::new(yes), Box::new(no))))
    }

    fn coalesce(
        &mut self,
        left: &ast::Expr,
        right: &ast::Expr,
        op_span: Span,
        wanted: Option<&Type>,
    ) -> Option<Expr> {
        let value = self.expr_expecting(left, wanted);
        let instead = self.expr_expecting(right, wanted);
        let help = "remove the `??` and what follows it";
        self.coalesced((value?, left.span), (instead?, right.span), op_span, wanted, help)
    }

    /// `coalesce(a, b, …)`: the first that is not null.
    pub(super) fn coalesce_all(&mut self, asts: &[ast::Expr], name: Span) -> Option<Expr> {
        let found: Vec<Option<Expr>> = asts.iter().map(|arg| self.expr(arg)).collect();
        let found: Vec<Expr> = found.into_iter().collect::<Option<_>>()?;
        let mut sides = found.into_iter().zip(asts.iter().map(|ast| ast.span)).rev();
        let mut instead = sides.next()?;
        for value in sides {
            let span = value.1.to(instead.1);
            let help = "leave out what follows it";
            instead = (self.coalesced(value, instead, name, None, help)?, span);
        }
        Some(instead.0)
    }

    fn coalesced(
        &mut self,
        (value, left): Operand,
        (instead, right): Operand,
        op_span: Span,
        wanted: Option<&Type>,
        help: &str,
    ) -> Option<Expr> {
        if value.is_null() {
            self.bare_null(left);
            return None;
        }
        if !value.ty.is_optional() {
            let text = self.shown(left);
            self.out.push(
                Diagnostic::new(Code::OperandTypes, format!("{text} is never null"))
                    .label(op_span, "this has nothing to replace")
                    .label(left, format!("this is {}", value.ty))
                    .help(help),
            );
            return None;
        }
        let (types, spans) = ((value.ty.clone(), instead.ty.clone()), (left, right));
        let (value, instead) = as_expected(value, instead, wanted);
        let Some((value, instead, base)) = unify(value, instead) else {
            self.branches_differ("what stands in for null is of another type", types, spans);
            return None;
        };
        let ty = if instead.ty.is_optional() { base.optional() } else { base };
        Some(Expr::new(
            ty,
            ExprKind::Binary(BinaryOp::Coalesce, Box::new(value), Box::new(instead)),
        ))
    }

    fn branches_differ(&mut self, title: &str, types: (Type, Type), spans: (Span, Span)) {
        if self.float_with_decimal(&types, spans) {
            return;
        }
        self.out.push(
            Diagnostic::new(Code::BranchTypes, title)
                .label(spans.1, format!("this is {}", types.1))
                .label(spans.0, format!("this is {}", types.0)),
        );
    }

    pub(super) fn bare_null(&mut self, span: Span) {
        self.out.push(
            Diagnostic::new(Code::BareNull, "the type of this `null` is not known").label(span, ""),
        );
    }

    fn text(&mut self, parts: &[StringPart]) -> Option<Expr> {
        let found: Vec<Option<TextPart>> = parts
            .iter()
            .map(|part| match part {
                StringPart::Text(text) => Some(TextPart::Literal(text.clone())),
                StringPart::Value(expr) => self.present(expr).map(TextPart::Value),
            })
            .collect();
        let found: Option<Vec<TextPart>> = found.into_iter().collect();
        Some(Expr::new(Type::String, ExprKind::Text(found?)))
    }

    /// How an expression is called in a message: its text, if that is short.
    pub(super) fn shown(&self, span: Span) -> String {
        let text = self.declared.sources.text(span);
        if text.is_empty() || text.len() > 40 || text.contains('\n') {
            "this value".to_owned()
        } else {
            format!("`{text}`")
        }
    }
}

fn presence_help(text: &str, fallback: &str) -> String {
    let text = if text == "this value" { "…" } else { text };
    format!(
        "write `{text} ?? {fallback}` to put a value in its place, or check `{text} != null and …` before"
    )
}

/// A value of this type, to show in help.
fn fallback(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "false",
        Type::Int | Type::Float | Type::Decimal => "0",
        Type::String => "''",
        Type::Timestamp => "@2026-01-01T00:00:00Z",
        Type::Duration | Type::Optional(_) => "0s",
        Type::List(_) => "[]",
        Type::Record(_) | Type::Enum(_) | Type::Json => "…",
    }
}

fn condition_help(ty: &Type) -> Option<String> {
    let help = match ty.base() {
        Type::Int | Type::Float | Type::Decimal => "compare it, as in `… > 0`",
        Type::String => "compare it, as in `… == \"text\"`",
        Type::Duration => "compare it, as in `… > 10s`",
        _ => return None,
    };
    Some(help.to_owned())
}
