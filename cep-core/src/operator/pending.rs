//! Events that wait for their turn: kept as they came, given out by event time once the watermark
//! has decided their instant.

use super::intake::{CallInput, Inputs};
use super::keys::KeyTable;
pub(crate) use crate::aggregate::Place;
use crate::aggregate::{Counts, Places, Rows};
use crate::value::{Column, Type, Value};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

/// Rows that wait, in the order (event time, partition, offset).
///
/// Rows stay in the chunks they came in, each sorted; the queue holds the next row of each chunk.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    chunks: Vec<Chunk>,
    free: Vec<u32>,
    queue: BinaryHeap<Reverse<(Place, u32)>>,
}

/// Rows that came together.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// Their keys.
    pub(crate) ids: Vec<u32>,
    /// What is kept of them, a column each; a rule without anything to keep has none.
    pub(crate) columns: Vec<Option<Column>>,
    /// For each column or pair of columns, the rows that count.
    pub(crate) masks: Vec<Option<Vec<bool>>>,
    /// Places and rows, in order.
    order: Vec<(Place, u32)>,
    /// How many were given out.
    done: usize,
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

impl Chunk {
    /// What the aggregates take in from `rows`, whose keys are given ids.
    pub(crate) fn of(inputs: Inputs<'_>, keys: &mut KeyTable, rows: &[u32]) -> Self {
        let mut chunk = Self::default();
        keys.intern(&inputs.key, rows, &mut chunk.ids);
        for CallInput { columns, mask } in inputs.calls {
            chunk.columns.extend(columns.map(|it| it.map(|column| column.gather(rows))));
            chunk.masks.push(mask.map(|mask| {
                rows.iter().map(|row| mask.get(*row as usize).copied().unwrap_or(false)).collect()
            }));
        }
        chunk
    }

    /// What each call takes in from one row, which stands at `place`.
    pub(crate) fn calls(
        &self,
        place: Place,
        row: usize,
    ) -> impl Iterator<Item = (Rows<'_>, Counts)> {
        // Two columns a call.
        self.columns.chunks(2).zip(&self.masks).map(move |(columns, mask)| {
            let column = |at: usize| columns.get(at).and_then(Option::as_ref);
            let rows = Rows { first: column(0), second: column(1), places: Places::One(place) };
            let counts = mask.as_ref().is_none_or(|it| it.get(row).copied().unwrap_or(false));
            (rows, if counts { Counts::Yes } else { Counts::No })
        })
    }
}

impl Pending {
    /// Takes in a chunk; `places` are those of its rows.
    pub(crate) fn push(&mut self, mut chunk: Chunk, places: impl Iterator<Item = Place>) {
        chunk.order = places.zip(0..).collect();
        // Events come nearly in order, which this sort likes.
        chunk.order.sort();
        let Some((first, _)) = chunk.order.first().copied() else { return };
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
        self.queue.push(Reverse((first, index)));
    }

    /// The event time of the next row.
    pub(crate) fn next_time(&self) -> Option<i64> {
        self.queue.peek().map(|Reverse((place, _))| place.time)
    }

    /// The place of the next row.
    pub(crate) fn next_place(&self) -> Option<Place> {
        self.queue.peek().map(|Reverse((place, _))| *place)
    }

    /// Hands the next row to `take`.
    pub(crate) fn pop<R>(&mut self, take: impl FnOnce(Place, &Chunk, usize) -> R) -> Option<R> {
        let mut head = self.queue.peek_mut()?;
        let Reverse((place, index)) = *head;
        let chunk = self.chunks.get_mut(index as usize)?;
        let (_, row) = chunk.order.get(chunk.done).copied()?;
        let result = take(place, chunk, row as usize);
        chunk.done += 1;
        if let Some((next, _)) = chunk.order.get(chunk.done) {
            *head = Reverse((*next, index));
        } else {
            PeekMut::pop(head);
            *chunk = Chunk::default();
            self.free.push(index);
        }
        Some(result)
    }

    /// The keys of the rows that wait.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.chunks.iter().flat_map(|chunk| chunk.ids.iter().copied())
    }

    /// The positions of the rows that wait.
    pub(crate) fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        let waiting = self.chunks.iter().flat_map(|chunk| chunk.order.iter().skip(chunk.done));
        waiting.for_each(|(place, _)| see(place.partition, place.offset));
    }

    /// How many bytes each row that waits holds, and its key.
    pub(crate) fn sizes(&self, keys: &KeyTable, see: &mut dyn FnMut(u32, usize)) {
        for chunk in &self.chunks {
            for (_, row) in chunk.order.iter().skip(chunk.done) {
                let row = *row as usize;
                let id = chunk.ids.get(row).copied().unwrap_or(0);
                let columns = chunk.columns.iter().flatten().map(|column| column.held_bytes(row));
                see(id, keys.encoded_len(id) + size_of::<(Place, u32)>() + columns.sum::<usize>());
            }
        }
    }

    /// All rows as plain data, in order.
    pub(crate) fn save(&self, keys: &KeyTable) -> Vec<PendingRow> {
        let waiting = |chunk: &'_ Chunk| chunk.order.get(chunk.done..).unwrap_or(&[]).to_vec();
        let mut rows: Vec<_> = self
            .chunks
            .iter()
            .flat_map(|chunk| {
                waiting(chunk).into_iter().map(move |(place, row)| (place, row, chunk))
            })
            .collect();
        rows.sort_by_key(|(place, ..)| *place);
        let saved = rows.into_iter().filter_map(|(place, row, chunk)| {
            let row = row as usize;
            let count = |mask: &Option<Vec<bool>>| mask.as_ref()?.get(row).copied();
            Some(PendingRow {
                time: place.time,
                partition: place.partition,
                offset: place.offset,
                key: keys.encoded(chunk.ids.get(row).copied()?),
                values: chunk.columns.iter().map(|it| Some(it.as_ref()?.get(row))).collect(),
                counts: chunk.masks.iter().map(count).collect(),
            })
        });
        saved.collect()
    }

    /// Takes over what `save` gave, as columns of `types`.
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
        let place = |row: &PendingRow| Place {
            time: row.time,
            partition: row.partition,
            offset: row.offset,
        };
        self.push(chunk, rows.iter().map(place));
        Some(())
    }
}
