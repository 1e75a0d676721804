//! Events that wait until the watermark has passed the instant at which they take effect: their own
//! time or, for a late one, the watermark that made it late. Their order is (that instant, partition,
//! offset), so what they do is a function of the logs.

use super::super::intake::{CallInput, Inputs};
use super::super::pending::{Chunk, Pending, Place};
use super::super::{Advance, Arrival};
use crate::aggregate::{Places, Rows};
use crate::time::EventTime;
use crate::value::{Column, ColumnData, Type, Value};
use crate::window::Slice;

/// What one aggregate takes in: columns of one row, and whether that counts.
type Input = (Vec<Option<Column>>, Option<Vec<bool>>);

/// An event that takes effect.
pub(super) struct Delayed {
    /// Where it takes effect.
    pub(super) place: Place,
    /// Its key.
    pub(super) id: u32,
    /// Its own time.
    pub(super) time: i64,
    /// One a call.
    inputs: Vec<Input>,
}

/// The event time of a row, and its partition's watermark just before it.
pub(super) fn time_and_watermark(arrival: &Arrival<'_>, row: u32) -> (i64, i64) {
    let at = row as usize;
    let time = arrival.batch.times.get(at).copied().unwrap_or(0);
    (time, arrival.watermarks.get(at).copied().unwrap_or(i64::MIN))
}

/// Lets rows wait; `takes_effect` says until when, from a row's time and watermark.
pub(super) fn wait(
    pending: &mut Pending,
    arrival: &Arrival<'_>,
    inputs: &Inputs<'_>,
    (rows, ids): (&[u32], Vec<u32>),
    takes_effect: impl Fn(i64, i64) -> i64,
) {
    let mut chunk = Chunk::default();
    chunk.ids = ids;
    for CallInput { columns, mask } in &inputs.calls {
        let gathered = columns.each_ref().map(|it| it.as_ref().map(|it| it.gather(rows)));
        chunk.columns.extend(gathered);
        let counts = |mask: &Vec<bool>| {
            let counts = |row: &u32| mask.get(*row as usize).copied().unwrap_or(false);
            rows.iter().map(counts).collect()
        };
        chunk.masks.push(mask.as_ref().map(counts));
    }
    // The last column holds their own times.
    let times = rows.iter().map(|row| time_and_watermark(arrival, *row).0).collect();
    chunk.columns.push(Some(Column::dense(ColumnData::Timestamp(times))));
    chunk.masks.push(None);
    let places = rows.iter().map(|row| {
        let (time, watermark) = time_and_watermark(arrival, *row);
        Place {
            time: takes_effect(time, watermark),
            partition: arrival.batch.partition,
            offset: arrival.batch.offsets.get(*row as usize).copied().unwrap_or(0),
        }
    });
    pending.push(chunk, places);
}

/// The types of the columns of what waits.
pub(super) fn types(mut inputs: Vec<Option<Type>>) -> Vec<Option<Type>> {
    inputs.push(Some(Type::Timestamp));
    inputs
}

/// The next event that takes effect.
pub(super) fn next(pending: &mut Pending, advance: Advance) -> Option<Delayed> {
    pending.next_time().filter(|order| advance.to.has_decided(EventTime(*order)))?;
    pending.pop(|place, chunk, row| {
        let one = [u32::try_from(row).unwrap_or(u32::MAX)];
        let inputs = chunk.columns.chunks(2).zip(&chunk.masks).map(|(columns, mask)| {
            let counts = |mask: &Vec<bool>| vec![mask.get(row).copied().unwrap_or(false)];
            let gather = |it: &Option<Column>| it.as_ref().map(|column| column.gather(&one));
            (columns.iter().map(gather).collect(), mask.as_ref().map(counts))
        });
        let times = chunk.columns.last().and_then(Option::as_ref);
        let time = match times.map(|column| column.get(row)) {
            Some(Value::Timestamp(time)) => time.0,
            _ => place.time,
        };
        let id = chunk.ids.get(row).copied().unwrap_or(0);
        Delayed { place, id, time, inputs: inputs.collect() }
    })
}

impl Delayed {
    /// Takes it into a window, and gives its group's slot there.
    pub(super) fn take_in(&self, window: &mut Slice, capacity: usize) -> Option<u32> {
        let mut slots = Vec::new();
        window.find_slots(&[self.id], capacity, &mut slots);
        let Place { partition, offset, .. } = self.place;
        let places = Places::One(Place { time: self.time, partition, offset });
        for (states, (columns, mask)) in window.states.iter_mut().zip(&self.inputs) {
            let column = |at: usize| columns.get(at).and_then(Option::as_ref);
            let rows = Rows { first: column(0), second: column(1), places };
            states.update(&slots, &[0], &rows, mask.as_deref());
        }
        window.causes.add(&slots, partition, std::iter::once(offset));
        slots.first().copied()
    }
}
