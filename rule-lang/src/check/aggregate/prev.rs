//! `prev(n, agg)`: what an aggregate was n windows before.

use super::super::scope::{Before, Level, Scope};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::typed::{Expr, ExprKind};
use cep_core::value::Value;

/// The largest n, since so many windows of a key are kept.
const MOST_WINDOWS: i64 = 10_000;

impl Scope<'_, '_> {
    /// `prev(n, agg)`, where `agg` is one aggregate, or a `let` that is one.
    pub(in crate::check) fn prev(
        &mut self,
        name: &ast::Ident,
        args: &[ast::Expr],
        filter: Option<&ast::Expr>,
    ) -> Option<Expr> {
        if !self.aggregate_may_stand(name, &[]) {
            return None;
        }
        let before_is_known = self.windows_before(name);
        let ([windows, inner], None) = (args, filter) else {
            let help = match (args, filter) {
                (_, Some(_)) => "a `where` stands with the aggregate: `prev(1, sum(x where ok))`",
                _ => "it is `prev(n, agg)`: what `agg` was n windows ago, as in `prev(1, sum(x))`",
            };
            self.out.push(
                Diagnostic::new(
                    Code::ArgumentCount,
                    "`prev` takes a number of windows and an aggregate",
                )
                .label(name.span, "")
                .help(help),
            );
            return None;
        };
        let found_windows = self.expr(windows);
        let found = self.expr(inner);
        let number = match found_windows?.as_literal() {
            Some(Value::Int(number)) if (1..=MOST_WINDOWS).contains(number) => {
                u32::try_from(*number).ok()
            }
            _ => None,
        };
        if number.is_none() {
            self.out.push(
                Diagnostic::new(
                    Code::ArgumentConstant,
                    "how many windows ago is a number from 1 to 10,000, written out",
                )
                .label(windows.span, "this is not")
                .help("write it as in `prev(1, sum(x))`"),
            );
        }
        let found = found?;
        if !self.is_aggregate(&found) {
            self.not_one_aggregate(inner);
            return None;
        }
        let ty = found.ty.clone().optional();
        before_is_known.then_some(Expr::new(ty, ExprKind::Previous(number?, Box::new(found))))
    }

    /// Whether this is one aggregate, by a name or not.
    fn is_aggregate(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Aggregate(_) => true,
            ExprKind::Let(at) => {
                let value = self.lets.get(*at as usize).and_then(|found| found.value.as_ref());
                value.is_some_and(|value| self.is_aggregate(value))
            }
            _ => false,
        }
    }

    /// Whether the rule knows the windows before; reports it if not.
    fn windows_before(&mut self, name: &ast::Ident) -> bool {
        let (title, span, label, help) = match self.before {
            _ if self.level != Level::Group => return true,
            Before::Known => return true,
            Before::None(span) => (
                "this window has no windows before it",
                span,
                "its windows do not stand side by side",
                "write `tumbling(…)`, `hopping(…)` or `every(n)`",
            ),
            Before::Revised(span) => (
                "the windows before may still be revised",
                span,
                "keeps windows open for revisions",
                "remove `allow` and give the stream a larger `lateness`",
            ),
            Before::Open(span) => (
                "the windows before may not be over yet",
                span,
                "judges a window before it closes",
                "remove `early`",
            ),
        };
        self.out.push(
            Diagnostic::new(Code::PrevPlace, title)
                .label(name.span, "")
                .label(span, label)
                .help(help),
        );
        false
    }

    /// Reports that what `prev` is to give is not one aggregate.
    fn not_one_aggregate(&mut self, inner: &ast::Expr) {
        let help = match &inner.kind {
            ast::ExprKind::Call { function, .. } if function.name == "rate" => {
                "take the count or the sum, and divide: `prev(1, count()) / 60`"
            }
            ast::ExprKind::Call { function, .. } if function.name == "prev" => {
                "add up how many windows ago: `prev(2, …)`"
            }
            _ => "take it of each aggregate, as in `prev(1, sum(x)) / prev(1, count())`",
        };
        self.out.push(
            Diagnostic::new(Code::ArgumentType, "`prev` takes one aggregate")
                .label(inner.span, "this is something else")
                .help(help),
        );
    }
}
