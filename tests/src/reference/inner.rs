//! Streams that are not in the log: what rules emit, and several streams read as one.
//!
//! Their rows have positions made up for them, in the order in which the rows stand; [`records`]
//! tells which records are behind one.

use super::expr::Scope;
use super::output::{Emitted, Found, Placed, Source};
use super::world::World;
use super::{allow_of, final_watermark};
use crate::log::{Entry, Log, watermark_after};
use cep_core::function::EvalError;
use cep_core::plan::{InnerSource, Items, Plan, RuleId, RulePlan, StreamId, UnionMember};
use cep_core::time::{EventTime, Watermark};
use cep_core::value::{RowOrigin, Value};
use std::collections::BTreeMap;

/// One event of a stream.
pub(super) struct Event {
    pub origin: RowOrigin,
    pub time: EventTime,
    /// The watermark that decides whether it is late: its partition's just before it; of a derived
    /// event that takes effect after its time, the instant at which it does.
    pub watermark: Watermark,
    /// Its fields, or why it has none.
    pub values: Result<Vec<Value>, EvalError>,
}

impl Event {
    /// Whether its partition's watermark had passed it.
    fn is_late(&self) -> bool {
        self.watermark.has_decided(self.time)
    }
}

/// The rules with their indices, each after those that emit what it reads or looks up.
pub(super) fn producers_first(plan: &Plan) -> Vec<(usize, &RulePlan)> {
    let mut ordered = Vec::new();
    let inputs: Vec<StreamId> = plan.stream_ids().chain(plan.inner_ids()).collect();
    // An inner stream comes after everything it is made of.
    for input in inputs {
        let last = |rule: &RulePlan| rule.waits_for.iter().copied().chain([rule.input]).max();
        ordered.extend(plan.rules.iter().enumerate().filter(|(_, rule)| last(rule) == Some(input)));
    }
    ordered
}

/// Makes what a rule emitted the events that other rules read. Of revisions they read the last, as if
/// it had been emitted when the window closed, unless that takes back what was said; and none of a
/// window that may be revised once more when time ends at `end`.
pub(super) fn let_read(found: &mut Found, plan: &Plan, id: RuleId, end: Watermark) {
    let Some(rule) = plan.rule(id) else { return };
    let emits = found.emits.iter().filter(|placed| placed.emit.rule == id);
    let allow = allow_of(rule);
    if allow == 0 {
        let emits: Vec<Placed> = emits.cloned().collect();
        found.read.extend(emits);
        return;
    }
    let mut last: BTreeMap<[u8; 16], &Placed> = BTreeMap::new();
    for placed in emits {
        let known = last.entry(placed.emit.id).or_insert(placed);
        if placed.emit.revision > known.emit.revision {
            *known = placed;
        }
    }
    let is_final = |placed: &&&Placed| {
        !placed.emit.retracted && end.has_decided(EventTime(placed.emit.time.0 + allow))
    };
    let read = last.values().filter(is_final).map(|placed| Placed {
        order: placed.emit.time,
        record: None,
        emit: placed.emit.clone(),
    });
    let read: Vec<Placed> = read.collect();
    found.read.extend(read);
}

/// The events that a rule reads. Where it judges each by itself these are all of them, otherwise of the
/// derived ones those whose instant is decided when everything has ended.
pub(super) fn read_by(plan: &World<'_>, log: &Log, found: &Found, rule: &RulePlan) -> Vec<Event> {
    let one_by_one = rule.window.is_none() && !rule.needs_order();
    events_of(plan, log, found, rule.input, one_by_one)
}

/// All events of a stream, partition by partition, derived ones that are undecided at the end among
/// them or not.
pub(super) fn events_of(
    plan: &World<'_>,
    log: &Log,
    found: &Found,
    stream: StreamId,
    with_undecided: bool,
) -> Vec<Event> {
    match plan.inner_stream(stream).map(|inner| (inner, &inner.source)) {
        None => recorded(plan, log, stream),
        Some((inner, InnerSource::Event)) => {
            let end = final_watermark(plan, log, stream);
            let is_given = |placed: &Placed| {
                with_undecided || end == Watermark::AFTER_ALL || end.has_decided(placed.order)
            };
            let emits = derived(plan, found, &inner.stream.name);
            let event = |(offset, placed): (u64, &Placed)| Event {
                origin: RowOrigin { stream, partition: 0, offset },
                time: placed.emit.time,
                watermark: if placed.order > placed.emit.time {
                    Watermark(placed.order.0)
                } else {
                    Watermark::BEFORE_ALL
                },
                values: Ok(placed.emit.values.clone()),
            };
            (0..).zip(emits).filter(|(_, placed)| is_given(placed)).map(event).collect()
        }
        Some((_, InnerSource::Union(members))) => {
            let of_member = |(place, member): (usize, &UnionMember)| -> Vec<Event> {
                let events = events_of(plan, log, found, member.stream, with_undecided).into_iter();
                let renamed = events.map(|event| Event {
                    origin: RowOrigin {
                        stream,
                        partition: UnionMember::partition(place, event.origin.partition),
                        offset: event.origin.offset,
                    },
                    values: event.values.map(|values| {
                        member.fields.iter().map(|field| values[*field as usize].clone()).collect()
                    }),
                    ..event
                });
                renamed.collect()
            };
            members.iter().enumerate().flat_map(of_member).collect()
        }
        Some((inner, InnerSource::Items(items))) => {
            let fields = inner.stream.fields.len();
            let waits = plan.looks_up_live(&items.list);
            let mut outer = events_of(plan, log, found, items.stream, with_undecided && !waits);
            if waits {
                // What is not decided yet may still find something else.
                let end = final_watermark(plan, log, stream);
                outer.retain(|event| end.has_decided(event.time) || event.is_late());
            }
            outer
                .into_iter()
                .flat_map(|event| items_of(plan, items, stream, fields, event))
                .collect()
        }
    }
}

/// The items in one event, each with the event's fields before it and its index behind it; one row
/// without them if there is no list to go through, or it comes too late to look one up.
fn items_of(
    plan: &World<'_>,
    items: &Items,
    stream: StreamId,
    fields: usize,
    event: Event,
) -> Vec<Event> {
    let at = |place: usize| RowOrigin {
        stream,
        partition: event.origin.partition,
        offset: Items::offset(event.origin.offset, place),
    };
    if plan.looks_up_live(&items.list) && event.is_late() {
        return vec![Event { origin: at(0), ..event }];
    }
    let list = event.values.clone().and_then(|values| {
        match Scope::of_row(plan, event.time, &values, &[]).value(&items.list)? {
            Value::List(list) if list.len() > Items::MAX => Err(EvalError::TooManyItems),
            Value::List(list) => Ok((values, list)),
            _ => Err(EvalError::WrongType),
        }
    });
    let row = |place: usize, values| Event { origin: at(place), values, ..event };
    match list {
        Err(error) => vec![row(0, Err(error))],
        Ok((values, list)) => {
            let of_item = |(place, item): (usize, &Value)| {
                let index = Value::Int(i64::try_from(place).unwrap_or(i64::MAX));
                let all = values.iter().cloned().chain([item.clone(), index]);
                row(place, Ok(all.take(fields).collect()))
            };
            list.iter().enumerate().map(of_item).collect()
        }
    }
}

fn recorded(plan: &Plan, log: &Log, stream: StreamId) -> Vec<Event> {
    let allowed = plan.stream(stream).map_or(0, |stream| stream.lateness.0);
    let mut events = Vec::new();
    for (partition, entries) in (0_u32..).zip(log.partitions(stream)) {
        for (index, entry) in entries.iter().enumerate() {
            let Entry::Record(record) = entry else { continue };
            events.push(Event {
                origin: RowOrigin { stream, partition, offset: record.offset },
                time: record.time,
                watermark: watermark_after(&entries[..index], allowed),
                values: Ok(record.values.clone()),
            });
        }
    }
    events
}

/// Everything that was emitted as an event of this name, in the merged order.
fn derived<'f>(plan: &Plan, found: &'f Found, name: &str) -> Vec<&'f Placed> {
    let is_it = |placed: &&Placed| {
        let rule = plan.rule(placed.emit.rule);
        rule.is_some_and(|rule| rule.emits[placed.emit.line as usize].event == name)
    };
    let mut emits: Vec<&Placed> = found.read.iter().filter(is_it).collect();
    emits.sort_by(|a, b| a.merged_order(b));
    emits
}

/// What a position stands for: a record or an emit.
pub(super) enum Behind<'f> {
    Record(RowOrigin),
    Emit(&'f Emitted),
}

/// What stands behind a position of any stream.
pub(super) fn behind<'f>(plan: &Plan, found: &'f Found, origin: RowOrigin) -> Behind<'f> {
    match plan.inner_stream(origin.stream).map(|inner| (inner, &inner.source)) {
        None => Behind::Record(origin),
        Some((inner, InnerSource::Event)) => {
            let emits = derived(plan, found, &inner.stream.name);
            Behind::Emit(&emits[usize::try_from(origin.offset).unwrap_or(usize::MAX)].emit)
        }
        Some((_, InnerSource::Union(members))) => {
            let (place, partition) = UnionMember::of_partition(origin.partition);
            let stream = members[place].stream;
            behind(plan, found, RowOrigin { stream, partition, ..origin })
        }
        Some((_, InnerSource::Items(items))) => {
            let (offset, _) = Items::of_offset(origin.offset);
            behind(plan, found, RowOrigin { stream: items.stream, offset, ..origin })
        }
    }
}

/// Which item of an event a position stands for, and of the items in which that event may itself be
/// one, outermost last.
pub(super) fn items_at(plan: &Plan, origin: RowOrigin) -> Vec<u32> {
    match plan.inner_stream(origin.stream).map(|inner| &inner.source) {
        None | Some(InnerSource::Event) => Vec::new(),
        Some(InnerSource::Union(members)) => {
            let (place, partition) = UnionMember::of_partition(origin.partition);
            items_at(plan, RowOrigin { stream: members[place].stream, partition, ..origin })
        }
        Some(InnerSource::Items(items)) => {
            let (offset, item) = Items::of_offset(origin.offset);
            let outer = RowOrigin { stream: items.stream, offset, ..origin };
            std::iter::once(item).chain(items_at(plan, outer)).collect()
        }
    }
}

/// The same source in terms of records.
pub(super) fn records(plan: &Plan, found: &Found, source: &Source) -> Source {
    let of = |origin: &RowOrigin| match behind(plan, found, *origin) {
        Behind::Record(record) => Source::of([record]),
        Behind::Emit(emit) => emit.source.clone(),
    };
    match source {
        Source::All(origins) => Source::together(origins.iter().map(of)),
        Source::Some { first, last, count } => {
            let ends = Source::together([of(first), of(last)]).ends();
            match ends {
                Some((first, last)) => Source::Some { first, last, count: *count },
                None => source.clone(),
            }
        }
    }
}
