//! What the source knows of its topic's partitions: how far each has been read, what has been
//! taken from the client and not yet handed out, and whether it stands at its end.

use super::super::{Headers, Polled, RecordBatch};
use crate::connector::BadRecord;
use cep_core::time::EventTime;
use rdkafka::message::{BorrowedMessage, Headers as _, Message};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Where a partition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There may be more.
    Reading,
    /// The broker has confirmed that there is nothing more for now.
    AtEnd,
    /// It is bounded and has been read to its bound.
    Ended,
}

/// One partition.
#[derive(Debug)]
pub struct Partition {
    /// The first offset there was when the source was opened.
    pub first: u64,
    /// The offset to go on from.
    pub next: u64,
    /// The offset to stop before.
    pub stop: Option<u64>,
    /// Where it stands.
    pub standing: Standing,
    staged: RecordBatch,
}

/// All partitions of a topic.
#[derive(Debug)]
pub struct Partitions {
    all: Vec<Partition>,
    /// Those with staged records, in the order in which the first of them came.
    ready: VecDeque<u32>,
    /// What is to be said when no records are staged.
    to_say: VecDeque<Polled>,
    max_record_bytes: usize,
    headers: Headers,
}

impl Partitions {
    /// No partition yet; [`Self::add`] adds them.
    pub fn new(max_record_bytes: usize, headers: Headers) -> Self {
        let (ready, to_say) = (VecDeque::new(), VecDeque::new());
        Self { all: Vec::new(), ready, to_say, max_record_bytes, headers }
    }

    /// Adds the next partition: its first offset, and the offset to stop before if it is bounded.
    pub fn add(&mut self, first: u64, stop: Option<u64>) {
        let (next, standing) = (first, Standing::Reading);
        self.all.push(Partition { first, next, stop, standing, staged: RecordBatch::new() });
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.all.len()).unwrap_or(u32::MAX)
    }

    /// All with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Partition)> {
        (0..).zip(&self.all)
    }

    /// One of them.
    pub fn get_mut(&mut self, partition: u32) -> Option<&mut Partition> {
        self.all.get_mut(partition as usize)
    }

    /// Goes on from `offset`, forgetting what was staged.
    pub fn go_to(&mut self, partition: u32, offset: u64) {
        self.ready.retain(|ready| *ready != partition);
        self.to_say.retain(|said| !is_about(*said, partition));
        if let Some(found) = self.get_mut(partition) {
            found.next = offset;
            found.standing = Standing::Reading;
            found.staged.reset(partition);
        }
    }

    /// Ends the bounded partitions that stand at their bound; the partitions that ended so.
    pub fn end_those_at_their_bound(&mut self) -> Vec<u32> {
        let ended: Vec<u32> = self
            .iter()
            .filter(|(_, p)| p.standing != Standing::Ended && p.stop.is_some_and(|s| p.next >= s))
            .map(|(number, _)| number)
            .collect();
        for partition in &ended {
            self.end(*partition);
        }
        ended
    }

    /// Takes a record from the client. Whether the partition has come to its bound by it.
    pub fn stage(&mut self, message: &BorrowedMessage<'_>) -> bool {
        let (Ok(number), Ok(offset)) =
            (u32::try_from(message.partition()), u64::try_from(message.offset()))
        else {
            return false;
        };
        let (max_record_bytes, headers) = (self.max_record_bytes, self.headers);
        let Some(partition) = self.get_mut(number) else { return false };
        if offset < partition.next || partition.standing == Standing::Ended {
            return false; // Fetched before a seek, or beyond the bound.
        }
        if partition.stop.is_some_and(|stop| offset >= stop) {
            self.end(number);
            return true;
        }
        partition.next = offset.saturating_add(1);
        partition.standing = Standing::Reading;
        let was_empty = partition.staged.is_empty();
        copy(message, offset, &mut partition.staged, max_record_bytes, headers);
        let at_bound = partition.stop.is_some_and(|stop| partition.next >= stop);
        if was_empty {
            self.ready.push_back(number);
        }
        if at_bound {
            self.end(number);
        }
        at_bound
    }

    /// The broker says that the partition holds nothing more for now. Whether that is its bound.
    pub fn note_end(&mut self, number: u32) -> bool {
        let Some(partition) = self.get_mut(number) else { return false };
        match (partition.standing, partition.stop) {
            (Standing::Ended, _) => false,
            (_, Some(_)) => {
                // Offsets before the bound that hold no record (an aborted transaction, its
                // markers) have been passed.
                self.end(number);
                true
            }
            (_, None) => {
                partition.standing = Standing::AtEnd;
                self.to_say.push_back(Polled::AtEnd { partition: number });
                false
            }
        }
    }

    /// A broker does not answer: what was at its end may have grown. Those partitions, and where
    /// they stand.
    pub fn doubt_ends(&mut self) -> Vec<(u32, u64)> {
        let mut doubted = Vec::new();
        for (number, partition) in (0..).zip(&mut self.all) {
            if partition.standing == Standing::AtEnd {
                partition.standing = Standing::Reading;
                doubted.push((number, partition.next));
            }
        }
        self.to_say.retain(|said| !matches!(said, Polled::AtEnd { .. }));
        doubted
    }

    /// Says again which partitions are at their end.
    pub fn repeat_ends(&mut self) {
        let at_end = self.iter().filter(|(_, p)| p.standing == Standing::AtEnd);
        let again: Vec<_> = at_end.map(|(partition, _)| Polled::AtEnd { partition }).collect();
        self.to_say.retain(|said| !matches!(said, Polled::AtEnd { .. }));
        self.to_say.extend(again);
    }

    /// The next thing to hand out, if something is there: records before words.
    pub fn hand_out(&mut self, batch: &mut RecordBatch) -> Option<Polled> {
        if let Some(number) = self.ready.pop_front() {
            let partition = self.get_mut(number)?;
            std::mem::swap(batch, &mut partition.staged);
            partition.staged.reset(number);
            return Some(Polled::Records);
        }
        while let Some(said) = self.to_say.pop_front() {
            let holds = match said {
                Polled::AtEnd { partition } => {
                    self.get_mut(partition).is_some_and(|p| p.standing == Standing::AtEnd)
                }
                _ => true,
            };
            if holds {
                return Some(said);
            }
        }
        None
    }

    fn end(&mut self, number: u32) {
        if let Some(partition) = self.get_mut(number) {
            partition.standing = Standing::Ended;
            if let Some(stop) = partition.stop {
                partition.next = partition.next.max(stop);
                partition.staged.skip_to(stop);
            }
            self.to_say.push_back(Polled::Ended { partition: number });
        }
    }
}

fn is_about(said: Polled, number: u32) -> bool {
    match said {
        Polled::AtEnd { partition } | Polled::Ended { partition } => partition == number,
        Polled::Records | Polled::Nothing => false,
    }
}

fn copy(
    message: &BorrowedMessage<'_>,
    offset: u64,
    batch: &mut RecordBatch,
    max_record_bytes: usize,
    headers: Headers,
) {
    if batch.is_empty() {
        batch.reset(message.partition().unsigned_abs());
    }
    let value = message.payload();
    let length = value.map_or(0, <[u8]>::len);
    let bad = |reason: String| {
        BadRecord::new(
            message.partition().unsigned_abs(),
            offset,
            reason,
            value.unwrap_or_default(),
        )
    };
    if length > max_record_bytes {
        let reason = format!("{length} bytes are more than the {max_record_bytes} of a record");
        return batch.push_unreadable(bad(reason));
    }
    let read_headers = match headers {
        Headers::Read => message.headers(),
        Headers::Skip => None,
    };
    // The client library panics on a header name that is not UTF-8, which data can bring about.
    let names_are_text = read_headers.is_none_or(|headers| {
        catch_unwind(AssertUnwindSafe(|| headers.iter().for_each(drop))).is_ok()
    });
    if !names_are_text {
        return batch.push_unreadable(bad("the name of a header is not UTF-8".into()));
    }
    let timestamp = message.timestamp().to_millis().and_then(EventTime::from_millis);
    batch.push(offset, timestamp, message.key(), value);
    for header in read_headers.into_iter().flat_map(|headers| headers.iter()) {
        batch.push_header(header.key, header.value.unwrap_or_default());
    }
}
