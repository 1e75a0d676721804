//! What the reference says of a function holds: every example is compiled and computed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use cep_core::function::{Function, apply_binary, apply_search};
use cep_core::plan::{Expr, ExprKind, TextPart};
use cep_core::value::{Type, Value};
use rule_lang::diagnostic::render::{Colour, render_all};
use rule_lang::{Source, compile};

/// The value of an expression of constants; the compiler computes all but texts put together.
fn constant(expression: &str) -> (Value, Type) {
    let text = format!(
        "stream S {{ at: timestamp, time at }}\nrule r {{ from S emit R {{ x: {expression} }} }}"
    );
    let compiled = compile(&[Source::new("example.rules", text)]);
    let problems = render_all(&compiled.diagnostics, &compiled.sources, Colour::Never);
    let plan = compiled.plan.unwrap_or_else(|| panic!("{expression}\n{problems}"));
    let expr = &plan.rules.first().unwrap().emits.first().unwrap().fields.first().unwrap().1;
    (value(expr), expr.ty.clone())
}

fn value(expr: &Expr) -> Value {
    match &expr.kind {
        ExprKind::Literal(value) => value.clone(),
        ExprKind::Binary(op, left, right) => {
            apply_binary(*op, &value(left), &value(right)).unwrap()
        }
        ExprKind::List(items) => Value::List(items.iter().map(value).collect()),
        ExprKind::Search(function, pattern, arguments) => {
            let arguments: Vec<Value> = arguments.iter().map(value).collect();
            apply_search(*function, pattern, &arguments).unwrap()
        }
        // What may be null is left to the run.
        ExprKind::Call(function, arguments) => {
            (function.info().apply)(&arguments.iter().map(value).collect::<Vec<_>>()).unwrap()
        }
        ExprKind::Text(parts) => {
            let parts = parts.iter().map(|part| match part {
                TextPart::Literal(text) => text.to_string(),
                TextPart::Value(part) => value(part).to_string(),
            });
            Value::text(parts.collect::<String>())
        }
        other => panic!("this is not constant: {other:?}"),
    }
}

#[test]
fn every_example_of_a_function_is_a_call_of_it_that_holds() {
    for function in Function::ALL {
        let info = function.info();
        let example =
            info.doc.rsplit('`').nth(1).unwrap_or_else(|| panic!("{} has none", info.name));
        assert!(example.starts_with(&format!("{}(", info.name)), "{example}");
        let (call, _) = example.split_once(" == ").expect(example);
        assert_eq!(constant(example).0, Value::Bool(true), "{example}");
        assert_eq!(constant(call).1, info.result.to_type(), "{example}");
    }
}

#[test]
fn a_long_constant_is_left_to_the_run() {
    let text = |count: usize| format!("replace(\"{}\", \"a\", \"bb\")", "a".repeat(count));
    let emitted = |expression: String| {
        let text = format!(
            "stream S {{ at: timestamp, time at }}\nrule r {{ from S emit R {{ x: {expression} }} }}"
        );
        let plan = compile(&[Source::new("long.rules", text)]).plan.unwrap();
        plan.rules.first().unwrap().emits.first().unwrap().fields.first().unwrap().1.kind.clone()
    };
    assert_eq!(emitted(text(2048)), ExprKind::Literal(Value::text("b".repeat(4096))));
    assert!(matches!(emitted(text(2049)), ExprKind::Call(Function::Replace, _)));
    // Each level would double the text.
    let nested =
        (0..60).fold("\"aa\"".to_owned(), |text, _| format!("replace({text}, \"a\", \"aa\")"));
    assert!(matches!(emitted(nested), ExprKind::Call(Function::Replace, _)));
}
