//! Calls: aggregates over the window, and functions of single values.

use super::aggregate::{aggregate_names, aggregate_of};
use super::convert::to;
use super::scope::{Level, Scope};
use super::structure::{LIST_FUNCTIONS, list_form};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::habits;
use crate::source::Span;
use crate::typed::{Expr, ExprKind, TextPart};
use cep_core::function::{Function, Takes};
use cep_core::value::{Type, Value};

/// The longest text, in bytes, that takes the place of a call of constants. A longer one is computed
/// when the rule runs: a plan is not much larger than its rules.
const MAX_FOLDED_BYTES: usize = 4096;

/// Functions of the language that are still to come.
const FUNCTIONS_TO_COME: &[&str] = &["before", "after", "meets", "overlaps", "during"];

/// The most values that one `coalesce` takes.
const MAX_COALESCED: usize = 32;

impl Scope<'_, '_> {
    pub(super) fn call(
        &mut self,
        function: &ast::Ident,
        args: &[ast::Expr],
        filter: Option<&ast::Expr>,
        span: Span,
    ) -> Option<Expr> {
        let name = function.name.as_str();
        if let ("try" | "fail", [argument], None) = (name, args, filter) {
            return self.failure(name, argument);
        }
        if let ("changed", [argument], None) = (name, args, filter) {
            return self.changed(function, argument);
        }
        if let ("coalesce", [_, _, ..], None) = (name, args, filter)
            && args.len() <= MAX_COALESCED
        {
            return self.coalesce_all(args, function.span);
        }
        if let Some(aggregate) = aggregate_of(name) {
            return self.aggregate(aggregate, function, args, filter);
        }
        if name == "rate" {
            return self.rate(function, args, filter);
        }
        if name == "prev" {
            return self.prev(function, args, filter);
        }
        if let Some(filter) = filter {
            self.out.push(
                Diagnostic::new(Code::UnknownFunction, "only aggregates take a `where`")
                    .label(filter.span, "")
                    .label(function.span, format!("`{name}` is not one")),
            );
        }
        if let Some(declared) = self.declared.functions.get(name) {
            return self.declared_call(declared, function, args, span);
        }
        let known = Function::ALL.iter().any(|known| known.info().name == name)
            || LIST_FUNCTIONS.contains(&name);
        if !known && (self.level == Level::Group || habits::function(name).is_some()) {
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
        LIST_FUNCTIONS.iter().for_each(|name| names.push(name));
        aggregate_names().for_each(|name| names.push(name));
        names.extend(self.declared.functions.keys().copied());
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
            let help = habits::clock(name)
                .map(Into::into)
                .or_else(|| habits::function(name).map(habits::Meant::advice))
                .or_else(|| did_you_mean(name, names));
            Diagnostic::new(Code::UnknownFunction, format!("there is no function `{name}`"))
                .label(function.span, "")
                .maybe_help(help)
        };
        self.out.push(diagnostic);
    }

    /// The function of this name whose parameters fit, the closest first.
    fn function(
        &mut self,
        name: &ast::Ident,
        args: Vec<Expr>,
        asts: &[ast::Expr],
        span: Span,
    ) -> Option<Expr> {
        if let Some(found) = self.list_function(name.name.as_str(), &args, asts) {
            return found;
        }
        if name.name == "string" && args.len() == 1 {
            let parts = args.into_iter().map(TextPart::Value).collect();
            return Some(Expr::new(Type::String, ExprKind::Text(parts)));
        }
        if let ("float" | "decimal" | "int", [only]) = (name.name.as_str(), args.as_slice()) {
            let base = match name.name.as_str() {
                "float" => Type::Float,
                "decimal" => Type::Decimal,
                _ => Type::Int,
            };
            if let Some(converted) = to(only.clone(), &base) {
                return Some(converted);
            }
        }
        let named: Vec<Function> =
            Function::ALL.iter().copied().filter(|known| known.info().name == name.name).collect();
        let fitting = named.iter().filter_map(|known| {
            let parameters = known.info().parameters_for(args.len())?;
            Some((*known, parameters.into_iter().map(Takes::to_type).collect::<Vec<_>>()))
        });
        let fitting: Vec<(Function, Vec<Type>)> = fitting.collect();
        let exact = fitting
            .iter()
            .find(|(_, types)| types.iter().zip(&args).all(|(wanted, arg)| *wanted == arg.ty));
        let found = match exact {
            Some((found, _)) => Some((*found, args.clone())),
            None => fitting.iter().find_map(|(known, types)| {
                let converted = args.iter().zip(types).map(|(arg, ty)| to(arg.clone(), ty));
                Some((*known, converted.collect::<Option<Vec<Expr>>>()?))
            }),
        };
        let Some((found, args)) = found else {
            self.wrong_arguments(name, &args, asts, &named);
            return None;
        };
        let pattern = self.settings(found, name, &args, asts)?.pattern;
        let at = found.info().parameters.iter().position(|takes| *takes == Takes::Pattern);
        if let (Some(pattern), Some(at)) = (pattern, at)
            && args.iter().any(|arg| arg.as_literal().is_none())
        {
            let mut others = args;
            others.remove(at);
            let result = found.info().result.to_type();
            return Some(Expr::new(result, ExprKind::Search(found, pattern, others)));
        }
        self.folded_call(found, args, span)
    }

    fn folded_call(&mut self, function: Function, args: Vec<Expr>, span: Span) -> Option<Expr> {
        let info = function.info();
        let result = info.result.to_type();
        if result.is_optional() || matches!(result, Type::List(_)) {
            // Its type is to be the same whether its arguments are constants or not.
            return Some(Expr::new(result, ExprKind::Call(function, args)));
        }
        let constants: Option<Vec<_>> = args.iter().map(|arg| arg.as_literal().cloned()).collect();
        match constants.map(|constants| (info.apply)(&constants)) {
            None => Some(Expr::new(result, ExprKind::Call(function, args))),
            Some(Ok(Value::Text(text))) if text.len() > MAX_FOLDED_BYTES => {
                Some(Expr::new(result, ExprKind::Call(function, args)))
            }
            Some(Ok(value)) => Some(Expr::literal(value, result)),
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
        let mut forms: Vec<String> =
            named.iter().map(|known| format!("`{}`", known.info().form())).collect();
        let counts = named.iter().any(|known| known.info().parameters_for(args.len()).is_some());
        let code = if counts { Code::ArgumentType } else { Code::ArgumentCount };
        let types: Vec<String> = args.iter().map(|arg| arg.ty.to_string()).collect();
        let mut diagnostic =
            Diagnostic::new(code, format!("there is no `{}({})`", name.name, types.join(", ")))
                .label(name.span, "");
        for (arg, ast) in args.iter().zip(asts) {
            diagnostic = diagnostic.label(ast.span, format!("this is {}", arg.ty));
        }
        forms.extend(list_form(&name.name).map(str::to_owned));
        let help = self.with_conversions(name, args, asts, named);
        let help = help.unwrap_or_else(|| format!("there is {}", forms.join(", ")));
        self.out.push(diagnostic.help(help));
    }

    /// The call with `float(…)` and `decimal(…)` where these make it right, in words.
    fn with_conversions(
        &self,
        name: &ast::Ident,
        args: &[Expr],
        asts: &[ast::Expr],
        named: &[Function],
    ) -> Option<String> {
        let mut calls: Vec<String> = Vec::new();
        for known in named {
            let Some(parameters) = known.info().parameters_for(args.len()) else { continue };
            let written = parameters.into_iter().zip(args).zip(asts).map(|((takes, arg), ast)| {
                let (wanted, text) = (takes.to_type(), self.declared.sources.text(ast.span));
                if to(arg.clone(), &wanted).is_some_and(|it| !it.ty.is_optional()) {
                    return Some(text.to_owned());
                }
                match (&arg.ty, &wanted) {
                    (Type::Decimal, Type::Float) => Some(format!("float({text})")),
                    (Type::Float, Type::Decimal) => Some(format!("decimal({text})")),
                    _ => None,
                }
            });
            if let Some(written) = written.collect::<Option<Vec<String>>>() {
                calls.push(format!("`{}({})`", name.name, written.join(", ")));
            }
        }
        if calls.is_empty() { None } else { Some(format!("write {}", calls.join(" or "))) }
    }
}
