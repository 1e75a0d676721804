//! The plan for people.

use super::Sharing;
use super::expression::{Names, literal};
use super::keeps::{Kept, kept};
use cep_core::plan::{
    AttributeValue, Connector, EdgePlan, EmitKind, FieldPlan, FieldSource, Hold, Horizon,
    InnerSource, Judged, LimitBy, Plan, RuleId, RulePlan, StreamId, StreamPlan, TablePlan,
    TimeSource, Trigger, WindowKind, WindowPlan,
};
use cep_core::value::Value;

/// Streams, parameters and the rules of `shown` as text.
pub(super) fn explain(plan: &Plan, shown: &[RuleId]) -> String {
    let rules = || shown.iter().filter_map(|id| Some((*id, plan.rule(*id)?)));
    let mut out = String::new();
    let followed = |id: &StreamId| rules().any(|(_, rule)| plan.follows(rule, *id));
    for id in plan.stream_ids().filter(|id| !plan.is_of_table(*id) && followed(id)) {
        plan.stream(id).into_iter().for_each(|stream| self::stream(plan, id, stream, &mut out));
    }
    for param in &plan.params {
        out.push_str(&format!(
            "param {}: {} = {}\n\n",
            param.name,
            param.ty,
            literal(&param.value)
        ));
    }
    for table in &plan.tables {
        self::table(plan, table, &mut out);
    }
    let (sharing, horizons) = (Sharing::of(plan), Horizon::of_rules(plan));
    for ((id, rule), horizon) in rules().filter_map(|it| Some((it, horizons.get(it.0.0 as usize)?)))
    {
        self::rule(plan, rule, horizon, &mut out);
        let (shares, more) = sharing.others(id);
        if !shares.is_empty() {
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            line(&mut out, "shares", &format!("its slices with {}{more}", shares.join(", ")));
        }
        out.push('\n');
    }
    out.push_str(&format!("horizon of the program: {}\n", Horizon::of_plan(plan)));
    out
}

fn line(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("  {name:<9}{text}\n"));
}

fn doc(out: &mut String, doc: &str) {
    doc.lines().for_each(|text| out.push_str(&format!("  /// {}\n", text.trim())));
}

fn connector(connector: &Connector) -> String {
    let options: String =
        connector.options.iter().map(|(name, value)| format!(", {name}: {value}")).collect();
    let target = literal(&Value::text(connector.target.as_str()));
    format!("{}({target}{options})", connector.kind)
}

fn stream(plan: &Plan, id: StreamId, stream: &StreamPlan, out: &mut String) {
    let from = stream.from.as_ref().map(|from| format!(" from {}", connector(from)));
    out.push_str(&format!("stream {}{}\n", stream.name, from.unwrap_or_default()));
    doc(out, &stream.doc);
    let used = plan.used_fields(id);
    let read = stream.fields.iter().zip(used).filter(|(_, used)| *used).map(|(field, _)| field);
    let read: Vec<String> = read.map(field).collect();
    line(
        out,
        "reads",
        &format!("{} of {} fields: {}", read.len(), stream.fields.len(), read.join(", ")),
    );
    if let Some(key) = stream.key {
        line(out, "key", name(stream, key));
    }
    line(out, "time", &time(stream));
    out.push('\n');
}

fn name(stream: &StreamPlan, index: u32) -> &str {
    stream.fields.get(index as usize).map_or("?", |field| field.name.as_str())
}

/// The `time` line of a stream.
fn time(stream: &StreamPlan) -> String {
    let time = match stream.time {
        TimeSource::Field(field) => name(stream, field),
        TimeSource::Record => "record",
    };
    let idle = stream.idle.map_or("never idle".into(), |idle| format!("idle {idle}"));
    format!("{time}, lateness {}, {idle}, ahead {}", stream.lateness, stream.ahead)
}

fn from(plan: &Plan, rule: &RulePlan) -> String {
    let Some(stream) = plan.stream(rule.input) else { return "?".into() };
    match plan.inner_stream(rule.input).map(|inner| &inner.source) {
        Some(InnerSource::Items(items)) => {
            let outer = plan.stream(items.stream).map_or(0, |outer| outer.fields.len());
            let names = stream.fields.iter().skip(outer).map(|field| field.name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            let list = Names { plan, rule }.expression(&items.list);
            format!("{} each {names} in {list}", stream.name)
        }
        _ => stream.name.clone(),
    }
}

fn table(plan: &Plan, table: &TablePlan, out: &mut String) {
    let of = table.of.and_then(|of| plan.stream(of)).map(|of| format!(" from {}", of.name));
    let from = table.from.as_ref().map(|from| format!(" from {}", connector(from))).or(of);
    out.push_str(&format!("table {}{}\n", table.name, from.unwrap_or_default()));
    doc(out, &table.doc);
    let own = table.of.filter(|of| plan.is_of_table(*of)).and_then(|of| plan.stream(of));
    let written = |it: &FieldPlan| match own {
        Some(_) => field(it),
        None => format!("{}: {}", it.name, it.ty),
    };
    let fields: Vec<String> = table.fields.iter().map(written).collect();
    line(out, "fields", &fields.join(", "));
    let name = |at: &u32| table.fields.get(*at as usize).map_or("?", |it| it.name.as_str());
    line(out, "key", &table.key.iter().map(name).collect::<Vec<_>>().join(", "));
    if let Some(time) = &table.time {
        line(out, "time", &format!("{}, from when on a row holds", name(time)));
    }
    if let Some(stream) = own {
        line(out, "time", &format!("{}; from then on a row holds", self::time(stream)));
    }
    out.push('\n');
}

fn field(field: &FieldPlan) -> String {
    let from = match &field.source {
        FieldSource::Path(_)
        | FieldSource::Operation
        | FieldSource::Before
        | FieldSource::Deletion => String::new(),
        FieldSource::Key => " from key".into(),
        FieldSource::Header(name) => format!(" from header({name:?})"),
    };
    let least = field.least.as_ref().map_or_else(String::new, |least| format!(" >= {least}"));
    format!("{}: {}{least}{from}", field.name, field.ty)
}

fn rule(plan: &Plan, rule: &RulePlan, horizon: &Horizon, out: &mut String) {
    let names = Names { plan, rule };
    out.push_str(&format!("rule {}\n", rule.name));
    doc(out, &rule.doc);
    line(out, "from", &from(plan, rule));
    if let Some(filter) = &rule.filter {
        line(out, "where", &names.expression(filter));
    }
    if let Some(distinct) = &rule.distinct {
        let by: Vec<String> = distinct.by.iter().map(|expr| names.expression(expr)).collect();
        line(out, "distinct", &format!("{} within {}", by.join(", "), distinct.span));
    }
    let key = rule.key.iter().map(|part| match names.expression(&part.expr) {
        expr if expr == part.name => expr,
        expr => format!("{}: {expr}", part.name),
    });
    let key = key.collect::<Vec<_>>().join(", ");
    line(out, "by", if key.is_empty() { "nothing: one group" } else { &key });
    if let Some(window) = &rule.window {
        line(out, "window", &self::window(window, &expects(plan, rule)));
    }
    let when = match &rule.trigger {
        Trigger::Always => "at every evaluation".into(),
        Trigger::Each(condition) => format!("each {}", names.expression(condition)),
        Trigger::Edge(edge) => edge_text(&names, edge),
        Trigger::Silent(span) => {
            let known = expects(plan, rule);
            format!("a key is silent for {span}{known}, or heard of again")
        }
    };
    line(out, "when", &when);
    if let Some(limit) = &rule.limit {
        let by = match &limit.by {
            LimitBy::Key if rule.key.is_empty() => String::new(),
            LimitBy::Key => " for each key".into(),
            LimitBy::Values(by) if by.is_empty() => " in all".into(),
            LimitBy::Values(by) => {
                let by: Vec<String> = by.iter().map(|expr| names.expression(expr)).collect();
                format!(" for each {}", by.join(", "))
            }
        };
        line(out, "limit", &format!("{} firings per {}{by}", limit.count, limit.span));
    }
    if let Some(forget) = rule.forget {
        line(out, "forget", &format!("a key after {forget} without events"));
    }
    for emit in &rule.emits {
        let fields = emit.fields.iter().map(|(name, expr)| match names.expression(expr) {
            text if text == *name => text,
            text => format!("{name}: {text}"),
        });
        let fields = fields.collect::<Vec<_>>().join(", ");
        let condition = emit.condition.as_ref().map(|it| format!(" if {}", names.expression(it)));
        let word = if emit.kind == EmitKind::Fire { "emit" } else { "clear" };
        let condition = condition.unwrap_or_default();
        line(out, word, &format!("{} {{ {fields} }}{condition}", emit.event));
    }
    for attribute in &rule.attributes {
        let value = match &attribute.value {
            AttributeValue::Text(text) => format!("\"{text}\""),
            plain => plain.to_string(),
        };
        line(out, "with", &format!("@{}({value})", attribute.name));
    }
    let (tables, streams): (Vec<_>, Vec<_>) =
        rule.waits_for.iter().copied().partition(|it| plan.is_of_table(*it));
    for (waits, what) in [(streams, "latest events"), (tables, "rows")] {
        let waits = waits.iter().filter_map(|it| plan.stream(*it)).map(|it| it.name.as_str());
        let waits = waits.collect::<Vec<_>>().join(", ");
        if !waits.is_empty() {
            line(out, "waits", &format!("for {waits}, whose {what} it looks up"));
        }
    }
    line(out, "horizon", &horizon.to_string());
    line(out, "state", &state(&names));
    for Kept { aggregate, keeps, error } in kept(&names) {
        line(out, "keeps", &format!("{aggregate}: {keeps}; {error}"));
    }
}

/// The table whose keys a rule knows from the start, as it is written.
pub(super) fn expects(plan: &Plan, rule: &RulePlan) -> String {
    let table = rule.expects.and_then(|table| plan.table(table));
    table.map_or_else(String::new, |table| format!(" for {}", table.name))
}

/// When an edge rises and falls.
fn edge_text(names: &Names<'_>, edge: &EdgePlan) -> String {
    let condition = names.expression(&edge.condition);
    let rises = match edge.hold {
        Hold::No => format!("{condition} becomes true"),
        Hold::For(span) => format!("{condition} has held for {span}"),
        Hold::Windows(count) => format!("{condition} has held for {count} windows"),
    };
    match &edge.until {
        None => format!("{rises}, or false again"),
        Some(until) => format!("{rises}, until {}", names.expression(until)),
    }
}

/// A window as a rule writes it.
pub(super) fn window(window: &WindowPlan, expects: &str) -> String {
    let kind = match window.kind {
        WindowKind::Hopping { size, every, align } => {
            let align = if align.0 == 0 { String::new() } else { format!(", align {align}") };
            if size == every {
                format!("tumbling({size}{align})")
            } else {
                format!("hopping({size}, every {every}{align})")
            }
        }
        WindowKind::Calendar { size, align, zone } => {
            let align = if align.0 == 0 { String::new() } else { format!(", align {align}") };
            format!("tumbling({size}{align}, zone \"{}\")", zone.name())
        }
        WindowKind::Sliding { size } => format!("sliding({size})"),
        WindowKind::Session { gap, max } => format!("session(gap {gap}, max {max})"),
        WindowKind::Last { count } => format!("last({count})"),
        WindowKind::Every { count } => format!("every({count})"),
        WindowKind::Forever => "forever".into(),
    };
    let fill = window.fill.map_or_else(String::new, |fill| format!(" fill {fill}{expects}"));
    let allow = window.allow.map_or_else(String::new, |allow| format!(" allow {allow}"));
    let early = if window.judged == Judged::Early { " early" } else { "" };
    format!("{kind}{fill}{early}{allow}")
}

/// What is kept, in words.
fn state(names: &Names<'_>) -> String {
    let mut kept = vec![state_of_key(names)];
    if let Some(distinct) = &names.rule.distinct {
        kept.push(format!("what passed in the last {}", distinct.span));
    }
    if let Some(changes) = &names.rule.changes {
        let of: Vec<String> = changes.of.iter().map(|expr| names.expression(expr)).collect();
        let keys = if names.rule.forget.is_some() { "known key" } else { "key there ever was" };
        kept.push(format!("for each {keys}, its last {}", of.join(", ")));
    }
    if kept.len() > 1 {
        kept.retain(|text| text != "none");
    }
    kept.join("; ")
}

/// What is kept for a key, in words: how many pieces of how many aggregates.
fn state_of_key(names: &Names<'_>) -> String {
    let rule = names.rule;
    let calls: Vec<String> = rule.aggregates.iter().map(|call| names.aggregate(call)).collect();
    let kept = if calls.is_empty() { "which keys there are".into() } else { calls.join(", ") };
    match (&rule.window, &rule.trigger) {
        (None, Trigger::Silent(_)) => {
            "for a key, its last event until it is silent, and whether it is".into()
        }
        (None, Trigger::Edge(_)) => "for a key, whether the condition held last".into(),
        (None, _) => "none".into(),
        (Some(WindowPlan { kind: WindowKind::Sliding { size }, .. }), _) => {
            format!("for a key, {kept} of its events of the last {size}")
        }
        (Some(WindowPlan { kind: WindowKind::Calendar { .. }, .. }), _) => {
            format!("for a key and open window, {kept}")
        }
        (Some(WindowPlan { kind: WindowKind::Session { .. }, .. }), _) => {
            format!("for a key in a session, {kept}")
        }
        (Some(WindowPlan { kind: WindowKind::Last { count }, .. }), _) => {
            format!("for a key, {kept} of its last {count} events")
        }
        (Some(WindowPlan { kind: WindowKind::Every { .. }, .. }), _) => {
            format!("for a key, how many windows it had, and of the open one {kept}")
        }
        (Some(WindowPlan { kind: WindowKind::Forever, .. }), _) if rule.forget.is_some() => {
            format!("for each known key, {kept}")
        }
        (Some(WindowPlan { kind: WindowKind::Forever, .. }), _) => {
            format!("for each key there ever was, {kept}")
        }
        (Some(WindowPlan { kind: WindowKind::Hopping { size, every, .. }, .. }), _) => {
            let slice = gcd(size.0, every.0).max(1);
            match size.0 / slice {
                1 => format!("for a key and open window, {kept}"),
                slices => format!("for a key and open window, {kept} in {slices} slices"),
            }
        }
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
