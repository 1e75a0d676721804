//! `top(n, k by agg)`: groups inside the window, ranked by another aggregate over each of them.

use super::super::convert::is_ordered;
use super::super::scope::Scope;
use super::{Written, aggregate_of};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Aggregate, Expr, ExprKind};
use cep_core::plan::{AggregateFunction, BinaryOp, RankedBy};
use cep_core::value::Type;

/// What stands after `by`.
struct Ranking<'e> {
    function: AggregateFunction,
    name: &'e ast::Ident,
    args: &'e [ast::Expr],
    filter: Option<&'e ast::Expr>,
}

impl Scope<'_, '_> {
    /// `top(n, k by agg [where c])`. A row counts if it counts for the aggregate, its own `where`
    /// included.
    pub(in crate::check) fn top(
        &mut self,
        name: &ast::Ident,
        args: &[ast::Expr],
        by: Option<&ast::Expr>,
        filter: Option<&ast::Expr>,
    ) -> Option<Expr> {
        if !self.aggregate_may_stand(name, &[]) {
            return None;
        }
        let (Some(by), [count, key]) = (by, args) else {
            self.top_form(name, args.len(), by.is_some());
            return None;
        };
        let Some(ranking) = ranking(by) else {
            self.not_ranking(by);
            return None;
        };
        let Ranking { function, name: by_name, args, filter: of_ranking } = ranking;
        let (condition, (found_count, found_key, written)) = self.where_counted(filter, |scope| {
            let found = (scope.expr(count), scope.expr(key));
            (found.0, found.1, scope.written(function, by_name, args, of_ranking))
        });
        let Written { mut inputs, filter: also } = written?;
        let count = self.constant(AggregateFunction::Top, name, &found_count?, count.span)?;
        let found_key = found_key?;
        self.group_key(&found_key, key)?;
        let arguments = self.constants(function, by_name, &mut inputs)?;
        let ty = self.aggregate_type(function, by_name, &mut inputs, None)?.base().clone();
        if !is_ordered(&ty) {
            self.unranked(by.span, &ty);
            return None;
        }
        let filter = match condition {
            Some(condition) => Some(condition?),
            None => None,
        };
        let both = |one, other| {
            let and = ExprKind::Binary(BinaryOp::And, Box::new(one), Box::new(other));
            Expr::new(Type::Bool, and)
        };
        let filter = match (filter, also) {
            (Some(filter), Some(also)) => Some(both(filter, also)),
            (filter, also) => filter.or(also),
        };
        let members = [("key", found_key.ty.base()), ("value", &ty)];
        let members = members.map(|(name, ty)| (name.to_owned(), ty.clone()));
        let inputs = std::iter::once(found_key).chain(inputs.into_iter().map(|(input, _)| input));
        let call = Aggregate {
            function: AggregateFunction::Top,
            inputs: inputs.collect(),
            arguments: vec![count],
            filter,
            ranked_by: Some(RankedBy { function, arguments, ty }),
        };
        let ty = Type::Record(members.into()).list();
        Some(Expr::new(ty, ExprKind::Aggregate(Box::new(call))))
    }

    /// Reports that something is missing, or too much.
    fn top_form(&mut self, name: &ast::Ident, found: usize, ranked: bool) {
        let title = match (found, ranked) {
            (0..=2, false) => "`top` does not say by what it ranks",
            (0 | 1, true) => "`top` does not say how many of what it ranks",
            _ => "`top` takes how many, and of what",
        };
        self.out.push(
            Diagnostic::new(Code::ArgumentCount, title)
                .label(name.span, "")
                .help("it is `top(n, k by agg)`, as in `top(10, product by sum(amount))`"),
        );
    }

    /// Reports that what stands after `by` is not an aggregate that groups can be ranked by.
    fn not_ranking(&mut self, by: &ast::Expr) {
        let help = match &by.kind {
            ast::ExprKind::Call { function, .. } if function.name == "rate" => {
                "rank by `count()` or `sum(x)`: the order is the same"
            }
            ast::ExprKind::Name(_) => "write an aggregate, as in `by sum(x)` or `by max(x)`",
            _ => "rank by one of `count sum avg min max last median percentile count_distinct`",
        };
        self.out.push(
            Diagnostic::new(Code::ArgumentType, "`top` ranks by one aggregate over one value")
                .label(by.span, "this is something else")
                .help(help),
        );
    }

    /// Reports values that have no order.
    fn unranked(&mut self, span: Span, ty: &Type) {
        self.out.push(
            Diagnostic::new(Code::ArgumentType, format!("{ty} has no order to rank by"))
                .label(span, format!("this is {ty}"))
                .help("rank by a number, a text or a time"),
        );
    }

    /// Reports a key of groups that is `null`, or made of other values.
    fn group_key(&mut self, key: &Expr, ast: &ast::Expr) -> Option<()> {
        self.not_null(key, ast)?;
        if !key.ty.is_structured() {
            return Some(());
        }
        self.out.push(
            Diagnostic::new(Code::ArgumentType, format!("`top` does not group by {}", key.ty))
                .label(ast.span, format!("this is {}", key.ty))
                .help("group by a member of it, or by a text, a number or a time"),
        );
        None
    }
}

/// What groups are ranked by, if it is an aggregate over one value that every group has.
fn ranking(by: &ast::Expr) -> Option<Ranking<'_>> {
    use AggregateFunction as Of;
    let ast::ExprKind::Call { function: name, args, filter, .. } = &by.kind else { return None };
    let function = aggregate_of(&name.name)?;
    // The others read two values, give none of a group that is small, or give what has no order.
    let ranks = !matches!(
        function,
        Of::MaxBy
            | Of::MinBy
            | Of::Corr
            | Of::Slope
            | Of::Nth
            | Of::Collect
            | Of::Any
            | Of::All
            | Of::Top
    );
    ranks.then_some(Ranking { function, name, args, filter: filter.as_deref() })
}
