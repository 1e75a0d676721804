//! Events of a partition in another order that may not matter.

use crate::log::{Entry, Record, watermark_after};
use crate::random::Random;
use crate::reference::{Emitted, FailedRule, Late, Lateness, Outputs, Source, Subject, lateness};
use crate::script::Script;
use cep_core::plan::{InnerSource, Plan, RulePlan, StreamId, WindowPlan};
use cep_core::time::{EventTime, Watermark};
use cep_core::value::RowOrigin;

/// The script with neighbours in a partition exchanged wherever that changes no event's lateness
/// for any rule. Events of the same time keep their order, since that order is part of the log.
#[must_use]
pub fn shuffled(plan: &Plan, script: &Script, seed: u64) -> Script {
    let mut random = Random::of_seed(seed);
    let mut log = script.log();
    for (stream, partitions) in (0_u32..).zip(&mut log.streams) {
        let id = StreamId(stream);
        let readers = Readers {
            lateness: plan.stream(id).map_or(0, |stream| stream.lateness.0),
            rules: plan.rules.iter().filter(|rule| is_given(plan, rule.input, id)).collect(),
            late_ones_show: is_passed_on(plan, id) || is_in_a_table(plan, id),
        };
        for entries in partitions {
            for _ in 0..entries.len() * 4 {
                let index = random.below(entries.len().saturating_sub(1));
                if readers.may_swap(entries, index) {
                    swap(entries, index);
                }
            }
        }
    }
    script.with_contents_of(&log)
}

/// Whether a stream gives the events of an input with the lateness that they have there: it is that
/// input, has it as a part, or is made by a rule that passes events on however late they are.
fn is_given(plan: &Plan, stream: StreamId, input: StreamId) -> bool {
    match plan.inner_stream(stream).map(|inner| (inner, &inner.source)) {
        None => stream == input,
        Some((_, InnerSource::Union(members))) => {
            members.iter().any(|member| is_given(plan, member.stream, input))
        }
        Some((_, InnerSource::Items(items))) => is_given(plan, items.stream, input),
        Some((inner, InnerSource::Event)) => plan
            .producers()
            .get(inner.stream.name.as_str())
            .into_iter()
            .flatten()
            .any(|rule| passes_on(plan, rule, input)),
    }
}

fn passes_on(plan: &Plan, rule: &RulePlan, input: StreamId) -> bool {
    passes_late_ones_on(rule) && is_given(plan, rule.input, input)
}

/// Whether some rule passes an input's events on to others. These come in the order in which they
/// were passed on, within an instant, and late ones when their partition's watermark says.
fn is_passed_on(plan: &Plan, input: StreamId) -> bool {
    let producers = plan.producers();
    plan.inner.iter().filter(|inner| inner.source == InnerSource::Event).any(|inner| {
        let rules = producers.get(inner.stream.name.as_str());
        rules.into_iter().flatten().any(|rule| passes_on(plan, rule, input))
    })
}

fn passes_late_ones_on(rule: &RulePlan) -> bool {
    lateness(rule, EventTime(0), Watermark::AFTER_ALL) == Lateness::OnTime
}

/// Whether a table holds the latest events of a stream.
fn is_in_a_table(plan: &Plan, id: StreamId) -> bool {
    plan.tables.iter().any(|table| table.of == Some(id))
}

/// Those that read a stream.
struct Readers<'p> {
    lateness: i64,
    rules: Vec<&'p RulePlan>,
    /// Whether one of them passes its events on to others, however late, or looks them up.
    late_ones_show: bool,
}

impl Readers<'_> {
    /// Whether the entry at `index` and the next one are events that can be exchanged.
    fn may_swap(&self, entries: &[Entry], index: usize) -> bool {
        let (Some(Entry::Record(first)), Some(Entry::Record(second))) =
            (entries.get(index), entries.get(index + 1))
        else {
            return false;
        };
        let before = watermark_after(entries.get(..index).unwrap_or(&[]), self.lateness);
        let after = |record: &Record| before.max(Watermark(record.time.0 - self.lateness));
        first.time != second.time
            && self.same(first.time, before, after(second))
            && self.same(second.time, after(first), before)
    }

    /// Whether an event is to all the same at two watermarks of its partition.
    fn same(&self, time: EventTime, a: Watermark, b: Watermark) -> bool {
        // Late events are passed on, are looked up, and revise, in the order of the log.
        let on_time = time.0 >= a.max(b).0;
        (on_time || !self.late_ones_show)
            && self.rules.iter().all(|rule| {
                lateness(rule, time, a) == lateness(rule, time, b)
                    && revises_nothing(rule, time, a)
                    && revises_nothing(rule, time, b)
            })
    }
}

/// Whether an event revises nothing, and has its place in the order of time where it counts one by one.
fn revises_nothing(rule: &RulePlan, time: EventTime, watermark: Watermark) -> bool {
    if rule.is_early() {
        return !watermark.has_decided(time);
    }
    let Some(window) = rule.window.as_ref().filter(|it| it.allow.is_some()) else { return true };
    let mut strict = rule.clone();
    strict.window = Some(WindowPlan { allow: None, ..window.clone() });
    lateness(&strict, time, watermark) == Lateness::OnTime
}

/// Exchanges two events; the offsets stay where they are.
fn swap(entries: &mut [Entry], index: usize) {
    entries.swap(index, index + 1);
    if let Some([Entry::Record(first), Entry::Record(second)]) = entries.get_mut(index..index + 2) {
        std::mem::swap(&mut first.offset, &mut second.offset);
    }
}

/// The outputs without what a shuffle changes by itself: offsets and therefore ids, and the
/// watermarks at which late events came; and sorted, since the emits of an event that is behind
/// its partition's watermark stand where that was.
#[must_use]
pub fn without_positions(outputs: &Outputs) -> Outputs {
    let nowhere = RowOrigin { stream: StreamId(0), partition: 0, offset: 0 };
    let unplaced = |source: &Source| match source {
        Source::All(origins) => {
            Source::Some { first: nowhere, last: nowhere, count: origins.len() as u64 }
        }
        Source::Some { count, .. } => Source::Some { first: nowhere, last: nowhere, count: *count },
    };
    let emit =
        |emit: &Emitted| Emitted { id: [0; 16], source: unplaced(&emit.source), ..emit.clone() };
    let late =
        |late: &Late| Late { origin: nowhere, watermark: Watermark::BEFORE_ALL, ..late.clone() };
    let error = |failed: &FailedRule| FailedRule {
        subject: match &failed.subject {
            Subject::Row(_) => Subject::Row(nowhere),
            Subject::Firing(key, from) => Subject::Firing(key.clone(), unplaced(from)),
        },
        ..failed.clone()
    };
    let mut bare = Outputs {
        emits: outputs.emits.iter().map(emit).collect(),
        late: outputs.late.iter().map(late).collect(),
        errors: outputs.errors.iter().map(error).collect(),
    };
    bare.emits.sort_by(|a, b| {
        (a.time, a.rule, &a.key, a.line, a.revision, &a.values)
            .cmp(&(b.time, b.rule, &b.key, b.line, b.revision, &b.values))
    });
    bare.sort_unordered();
    bare
}
