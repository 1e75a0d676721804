//! `distinct EXPR within D`: of rows that are alike only the first passes. A row at t passes if none
//! like it passed in `(t - D, t]`; one that does not pass renews nothing.

use super::super::intake::take_out;
use super::super::keys::{KeyTable, merged_errors};
use super::super::{Evaluated, KeptFor, Operand, Scope, See, Stage, evaluate};
use crate::plan::{DistinctPlan, KeyPart, RuleId};
use crate::value::EventBatch;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// See the module.
#[derive(Debug)]
pub(super) struct Distinct {
    plan: DistinctPlan,
    /// What rows are told apart by, as numbers.
    kinds: KeyTable,
    /// The kinds that passed and still let none like them pass, in order of time.
    passed: VecDeque<(i64, u32)>,
    /// Which kinds these are.
    known: Vec<Kind>,
    ids: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    New,
    Passed,
}

/// What a checkpoint holds of it: when what kinds passed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DistinctState(Vec<(i64, Vec<u8>)>);

impl Distinct {
    pub(super) fn new(plan: DistinctPlan, seed: u64) -> Self {
        let part = |expr: &_| KeyPart { name: String::new(), expr: Clone::clone(expr) };
        let parts: Vec<KeyPart> = plan.by.iter().map(part).collect();
        Self {
            kinds: KeyTable::new(&parts, seed),
            plan,
            passed: VecDeque::new(),
            known: Vec::new(),
            ids: Vec::new(),
        }
    }

    /// Takes the rows that are not the first of their kind out of `rows`, which are in order of
    /// time, and those for which what tells them apart has no value.
    pub(super) fn sift(
        &mut self,
        batch: &EventBatch,
        scope: &Scope<'_>,
        rule: RuleId,
        rows: &mut Vec<u32>,
        stage: &mut Stage,
    ) {
        let values: Vec<Evaluated<'_>> =
            self.plan.by.iter().map(|expr| evaluate(expr, scope)).collect();
        let errors = merged_errors(&values);
        take_out(batch, &[rule], rows, &errors, stage);
        let values: Vec<Operand<'_>> = values.into_iter().map(|value| value.operand).collect();
        let mut ids = std::mem::take(&mut self.ids);
        ids.clear();
        self.kinds.intern(&values, rows, &mut ids);
        let before = rows.len();
        let mut of = ids.iter();
        rows.retain(|row| {
            let time = batch.times.get(*row as usize).copied().unwrap_or(0);
            of.next().is_some_and(|id| self.passes(*id, time))
        });
        stage.repeated += (before - rows.len()) as u64;
        self.ids = ids;
        if self.kinds.is_full() {
            self.kinds.keep_only(self.passed.iter().map(|(_, id)| *id));
        }
    }

    fn passes(&mut self, id: u32, time: i64) -> bool {
        let over = time.saturating_sub(self.plan.span.0);
        while let Some((_, id)) = self.passed.front().copied().filter(|(at, _)| *at <= over) {
            self.passed.pop_front();
            self.note(id, Kind::New);
        }
        if self.known.get(id as usize) == Some(&Kind::Passed) {
            return false;
        }
        self.passed.push_back((time, id));
        self.note(id, Kind::Passed);
        true
    }

    fn note(&mut self, id: u32, kind: Kind) {
        self.known.resize(self.known.len().max(id as usize + 1), Kind::New);
        if let Some(known) = self.known.get_mut(id as usize) {
            *known = kind;
        }
    }

    /// How many bytes each kind that passed holds.
    pub(super) fn sizes(&self, rule: RuleId, see: &mut See<'_>) {
        for (_, id) in &self.passed {
            let bytes = self.kinds.encoded_len(*id) + size_of::<(i64, u32)>();
            see(rule, KeptFor::Kind(&self.kinds, *id), bytes);
        }
    }

    pub(super) fn save(&self) -> DistinctState {
        let passed = self.passed.iter().map(|(time, id)| (*time, self.kinds.encoded(*id)));
        DistinctState(passed.collect())
    }

    /// Takes over what `save` gave.
    pub(super) fn load(&mut self, state: DistinctState) -> Option<()> {
        for (time, bytes) in state.0 {
            let id = self.kinds.intern_encoded(&bytes)?;
            self.passed.push_back((time, id));
            self.note(id, Kind::Passed);
        }
        Some(())
    }
}
