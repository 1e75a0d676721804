#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use cep_core::engine::EmitId;
use cep_core::plan::{Attribute, EmitKind, EmitPlan, Expr, ExprKind, RuleId, Trigger};
use cep_core::time::{EventTime, Span};
use cep_core::value::{Decimal, Type};
use std::str::FromStr;

fn encoder(attributes: Vec<Attribute>) -> Encoder {
    let names = ["int", "float", "decimal", "text", "at", "long", "none", "truth"];
    let null = Expr::new(Type::Int.optional(), ExprKind::Literal(Value::Null));
    let rule = RulePlan {
        name: "disaster".into(),
        doc: String::new(),
        attributes,
        input: StreamId(0),
        filter: None,
        key: Vec::new(),
        window: None,
        aggregates: Vec::new(),
        trigger: Trigger::Always,
        emits: vec![EmitPlan {
            event: "Disaster".into(),
            kind: EmitKind::Fire,
            fields: names.map(|name| (name.into(), null.clone())).into(),
            condition: None,
        }],
    };
    let plan = Plan { rules: vec![rule], ..Plan::empty() };
    Encoder::new(&plan, &["costcenter".into()], "farm-watch")
}

fn emit(key: Vec<Value>, causes: Vec<RowOrigin>) -> Emit {
    Emit {
        rule: RuleId(0),
        line: 0,
        kind: EmitKind::Fire,
        time: EventTime(1_584_981_119_999_999),
        id: EmitId([0xab; 16]),
        key: key.into(),
        values: vec![
            Value::Int(-5),
            Value::Float(1.5),
            Value::Decimal(Decimal::from_str("12.50").unwrap()),
            Value::text("a \"b\"\n\u{1}"),
            Value::Timestamp(EventTime(0)),
            Value::Duration(Span::from_secs(5_400)),
            Value::Null,
            Value::Bool(true),
        ],
        causes: Causes::of(causes),
    }
}

fn origin(partition: u32, offset: u64) -> RowOrigin {
    RowOrigin { stream: StreamId(0), partition, offset }
}

#[test]
fn structured_mode_is_one_object_on_one_line() {
    let attributes = vec![Attribute { name: "severity".into(), value: "high".into() }];
    let encoder = encoder(attributes);
    let mut out = Vec::new();
    encoder.structured(&emit(vec![Value::Int(302)], vec![origin(0, 7), origin(0, 8)]), &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains('\n'));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["data"]["text"], "a \"b\"\n\u{1}");
    insta::assert_snapshot!(text.replace(",\"", ",\n\""), @r#"
    {"specversion":"1.0",
    "id":"abababababababababababababababab.0",
    "source":"cep:farm-watch",
    "type":"Disaster",
    "time":"2020-03-23T16:31:59.999999Z",
    "datacontenttype":"application/json",
    "key":"302",
    "rule":"disaster",
    "revision":0,
    "causes":[{"topic":"costcenter",
    "partition":0,
    "from":7,
    "to":8}],
    "severity":"high",
    "data":{"int":-5,
    "float":1.5,
    "decimal":12.50,
    "text":"a \"b\"\n\u0001",
    "at":"1970-01-01T00:00:00Z",
    "long":"1h30m",
    "none":null,
    "truth":true}}
    "#);
}

#[test]
fn binary_mode_has_the_attributes_in_headers() {
    let encoder = encoder(vec![Attribute { name: "severity".into(), value: "high".into() }]);
    let headers = encoder.headers(&emit(vec![Value::text("north")], vec![origin(1, 3)]));
    let lines =
        headers.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    ce_specversion: 1.0
    ce_id: abababababababababababababababab.0
    ce_source: cep:farm-watch
    ce_type: Disaster
    ce_time: 2020-03-23T16:31:59.999999Z
    content-type: application/json
    ce_rule: disaster
    ce_revision: 0
    ce_causes: [{"topic":"costcenter","partition":1,"from":3,"to":3}]
    ce_key: north
    ce_severity: high
    "#);
}

#[test]
fn a_key_of_several_parts_is_an_array_and_no_key_is_none() {
    let encoder = encoder(Vec::new());
    let key = |parts: Vec<Value>| {
        let mut out = Vec::new();
        let has = encoder.key(&emit(parts, Vec::new()), &mut out);
        (has, String::from_utf8(out).unwrap())
    };
    assert_eq!(key(vec![]), (false, String::new()));
    assert_eq!(key(vec![Value::text("a\"b")]), (true, "a\"b".into()));
    let two = key(vec![Value::Int(3), Value::text("a\"b")]);
    assert_eq!(two, (true, "[3,\"a\\\"b\"]".into()));
}

#[test]
fn many_causes_are_the_first_the_last_and_how_many() {
    let encoder = encoder(Vec::new());
    let mut out = Vec::new();
    let causes = Causes::of((0..40).map(|offset| origin(0, offset)).collect());
    encoder.causes(&causes, &mut out);
    insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"{"first":{"topic":"costcenter","partition":0,"offset":0},"last":{"topic":"costcenter","partition":0,"offset":39},"count":40,"exact":false}"#);
}
