//! Judging a rule, and what a firing emits.

use super::expr::Scope;
use super::id::{Decided, emit_id};
use super::output::{Emitted, FailedRule, Found, Late, Placed, Source, Subject};
use super::rows::Row;
use cep_core::function::EvalError;
use cep_core::plan::{EmitKind, EmitPlan, Plan, RuleId, RulePlan, Trigger};
use cep_core::time::{EventTime, Watermark};
use cep_core::value::{RowOrigin, Value};

/// A rule, and where what it gives is put.
pub(super) struct Judge<'a> {
    pub plan: &'a Plan,
    pub id: RuleId,
    pub rule: &'a RulePlan,
    pub found: &'a mut Found,
}

/// One judgement: when, of which key, about what.
pub(super) struct Judgement<'a> {
    pub time: EventTime,
    /// Where its emits stand in the merged order; mostly its time.
    pub order: EventTime,
    pub key: &'a [Value],
    pub decided: Decided,
    pub scope: Scope<'a>,
    /// Whether there is anything to judge: an empty sliding window makes a condition false.
    pub occupied: Occupied,
    /// The rows behind it.
    pub source: Source,
}

/// Whether a condition has anything to be judged on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Occupied {
    Yes,
    No,
}

/// The state of an edge between two judgements of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Edge {
    #[default]
    Low,
    High,
}

impl Judge<'_> {
    /// Judges the rule once, emits what that gives, and moves the key's edge.
    pub fn judge(&mut self, edge: &mut Edge, judgement: &Judgement<'_>) {
        let holds = match self.rule.trigger.condition() {
            None => Ok(true),
            Some(_) if judgement.occupied == Occupied::No => Ok(false),
            Some(condition) => judgement.scope.holds(condition),
        };
        let holds = match holds {
            Ok(holds) => holds,
            Err(error) => {
                // A condition without a value does not hold, but that is no fall: it is an error.
                *edge = Edge::Low;
                return self.fail(judgement, error);
            }
        };
        let kind = match (&self.rule.trigger, holds, *edge) {
            (Trigger::Always | Trigger::Each(_), true, _) | (Trigger::Edge(_), true, Edge::Low) => {
                Some(EmitKind::Fire)
            }
            (Trigger::Edge(_), false, Edge::High) => Some(EmitKind::Clear),
            _ => None,
        };
        *edge = if holds { Edge::High } else { Edge::Low };
        if let Some(kind) = kind {
            match self.emits_of(kind, judgement) {
                Ok(emits) => self.found.emits.extend(emits),
                Err(error) => self.fail(judgement, error),
            }
        }
    }

    /// What a firing emits, line by line; nothing at all if one of them has no value.
    fn emits_of(&self, kind: EmitKind, on: &Judgement<'_>) -> Result<Vec<Placed>, EvalError> {
        let mut emits = Vec::new();
        for (line, emit) in (0_u32..).zip(&self.rule.emits) {
            if emit.kind != kind {
                continue;
            }
            if let Some(condition) = &emit.condition
                && !on.scope.holds(condition)?
            {
                continue;
            }
            emits.push(self.emit(line, emit, on)?);
        }
        Ok(emits)
    }

    fn emit(&self, line: u32, emit: &EmitPlan, on: &Judgement<'_>) -> Result<Placed, EvalError> {
        let values =
            emit.fields.iter().map(|(_, expr)| on.scope.value(expr)).collect::<Result<_, _>>()?;
        let stream = self.plan.stream(self.rule.input).map_or("", |stream| &stream.name);
        let id = emit_id(&self.rule.name, &emit.event, line, on.key, on.decided, stream);
        Ok(Placed {
            order: on.order,
            record: match on.decided {
                Decided::Record(origin) => Some(origin),
                Decided::Window(..) | Decided::Expiry(_) => None,
            },
            emit: Emitted {
                rule: self.id,
                line,
                kind: emit.kind,
                time: on.time,
                id,
                key: on.key.to_vec(),
                values,
                source: on.source.clone(),
            },
        })
    }

    fn fail(&mut self, on: &Judgement<'_>, error: EvalError) {
        let subject = match on.decided {
            // A rule without a window fires for one event.
            Decided::Record(origin) if self.rule.window.is_none() => Subject::Row(origin),
            _ => Subject::Firing(on.key.to_vec(), on.source.clone()),
        };
        self.found.errors.push(FailedRule { rule: self.id, time: on.time, error, subject });
    }

    /// Reports that an event has no value for the rule.
    pub fn fail_row(&mut self, origin: RowOrigin, time: EventTime, error: EvalError) {
        let subject = Subject::Row(origin);
        self.found.errors.push(FailedRule { rule: self.id, time, error, subject });
    }

    /// Reports that an event came too late for some windows or for the rule.
    pub fn late(
        &mut self,
        origin: RowOrigin,
        time: EventTime,
        watermark: Watermark,
        window: Option<(EventTime, EventTime)>,
    ) {
        self.found.late.push(Late { rule: self.id, origin, time, window, watermark });
    }
}

/// Rows by key, the keys in their order.
pub(super) fn by_key<'r, 'a>(
    rows: impl IntoIterator<Item = &'r Row<'a>>,
) -> std::collections::BTreeMap<&'r [Value], Vec<&'r Row<'a>>>
where
    'a: 'r,
{
    let mut groups = std::collections::BTreeMap::new();
    for row in rows {
        groups.entry(row.key.as_slice()).or_insert_with(Vec::new).push(row);
    }
    groups
}
