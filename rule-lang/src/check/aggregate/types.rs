//! What aggregates may be taken of, and the types of their results.

use crate::ast;
use crate::check::convert::{is_number, is_ordered, unify};
use crate::check::scope::{Scope, WindowState};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::Expr;
use cep_core::plan::AggregateFunction;
use cep_core::value::Type;

impl Scope<'_, '_> {
    pub(super) fn aggregate_type(
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

    pub(super) fn cannot_aggregate(&mut self, name: &ast::Ident, span: Span, ty: &Type) {
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
