//! Events in the order of time, for a rule that would else take them as they come, or that looks at
//! its rows one after the other before they are grouped.
//!
//! What the rule's filter lets through waits until the watermark has decided its instant, and then
//! goes to the rule's own operator in the order (time, partition, offset). An event that its own
//! partition's watermark had passed is late. On the way rows that are not the first of their kind
//! are dropped ([`distinct`]), and what changed is found out ([`memory`]): the row's columns get
//! one more for each such question. A key that is to be forgotten is, before the rows of that
//! instant: time is brought up to there first. What looks up the latest events of a stream sees those
//! that have come by the instant of the row.

mod distinct;
mod memory;
mod waiting;

pub(crate) use waiting::{Waiting, WaitingState};

use super::expected::first_on_time;
use super::intake::{Intake, take_out};
use super::{
    Advance, Arrival, Constants, Disorder, Instants, Operator, OperatorState, Scope, See, Stage,
    evaluate,
};
use crate::plan::{Among, Expr, Plan, RuleId, RulePlan, StreamId, TableId};
use crate::time::{EventTime, Watermark};
use crate::value::{Column, EventBatch};
use distinct::{Distinct, DistinctState};
use memory::{Memory, MemoryState};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(crate) struct InOrder {
    stream: StreamId,
    rule: RuleId,
    intake: Intake,
    waiting: Waiting,
    distinct: Option<Distinct>,
    memory: Option<Memory>,
    /// Whether all rows are compared, or those that the filter lets through.
    among: Option<Among>,
    /// The rule's filter, where it asks what changed, or a table of a stream: then it is judged in
    /// order.
    filter: Option<Expr>,
    waits_for: Vec<StreamId>,
    constants: Arc<Constants>,
    /// The table whose keys the rule expects.
    expects: Option<TableId>,
    inner: Box<dyn Operator>,
    rows: Vec<u32>,
}

/// What a checkpoint holds of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct InOrderState {
    inner: OperatorState,
    waiting: WaitingState,
    distinct: Option<DistinctState>,
    memory: Option<MemoryState>,
}

impl InOrder {
    /// `build` makes the operator of the rule without what is done here.
    pub(crate) fn new(
        plan: &Plan,
        id: RuleId,
        rule: &RulePlan,
        seed: u64,
        build: impl FnOnce(&RulePlan) -> Box<dyn Operator>,
    ) -> Self {
        let rest = RulePlan { filter: None, distinct: None, forget: None, ..rule.clone() };
        let constants = Constants::of(plan);
        let mut intake = Intake::new(rule, constants.clone());
        let among = rule.changes.as_ref().map(|changes| changes.among);
        let in_order = among == Some(Among::All)
            || rule.filter.as_ref().is_some_and(|filter| plan.looks_up_live(filter));
        let filter = if in_order { intake.filter.take() } else { None };
        let remembers = rule.changes.is_some() || rule.forget.is_some();
        Self {
            stream: rule.input,
            rule: id,
            intake,
            waiting: Waiting::new(plan, rule.input),
            distinct: rule.distinct.clone().map(|distinct| Distinct::new(distinct, seed)),
            memory: remembers.then(|| Memory::new(rule, seed)),
            among,
            filter,
            waits_for: rule.waits_for.clone(),
            constants,
            expects: rule.expects,
            inner: build(&rest),
            rows: Vec::new(),
        }
    }

    /// The rows that the inner operator sees, with what changed in them.
    fn sift(&mut self, mut batch: EventBatch, stage: &mut Stage) -> EventBatch {
        let mut rows: Vec<u32> = (0..u32::try_from(batch.len()).unwrap_or(u32::MAX)).collect();
        let (rule, constants) = (self.rule, self.constants.clone());
        let compares_all = self.among == Some(Among::All);
        if compares_all {
            self.remember(&mut batch, &mut rows, stage);
        }
        if let Some(filter) = &self.filter {
            let result = evaluate(filter, &scope_of(&batch, &constants));
            take_out(&batch, &[rule], &mut rows, &result.errors, stage);
            rows.retain(|row| result.operand.holds(*row as usize));
        }
        if let Some(distinct) = &mut self.distinct {
            distinct.sift(&batch, &scope_of(&batch, &constants), rule, &mut rows, stage);
        }
        if !compares_all {
            self.remember(&mut batch, &mut rows, stage);
        }
        picked(batch, &rows)
    }

    fn remember(&mut self, batch: &mut EventBatch, rows: &mut Vec<u32>, stage: &mut Stage) {
        let Some(memory) = &mut self.memory else { return };
        let scope = scope_of(batch, &self.constants);
        let changed = memory.look(batch, &scope, self.rule, rows, stage);
        batch.columns.extend(changed);
    }
}

fn scope_of<'a>(batch: &'a EventBatch, constants: &'a Constants) -> Scope<'a> {
    Scope {
        len: batch.len(),
        fields: &batch.columns,
        constants: Some(constants),
        instants: Instants::Each(&batch.times),
        ..Scope::default()
    }
}

/// Some rows of a batch.
fn picked(batch: EventBatch, rows: &[u32]) -> EventBatch {
    if rows.len() == batch.len() {
        return batch;
    }
    let pick = |column: &Column| {
        if column.is_empty() { column.clone() } else { column.gather(rows) }
    };
    EventBatch {
        stream: batch.stream,
        partition: batch.partition,
        times: rows.iter().filter_map(|row| batch.times.get(*row as usize).copied()).collect(),
        offsets: rows.iter().filter_map(|row| batch.offsets.get(*row as usize).copied()).collect(),
        columns: batch.columns.iter().map(pick).collect(),
    }
}

impl Operator for InOrder {
    fn stream(&self) -> StreamId {
        self.stream
    }

    fn waits_for(&self) -> &[StreamId] {
        &self.waits_for
    }

    fn events(&mut self, arrival: &Arrival<'_>, stage: &mut Stage) {
        if self.expects.is_some() {
            let first = first_on_time(arrival, |time, watermark| time >= watermark);
            first.into_iter().for_each(|first| self.inner.begins(first));
        }
        let mut rows = std::mem::take(&mut self.rows);
        self.intake.select(arrival, &[self.rule], &mut rows, stage);
        self.waiting.push(self.rule, arrival, &mut rows, stage);
        self.rows = rows;
    }

    fn advance(&mut self, advance: Advance, stage: &mut Stage) {
        loop {
            let end = self.memory.as_mut().and_then(Memory::next_end);
            let decided = |time: &i64| advance.to.has_decided(EventTime(*time));
            let next = self.waiting.next_time().filter(decided);
            let over = end.filter(|end| {
                advance.to.has_reached(EventTime(*end)) && next.is_none_or(|next| *end <= next)
            });
            if let (Some(over), Some(memory)) = (over, &mut self.memory) {
                let forgotten = memory.end(over);
                self.inner.advance(Advance { to: Watermark(over), ..advance }, stage);
                forgotten.iter().for_each(|key| self.inner.forget(key));
                continue;
            }
            // Keys of these rows may be forgotten among them.
            let within = self.memory.as_ref().and_then(Memory::forget);
            let Some(batch) = self.waiting.next_batch(advance.to, end, within) else { break };
            let batch = self.sift(batch, stage);
            if batch.is_empty() {
                continue;
            }
            let watermarks = vec![i64::MIN; batch.times.len()];
            let arrival =
                Arrival { batch: &batch, watermarks: &watermarks, disorder: Disorder::None };
            self.inner.events(&arrival, stage);
        }
        self.inner.advance(advance, stage);
    }

    fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.waiting.positions(see);
        self.inner.positions(see);
    }

    fn sizes(&self, see: &mut See<'_>) {
        let rule = self.rule;
        self.waiting.sizes(rule, see);
        self.distinct.iter().for_each(|distinct| distinct.sizes(rule, see));
        self.memory.iter().for_each(|memory| memory.sizes(rule, see));
        self.inner.sizes(see);
    }

    fn save(&self) -> OperatorState {
        OperatorState::InOrder(Box::new(InOrderState {
            inner: self.inner.save(),
            waiting: self.waiting.save(),
            distinct: self.distinct.as_ref().map(Distinct::save),
            memory: self.memory.as_ref().map(Memory::save),
        }))
    }

    fn load(&mut self, state: OperatorState) -> Option<()> {
        let OperatorState::InOrder(state) = state else { return None };
        self.waiting.load(state.waiting)?;
        if let Some(distinct) = &mut self.distinct {
            distinct.load(state.distinct?)?;
        }
        if let Some(memory) = &mut self.memory {
            memory.load(state.memory?)?;
        }
        self.inner.load(state.inner)
    }
}
