//! What is known of a key from its rows before: their last values, for `changed`, and when the last
//! of them was, for `forget`.

use super::super::intake::take_out;
use super::super::keys::{KeyTable, merged_errors};
use super::super::{Evaluated, KeptFor, Operand, Scope, See, Stage, evaluate};
use crate::plan::{Expr, KeyPart, RuleId, RulePlan};
use crate::time::Span;
use crate::value::{Column, ColumnData, EventBatch, Value, held_bytes};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// See the module.
#[derive(Debug)]
pub(super) struct Memory {
    parts: Vec<KeyPart>,
    /// What is compared with the row before.
    compared: Vec<Expr>,
    forget: Option<Span>,
    keys: KeyTable,
    /// By key id.
    known: Vec<Option<Box<Known>>>,
    /// When keys are forgotten, one entry a known key if they ever are. An entry may be too early:
    /// then its key had a row since.
    ends: BinaryHeap<Reverse<(i64, u32)>>,
    ids: Vec<u32>,
}

/// What is known of a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    /// When its last row was.
    last: i64,
    /// The values that were compared, of its last row.
    values: Vec<Value>,
}

/// What a checkpoint holds of it, by the keys' canonical bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemoryState(Vec<(Vec<u8>, Known)>);

impl Memory {
    pub(super) fn new(rule: &RulePlan, seed: u64) -> Self {
        Self {
            parts: rule.key.clone(),
            compared: rule.changes.as_ref().map_or_else(Vec::new, |changes| changes.of.clone()),
            forget: rule.forget,
            keys: KeyTable::new(&rule.key, seed),
            known: Vec::new(),
            ends: BinaryHeap::new(),
            ids: Vec::new(),
        }
    }

    /// Looks at `rows`, which are in order of time, and takes out those whose key or values fail.
    /// Gives a column over the batch for each value that is compared: whether it differs from the
    /// one of the key's row before.
    pub(super) fn look(
        &mut self,
        batch: &EventBatch,
        scope: &Scope<'_>,
        rule: RuleId,
        rows: &mut Vec<u32>,
        stage: &mut Stage,
    ) -> Vec<Column> {
        let of = |expr| evaluate(expr, scope);
        let key: Vec<Evaluated<'_>> = self.parts.iter().map(|part| of(&part.expr)).collect();
        let values: Vec<Evaluated<'_>> = self.compared.iter().map(of).collect();
        let mut errors = merged_errors(&key);
        errors.merge(merged_errors(&values));
        take_out(batch, &[rule], rows, &errors, stage);
        let key: Vec<Operand<'_>> = key.into_iter().map(|part| part.operand).collect();
        let mut ids = std::mem::take(&mut self.ids);
        ids.clear();
        self.keys.intern(&key, rows, &mut ids);
        let mut changed = vec![vec![false; batch.len()]; values.len()];
        for (row, id) in rows.iter().map(|row| *row as usize).zip(&ids) {
            let time = batch.times.get(row).copied().unwrap_or(0);
            let Some(before) = self.note(*id, time) else { continue };
            for (at, (flags, value)) in changed.iter_mut().zip(&values).enumerate() {
                let differs = match before.get_mut(at) {
                    Some(before) if value.operand.is(row, before) => false,
                    Some(before) => {
                        *before = value.operand.get(row);
                        true
                    }
                    None => {
                        before.push(value.operand.get(row));
                        true
                    }
                };
                flags.get_mut(row).into_iter().for_each(|flag| *flag = differs);
            }
        }
        self.ids = ids;
        if self.keys.is_full() {
            let known = (0_u32..).zip(&self.known).filter(|(_, known)| known.is_some());
            self.keys.keep_only(known.map(|(id, _)| id));
        }
        changed.into_iter().map(|flags| Column::dense(ColumnData::Bool(flags))).collect()
    }

    /// Takes note of a row; gives the values of the key's row before, none at its first.
    fn note(&mut self, id: u32, time: i64) -> Option<&mut Vec<Value>> {
        self.known.resize_with(self.known.len().max(id as usize + 1), || None);
        let place = self.known.get_mut(id as usize)?;
        if let (None, Some(span)) = (&place, self.forget) {
            self.ends.push(Reverse((time.saturating_add(span.0), id)));
        }
        let known = place.get_or_insert_with(|| Box::new(Known { last: time, values: Vec::new() }));
        known.last = time;
        Some(&mut known.values)
    }

    /// How long a key is known without a row, if it is ever forgotten.
    pub(super) fn forget(&self) -> Option<Span> {
        self.forget
    }

    /// The next instant at which keys are forgotten.
    pub(super) fn next_end(&mut self) -> Option<i64> {
        let span = self.forget?;
        loop {
            let Reverse((end, id)) = *self.ends.peek()?;
            let known = self.known.get(id as usize).and_then(Option::as_ref);
            let real = known.map(|known| known.last.saturating_add(span.0));
            if real == Some(end) {
                return Some(end);
            }
            self.ends.pop();
            if let Some(real) = real {
                self.ends.push(Reverse((real, id)));
            }
        }
    }

    /// Forgets the keys whose time is over at an instant, and gives their canonical bytes.
    pub(super) fn end(&mut self, instant: i64) -> Vec<Vec<u8>> {
        let mut forgotten = Vec::new();
        while self.next_end() == Some(instant) {
            let Some(Reverse((_, id))) = self.ends.pop() else { break };
            if let Some(known) = self.known.get_mut(id as usize) {
                *known = None;
            }
            forgotten.push(self.keys.encoded(id));
        }
        forgotten
    }

    /// How many bytes it knows of each key.
    pub(super) fn sizes(&self, rule: RuleId, see: &mut See<'_>) {
        for (id, known) in (0..).zip(&self.known) {
            let Some(known) = known.as_deref() else { continue };
            let bytes = self.keys.encoded_len(id) + held_bytes(known);
            see(rule, KeptFor::Id(&self.keys, id), bytes);
        }
    }

    pub(super) fn save(&self) -> MemoryState {
        let known = (0_u32..).zip(&self.known);
        let state = |(id, known): (u32, &Option<Box<Known>>)| {
            Some((self.keys.encoded(id), known.as_deref()?.clone()))
        };
        MemoryState(known.filter_map(state).collect())
    }

    /// Takes over what `save` gave.
    pub(super) fn load(&mut self, state: MemoryState) -> Option<()> {
        for (bytes, known) in state.0 {
            if known.values.len() != self.compared.len() {
                return None;
            }
            let id = self.keys.intern_encoded(&bytes)?;
            *self.note(id, known.last)? = known.values;
        }
        Some(())
    }
}
