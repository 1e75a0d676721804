//! Giving events to the operators that read their stream, directly or as part of another one.

use super::Engine;
use crate::operator::{Arrival, Disorder};
use crate::plan::{InnerSource, StreamId, UnionMember};
use crate::value::Type;
use crate::value::{Column, EventBatch};

/// Which of the rules that read a stream are given its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// All of them.
    All,
    /// Those that judge each event by itself, for which order is no matter.
    OneByOne,
    /// Those that were not given it as [`Self::OneByOne`].
    Others,
}

impl Readers {
    pub(super) fn has(self, judges_one_by_one: bool) -> bool {
        match self {
            Self::All => true,
            Self::OneByOne => judges_one_by_one,
            Self::Others => !judges_one_by_one,
        }
    }
}

impl Engine {
    /// Gives events to the operators of their stream, and to the streams that are made of them.
    pub(super) fn deliver(
        &mut self,
        batch: &EventBatch,
        watermarks: &[i64],
        disorder: Disorder,
        to: Readers,
    ) {
        let arrival = Arrival { batch, watermarks, disorder };
        let inner = self.plan.inner_stream(batch.stream).is_some();
        for place in self.readers.get(batch.stream.0 as usize).into_iter().flatten() {
            let operator = self.operators.get_mut(*place);
            let Some(operator) = operator.filter(|it| to.has(it.judges_one_by_one())) else {
                continue;
            };
            let mark = self.stage.mark();
            operator.events(&arrival, &mut self.stage);
            if inner {
                self.stage.resolve_since(mark);
            }
        }
        let plan = self.plan.clone();
        for id in self.passed_on.clone().iter().copied() {
            match plan.inner_stream(id).map(|inner| &inner.source) {
                Some(InnerSource::Union(members)) => {
                    let members = members.iter().enumerate();
                    for (place, member) in members.filter(|(_, it)| it.stream == batch.stream) {
                        let batch = as_member(batch, id, place, member);
                        self.deliver(&batch, watermarks, disorder, to);
                    }
                }
                Some(InnerSource::Items(of)) if of.stream == batch.stream => {
                    let place = (id.0 as usize).checked_sub(self.streams.len());
                    let progress = place.and_then(|place| self.inner.get_mut(place));
                    match progress.and_then(|it| it.lists.as_mut()) {
                        None => self.deliver_items(id, of, batch, watermarks, disorder, to),
                        // What is looked up waits in any case.
                        Some(_) if to == Readers::OneByOne => {}
                        Some(lists) => {
                            let mark = self.stage.mark();
                            lists.take(&arrival, &mut self.stage);
                            if inner {
                                self.stage.resolve_since(mark);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// A member's batch as rows of the union.
fn as_member(batch: &EventBatch, id: StreamId, place: usize, member: &UnionMember) -> EventBatch {
    let column = |field: &u32| -> Column {
        batch.columns.get(*field as usize).cloned().unwrap_or_else(|| Column::new(&Type::Bool))
    };
    EventBatch {
        stream: id,
        partition: UnionMember::partition(place, batch.partition),
        times: batch.times.clone(),
        offsets: batch.offsets.clone(),
        columns: member.fields.iter().map(column).collect(),
    }
}
