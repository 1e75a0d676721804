//! `limit N per D`: of a rule's firings only so many go out in so long a time. And `clear`, which goes
//! out if its firing did.
//!
//! An operator stages a rule's *turns*, firings and clears, instead of its emits, where the rule has
//! a limit, or clears and firings that may have nothing to say. Once an advance has decided them, they
//! pass in the order of time, then of the records that decided them, then of keys. A firing passes if
//! fewer than N of its kind passed in the time `(t - D, t]`; a clear passes unless the firing before it
//! was held back, or none of its lines' conditions held.

use super::firing::Staged;
use super::{Advance, Arrival, KeptFor, Operator, OperatorState, See, Stage};
use crate::plan::{EmitKind, LimitPlan, Plan, RuleId, RulePlan, StreamId};
use crate::time::EventTime;
use crate::value::{Value, encode_key, held_bytes};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Up to how many kinds of firings are remembered without a look at which of them are over.
const ALWAYS_KEPT: usize = 1024;

/// A firing, or a clear, of a rule with a limit, with what it would emit.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) rule: RuleId,
    pub(crate) kind: EmitKind,
    /// When it takes effect.
    pub(crate) time: EventTime,
    /// The place of the record that decided it.
    pub(crate) tie: (u32, u64),
    pub(crate) key: Arc<[Value]>,
    /// The canonical bytes of what it counts against.
    pub(crate) by: Vec<u8>,
    /// Nothing if it failed, or no line's condition held: then it does not count.
    pub(crate) emits: Vec<Staged>,
    /// Whether it failed; its clear is told, as it is of a firing that went out.
    pub(crate) failed: bool,
}

/// Whether a rule's firings and clears go out in turns.
pub(crate) fn takes_turns(rule: &RulePlan) -> bool {
    rule.limit.is_some() || rule.may_clear_nothing()
}

/// An operator whose rules, some of them, have limits or clears.
#[derive(Debug)]
pub(crate) struct Limited {
    inner: Box<dyn Operator>,
    limits: BTreeMap<RuleId, Limiter>,
}

/// What passed of one rule.
#[derive(Debug)]
struct Limiter {
    limit: Option<LimitPlan>,
    /// Whether the rule has clears, for which it matters what the firing before did.
    has_clears: bool,
    passed: BTreeMap<Vec<u8>, VecDeque<i64>>,
    /// The keys whose last firing did not go out, if the rule has clears.
    held_back: BTreeSet<Vec<u8>>,
    /// With more kinds of firings than this, those that are over are forgotten.
    many: usize,
}

/// What a checkpoint holds of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LimitState {
    rule: RuleId,
    passed: Vec<(Vec<u8>, VecDeque<i64>)>,
    held_back: BTreeSet<Vec<u8>>,
}

impl Limited {
    /// The operator with the limits and clears of its rules, if one of them has any.
    pub(crate) fn wrap(
        plan: &Plan,
        rules: &[RuleId],
        inner: Box<dyn Operator>,
    ) -> Box<dyn Operator> {
        let rules = rules.iter().filter_map(|id| Some((*id, plan.rule(*id)?)));
        let limits: BTreeMap<_, _> = rules
            .filter(|(_, rule)| takes_turns(rule))
            .map(|(id, rule)| (id, Limiter::new(rule)))
            .collect();
        if limits.is_empty() { inner } else { Box::new(Self { inner, limits }) }
    }

    /// Lets pass what may, of the turns that were staged.
    fn release(&mut self, stage: &mut Stage) {
        let staged = std::mem::take(&mut stage.turns);
        let (mut turns, others): (Vec<_>, _) =
            staged.into_iter().partition(|turn| self.limits.contains_key(&turn.rule));
        stage.turns = others;
        turns.sort_by(|a, b| (a.time, a.tie, &a.key).cmp(&(b.time, b.tie, &b.key)));
        for turn in turns {
            let Some(limiter) = self.limits.get_mut(&turn.rule) else { continue };
            let rule = turn.rule;
            match limiter.pass(turn) {
                Passage::Open(emits) => stage.emits.extend(emits),
                Passage::HeldBack => stage.held_back.push(rule),
            }
        }
    }
}

enum Passage {
    Open(Vec<Staged>),
    HeldBack,
}

impl Limiter {
    fn new(rule: &RulePlan) -> Self {
        Self {
            limit: rule.limit.clone(),
            has_clears: rule.has_clears(),
            passed: BTreeMap::new(),
            held_back: BTreeSet::new(),
            many: ALWAYS_KEPT,
        }
    }

    fn pass(&mut self, turn: Turn) -> Passage {
        let mut key = Vec::new();
        encode_key(&turn.key, &mut key);
        if turn.kind == EmitKind::Clear {
            // The firing was counted; its clear is none of its own.
            let held_back = self.held_back.remove(&key);
            return Passage::Open(if held_back { Vec::new() } else { turn.emits });
        }
        let is_empty = turn.emits.is_empty();
        let passes = is_empty || self.counts(turn.by, turn.time.0);
        if turn.failed || passes && !is_empty {
            self.held_back.remove(&key);
        } else if self.has_clears {
            self.held_back.insert(key);
        }
        if passes { Passage::Open(turn.emits) } else { Passage::HeldBack }
    }

    /// Counts a firing that has something to put out, unless that would be one too many.
    fn counts(&mut self, by: Vec<u8>, time: i64) -> bool {
        let Some(LimitPlan { span, count, .. }) = self.limit else { return true };
        let after = time.saturating_sub(span.0);
        self.forget_until(after);
        let passed = self.passed.entry(by).or_default();
        while passed.front().is_some_and(|time| *time <= after) {
            passed.pop_front();
        }
        let fits = passed.len() < count as usize;
        if fits {
            passed.push_back(time);
        }
        fits
    }

    /// Forgets what passed up to an instant, once there is much of it.
    fn forget_until(&mut self, instant: i64) {
        if self.passed.len() > self.many {
            self.passed.retain(|_, passed| passed.back().is_some_and(|last| *last > instant));
            self.many = ALWAYS_KEPT + 2 * self.passed.len();
        }
    }
}

impl Operator for Limited {
    fn stream(&self) -> StreamId {
        self.inner.stream()
    }

    fn events(&mut self, arrival: &Arrival<'_>, stage: &mut Stage) {
        self.inner.events(arrival, stage);
    }

    fn begins(&mut self, time: i64) {
        self.inner.begins(time);
    }

    fn advance(&mut self, advance: Advance, stage: &mut Stage) {
        self.inner.advance(advance, stage);
        self.release(stage);
    }

    /// What went out goes by its own time. But no firing is left for the key to clear.
    fn forget(&mut self, key: &[u8]) {
        for limiter in self.limits.values_mut() {
            limiter.held_back.remove(key);
        }
        self.inner.forget(key);
    }

    fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.inner.positions(see);
    }

    fn sizes(&self, see: &mut See<'_>) {
        self.inner.sizes(see);
        for (rule, limiter) in &self.limits {
            for (by, passed) in &limiter.passed {
                see(*rule, KeptFor::Limit(by), held_bytes(by) + held_bytes(passed));
            }
            let held_back = limiter.held_back.iter();
            held_back.for_each(|key| see(*rule, KeptFor::Encoded(key), held_bytes(key)));
        }
    }

    fn save(&self) -> OperatorState {
        let limits = self.limits.iter().map(|(rule, limiter)| LimitState {
            rule: *rule,
            passed: limiter.passed.clone().into_iter().collect(),
            held_back: limiter.held_back.clone(),
        });
        OperatorState::Limited(Box::new(self.inner.save()), limits.collect())
    }

    fn load(&mut self, state: OperatorState) -> Option<()> {
        let OperatorState::Limited(inner, limits) = state else { return None };
        for saved in limits {
            let limiter = self.limits.get_mut(&saved.rule)?;
            limiter.passed = saved.passed.into_iter().collect();
            limiter.held_back = saved.held_back;
        }
        self.inner.load(*inner)
    }
}
