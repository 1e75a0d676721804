//! How many arguments an aggregate takes, and those that are constants.

use crate::ast;
use crate::check::convert::to;
use crate::check::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::Expr;
use cep_core::plan::AggregateFunction;
use cep_core::value::{Decimal, Type, Value};

/// The largest `n` of `nth` and limit of `collect`, since so many values are kept.
const MOST_KEPT: i64 = 10_000;

/// The largest `n` of `top`, since so many records are emitted at once.
const MOST_RANKED: i64 = 1_000;

/// Whether the last argument is a constant.
pub(super) fn takes_constant(function: AggregateFunction) -> bool {
    use AggregateFunction as Of;
    matches!(function, Of::Nth | Of::Collect | Of::Percentile | Of::Ema)
}

impl Scope<'_, '_> {
    /// The constant argument of an aggregate, in the form in which the plan has it.
    pub(super) fn constant(
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
                let (most, wanted, example) = match function {
                    AggregateFunction::Collect => {
                        (MOST_KEPT, "a limit is a number from 1 to 10,000", "collect(x, 100)")
                    }
                    AggregateFunction::Top => (
                        MOST_RANKED,
                        "how many is a number from 1 to 1,000",
                        "top(10, k by sum(x))",
                    ),
                    _ => (MOST_KEPT, "a place is a number from 1 to 10,000", "nth(x, 3)"),
                };
                let fits = |it: &Value| matches!(it, Value::Int(n) if (1..=most).contains(n));
                (found.as_literal().cloned().filter(fits), wanted, example)
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

    pub(super) fn aggregate_arguments(
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
    /// Warns of a condition that is counted whether it holds or not.
    pub(super) fn counts_conditions(
        &mut self,
        function: AggregateFunction,
        inputs: &[(Expr, &ast::Expr)],
        filter: Option<&Expr>,
    ) {
        let [(input, written)] = inputs else { return };
        if function != AggregateFunction::Count || input.ty != Type::Bool {
            return;
        }
        let text = self.declared.sources.text(written.span);
        let warning = Diagnostic::new(Code::CountsConditions, "this counts every event")
            .label(written.span, "is true or false, and never null");
        self.out.push(match filter {
            Some(_) => warning.help(format!("write `{text} and …` behind `where`")),
            None => warning
                .help(format!("write `count(where {text})` to count those for which it holds"))
                .suggest(Span { end: written.span.start, ..written.span }, "where "),
        });
    }
}
