//! From a decision to emits: fields, ids, causes.

use super::limit::{Turn, takes_turns};
use super::{Constants, Errors, Evaluated, Instants, Positions, Scope, Stage, evaluate};
use crate::engine::{Causes, Emit, EmitId, EventRef, RuleError};
use crate::plan::{EmitKind, EmitPlan, LimitBy, LimitPlan, RuleId, RulePlan};
use crate::time::EventTime;
use crate::value::{Column, ColumnData, RowOrigin, Value, encode_key, encode_value};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An emit and its place in the merged order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Staged {
    /// The instant at which it takes effect: its time, or later if it came late.
    pub(crate) order_time: EventTime,
    /// What orders emits that are equal in everything else.
    pub(crate) tie: (u32, u64),
    /// The emit.
    pub(crate) emit: Emit,
}

/// What was decided, for the id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Decided {
    /// A window closed.
    Window {
        /// Its start.
        start: EventTime,
        /// Its end.
        end: EventTime,
    },
    /// A window's condition holds before it closes.
    Early {
        /// Its start.
        start: EventTime,
        /// Its end.
        end: EventTime,
        /// The event that made the difference.
        completing: RowOrigin,
    },
    /// An event made the difference.
    Record(RowOrigin),
    /// Time passed: events left a sliding window at this instant, or the condition had held for long
    /// enough, and no event came.
    Expiry(EventTime),
}

/// One firing of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Firing {
    /// The emits' event time.
    pub(crate) time: EventTime,
    /// The instant at which they take effect.
    pub(crate) order_time: EventTime,
    /// The rule's key.
    pub(crate) key: Arc<[Value]>,
    /// What was decided.
    pub(crate) decided: Decided,
    /// For an edge: since when its condition has held.
    pub(crate) since: EventTime,
    /// The events behind it.
    pub(crate) causes: Causes,
}

/// The emit lines of a rule.
#[derive(Debug)]
pub(crate) struct EmitLines {
    rule: RuleId,
    lines: Vec<EmitPlan>,
    /// The beginning of what is hashed for an id, a line each.
    id_prefixes: Vec<Vec<u8>>,
    constants: Arc<Constants>,
    judges: Judges,
    limit: Option<LimitPlan>,
    takes_turns: bool,
    /// Whether some line reads since when the condition has held.
    reads_when: bool,
}

/// What a rule fires for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judges {
    /// Events, one by one: it has no window.
    Events,
    /// Windows.
    Windows,
}

impl EmitLines {
    pub(crate) fn new(id: RuleId, rule: &RulePlan, constants: Arc<Constants>) -> Self {
        let prefix = |(line, emit): (usize, &EmitPlan)| {
            let mut bytes = Vec::new();
            encode_value(&Value::text(rule.name.as_str()), &mut bytes);
            encode_value(&Value::text(emit.event.as_str()), &mut bytes);
            bytes.extend_from_slice(&u32::try_from(line).unwrap_or(u32::MAX).to_be_bytes());
            bytes
        };
        Self {
            rule: id,
            id_prefixes: rule.emits.iter().enumerate().map(prefix).collect(),
            lines: rule.emits.clone(),
            constants,
            limit: rule.limit.clone(),
            takes_turns: takes_turns(rule),
            reads_when: rule.reads_when(),
            judges: if rule.window.is_some() { Judges::Windows } else { Judges::Events },
        }
    }

    /// The rule.
    pub(crate) fn rule(&self) -> RuleId {
        self.rule
    }

    /// The parameters and tables.
    pub(crate) fn constants(&self) -> &Constants {
        &self.constants
    }

    /// How many lines there are.
    pub(crate) fn line_count(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(u32::MAX)
    }

    /// Whether some line goes out at this edge.
    pub(crate) fn has(&self, kind: EmitKind) -> bool {
        self.lines.iter().any(|line| line.kind == kind)
    }

    /// Stages the emits of `firings`, whose values are the rows of `scope`. A firing for which
    /// something fails is one error and gives no emit.
    pub(crate) fn emit(
        &self,
        kind: EmitKind,
        scope: &Scope<'_>,
        firings: &[Firing],
        stage: &mut Stage,
    ) {
        if firings.is_empty() {
            return;
        }
        let (since, held) = self.when_columns(firings);
        let times: Vec<i64> = firings.iter().map(|firing| firing.time.0).collect();
        let instants = Instants::Each(&times);
        let scope = &Scope { since: Some(&since), held: Some(&held), instants, ..*scope };
        let mut errors = Errors::default();
        let mut computed = Vec::new();
        for (index, line) in self.lines.iter().enumerate().filter(|(_, line)| line.kind == kind) {
            let condition = line.condition.as_ref().map(|it| evaluate(it, scope));
            let passes = |row: usize| condition.as_ref().is_none_or(|it| it.operand.holds(row));
            if let Some(condition) = &condition {
                errors.merge(condition.errors.clone());
            }
            let mut fields = Vec::with_capacity(line.fields.len());
            for (_, expr) in &line.fields {
                let field = evaluate(expr, scope);
                errors.merge(field.errors.retain(passes));
                fields.push(field.operand);
            }
            let passing: Vec<bool> = (0..firings.len()).map(passes).collect();
            computed.push((index, passing, fields));
        }
        let by = self.limit_by(kind, scope);
        by.iter().for_each(|value| errors.merge(value.errors.clone()));
        stage.emits.reserve(firings.len());
        let mut bytes = Vec::new();
        for (row, firing) in firings.iter().enumerate() {
            let emits_before = stage.emits.len();
            let failed = errors.of(row);
            if let Some(error) = failed {
                self.fail(firing.clone(), error.clone(), stage);
            }
            for (index, passing, fields) in computed.iter().filter(|_| failed.is_none()) {
                if passing.get(row).copied().unwrap_or(false) {
                    let values = fields.iter().map(|field| field.get(row)).collect();
                    let id = self.id(*index, firing, &stage.positions, &mut bytes);
                    self.stage_emit(*index, kind, id, firing, values, stage);
                }
            }
            if self.takes_turns {
                let by: Vec<Value> = by.iter().map(|value| value.operand.get(row)).collect();
                let emits = stage.emits.split_off(emits_before);
                stage.turns.push(Turn {
                    rule: self.rule,
                    kind,
                    time: firing.order_time,
                    tie: firing.tie(),
                    key: firing.key.clone(),
                    by: self.counts_by(firing, &by),
                    emits,
                    failed: failed.is_some(),
                });
            }
        }
    }

    /// What the limit counts by, but for the rule's key. A clear counts against nothing.
    fn limit_by<'a>(&self, kind: EmitKind, scope: &Scope<'a>) -> Vec<Evaluated<'a>> {
        match &self.limit {
            Some(LimitPlan { by: LimitBy::Values(by), .. }) if kind == EmitKind::Fire => {
                by.iter().map(|expr| evaluate(expr, scope)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The canonical bytes of what a firing counts against.
    fn counts_by(&self, firing: &Firing, by: &[Value]) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.limit.as_ref().map(|limit| &limit.by) {
            None => {}
            Some(LimitBy::Key) => encode_key(&firing.key, &mut bytes),
            Some(LimitBy::Values(_)) => encode_key(by, &mut bytes),
        }
        bytes
    }

    /// Since when the conditions of the firings have held, and for how long.
    fn when_columns(&self, firings: &[Firing]) -> (Column, Column) {
        let read = if self.reads_when { firings } else { &[] };
        let since = read.iter().map(|firing| firing.since.0).collect();
        let held = read.iter().map(Firing::held);
        let held = ColumnData::Duration(held.collect());
        (Column::dense(ColumnData::Timestamp(since)), Column::dense(held))
    }

    fn stage_emit(
        &self,
        index: usize,
        kind: EmitKind,
        id: EmitId,
        firing: &Firing,
        values: Vec<Value>,
        stage: &mut Stage,
    ) {
        let emit = Emit {
            rule: self.rule,
            line: u32::try_from(index).unwrap_or(u32::MAX),
            kind,
            time: firing.time,
            id,
            key: firing.key.clone(),
            values,
            causes: firing.causes.clone(),
            revision: 0,
            retracted: false,
        };
        stage.emits.push(Staged { order_time: firing.order_time, tie: firing.tie(), emit });
    }

    /// Stages the error of a firing.
    pub(crate) fn fail(
        &self,
        firing: Firing,
        error: crate::function::EvalError,
        stage: &mut Stage,
    ) {
        let subject = match (self.judges, firing.decided) {
            (Judges::Events, Decided::Record(origin)) => EventRef::Row(origin),
            _ => EventRef::Firing { key: firing.key, causes: firing.causes },
        };
        stage.errors.push(RuleError { rule: self.rule, time: firing.time, error, subject });
    }

    /// The id of a line's emit; `bytes` is memory to encode it in.
    fn id(
        &self,
        line: usize,
        firing: &Firing,
        positions: &Positions,
        bytes: &mut Vec<u8>,
    ) -> EmitId {
        bytes.clear();
        bytes.extend_from_slice(self.id_prefixes.get(line).map_or(&[], Vec::as_slice));
        encode_key(&firing.key, bytes);
        match firing.decided {
            Decided::Window { start, end } | Decided::Early { start, end, .. } => {
                bytes.push(0);
                bytes.extend_from_slice(&start.0.to_be_bytes());
                bytes.extend_from_slice(&end.0.to_be_bytes());
            }
            Decided::Record(origin) => positions.encode(origin, bytes),
            Decided::Expiry(instant) => {
                bytes.push(2);
                bytes.extend_from_slice(&instant.0.to_be_bytes());
            }
        }
        let hash = blake3::hash(bytes);
        let (id, _) = hash.as_bytes().split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        EmitId(*id)
    }
}

impl Firing {
    /// The place of the record that decided it.
    fn tie(&self) -> (u32, u64) {
        match self.decided {
            Decided::Record(origin) | Decided::Early { completing: origin, .. } => {
                (origin.partition, origin.offset)
            }
            _ => (0, 0),
        }
    }

    /// How long the condition of an edge has held, in microseconds.
    fn held(&self) -> i64 {
        let to = match self.decided {
            Decided::Window { end, .. } => end,
            _ => self.time,
        };
        to.0.saturating_sub(self.since.0)
    }
}

impl Staged {
    /// The merged order: event time, rule, key, emit line, then the record's place.
    pub(crate) fn merged_order(&self, other: &Self) -> std::cmp::Ordering {
        let (mine, theirs) = (&self.emit, &other.emit);
        (self.order_time, mine.rule)
            .cmp(&(other.order_time, theirs.rule))
            .then_with(|| mine.key.cmp(&theirs.key))
            .then_with(|| (mine.line, self.tie).cmp(&(theirs.line, other.tie)))
    }
}
