//! Judging a rule, and what a firing emits.

use super::expr::Scope;
use super::id::{Decided, Identified, emit_id};
use super::inner::{Behind, behind, items_at, records};
use super::limit::Turn;
use super::output::{Emitted, FailedRule, Found, Late, Missed, Placed, Source, Subject};
use super::rows::Row;
use super::world::World;
use cep_core::function::EvalError;
use cep_core::plan::{EdgePlan, EmitKind, EmitPlan, Expr, Hold, RuleId, RulePlan, Trigger};
use cep_core::time::{EventTime, Span, Watermark};
use cep_core::value::{RowOrigin, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A rule, and where what it gives is put.
pub(super) struct Judge<'a> {
    pub plan: &'a World<'a>,
    pub id: RuleId,
    pub rule: &'a RulePlan,
    /// The rule's firings and clears.
    pub turns: Vec<Turn>,
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
    /// The condition holds, but not for long enough yet: since when, and at how many judgements.
    Held(EventTime, u32),
    /// It has fired; since when the condition has held.
    High(EventTime),
}

impl Edge {
    /// The instant at which it rises if nothing comes between.
    pub fn due(self, trigger: &Trigger) -> Option<EventTime> {
        match (self, trigger.hold()) {
            (Self::Held(since, _), Hold::For(span)) => Some(since.saturating_add(span)),
            _ => None,
        }
    }

    /// Takes the next instant at which a key is judged: the first of `instants`, or before it the one
    /// at which the edge rises, if it still stands by then.
    pub fn next(
        self,
        trigger: &Trigger,
        instants: &mut BTreeSet<EventTime>,
        end: Watermark,
    ) -> Option<EventTime> {
        let next = instants.first().copied().into_iter().chain(self.due(trigger)).min()?;
        instants.remove(&next);
        end.has_decided(next).then_some(next)
    }

    /// Where it stands when the condition holds at a judgement.
    fn up(self, hold: Hold, from: EventTime, to: EventTime) -> Self {
        let (since, times) = match self {
            Self::High(_) => return self,
            Self::Low => (from, 1),
            Self::Held(since, times) => (since, times + 1),
        };
        let enough = match hold {
            Hold::No => true,
            Hold::For(span) => to.0 - since.0 >= span.0,
            Hold::Windows(least) => times >= least,
        };
        if enough { Self::High(since) } else { Self::Held(since, times) }
    }
}

impl Judge<'_> {
    /// What a judgement is about: a closing window from its start to its end, or an instant.
    fn span(&self, on: &Judgement<'_>) -> (EventTime, EventTime) {
        let closes = self.rule.window.as_ref().is_some_and(|window| window.kind.closes());
        on.scope.bounds().filter(|_| closes).unwrap_or((on.time, on.time))
    }

    /// Judges the rule once, emits what that gives, and moves the key's edge.
    pub fn judge(&mut self, edge: &mut Edge, on: &Judgement<'_>) {
        let holds = |condition: &Expr| match on.occupied {
            Occupied::Yes => on.scope.holds(condition),
            Occupied::No => Ok(false),
        };
        let (from, to) = self.span(on);
        let before = *edge;
        let after = match (&self.rule.trigger, before) {
            (Trigger::Always, _) => Ok(Edge::High(from)),
            (Trigger::Each(condition), _) => {
                holds(condition).map(|holds| if holds { Edge::High(from) } else { Edge::Low })
            }
            // The caller says since when a key is silent.
            (Trigger::Silent(_), Edge::Held(since, _)) if on.occupied == Occupied::No => {
                Ok(Edge::High(since))
            }
            (Trigger::Silent(_), _) => Ok(Edge::Low),
            (Trigger::Edge(EdgePlan { until: Some(until), .. }), Edge::High(_)) => {
                holds(until).map(|falls| if falls { Edge::Low } else { before })
            }
            (Trigger::Edge(plan), _) => holds(&plan.condition)
                .map(|holds| if holds { before.up(plan.hold, from, to) } else { Edge::Low }),
        };
        let after = match after {
            Ok(after) => after,
            Err(error) => {
                // A condition without a value does not hold, but that is no fall: it is an error.
                // And an `until` without a value lets nothing fall.
                let stays = self.rule.trigger.until().is_some() && matches!(before, Edge::High(_));
                *edge = if stays { before } else { Edge::Low };
                return self.fail(on, error);
            }
        };
        *edge = if self.rule.trigger.is_edge() { after } else { Edge::Low };
        let (kind, since) = match (before, after) {
            (Edge::Low | Edge::Held(..), Edge::High(since)) => (EmitKind::Fire, since),
            (Edge::High(since), Edge::Low) => (EmitKind::Clear, since),
            _ => return,
        };
        if !self.rule.emits.iter().any(|emit| emit.kind == kind) {
            return;
        }
        let scope = on.scope.with_when(since, Span(to.0 - since.0));
        let emits = self.emits_of(kind, on, &scope).and_then(|emits| {
            // A clear goes with its firing and counts against nothing.
            let counts = kind == EmitKind::Fire;
            Ok((emits, if counts { self.counts_by(on.key, &scope)? } else { Vec::new() }))
        });
        let failed = emits.is_err();
        let (emits, by) = emits.unwrap_or_else(|error| {
            self.fail(on, error);
            Default::default()
        });
        let record = on.decided.record();
        let (time, key) = (on.order, on.key.to_vec());
        self.turns.push(Turn { kind, time, record, key, by, emits, failed });
    }

    /// What a firing emits, line by line; nothing at all if one of them has no value.
    fn emits_of(
        &self,
        kind: EmitKind,
        on: &Judgement<'_>,
        scope: &Scope<'_>,
    ) -> Result<Vec<Placed>, EvalError> {
        let mut emits = Vec::new();
        for (line, emit) in (0_u32..).zip(&self.rule.emits) {
            if emit.kind != kind {
                continue;
            }
            if let Some(condition) = &emit.condition
                && !scope.holds(condition)?
            {
                continue;
            }
            emits.push(self.emit(line, emit, on, scope)?);
        }
        Ok(emits)
    }

    fn emit(
        &self,
        line: u32,
        emit: &EmitPlan,
        on: &Judgement<'_>,
        scope: &Scope<'_>,
    ) -> Result<Placed, EvalError> {
        let values =
            emit.fields.iter().map(|(_, expr)| scope.value(expr)).collect::<Result<_, _>>()?;
        let decided = self.decided(on.decided);
        let id = emit_id(&self.rule.name, &emit.event, line, on.key, &decided);
        Ok(Placed {
            order: on.order,
            record: on.decided.record(),
            emit: Emitted {
                rule: self.id,
                line,
                kind: emit.kind,
                time: on.time,
                id,
                key: on.key.to_vec(),
                values,
                source: self.records(&on.source),
                revision: 0,
                retracted: false,
            },
        })
    }

    pub fn records(&self, source: &Source) -> Source {
        records(self.plan, self.found, source)
    }

    /// What was decided, for the id: records and emits, not rows of inner streams.
    fn decided(&self, decided: Decided) -> Identified {
        match decided {
            Decided::Window(start, end) | Decided::Early(start, end, _) => {
                Identified::Window(start, end)
            }
            Decided::Expiry(instant) => Identified::Expiry(instant),
            Decided::Record(origin) => self.position(origin),
        }
    }

    fn position(&self, origin: RowOrigin) -> Identified {
        let items = items_at(self.plan, origin);
        let whole = match behind(self.plan, self.found, origin) {
            Behind::Record(record) => {
                let stream = self.plan.stream(record.stream);
                let name = stream.map_or_else(String::new, |stream| stream.name.clone());
                Identified::Record(name, record)
            }
            Behind::Emit(emit) => Identified::Emit(emit.id),
        };
        if items.is_empty() { whole } else { Identified::Item(items, Box::new(whole)) }
    }

    /// What failed for an event: the record, or what the derived event comes from.
    fn row(&self, origin: RowOrigin) -> Subject {
        match behind(self.plan, self.found, origin) {
            Behind::Record(record) => Subject::Row(record),
            Behind::Emit(emit) => Subject::Firing(emit.key.clone(), emit.source.clone()),
        }
    }

    fn fail(&mut self, on: &Judgement<'_>, error: EvalError) {
        let subject = match on.decided {
            // A rule without a window fires for one event.
            Decided::Record(origin) if self.rule.window.is_none() => self.row(origin),
            _ => Subject::Firing(on.key.to_vec(), self.records(&on.source)),
        };
        self.found.errors.push(FailedRule { rule: self.id, time: on.time, error, subject });
    }

    /// Reports that an event has no value for the rule.
    pub fn fail_row(&mut self, origin: RowOrigin, time: EventTime, error: EvalError) {
        let subject = self.row(origin);
        self.found.errors.push(FailedRule { rule: self.id, time, error, subject });
    }

    /// Reports that an event came too late for some windows or for the rule.
    pub fn late(
        &mut self,
        origin: RowOrigin,
        time: EventTime,
        watermark: Watermark,
        missed: Option<Missed>,
    ) {
        let record = self.records(&Source::of([origin])).ends();
        let origin = record.map_or(origin, |(first, _)| first);
        self.found.late.push(Late { rule: self.id, origin, time, missed, watermark });
    }
}

/// The rows of a key, in a life of it.
pub(super) struct Life<'r> {
    pub key: &'r [Value],
    pub rows: Vec<&'r Row>,
    /// How far it is judged.
    pub end: Watermark,
}

/// Rows by key, the keys in their order; `end` is how far time goes. What is forgotten of a key ends
/// a life of it: its rows after that are judged by themselves.
pub(super) fn lives(rows: &[Row], end: Watermark) -> Vec<Life<'_>> {
    let mut groups: BTreeMap<(&[Value], usize), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry((row.key.as_slice(), row.life)).or_default().push(row);
    }
    let mut lives = Vec::new();
    for ((key, _), rows) in groups {
        let known_to = rows.first().map_or(end, |row| row.known_to);
        lives.push(Life { key, rows, end: end.min(known_to) });
    }
    lives
}
