//! Orders in which the same partitions can be read.

use crate::log::{End, Entry, Record};
use crate::random::Random;
use crate::script::{Script, Step};
use cep_core::plan::StreamId;
use cep_core::time::EventTime;

/// One input of the engine.
#[derive(Clone, Debug)]
pub enum Action {
    /// Records of a partition, at once.
    Events(StreamId, u32, Vec<Record>),
    /// An idle advance of a partition.
    Idle(StreamId, u32, EventTime),
    /// The end of a partition.
    End(StreamId, u32),
    /// The end of the whole input.
    Finish(End),
}

impl Action {
    /// What brings one entry of a partition.
    #[must_use]
    pub fn of_entry(stream: StreamId, partition: u32, entry: &Entry) -> Self {
        match entry {
            Entry::Record(record) => Self::Events(stream, partition, vec![record.clone()]),
            Entry::Idle(to) => Self::Idle(stream, partition, *to),
        }
    }
}

/// One entry at a time, as the script says; then every partition ends, then the input.
#[must_use]
pub fn straight(script: &Script) -> Vec<Action> {
    let mut actions: Vec<Action> = script
        .steps
        .iter()
        .map(|step| Action::of_entry(step.stream, step.partition, &step.entry))
        .collect();
    actions.extend(ends(script));
    actions
}

/// The ends of all partitions, and of the input.
pub(super) fn ends(script: &Script) -> impl Iterator<Item = Action> {
    let partitions = (0_u32..).zip(&script.partitions).flat_map(|(stream, count)| {
        (0..*count).map(move |partition| Action::End(StreamId(stream), partition))
    });
    partitions.chain([Action::Finish(script.end)])
}

/// Another order of the partitions' entries, in batches of other sizes. Every third seed gives
/// each partition in as few batches as there can be, and every other lets partitions end before
/// others have.
#[must_use]
pub fn interleaved(script: &Script, seed: u64) -> Vec<Action> {
    let mut random = Random::of_seed(seed);
    let largest = match seed % 3 {
        0 => usize::MAX,
        1 => 3,
        _ => 9,
    };
    let mut open: Vec<(StreamId, u32, Vec<Entry>)> = Vec::new();
    for (stream, partitions) in (0_u32..).zip(script.log().streams) {
        for (partition, mut entries) in (0_u32..).zip(partitions) {
            entries.reverse();
            open.push((StreamId(stream), partition, entries));
        }
    }
    let mut ended = Vec::new();
    let mut actions = Vec::new();
    while !open.is_empty() {
        let index = random.below(open.len());
        let Some((stream, partition, entries)) = open.get_mut(index) else { break };
        let wanted = if largest == usize::MAX { largest } else { 1 + random.below(largest) };
        match next_batch(entries, wanted) {
            Some(Batch::Records(records)) => {
                actions.push(Action::Events(*stream, *partition, records));
            }
            Some(Batch::Idle(to)) => actions.push(Action::Idle(*stream, *partition, to)),
            None => {
                let end = Action::End(*stream, *partition);
                if seed.is_multiple_of(2) {
                    actions.push(end)
                } else {
                    ended.push(end)
                }
                open.swap_remove(index);
            }
        }
    }
    actions.extend(ended);
    actions.push(Action::Finish(script.end));
    actions
}

/// The script as runs over a growing input read it, one after another: at each end all partitions are
/// lifted to where the furthest is, and what that decides is given. Gives it without these ends, too:
/// the lifts alone are what is kept of them.
#[must_use]
pub fn ended_in_between(script: &Script, seed: u64) -> (Script, Vec<Action>) {
    let mut random = Random::of_seed(seed);
    let partitions = (0_u32..).zip(&script.partitions);
    let partitions: Vec<(StreamId, u32)> = partitions
        .flat_map(|(stream, count)| (0..*count).map(move |it| (StreamId(stream), it)))
        .collect();
    let (mut steps, mut actions) = (Vec::new(), Vec::new());
    let mut reached = EventTime(i64::MIN);
    for step in &script.steps {
        reached = reached.max(match &step.entry {
            Entry::Record(record) => record.time,
            Entry::Idle(to) => *to,
        });
        actions.push(Action::of_entry(step.stream, step.partition, &step.entry));
        steps.push(step.clone());
        if random.once_in(6) {
            for (stream, partition) in partitions.iter().copied() {
                actions.push(Action::Idle(stream, partition, reached));
                steps.push(Step { stream, partition, entry: Entry::Idle(reached) });
            }
            actions.push(Action::Finish(End::AtLastEvent));
        }
    }
    actions.extend(ends(script));
    (Script { steps, ..script.clone() }, actions)
}

enum Batch {
    Records(Vec<Record>),
    Idle(EventTime),
}

/// Takes what comes next from the end of `entries`.
fn next_batch(entries: &mut Vec<Entry>, wanted: usize) -> Option<Batch> {
    let mut records = Vec::new();
    while records.len() < wanted {
        match entries.pop() {
            Some(Entry::Record(record)) => records.push(record),
            Some(Entry::Idle(to)) if records.is_empty() => return Some(Batch::Idle(to)),
            Some(idle) => {
                entries.push(idle);
                break;
            }
            None => break,
        }
    }
    if records.is_empty() { None } else { Some(Batch::Records(records)) }
}
