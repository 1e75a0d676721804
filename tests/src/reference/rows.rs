//! Events as one rule sees them.

use super::expr::Scope;
use super::output::{FailedRule, Found, Subject};
use crate::log::{Entry, Log, Record};
use cep_core::function::EvalError;
use cep_core::plan::{AggregateCall, Plan, RuleId, RulePlan};
use cep_core::time::{EventTime, Watermark};
use cep_core::value::{RowOrigin, Value};

/// An event that a rule's filter lets through, with what the rule reads of it.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    pub origin: RowOrigin,
    pub time: EventTime,
    /// The watermark of its partition just before it.
    pub watermark: Watermark,
    pub key: Vec<Value>,
    /// For each aggregate of the rule what it takes from this row: nothing where its own filter
    /// does not hold, and `true` for an aggregate that only counts rows.
    pub inputs: Vec<Option<Value>>,
    /// The event's fields.
    pub fields: &'a [Value],
}

/// The rows of a rule, partition by partition in offset order.
pub(super) fn rows_of<'a>(
    plan: &Plan,
    id: RuleId,
    rule: &RulePlan,
    log: &'a Log,
    found: &mut Found,
) -> Vec<Row<'a>> {
    let lateness = plan.stream(rule.input).map_or(0, |stream| stream.lateness.0);
    let mut rows = Vec::new();
    for (partition, entries) in log.partitions(rule.input).iter().enumerate() {
        for (index, entry) in entries.iter().enumerate() {
            let Entry::Record(record) = entry else { continue };
            let origin = RowOrigin {
                stream: rule.input,
                partition: u32::try_from(partition).unwrap_or(u32::MAX),
                offset: record.offset,
            };
            match read(plan, rule, record) {
                Ok(Some((key, inputs))) => rows.push(Row {
                    origin,
                    time: record.time,
                    watermark: watermark_after(entries.get(..index).unwrap_or(&[]), lateness),
                    key,
                    inputs,
                    fields: &record.values,
                }),
                Ok(None) => {}
                Err(error) => found.errors.push(FailedRule {
                    rule: id,
                    time: record.time,
                    error,
                    subject: Subject::Row(origin),
                }),
            }
        }
    }
    rows
}

/// A partition's watermark after these of its entries.
pub(super) fn watermark_after(entries: &[Entry], lateness: i64) -> Watermark {
    let reached = entries.iter().map(|entry| match entry {
        Entry::Record(record) => Watermark(record.time.0.saturating_sub(lateness)),
        Entry::Idle(to) => Watermark(to.0),
    });
    reached.max().unwrap_or(Watermark::BEFORE_ALL)
}

type KeyAndInputs = (Vec<Value>, Vec<Option<Value>>);

/// What a rule reads of a record; nothing if its filter does not hold.
fn read(plan: &Plan, rule: &RulePlan, record: &Record) -> Result<Option<KeyAndInputs>, EvalError> {
    let scope = Scope::of_row(plan, &record.values, &[]);
    if let Some(filter) = &rule.filter
        && !scope.holds(filter)?
    {
        return Ok(None);
    }
    let key = rule.key.iter().map(|part| scope.value(&part.expr)).collect::<Result<_, _>>()?;
    let inputs =
        rule.aggregates.iter().map(|call| input(&scope, call)).collect::<Result<_, _>>()?;
    Ok(Some((key, inputs)))
}

fn input(scope: &Scope<'_>, call: &AggregateCall) -> Result<Option<Value>, EvalError> {
    if let Some(filter) = &call.filter
        && !scope.holds(filter)?
    {
        return Ok(None);
    }
    match &call.input {
        Some(expr) => scope.value(expr).map(Some),
        None => Ok(Some(Value::Bool(true))),
    }
}
