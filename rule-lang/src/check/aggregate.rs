//! Aggregates over the window: where they may stand, what they take and what they give.

use super::convert::{is_number, is_ordered};
use super::narrow::where_true;
use super::scope::{Level, Scope, WindowState};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Aggregate, Expr, ExprKind};
use cep_core::plan::AggregateFunction;
use cep_core::value::Type;

impl Scope<'_, '_> {
    pub(super) fn aggregate(
        &mut self,
        function: AggregateFunction,
        name: &ast::Ident,
        args: &[ast::Expr],
        filter: Option<&ast::Expr>,
    ) -> Option<Expr> {
        if !self.aggregate_may_stand(name) {
            return None;
        }
        let known = self.facts.len();
        self.level = Level::Inside;
        let condition = filter.map(|filter| self.condition(filter));
        if let Some(Some(condition)) = &condition {
            let mut facts = Vec::new();
            where_true(condition, &mut facts);
            self.facts.extend(facts);
        }
        let inputs: Vec<Option<Expr>> = args.iter().map(|arg| self.expr(arg)).collect();
        self.level = Level::Group;
        self.facts.truncate(known);
        let wanted = if function == AggregateFunction::Count { 0..=1 } else { 1..=1 };
        if !wanted.contains(&args.len()) {
            self.aggregate_arguments(name, args.len());
            return None;
        }
        let filter = match condition {
            Some(condition) => Some(condition?),
            None => None,
        };
        let input = match (inputs.into_iter().next(), args.first()) {
            (Some(input), Some(ast)) => Some((input?, ast)),
            _ => None,
        };
        let ty = self.aggregate_type(function, name, input.as_ref(), filter.as_ref())?;
        let call = Aggregate { function, input: input.map(|(input, _)| input), filter };
        Some(Expr::new(ty, ExprKind::Aggregate(Box::new(call))))
    }

    fn aggregate_may_stand(&mut self, name: &ast::Ident) -> bool {
        let (code, title, help) = match (self.level, self.window) {
            (Level::Group, _) => return true,
            (Level::Inside, _) => (
                Code::AggregateNested,
                format!("`{}` stands inside another aggregate", name.name),
                "an aggregate reads events; compute with two aggregates side by side",
            ),
            (Level::Row, WindowState::Without) => (
                Code::AggregateOutside,
                format!("`{}` needs a window to aggregate", name.name),
                "add one above, as in `window tumbling(10s)`",
            ),
            (Level::Row, _) => (
                Code::AggregateOutside,
                format!("`{}` stands before the window", name.name),
                "conditions on aggregates are written `when …`, below `window`",
            ),
        };
        self.out.push(Diagnostic::new(code, title).label(name.span, "").help(help));
        false
    }

    fn aggregate_arguments(&mut self, name: &ast::Ident, found: usize) {
        let help = match (name.name.as_str(), found) {
            ("count", _) => {
                "write `count()`, or `count(x)` for events whose `x` is not null".to_owned()
            }
            (other, 0) => format!("say of what: `{other}(field)`"),
            (other, _) => format!("write one `{other}(…)` for each value"),
        };
        self.out.push(
            Diagnostic::new(
                Code::ArgumentCount,
                format!("`{}` aggregates one value, not {found}", name.name),
            )
            .label(name.span, "")
            .help(help),
        );
    }

    fn aggregate_type(
        &mut self,
        function: AggregateFunction,
        name: &ast::Ident,
        input: Option<&(Expr, &ast::Expr)>,
        filter: Option<&Expr>,
    ) -> Option<Type> {
        let Some((input, ast)) = input else { return Some(Type::Int) };
        if input.is_null() {
            self.out.push(
                Diagnostic::new(Code::BareNull, "there is nothing to aggregate in `null`")
                    .label(ast.span, ""),
            );
            return None;
        }
        let base = input.ty.base();
        let result = match function {
            AggregateFunction::Count => return Some(Type::Int),
            AggregateFunction::Sum if is_number(base) || base == &Type::Duration => {
                return Some(base.clone());
            }
            AggregateFunction::Avg if matches!(base, Type::Float | Type::Duration) => base.clone(),
            AggregateFunction::Avg if is_number(base) => Type::Decimal,
            AggregateFunction::Min | AggregateFunction::Max if is_ordered(base) => base.clone(),
            _ => {
                self.cannot_aggregate(name, ast.span, &input.ty);
                return None;
            }
        };
        let may_be_null =
            input.ty.is_optional() || filter.is_some() || self.window == WindowState::MayBeEmpty;
        Some(if may_be_null { result.optional() } else { result })
    }

    fn cannot_aggregate(&mut self, name: &ast::Ident, span: Span, ty: &Type) {
        let help = match (name.name.as_str(), ty.base()) {
            ("sum" | "avg" | "min" | "max", Type::Bool) => {
                Some("count the events where it holds: `count(where …)`")
            }
            ("sum", Type::String) => Some("count the events: `count()`"),
            _ => None,
        };
        self.out.push(
            Diagnostic::new(Code::ArgumentType, format!("`{}` does not take {ty}", name.name))
                .label(span, format!("this is {ty}"))
                .maybe_help(help.map(str::to_owned)),
        );
    }
}

/// The aggregates of this version.
pub(super) const AGGREGATES: &[(&str, AggregateFunction)] = &[
    ("count", AggregateFunction::Count),
    ("sum", AggregateFunction::Sum),
    ("avg", AggregateFunction::Avg),
    ("min", AggregateFunction::Min),
    ("max", AggregateFunction::Max),
];

/// The names of the aggregates.
pub(crate) fn aggregate_names() -> impl Iterator<Item = &'static str> {
    AGGREGATES.iter().map(|(name, _)| *name)
}

/// Aggregates of the language that are still to come.
pub(super) const AGGREGATES_TO_COME: &[&str] = &[
    "first",
    "last",
    "nth",
    "prev",
    "stddev",
    "variance",
    "median",
    "percentile",
    "count_distinct",
    "top",
    "max_by",
    "min_by",
    "collect",
    "rate",
    "any",
    "all",
    "corr",
    "slope",
    "ema",
    "delta",
];

/// What other languages call the aggregates.
pub(super) fn foreign_aggregate(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "average" | "mean" => "avg",
        "total" => "sum",
        "minimum" => "min",
        "maximum" => "max",
        "size" | "length" => "len",
        _ => return None,
    })
}
