//! Events as one rule sees them.

use super::closing::Grid;
use super::end_of;
use super::expr::Scope;
use super::firing::Judge;
use super::inner::{Event, read_by};
use super::lookback::LookBack;
use super::output::Missed;
use crate::log::Log;
use cep_core::function::EvalError;
use cep_core::plan::{AggregateCall, Among, KeyPart, RulePlan};
use cep_core::time::{EventTime, Watermark};
use cep_core::value::{RowOrigin, Value};
use std::collections::BTreeMap;

/// An event that a rule's filter lets through, with what the rule reads of it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub origin: RowOrigin,
    pub time: EventTime,
    /// The watermark of its partition just before it.
    pub watermark: Watermark,
    pub key: Vec<Value>,
    /// In which life of its key it is, and how far the time goes in which that is known of.
    pub life: usize,
    pub known_to: Watermark,
    /// For each aggregate of the rule what it takes from this row, a value for each of its inputs:
    /// nothing where its own filter does not hold or one of them is null.
    pub inputs: Vec<Option<Vec<Value>>>,
    /// The event's fields, and what has changed.
    pub fields: Vec<Value>,
}

/// What a rule makes of an event's time and of the watermark its partition had just before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lateness {
    /// It counts everywhere.
    OnTime,
    /// It misses these windows, and counts for later ones.
    MissesSome(Missed),
    /// It counts nowhere; in a rule with closing windows it misses these.
    TooLate(Option<Missed>),
}

/// How late an event is for a rule, by its partition's watermark just before it.
#[must_use]
pub fn lateness(rule: &RulePlan, time: EventTime, watermark: Watermark) -> Lateness {
    let needs_order = match &rule.window {
        _ if rule.looks_back() => true,
        Some(window) => match Grid::of(window) {
            Some(grid) => return grid.lateness_of(time, watermark),
            None => true,
        },
        None => rule.trigger.is_edge() || rule.limit.is_some(),
    };
    if needs_order && watermark.has_decided(time) {
        Lateness::TooLate(None)
    } else {
        Lateness::OnTime
    }
}

/// The rows of a rule, partition by partition in offset order; in the order of time where the rule
/// looks at them one after the other.
///
/// First the filter, then lateness, then key and aggregates: an event that is late for the whole
/// rule is not an error of it too.
pub(super) fn rows_of(judge: &mut Judge<'_>, log: &Log) -> Vec<Row> {
    let (plan, rule) = (judge.plan, judge.rule);
    // Where the filter asks what has changed, all events are looked at before it is judged.
    let all = rule.changes.as_ref().is_some_and(|changes| changes.among == Among::All);
    // And where it asks a table of a stream, it has to wait for what is late.
    let later = all || rule.filter.as_ref().is_some_and(|filter| plan.looks_up_live(filter));
    let list = plan.list_of(rule.input).map(|items| &items.list);
    let listed = list.is_some_and(|list| plan.looks_up_live(list));
    let mut on_time = Vec::new();
    for event in read_by(plan, log, judge.found, rule) {
        let Event { origin, time, watermark, values } = event;
        // What comes too late to look its list up has no items to filter.
        if listed && watermark.has_decided(time) {
            judge.late(origin, time, watermark, None);
            continue;
        }
        let values = match values {
            Ok(values) => values,
            Err(error) => {
                judge.fail_row(origin, time, error);
                continue;
            }
        };
        let filter = rule.filter.as_ref().filter(|_| !later);
        match filter.map_or(Ok(true), |it| Scope::of_row(plan, time, &values, &[]).holds(it)) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => {
                judge.fail_row(origin, time, error);
                continue;
            }
        }
        match lateness(rule, time, watermark) {
            Lateness::OnTime => {}
            Lateness::MissesSome(missed) => judge.late(origin, time, watermark, Some(missed)),
            Lateness::TooLate(missed) => {
                judge.late(origin, time, watermark, missed);
                continue;
            }
        }
        on_time.push((origin, time, watermark, values));
    }
    // What is looked at in the order of time is looked at once its time is decided.
    let row_by_row = rule.window.is_none() && !rule.trigger.is_edge() && rule.limit.is_some();
    if rule.looks_back() || row_by_row {
        let end = end_of(plan, log, rule);
        on_time.retain(|(_, time, ..)| end.has_decided(*time));
        on_time.sort_by_key(|(origin, time, ..)| (*time, *origin));
    }
    let mut back = LookBack::default();
    let mut rows = Vec::new();
    for (origin, time, watermark, mut fields) in on_time {
        let read =
            looked_at(judge, &mut back, (all, later), time, &mut fields).and_then(
                |life| match life {
                    Some(life) => read(rule, &Scope::of_row(plan, time, &fields, &[]))
                        .map(|it| Some((life, it))),
                    None => Ok(None),
                },
            );
        match read {
            Ok(Some((life, (key, inputs)))) => {
                let known_to = Watermark::AFTER_ALL;
                rows.push(Row { origin, time, watermark, key, life, known_to, inputs, fields });
            }
            Ok(None) => {}
            Err(error) => judge.fail_row(origin, time, error),
        }
    }
    rows.iter_mut().for_each(|row| row.known_to = back.end_of(rule, row.life));
    rows
}

/// In which life of its key a row is, unless it is dropped. What the rule calls `changed` is added to
/// its fields.
fn looked_at(
    judge: &Judge<'_>,
    back: &mut LookBack,
    (all, later): (bool, bool),
    time: EventTime,
    fields: &mut Vec<Value>,
) -> Result<Option<usize>, EvalError> {
    let (plan, rule) = (judge.plan, judge.rule);
    let mut life = 0;
    if all {
        let changed;
        (life, changed) = back.hear(rule, &Scope::of_row(plan, time, fields, &[]), time)?;
        fields.extend(changed);
    }
    if later {
        let scope = Scope::of_row(plan, time, fields, &[]);
        if !rule.filter.as_ref().map_or(Ok(true), |filter| scope.holds(filter))? {
            return Ok(None);
        }
    }
    if !back.is_first(rule, &Scope::of_row(plan, time, fields, &[]), time)? {
        return Ok(None);
    }
    if !all && (rule.changes.is_some() || rule.forget.is_some()) {
        let changed;
        (life, changed) = back.hear(rule, &Scope::of_row(plan, time, fields, &[]), time)?;
        fields.extend(changed);
    }
    Ok(Some(life))
}

/// The keys that a rule knows from the first event of its stream on, each with the instant at which
/// it counts as heard of: that event's time, or from when on the key has a row if that is later. The
/// first event is the one with the smallest time of those that are late for nothing.
pub(super) fn expected(judge: &Judge<'_>, log: &Log) -> BTreeMap<Vec<Value>, EventTime> {
    let (plan, rule) = (judge.plan, judge.rule);
    let Some(table) = rule.expects.and_then(|table| plan.table(table)) else {
        return BTreeMap::new();
    };
    let mut strict = rule.clone();
    strict.window.iter_mut().for_each(|window| window.allow = None);
    let on_time = |event: &Event| {
        event.values.is_ok() && lateness(&strict, event.time, event.watermark) == Lateness::OnTime
    };
    let events = read_by(plan, log, judge.found, rule);
    let Some(first) = events.iter().filter(|event| on_time(event)).map(|it| it.time).min() else {
        return BTreeMap::new();
    };
    let mut keys = BTreeMap::new();
    for (key, from, _) in table.rows.iter() {
        let key: Vec<Value> = key.iter().cloned().map(canonical).collect();
        let heard = keys.entry(key).or_insert(first.max(from));
        *heard = first.max(from).min(*heard);
    }
    keys
}

/// Rows in the order of time, partition and offset.
pub(super) fn in_order<'r>(rows: &[&'r Row]) -> Vec<&'r Row> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| (row.time, row.origin));
    rows
}

type KeyAndInputs = (Vec<Value>, Vec<Option<Vec<Value>>>);

/// The key and what the aggregates take.
fn read(rule: &RulePlan, scope: &Scope<'_>) -> Result<KeyAndInputs, EvalError> {
    let part = |part: &KeyPart| scope.value(&part.expr).map(canonical);
    let key = rule.key.iter().map(part).collect::<Result<_, _>>()?;
    let inputs = rule.aggregates.iter().map(|call| input(scope, call)).collect::<Result<_, _>>()?;
    Ok((key, inputs))
}

/// Equal keys look alike, whichever event brought them: no negative zero, no zeros at the end of a
/// decimal.
pub(super) fn canonical(value: Value) -> Value {
    match value {
        Value::Float(value) => Value::Float(value + 0.0),
        Value::Decimal(value) => Value::Decimal(value.normalize()),
        other => other,
    }
}

fn input(scope: &Scope<'_>, call: &AggregateCall) -> Result<Option<Vec<Value>>, EvalError> {
    if let Some(filter) = &call.filter
        && !scope.holds(filter)?
    {
        return Ok(None);
    }
    let values: Vec<Value> =
        call.inputs.iter().map(|expr| scope.value(expr)).collect::<Result<_, _>>()?;
    Ok((!values.iter().any(Value::is_null)).then_some(values))
}
