//! Looking at a rule's rows one after the other, before they are grouped: which of them `distinct`
//! drops, what has `changed` since the key's row before, and where `forget` ends the life of a key,
//! so that its next row is like the first one ever.

use super::expr::Scope;
use super::rows::canonical;
use cep_core::function::EvalError;
use cep_core::plan::RulePlan;
use cep_core::time::{EventTime, Watermark};
use cep_core::value::Value;

/// What was seen of the rows so far, all of it.
#[derive(Default)]
pub(super) struct LookBack {
    /// The rows that `distinct` let pass: what tells them apart, and when they were.
    passed: Vec<(Vec<Value>, EventTime)>,
    /// The rows that were heard of.
    heard: Vec<Heard>,
}

struct Heard {
    key: Vec<Value>,
    time: EventTime,
    compared: Vec<Value>,
    /// The place in `heard` of the first row of the key's life.
    life: usize,
}

impl LookBack {
    /// Whether the next row is the first of its kind.
    pub fn is_first(
        &mut self,
        rule: &RulePlan,
        scope: &Scope<'_>,
        time: EventTime,
    ) -> Result<bool, EvalError> {
        let Some(distinct) = &rule.distinct else { return Ok(true) };
        let by: Vec<Value> = distinct
            .by
            .iter()
            .map(|expr| scope.value(expr).map(canonical))
            .collect::<Result<_, _>>()?;
        let like = |(other, then): &(Vec<Value>, EventTime)| {
            *other == by && then.0 > time.0 - distinct.span.0
        };
        let first = !self.passed.iter().any(like);
        if first {
            self.passed.push((by, time));
        }
        Ok(first)
    }

    /// Hears of the next row: in which life of its key it is, and whether each of the values that are
    /// compared differs from the row before in it.
    pub fn hear(
        &mut self,
        rule: &RulePlan,
        scope: &Scope<'_>,
        time: EventTime,
    ) -> Result<(usize, Vec<Value>), EvalError> {
        let key: Vec<Value> = rule
            .key
            .iter()
            .map(|part| scope.value(&part.expr).map(canonical))
            .collect::<Result<_, _>>()?;
        let of = rule.changes.iter().flat_map(|changes| &changes.of);
        let compared: Vec<Value> = of.map(|expr| scope.value(expr)).collect::<Result<_, _>>()?;
        let forgotten = |before: &Heard| {
            rule.forget.is_some_and(|span| time >= before.time.saturating_add(span))
        };
        let before = self.heard.iter().rev().find(|it| it.key == key).filter(|it| !forgotten(it));
        let changed = (0..compared.len())
            .map(|at| Value::Bool(before.is_none_or(|it| it.compared[at] != compared[at])))
            .collect();
        let life = before.map_or(self.heard.len(), |it| it.life);
        self.heard.push(Heard { key, time, compared, life });
        Ok((life, changed))
    }

    /// How far the time goes in which a life is known of.
    pub fn end_of(&self, rule: &RulePlan, life: usize) -> Watermark {
        let last = self.heard.iter().rev().find(|it| it.life == life);
        match (last, rule.forget) {
            (Some(last), Some(span)) => Watermark(last.time.saturating_add(span).0),
            _ => Watermark::AFTER_ALL,
        }
    }
}
