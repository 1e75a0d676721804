//! The plan as a flow chart that Mermaid draws.

use super::text::{expects, window};
use cep_core::plan::{
    Connector, Expr, ExprKind, InnerSource, Plan, RuleId, RulePlan, StreamId, TableId,
};
use std::collections::BTreeSet;

/// Streams, rules, derived events and their sinks, from left to right.
pub(super) fn draw(plan: &Plan, shown: &[RuleId]) -> String {
    let mut out = String::from("flowchart LR\n");
    let rules = || shown.iter().filter_map(|id| Some((id.0, plan.rule(*id)?)));
    for id in plan.stream_ids().filter(|id| rules().any(|(_, rule)| plan.follows(rule, *id))) {
        let Some(stream) = plan.stream(id) else { continue };
        let from = stream.from.as_ref().map(|it| format!("<br/>{}", place(it)));
        let label = format!("{}{}", escaped(&stream.name), from.unwrap_or_default());
        out.push_str(&format!("  s{}[(\"{label}\")]\n", id.0));
    }
    let looked_up: Vec<BTreeSet<TableId>> =
        rules().map(|(_, rule)| tables_of(plan, rule)).collect();
    for id in looked_up.iter().flatten().collect::<BTreeSet<_>>() {
        let Some(table) = plan.table(*id) else { continue };
        let from = table.from.as_ref().map(|it| format!("<br/>{}", place(it)));
        let label = format!("{}{}", escaped(&table.name), from.unwrap_or_default());
        out.push_str(&format!("  t{}[[\"{label}\"]]\n", id.0));
    }
    let emits = |event: &str| rules().any(|(_, rule)| rule.emits.iter().any(|e| e.event == event));
    for (index, event) in plan.events.iter().enumerate().filter(|(_, it)| emits(&it.name)) {
        out.push_str(&format!("  e{index}([\"{}\"])\n", escaped(&event.name)));
        for (sink, connector) in event.sinks.iter().enumerate() {
            out.push_str(&format!("  e{index} --> k{index}_{sink}[/\"{}\"/]\n", place(connector)));
        }
    }
    for ((id, rule), tables) in rules().zip(&looked_up) {
        let keys: Vec<&str> = rule.key.iter().map(|part| part.name.as_str()).collect();
        let by = (!keys.is_empty()).then(|| format!("by {}", keys.join(", ")));
        let details =
            by.into_iter().chain(rule.window.as_ref().map(|it| window(it, &expects(plan, rule))));
        let details: String = details.map(|text| format!("<br/>{}", escaped(&text))).collect();
        out.push_str(&format!("  r{id}[\"{}{details}\"]\n", escaped(&rule.name)));
        for input in inputs(plan, rule.input) {
            out.push_str(&format!("  {input} --> r{id}\n"));
        }
        for input in rule.waits_for.iter().flat_map(|looked_up| inputs(plan, *looked_up)) {
            out.push_str(&format!("  {input} -. latest .-> r{id}\n"));
        }
        for table in tables {
            out.push_str(&format!("  t{} -.-> r{id}\n", table.0));
        }
        let mut drawn = Vec::new();
        for emit in &rule.emits {
            let index = plan.events.iter().position(|event| event.name == emit.event);
            if let Some(index) = index.filter(|index| !drawn.contains(index)) {
                out.push_str(&format!("  r{id} --> e{index}\n"));
                drawn.push(index);
            }
        }
    }
    out
}

/// The tables of rows that a rule looks up; those of streams are drawn as their streams.
fn tables_of(plan: &Plan, rule: &RulePlan) -> BTreeSet<TableId> {
    let mut found: BTreeSet<TableId> = rule.expects.into_iter().collect();
    let mut see = |expr: &Expr| {
        expr.visit(&mut |node| {
            if let ExprKind::Lookup(table, _) = node {
                found.insert(*table);
            }
        });
    };
    rule.row_expressions(&mut see);
    rule.firing_expressions(&mut see);
    if let Some(InnerSource::Items(items)) = plan.inner_stream(rule.input).map(|it| &it.source) {
        see(&items.list);
    }
    found.retain(|id| plan.table(*id).is_some_and(|table| table.of.is_none()));
    found
}

/// The nodes that a rule over a stream reads: inputs, derived events, or several of them.
fn inputs(plan: &Plan, stream: StreamId) -> Vec<String> {
    match plan.inner_stream(stream).map(|inner| (inner, &inner.source)) {
        None => vec![format!("s{}", stream.0)],
        Some((inner, InnerSource::Event)) => {
            let event = plan.events.iter().position(|event| event.name == inner.stream.name);
            event.map(|index| format!("e{index}")).into_iter().collect()
        }
        Some((_, InnerSource::Items(items))) => inputs(plan, items.stream),
        Some((_, InnerSource::Union(members))) => {
            members.iter().flat_map(|member| inputs(plan, member.stream)).collect()
        }
    }
}

fn place(connector: &Connector) -> String {
    format!("{} {}", escaped(&connector.kind), escaped(&connector.target))
}

fn escaped(text: &str) -> String {
    let text = text.replace('#', "#35;").replace(['\n', '\r'], " ");
    text.replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
