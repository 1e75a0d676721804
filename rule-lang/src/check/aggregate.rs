//! Aggregates over the window: where they may stand, what they take and what they give.

use super::convert::{is_number, is_ordered, to, unify};
use super::narrow::where_true;
use super::scope::{Level, Scope, Silence, WhenState, WindowState};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Aggregate, Expr, ExprKind};
use cep_core::function::Function;
use cep_core::plan::{AggregateFunction, BinaryOp};
use cep_core::value::{Decimal, Type, Value};

/// What is written between the parentheses of an aggregate, typed.
struct Written<'e> {
    inputs: Vec<(Expr, &'e ast::Expr)>,
    filter: Option<Expr>,
}

impl Scope<'_, '_> {
    pub(super) fn aggregate(
        &mut self,
        function: AggregateFunction,
        name: &ast::Ident,
        args: &[ast::Expr],
        filter: Option<&ast::Expr>,
    ) -> Option<Expr> {
        if let (AggregateFunction::Last, [arg], None) = (function, args, filter)
            && self.silence == Silence::Asked
            && self.level == Level::Row
            && self.when == WhenState::Known
        {
            return self.expr(arg);
        }
        if !self.aggregate_may_stand(name) {
            return None;
        }
        let Written { mut inputs, filter } = self.written(function, name, args, filter)?;
        let constant = if takes_constant(function) { inputs.pop() } else { None };
        if let Some((_, ast)) = inputs.iter().find(|(input, _)| input.is_null()) {
            self.out.push(
                Diagnostic::new(Code::BareNull, "there is nothing to aggregate in `null`")
                    .label(ast.span, ""),
            );
            return None;
        }
        let arguments = match &constant {
            Some((constant, ast)) => vec![self.constant(function, name, constant, ast.span)?],
            None => Vec::new(),
        };
        let ty = self.aggregate_type(function, name, &mut inputs, filter.as_ref())?;
        let inputs = inputs.into_iter().map(|(input, _)| input).collect();
        let call = Aggregate { function, inputs, arguments, filter };
        Some(Expr::new(ty, ExprKind::Aggregate(Box::new(call))))
    }

    /// The inputs and the filter of an aggregate, if there are as many as it takes.
    fn written<'e>(
        &mut self,
        function: AggregateFunction,
        name: &ast::Ident,
        args: &'e [ast::Expr],
        filter: Option<&ast::Expr>,
    ) -> Option<Written<'e>> {
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
        let wanted = match function {
            AggregateFunction::Count => 0..=1,
            AggregateFunction::MaxBy | AggregateFunction::MinBy | AggregateFunction::Corr => 2..=2,
            _ if takes_constant(function) => 2..=2,
            _ => 1..=1,
        };
        if !wanted.contains(&args.len()) {
            self.aggregate_arguments(function, name, args.len());
            return None;
        }
        let filter = match condition {
            Some(condition) => Some(condition?),
            None => None,
        };
        let inputs: Option<Vec<Expr>> = inputs.into_iter().collect();
        Some(Written { inputs: inputs?.into_iter().zip(args).collect(), filter })
    }

    /// `rate()` and `rate(x)`: a count or a sum, divided by the window's length in seconds.
    pub(super) fn rate(
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
        let binary = |op, left, right, ty| {
            Expr::new(ty, ExprKind::Binary(op, Box::new(left), Box::new(right)))
        };
        let bound = |kind| Expr::new(Type::Timestamp, kind);
        let (start, end) = (bound(ExprKind::WindowStart), bound(ExprKind::WindowEnd));
        let length = binary(BinaryOp::Subtract, end, start, Type::Duration);
        let second = Expr::literal(Value::Duration(cep_core::time::Span::from_secs(1)), Type::Bool);
        let seconds = binary(BinaryOp::Divide, length, second, Type::Decimal);
        if total.ty == Type::Float {
            let seconds =
                Expr::new(Type::Float, ExprKind::Call(Function::FloatOfDecimal, vec![seconds]));
            return Some(binary(BinaryOp::Divide, total, seconds, Type::Float));
        }
        Some(binary(BinaryOp::Divide, to(total, &Type::Decimal)?, seconds, Type::Decimal))
    }

    /// The constant argument of an aggregate, in the form in which the plan has it.
    fn constant(
        &mut self,
        function: AggregateFunction,
        name: &ast::Ident,
        found: &Expr,
        span: Span,
    ) -> Option<Value> {
        let (value, wanted, example) = match function {
            AggregateFunction::Percentile => {
                let percent = to(found.clone(), &Type::Decimal);
                let percent = percent.and_then(|it| it.as_literal().cloned()).filter(|it| {
                    matches!(it, Value::Decimal(p) if (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(p))
                });
                (percent, "a percentile is a number from 0 to 100", "percentile(x, 95)")
            }
            AggregateFunction::Ema => {
                let span = found.as_literal().cloned();
                let span = span.filter(|it| matches!(it, Value::Duration(span) if span.0 > 0));
                (span, "a half-life is a duration longer than 0", "ema(x, 30s)")
            }
            _ => {
                let (wanted, example) = match function {
                    AggregateFunction::Collect => {
                        ("a limit is a number from 1 to 10,000", "collect(x, 100)")
                    }
                    _ => ("a place is a number from 1 to 10,000", "nth(x, 3)"),
                };
                let place = found.as_literal().cloned().filter(
                    |it| matches!(it, Value::Int(place) if (1..=MOST_KEPT).contains(place)),
                );
                (place, wanted, example)
            }
        };
        if let Some(Value::Decimal(percent)) = &value
            && *percent > Decimal::ZERO
            && *percent < Decimal::ONE
        {
            let meant = (percent * Decimal::ONE_HUNDRED).normalize();
            self.out.push(
                Diagnostic::new(
                    Code::PercentFraction,
                    format!("this is less than one percent of the values: {percent} of 100"),
                )
                .label(span, "")
                .help(format!("percent are counted from 0 to 100: was `{meant}` meant?")),
            );
        }
        if value.is_none() {
            let label = match found.as_literal() {
                Some(_) => "this is not",
                None => "this is not a literal",
            };
            self.out.push(
                Diagnostic::new(Code::ArgumentConstant, format!("{wanted}, written out"))
                    .label(span, label)
                    .help(format!("write it as in `{example}`"))
                    .label(name.span, ""),
            );
        }
        value
    }

    fn aggregate_may_stand(&mut self, name: &ast::Ident) -> bool {
        let (code, title, help) = match (self.level, self.window) {
            _ if self.function.is_some() => (
                Code::AggregateOutside,
                format!("`{}` cannot stand in a function", name.name),
                "take its value as an argument, and aggregate where the function is called",
            ),
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

    fn aggregate_arguments(
        &mut self,
        function: AggregateFunction,
        name: &ast::Ident,
        found: usize,
    ) {
        use AggregateFunction as Of;
        let text = name.name.as_str();
        let help = match (function, found) {
            (Of::Count, _) => {
                "write `count()`, or `count(x)` for events whose `x` is not null".to_owned()
            }
            (Of::Percentile, 1) => format!("say which one, as in `{text}(x, 95)`"),
            (Of::Ema, 1) => format!("say how fast the weights halve, as in `{text}(x, 30s)`"),
            (Of::Collect, 1) => {
                format!("say how many at most are kept, as in `{text}(x, 100)`")
            }
            (Of::Nth, 1) => format!("say which one, counted from 1, as in `{text}(x, 3)`"),
            (Of::MaxBy | Of::MinBy, 1) => {
                format!("say by what, as in `{text}(x, y)`: the x of the event with that y")
            }
            (Of::Corr, 1) => format!("say with what, as in `{text}(x, y)`"),
            (Of::Any | Of::All, 0) => format!("say what should hold, as in `{text}(x > 0)`"),
            (_, 0) => {
                format!("say of what: `{}`", function.info().signature.replace("(x", "(field"))
            }
            (Of::MaxBy | Of::MinBy | Of::Corr, _) => {
                format!("it is `{}`", function.info().signature)
            }
            (_, _) if takes_constant(function) => {
                format!("it is `{}`", function.info().signature)
            }
            _ => format!("write one `{text}(…)` for each value"),
        };
        let title = match function {
            Of::MaxBy | Of::MinBy | Of::Corr => format!("`{text}` takes two values, not {found}"),
            _ if takes_constant(function) => {
                format!("`{text}` takes a value and a constant, not {found} in all")
            }
            _ => format!("`{text}` aggregates one value, not {found}"),
        };
        self.out.push(Diagnostic::new(Code::ArgumentCount, title).label(name.span, "").help(help));
    }

    fn aggregate_type(
        &mut self,
        function: AggregateFunction,
        name: &ast::Ident,
        inputs: &mut Vec<(Expr, &ast::Expr)>,
        filter: Option<&Expr>,
    ) -> Option<Type> {
        use AggregateFunction as Of;
        let Some((input, ast)) = inputs.first() else { return Some(Type::Int) };
        let base = input.ty.base();
        let mean =
            if is_number(base) && base != &Type::Float { Type::Decimal } else { base.clone() };
        let span = base == &Type::Duration;
        let result = match function {
            Of::Count | Of::CountDistinct => return Some(Type::Int),
            Of::Collect => return Some(Type::List(Box::new(base.clone()))),
            Of::Sum if is_number(base) || span => return Some(base.clone()),
            Of::Any | Of::All if base == &Type::Bool => return Some(Type::Bool),
            Of::Avg | Of::Ema | Of::Median | Of::Stddev if is_number(base) || span => mean,
            Of::Variance | Of::Slope if is_number(base) => mean,
            Of::Percentile | Of::Delta if is_number(base) || span => base.clone(),
            Of::Delta if base == &Type::Timestamp => Type::Duration,
            Of::Min | Of::Max if is_ordered(base) => base.clone(),
            Of::First | Of::Last | Of::Nth => base.clone(),
            Of::MaxBy | Of::MinBy => {
                let base = base.clone();
                self.ordered_second(name, inputs)?;
                base
            }
            Of::Corr => {
                self.two_numbers(name, inputs)?;
                Type::Float
            }
            _ => {
                let (ty, span) = (input.ty.clone(), ast.span);
                self.cannot_aggregate(name, span, &ty);
                return None;
            }
        };
        let may_be_null = inputs.iter().any(|(input, _)| input.ty.is_optional())
            || filter.is_some()
            || self.window == WindowState::MayBeEmpty
            || matches!(function, Of::Nth | Of::Corr | Of::Slope);
        Some(if may_be_null { result.optional() } else { result })
    }

    /// The value by which `max_by` and `min_by` choose.
    fn ordered_second(&mut self, name: &ast::Ident, inputs: &[(Expr, &ast::Expr)]) -> Option<()> {
        let (by, ast) = inputs.get(1)?;
        if is_ordered(by.ty.base()) {
            return Some(());
        }
        self.out.push(
            Diagnostic::new(
                Code::ArgumentType,
                format!("`{}` cannot choose by {}", name.name, by.ty),
            )
            .label(ast.span, format!("this is {}", by.ty))
            .help("choose by a number, a text or a time"),
        );
        None
    }

    /// Two numbers of one type.
    fn two_numbers(
        &mut self,
        name: &ast::Ident,
        inputs: &mut Vec<(Expr, &ast::Expr)>,
    ) -> Option<()> {
        for (input, ast) in inputs.iter() {
            if !is_number(input.ty.base()) {
                let (ty, span) = (input.ty.clone(), ast.span);
                self.cannot_aggregate(name, span, &ty);
                return None;
            }
        }
        let [(x, x_ast), (y, y_ast)] = inputs.as_slice() else { return None };
        match unify(x.clone(), y.clone()) {
            Some((x, y, _)) => {
                *inputs = vec![(x, *x_ast), (y, *y_ast)];
                Some(())
            }
            None => {
                self.out.push(
                    Diagnostic::new(
                        Code::FloatWithDecimal,
                        "float and decimal do not mix by themselves",
                    )
                    .label(x_ast.span, format!("this is {}", x.ty))
                    .label(y_ast.span, format!("this is {}", y.ty))
                    .help("convert one of them: `float(…)` or `decimal(…)`"),
                );
                None
            }
        }
    }

    fn cannot_aggregate(&mut self, name: &ast::Ident, span: Span, ty: &Type) {
        let help = match (name.name.as_str(), ty.base()) {
            ("sum" | "avg" | "min" | "max", Type::Bool) => {
                Some("count the events where it holds: `count(where …)`")
            }
            ("sum", Type::String) => Some("count the events: `count()`"),
            ("any" | "all", _) => Some("say what should hold, as in `any(x > 0)`"),
            ("variance", Type::Duration) => Some("write `stddev`, which is a duration again"),
            ("slope", Type::Duration) => Some("turn it into a number, as in `slope(x / 1s)`"),
            ("rate", Type::Duration) => Some("turn it into a number, as in `rate(x / 1s)`"),
            _ => None,
        };
        self.out.push(
            Diagnostic::new(Code::ArgumentType, format!("`{}` does not take {ty}", name.name))
                .label(span, format!("this is {ty}"))
                .maybe_help(help.map(str::to_owned)),
        );
    }
}

/// The largest `n` of `nth` and limit of `collect`, since so many values are kept.
const MOST_KEPT: i64 = 10_000;

/// Whether the last argument is a constant.
fn takes_constant(function: AggregateFunction) -> bool {
    use AggregateFunction as Of;
    matches!(function, Of::Nth | Of::Collect | Of::Percentile | Of::Ema)
}

/// The aggregate of a name.
pub(super) fn aggregate_of(name: &str) -> Option<AggregateFunction> {
    AggregateFunction::ALL.iter().copied().find(|known| known.name() == name)
}

/// The names of all aggregates.
pub(crate) fn aggregate_names() -> impl Iterator<Item = &'static str> {
    AggregateFunction::ALL.iter().map(|known| known.name()).chain(["rate"])
}

/// Aggregates of the language that are still to come.
pub(super) const AGGREGATES_TO_COME: &[&str] = &["prev", "top"];

/// What other languages call the aggregates.
pub(super) fn foreign_aggregate(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "average" | "mean" => "avg",
        "total" => "sum",
        "minimum" => "min",
        "maximum" => "max",
        "size" | "length" => "len",
        "stdev" | "std" | "stddev_pop" | "std_dev" => "stddev",
        "var" | "var_pop" => "variance",
        "quantile" | "percentile_cont" | "percentile_disc" => "percentile",
        "distinct" | "distinct_count" | "approx_count_distinct" | "nunique" => "count_distinct",
        "arg_max" | "argmax" => "max_by",
        "arg_min" | "argmin" => "min_by",
        "first_value" => "first",
        "last_value" | "latest" => "last",
        "collect_list" | "array_agg" | "group_array" => "collect",
        "nth_value" => "nth",
        "bool_or" | "some" => "any",
        "bool_and" | "every" => "all",
        "correlation" => "corr",
        "regr_slope" | "trend" => "slope",
        "ewma" | "exp_avg" => "ema",
        _ => return None,
    })
}
