//! An input as it arrives: a log, and an order between its partitions.

use crate::log::{End, Entry, Log};
use cep_core::plan::StreamId;

/// An input in the order of its arrival.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// How many partitions each stream has.
    pub partitions: Vec<u32>,
    /// What arrives, in order; within a partition offsets rise.
    pub steps: Vec<Step>,
    /// How far time goes when everything has arrived.
    pub end: End,
}

/// One thing that arrives.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// In which stream.
    pub stream: StreamId,
    /// In which of its partitions.
    pub partition: u32,
    /// What it is.
    pub entry: Entry,
}

impl Script {
    /// What the partitions contain, without the order between them.
    #[must_use]
    pub fn log(&self) -> Log {
        self.log_of_first(self.steps.len())
    }

    /// What the partitions contain after the first `steps` steps.
    #[must_use]
    pub fn log_of_first(&self, steps: usize) -> Log {
        let mut log = Log::empty(&self.partitions, self.end);
        for step in self.steps.iter().take(steps) {
            let stream = log.streams.get_mut(step.stream.0 as usize);
            if let Some(entries) = stream.and_then(|it| it.get_mut(step.partition as usize)) {
                entries.push(step.entry.clone());
            }
        }
        log
    }

    /// The same arrival with the contents of the partitions exchanged for those of `log`, which
    /// must have as many entries.
    #[must_use]
    pub fn with_contents_of(&self, log: &Log) -> Self {
        let mut rest: Vec<Vec<_>> = log
            .streams
            .iter()
            .map(|partitions| partitions.iter().map(|entries| entries.iter()).collect())
            .collect();
        let steps = self.steps.iter().filter_map(|step| {
            let partition =
                rest.get_mut(step.stream.0 as usize)?.get_mut(step.partition as usize)?;
            Some(Step { entry: partition.next()?.clone(), ..step.clone() })
        });
        Self { steps: steps.collect(), ..self.clone() }
    }
}
