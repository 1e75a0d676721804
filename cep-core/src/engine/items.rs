//! The items of lists as rows of their own.
//!
//! They come as the events do. But where a list looks up tables of streams, its events wait until the
//! watermark has decided their instants, as they would for a rule that looks up; then the items are in
//! the order of time.

use super::delivery::Readers;
use crate::engine::{Engine, EventRef, RuleError};
use crate::function::EvalError;
use crate::operator::{
    Arrival, Constants, Disorder, Instants, Scope, See, Stage, Waiting, WaitingState, evaluate,
    judges_one_by_one,
};
use crate::plan::{Expr, Items, Plan, RuleId, RulePlan, StreamId};
use crate::time::{EventTime, Watermark};
use crate::value::{Column, EventBatch, RowOrigin, Type, Value};

/// The items of a batch.
struct Found {
    batch: EventBatch,
    /// The watermark of the events' partition just before each.
    watermarks: Vec<i64>,
}

/// Events whose lists look up tables of streams.
#[derive(Debug)]
pub(super) struct WaitingLists {
    /// The rule that reads the items.
    rule: RuleId,
    events: Waiting,
}

impl WaitingLists {
    /// Those of an inner stream, if it is made of such lists and a rule reads it.
    pub(super) fn of(plan: &Plan, id: StreamId) -> Option<Self> {
        let items = plan.list_of(id).filter(|items| plan.looks_up_live(&items.list))?;
        let (rule, _) = readers(plan, id).next()?;
        Some(Self { rule, events: Waiting::new(plan, items.stream) })
    }

    /// Takes in events; those that are behind their partition's watermark are late for the rule.
    pub(super) fn take(&mut self, arrival: &Arrival<'_>, stage: &mut Stage) {
        let mut rows = (0..u32::try_from(arrival.batch.len()).unwrap_or(u32::MAX)).collect();
        self.events.push(self.rule, arrival, &mut rows, stage);
    }

    /// The next events that the watermark has decided.
    pub(super) fn next_batch(&mut self, to: Watermark) -> Option<EventBatch> {
        self.events.next_batch(to, None, None)
    }

    /// The stream of the events.
    pub(super) fn stream(&self) -> StreamId {
        self.events.stream()
    }

    /// The partitions and offsets of the events that wait.
    pub(super) fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.events.positions(see);
    }

    /// How many bytes the events that wait hold, for the rule.
    pub(super) fn sizes(&self, see: &mut See<'_>) {
        self.events.sizes(self.rule, see);
    }

    pub(super) fn save(&self) -> WaitingState {
        self.events.save()
    }

    /// Takes over what `save` gave.
    pub(super) fn load(&mut self, state: WaitingState) -> Option<()> {
        self.events.load(state)
    }
}

impl Engine {
    /// Gives the items of the lists that the watermark lets look up.
    pub(super) fn give_lists(&mut self, place: usize, id: StreamId, items: &Items, to: Watermark) {
        let mut next = || self.inner.get_mut(place)?.lists.as_mut()?.next_batch(to);
        let batches: Vec<EventBatch> = std::iter::from_fn(&mut next).collect();
        for batch in batches {
            let watermarks = vec![i64::MIN; batch.len()];
            self.deliver_items(id, items, &batch, &watermarks, Disorder::None, Readers::All);
        }
    }

    /// Gives the items in events as they are.
    pub(super) fn deliver_items(
        &mut self,
        id: StreamId,
        items: &Items,
        batch: &EventBatch,
        watermarks: &[i64],
        disorder: Disorder,
        to: Readers,
    ) {
        let plan = self.plan.clone();
        let mark = self.stage.mark();
        let found = of_batch(&plan, id, &items.list, batch, watermarks, to, &mut self.stage);
        if plan.inner_stream(batch.stream).is_some() {
            self.stage.resolve_since(mark);
        }
        self.deliver(&found.batch, &found.watermarks, disorder, to);
    }
}

/// The running rules that read a stream.
fn readers(plan: &Plan, id: StreamId) -> impl Iterator<Item = (RuleId, &RulePlan)> {
    let rules = (0..).map(RuleId).zip(&plan.rules);
    rules.filter(move |(_, rule)| rule.input == id && !rule.is_off())
}

/// The rows of `id`, one for each item of the list in each event. An event whose list has no value,
/// or too many items, is an error of the rules that read the items.
fn of_batch(
    plan: &Plan,
    id: StreamId,
    list: &Expr,
    batch: &EventBatch,
    watermarks: &[i64],
    to: Readers,
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
            let time = batch.times.get(row).copied().unwrap_or(0);
            report(plan, id, to, batch.origin(row), EventTime(time), &error, stage);
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
    to: Readers,
    origin: RowOrigin,
    time: EventTime,
    error: &EvalError,
    stage: &mut Stage,
) {
    let readers = readers(plan, id).filter(|(_, rule)| to.has(judges_one_by_one(rule)));
    stage.errors.extend(readers.map(|(rule, _)| RuleError {
        rule,
        time,
        error: error.clone(),
        subject: EventRef::Row(origin),
    }));
}
