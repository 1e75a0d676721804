//! The items of lists as rows of their own.

use crate::engine::{EventRef, RuleError};
use crate::function::EvalError;
use crate::operator::{Constants, Instants, Scope, Stage, evaluate};
use crate::plan::{Expr, Items, Plan, RuleId, StreamId};
use crate::time::EventTime;
use crate::value::{Column, EventBatch, Type, Value};

/// The items of a batch.
pub(super) struct Found {
    pub(super) batch: EventBatch,
    /// The watermark of the events' partition just before each.
    pub(super) watermarks: Vec<i64>,
}

/// The rows of `id`, one for each item of the list in each event. An event whose list has no value,
/// or too many items, is an error of the rules that read the items.
pub(super) fn of_batch(
    plan: &Plan,
    id: StreamId,
    list: &Expr,
    batch: &EventBatch,
    watermarks: &[i64],
    stage: &mut Stage,
) -> Found {
    let constants = Constants::of(plan);
    let scope = Scope {
        len: batch.len(),
        fields: &batch.columns,
        constants: Some(&constants),
        instants: Instants::Each(&batch.times),
        ..Scope::default()
    };
    let lists = evaluate(list, &scope);
    let mut rows: Vec<u32> = Vec::new();
    let mut offsets = Vec::new();
    let item_type = match list.ty.base() {
        Type::List(item) => item.as_ref().clone(),
        other => other.clone(),
    };
    let mut items = Column::new(&item_type);
    let mut places = Column::new(&Type::Int);
    for row in 0..batch.len() {
        let value = lists.operand.get(row);
        let failed = lists.errors.of(row).cloned();
        let values: &[Value] = match &value {
            Value::List(values) if failed.is_none() => values,
            _ => &[],
        };
        let failed =
            failed.or_else(|| (values.len() > Items::MAX).then_some(EvalError::TooManyItems));
        if let Some(error) = failed {
            report(plan, id, batch, row, &error, stage);
            continue;
        }
        let outer = batch.offsets.get(row).copied().unwrap_or(0);
        for (place, item) in values.iter().enumerate() {
            rows.push(u32::try_from(row).unwrap_or(u32::MAX));
            offsets.push(Items::offset(outer, place));
            items.push(item);
            places.push(&Value::Int(i64::try_from(place).unwrap_or(i64::MAX)));
        }
    }
    let pick = |values: &[i64]| -> Vec<i64> {
        rows.iter().filter_map(|row| values.get(*row as usize).copied()).collect()
    };
    let outer = batch
        .columns
        .iter()
        .map(|column| if column.is_empty() { column.clone() } else { column.gather(&rows) });
    let fields = plan.stream(id).map_or(0, |stream| stream.fields.len());
    let found = EventBatch {
        stream: id,
        partition: batch.partition,
        times: pick(&batch.times),
        offsets,
        columns: outer.chain([items, places]).take(fields).collect(),
    };
    Found { watermarks: pick(watermarks), batch: found }
}

fn report(
    plan: &Plan,
    id: StreamId,
    batch: &EventBatch,
    row: usize,
    error: &EvalError,
    stage: &mut Stage,
) {
    let time = EventTime(batch.times.get(row).copied().unwrap_or(0));
    let readers = plan.rules.iter().zip(0..).filter(|(rule, _)| rule.input == id && !rule.is_off());
    stage.errors.extend(readers.map(|(_, rule)| RuleError {
        rule: RuleId(rule),
        time,
        error: error.clone(),
        subject: EventRef::Row(batch.origin(row)),
    }));
}
