//! Derived events, each above what is written of it.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use cep_core::engine::EmitId;
use cep_core::plan::{
    Attribute, AttributeValue, EmitKind, EmitPlan, Expr, ExprKind, FieldPlan, FieldSource, KeyPart,
    RuleId, RulePlan, StreamPlan, TimeSource, TimestampFormat, Trigger,
};
use cep_core::time::Span;
use cep_core::value::{Decimal, Type};
use serde_json::Value as Json;
use std::fmt::Write;
use std::sync::Arc;

fn stream(name: &str) -> StreamPlan {
    StreamPlan {
        name: name.into(),
        doc: String::new(),
        fields: vec![FieldPlan {
            name: "farm".into(),
            ty: Type::Int,
            least: None,
            source: FieldSource::Path(vec!["farmid".into()]),
            format: TimestampFormat::Automatic,
        }],
        key: None,
        time: TimeSource::Record,
        lateness: Span::ZERO,
        idle: None,
        ahead: Span::ZERO,
        from: None,
    }
}

fn plan(attributes: &[(&str, &str)], lines: &[(&str, EmitKind, &[&str])]) -> Plan {
    let expr = || Expr::new(Type::Int, ExprKind::Field(0));
    let emit = |(event, kind, fields): &(&str, EmitKind, &[&str])| EmitPlan {
        event: (*event).into(),
        kind: *kind,
        fields: fields.iter().map(|name| ((*name).into(), expr())).collect(),
        condition: None,
    };
    let attribute = |(name, value): &(&str, &str)| Attribute {
        name: (*name).into(),
        value: match (value.parse(), value.parse()) {
            (Ok(value), _) => AttributeValue::Bool(value),
            (_, Ok(value)) => AttributeValue::Int(value),
            _ => AttributeValue::Text((*value).into()),
        },
    };
    let rule = RulePlan {
        name: "disaster".into(),
        doc: String::new(),
        attributes: attributes.iter().map(attribute).collect(),
        input: StreamId(0),
        filter: None,
        key: vec![KeyPart { name: "farm".into(), expr: expr() }],
        window: None,
        expects: None,
        waits_for: Vec::new(),
        aggregates: Vec::new(),
        previous: Vec::new(),
        trigger: Trigger::Always,
        limit: None,
        distinct: None,
        changes: None,
        forget: None,
        emits: lines.iter().map(emit).collect(),
    };
    Plan { streams: vec![stream("Harvest"), stream("Frost")], rules: vec![rule], ..Plan::empty() }
}

fn at(stream: u32, partition: u32, offset: u64) -> RowOrigin {
    RowOrigin { stream: StreamId(stream), partition, offset }
}

fn emit(key: Vec<Value>, values: Vec<Value>, causes: Causes) -> Emit {
    Emit {
        rule: RuleId(0),
        line: 0,
        kind: EmitKind::Fire,
        time: EventTime(1_584_981_119_999_999),
        id: EmitId([0xab; 16]),
        key: Arc::from(key),
        values,
        revision: 0,
        retracted: false,
        causes,
    }
}

/// What is written of an emit in every mode.
fn shown(plan: &Plan, emit: &Emit) -> String {
    let encoder = Encoder::new(plan, &["costcenter".into(), "frost.jsonl".into()], "farm-watch");
    let mut shown = format!("{emit:?}\n\n");
    let mut line = Vec::new();
    encoder.structured(emit, &mut line);
    let line = String::from_utf8(line).unwrap();
    let parsed: Json = serde_json::from_str(&line).unwrap();
    writeln!(shown, "structured: {line}").unwrap();
    let mut key = Vec::new();
    if encoder.key(emit, &mut key) {
        assert_eq!(parsed["key"], String::from_utf8(key.clone()).unwrap());
        writeln!(shown, "key: {}", String::from_utf8(key).unwrap()).unwrap();
    }
    let mut data = Vec::new();
    encoder.data(emit, &mut data);
    assert_eq!(parsed["data"], serde_json::from_slice::<Json>(&data).unwrap());
    writeln!(shown, "value: {}", String::from_utf8(data).unwrap()).unwrap();
    for (name, value) in encoder.headers(emit) {
        writeln!(shown, "{name}: {}", String::from_utf8(value).unwrap()).unwrap();
    }
    shown
}

#[test]
fn a_disaster_is_a_cloud_event() {
    let plan = plan(
        &[("severity", "high")],
        &[("Disaster", EmitKind::Fire, &["farm", "harvested", "since", "until", "weight"])],
    );
    let values = vec![
        Value::Int(302),
        Value::Int(108),
        Value::Timestamp(EventTime(1_584_981_110_000_000)),
        Value::Timestamp(EventTime(1_584_981_120_000_000)),
        Value::Decimal(Decimal::new(1250, 2)),
    ];
    let causes = Causes::of(vec![at(0, 0, 4), at(0, 0, 3), at(0, 2, 17)]);
    insta::assert_snapshot!(shown(&plan, &emit(vec![Value::Int(302)], values, causes)));
}

#[test]
fn many_causes_are_the_first_the_last_and_how_many() {
    let plan = plan(&[], &[("Disaster", EmitKind::Fire, &[])]);
    let causes = Causes::of((0..100).map(|offset| at(1, 0, offset)).collect());
    insta::assert_snapshot!(shown(&plan, &emit(vec![], vec![], causes)));
}

#[test]
fn a_key_of_several_parts_is_a_list_in_a_text() {
    let plan = plan(&[], &[("Disaster", EmitKind::Fire, &["crop"])]);
    let key = vec![Value::Int(302), Value::text("a \"big\" field"), Value::Null];
    let causes = Causes::Exact(Vec::new());
    insta::assert_snapshot!(shown(&plan, &emit(key, vec![Value::text("Zürich\n")], causes)));
}

#[test]
fn the_clear_line_names_its_own_event() {
    let plan = plan(
        &[],
        &[("Disaster", EmitKind::Fire, &["farm"]), ("Over", EmitKind::Clear, &["after"])],
    );
    let fired = emit(
        vec![Value::text("north \"3\"")],
        vec![Value::Duration(Span::from_secs(5_400))],
        Causes::of(vec![at(0, 0, 9)]),
    );
    let clear = Emit { line: 1, kind: EmitKind::Clear, ..fired };
    insta::assert_snapshot!(shown(&plan, &clear));
}

#[test]
fn a_rule_cannot_replace_the_attributes_of_every_event() {
    let plan = plan(
        &[("id", "mine"), ("Run_Book", "https://example.org/a?b=\"c\"")],
        &[("Disaster", EmitKind::Fire, &[])],
    );
    insta::assert_snapshot!(shown(&plan, &emit(vec![], vec![], Causes::Exact(Vec::new()))));
}

#[test]
fn integers_and_booleans_of_a_rule_are_those_of_cloud_events() {
    let attributes = [("severity", "high"), ("level", "-3"), ("page", "true")];
    let plan = plan(&attributes, &[("Disaster", EmitKind::Fire, &[])]);
    let emit = emit(vec![], vec![], Causes::Exact(Vec::new()));
    let encoder = Encoder::new(&plan, &[], "app");
    let mut line = Vec::new();
    encoder.structured(&emit, &mut line);
    let line = String::from_utf8_lossy(&line);
    assert!(line.contains(r#","severity":"high","level":-3,"page":true,"data":"#), "{line}");
    let headers = encoder.headers(&emit);
    let value =
        |name: &str| headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
    assert_eq!(value("ce_level"), Some(b"-3".to_vec()));
    assert_eq!(value("ce_page"), Some(b"true".to_vec()));
}

#[test]
fn a_revision_that_takes_back_says_so() {
    let plan = plan(&[], &[("Disaster", EmitKind::Fire, &[])]);
    let fired = emit(vec![], vec![], Causes::Exact(Vec::new()));
    let taken_back = Emit { revision: 2, retracted: true, ..fired };
    let encoder = Encoder::new(&plan, &[], "app");
    let mut out = Vec::new();
    encoder.structured(&taken_back, &mut out);
    let text = String::from_utf8_lossy(&out);
    assert!(text.contains("abab.2\""), "{text}");
    assert!(text.contains("\"revision\":2,\"retracted\":true,\"causes\":[]"), "{text}");
    let headers = encoder.headers(&taken_back);
    let value =
        |name: &str| headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
    assert_eq!(value("ce_revision"), Some(b"2".to_vec()));
    assert_eq!(value("ce_retracted"), Some(b"true".to_vec()));
}

#[test]
fn an_emit_of_another_plan_writes_nothing() {
    let plan = plan(&[], &[("Disaster", EmitKind::Fire, &[])]);
    let encoder = Encoder::new(&plan, &[], "app");
    let unknown = Emit { line: 7, ..emit(vec![], vec![], Causes::Exact(Vec::new())) };
    let mut out = Vec::new();
    encoder.structured(&unknown, &mut out);
    encoder.data(&unknown, &mut out);
    assert!(out.is_empty() && encoder.headers(&unknown).is_empty());
}
