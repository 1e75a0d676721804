//! A rule without a window that judges each event by itself: nothing is kept, nothing is late.

use super::firing::{Decided, EmitLines, Firing};
use super::intake::Intake;
use super::{Advance, Arrival, Constants, Operator, OperatorState, Scope, See, Stage, evaluate};
use crate::engine::Causes;
use crate::plan::{EmitKind, Plan, RuleId, RulePlan, StreamId, Trigger};
use crate::time::EventTime;
use crate::value::Column;

/// See the module.
#[derive(Debug)]
pub(crate) struct Stateless {
    stream: StreamId,
    intake: Intake,
    trigger: Trigger,
    emits: EmitLines,
    rows: Vec<u32>,
}

impl Stateless {
    pub(crate) fn new(plan: &Plan, id: RuleId, rule: &RulePlan) -> Self {
        let constants = Constants::of(plan);
        Self {
            stream: rule.input,
            intake: Intake::new(rule, constants.clone()),
            trigger: rule.trigger.clone(),
            emits: EmitLines::new(id, rule, constants),
            rows: Vec::new(),
        }
    }
}

impl Operator for Stateless {
    fn stream(&self) -> StreamId {
        self.stream
    }

    fn judges_one_by_one(&self) -> bool {
        true
    }

    fn events(&mut self, arrival: &Arrival<'_>, stage: &mut Stage) {
        let mut rows = std::mem::take(&mut self.rows);
        let rules = [self.emits.rule()];
        self.intake.select(arrival, &rules, &mut rows, stage);
        let inputs = self.intake.inputs(arrival, &rules, &mut rows, stage);
        if let Some(condition) = self.trigger.condition() {
            let judged = evaluate(condition, &self.intake.scope(arrival.batch));
            super::intake::take_out(arrival.batch, &rules, &mut rows, &judged.errors, stage);
            rows.retain(|row| judged.operand.holds(*row as usize));
        }
        if !rows.is_empty() {
            let batch = arrival.batch;
            let key_columns: Vec<Column> = (self.intake.key.iter().zip(inputs.key))
                .map(|(part, operand)| operand.into_column(&part.expr.ty, batch.len()))
                .map(|column| column.gather(&rows))
                .collect();
            let fields: Vec<Column> = batch
                .columns
                .iter()
                .map(|column| if column.is_empty() { column.clone() } else { column.gather(&rows) })
                .collect();
            let firings: Vec<Firing> = rows
                .iter()
                .enumerate()
                .map(|(place, row)| {
                    let row = *row as usize;
                    let time = EventTime(batch.times.get(row).copied().unwrap_or(0));
                    let watermark = arrival.watermarks.get(row).copied().unwrap_or(i64::MIN);
                    let origin = batch.origin(row);
                    Firing {
                        time,
                        order_time: time.max(EventTime(watermark)),
                        key: key_columns.iter().map(|column| column.get(place)).collect(),
                        decided: Decided::Record(origin),
                        since: time,
                        causes: Causes::of(vec![origin]),
                    }
                })
                .collect();
            let scope = Scope {
                len: rows.len(),
                fields: &fields,
                keys: &key_columns,
                constants: Some(self.emits.constants()),
                ..Scope::default()
            };
            self.emits.emit(EmitKind::Fire, &scope, &firings, stage);
        }
        self.rows = rows;
    }

    fn advance(&mut self, _advance: Advance, _stage: &mut Stage) {}

    fn positions(&self, _see: &mut dyn FnMut(u32, u64)) {}

    fn sizes(&self, _see: &mut See<'_>) {}

    fn save(&self) -> OperatorState {
        OperatorState::Stateless
    }

    fn load(&mut self, state: OperatorState) -> Option<()> {
        matches!(state, OperatorState::Stateless).then_some(())
    }
}
