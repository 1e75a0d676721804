//! What rules are made of at run time.
//!
//! An [`Operator`] gets the events of one stream and the rises of its watermark, and stages emits.

mod closing;
mod edge;
mod expected;
mod expression;
mod firing;
mod in_order;
mod int_table;
mod intake;
mod keys;
mod limit;
mod ordered;
mod pending;
mod positions;
mod previous;
mod sizes;
mod sliding;
mod stateless;
mod trigger;

pub use expression::{Constants, Errors, Evaluated, Instants, Operand, Scope, evaluate};
pub(crate) use firing::Staged;
pub(crate) use in_order::{Waiting, WaitingState};
pub(crate) use positions::{Lineage, Positions};
pub use sizes::StatePart;
pub(crate) use sizes::{KeptFor, See};

use crate::engine::{LateEvent, RuleError};
use crate::plan::{Plan, RuleId, RulePlan, StreamId, Trigger, WindowKind};
use crate::time::{EventTime, Watermark};
use crate::value::EventBatch;
use serde::{Deserialize, Serialize};

/// What operators give during a step.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    /// Emits that are not in order yet.
    pub(crate) emits: Vec<Staged>,
    /// Late events.
    pub(crate) late: Vec<LateEvent>,
    /// Rule errors.
    pub(crate) errors: Vec<RuleError>,
    /// What positions in inner streams stand for.
    pub(crate) positions: Positions,
    /// Turns of rules with limits, until these have let them pass.
    pub(crate) turns: Vec<limit::Turn>,
    /// The rules of firings that a limit held back, one entry for each.
    pub(crate) held_back: Vec<RuleId>,
    /// How many rows `distinct` dropped, as not the first of their kind.
    pub(crate) repeated: u64,
}

/// How much a stage held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    emits: usize,
    late: usize,
    errors: usize,
}

impl Stage {
    /// How much it holds now.
    pub(crate) fn mark(&self) -> Mark {
        Mark { emits: self.emits.len(), late: self.late.len(), errors: self.errors.len() }
    }

    /// In what came since the mark, from operators over an inner stream: puts the positions of
    /// records in the place of the inner stream's.
    pub(crate) fn resolve_since(&mut self, mark: Mark) {
        for staged in self.emits.iter_mut().skip(mark.emits) {
            self.positions.resolve_causes(&mut staged.emit.causes);
        }
        for late in self.late.iter_mut().skip(mark.late) {
            late.origin = self.positions.record(late.origin);
        }
        for error in self.errors.iter_mut().skip(mark.errors) {
            self.positions.resolve_subject(&mut error.subject);
        }
    }
}

/// The events of a step and what is known of them.
pub(crate) struct Arrival<'a> {
    /// The events.
    pub(crate) batch: &'a EventBatch,
    /// The watermark of the events' partition just before each of them.
    pub(crate) watermarks: &'a [i64],
    /// Whether some event is stamped before the watermark that stood before it.
    pub(crate) disorder: Disorder,
}

/// Whether some event of a batch is stamped before its partition's watermark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disorder {
    /// No event is; none can be late.
    None,
    /// Some event is.
    Some,
}

/// How far an advance goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Advance {
    /// The stream's watermark.
    pub(crate) to: Watermark,
    /// No filled window begins after this instant.
    pub(crate) last_fill_start: EventTime,
}

/// One or more rules over one stream, at run time.
pub(crate) trait Operator: std::fmt::Debug + Send {
    /// The stream it reads.
    fn stream(&self) -> StreamId;
    /// The streams of whose latest events it looks tables up.
    fn waits_for(&self) -> &[StreamId] {
        &[]
    }
    /// Whether it judges each event by itself, so that their order is no matter to it.
    fn judges_one_by_one(&self) -> bool {
        false
    }
    /// Takes in events.
    fn events(&mut self, arrival: &Arrival<'_>, stage: &mut Stage);
    /// Takes note that an event of this time has come and is on time, before the rule's filter: what
    /// is expected from the first event on is from the smallest of these times on. Said by what stands
    /// before an operator; of the events that it is given it takes note itself.
    fn begins(&mut self, _time: i64) {}
    /// Takes in that the watermark has risen.
    fn advance(&mut self, advance: Advance, stage: &mut Stage);
    /// Forgets what it knows of a key, given by its canonical bytes, all of whose rows have been
    /// judged.
    fn forget(&mut self, _key: &[u8]) {}
    /// The partitions and offsets of the rows that its state may still name as causes.
    fn positions(&self, see: &mut dyn FnMut(u32, u64));
    /// How large its state is, piece by piece.
    fn sizes(&self, see: &mut See<'_>);
    /// Its state as plain data.
    fn save(&self) -> OperatorState;
    /// Takes over a state; `None` if it is not one of this operator's.
    fn load(&mut self, state: OperatorState) -> Option<()>;
}

/// The state of an operator as it stands in a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum OperatorState {
    /// Nothing is kept.
    Stateless,
    /// Closing windows.
    Closing(closing::ClosingState),
    /// Windows that are judged before they close.
    Early(closing::EarlyState),
    /// A sliding window.
    Sliding(sliding::SlidingState),
    /// Windows made of events one by one.
    Ordered(ordered::OrderedState),
    /// An edge without a window.
    Edge(edge::EdgeState),
    /// Events that wait for their turn, before another operator.
    InOrder(Box<in_order::InOrderState>),
    /// Limits behind another operator.
    Limited(Box<OperatorState>, Vec<limit::LimitState>),
}

/// The operators of a plan: one a rule, except that closing windows over the same stream, filter
/// and key share theirs.
pub(crate) fn build(plan: &Plan, hash_seed: u64) -> Vec<Box<dyn Operator>> {
    let mut operators: Vec<Box<dyn Operator>> = Vec::new();
    for (id, rule) in running_rules(plan).filter(|(_, rule)| !shares(rule)) {
        let operator = |rule: &RulePlan| {
            limit::Limited::wrap(plan, &[id], operator_of(plan, id, rule, hash_seed))
        };
        let ordered = rule.needs_order() && matches!(kind(rule), Kind::Stateless);
        operators.push(if ordered || rule.looks_back() {
            Box::new(in_order::InOrder::new(plan, id, rule, hash_seed, operator))
        } else {
            operator(rule)
        });
    }
    for group in closing_groups(plan, hash_seed) {
        let rules = group.rules().to_vec();
        operators.push(limit::Limited::wrap(plan, &rules, Box::new(group)));
    }
    operators
}

/// What follows the meaning of one rule, but for its limit, given its events as it wants them.
fn operator_of(plan: &Plan, id: RuleId, rule: &RulePlan, seed: u64) -> Box<dyn Operator> {
    match kind(rule) {
        Kind::Closing => Box::new(closing::ClosingGroup::new(plan, id, rule, seed)),
        Kind::Early => Box::new(closing::EarlyWindows::new(plan, id, rule, seed)),
        Kind::Sliding => Box::new(sliding::Sliding::new(plan, id, rule, seed)),
        Kind::Ordered => Box::new(ordered::Ordered::new(plan, id, rule, seed)),
        Kind::Edge => Box::new(edge::Edge::new(plan, id, rule, seed)),
        Kind::Stateless => Box::new(stateless::Stateless::new(plan, id, rule)),
    }
}

/// Whether a rule may keep its windows together with others.
fn shares(rule: &RulePlan) -> bool {
    matches!(kind(rule), Kind::Closing) && !rule.looks_back()
}

/// The rules that keep their windows in common slices, group by group; a rule that shares with no
/// other is in none.
#[must_use]
pub fn sharing(plan: &Plan) -> Vec<Vec<RuleId>> {
    let groups = closing_groups(plan, 0).into_iter().map(closing::ClosingGroup::into_rules);
    groups.filter(|rules| rules.len() > 1).collect()
}

fn running_rules(plan: &Plan) -> impl Iterator<Item = (RuleId, &RulePlan)> {
    let rules = plan.rules.iter().zip(0..).map(|(rule, id)| (RuleId(id), rule));
    rules.filter(|(_, rule)| !rule.is_off())
}

fn closing_groups(plan: &Plan, hash_seed: u64) -> Vec<closing::ClosingGroup> {
    let mut groups: Vec<closing::ClosingGroup> = Vec::new();
    for (id, rule) in running_rules(plan).filter(|(_, rule)| shares(rule)) {
        if !groups.iter_mut().any(|group| group.adopt(plan, id, rule)) {
            groups.push(closing::ClosingGroup::new(plan, id, rule, hash_seed));
        }
    }
    groups
}

enum Kind {
    Closing,
    Early,
    Sliding,
    Ordered,
    Edge,
    Stateless,
}

/// Whether a rule judges each event by itself, so that their order is no matter to it.
pub(crate) fn judges_one_by_one(rule: &RulePlan) -> bool {
    matches!(kind(rule), Kind::Stateless) && !rule.needs_order() && !rule.looks_back()
}

fn kind(rule: &RulePlan) -> Kind {
    match (&rule.window, &rule.trigger) {
        _ if rule.is_early() => Kind::Early,
        (Some(window), _) => match window.kind {
            WindowKind::Hopping { .. } | WindowKind::Calendar { .. } => Kind::Closing,
            WindowKind::Sliding { .. } => Kind::Sliding,
            WindowKind::Session { .. }
            | WindowKind::Last { .. }
            | WindowKind::Every { .. }
            | WindowKind::Forever => Kind::Ordered,
        },
        (None, Trigger::Edge(_) | Trigger::Silent(_)) => Kind::Edge,
        (None, _) => Kind::Stateless,
    }
}
