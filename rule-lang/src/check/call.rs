//! Calls: aggregates over the window, and functions of single values.

use super::convert::{is_number, is_ordered, to};
use super::name::{Level, Scope, WindowState};
use super::narrow::where_true;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::typed::{Aggregate, Expr, ExprKind, TextPart};
use cep_core::function::Function;
use cep_core::plan::AggregateFunction;
use cep_core::value::Type;

/// The aggregates of this version.
const AGGREGATES: &[(&str, AggregateFunction)] = &[
    ("count", AggregateFunction::Count),
    ("sum", AggregateFunction::Sum),
    ("avg", AggregateFunction::Avg),
    ("min", AggregateFunction::Min),
    ("max", AggregateFunction::Max),
];

/// Aggregates of the language that are still to come.
const AGGREGATES_TO_COME: &[&str] = &[
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

/// Functions of the language that are still to come.
const FUNCTIONS_TO_COME: &[&str] = &[
    "pow",
    "sqrt",
    "ln",
    "exp",
    "matches",
    "capture",
    "replace",
    "split",
    "join",
    "substr",
    "hour",
    "day",
    "weekday",
    "truncate",
    "format",
    "sort",
    "least",
    "greatest",
    "changed",
    "int",
    "timestamp",
    "hash",
    "coalesce",
    "try",
    "fail",
    "before",
    "after",
    "meets",
    "overlaps",
    "during",
];

/// What other languages call the aggregates.
fn foreign_aggregate(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "average" | "mean" => "avg",
        "total" => "sum",
        "minimum" => "min",
        "maximum" => "max",
        "size" | "length" => "len",
        _ => return None,
    })
}

impl Scope<'_, '_> {
    pub(super) fn call(
        &mut self,
        function: &ast::Ident,
        args: &[ast::Expr],
        filter: Option<&ast::Expr>,
        span: Span,
    ) -> Option<Expr> {
        let name = function.name.as_str();
        if let Some((_, aggregate)) = AGGREGATES.iter().find(|(known, _)| *known == name) {
            return self.aggregate(*aggregate, function, args, filter);
        }
        if AGGREGATES_TO_COME.contains(&name) {
            self.out.push(
                Diagnostic::new(
                    Code::NoSuchAggregateYet,
                    format!("`{name}` is not supported in this version"),
                )
                .label(function.span, "")
                .help("the aggregates of this version are `count sum avg min max`"),
            );
            return None;
        }
        if let Some(filter) = filter {
            self.out.push(
                Diagnostic::new(Code::UnknownFunction, "only aggregates take a `where`")
                    .label(filter.span, "")
                    .label(function.span, format!("`{name}` is not one")),
            );
        }
        let known = Function::ALL.iter().any(|known| known.info().name == name);
        if !known && self.level == Level::Group {
            // It may have been meant as an aggregate; then its arguments are another matter.
            self.unknown_function(function);
            return None;
        }
        let found: Vec<Option<Expr>> = args.iter().map(|arg| self.present(arg)).collect();
        if !known {
            self.unknown_function(function);
            return None;
        }
        let found: Option<Vec<Expr>> = found.into_iter().collect();
        self.function(function, found?, args, span)
    }

    fn unknown_function(&mut self, function: &ast::Ident) {
        let name = function.name.as_str();
        if self.declared.broken.contains(name) {
            return;
        }
        let mut names: Vec<&str> = Function::ALL.iter().map(|known| known.info().name).collect();
        names.extend(AGGREGATES.iter().map(|(known, _)| *known));
        let diagnostic = if FUNCTIONS_TO_COME.contains(&name) {
            names.sort_unstable();
            names.dedup();
            Diagnostic::new(
                Code::NoSuchFunctionYet,
                format!("`{name}` is not supported in this version"),
            )
            .label(function.span, "")
            .help(format!("what can be called is `{}`", names.join(" ")))
        } else {
            let meant = foreign_aggregate(name).map(|meant| format!("write `{meant}`"));
            let clock = matches!(name, "now" | "random" | "rand" | "uuid" | "today");
            let help = if clock {
                Some("rules read no clock and no random numbers, so that the same input gives the same output".to_owned())
            } else {
                meant.or_else(|| did_you_mean(name, names))
            };
            Diagnostic::new(Code::UnknownFunction, format!("there is no function `{name}`"))
                .label(function.span, "")
                .maybe_help(help)
        };
        self.out.push(diagnostic);
    }

    fn aggregate(
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

    /// The function of this name whose parameters fit, the closest first.
    fn function(
        &mut self,
        name: &ast::Ident,
        args: Vec<Expr>,
        asts: &[ast::Expr],
        span: Span,
    ) -> Option<Expr> {
        if name.name == "string" && args.len() == 1 {
            let parts = args.into_iter().map(TextPart::Value).collect();
            return Some(Expr::new(Type::String, ExprKind::Text(parts)));
        }
        if let ("float" | "decimal", [only]) = (name.name.as_str(), args.as_slice()) {
            let base = if name.name == "float" { Type::Float } else { Type::Decimal };
            if let Some(converted) = to(only.clone(), &base) {
                return Some(converted);
            }
        }
        let named: Vec<Function> =
            Function::ALL.iter().copied().filter(|known| known.info().name == name.name).collect();
        let exact = named.iter().find(|known| {
            let parameters = known.info().parameters;
            parameters.len() == args.len()
                && parameters.iter().zip(&args).all(|(parameter, arg)| *parameter == arg.ty)
        });
        if let Some(found) = exact {
            return self.folded_call(*found, args, span);
        }
        for known in &named {
            let parameters = known.info().parameters;
            if parameters.len() != args.len() {
                continue;
            }
            let converted: Option<Vec<Expr>> = parameters
                .iter()
                .zip(&args)
                .map(|(parameter, arg)| to(arg.clone(), parameter))
                .collect();
            if let Some(converted) = converted {
                return self.folded_call(*known, converted, span);
            }
        }
        self.wrong_arguments(name, &args, asts, &named);
        None
    }

    fn folded_call(&mut self, function: Function, args: Vec<Expr>, span: Span) -> Option<Expr> {
        let info = function.info();
        let constants: Option<Vec<_>> = args.iter().map(|arg| arg.as_literal().cloned()).collect();
        match constants.map(|constants| (info.apply)(&constants)) {
            None => Some(Expr::new(info.result.clone(), ExprKind::Call(function, args))),
            Some(Ok(value)) => Some(Expr::literal(value, info.result.clone())),
            Some(Err(error)) => {
                self.out.push(
                    Diagnostic::new(Code::ConstantFails, format!("this always fails: {error}"))
                        .label(span, ""),
                );
                None
            }
        }
    }

    fn wrong_arguments(
        &mut self,
        name: &ast::Ident,
        args: &[Expr],
        asts: &[ast::Expr],
        named: &[Function],
    ) {
        let forms: Vec<String> = named
            .iter()
            .map(|known| {
                let info = known.info();
                let parameters: Vec<String> =
                    info.parameters.iter().map(ToString::to_string).collect();
                format!("`{}({})`", info.name, parameters.join(", "))
            })
            .collect();
        let counts = named.iter().any(|known| known.info().parameters.len() == args.len());
        let code = if counts { Code::ArgumentType } else { Code::ArgumentCount };
        let types: Vec<String> = args.iter().map(|arg| arg.ty.to_string()).collect();
        let mut diagnostic =
            Diagnostic::new(code, format!("there is no `{}({})`", name.name, types.join(", ")))
                .label(name.span, "");
        for (arg, ast) in args.iter().zip(asts) {
            diagnostic = diagnostic.label(ast.span, format!("this is {}", arg.ty));
        }
        self.out.push(diagnostic.help(format!("there is {}", forms.join(", "))));
    }
}
