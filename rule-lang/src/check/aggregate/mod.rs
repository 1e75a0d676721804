//! Aggregates over the window: where they may stand, what they take and what they give.

mod arguments;
mod names;
mod prev;
mod rate;
mod top;
mod types;

use super::narrow::where_true;
use super::scope::{Level, RowClause, Scope, Silence, WhenState, WindowState};
use super::structure::is_fold;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::typed::{Aggregate, Expr, ExprKind};
use cep_core::plan::AggregateFunction;
use cep_core::value::{Type, Value};

use arguments::takes_constant;
pub(crate) use names::aggregate_names;
pub(super) use names::aggregate_of;

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
        if !self.aggregate_may_stand(name, args) {
            return None;
        }
        let Written { mut inputs, filter } = self.written(function, name, args, filter)?;
        let arguments = self.constants(function, name, &mut inputs)?;
        let ty = self.aggregate_type(function, name, &mut inputs, filter.as_ref())?;
        let inputs = inputs.into_iter().map(|(input, _)| input).collect();
        let call = Aggregate { function, inputs, arguments, filter, ranked_by: None };
        Some(Expr::new(ty, ExprKind::Aggregate(Box::new(call))))
    }

    /// Takes the constants out of the arguments of an aggregate; what is left are its inputs.
    fn constants(
        &mut self,
        function: AggregateFunction,
        name: &ast::Ident,
        inputs: &mut Vec<(Expr, &ast::Expr)>,
    ) -> Option<Vec<Value>> {
        let constant = if takes_constant(function) { inputs.pop() } else { None };
        for (input, ast) in inputs {
            self.not_null(input, ast)?;
        }
        match &constant {
            Some((constant, ast)) => Some(vec![self.constant(function, name, constant, ast.span)?]),
            None => Some(Vec::new()),
        }
    }

    /// Reports an input that is written `null`.
    fn not_null(&mut self, input: &Expr, ast: &ast::Expr) -> Option<()> {
        if !input.is_null() {
            return Some(());
        }
        self.out.push(
            Diagnostic::new(Code::BareNull, "there is nothing to aggregate in `null`")
                .label(ast.span, ""),
        );
        None
    }

    /// Reads what stands in the parentheses of an aggregate, where its filter holds.
    fn where_counted<T>(
        &mut self,
        filter: Option<&ast::Expr>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> (Option<Option<Expr>>, T) {
        let known = self.facts.len();
        self.level = Level::Inside;
        let condition = filter.map(|filter| self.condition(filter));
        if let Some(Some(condition)) = &condition {
            let mut facts = Vec::new();
            where_true(condition, &mut facts);
            self.facts.extend(facts);
        }
        let read = read(self);
        self.level = Level::Group;
        self.facts.truncate(known);
        (condition, read)
    }

    /// The inputs and the filter of an aggregate, if there are as many as it takes.
    fn written<'e>(
        &mut self,
        function: AggregateFunction,
        name: &ast::Ident,
        args: &'e [ast::Expr],
        filter: Option<&ast::Expr>,
    ) -> Option<Written<'e>> {
        let (condition, inputs) = self.where_counted(filter, |scope| {
            args.iter().map(|arg| scope.expr(arg)).collect::<Vec<Option<Expr>>>()
        });
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
        let inputs = inputs?.into_iter().zip(args).collect::<Vec<_>>();
        self.counts_conditions(function, &inputs, filter.as_ref());
        Some(Written { inputs, filter })
    }

    fn aggregate_may_stand(&mut self, name: &ast::Ident, args: &[ast::Expr]) -> bool {
        if self.level == Level::Group && self.function.is_none() {
            return true;
        }
        let of_list = self.fold_meant(name, args);
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
                match self.row {
                    RowClause::Condition => {
                        "conditions on aggregates are written `when …`, below `window`"
                    }
                    RowClause::Let => "move this `let` below `window`",
                    RowClause::Key => {
                        "a key is what is known of one event; what this rule emits, another rule can read `by` it"
                    }
                },
            ),
        };
        let help = of_list.unwrap_or_else(|| help.to_owned());
        self.out.push(Diagnostic::new(code, title).label(name.span, "").help(help));
        false
    }

    /// What to write for an aggregate of a list's elements, if its argument is a list.
    fn fold_meant(&mut self, name: &ast::Ident, args: &[ast::Expr]) -> Option<String> {
        let [list] = args else { return None };
        if !is_fold(&name.name) {
            return None;
        }
        let reported = self.out.len();
        let found = self.expr(list);
        self.out.truncate(reported);
        found.filter(|it| matches!(it.ty.base(), Type::List(_)) && !it.is_empty_list())?;
        let text = self.declared.sources.text(list.span);
        Some(format!("write `{}(x for x in {text})`", name.name))
    }
}
