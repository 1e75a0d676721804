//! Events that wait for their turn: kept as they came, given out by event time once the watermark
//! has decided their instant.

use super::keys::KeyTable;
use crate::value::{Column, Type, Value};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Rows that wait, in the order (event time, partition, offset).
#[derive(Debug, Default)]
pub(crate) struct Pending {
    chunks: Vec<Chunk>,
    free: Vec<u32>,
    queue: BinaryHeap<Reverse<Ticket>>,
}

/// A row's place in the order, and where it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket {
    /// The event's time.
    pub(crate) time: i64,
    /// Its partition.
    pub(crate) partition: u32,
    /// Its offset.
    pub(crate) offset: u64,
    chunk: u32,
    row: u32,
}

/// Rows that came together.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// Their keys.
    pub(crate) ids: Vec<u32>,
    /// What is kept of them, a column each; a rule without anything to keep has none.
    pub(crate) columns: Vec<Option<Column>>,
    /// For each column, the rows that count.
    pub(crate) masks: Vec<Option<Vec<bool>>>,
    waiting: usize,
}

/// A row as it stands in a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PendingRow {
    time: i64,
    partition: u32,
    offset: u64,
    key: Vec<u8>,
    values: Vec<Option<Value>>,
    counts: Vec<Option<bool>>,
}

impl Pending {
    /// Takes in a chunk; `places` are the times, partitions and offsets of its rows. The keys are
    /// held by the caller.
    pub(crate) fn push(&mut self, mut chunk: Chunk, places: impl Iterator<Item = (i64, u32, u64)>) {
        chunk.waiting = chunk.ids.len();
        if chunk.waiting == 0 {
            return;
        }
        let index = match self.free.pop() {
            Some(index) => {
                if let Some(place) = self.chunks.get_mut(index as usize) {
                    *place = chunk;
                }
                index
            }
            None => {
                self.chunks.push(chunk);
                u32::try_from(self.chunks.len() - 1).unwrap_or(u32::MAX)
            }
        };
        let tickets = (0..).zip(places).map(|(row, (time, partition, offset))| {
            Reverse(Ticket { time, partition, offset, chunk: index, row })
        });
        self.queue.extend(tickets);
    }

    /// The event time of the next row.
    pub(crate) fn next_time(&self) -> Option<i64> {
        self.queue.peek().map(|Reverse(ticket)| ticket.time)
    }

    /// Hands the next row to `take`.
    pub(crate) fn pop<R>(&mut self, take: impl FnOnce(Ticket, &Chunk, usize) -> R) -> Option<R> {
        let Reverse(ticket) = self.queue.pop()?;
        let chunk = self.chunks.get_mut(ticket.chunk as usize)?;
        let result = take(ticket, chunk, ticket.row as usize);
        chunk.waiting -= 1;
        if chunk.waiting == 0 {
            *chunk = Chunk::default();
            self.free.push(ticket.chunk);
        }
        Some(result)
    }

    /// All rows as plain data, in order.
    pub(crate) fn save(&self, keys: &KeyTable) -> Vec<PendingRow> {
        let mut tickets: Vec<_> = self.queue.iter().map(|Reverse(ticket)| *ticket).collect();
        tickets.sort_unstable();
        let saved = tickets.into_iter().filter_map(|ticket| {
            let (chunk, row) = (self.chunks.get(ticket.chunk as usize)?, ticket.row as usize);
            let count = |mask: &Option<Vec<bool>>| mask.as_ref()?.get(row).copied();
            Some(PendingRow {
                time: ticket.time,
                partition: ticket.partition,
                offset: ticket.offset,
                key: keys.encoded(chunk.ids.get(row).copied()?),
                values: chunk.columns.iter().map(|it| Some(it.as_ref()?.get(row))).collect(),
                counts: chunk.masks.iter().map(count).collect(),
            })
        });
        saved.collect()
    }

    /// Takes over what `save` gave, as columns of `types`; the keys are held.
    pub(crate) fn load(
        &mut self,
        rows: Vec<PendingRow>,
        types: &[Option<Type>],
        keys: &mut KeyTable,
    ) -> Option<()> {
        let mut chunk = Chunk {
            columns: types.iter().map(|ty| ty.as_ref().map(Column::new)).collect(),
            masks: types.iter().map(|_| None).collect(),
            ..Chunk::default()
        };
        for row in &rows {
            let id = keys.intern_encoded(&row.key)?;
            keys.hold(id);
            chunk.ids.push(id);
            for (column, value) in chunk.columns.iter_mut().zip(&row.values) {
                if let (Some(column), Some(value)) = (column, value) {
                    column.push(value);
                }
            }
            for (mask, counts) in chunk.masks.iter_mut().zip(&row.counts) {
                if let Some(counts) = counts {
                    mask.get_or_insert_default().push(*counts);
                }
            }
        }
        self.push(chunk, rows.iter().map(|row| (row.time, row.partition, row.offset)));
        Some(())
    }
}
