//! `limit N per D`: which firings of a rule go out; and which clears, those whose firing did.

use super::expr::Scope;
use super::firing::Judge;
use super::output::Placed;
use cep_core::function::EvalError;
use cep_core::plan::{EmitKind, LimitBy};
use cep_core::time::EventTime;
use cep_core::value::{RowOrigin, Value};
use std::collections::BTreeSet;

/// A firing, or a clear, and what it would emit.
#[derive(Debug)]
pub(super) struct Turn {
    pub kind: EmitKind,
    pub time: EventTime,
    /// The record that decided it, if one did.
    pub record: Option<RowOrigin>,
    pub key: Vec<Value>,
    /// What it counts against.
    pub by: Vec<Value>,
    pub emits: Vec<Placed>,
    /// Whether it failed: then its clear is told.
    pub failed: bool,
}

impl Judge<'_> {
    /// What a firing counts against.
    pub fn counts_by(&self, key: &[Value], scope: &Scope<'_>) -> Result<Vec<Value>, EvalError> {
        match self.rule.limit.as_ref().map(|limit| &limit.by) {
            Some(LimitBy::Values(by)) => by.iter().map(|expr| scope.value(expr)).collect(),
            _ => Ok(key.to_vec()),
        }
    }

    /// Lets the rule's turns out, in order: firings as far as its limit allows, if it has one, and
    /// clears if the firing before put something out, or failed.
    pub fn let_out(&mut self) {
        let mut turns = std::mem::take(&mut self.turns);
        turns.sort_by(|a, b| (a.time, a.record, &a.key).cmp(&(b.time, b.record, &b.key)));
        let mut passed: Vec<(Vec<Value>, EventTime)> = Vec::new();
        let mut held_back: BTreeSet<Vec<Value>> = BTreeSet::new();
        for turn in turns {
            if turn.kind == EmitKind::Clear {
                if !held_back.remove(&turn.key) {
                    self.found.emits.extend(turn.emits);
                }
                continue;
            }
            held_back.remove(&turn.key);
            let fits = self.rule.limit.as_ref().is_none_or(|limit| {
                let recent = |(by, time): &&(Vec<Value>, EventTime)| {
                    *by == turn.by && time.0 > turn.time.0 - limit.span.0
                };
                passed.iter().filter(recent).count() < limit.count as usize
            });
            if turn.failed {
                continue;
            }
            if fits && !turn.emits.is_empty() {
                passed.push((turn.by, turn.time));
                self.found.emits.extend(turn.emits);
            } else {
                held_back.insert(turn.key);
            }
        }
    }
}
