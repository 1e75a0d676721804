//! Inner streams: streams that the engine makes itself, for rules to read.

use super::{Expr, Plan, RulePlan, StreamId, StreamPlan};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A stream that the engine makes itself. Its id follows those of [`Plan::streams`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InnerStream {
    /// Its name and fields. It has no lateness of its own, no idle time and no connector.
    pub stream: StreamPlan,
    /// What it is made of: only inputs and inner streams that come before it.
    pub source: InnerSource,
}

/// What an inner stream is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum InnerSource {
    /// Every event of the stream's name that some rule emits, field for field, in the merged
    /// order. Its watermark is the least of its rules'.
    Event,
    /// The events of several streams, in the order of their ids.
    Union(Vec<UnionMember>),
    /// One row for each item of a list in each event of a stream.
    Items(Items),
}

/// The items of a list, one by one. The stream has the fields of the outer one, then the item, then,
/// if it is asked for, the item's index, counted from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Items {
    /// The outer stream.
    pub stream: StreamId,
    /// The list, a row expression over the outer stream. Where it has no value, the event is an error
    /// of the rule that reads the items.
    pub list: Expr,
}

impl Items {
    /// The most items a list may have: a row's offset holds the item's place in its lower 16 bits.
    pub const MAX: usize = 1 << Self::BITS;
    const BITS: u32 = 16;

    /// The offset of an item. It keeps the order (offset, item) for offsets below 2^48.
    #[must_use]
    pub fn offset(outer: u64, item: usize) -> u64 {
        (outer << Self::BITS) | (item as u64 & (Self::MAX as u64 - 1))
    }

    /// The offset of the event and the item's place, from an item's offset.
    #[must_use]
    pub fn of_offset(offset: u64) -> (u64, u32) {
        let item = offset & (Self::MAX as u64 - 1);
        (offset >> Self::BITS, u32::try_from(item).unwrap_or(u32::MAX))
    }
}

/// One of the streams of a union.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnionMember {
    /// The stream.
    pub stream: StreamId,
    /// For each field of the union, the member's field, as an index.
    pub fields: Vec<u32>,
}

impl UnionMember {
    /// How many streams a union may have: a row's partition holds the member's place in its upper
    /// 8 bits.
    pub const MAX_MEMBERS: usize = 256;
    /// How many of the partition's bits are the member's own partition.
    const PARTITION_BITS: u32 = 24;

    /// The partition of the union in which the rows of a member's partition stand. It keeps the
    /// order (stream, partition) for up to 2^24 partitions a stream.
    #[must_use]
    pub fn partition(place: usize, partition: u32) -> u32 {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        (place << Self::PARTITION_BITS) | (partition & ((1 << Self::PARTITION_BITS) - 1))
    }

    /// The member's place and its partition, from the union's partition.
    #[must_use]
    pub fn of_partition(partition: u32) -> (usize, u32) {
        let place = partition >> Self::PARTITION_BITS;
        (place as usize, partition & ((1 << Self::PARTITION_BITS) - 1))
    }
}

impl Plan {
    /// The inner stream of an id, if it is one.
    #[must_use]
    pub fn inner_stream(&self, id: StreamId) -> Option<&InnerStream> {
        self.inner.get((id.0 as usize).checked_sub(self.streams.len())?)
    }

    /// What the rows of a stream are the items of, if they are.
    #[must_use]
    pub fn list_of(&self, id: StreamId) -> Option<&Items> {
        match &self.inner_stream(id)?.source {
            InnerSource::Items(items) => Some(items),
            InnerSource::Event | InnerSource::Union(_) => None,
        }
    }

    /// The ids of the inner streams: each after those it is made of.
    pub fn inner_ids(&self) -> impl Iterator<Item = StreamId> + use<> {
        let from = u32::try_from(self.streams.len()).unwrap_or(u32::MAX);
        let count = u32::try_from(self.inner.len()).unwrap_or(u32::MAX);
        (from..from.saturating_add(count)).map(StreamId)
    }

    /// Whether a rule over `stream` is given the events of `input` as they are: it is that input, a
    /// union of which it is part, or the items in its events.
    #[must_use]
    pub fn reads(&self, stream: StreamId, input: StreamId) -> bool {
        match self.inner_stream(stream).map(|inner| &inner.source) {
            Some(InnerSource::Union(members)) => {
                members.iter().any(|member| self.reads(member.stream, input))
            }
            Some(InnerSource::Items(items)) => self.reads(items.stream, input),
            _ => stream == input,
        }
    }

    /// Whether a rule goes on in time with an input: it is given its events, or looks up a table of
    /// them.
    #[must_use]
    pub fn follows(&self, rule: &RulePlan, input: StreamId) -> bool {
        self.reads(rule.input, input) || rule.waits_for.contains(&input)
    }

    /// The sets of inputs that some running rule waits for together, directly or through rules.
    #[must_use]
    pub fn inputs_together(&self) -> BTreeSet<BTreeSet<StreamId>> {
        let producers = self.producers();
        let running = self.rules.iter().filter(|rule| !rule.is_off());
        running.map(|rule| self.inputs_of(rule, &producers)).collect()
    }

    fn inputs_of(
        &self,
        rule: &RulePlan,
        producers: &BTreeMap<&str, Vec<&RulePlan>>,
    ) -> BTreeSet<StreamId> {
        let of_rule = |rule: &RulePlan| {
            std::iter::once(rule.input).chain(rule.waits_for.iter().copied()).collect::<Vec<_>>()
        };
        let mut open = of_rule(rule);
        let mut seen: BTreeSet<StreamId> = open.iter().copied().collect();
        while let Some(stream) = open.pop() {
            let sources = match self.inner_stream(stream).map(|inner| (&inner.source, inner)) {
                Some((InnerSource::Event, inner)) => {
                    let rules = producers.get(inner.stream.name.as_str()).into_iter().flatten();
                    rules.flat_map(|rule| of_rule(rule)).collect()
                }
                Some((InnerSource::Union(members), _)) => {
                    members.iter().map(|member| member.stream).collect()
                }
                Some((InnerSource::Items(items), _)) => vec![items.stream],
                None => Vec::new(),
            };
            open.extend(sources.into_iter().filter(|source| seen.insert(*source)));
        }
        seen.retain(|stream| self.inner_stream(*stream).is_none());
        seen
    }

    /// For each event the running rules that emit it.
    #[must_use]
    pub fn producers(&self) -> BTreeMap<&str, Vec<&RulePlan>> {
        let mut found: BTreeMap<&str, Vec<&RulePlan>> = BTreeMap::new();
        for rule in self.rules.iter().filter(|rule| !rule.is_off()) {
            let events: BTreeSet<&str> = rule.emits.iter().map(|it| it.event.as_str()).collect();
            events.into_iter().for_each(|event| found.entry(event).or_default().push(rule));
        }
        found
    }
}
