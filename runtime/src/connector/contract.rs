//! What every connector must do: one suite over every row of the table.
//!
//! A connector that is new brings a [`Place`] and calls [`check`]; the rows of this crate do so in
//! the tests below, Kafka's does it where there is a broker.

use super::{
    AtEnd, ConnectorError, ConnectorOptions, OutRecord, Polled, Position, RecordBatch, Sink, Source,
};
use cep_core::time::EventTime;
use std::time::{Duration, Instant};

/// A place of records that the suite can fill and read.
pub trait Place {
    /// How many partitions it has.
    fn partitions(&self) -> u32;

    /// Adds records to a partition, as a writer other than the sink under test would.
    ///
    /// # Errors
    /// When it cannot be written.
    fn append(&mut self, partition: u32, values: &[&[u8]]) -> Result<(), ConnectorError>;

    /// Opens a source of it.
    ///
    /// # Errors
    /// Whatever opening gives.
    fn source(&self, options: &ConnectorOptions) -> Result<Box<dyn Source>, ConnectorError>;

    /// Opens a sink of it; `None` if it cannot be written to.
    ///
    /// # Errors
    /// Whatever opening gives.
    fn sink(&self, options: &ConnectorOptions) -> Result<Option<Box<dyn Sink>>, ConnectorError>;

    /// What its sources can do.
    fn abilities(&self) -> Abilities;
}

/// What a connector can do beside reading to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abilities {
    /// Go anywhere, and wait for more.
    SeekAndFollow,
    /// Go anywhere.
    Seek,
    /// Neither.
    ReadOnce,
}

/// How long anything may take before the suite says that it never happens.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL_TIMEOUT: Duration = Duration::from_millis(50);

type Seen = (u32, u64, Vec<u8>);

/// Runs the suite; `empty_place` makes a new place each time it is called.
///
/// # Errors
/// When the connector fails where it should not. What it does wrongly is an assertion.
pub fn check(
    name: &str,
    empty_place: &mut dyn FnMut() -> Result<Box<dyn Place>, ConnectorError>,
) -> Result<(), ConnectorError> {
    an_empty_place_ends_once_for_each_partition(name, &mut *empty_place()?)?;
    every_record_comes_once_in_order(name, &mut *empty_place()?)?;
    too_long_is_bad_and_the_next_is_read(name, &mut *empty_place()?)?;
    let abilities = empty_place()?.abilities();
    if abilities != Abilities::ReadOnce {
        seeking_goes_on_exactly_there(name, &mut *empty_place()?)?;
    }
    if abilities == Abilities::SeekAndFollow {
        following_confirms_the_end_and_sees_more(name, &mut *empty_place()?)?;
        stopping_settles_the_end_when_opened(name, &mut *empty_place()?)?;
    }
    flushed_records_can_be_read(name, &mut *empty_place()?)
}

fn options(at_end: AtEnd) -> ConnectorOptions {
    ConnectorOptions { at_end: Some(at_end), ..ConnectorOptions::default() }
}

/// Reads until every partition has ended.
fn drain(
    name: &str,
    source: &mut dyn Source,
    max_records: usize,
) -> Result<(Vec<Seen>, RecordBatch), ConnectorError> {
    let (mut seen, mut ended) = (Vec::new(), vec![false; source.partitions() as usize]);
    let (mut batch, begun) = (RecordBatch::new(), Instant::now());
    let mut unreadable = RecordBatch::new();
    while ended.contains(&false) {
        assert!(begun.elapsed() < PATIENCE, "{name}: a bounded source must end");
        match source.poll(&mut batch, max_records, POLL_TIMEOUT)? {
            Polled::Records => {
                assert!(!batch.is_empty(), "{name}: `Records` needs records");
                assert!(batch.len() <= max_records, "{name}: no more than was asked for");
                take(name, &batch, &mut seen);
                batch.unreadable().iter().for_each(|bad| unreadable.push_unreadable(bad.clone()));
            }
            Polled::Ended { partition } => {
                let mark = ended.get_mut(partition as usize);
                assert_eq!(mark.as_deref(), Some(&false), "{name}: a partition ends once");
                mark.into_iter().for_each(|mark| *mark = true);
            }
            Polled::AtEnd { .. } => assert!(ended.is_empty(), "{name}: a bounded source ends"),
            Polled::Nothing => {}
        }
    }
    let after = source.poll(&mut batch, max_records, Duration::ZERO)?;
    assert_eq!(after, Polled::Nothing, "{name}: nothing comes after the end");
    Ok((seen, unreadable))
}

fn take(name: &str, batch: &RecordBatch, seen: &mut Vec<Seen>) {
    for record in batch.iter() {
        let value = record.value.unwrap_or_default().to_vec();
        assert!(record.offset < batch.next_offset(), "{name}: the position is beyond the batch");
        seen.push((batch.partition(), record.offset, value));
    }
}

/// Fills each partition with `count` records and gives them in the order of their partitions.
fn fill(place: &mut dyn Place, count: usize) -> Result<Vec<(u32, Vec<u8>)>, ConnectorError> {
    let mut all = Vec::new();
    for partition in 0..place.partitions() {
        let values: Vec<Vec<u8>> = (0..count)
            .map(|index| format!("{{\"p\":{partition},\"i\":{index}}}").into_bytes())
            .collect();
        let borrowed: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        place.append(partition, &borrowed)?;
        all.extend(values.into_iter().map(|value| (partition, value)));
    }
    Ok(all)
}

/// The records seen, by partition, in the order in which they came.
fn by_partition(name: &str, mut seen: Vec<Seen>) -> Vec<(u32, Vec<u8>)> {
    seen.sort_by_key(|(partition, _, _)| *partition); // stable: keeps the order of arrival
    let rises = |pair: &[Seen]| match pair {
        [(p, a, _), (q, b, _)] => p != q || a < b,
        _ => true,
    };
    assert!(seen.windows(2).all(rises), "{name}: offsets rise within a partition");
    seen.into_iter().map(|(partition, _, value)| (partition, value)).collect()
}

fn an_empty_place_ends_once_for_each_partition(
    name: &str,
    place: &mut dyn Place,
) -> Result<(), ConnectorError> {
    let mut source = place.source(&options(AtEnd::Stop))?;
    assert_eq!(source.partitions(), place.partitions(), "{name}: partitions are known");
    let (seen, _) = drain(name, &mut *source, 10)?;
    assert_eq!(seen, [], "{name}: nothing is in an empty place");
    Ok(())
}

fn every_record_comes_once_in_order(
    name: &str,
    place: &mut dyn Place,
) -> Result<(), ConnectorError> {
    let all = fill(place, 100)?;
    let (seen, bad) = drain(name, &mut *place.source(&options(AtEnd::Stop))?, 7)?;
    assert_eq!(by_partition(name, seen), all, "{name}: every record, once, in order");
    assert!(bad.is_empty(), "{name}: nothing is bad");
    Ok(())
}

fn too_long_is_bad_and_the_next_is_read(
    name: &str,
    place: &mut dyn Place,
) -> Result<(), ConnectorError> {
    let long = [&b"\""[..], &vec![b'x'; 300_000], b"\""].concat();
    place.append(0, &[b"1", &long, b"2"])?;
    let options = ConnectorOptions { max_record_bytes: 100_000, ..options(AtEnd::Stop) };
    let (seen, bad) = drain(name, &mut *place.source(&options)?, 10)?;
    let values: Vec<_> = seen.iter().map(|(_, _, value)| value.as_slice()).collect();
    assert_eq!(values, [b"1", b"2"], "{name}: the neighbours of a long record are read");
    let between = |offset| {
        seen.first().map(|s| s.1) < Some(offset) && Some(offset) < seen.last().map(|s| s.1)
    };
    match bad.unreadable() {
        [bad] => {
            assert!(between(bad.offset), "{name}: the long record keeps its offset");
            assert!(bad.bytes.len() <= 100_000, "{name}: only its first bytes are kept");
        }
        other => assert_eq!(other.len(), 1, "{name}: one record is too long"),
    }
    Ok(())
}

fn seeking_goes_on_exactly_there(name: &str, place: &mut dyn Place) -> Result<(), ConnectorError> {
    fill(place, 50)?;
    let (all, _) = drain(name, &mut *place.source(&options(AtEnd::Stop))?, 100)?;
    let mut source = place.source(&options(AtEnd::Stop))?;
    let mut batch = RecordBatch::new();
    // Somewhere in the middle of reading, not only when it is new.
    source.poll(&mut batch, 3, POLL_TIMEOUT)?;
    for cut in [0, 1, 20, 49, 50] {
        let of_partition = |partition| all.iter().filter(move |seen| seen.0 == partition);
        let offset = |partition: u32| {
            let at = of_partition(partition).nth(cut).map(|seen| seen.1);
            at.or(of_partition(partition).next_back().map(|seen| seen.1 + 1)).unwrap_or(0)
        };
        let positions: Vec<Position> = (0..place.partitions())
            .map(|partition| Position { partition, offset: offset(partition) })
            .collect();
        source.seek(&positions)?;
        let (seen, _) = drain(name, &mut *source, 100)?;
        let rest: Vec<Seen> = (0..place.partitions())
            .flat_map(|partition| of_partition(partition).skip(cut).cloned())
            .collect();
        assert_eq!(by_partition(name, seen), by_partition(name, rest), "{name}: from {cut} on");
    }
    Ok(())
}

fn following_confirms_the_end_and_sees_more(
    name: &str,
    place: &mut dyn Place,
) -> Result<(), ConnectorError> {
    let mut all = fill(place, 5)?;
    let mut source = place.source(&options(AtEnd::Follow))?;
    let mut seen = follow_to_the_end(name, &mut *source)?;
    assert_eq!(by_partition(name, seen.clone()), all, "{name}: all there was");
    place.append(0, &[b"\"more\""])?;
    seen.extend(follow_to_the_end(name, &mut *source)?);
    all.insert(5, (0, b"\"more\"".to_vec()));
    assert_eq!(by_partition(name, seen), all, "{name}: and what came later");
    Ok(())
}

/// Reads until every partition has been confirmed to stand at its end.
fn follow_to_the_end(name: &str, source: &mut dyn Source) -> Result<Vec<Seen>, ConnectorError> {
    let (mut seen, mut batch, begun) = (Vec::new(), RecordBatch::new(), Instant::now());
    let mut at_end = vec![0; source.partitions() as usize];
    // Twice: the first may have been confirmed just before more was added.
    while at_end.iter().any(|count| *count < 2) {
        assert!(begun.elapsed() < PATIENCE, "{name}: every partition's end is confirmed");
        match source.poll(&mut batch, 100, POLL_TIMEOUT)? {
            Polled::Records => {
                take(name, &batch, &mut seen);
                at_end.get_mut(batch.partition() as usize).into_iter().for_each(|n| *n = 0);
            }
            Polled::AtEnd { partition } => {
                at_end.get_mut(partition as usize).into_iter().for_each(|n| *n += 1);
            }
            Polled::Ended { .. } => assert!(at_end.is_empty(), "{name}: it follows, so no end"),
            Polled::Nothing => {}
        }
    }
    Ok(seen)
}

fn stopping_settles_the_end_when_opened(
    name: &str,
    place: &mut dyn Place,
) -> Result<(), ConnectorError> {
    let all = fill(place, 5)?;
    let mut source = place.source(&options(AtEnd::Stop))?;
    let (seen, _) = drain(name, &mut *source, 100)?;
    assert_eq!(by_partition(name, seen), all, "{name}: what was there when it was opened");
    Ok(())
}

fn flushed_records_can_be_read(name: &str, place: &mut dyn Place) -> Result<(), ConnectorError> {
    let mut values = Vec::new();
    {
        let Some(mut sink) = place.sink(&options(AtEnd::Stop))? else { return Ok(()) };
        for round in 0..3 {
            for index in 0..50 {
                let value = format!("{{\"round\":{round},\"i\":{index}}}").into_bytes();
                let timestamp = EventTime(1_000_000 * i64::from(index));
                let key = Some(&b"one key"[..]);
                sink.write(&OutRecord { value: Some(&value), key, timestamp, headers: &[] })?;
                values.push(value);
            }
            sink.flush()?;
            // While the sink is still open: what was flushed is there.
            let (seen, _) = drain(name, &mut *place.source(&options(AtEnd::Stop))?, 1000)?;
            let seen: Vec<_> = seen.into_iter().map(|(_, _, value)| value).collect();
            assert_eq!(seen, values, "{name}: what was flushed, in order");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
