//! A rule without a window that fires when its condition becomes true for a key, and clears when it
//! becomes false: judged once for each key and instant, on the instant's last event.

use super::firing::{Decided, EmitLines, Firing};
use super::intake::Intake;
use super::keys::KeyTable;
use super::pending::{Chunk, Pending, PendingRow};
use super::sliding::{drop_late, places};
use super::{Advance, Arrival, Operator, OperatorState, Scope, Stage, evaluate};
use crate::engine::Causes;
use crate::plan::{EmitKind, FieldPlan, Plan, RuleId, RulePlan, StreamId, Trigger};
use crate::time::EventTime;
use crate::value::{Column, RowOrigin, Type, Value};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug)]
pub(crate) struct Edge {
    stream: StreamId,
    rule: RuleId,
    fields: Vec<FieldPlan>,
    used: Vec<bool>,
    intake: Intake,
    trigger: Trigger,
    emits: EmitLines,
    keys: KeyTable,
    pending: Pending,
    /// The keys whose condition held last.
    raised: Vec<bool>,
    rows: Vec<u32>,
}

/// What a checkpoint holds of an edge.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EdgeState {
    pending: Vec<PendingRow>,
    raised: Vec<Vec<u8>>,
}

/// One key's last row of an instant.
struct Last {
    id: u32,
    origin: RowOrigin,
    values: Vec<Option<Value>>,
}

impl Edge {
    pub(crate) fn new(plan: &Plan, id: RuleId, rule: &RulePlan, seed: u64) -> Self {
        let params: std::sync::Arc<[_]> = plan.params.as_slice().into();
        Self {
            stream: rule.input,
            rule: id,
            fields: plan.stream(rule.input).map_or_else(Vec::new, |it| it.fields.clone()),
            used: plan.used_fields(rule.input),
            intake: Intake::new(rule, params.clone()),
            trigger: rule.trigger.clone(),
            emits: EmitLines::new(plan, id, rule, params),
            keys: KeyTable::new(&rule.key, seed),
            pending: Pending::default(),
            raised: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// The last row of each key at an instant.
    fn take_instant(&mut self, instant: i64) -> Vec<Last> {
        let mut lasts: Vec<Last> = Vec::new();
        while self.pending.next_time() == Some(instant) {
            let stream = self.stream;
            let popped = self.pending.pop(|place, chunk, row| Last {
                id: chunk.ids.get(row).copied().unwrap_or(0),
                origin: RowOrigin { stream, partition: place.partition, offset: place.offset },
                values: chunk.columns.iter().map(|it| Some(it.as_ref()?.get(row))).collect(),
            });
            lasts.extend(popped);
        }
        // The sort is stable, so the last of equal keys is the last that came.
        lasts.sort_by_key(|last| last.id);
        lasts.reverse();
        lasts.dedup_by_key(|last| last.id);
        lasts
    }

    fn judge(&mut self, instant: i64, lasts: &[Last], stage: &mut Stage) {
        let mut columns: Vec<Column> = self.fields.iter().map(|it| Column::new(&it.ty)).collect();
        for last in lasts {
            for (column, value) in columns.iter_mut().zip(&last.values) {
                if let Some(value) = value {
                    column.push(value);
                }
            }
        }
        let ids: Vec<u32> = lasts.iter().map(|last| last.id).collect();
        let key_columns = self.keys.columns(&self.intake.key, &ids);
        let scope = Scope {
            len: lasts.len(),
            fields: &columns,
            keys: &key_columns,
            params: self.emits.params(),
            ..Scope::default()
        };
        let Some(condition) = self.trigger.condition() else { return };
        let judged = evaluate(condition, &scope);
        self.raised.resize(self.keys.capacity().max(self.raised.len()), false);
        for (row, last) in lasts.iter().enumerate() {
            let firing = self.firing(instant, last);
            if let Some(error) = judged.errors.of(row) {
                self.emits.fail(firing, error.clone(), stage);
                // A condition without a value does not hold, but that is no fall: it is an error.
                if let Some(raised) = self.raised.get_mut(last.id as usize) {
                    *raised = false;
                }
                continue;
            }
            let holds = judged.operand.holds(row);
            let Some(raised) = self.raised.get_mut(last.id as usize) else { continue };
            let kind = match (*raised, holds) {
                (false, true) => EmitKind::Fire,
                (true, false) => EmitKind::Clear,
                _ => continue,
            };
            *raised = holds;
            let picked = |columns: &[Column]| -> Vec<Column> {
                let row = u32::try_from(row).unwrap_or(0);
                let pick = |it: &Column| if it.is_empty() { it.clone() } else { it.gather(&[row]) };
                columns.iter().map(pick).collect()
            };
            let (fields, keys) = (picked(&columns), picked(&key_columns));
            let scope = Scope { len: 1, fields: &fields, keys: &keys, ..scope };
            self.emits.emit(kind, &scope, &[firing], stage);
        }
    }

    fn firing(&self, instant: i64, last: &Last) -> Firing {
        Firing {
            time: EventTime(instant),
            order_time: EventTime(instant),
            key: self.keys.values(last.id),
            decided: Decided::Record(last.origin),
            causes: Causes::of(vec![last.origin]),
        }
    }

    fn kept_types(&self) -> Vec<Option<Type>> {
        let kept = self.fields.iter().zip(&self.used);
        kept.map(|(field, used)| used.then(|| field.ty.clone())).collect()
    }
}

impl Operator for Edge {
    fn stream(&self) -> StreamId {
        self.stream
    }

    fn events(&mut self, arrival: &Arrival<'_>, stage: &mut Stage) {
        let mut rows = std::mem::take(&mut self.rows);
        self.intake.select(arrival, &[self.rule], &mut rows, stage);
        drop_late(self.rule, arrival, &mut rows, stage);
        let inputs = self.intake.inputs(arrival, &[self.rule], &mut rows, stage);
        let mut chunk = Chunk::default();
        self.keys.intern(&inputs.key, &rows, &mut chunk.ids);
        for (column, used) in arrival.batch.columns.iter().zip(&self.used) {
            chunk.columns.push(used.then(|| column.gather(&rows)));
            chunk.masks.push(None);
        }
        self.pending.push(chunk, places(arrival, &rows));
        self.rows = rows;
    }

    fn advance(&mut self, advance: Advance, stage: &mut Stage) {
        while let Some(instant) =
            self.pending.next_time().filter(|time| advance.to.has_decided(EventTime(*time)))
        {
            let lasts = self.take_instant(instant);
            self.judge(instant, &lasts, stage);
        }
        if self.keys.is_full() {
            let raised = (0_u32..).zip(&self.raised).filter(|(_, raised)| **raised);
            self.keys.keep_only(self.pending.ids().chain(raised.map(|(id, _)| id)));
        }
    }

    fn save(&self) -> OperatorState {
        let raised = (0_u32..).zip(&self.raised).filter(|(_, raised)| **raised);
        OperatorState::Edge(EdgeState {
            pending: self.pending.save(&self.keys),
            raised: raised.map(|(id, _)| self.keys.encoded(id)).collect(),
        })
    }

    fn load(&mut self, state: OperatorState) -> Option<()> {
        let OperatorState::Edge(state) = state else { return None };
        self.pending.load(state.pending, &self.kept_types(), &mut self.keys)?;
        for bytes in state.raised {
            let id = self.keys.intern_encoded(&bytes)?;
            self.raised.resize(self.keys.capacity(), false);
            *self.raised.get_mut(id as usize)? = true;
        }
        Some(())
    }
}
