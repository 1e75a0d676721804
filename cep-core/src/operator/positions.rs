//! What a row's position stands for.
//!
//! Operators know a row by stream, partition and offset, whatever stream it is of. A row of an
//! inner stream is not in any log: here stands what it came from. When something leaves an
//! operator its positions are replaced by those of records, and an emit's id is made of them.

use crate::engine::{CauseRange, Causes, EmitId, EventRef};
use crate::plan::{InnerSource, Items, Plan, StreamId, UnionMember};
use crate::value::{RowOrigin, Value, encode_text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Up to how many derived events of a stream none is forgotten; few in debug builds, so that tests
/// forget too.
const ALWAYS_KEPT: usize = if cfg!(debug_assertions) { 8 } else { 1024 };

/// What the positions of inner streams stand for.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    /// The names of the inputs.
    names: Vec<String>,
    inner: Vec<Inner>,
}

#[derive(Debug)]
enum Inner {
    Event(Lineages),
    Union(Vec<StreamId>),
    Items(StreamId),
}

/// The derived events that some operator may still name, by their offset in the inner stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lineages {
    of: BTreeMap<u64, Lineage>,
    next: u64,
    limit: usize,
}

/// Where a derived event comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Lineage {
    pub(crate) id: EmitId,
    pub(crate) key: Arc<[Value]>,
    pub(crate) causes: Causes,
}

/// What a position stands for in the end.
enum Stands<'a> {
    Record(RowOrigin),
    Derived(Option<&'a Lineage>),
}

impl Positions {
    pub(crate) fn new(plan: &Plan) -> Self {
        let inner = plan.inner.iter().map(|inner| match &inner.source {
            InnerSource::Event => Inner::Event(Lineages::default()),
            InnerSource::Union(members) => {
                Inner::Union(members.iter().map(|member| member.stream).collect())
            }
            InnerSource::Items(items) => Inner::Items(items.stream),
        });
        Self {
            names: plan.streams.iter().map(|stream| stream.name.clone()).collect(),
            inner: inner.collect(),
        }
    }

    fn inner(&self, stream: StreamId) -> Option<&Inner> {
        self.inner.get((stream.0 as usize).checked_sub(self.names.len())?)
    }

    /// The lineages of an inner stream that events are made of.
    pub(crate) fn lineages_mut(&mut self, stream: StreamId) -> Option<&mut Lineages> {
        let place = (stream.0 as usize).checked_sub(self.names.len())?;
        match self.inner.get_mut(place)? {
            Inner::Event(lineages) => Some(lineages),
            Inner::Union(_) | Inner::Items(_) => None,
        }
    }

    /// The position one step further in, and which item of it this is; `None` in inputs and in
    /// streams of derived events.
    fn behind(&self, origin: RowOrigin) -> Option<(RowOrigin, Option<u32>)> {
        match self.inner(origin.stream)? {
            Inner::Event(_) => None,
            Inner::Union(members) => {
                let (place, partition) = UnionMember::of_partition(origin.partition);
                let stream = *members.get(place)?;
                Some((RowOrigin { stream, partition, ..origin }, None))
            }
            Inner::Items(stream) => {
                let (offset, item) = Items::of_offset(origin.offset);
                Some((RowOrigin { stream: *stream, offset, ..origin }, Some(item)))
            }
        }
    }

    /// The position in an input or in a stream of derived events.
    fn innermost(&self, mut origin: RowOrigin) -> RowOrigin {
        // A stream is only made of those that come before it, so this ends.
        while let Some((behind, _)) = self.behind(origin) {
            origin = behind;
        }
        origin
    }

    fn stands_for(&self, origin: RowOrigin) -> Stands<'_> {
        let origin = self.innermost(origin);
        match self.inner(origin.stream) {
            Some(Inner::Event(lineages)) => Stands::Derived(lineages.of.get(&origin.offset)),
            _ => Stands::Record(origin),
        }
    }

    /// Appends what an emit's id takes from a position: of a record its stream's name, partition
    /// and offset, of a derived event its id; of an item what it is an item of and its place.
    pub(crate) fn encode(&self, origin: RowOrigin, bytes: &mut Vec<u8>) {
        if let Some((behind, item)) = self.behind(origin) {
            if let Some(item) = item {
                bytes.push(4);
                bytes.extend_from_slice(&item.to_be_bytes());
            }
            return self.encode(behind, bytes);
        }
        match self.stands_for(origin) {
            Stands::Record(origin) => {
                bytes.push(1);
                let name = self.names.get(origin.stream.0 as usize);
                encode_text(name.map_or("", String::as_str), bytes);
                bytes.extend_from_slice(&origin.partition.to_be_bytes());
                bytes.extend_from_slice(&origin.offset.to_be_bytes());
            }
            Stands::Derived(lineage) => {
                bytes.push(3);
                bytes.extend_from_slice(&lineage.map_or([0; 16], |lineage| lineage.id.0));
            }
        }
    }

    /// Puts the positions of records in the place of those of inner streams.
    pub(crate) fn resolve_causes(&self, causes: &mut Causes) {
        let is_record = |stream: StreamId| (stream.0 as usize) < self.names.len();
        let resolved = match causes {
            Causes::Exact(ranges) if ranges.iter().all(|range| is_record(range.stream)) => return,
            Causes::Exact(ranges) => {
                let origins = ranges.iter().flat_map(CauseRange::origins);
                Causes::all_of(origins.map(|origin| self.causes_of(origin)).collect())
            }
            Causes::Bounds { first, last, count } => {
                let ends = [self.causes_of(*first), self.causes_of(*last)];
                match Causes::all_of(ends.to_vec()).ends() {
                    Some((first, last)) => Causes::Bounds { first, last, count: *count },
                    None => return,
                }
            }
        };
        *causes = resolved;
    }

    fn causes_of(&self, origin: RowOrigin) -> Causes {
        match self.stands_for(origin) {
            Stands::Record(origin) => Causes::of(vec![origin]),
            Stands::Derived(Some(lineage)) => lineage.causes.clone(),
            Stands::Derived(None) => Causes::of(Vec::new()),
        }
    }

    /// The record that a row stands for; of a derived event the first one behind it.
    pub(crate) fn record(&self, origin: RowOrigin) -> RowOrigin {
        self.causes_of(origin).ends().map_or(origin, |(first, _)| first)
    }

    /// What an error is about, in terms of records.
    pub(crate) fn resolve_subject(&self, subject: &mut EventRef) {
        match subject {
            EventRef::Row(origin) => match self.stands_for(*origin) {
                Stands::Record(record) => *origin = record,
                Stands::Derived(Some(lineage)) => {
                    let (key, causes) = (lineage.key.clone(), lineage.causes.clone());
                    *subject = EventRef::Firing { key, causes };
                }
                Stands::Derived(None) => {}
            },
            EventRef::Firing { causes, .. } => self.resolve_causes(causes),
        }
    }

    /// Whether so many derived events are remembered that it is time to ask which are still named.
    pub(crate) fn is_full(&self) -> bool {
        self.inner.iter().any(|inner| match inner {
            Inner::Event(lineages) => lineages.of.len() > lineages.limit.max(ALWAYS_KEPT),
            Inner::Union(_) | Inner::Items(_) => false,
        })
    }

    /// Forgets the derived events that `named` does not name.
    pub(crate) fn keep_only(&mut self, named: impl Iterator<Item = RowOrigin>) {
        let named: BTreeSet<(StreamId, u64)> = named
            .map(|origin| self.innermost(origin))
            .map(|origin| (origin.stream, origin.offset))
            .collect();
        let first = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        for (id, inner) in (first..).zip(&mut self.inner) {
            let Inner::Event(lineages) = inner else { continue };
            let stream = StreamId(id);
            lineages.of.retain(|offset, _| named.contains(&(stream, *offset)));
            lineages.limit = lineages.of.len().saturating_mul(2);
        }
    }

    /// What an inner stream's positions stand for, as bytes; empty for a union.
    pub(crate) fn save(&self, stream: StreamId) -> Vec<u8> {
        match self.inner(stream) {
            // Encoding plain data into memory has no way to fail.
            Some(Inner::Event(lineages)) => postcard::to_stdvec(lineages).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Takes over what `save` gave; `None` if the bytes are not that.
    pub(crate) fn load(&mut self, stream: StreamId, bytes: &[u8]) -> Option<()> {
        if let Some(lineages) = self.lineages_mut(stream) {
            *lineages = postcard::from_bytes(bytes).ok()?;
        }
        Some(())
    }
}

impl Lineages {
    /// Takes in a derived event and gives its offset.
    pub(crate) fn push(&mut self, lineage: Lineage) -> u64 {
        let offset = self.next;
        self.of.insert(offset, lineage);
        self.next += 1;
        offset
    }
}
