//! Inner streams at run time: what rules emit, and unions, become the input of other rules.
//!
//! A derived event waits until the watermark of the rules that emit it has decided its instant.
//! Then it is given to the rules that read it, in the merged order, and after it the watermark. So
//! what these see never depends on how the inputs were interleaved.
//!
//! What a rule with `allow` emits may be revised. The watermark of what it emits is `allow` behind its
//! own, and only the last revision is given, as if it had been emitted when the window closed.

use super::delivery::Readers;
use super::items::WaitingLists;
use super::{EmitId, Engine};
use crate::operator::{Advance, Disorder, Lineage, Operator, See, Staged, WaitingState};
use crate::plan::{InnerSource, InnerStream, Plan, RulePlan, StreamId};
use crate::time::{EventTime, Span, Watermark};
use crate::value::{EventBatch, RowOrigin};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An inner stream.
#[derive(Debug)]
pub(super) struct InnerProgress {
    pub(super) watermark: Watermark,
    /// The streams whose watermarks make its own: those of a union or a list, or those that the rules read
    /// or look up; and how far it is behind each.
    sources: Vec<(StreamId, Span)>,
    /// Derived events that something may still come before.
    waiting: Vec<Waiting>,
    /// The newest revisions of derived events that may still be revised.
    revised: BTreeMap<(EventTime, EmitId), Staged>,
    /// Events whose lists may not be looked up yet.
    pub(super) lists: Option<WaitingLists>,
}

/// A derived event that waits for its turn.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    staged: Staged,
    /// Whether the rules that judge each event by itself were given it, at the end of an input.
    told: bool,
}

/// Rows for operators, with what is known of each.
struct Rows {
    batch: EventBatch,
    watermarks: Vec<i64>,
    disorder: Disorder,
}

/// An inner stream as it stands in a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct InnerState {
    watermark: Watermark,
    waiting: Vec<Waiting>,
    revised: Vec<Staged>,
    lists: WaitingState,
    lineages: Vec<u8>,
}

/// How the watermarks of inner streams go on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flow {
    /// As far as what they are made of has come.
    Steady,
    /// To the end of the input.
    End {
        /// How far time goes.
        to: Watermark,
        /// No filled window begins after this instant.
        last_fill_start: EventTime,
    },
}

/// Which inner stream each emit line feeds, by rule and line.
pub(super) fn feeds(plan: &Plan) -> Vec<Vec<Option<usize>>> {
    let events = plan.inner.iter().enumerate();
    let events = events.filter(|(_, inner)| matches!(inner.source, InnerSource::Event));
    let places: BTreeMap<&str, usize> =
        events.map(|(place, inner)| (inner.stream.name.as_str(), place)).collect();
    if places.is_empty() {
        return Vec::new();
    }
    let of = |event: &str| places.get(event).copied();
    plan.rules.iter().map(|rule| rule.emits.iter().map(|it| of(&it.event)).collect()).collect()
}

/// The streams that are given the events of other streams as they come.
pub(super) fn passed_on(plan: &Plan) -> Arc<[StreamId]> {
    let is_one = |id: &StreamId| matches!(plan.inner_stream(*id), Some(it) if it.source != InnerSource::Event);
    plan.inner_ids().filter(is_one).collect()
}

/// For each stream the places of the operators that read it.
pub(super) fn readers(plan: &Plan, operators: &[Box<dyn Operator>]) -> Vec<Vec<usize>> {
    let mut readers = vec![Vec::new(); plan.streams.len() + plan.inner.len()];
    for (place, operator) in operators.iter().enumerate() {
        let of = readers.get_mut(operator.stream().0 as usize);
        of.into_iter().for_each(|of| of.push(place));
    }
    readers
}

impl InnerProgress {
    /// Those of a plan.
    pub(super) fn all_of(plan: &Plan) -> Vec<Self> {
        let producers = plan.producers();
        plan.inner_ids()
            .zip(&plan.inner)
            .map(|(id, it)| Self::new(plan, id, it, &producers))
            .collect()
    }

    fn new(
        plan: &Plan,
        id: StreamId,
        inner: &InnerStream,
        producers: &BTreeMap<&str, Vec<&RulePlan>>,
    ) -> Self {
        let mut sources: Vec<(StreamId, Span)> = match &inner.source {
            InnerSource::Event => {
                let rules = producers.get(inner.stream.name.as_str()).into_iter().flatten();
                let streams = |rule: &RulePlan| {
                    let waits = rule.waits_for.iter().map(|stream| (*stream, Span::ZERO));
                    std::iter::once((rule.input, rule.allow())).chain(waits).collect::<Vec<_>>()
                };
                rules.flat_map(|rule| streams(rule)).collect()
            }
            InnerSource::Union(members) => {
                members.iter().map(|member| (member.stream, Span::ZERO)).collect()
            }
            InnerSource::Items(items) => {
                let looked_up = plan.tables_of_streams(&items.list).into_iter();
                looked_up.chain([items.stream]).map(|stream| (stream, Span::ZERO)).collect()
            }
        };
        sources.sort_unstable();
        sources.dedup();
        Self {
            watermark: Watermark::BEFORE_ALL,
            sources,
            waiting: Vec::new(),
            revised: BTreeMap::new(),
            lists: WaitingLists::of(plan, id),
        }
    }

    /// The derived events that it holds.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Staged> {
        self.waiting.iter().map(|waiting| &waiting.staged).chain(self.revised.values())
    }

    /// How many bytes the events hold whose lists may not be looked up yet.
    pub(super) fn sizes(&self, see: &mut See<'_>) {
        self.lists.iter().for_each(|lists| lists.sizes(see));
    }

    /// Takes in a derived event.
    fn take(&mut self, staged: Staged, rule: Option<&RulePlan>) {
        if rule.is_none_or(|rule| rule.allow() == Span::ZERO) {
            self.waiting.push(Waiting { staged, told: false });
            return;
        }
        let time = staged.emit.time;
        let order = Staged { order_time: time, tie: (0, 0), ..staged };
        self.revised.insert((time, order.emit.id), order);
    }

    /// Lets the derived events that are revised no more wait with the others.
    fn settle_revised(&mut self, to: Watermark) {
        while let Some(entry) = self.revised.first_entry().filter(|it| to.has_decided(it.key().0)) {
            let staged = entry.remove();
            if !staged.emit.retracted {
                self.waiting.push(Waiting { staged, told: false });
            }
        }
    }
}

impl Engine {
    /// Carries what the inputs gave on through all inner streams.
    pub(super) fn cascade(&mut self, flow: Flow) {
        if self.inner.is_empty() {
            return;
        }
        let plan = self.plan.clone();
        let mut seen = 0;
        for (place, (id, inner)) in plan.inner_ids().zip(&plan.inner).enumerate() {
            self.queue_derived(&mut seen);
            let to = self.reaches(place, flow);
            let last_fill_start = match flow {
                Flow::Steady => EventTime(i64::MAX),
                Flow::End { last_fill_start, .. } => last_fill_start,
            };
            match &inner.source {
                InnerSource::Event => self.give_derived(place, id, to, flow),
                InnerSource::Items(items) => self.give_lists(place, id, items, to),
                InnerSource::Union(_) => {}
            }
            let Some(progress) = self.inner.get_mut(place) else { continue };
            if to > progress.watermark || matches!(flow, Flow::End { .. }) {
                // INVARIANT (a watermark never falls).
                progress.watermark = progress.watermark.max(to);
                self.advance_operators(id, Advance { to, last_fill_start });
            }
        }
        self.forget_lineages();
    }

    /// How far an inner stream has come, given what it is made of.
    fn reaches(&self, place: usize, flow: Flow) -> Watermark {
        let of = |(source, delay): &(StreamId, Span)| {
            let is_input = (source.0 as usize) < self.streams.len();
            let watermark = self.watermark(*source);
            match flow {
                Flow::End { to, .. } if is_input => watermark.max(to).behind(*delay),
                _ => watermark.behind(*delay),
            }
        };
        let sources = self.inner.get(place).map_or(&[][..], |it| &it.sources);
        sources.iter().map(of).min().unwrap_or(Watermark::AFTER_ALL)
    }

    /// Takes derived events that some rule reads from the stage, from `seen` on.
    fn queue_derived(&mut self, seen: &mut usize) {
        for staged in self.stage.emits.iter().skip(*seen) {
            let lines = self.feeds.get(staged.emit.rule.0 as usize);
            let feeds = lines.and_then(|lines| lines.get(staged.emit.line as usize));
            if let Some(inner) = feeds.copied().flatten().and_then(|it| self.inner.get_mut(it)) {
                inner.take(staged.clone(), self.plan.rule(staged.emit.rule));
            }
        }
        *seen = self.stage.emits.len();
    }

    /// Gives the derived events that the watermark has decided to the rules that read them. At the end
    /// of an input those that judge each event by itself are given the others, too: of what may
    /// still come no event is before another for them. All other rules wait for it, so that
    /// an end leaves no trace in their order, however much comes after it.
    fn give_derived(&mut self, place: usize, id: StreamId, to: Watermark, flow: Flow) {
        let Some(progress) = self.inner.get_mut(place) else { return };
        progress.settle_revised(to);
        progress.waiting.sort_by(|a, b| a.staged.merged_order(&b.staged));
        let all = to == Watermark::AFTER_ALL;
        let ready = |waiting: &Waiting| all || to.has_decided(waiting.staged.order_time);
        let count = progress.waiting.partition_point(ready);
        let given: Vec<Waiting> = progress.waiting.drain(..count).collect();
        let is_end = matches!(flow, Flow::End { .. });
        let early = progress.waiting.iter_mut().filter(|waiting| is_end && !waiting.told);
        let early: Vec<Staged> = early
            .map(|waiting| {
                waiting.told = true;
                waiting.staged.clone()
            })
            .collect();
        for (given, to) in runs(given) {
            if let Some(rows) = self.rows_of(id, given) {
                self.take_rows(&rows.batch, &rows.watermarks);
                self.deliver(&rows.batch, &rows.watermarks, rows.disorder, to);
            }
        }
        if let Some(rows) = self.rows_of(id, early) {
            self.deliver(&rows.batch, &rows.watermarks, rows.disorder, Readers::OneByOne);
        }
    }

    /// Derived events as rows of their stream, with positions of their own; none where there are none.
    fn rows_of(&mut self, id: StreamId, events: Vec<Staged>) -> Option<Rows> {
        let stream = self.plan.stream(id).filter(|_| !events.is_empty())?;
        let mut batch = EventBatch::new(id, stream);
        let mut watermarks = Vec::with_capacity(events.len());
        let mut disorder = Disorder::None;
        for Staged { order_time, emit, .. } in events {
            let late = order_time > emit.time;
            // An emit that takes effect after its time was late when it was made, and still is.
            watermarks.push(if late { order_time.0 } else { i64::MIN });
            if late {
                disorder = Disorder::Some;
            }
            batch.times.push(emit.time.0);
            for (column, value) in batch.columns.iter_mut().zip(&emit.values) {
                column.push(value);
            }
            let lineage = Lineage { id: emit.id, key: emit.key, causes: emit.causes };
            let lineages = self.stage.positions.lineages_mut(id);
            batch.offsets.push(lineages.map_or(0, |lineages| lineages.push(lineage)));
        }
        Some(Rows { batch, watermarks, disorder })
    }

    /// Tells the operators of a stream how far its time has come.
    pub(super) fn advance_operators(&mut self, stream: StreamId, advance: Advance) {
        let followers = self.followers.get(stream.0 as usize).map_or(0, Vec::len);
        for at in 0..followers {
            let of_stream = self.followers.get(stream.0 as usize);
            let Some(place) = of_stream.and_then(|of| of.get(at)).copied() else { break };
            let to = self.advance_of(place, advance.to);
            let Some(operator) = self.operators.get_mut(place) else { continue };
            let mark = self.stage.mark();
            operator.advance(Advance { to, ..advance }, &mut self.stage);
            self.advanced.get_mut(place).into_iter().for_each(|known| *known = to);
            if self.plan.inner_stream(operator.stream()).is_some() {
                self.stage.resolve_since(mark);
            }
        }
    }

    /// When many derived events are remembered, forgets those that no operator names any more.
    fn forget_lineages(&mut self) {
        if !self.stage.positions.is_full() {
            return;
        }
        let mut named = Vec::new();
        for operator in &self.operators {
            let stream = operator.stream();
            if self.plan.inner_stream(stream).is_some() {
                operator.positions(&mut |partition, offset| {
                    named.push(RowOrigin { stream, partition, offset });
                });
            }
        }
        for inner in &self.inner {
            let Some(lists) = &inner.lists else { continue };
            let stream = lists.stream();
            if self.plan.inner_stream(stream).is_some() {
                lists.positions(&mut |partition, offset| {
                    named.push(RowOrigin { stream, partition, offset });
                });
            }
        }
        self.stage.positions.keep_only(named.into_iter());
    }

    /// The inner streams as plain data.
    pub(super) fn save_inner(&self) -> Vec<InnerState> {
        let state = |(id, inner): (StreamId, &InnerProgress)| InnerState {
            watermark: inner.watermark,
            waiting: inner.waiting.clone(),
            revised: inner.revised.values().cloned().collect(),
            lists: inner.lists.as_ref().map(WaitingLists::save).unwrap_or_default(),
            lineages: self.stage.positions.save(id),
        };
        self.plan.inner_ids().zip(&self.inner).map(state).collect()
    }

    /// Takes over what `save_inner` gave.
    pub(super) fn load_inner(&mut self, states: Vec<InnerState>) -> Option<()> {
        if states.len() != self.inner.len() {
            return None;
        }
        for ((id, inner), state) in self.plan.inner_ids().zip(&mut self.inner).zip(states) {
            inner.watermark = state.watermark;
            inner.waiting = state.waiting;
            let revised = state.revised.into_iter();
            inner.revised = revised.map(|it| ((it.emit.time, it.emit.id), it)).collect();
            if let Some(lists) = &mut inner.lists {
                lists.load(state.lists)?;
            }
            self.stage.positions.load(id, &state.lineages)?;
        }
        Some(())
    }
}

/// Derived events in their order, in pieces for the same readers.
fn runs(events: Vec<Waiting>) -> Vec<(Vec<Staged>, Readers)> {
    let mut runs: Vec<(Vec<Staged>, Readers)> = Vec::new();
    for Waiting { staged, told } in events {
        let to = if told { Readers::Others } else { Readers::All };
        match runs.last_mut().filter(|(_, last)| *last == to) {
            Some((run, _)) => run.push(staged),
            None => runs.push((vec![staged], to)),
        }
    }
    runs
}
