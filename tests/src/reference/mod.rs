//! The reference interpreter: what a program means, said as plainly as possible.
//!
//! [`run`] looks at the whole [`Log`] at once and lists, rule by rule and key by key, every window
//! and every instant there can be. It keeps no state from event to event, shares the plan, values,
//! times and scalar functions with the engine and nothing else, and is slow. Where it and the
//! engine differ, one of them contradicts the language's reference.
//!
//! In which words:
//!
//! - A *row* is an event as one rule sees it: the rule's filter holds, it is not too late, and its
//!   key and what its aggregates read have values ([`rows`]). An event for which one of these has
//!   no value is an error of that rule.
//! - A row knows the watermark its partition had just before it. That decides lateness, so that no
//!   order between partitions matters.
//! - A rule is *judged* at instants: closing windows at their end ([`closing`]), sliding windows
//!   wherever a row comes or goes ([`sliding`]), sessions when they are over ([`session`]), windows
//!   by count at rows ([`counted`]), as are rules without a window ([`rowwise`]).
//!   A judgement that fires is a *firing* ([`firing`]).
//! - A rule is run after the rules whose events it reads or looks up. Those events are rows like any other,
//!   and are replaced by the records behind them when an emit tells its causes ([`inner`]). Of what
//!   may be revised only the last word is a row.
//! - Everything is judged that the final watermark has decided.

mod aggregate;
mod calendar;
mod closing;
mod counted;
mod early;
mod exact;
mod expr;
mod firing;
mod id;
mod inner;
mod limit;
mod lookback;
mod output;
mod revise;
mod rows;
mod rowwise;
mod session;
mod sliding;
mod statistics;
#[cfg(test)]
mod tests;
mod world;

pub use output::{Emitted, FailedRule, Late, Missed, Outputs, Source, Subject};
pub use rows::{Lateness, lateness};

use crate::log::{End, Log, watermark_after};
use cep_core::plan::{InnerSource, Plan, RuleId, RulePlan, StreamId, WindowKind};
use cep_core::time::{EventTime, Watermark};
use firing::Judge;
use world::World;

/// Everything that `plan` makes of `log`, in the merged order.
#[must_use]
pub fn run(plan: &Plan, log: &Log) -> Outputs {
    let mut found = output::Found::default();
    for (index, rule) in inner::producers_first(plan) {
        if rule.attributes.iter().any(|attribute| attribute.name == "off") {
            continue;
        }
        let id = RuleId(u32::try_from(index).unwrap_or(u32::MAX));
        let world = World::of(plan, log, &found);
        let end = end_of(plan, log, rule);
        let mut judge = Judge { plan: &world, id, rule, turns: Vec::new(), found: &mut found };
        match rule.window.as_ref().map(|window| (window.kind, window.fill)) {
            None => {
                // When the input is flushed, time runs on without end, and what is expected must not.
                let flushed = end == Watermark::AFTER_ALL;
                let latest =
                    if flushed { EventTime(reached(plan, log).0) } else { EventTime(i64::MAX) };
                rowwise::run(&mut judge, log, end, latest);
            }
            Some((WindowKind::Sliding { size }, _)) => sliding::run(&mut judge, log, size, end),
            Some((WindowKind::Session { gap, max }, _)) => {
                session::run(&mut judge, log, session::Ends { gap, max }, end);
            }
            Some((WindowKind::Last { count }, _)) => {
                counted::run_last(&mut judge, log, Some(count), end);
            }
            Some((WindowKind::Every { count }, _)) => {
                counted::run_every(&mut judge, log, count, end);
            }
            Some((WindowKind::Forever, _)) => counted::run_last(&mut judge, log, None, end),
            Some((WindowKind::Hopping { .. } | WindowKind::Calendar { .. }, fill)) => {
                let Some(grid) = rule.window.as_ref().and_then(closing::Grid::of) else { continue };
                if rule.is_early() {
                    early::run(&mut judge, log, grid, end);
                    judge.let_out();
                    inner::let_read(&mut found, plan, id, end);
                    continue;
                }
                closing::run(
                    &mut judge,
                    log,
                    grid,
                    &closing::Reach::of(fill, end, reached(plan, log)),
                );
            }
        }
        judge.let_out();
        inner::let_read(&mut found, plan, id, end);
    }
    found.into_outputs()
}

/// How far the time of a rule has come when everything has ended: as far as that of the streams that it
/// reads and looks up.
fn end_of(plan: &Plan, log: &Log, rule: &RulePlan) -> Watermark {
    let streams = rule.waits_for.iter().copied().chain([rule.input]);
    let ends = streams.map(|stream| final_watermark(plan, log, stream));
    ends.min().unwrap_or(Watermark::AFTER_ALL)
}

/// How far the time of a stream has come when everything has ended: to where any partition of any
/// stream had come, and from there as far as the end says. What a rule with `allow` emits is that much
/// behind.
fn final_watermark(plan: &Plan, log: &Log, stream: StreamId) -> Watermark {
    let of = |stream| final_watermark(plan, log, stream);
    match plan.inner_stream(stream).map(|inner| (inner, &inner.source)) {
        None => match log.end {
            End::AtLastEvent => reached(plan, log),
            End::At(instant) => reached(plan, log).max(Watermark(instant.0)),
            End::Flush => Watermark::AFTER_ALL,
        },
        Some((inner, InnerSource::Event)) => {
            let rules = plan.producers().remove(inner.stream.name.as_str()).unwrap_or_default();
            let of_rule = |rule: &&RulePlan| match end_of(plan, log, rule) {
                Watermark::AFTER_ALL => Watermark::AFTER_ALL,
                end => Watermark(end.0.saturating_sub(allow_of(rule))),
            };
            rules.iter().map(of_rule).min().unwrap_or(Watermark::AFTER_ALL)
        }
        Some((_, InnerSource::Union(members))) => {
            let members = members.iter().map(|member| of(member.stream));
            members.min().unwrap_or(Watermark::AFTER_ALL)
        }
        Some((_, InnerSource::Items(items))) => {
            let looked_up = plan.tables_of_streams(&items.list).into_iter().map(of);
            looked_up.fold(of(items.stream), Watermark::min)
        }
    }
}

/// How long what a rule emits may be revised, in microseconds.
fn allow_of(rule: &RulePlan) -> i64 {
    rule.window.as_ref().and_then(|window| window.allow).map_or(0, |allow| allow.0)
}

/// The furthest that any partition of any stream has come by itself: to its largest event time, or
/// to where an idle advance lifted it.
fn reached(plan: &Plan, log: &Log) -> Watermark {
    let lateness = |stream| plan.stream(stream).map_or(0, |stream| stream.lateness.0);
    let of_stream = |stream| {
        let partitions = log.partitions(stream).iter();
        partitions.map(move |entries| watermark_after(entries, lateness(stream))).max()
    };
    let lifted = plan.stream_ids().filter_map(of_stream).max();
    let seen = log.last_event_time().map(|time| Watermark(time.0));
    lifted.max(seen).unwrap_or(Watermark::BEFORE_ALL)
}
