//! `early`: windows that fire as soon as their condition is certain. Which windows can, and which
//! conditions stay true once they are.

use super::course::{Cause, Course, Known};
use super::operand_help::symbol;
use super::rule::Parts;
use super::scope::Scope;
use super::trigger::has_edge;
use crate::ast::{self, ClauseKind, ExprKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{self, Expr};
use cep_core::plan::{BinaryOp, FieldPlan, Judged, WindowKind, is_below};
use cep_core::value::{Type, Value};
use std::collections::BTreeSet;

impl Scope<'_, '_> {
    /// When a window is judged, if it can be judged then.
    pub(super) fn judged(&mut self, ast: &ast::Window, kind: Option<WindowKind>) -> Option<Judged> {
        let Some(early) = ast.early else { return Some(Judged::AtClose) };
        let (label, help) = match kind {
            Some(WindowKind::Session { .. }) => (
                "where a session ends is not known before",
                "remove `early`, or write `tumbling(…)`",
            ),
            Some(WindowKind::Every { .. }) => {
                ("is over at the event that fills it: nothing is earlier", "remove `early`")
            }
            Some(kind) if !kind.is_on_a_grid() => {
                ("is judged at each event as it is", "remove `early`")
            }
            _ => return self.early_alone(ast, early),
        };
        self.out.push(
            Diagnostic::new(Code::EarlyPlace, "this window cannot fire before it closes")
                .label(early, "")
                .label(ast.kind_span, label)
                .help(help),
        );
        None
    }

    fn early_alone(&mut self, ast: &ast::Window, early: Span) -> Option<Judged> {
        let fill = ast.fill_us.as_ref();
        let fill = fill.map(|it| ("fill", it, "an empty window has no event to fire at"));
        let allow = ast.allow_us.as_ref();
        let allow = allow.map(|it| ("allow", it, "what went out early is not revised"));
        let Some((other, place, why)) = fill.or(allow) else { return Some(Judged::Early) };
        self.out.push(
            Diagnostic::new(Code::EarlyPlace, format!("`early` and `{other}` do not go together"))
                .label(place.span, why)
                .label(early, "")
                .help("remove one of them"),
        );
        None
    }

    /// Reports an `early` rule whose condition may become false again.
    pub(super) fn early(&mut self, ast: &ast::Rule, parts: &mut Parts) {
        let judged = parts.window.as_ref().map(|window| window.judged);
        let early = ast.clauses.iter().find_map(|clause| match &clause.kind {
            ClauseKind::Window(window) => window.early,
            _ => None,
        });
        let (Some(Judged::Early), Some(early)) = (judged, early) else { return };
        let when = ast.clauses.iter().find_map(|clause| match &clause.kind {
            ClauseKind::When { condition, .. } => Some((clause, condition)),
            _ => None,
        });
        let Some((clause, written)) = when else {
            self.refuse_early(
                parts,
                Diagnostic::new(Code::EarlyPlace, "`early` needs a condition to wait for")
                    .label(early, "")
                    .help("add `when CONDITION`, or remove `early`"),
            );
            return;
        };
        if has_edge(ast) == super::scope::WhenState::Known {
            self.refuse_early(
                parts,
                Diagnostic::new(Code::EarlyPlace, "these windows cannot fire one by one")
                    .label(clause.span, "the verdict on a window depends on the one before it")
                    .label(early, "")
                    .help("remove `early`, or `clear`, `for` and `until`: then each window is judged by itself"),
            );
            return;
        }
        let Some((_, condition)) = &parts.trigger else { return };
        let found = self.uncertain(ast, condition, written);
        if let Some(found) = found {
            self.refuse_early(parts, found);
        }
    }

    fn refuse_early(&mut self, parts: &mut Parts, why: Diagnostic) {
        parts.faulty = true;
        self.out.push(why);
    }

    /// What is wrong with a condition that may become false again.
    fn uncertain(
        &self,
        ast: &ast::Rule,
        condition: &Expr,
        written: &ast::Expr,
    ) -> Option<Diagnostic> {
        let lets: Vec<Option<&Expr>> = self.lets.iter().map(|it| it.value.as_ref()).collect();
        let fields = self.stream.map(|(_, stream)| stream.plan.fields.as_slice()).unwrap_or(&[]);
        let field = |at: u32| fields.get(at as usize);
        let never_negative = |at: u32| {
            let least = field(at).and_then(|field| field.least.as_ref());
            least.is_some_and(|least| !is_below(least, &zero(field(at).map(|it| it.ty.base()))))
        };
        let tables = &self.declared.tables;
        let has_time = |at: u32| {
            let plan = tables.get(at as usize).map(|it| &it.plan);
            plan.is_none_or(|plan| plan.time.is_some() || plan.of.is_some())
        };
        let known = Known {
            lets: &lets,
            field_is_never_negative: &never_negative,
            table_has_time: &has_time,
        };
        let cause = match known.course(condition) {
            Course::Constant | Course::Rises => return None,
            Course::Open(cause) => cause,
            Course::Falls => known.comparison_in(condition),
        };
        let (label, help) = match cause {
            Cause::Aggregate(function) => (
                format!("`{}` may rise and fall", function.name()),
                "wait for what only grows: `count`, `max`, `any`, a `sum` of what is never negative; or remove `early`".to_owned(),
            ),
            Cause::Sum(input) => less_sum(input, &|at| field(at).filter(|_| !never_negative(at))),
            Cause::Comparison(BinaryOp::Equal, _) => (
                "true for one value only".to_owned(),
                "write `>=`, or remove `early`: then the window is judged as it closes".to_owned(),
            ),
            Cause::Comparison(..) => (
                "may be true at first, and false when more has come".to_owned(),
                "remove `early`: then the window is judged as it closes, and is complete".to_owned(),
            ),
            Cause::Table(at) => (
                tables.get(at as usize).map_or_else(String::new, |table| {
                    format!("the row of `{}` changes in time", table.plan.name)
                }),
                "compare with a param, or with a table without `time`".to_owned(),
            ),
            Cause::Other(_) => (
                "how this goes on is not known".to_owned(),
                "wait for what only grows, such as `count() > 100`; or remove `early`".to_owned(),
            ),
        };
        let place = place_of(ast, written, &cause).unwrap_or(written.span);
        let title = "this condition may become false again as events arrive";
        Some(Diagnostic::new(Code::NotCertain, title).label(place, label).help(help))
    }
}

fn zero(ty: Option<&Type>) -> Value {
    match ty {
        Some(Type::Decimal) => Value::Decimal(cep_core::value::Decimal::ZERO),
        Some(Type::Float) => Value::Float(0.0),
        _ => Value::Int(0),
    }
}

/// Why a sum may become less, and what to do about it; `open` gives a field that may be negative.
fn less_sum<'p>(input: &Expr, open: &dyn Fn(u32) -> Option<&'p FieldPlan>) -> (String, String) {
    let mut unbounded = None;
    input.visit(&mut |node| {
        if let typed::ExprKind::Field(at) = node.kind {
            let number = open(at).filter(|it| super::convert::is_number(it.ty.base()));
            unbounded = unbounded.or(number);
        }
    });
    match unbounded {
        Some(field) => (
            format!("a negative `{}` would make it less", field.name),
            format!("if there is none, say so in the stream: `{}: {} >= 0`", field.name, field.ty),
        ),
        None => (
            "something negative would make it less".to_owned(),
            "remove `early`: then the window is judged as it closes".to_owned(),
        ),
    }
}

/// Where the cause stands, in the condition or in a `let` that it reads.
fn place_of(rule: &ast::Rule, condition: &ast::Expr, cause: &Cause<'_>) -> Option<Span> {
    let (op, function) = match cause {
        Cause::Aggregate(function) => (None, Some(*function)),
        Cause::Sum(_) => (None, Some(cep_core::plan::AggregateFunction::Sum)),
        Cause::Comparison(op, function) => (Some(symbol(*op)), *function),
        Cause::Other(function) => (None, *function),
        Cause::Table(_) => (None, None),
    };
    let calls = |expr: &ast::Expr| {
        let name = function.map(cep_core::plan::AggregateFunction::name);
        let same = |called: &str| Some(called) == name || called == "rate" && name.is_some();
        matches!(&expr.kind, ExprKind::Call { function, .. } if same(&function.name))
    };
    let mut lets = BTreeSet::new();
    match op {
        None if function.is_none() => None,
        None => find(rule, condition, &mut lets, &calls),
        Some(symbol) => find(rule, condition, &mut lets, &|expr: &ast::Expr| {
            let compares =
                matches!(&expr.kind, ExprKind::Binary { op, .. } if op.symbol() == symbol);
            compares
                && (function.is_none() || find(rule, expr, &mut BTreeSet::new(), &calls).is_some())
        }),
    }
}

/// The first place that is wanted, in an expression and the `let`s that it reads; those in `seen`
/// have been looked through.
fn find<'a>(
    rule: &'a ast::Rule,
    expr: &'a ast::Expr,
    seen: &mut BTreeSet<&'a str>,
    wanted: &dyn Fn(&ast::Expr) -> bool,
) -> Option<Span> {
    if wanted(expr) {
        return Some(expr.span);
    }
    if let ExprKind::Name(name) = &expr.kind {
        let value = rule.clauses.iter().find_map(|clause| match &clause.kind {
            ClauseKind::Let { name: known, value } if known.name == *name => Some(value),
            _ => None,
        })?;
        return seen.insert(name).then(|| find(rule, value, seen, wanted)).flatten();
    }
    expr.parts().into_iter().find_map(|part| find(rule, part, seen, wanted))
}
