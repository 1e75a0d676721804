//! Warnings about a program that is right in every part and probably not what was meant: what
//! nothing reads, thresholds that fire too early, rules without a test. A warning never fails a
//! program. A line `// cep: allow W0107` above or inside a declaration silences it there.

mod off;

use crate::ast::{Ast, Declaration, Spanned};
use crate::check::{Checked, index};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::Span;
use crate::typed::{Expr, ExprKind};
use cep_core::plan::{AggregateFunction, BinaryOp, UnaryOp};
use std::collections::BTreeMap;

/// Warnings that concern the program as a whole. To be asked only of a program without errors:
/// what could not be read might read something.
pub(crate) fn program(checked: &Checked<'_>, out: &mut Vec<Diagnostic>) {
    for (at, param) in checked.declared.params.iter().enumerate() {
        if !checked.usage.params.contains(&index(at)) {
            out.push(
                Diagnostic::new(
                    Code::UnusedParam,
                    format!("nothing reads the param `{}`", param.plan.name),
                )
                .label(param.ast.name.span, "")
                .help("remove it, or use it in a rule"),
            );
        }
    }
    for (at, stream) in checked.declared.streams.iter().enumerate() {
        if let (false, Some(span)) =
            (checked.usage.streams.contains(&index(at)), stream.name_span())
        {
            out.push(
                Diagnostic::new(
                    Code::UnusedStream,
                    format!("no rule reads the stream `{}`", stream.plan.name),
                )
                .label(span, "")
                .help("remove it, or write a rule `from` it"),
            );
        }
    }
    for (name, function) in &checked.declared.functions {
        if !checked.usage.functions.contains(*name) {
            out.push(
                Diagnostic::new(Code::UnusedFunction, format!("nothing calls `{name}`"))
                    .label(function.ast.name.span, "")
                    .help("remove it, or call it in a rule"),
            );
        }
    }
    hidden_params(checked, out);
    untested(checked, out);
    off::read(checked, out);
}

/// Params that a field of the same name hides.
fn hidden_params(checked: &Checked<'_>, out: &mut Vec<Diagnostic>) {
    for param in &checked.declared.params {
        let streams = checked.declared.streams.iter();
        let mut fields = streams.filter_map(|stream| stream.field_span(&param.plan.name));
        if let Some(field) = fields.next() {
            out.push(
                Diagnostic::new(
                    Code::Shadowed,
                    format!("a field hides the param `{}`", param.plan.name),
                )
                .label(param.ast.name.span, "hidden in rules that read this stream")
                .label(field, "the field")
                .help("choose another name"),
            );
        }
    }
}

/// Tests that never fail, or cannot be named where they do.
pub(crate) fn idle_tests(asts: &[Ast], out: &mut Vec<Diagnostic>) {
    let tests = asts.iter().flat_map(|ast| &ast.declarations).filter_map(|it| match it {
        Declaration::Test(test) => Some(test),
        _ => None,
    });
    let mut known: BTreeMap<&str, Span> = BTreeMap::new();
    for test in tests {
        let title = &test.title;
        let warning = |text: &str| Diagnostic::new(Code::IdleTest, text).label(title.span, "");
        if test.expects.is_empty() {
            let help = "write `expect EVENT` with its rows, or `expect no EVENT`";
            out.push(warning("this test expects nothing, so that it never fails").help(help));
        }
        let help = "give each test a title of its own";
        if title.value.trim().is_empty() {
            out.push(warning("this test has no title").help(help));
        } else if let Some(first) = known.get(title.value.as_str()) {
            let warning = warning("another test has this title").label(*first, "the first");
            out.push(warning.help(help));
        } else {
            known.insert(&title.value, title.span);
        }
    }
}

/// Rules whose events no test expects; one warning for all if there is no test at all.
fn untested(checked: &Checked<'_>, out: &mut Vec<Diagnostic>) {
    if checked.tests.is_empty() {
        if let Some((rule, ast)) = checked.rules.first() {
            let title = match checked.rules.len() {
                1 => format!("the rule `{}` has no test", rule.name),
                count => format!("none of the {count} rules has a test"),
            };
            out.push(
                Diagnostic::new(Code::Untested, title)
                    .label(ast.name.span, "")
                    .help(test_help(rule)),
            );
        }
        return;
    }
    for (rule, ast) in &checked.rules {
        let expected = rule.emits.iter().any(|emit| checked.usage.expected.contains(&emit.event));
        if !expected {
            out.push(
                Diagnostic::new(Code::Untested, format!("the rule `{}` has no test", rule.name))
                    .label(ast.name.span, "")
                    .help(test_help(rule)),
            );
        }
    }
}

fn test_help(rule: &crate::typed::Rule) -> String {
    let event = rule.emits.first().map_or("EVENT", |emit| emit.event.as_str());
    format!("write `test \"…\" {{ given … expect {event} … }}`")
}

/// Whether a condition over a sliding window is (also) a below-threshold on something that grows as
/// events come in: `count`, `sum` or `max` less than something.
pub(crate) fn holds_while_filling(condition: &Expr, lets: &[Option<&Expr>]) -> bool {
    match &condition.kind {
        ExprKind::Binary(BinaryOp::And | BinaryOp::Or, left, right) => {
            holds_while_filling(left, lets) || holds_while_filling(right, lets)
        }
        ExprKind::Binary(BinaryOp::Less | BinaryOp::LessEqual, small, _) => grows(small, lets),
        ExprKind::Binary(BinaryOp::Greater | BinaryOp::GreaterEqual, _, small) => {
            grows(small, lets)
        }
        ExprKind::Unary(UnaryOp::Not, operand) => match &operand.kind {
            ExprKind::Binary(BinaryOp::Greater | BinaryOp::GreaterEqual, small, _) => {
                grows(small, lets)
            }
            ExprKind::Binary(BinaryOp::Less | BinaryOp::LessEqual, _, small) => grows(small, lets),
            _ => false,
        },
        ExprKind::Let(at) => {
            let value = lets.get(*at as usize).copied().flatten();
            value.is_some_and(|value| holds_while_filling(value, lets))
        }
        _ => false,
    }
}

/// Whether a value is at first small because few events are in its window.
fn grows(expr: &Expr, lets: &[Option<&Expr>]) -> bool {
    match &expr.kind {
        ExprKind::Aggregate(call) => {
            matches!(
                call.function,
                AggregateFunction::Count
                    | AggregateFunction::Sum
                    | AggregateFunction::Max
                    | AggregateFunction::CountDistinct
            )
        }
        ExprKind::Let(at) => {
            lets.get(*at as usize).copied().flatten().is_some_and(|value| grows(value, lets))
        }
        ExprKind::Binary(
            BinaryOp::Coalesce | BinaryOp::Multiply | BinaryOp::Add | BinaryOp::Divide,
            left,
            _,
        ) => grows(left, lets),
        ExprKind::Call(_, arguments) | ExprKind::Search(_, _, arguments) => {
            arguments.iter().any(|argument| grows(argument, lets))
        }
        _ => false,
    }
}

/// Drops the warnings that a `// cep: allow` line silences: in the declaration it stands in, or
/// else in the next one of its file.
pub(crate) fn silence(diagnostics: &mut Vec<Diagnostic>, asts: &[Ast], allows: &[Spanned<Code>]) {
    let silenced: Vec<(Code, Span)> = allows
        .iter()
        .filter_map(|allow| {
            let spans = asts.iter().flat_map(|ast| &ast.declarations).map(span_of);
            let following =
                spans.filter(|span| span.file == allow.span.file && span.end >= allow.span.start);
            following.min_by_key(|span| span.start).map(|span| (allow.value, span))
        })
        .collect();
    diagnostics.retain(|diagnostic| {
        diagnostic.severity() == Severity::Error
            || !diagnostic.primary_span().is_some_and(|place| {
                silenced.iter().any(|(code, span)| *code == diagnostic.code && span.contains(place))
            })
    });
}

fn span_of(declaration: &Declaration) -> Span {
    match declaration {
        Declaration::Stream(stream) => stream.span,
        Declaration::Type(ty) => ty.span,
        Declaration::Table(table) => table.span,
        Declaration::Param(param) => param.span,
        Declaration::Event(event) => event.span,
        Declaration::Function(function) => function.span,
        Declaration::Sink(sink) => sink.span,
        Declaration::Rule(rule) => rule.span,
        Declaration::Test(test) => test.span,
        Declaration::Unsupported(other) => other.span,
    }
}
