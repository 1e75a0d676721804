//! How far back a rule looks.
//!
//! A replay that starts in the middle warms up over the horizon with its emits muted, and then
//! gives what a replay from the beginning would give.

use super::{
    ExprKind, Hold, InnerSource, Plan, RulePlan, StreamId, Trigger, WindowKind, WindowPlan,
};
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How far back a rule looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Horizon {
    /// No further than this before the watermark.
    Bounded(Span),
    /// Without bound, for a reason that can be read.
    Unbounded(String),
}

impl Horizon {
    /// The horizon of one rule: its window, its `fill`, the lateness of its stream and, if that is
    /// made by other rules, their horizons.
    #[must_use]
    pub fn of_rule(plan: &Plan, rule: &RulePlan) -> Self {
        Self::of_rule_over(plan, rule, &Self::of_inner(plan))
    }

    fn of_rule_over(plan: &Plan, rule: &RulePlan, inner: &[Self]) -> Self {
        let place = (rule.input.0 as usize).checked_sub(plan.streams.len());
        let before = place.and_then(|place| inner.get(place)).cloned();
        Self::of_rule_itself(plan, rule).and_before(before.unwrap_or(Self::Bounded(Span::ZERO)))
    }

    /// For each inner stream how far back the rules look that it comes from.
    fn of_inner(plan: &Plan) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::with_capacity(plan.inner.len());
        let producers = plan.producers();
        for inner in &plan.inner {
            let before = |stream: StreamId| {
                let place = (stream.0 as usize).checked_sub(plan.streams.len());
                let known = place.and_then(|place| found.get(place)).cloned();
                known.unwrap_or(Self::Bounded(Span::ZERO))
            };
            let of_stream = |id: StreamId| {
                let lateness = plan.stream(id).map_or(Span::ZERO, |it| it.lateness);
                Self::Bounded(lateness).and_before(before(id))
            };
            let sources: Vec<Self> = match &inner.source {
                InnerSource::Event => {
                    let rules = producers.get(inner.stream.name.as_str()).into_iter().flatten();
                    let of = |rule: &RulePlan| {
                        Self::of_rule_itself(plan, rule).and_before(before(rule.input))
                    };
                    rules.map(|rule| of(rule).of_the_rule(rule)).collect()
                }
                InnerSource::Union(members) => {
                    members.iter().map(|member| of_stream(member.stream)).collect()
                }
                InnerSource::Items(items) => vec![of_stream(items.stream)],
            };
            found.push(sources.into_iter().fold(Self::Bounded(Span::ZERO), Self::longer));
        }
        found
    }

    /// The horizon of two rules, one reading what the other emits.
    fn and_before(self, before: Self) -> Self {
        match (self, before) {
            (Self::Bounded(own), Self::Bounded(before)) => {
                Self::Bounded(own.saturating_add(before))
            }
            (unbounded @ Self::Unbounded(_), _) | (_, unbounded) => unbounded,
        }
    }

    fn longer(self, other: Self) -> Self {
        match (self, other) {
            (Self::Bounded(one), Self::Bounded(other)) => Self::Bounded(one.max(other)),
            (unbounded @ Self::Unbounded(_), _) | (_, unbounded) => unbounded,
        }
    }

    /// The same, its reason naming a rule.
    fn of_the_rule(self, rule: &RulePlan) -> Self {
        match self {
            Self::Unbounded(reason) if !reason.starts_with("rule `") => {
                Self::Unbounded(format!("rule `{}`: {reason}", rule.name))
            }
            other => other,
        }
    }

    fn of_rule_itself(plan: &Plan, rule: &RulePlan) -> Self {
        let lateness = plan.stream(rule.input).map_or(Span::ZERO, |stream| stream.lateness);
        if rule.limit.is_some() {
            return Self::Unbounded(
                "whether a `limit` lets a firing out depends on those before, and so on back"
                    .into(),
            );
        }
        if !rule.waits_for.is_empty() {
            return Self::Unbounded(
                "the latest event of a key that a table holds may lie any time back".into(),
            );
        }
        if rule.distinct.is_some() {
            return Self::Unbounded(
                "whether `distinct` lets an event pass depends on those before, and so on back"
                    .into(),
            );
        }
        if rule.changes.is_some() {
            return Self::Unbounded(
                "the event of the key that `changed` compares with may lie any time back".into(),
            );
        }
        if rule.expects.is_some() && rule.window.is_some() {
            return Self::Unbounded(
                "the keys of the table are known from the first event of all on".into(),
            );
        }
        if matches!(rule.trigger, Trigger::Silent(_)) {
            return Self::Unbounded(
                "the last event of a key that is silent may lie any time back".into(),
            );
        }
        let edge = rule.trigger.is_edge();
        if rule.trigger.until().is_some() {
            return Self::Unbounded(
                "with `until` a key may have fired any time back and not have fallen since".into(),
            );
        }
        if edge && rule.reads_when() {
            return Self::Unbounded(
                "the condition may have held, and `when.start` lie, any time back".into(),
            );
        }
        if rule.may_clear_nothing() {
            return Self::Unbounded(
                "whether there is something to `clear` depends on what a firing any time back put out"
                    .into(),
            );
        }
        let held = match rule.trigger.hold() {
            Hold::For(span) => span,
            _ => Span::ZERO,
        };
        match &rule.window {
            None if edge => Self::Unbounded(
                "without a window a key's last evaluation may lie any time back".into(),
            ),
            None => Self::Bounded(lateness),
            Some(window) => match unbounded(window.kind, edge) {
                Some(reason) => Self::Unbounded(reason.into()),
                None => Self::Bounded(
                    reach(window)
                        .saturating_add(windows_before(rule, window))
                        .saturating_add(last_judged(plan, rule, window))
                        .saturating_add(held)
                        .saturating_add(lateness),
                ),
            },
        }
    }

    /// The horizons of all rules of a plan, in its order.
    #[must_use]
    pub fn of_rules(plan: &Plan) -> Vec<Self> {
        let inner = Self::of_inner(plan);
        plan.rules.iter().map(|rule| Self::of_rule_over(plan, rule, &inner)).collect()
    }

    /// The horizon of a whole plan: the longest of its rules'.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        let inner = Self::of_inner(plan);
        let of = |rule| Self::of_rule_over(plan, rule, &inner).of_the_rule(rule);
        plan.rules.iter().map(of).fold(Self::Bounded(Span::ZERO), Self::longer)
    }
}

/// Why a rule with this window looks back without bound, if it does.
fn unbounded(kind: WindowKind, edge: bool) -> Option<&'static str> {
    match kind {
        WindowKind::Session { .. } => {
            Some("where a session begins depends on the one before it, and so on back")
        }
        WindowKind::Every { .. } => Some("`every` counts from the key's first event on"),
        WindowKind::Last { .. } => {
            Some("the last events of a key that has few may lie any time back")
        }
        WindowKind::Forever => Some("`forever` is everything since the key's first event"),
        WindowKind::Hopping { .. } | WindowKind::Calendar { .. } if edge => {
            Some("with a `clear` the verdict on a key's last window, any time back, counts")
        }
        WindowKind::Hopping { .. } | WindowKind::Calendar { .. } | WindowKind::Sliding { .. } => {
            None
        }
    }
}

/// How far back the windows lie that `prev` reads.
fn windows_before(rule: &RulePlan, window: &WindowPlan) -> Span {
    let step = match window.kind {
        WindowKind::Hopping { every, .. } => every,
        WindowKind::Calendar { size, .. } => size,
        _ => return Span::ZERO,
    };
    let windows = rule.previous.iter().map(|call| call.windows).max().unwrap_or(0);
    Span(step.0.saturating_mul(i64::from(windows)))
}

/// How much further back than a sliding window's events the one lies whose leaving it was judged
/// last: that matters to an edge whose condition goes by the instant of that, and not only by what
/// is in the window.
fn last_judged(plan: &Plan, rule: &RulePlan, window: &WindowPlan) -> Span {
    let WindowKind::Sliding { size } = window.kind else { return Span::ZERO };
    let Some(condition) = rule.trigger.condition().filter(|_| rule.trigger.is_edge()) else {
        return Span::ZERO;
    };
    let mut goes_by_it = false;
    condition.visit(&mut |node| {
        goes_by_it |= match node {
            ExprKind::WindowStart | ExprKind::WindowEnd => true,
            ExprKind::Lookup(table, _) => plan.table(*table).is_some_and(|it| it.time.is_some()),
            _ => false,
        };
    });
    if goes_by_it { size } else { Span::ZERO }
}

/// How far before the watermark a window's events may lie.
fn reach(window: &WindowPlan) -> Span {
    let size = match window.kind {
        WindowKind::Hopping { size, .. } | WindowKind::Sliding { size } => size,
        // Clocks that are put back make it longer; no place's were by more than a day.
        WindowKind::Calendar { size, .. } => size.saturating_add(Span::from_secs(86_400)),
        _ => return Span::ZERO,
    };
    // What is open at the watermark began no longer than its size before it. An empty window is owed
    // to a key whose last window ended up to `fill` before.
    let filled = window.fill.map_or(Span::ZERO, |fill| fill.saturating_add(size));
    size.max(filled).saturating_add(window.allow.unwrap_or(Span::ZERO))
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bounded(span) => write!(f, "{span}"),
            Self::Unbounded(reason) => write!(f, "unbounded, because {reason}"),
        }
    }
}
