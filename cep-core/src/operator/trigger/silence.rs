//! `when silent for D`: a key's edge is *held* from each of its events on, rises when D has passed
//! without another, and falls at the next.
//!
//! A key has one timer, whatever comes: when it runs out and the key was heard of since, it is set
//! to D after that.

use super::state::State;
use super::{Presence, TriggerStates, Verdict};
use crate::plan::{Hold, Trigger};
use std::cmp::Reverse;

impl TriggerStates {
    /// Whether it is silence that makes it fire.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self.trigger, Trigger::Silent(_))
    }

    /// A key that never had an event counts as heard of at an instant; `false` if it was heard of.
    pub(crate) fn expect(&mut self, id: u32, instant: i64) -> bool {
        let (Hold::For(span), false) = (self.trigger.hold(), self.was_heard_of(id)) else {
            return false;
        };
        self.timers.push(Reverse((instant.saturating_add(span.0), id)));
        self.set(id, State::Held { since: instant, windows: 1 });
        true
    }

    fn was_heard_of(&self, id: u32) -> bool {
        !matches!(self.states.get(id as usize), None | Some(State::Low))
    }

    /// Judges a key at an instant: it has an event there, or its timer has run out.
    pub(crate) fn judge_silence(&mut self, id: u32, instant: i64, presence: Presence) -> Verdict {
        let Hold::For(span) = self.trigger.hold() else { return Verdict::Nothing };
        let before = self.states.get(id as usize).copied().unwrap_or_default();
        if presence == Presence::None {
            let State::Held { since, .. } = before else { return Verdict::Nothing };
            self.set(id, State::High { since });
            return Verdict::Fire { since };
        }
        // INVARIANT (one timer a held key): it has none yet, or it has run out at this instant.
        let timer = match before {
            State::Held { since, .. } => since.saturating_add(span.0) <= instant,
            State::Low | State::High { .. } => true,
        };
        if timer {
            self.timers.push(Reverse((instant.saturating_add(span.0), id)));
        }
        self.set(id, State::Held { since: instant, windows: 1 });
        match before {
            State::High { since } => Verdict::Clear { since },
            _ => Verdict::Nothing,
        }
    }
}
