//! What programs become: plans and tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use cep_core::plan::{
    AttributeValue, BinaryOp, Expr, ExprKind, Plan, TimestampFormat, Trigger, WindowKind,
};
use cep_core::time::{EventTime, Span};
use cep_core::value::{Decimal, Type, Value};
use rule_lang::diagnostic::render::{Colour, render_all};
use rule_lang::test_case::{Column, ExpectationKind};
use rule_lang::{Compiled, SetError, Source, compile, set_param};

const SEED: &str = include_str!("../src/parse/seed.rules");

fn clean(files: &[&str]) -> Compiled {
    let sources: Vec<Source> = files
        .iter()
        .enumerate()
        .map(|(i, text)| Source::new(format!("{i}.rules"), *text))
        .collect();
    let compiled = compile(&sources);
    assert!(
        !compiled.has_errors(),
        "{}",
        render_all(&compiled.diagnostics, &compiled.sources, Colour::Never)
    );
    compiled
}

fn plan(text: &str) -> Plan {
    clean(&[text]).plan.unwrap()
}

const HARVEST: &str = "stream Harvest {\n farm: int\n count: int\n weight: float\n price: decimal\n region: string?\n bonus: int?\n at: timestamp\n key farm\n time at\n}\nparam floor: int = 150\n";

/// The plan of one rule over Harvest with these clauses.
fn rule(clauses: &str) -> cep_core::plan::RulePlan {
    plan(&format!("{HARVEST}rule a {{\n from Harvest\n{clauses}\n}}")).rules.remove(0)
}

/// The only field of a windowless rule that emits this.
fn emitted(expression: &str) -> Expr {
    rule(&format!(" emit A {{ x: {expression} }}")).emits[0].fields[0].1.clone()
}

#[test]
fn the_seed_program_becomes_a_plan() {
    let compiled = clean(&[SEED]);
    assert_eq!(compiled.diagnostics, vec![]);
    let plan = compiled.plan.unwrap();
    insta::assert_snapshot!(format!("{SEED}=====\n{:#?}\n{:#?}", plan.streams, plan.rules));
}

#[test]
fn files_are_one_program_whatever_their_order() {
    let stream = "stream S {\n at: timestamp\n n: int\n time at\n}\n";
    let rules = "param p: int = 1\nrule b { from S where n > p emit B { n } }\nrule a { from S emit A { n } }\n";
    let one = clean(&[stream, rules]).plan.unwrap();
    let other = clean(&[rules, stream]).plan.unwrap();
    assert_eq!(one, other);
    assert_eq!(one.rules.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn ints_divide_to_decimals_and_meet_decimals_and_floats() {
    let quotient = emitted("farm / 2");
    assert_eq!(quotient.ty, Type::Decimal);
    let ExprKind::Binary(BinaryOp::Divide, left, right) = quotient.kind else { panic!() };
    assert!(matches!(left.kind, ExprKind::Call(cep_core::function::Function::DecimalOfInt, _)));
    assert_eq!(right.kind, ExprKind::Literal(Value::Decimal(Decimal::from(2))));
    assert_eq!(emitted("farm * price").ty, Type::Decimal);
    assert_eq!(emitted("farm * weight").ty, Type::Float);
    assert_eq!(emitted("weight * 1.5").ty, Type::Float);
    assert_eq!(emitted("farm div 2").ty, Type::Int);
    assert_eq!(emitted("at - at").ty, Type::Duration);
    assert_eq!(emitted("at + 5s").ty, Type::Timestamp);
    assert_eq!(emitted("(at - at) / 1s").ty, Type::Decimal);
}

#[test]
fn operators_bind_as_the_language_says() {
    let shape = |text: &str| {
        fn show(expr: &Expr) -> String {
            match &expr.kind {
                ExprKind::Binary(op, a, b) => format!("({} {op:?} {})", show(a), show(b)),
                ExprKind::Unary(op, a) => format!("({op:?} {})", show(a)),
                ExprKind::Field(at) => {
                    ["farm", "count", "weight", "price", "region", "bonus", "at"][*at as usize]
                        .to_owned()
                }
                ExprKind::Literal(value) => value.to_string(),
                ExprKind::If(a, b, c) => format!("(If {} {} {})", show(a), show(b), show(c)),
                other => format!("{other:?}"),
            }
        }
        show(&emitted(text))
    };
    assert_eq!(shape("farm + count * 2 - 1"), "((farm Add (count Multiply 2)) Subtract 1)");
    assert_eq!(
        shape("farm > 1 or farm < 0 and not farm == 5"),
        "((farm Greater 1) Or ((farm Less 0) And (Not (farm Equal 5))))"
    );
    assert_eq!(shape("bonus ?? 0 + bonus ?? 1"), "((bonus Coalesce 0) Add (bonus Coalesce 1))");
    assert_eq!(shape("-farm * 2"), "((Negate farm) Multiply 2)");
    assert_eq!(shape("farm in 1..5"), "((farm GreaterEqual 1) And (farm LessEqual 5))");
    assert_eq!(
        shape("if farm > 1 then farm else count + 1"),
        "(If (farm Greater 1) farm (count Add 1))"
    );
    assert_eq!(
        shape("bonus == 1.5"),
        "((If (bonus Equal null) null Call(DecimalOfInt, [Expr { ty: Int, kind: Field(5) }])) Equal 1.5)"
    );
}

#[test]
fn a_null_check_narrows() {
    assert_eq!(emitted("if bonus != null then bonus else 0").ty, Type::Int);
    assert_eq!(emitted("bonus != null and bonus > 3").ty, Type::Bool);
    assert_eq!(emitted("bonus == null or bonus > 3").ty, Type::Bool);
    assert_eq!(emitted("not (bonus == null) and bonus > 3").ty, Type::Bool);
    let narrowed = rule(
        " where bonus != null and region != null\n let double = bonus * 2\n emit A { double, region }",
    );
    let types: Vec<&Type> = narrowed.emits[0].fields.iter().map(|(_, expr)| &expr.ty).collect();
    assert_eq!(types, [&Type::Int, &Type::String]);
    let filled = rule(
        " by farm\n window tumbling(1s) fill 1m\n when min(count) != null and min(count) < 3\n emit A { low: min(count) }",
    );
    assert_eq!(filled.emits[0].fields[0].1.ty, Type::Int);
    let filtered =
        rule(" by farm\n window tumbling(1s)\n emit A { x: sum(bonus * 2 where bonus != null) }");
    assert_eq!(filtered.aggregates[0].ty, Type::Int);
}

#[test]
fn aggregates_of_nothing_are_null_except_count_and_sum() {
    let types = |clauses: &str| -> Vec<String> {
        let rule = rule(clauses);
        rule.emits.last().unwrap().fields.iter().map(|(_, expr)| expr.ty.to_string()).collect()
    };
    let emit = "emit A { a: count(), b: sum(count), c: avg(count), d: min(price), e: max(weight) }";
    assert_eq!(
        types(&format!(" by farm\n window tumbling(1s)\n {emit}")),
        ["int", "int", "decimal", "decimal", "float"]
    );
    assert_eq!(
        types(&format!(" by farm\n window tumbling(1s) fill 1m\n {emit}")),
        ["int", "int", "decimal?", "decimal?", "float?"]
    );
    assert_eq!(
        types(
            " by farm\n window sliding(1s)\n when count() > 3\n emit A { n: count() }\n clear B { low: min(count) }"
        ),
        ["int?"]
    );
    assert_eq!(
        types(
            " by farm\n window tumbling(1s)\n emit A { x: max(bonus), y: avg(weight where farm > 1) }"
        ),
        ["int?", "float?"]
    );
}

#[test]
fn equal_aggregates_are_one() {
    let rule = rule(
        " by farm\n window tumbling(1s)\n let total = sum(count)\n when total > 3 and sum(count) < 9 and sum(farm) > 1\n emit A { total, n: sum(count where farm > 1) }",
    );
    assert_eq!(rule.aggregates.len(), 3);
}

#[test]
fn windows_and_triggers() {
    let kind = |window: &str| {
        rule(&format!(" by farm\n window {window}\n emit A {{ n: count() }}")).window.unwrap().kind
    };
    let (second, ten) = (Span::from_secs(1), Span::from_secs(10));
    assert_eq!(kind("tumbling(10s)"), WindowKind::tumbling(ten));
    assert_eq!(
        kind("tumbling(10s, align 13s)"),
        WindowKind::Hopping { size: ten, every: ten, align: Span::from_secs(3) }
    );
    assert_eq!(
        kind("hopping(10s, every 1s)"),
        WindowKind::Hopping { size: ten, every: second, align: Span::ZERO }
    );
    assert_eq!(kind("sliding(10s)"), WindowKind::Sliding { size: ten });
    assert_eq!(kind("session(max 10s, gap 1s)"), WindowKind::Session { gap: second, max: ten });
    assert_eq!(kind("last(7)"), WindowKind::Last { count: 7 });
    assert_eq!(kind("every(7)"), WindowKind::Every { count: 7 });
    assert_eq!(kind("forever"), WindowKind::Forever);

    let trigger = |clauses: &str| rule(clauses).trigger;
    let emit = "emit A { n: count() }";
    assert!(matches!(
        trigger(&format!(" by farm\n window tumbling(1s)\n {emit}")),
        Trigger::Always
    ));
    assert!(matches!(
        trigger(&format!(" by farm\n window tumbling(1s)\n when count() > 1\n {emit}")),
        Trigger::Each(_)
    ));
    assert!(matches!(
        trigger(&format!(
            " by farm\n window tumbling(1s)\n when count() > 1\n {emit}\n clear B {{ farm }}"
        )),
        Trigger::Edge(_)
    ));
    assert!(matches!(
        trigger(&format!(" by farm\n window sliding(1s)\n when count() > 1\n {emit}")),
        Trigger::Edge(_)
    ));
    assert!(matches!(
        trigger(&format!(" by farm\n window sliding(1s)\n when each count() > 1\n {emit}")),
        Trigger::Each(_)
    ));
    assert!(matches!(trigger(" by farm\n when count > 1\n emit A { farm }"), Trigger::Edge(_)));
}

#[test]
fn keys_are_read_by_name_after_a_window_and_put_in_place_without_one() {
    let windowed = rule(
        " by tens: farm div 10, Harvest.count\n window tumbling(1s)\n emit A { tens, count, n: sum(count) }",
    );
    assert_eq!(
        windowed.key.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(),
        ["tens", "count"]
    );
    assert_eq!(windowed.emits[0].fields[0].1.kind, ExprKind::Key(0));
    assert_eq!(windowed.emits[0].fields[1].1.kind, ExprKind::Key(1));
    assert_eq!(windowed.aggregates[0].inputs[0].kind, ExprKind::Field(1));
    let windowless = rule(" by tens: farm div 10\n emit A { tens }");
    assert!(matches!(
        windowless.emits[0].fields[0].1.kind,
        ExprKind::Binary(BinaryOp::FloorDivide, ..)
    ));
}

#[test]
fn all_fields_are_spread_and_written_ones_win() {
    let rule = rule(" emit A { ..Harvest, count: 1 } if farm > 3");
    let names: Vec<&str> = rule.emits[0].fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["farm", "weight", "price", "region", "bonus", "at", "count"]);
    assert!(rule.emits[0].condition.is_some());
}

#[test]
fn an_event_of_several_rules_has_one_shape() {
    let text = format!(
        "{HARVEST}rule b {{ from Harvest emit A {{ farm, x: bonus }} }}\nrule a {{ from Harvest emit A {{ x: count, farm }} }}"
    );
    let plan = plan(&text);
    assert_eq!(
        plan.events[0].fields,
        [("farm".to_owned(), Type::Int), ("x".to_owned(), Type::Int.optional())]
    );
    let names: Vec<&str> =
        plan.rules[0].emits[0].fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["farm", "x"]);
}

#[test]
fn streams_say_where_fields_and_time_are() {
    let text = "stream S from kafka(\"t\", format: json) {\n id: string from \"a.b\"\n at: timestamp from \"ts\" as seconds\n time at, lateness 1m, idle 2m, ahead 3m\n}\nrule r { from S emit R { id } }\nsink R to kafka(\"r\"), file(\"r.jsonl\")";
    let plan = plan(text);
    let stream = &plan.streams[0];
    assert_eq!(stream.fields[1].format, TimestampFormat::Seconds);
    assert_eq!(
        (stream.lateness, stream.idle, stream.ahead),
        (Span::from_secs(60), Some(Span::from_secs(120)), Span::from_secs(180))
    );
    insta::assert_snapshot!(format!("{text}\n=====\n{:#?}\n{:#?}", stream, plan.events));
}

#[test]
fn a_rule_that_is_off_is_checked_and_left_out() {
    let text = format!(
        "{HARVEST}@off\nrule a {{ from Harvest emit A {{ farm }} }}\n@severity(\"high\") @team(5) @page @test(false) @after(30s)\nrule b {{ from Harvest emit B {{ farm }} }}"
    );
    let plan = plan(&text);
    assert_eq!(plan.rules.len(), 1);
    let attributes: Vec<(&str, &AttributeValue)> =
        plan.rules[0].attributes.iter().map(|a| (a.name.as_str(), &a.value)).collect();
    let text = |text: &str| AttributeValue::Text(text.to_owned());
    let expected = [
        ("severity", &text("high")),
        ("team", &AttributeValue::Int(5)),
        ("page", &AttributeValue::Bool(true)),
        ("test", &AttributeValue::Bool(false)),
        ("after", &text("30s")),
    ];
    assert_eq!(attributes, expected);
    assert!(
        compile(&[Source::new("a", "@off\nrule a { from Nowhere emit A { x } }")]).has_errors()
    );
}

#[test]
fn params_keep_their_place_and_can_be_set() {
    let mut plan = plan(
        "param site: string = \"north\"\nparam gap: duration = 10s\nparam rate: decimal = 1\nparam low: int? = null\nstream S { at: timestamp\n n: int\n time at }\nrule r { from S where n > (low ?? 0) emit R { site, gap, rate } }",
    );
    assert_eq!(
        plan.params.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
        ["gap", "low", "rate", "site"]
    );
    set_param(&mut plan, "site", "south").unwrap();
    set_param(&mut plan, "gap", "1h30m").unwrap();
    set_param(&mut plan, "low", "-5").unwrap();
    let values: Vec<Value> = plan.params.iter().map(|param| param.value.clone()).collect();
    assert_eq!(
        values,
        [
            Value::Duration(Span::from_secs(5400)),
            Value::Int(-5),
            Value::Decimal(Decimal::ONE),
            Value::text("south")
        ]
    );
    set_param(&mut plan, "site", "\"a b\"").unwrap();
    assert_eq!(plan.params[3].value, Value::text("a b"));
    let error = set_param(&mut plan, "rat", "2").unwrap_err();
    assert_eq!(error.to_string(), "there is no param `rat`; did you mean `rate`?");
    let error = set_param(&mut plan, "gap", "10").unwrap_err();
    assert!(matches!(error, SetError::WrongType { .. }));
    assert_eq!(error.to_string(), "`10` is not a value of `gap`, which is duration, such as `10s`");
    assert!(set_param(&mut plan, "rate", "1 + 1").is_err());
}

#[test]
fn a_param_of_an_enum_is_set_with_and_without_quotes() {
    let mut plan = plan(
        "param grade: \"low\" | \"high\" = \"low\"\nstream S { at: timestamp\n time at }\nrule r { from S emit R { grade } }",
    );
    for text in ["high", "\"high\""] {
        plan.params[0].value = Value::text("low");
        set_param(&mut plan, "grade", text).unwrap();
        assert_eq!(plan.params[0].value, Value::text("high"));
    }
    assert!(set_param(&mut plan, "grade", "middle").is_err());
}

#[test]
fn tests_count_times_from_their_base() {
    let text = format!(
        "{HARVEST}rule a {{ from Harvest by farm window tumbling(1s) emit A {{ farm, n: count(), m: avg(count), s: window.start }} }}
test \"t\" {{
    base @2026-01-01T00:00:00Z
    set floor = 10
    until 1m
    given Harvest
        | at | count | farm | region |
        | 1s | 5 | 1 | - |
        | @2026-01-01T00:00:02Z | -5 | 2 | \"a|{{b}}\" |
    expect A
        | farm | m | time | s |
        | 1 | 5 | 1s999999us | 1s |
    expect some A
        | n |
        | 1 |
    expect no A
    expect late Harvest
        | farm |
        | 3 |
    expect error
}}"
    );
    let compiled = clean(&[&text]);
    let test = &compiled.tests[0];
    let base = EventTime(1_767_225_600_000_000);
    let at = |us: i64| EventTime(base.0 + us);
    assert_eq!((test.title.as_str(), test.until), ("t", Some(at(60_000_000))));
    assert_eq!(test.params[0].1, Value::Int(10));
    let events = &test.given[0].events;
    assert_eq!((events[0].time, events[1].time), (at(1_000_000), at(2_000_000)));
    assert_eq!(events[1].values[..2], [Value::Int(2), Value::Int(-5)]);
    assert_eq!(events[1].values[4], Value::text("a|{b}"));
    let row = &test.expectations[0].rows.as_ref().unwrap()[0];
    assert_eq!(
        row.cells,
        [
            (Column::Field("farm".to_owned()), Value::Int(1)),
            (Column::Field("m".to_owned()), Value::Decimal(Decimal::from(5))),
            (Column::Time, Value::Timestamp(at(1_999_999))),
            (Column::Field("s".to_owned()), Value::Timestamp(at(1_000_000))),
        ]
    );
    let kinds: Vec<&ExpectationKind> = test.expectations.iter().map(|e| &e.kind).collect();
    assert!(matches!(
        kinds[..],
        [
            ExpectationKind::All(_),
            ExpectationKind::Some(_),
            ExpectationKind::None(_),
            ExpectationKind::Late(_),
            ExpectationKind::Error { text: None }
        ]
    ));
}

#[test]
fn a_stream_timed_by_its_records_is_given_a_time_column() {
    let compiled = clean(&[
        "stream S {\n n: int\n time record\n}\nrule a { from S emit A { n } }\ntest \"t\" {\n    given S\n        | n | time |\n        | 1 | 5s |\n    expect A\n        | n |\n        | 1 |\n}",
    ]);
    assert_eq!(compiled.tests[0].given[0].events[0].time, EventTime(5_000_000));
}

#[test]
fn strings_are_put_together_and_lists_searched() {
    assert!(
        matches!(emitted("\"farm {farm} of {region ?? 'x'}\"").kind, ExprKind::Text(parts) if parts.len() == 4)
    );
    assert!(
        matches!(emitted("farm in [1, 2, 3]").kind, ExprKind::In(_, items) if items.len() == 3)
    );
    let mixed = emitted("farm in [1, 2.5]");
    assert!(matches!(mixed.kind, ExprKind::In(needle, _) if needle.ty == Type::Decimal));
    assert_eq!(emitted("1 + 2 * 3").kind, ExprKind::Literal(Value::Int(7)));
    assert_eq!(emitted("upper('ab')").kind, ExprKind::Literal(Value::text("AB")));
}

#[test]
fn lets_that_repeat_one_another_are_refused_before_they_explode() {
    let mut text = format!("{HARVEST}rule a {{\n from Harvest\n let a0 = count + count\n");
    for i in 1..60 {
        text.push_str(&format!(" let a{i} = a{} + a{}\n", i - 1, i - 1));
    }
    text.push_str(" emit A { x: a59 }\n}");
    let compiled = compile(&[Source::new("a", text)]);
    let codes: Vec<&str> =
        compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code.number()).collect();
    assert_eq!(codes, ["E0112"]);
}

#[test]
fn several_emits_keep_their_order() {
    let rule = rule(
        " by farm\n window sliding(1s)\n when count() > 3\n emit A { farm } if sum(count) > 1\n emit B { n: count() }\n clear C { farm }\n clear D { farm }",
    );
    let names: Vec<&str> = rule.emits.iter().map(|emit| emit.event.as_str()).collect();
    assert_eq!(names, ["A", "B", "C", "D"]);
    assert!(rule.emits[0].condition.is_some());
}

#[test]
fn a_call_of_a_function_means_its_value() {
    let with = |functions: &str, value: &str| {
        let rule = format!("rule a {{ from Harvest where {value} > 1 emit A {{ x: {value} }} }}");
        plan(&format!("{functions}{HARVEST}{rule}"))
    };
    let functions = "fn plus(n: int, m: int?) -> int = if m != null then n + m else twice(n) - floor\n\
                     fn twice(n: int) -> int = n + n\n";
    let called = with(functions, "twice(plus(count, bonus))");
    let value = "(if bonus != null then count + bonus else (count + count) - floor)";
    assert_eq!(called, with("", &format!("({value} + {value})")));
}

#[test]
fn functions_that_grow_exponentially_are_refused() {
    let mut text = String::from("fn f0(n: int) -> int = n + n\n");
    for at in 1..200 {
        let below = at - 1;
        text += &format!("fn f{at}(n: int) -> int = f{below}(f{below}(n)) + f{below}(n)\n");
    }
    let compiled = compile(&[Source::new("f.rules", text)]);
    let codes: Vec<String> = compiled.diagnostics.iter().map(|it| it.code.to_string()).collect();
    assert_eq!(codes, ["E0112"]);
}

#[test]
fn a_long_chain_of_functions_is_answered() {
    let mut text = String::from("fn f0(n: int) -> int = n\n");
    for at in 1..20_000 {
        text += &format!("fn f{at}(n: int) -> int = f{}(n)\n", at - 1);
    }
    let rule = "rule a { from Harvest emit A { x: f19999(count) } }";
    let found = plan(&format!("{HARVEST}{text}{rule}"));
    assert_eq!(found.rules[0].emits[0].fields[0].1, emitted("count"));
}

#[test]
fn many_calls_of_large_functions_are_refused_in_all() {
    let terms = vec!["n"; 150].join(" + ");
    let mut text = format!("{HARVEST}fn large(n: int) -> int = {terms}\n");
    for at in 0..10_000 {
        text += &format!("rule r{at} {{ from Harvest emit E{at} {{ x: large(count) }} }}\n");
    }
    let compiled = compile(&[Source::new("f.rules", text)]);
    let errors = compiled.diagnostics.iter().filter(|it| it.is_error());
    let codes: Vec<String> = errors.map(|it| it.code.to_string()).collect();
    assert_eq!(codes, ["E0112"]);
}
