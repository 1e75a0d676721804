//! When a rule fires: the state machine that every operator follows, a state a key.
//!
//! An operator evaluates the trigger's conditions for many rows at once and then has the rows
//! judged one by one, in order of time. A key's edge is *low*; it is *held* while the condition
//! has held, but not for long enough yet; it is *high* once it has fired. A judgement makes it
//! take at most one step that is seen outside: it fires, or it clears.
//!
//! `for D` is decided at an instant of its own, D after the condition began to hold: the operator
//! asks for the next such instant and judges the key there once more.

mod silence;
mod state;

use super::expression::reads_keys;
use super::{Evaluated, Scope, evaluate};
use crate::function::EvalError;
use crate::plan::{Hold, Trigger};
pub(crate) use state::SavedStates;
use state::State;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The states of a rule's keys.
#[derive(Debug)]
pub(crate) struct TriggerStates {
    trigger: Trigger,
    reads_keys: bool,
    /// By key id; what is missing is low.
    states: Vec<State>,
    /// When held keys rise, at the earliest. Keys that have fallen since are still here.
    timers: BinaryHeap<Reverse<(i64, u32)>>,
}

/// When a judgement is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// From when on the condition holds, if it holds: a closing window's start, or the instant.
    pub(crate) from: i64,
    /// Up to when: a closing window's end, or the instant.
    pub(crate) to: i64,
}

/// Whether there is anything to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// There is.
    Some,
    /// The window is empty: no condition holds, and none fails.
    None,
}

/// What a judgement leads to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Nothing that is seen outside.
    Nothing,
    /// The rule fires. An edge says since when its condition has held.
    Fire {
        /// In microseconds.
        since: i64,
    },
    /// The edge falls.
    Clear {
        /// Since when its condition had held, in microseconds.
        since: i64,
    },
    /// The condition has no value. It does not hold, but that is no fall either: it is an error.
    Failed(EvalError),
}

/// The rows of a scope that fire, or that clear, and since when the condition has held for each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps {
    /// The rows.
    pub(crate) rows: Vec<u32>,
    /// In microseconds, one a row.
    pub(crate) since: Vec<i64>,
}

impl Steps {
    /// Adds a row.
    pub(crate) fn push(&mut self, row: u32, since: i64) {
        self.rows.push(row);
        self.since.push(since);
    }
}

/// The conditions of a trigger for the rows of a scope.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    condition: Option<Evaluated<'a>>,
    until: Option<Evaluated<'a>>,
}

impl TriggerStates {
    pub(crate) fn new(trigger: &Trigger) -> Self {
        let conditions = || trigger.condition().into_iter().chain(trigger.until());
        Self {
            reads_keys: conditions().any(reads_keys),
            trigger: trigger.clone(),
            states: Vec::new(),
            timers: BinaryHeap::new(),
        }
    }

    /// Whether it fires at every evaluation.
    pub(crate) fn is_always(&self) -> bool {
        matches!(self.trigger, Trigger::Always)
    }

    /// Whether its conditions read parts of the group key.
    pub(crate) fn reads_keys(&self) -> bool {
        self.reads_keys
    }

    /// Computes the conditions for all rows of a scope.
    pub(crate) fn evaluate<'a>(&self, scope: &Scope<'a>) -> Judged<'a> {
        Judged {
            condition: self.trigger.condition().map(|it| evaluate(it, scope)),
            until: self.trigger.until().map(|it| evaluate(it, scope)),
        }
    }

    /// Judges a key by one row of its conditions. A key's judgements come in order of time.
    pub(crate) fn judge(
        &mut self,
        id: u32,
        moment: Moment,
        judged: &Judged<'_>,
        row: usize,
        presence: Presence,
    ) -> Verdict {
        let outcome = |condition: &Option<Evaluated<'_>>| match condition {
            None => Ok(true),
            Some(_) if presence == Presence::None => Ok(false),
            Some(it) => match it.errors.of(row) {
                Some(error) => Err(error.clone()),
                None => Ok(it.operand.holds(row)),
            },
        };
        let Trigger::Edge(edge) = &self.trigger else {
            return match outcome(&judged.condition) {
                Ok(true) => Verdict::Fire { since: moment.from },
                Ok(false) => Verdict::Nothing,
                Err(error) => Verdict::Failed(error),
            };
        };
        let before = self.states.get(id as usize).copied().unwrap_or_default();
        if let (Some(_), State::High { since }) = (&edge.until, before) {
            return match outcome(&judged.until) {
                Ok(true) => {
                    self.set(id, State::Low);
                    Verdict::Clear { since }
                }
                Ok(false) => Verdict::Nothing,
                Err(error) => Verdict::Failed(error),
            };
        }
        let hold = edge.hold;
        match outcome(&judged.condition) {
            Ok(true) => self.rise(id, moment, before, hold),
            Ok(false) => {
                self.set(id, State::Low);
                match before {
                    State::High { since } => Verdict::Clear { since },
                    _ => Verdict::Nothing,
                }
            }
            Err(error) => {
                self.set(id, State::Low);
                Verdict::Failed(error)
            }
        }
    }

    /// The condition holds.
    fn rise(&mut self, id: u32, moment: Moment, before: State, hold: Hold) -> Verdict {
        let (since, windows) = match before {
            State::High { .. } => return Verdict::Nothing,
            State::Low => (moment.from, 1),
            State::Held { since, windows } => (since, windows.saturating_add(1)),
        };
        let long_enough = match hold {
            Hold::No => true,
            Hold::For(span) => moment.to.saturating_sub(since) >= span.0,
            Hold::Windows(least) => windows >= least,
        };
        if long_enough {
            self.set(id, State::High { since });
            return Verdict::Fire { since };
        }
        if let (Hold::For(span), State::Low) = (hold, before) {
            self.timers.push(Reverse((since.saturating_add(span.0), id)));
        }
        self.set(id, State::Held { since, windows });
        Verdict::Nothing
    }

    fn set(&mut self, id: u32, state: State) {
        if state == State::Low && self.states.len() <= id as usize {
            return;
        }
        self.states.resize(self.states.len().max(id as usize + 1), State::Low);
        if let Some(place) = self.states.get_mut(id as usize) {
            *place = state;
        }
    }

    /// The next instant at which a held key may rise.
    pub(crate) fn next_timer(&self) -> Option<i64> {
        self.timers.peek().map(|Reverse((instant, _))| *instant)
    }

    /// The held keys that rise at `instant` unless the judgement there says otherwise.
    pub(crate) fn pop_due(&mut self, instant: i64) -> Vec<u32> {
        let mut due = Vec::new();
        let Hold::For(span) = self.trigger.hold() else { return due };
        let silence = self.is_silence();
        while let Some(Reverse((_, id))) =
            self.timers.peek().copied().filter(|Reverse((at, _))| *at <= instant)
        {
            self.timers.pop();
            // Others have fallen since, or were heard of.
            let Some(State::Held { since, .. }) = self.states.get(id as usize) else { continue };
            let rises = since.saturating_add(span.0);
            if rises == instant {
                due.push(id);
            } else if silence && rises > instant {
                self.timers.push(Reverse((rises, id)));
            }
        }
        due
    }

    /// Once what is due at `instant` was taken: until when it does not matter how the judgements made
    /// there turn out. They may ask for one to be made then, or have it that a timer stands no more.
    pub(crate) fn settled_after(&self, instant: i64) -> Option<i64> {
        let Hold::For(span) = self.trigger.hold() else { return None };
        let asked = instant.saturating_add(span.0);
        Some(self.next_timer().map_or(asked, |timer| timer.min(asked)))
    }

    /// Whether a key's condition holds, but not for long enough yet.
    pub(crate) fn is_held(&self, id: u32) -> bool {
        matches!(self.states.get(id as usize), Some(State::Held { .. }))
    }

    /// Makes a key what it was before it was judged first.
    pub(crate) fn forget(&mut self, id: u32) {
        self.set(id, State::Low);
    }

    /// The keys that are not low.
    pub(crate) fn keys_with_state(&self) -> impl Iterator<Item = u32> {
        let states = (0_u32..).zip(&self.states);
        states.filter(|(_, state)| **state != State::Low).map(|(id, _)| id)
    }
}
