//! From arriving events to the rows, keys and inputs that a stateful rule takes in.

use super::{Arrival, Constants, Errors, Evaluated, Instants, Operand, Scope, Stage, evaluate};
use crate::aggregate::{Places, Rows};
use crate::engine::{EventRef, RuleError};
use crate::plan::{AggregateCall, Expr, KeyPart, RuleId, RulePlan};
use crate::time::EventTime;
use crate::value::{Column, EventBatch, Type};
use std::borrow::Cow;
use std::sync::Arc;

/// The expressions of a rule, or of several rules that have them in common, over its rows.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) filter: Option<Expr>,
    pub(crate) key: Vec<KeyPart>,
    pub(crate) calls: Vec<AggregateCall>,
    constants: Arc<Constants>,
}

/// What aggregates take in from a batch.
pub(crate) struct Inputs<'a> {
    /// The parts of the key.
    pub(crate) key: Vec<Operand<'a>>,
    /// What each call takes in.
    pub(crate) calls: Vec<CallInput<'a>>,
}

/// What one call takes in.
pub(crate) struct CallInput<'a> {
    /// The columns of its first and second input.
    pub(crate) columns: [Option<Cow<'a, Column>>; 2],
    /// Where it has a `where`, the rows that count.
    pub(crate) mask: Option<Vec<bool>>,
}

impl CallInput<'_> {
    /// The columns as aggregates read them.
    pub(crate) fn rows<'r>(&'r self, places: Places<'r>) -> Rows<'r> {
        let [first, second] = &self.columns;
        Rows { first: first.as_deref(), second: second.as_deref(), places }
    }
}

impl Intake {
    pub(crate) fn new(rule: &RulePlan, constants: Arc<Constants>) -> Self {
        Self {
            filter: rule.filter.clone(),
            key: rule.key.clone(),
            calls: rule.aggregates.clone(),
            constants,
        }
    }

    /// The types of the aggregates' inputs, two a call, where they have them.
    pub(crate) fn input_types(&self) -> Vec<Option<Type>> {
        let ty = |call: &AggregateCall, at: usize| call.inputs.get(at).map(|it| it.ty.clone());
        self.calls.iter().flat_map(|call| [ty(call, 0), ty(call, 1)]).collect()
    }

    pub(crate) fn scope<'a>(&'a self, batch: &'a EventBatch) -> Scope<'a> {
        Scope {
            len: batch.len(),
            fields: &batch.columns,
            constants: Some(&self.constants),
            instants: Instants::Each(&batch.times),
            ..Scope::default()
        }
    }

    /// Fills `rows` with the rows that pass the filter; those whose filter fails are errors of
    /// all `rules`.
    pub(crate) fn select(
        &self,
        arrival: &Arrival<'_>,
        rules: &[RuleId],
        rows: &mut Vec<u32>,
        stage: &mut Stage,
    ) {
        rows.clear();
        let all = 0..u32::try_from(arrival.batch.len()).unwrap_or(u32::MAX);
        let Some(filter) = &self.filter else {
            rows.extend(all);
            return;
        };
        let result = evaluate(filter, &self.scope(arrival.batch));
        rows.extend(all.filter(|row| result.operand.holds(*row as usize)));
        let failed: Vec<u32> = (0..u32::try_from(arrival.batch.len()).unwrap_or(u32::MAX))
            .filter(|row| !result.errors.is_empty() && result.errors.of(*row as usize).is_some())
            .collect();
        report(arrival.batch, rules, &failed, &result.errors, stage);
        drop_rows(rows, &result.errors);
    }

    /// The keys and inputs of the batch. Rows for which one fails are taken out of `rows` and are
    /// errors of all `rules`.
    pub(crate) fn inputs<'a>(
        &'a self,
        arrival: &Arrival<'a>,
        rules: &[RuleId],
        rows: &mut Vec<u32>,
        stage: &mut Stage,
    ) -> Inputs<'a> {
        let scope = self.scope(arrival.batch);
        let key: Vec<_> = self.key.iter().map(|part| evaluate(&part.expr, &scope)).collect();
        let mut errors = super::keys::merged_errors(&key);
        let calls = self.calls.iter().map(|call| input(call, &scope, &mut errors)).collect();
        take_out(arrival.batch, rules, rows, &errors, stage);
        Inputs { key: key.into_iter().map(|part| part.operand).collect(), calls }
    }
}

fn input<'a>(call: &'a AggregateCall, scope: &Scope<'a>, errors: &mut Errors) -> CallInput<'a> {
    let mask = call.filter.as_ref().map(|filter| {
        let Evaluated { operand, errors: failed } = evaluate(filter, scope);
        errors.merge(failed);
        (0..scope.len).map(|row| operand.holds(row)).collect::<Vec<_>>()
    });
    let mut column = |expr: &'a Expr| {
        let Evaluated { operand, errors: failed } = evaluate(expr, scope);
        errors.merge(failed.retain(|row| {
            mask.as_ref().is_none_or(|mask| mask.get(row).copied().unwrap_or(false))
        }));
        match operand {
            Operand::Column(column) => column,
            constant @ Operand::Constant(_) => {
                Cow::Owned(constant.into_column(&expr.ty, scope.len))
            }
        }
    };
    let columns = [call.inputs.first().map(&mut column), call.inputs.get(1).map(&mut column)];
    CallInput { columns, mask }
}

/// Takes those that have an error out of `rows`; it is an error of each rule.
pub(crate) fn take_out(
    batch: &EventBatch,
    rules: &[RuleId],
    rows: &mut Vec<u32>,
    errors: &Errors,
    stage: &mut Stage,
) {
    if !errors.is_empty() {
        report(batch, rules, rows, errors, stage);
        drop_rows(rows, errors);
    }
}

fn drop_rows(rows: &mut Vec<u32>, errors: &Errors) {
    if !errors.is_empty() {
        rows.retain(|row| errors.of(*row as usize).is_none());
    }
}

/// Stages an error for each of `rows` that has one, for each rule.
fn report(batch: &EventBatch, rules: &[RuleId], rows: &[u32], errors: &Errors, stage: &mut Stage) {
    for row in rows {
        let row = *row as usize;
        let Some(error) = errors.of(row) else { continue };
        let time = EventTime(batch.times.get(row).copied().unwrap_or(0));
        stage.errors.extend(rules.iter().map(|rule| RuleError {
            rule: *rule,
            time,
            error: error.clone(),
            subject: EventRef::Row(batch.origin(row)),
        }));
    }
}
