//! Whatever the program, compiling it ends with an answer: a plan or an error, never both, never a
//! panic, and every label inside its text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use cep_core::plan::{BinaryOp, Expr, ExprKind, Plan, TextPart, UnaryOp};
use cep_core::value::Type;
use proptest::prelude::*;
use rule_lang::diagnostic::render::{Colour, render_all};
use rule_lang::{Source, compile, format};

const STREAM: &str = "stream S {\n i: int\n j: int?\n f: float\n d: decimal\n e: decimal?\n s: string\n r: string?\n b: bool\n t: timestamp\n u: duration\n key i\n time t\n}\nparam p: int = 1\nparam q: decimal? = null\n";

/// Whether an expression reads one event or a group of them.
#[derive(Clone, Copy, PartialEq)]
enum Reads {
    Event,
    Group,
}

fn words(of: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(of).prop_map(str::to_owned).boxed()
}

/// An expression that should be of this type, with operands down to a depth. One in many is of
/// another type on purpose.
fn expr(ty: &'static str, reads: Reads, depth: u32) -> BoxedStrategy<String> {
    let leaf = leaf(ty, reads);
    if depth == 0 {
        return leaf;
    }
    let of = move |ty| expr(ty, reads, depth - 1);
    let two = move |a, b| (of(a), of(b));
    let ops = |of: &'static [&'static str]| prop::sample::select(of);
    let inner = match ty {
        "int" => prop_oneof![
            (two("int", "int"), ops(&["+", "-", "*", "div", "%"]))
                .prop_map(|((a, b), op)| format!("({a} {op} {b})")),
            of("int?").prop_map(|a| format!("({a} ?? 0)")),
            of("string").prop_map(|a| format!("len({a})")),
            of("decimal").prop_map(|a| format!("round({a})")),
            of("int").prop_map(|a| format!("-{a}")),
            aggregate(reads, &["sum"], "int", depth),
        ]
        .boxed(),
        "int?" => prop_oneof![
            (of("bool"), of("int")).prop_map(|(c, a)| format!("(if {c} then {a} else null)")),
            two("int?", "int?").prop_map(|(a, b)| format!("({a} ?? {b})")),
            aggregate(reads, &["min", "max"], "int?", depth),
        ]
        .boxed(),
        "decimal" => prop_oneof![
            (two("int", "decimal"), ops(&["+", "-", "*", "/", "%"]))
                .prop_map(|((a, b), op)| format!("({a} {op} {b})")),
            two("int", "int").prop_map(|(a, b)| format!("({a} / {b})")),
            of("int").prop_map(|a| format!("decimal({a})")),
            aggregate(reads, &["sum", "avg"], "decimal", depth),
        ]
        .boxed(),
        "bool" => prop_oneof![
            (two("int", "decimal"), ops(&["<", "<=", ">", ">=", "==", "!="]))
                .prop_map(|((a, b), op)| format!("{a} {op} {b}")),
            (two("bool", "bool"), ops(&["and", "or"]))
                .prop_map(|((a, b), op)| format!("({a} {op} {b})")),
            two("int?", "int").prop_map(|(a, b)| format!("({a} != null and {a} > {b})")),
            two("int?", "int").prop_map(|(a, b)| format!("({a} == null or {a} > {b})")),
            two("int?", "decimal").prop_map(|(a, b)| format!("{a} == {b}")),
            (of("int"), two("int", "int")).prop_map(|(c, (a, b))| format!("({c} in [{a}, {b}])")),
            (of("int"), two("int", "decimal")).prop_map(|(c, (a, b))| format!("({c} in {a}..{b})")),
            of("bool").prop_map(|a| format!("not {a}")),
        ]
        .boxed(),
        _ => prop_oneof![
            of("int").prop_map(|a| if a.contains('"') {
                "'x'".to_owned()
            } else {
                format!("\"x {{{a}}} y\"")
            }),
            of("string").prop_map(|a| format!("lower({a})")),
            (of("bool"), two("string", "string"))
                .prop_map(|(c, (a, b))| format!("(if {c} then {a} else {b})")),
        ]
        .boxed(),
    };
    let any = words(&[
        "i",
        "j",
        "f",
        "d",
        "s",
        "r",
        "b",
        "t",
        "u",
        "count()",
        "null",
        "2.5",
        "10s",
        "window.start",
    ]);
    prop_oneof![20 => inner, 10 => leaf, 1 => any].boxed()
}

fn leaf(ty: &str, reads: Reads) -> BoxedStrategy<String> {
    match (ty, reads) {
        ("int", Reads::Event) => words(&["i", "S.i", "p", "1", "0"]),
        ("int", Reads::Group) => words(&["i", "p", "count()", "sum(i)", "count(where b)", "3"]),
        ("int?", Reads::Event) => words(&["j", "S.j"]),
        ("int?", Reads::Group) => words(&["min(j)", "max(i where b)"]),
        ("decimal", Reads::Event) => words(&["d", "2.5", "(q ?? 1)"]),
        ("decimal", Reads::Group) => words(&["sum(d)", "2.5", "(q ?? 1)"]),
        ("bool", Reads::Event) => words(&["b", "true", "t > @2026-01-01", "u > 10s", "f > 1.5"]),
        ("bool", Reads::Group) => words(&["count() > 3", "window.start > @2026-01-01", "true"]),
        (_, Reads::Event) => words(&["s", "'x'", "(r ?? 'x')"]),
        (_, Reads::Group) => words(&["'x'", "\"{i}\""]),
    }
}

/// An aggregate in a group; its like in an event.
fn aggregate(
    reads: Reads,
    names: &'static [&'static str],
    ty: &'static str,
    depth: u32,
) -> BoxedStrategy<String> {
    if reads == Reads::Event {
        return leaf(ty, reads);
    }
    let input = (expr(ty, Reads::Event, depth - 1), expr("bool", Reads::Event, depth - 1));
    (prop::sample::select(names), input, any::<bool>())
        .prop_map(|(name, (input, filter), filtered)| match (name, filtered) {
            ("avg", _) => format!("(avg({input}) ?? 0)"),
            (_, true) => format!("{name}({input} where {filter})"),
            (_, false) => format!("{name}({input})"),
        })
        .boxed()
}

/// A clause, half of the time.
fn clause(before: &'static str, ty: &'static str, reads: Reads) -> BoxedStrategy<String> {
    prop_oneof![
        Just(String::new()),
        expr(ty, reads, 2).prop_map(move |e| format!(" {before} {e}\n"))
    ]
    .boxed()
}

fn program() -> impl Strategy<Value = String> {
    let windows: &[&str] = &[
        "",
        " window tumbling(10s)\n",
        " window hopping(10s, every 1s) fill 1m\n",
        " window sliding(5s)\n",
    ];
    let keys: &[&str] = &[" by i\n", " by i, k: i div 10\n", " by k: S.i, i\n"];
    (prop::sample::select(keys), prop::sample::select(windows)).prop_flat_map(|(key, window)| {
        let reads = if window.is_empty() { Reads::Event } else { Reads::Group };
        let ty = prop::sample::select(&["int", "int?", "decimal", "bool", "string"][..]);
        let clauses = (clause("where", "bool", Reads::Event), clause("let l =", "int", reads), clause("when", "bool", reads));
        (clauses, ty.prop_flat_map(move |ty| expr(ty, reads, 3)), clause("if", "bool", reads)).prop_map(
            move |((filter, binding, when), value, guard)| {
                let used = if binding.is_empty() { "p" } else { "l" };
                format!("{STREAM}rule a {{\n from S\n{filter}{key}{window}{binding}{when} emit A {{ x: {value}, l: {used} }} {guard}}}\n")
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_program_is_planned_or_refused(text in program()) {
        let compiled = compile(&[Source::new("a.rules", text.clone())]);
        prop_assert_eq!(compiled.plan.is_none(), compiled.has_errors());
        let drawn = render_all(&compiled.diagnostics, &compiled.sources, Colour::Never);
        prop_assert_eq!(drawn.is_empty(), compiled.diagnostics.is_empty());
        for diagnostic in &compiled.diagnostics {
            for label in &diagnostic.labels {
                prop_assert!(text.get(label.span.start as usize..label.span.end as usize).is_some());
            }
        }
        if let Some(plan) = &compiled.plan {
            check_types(plan).map_err(|problem| TestCaseError::fail(format!("{problem}\n{text}")))?;
        }
    }

    #[test]
    fn a_formatted_program_has_the_same_plan(text in program()) {
        let formatted = format(&text).map_err(|problems| TestCaseError::fail(format!("{problems:?}\n{text}")))?;
        let plan = |text: &str| compile(&[Source::new("a.rules", text)]).plan;
        prop_assert_eq!(plan(&text), plan(&formatted), "{}\n=>\n{}", text, formatted);
        let twice = format(&formatted);
        prop_assert_eq!(twice.as_ref(), Ok(&formatted));
    }
}

/// The generator would prove nothing if it never made a program that fits.
#[test]
fn many_generated_programs_fit() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let fits = (0..2_000).filter(|_| {
        let text = program().new_tree(&mut runner).unwrap().current();
        compile(&[Source::new("a.rules", text)]).plan.is_some()
    });
    let fits = fits.count();
    assert!(fits > 500, "{fits} of 2000 fit");
}

/// Every operation of a plan gets operands of the types that the engine promises to compute.
fn check_types(plan: &Plan) -> Result<(), String> {
    let mut problem = None;
    for rule in &plan.rules {
        let windowed = rule.window.is_some();
        rule.row_expressions(&mut |expr| check_expr(expr, true, &mut problem));
        if windowed {
            rule.firing_expressions(&mut |expr| check_expr(expr, false, &mut problem));
        }
    }
    problem.map_or(Ok(()), Err)
}

fn check_expr(expr: &Expr, row: bool, problem: &mut Option<String>) {
    let mut bad = |what: &str| *problem = Some(format!("{what}: {expr:?}"));
    match &expr.kind {
        ExprKind::Field(_) if !row => bad("a field in a group"),
        ExprKind::Key(_)
        | ExprKind::Aggregate(_)
        | ExprKind::WindowStart
        | ExprKind::WindowEnd
        | ExprKind::WhenStart
        | ExprKind::WhenDuration
            if row =>
        {
            bad("a group's value in a row")
        }
        ExprKind::Literal(value)
            if !matches!(expr.ty.base(), Type::Enum(_))
                && value.type_of().is_some_and(|ty| ty != *expr.ty.base()) =>
        {
            bad("a literal")
        }
        ExprKind::Unary(UnaryOp::Not, operand) if operand.ty != Type::Bool => bad("not"),
        ExprKind::Binary(op, left, right) if !operands_fit(*op, &left.ty, &right.ty, &expr.ty) => {
            bad("operands")
        }
        ExprKind::If(condition, yes, no)
            if condition.ty != Type::Bool
                || yes.ty.base() != expr.ty.base()
                || no.ty.base() != expr.ty.base() =>
        {
            bad("if")
        }
        ExprKind::In(needle, options) if options.iter().any(|option| option.ty != needle.ty) => {
            bad("in")
        }
        ExprKind::Call(function, arguments) => {
            let info = function.info();
            let fit = info.parameters_for(arguments.len()).is_some_and(|parameters| {
                parameters.iter().zip(arguments).all(|(takes, it)| takes.to_type() == it.ty)
            });
            if !fit || info.result.to_type() != expr.ty {
                bad("a call");
            }
        }
        ExprKind::Text(parts)
            if parts
                .iter()
                .any(|part| matches!(part, TextPart::Value(value) if value.ty.is_optional())) =>
        {
            bad("text")
        }
        _ => {}
    }
    let mut direct = Vec::new();
    match &expr.kind {
        ExprKind::Unary(_, a) => direct.push(&**a),
        ExprKind::Binary(_, a, b) => direct.extend([&**a, &**b]),
        ExprKind::If(a, b, c) => direct.extend([&**a, &**b, &**c]),
        ExprKind::In(a, items) => {
            direct.push(a);
            direct.extend(items);
        }
        ExprKind::Call(_, items) | ExprKind::Search(_, _, items) => direct.extend(items),
        ExprKind::Text(parts) => direct.extend(parts.iter().filter_map(|part| match part {
            TextPart::Value(value) => Some(value),
            TextPart::Literal(_) => None,
        })),
        _ => {}
    }
    direct.into_iter().for_each(|inner| check_expr(inner, row, problem));
}

fn operands_fit(op: BinaryOp, left: &Type, right: &Type, result: &Type) -> bool {
    use BinaryOp as Op;
    let number = |ty: &Type| matches!(ty, Type::Int | Type::Float | Type::Decimal);
    match op {
        Op::Or | Op::And => [left, right, result].iter().all(|ty| **ty == Type::Bool),
        Op::Equal | Op::NotEqual => left.base() == right.base() && *result == Type::Bool,
        Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => {
            left == right && !left.is_optional() && *result == Type::Bool
        }
        Op::Coalesce => {
            left.base() == right.base() && left.is_optional() && result.base() == right.base()
        }
        Op::FloorDivide => *left == Type::Int && *right == Type::Int && *result == Type::Int,
        Op::Divide if *left == Type::Duration => {
            *right == Type::Duration && *result == Type::Decimal
        }
        Op::Divide => {
            left == right && matches!(left, Type::Decimal | Type::Float) && result == left
        }
        Op::Add | Op::Subtract | Op::Multiply | Op::Remainder if number(left) && number(right) => {
            left == right && left == result
        }
        Op::Subtract if *left == Type::Timestamp && *right == Type::Timestamp => {
            *result == Type::Duration
        }
        Op::Add | Op::Subtract | Op::Multiply => {
            matches!(
                (left, right),
                (
                    Type::Timestamp | Type::Duration | Type::Int,
                    Type::Timestamp | Type::Duration | Type::Int
                )
            ) && matches!(result, Type::Timestamp | Type::Duration)
        }
        Op::Remainder => false,
    }
}
