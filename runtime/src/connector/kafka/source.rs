//! Reading a topic.

use super::super::{
    AtEnd, ConnectorError, ConnectorErrorKind, ConnectorOptions, Polled, Position, Progress,
    RecordBatch, Source,
};
use super::client::{Place, contact, is_passing, lasting_error, unreachable};
use super::offsets::{Commits, SourceContext, committed, list};
use super::partitions::{Partitions, Standing};
use super::recovery::{QUESTION_PATIENCE, bounds};
use super::settings::{config, creation_error};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often "at the end" is said again when polls do not wait.
const REPEAT_EVERY: Duration = Duration::from_millis(50);

/// All partitions of one topic. See the module's words.
pub struct KafkaSource {
    pub(super) consumer: Arc<BaseConsumer<SourceContext>>,
    pub(super) place: Place,
    pub(super) partitions: Partitions,
    commits: Commits,
    is_assigned: bool,
    /// Since when the brokers have not answered.
    pub(super) silent_since: Option<Instant>,
    repeated_at: Instant,
}

impl KafkaSource {
    /// Opens the topic at its earliest records.
    ///
    /// # Errors
    /// When no broker answers in time, the topic does not exist, or a setting is wrong.
    pub fn open(place: Place, options: &ConnectorOptions) -> Result<Self, ConnectorError> {
        let doing = format!("cannot read `{place}`");
        let own = [
            ("group.id", options.app_id.as_str()),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("isolation.level", "read_committed"),
            ("enable.partition.eof", "true"),
            ("fetch.error.backoff.ms", "100"),
            // A question about offsets waits behind the fetch that is under way.
            ("fetch.wait.max.ms", "100"),
            // A broker that hangs without a word counts as gone after this time.
            ("socket.timeout.ms", "10000"),
        ];
        let config = config(&place, options, &doing, &own)?;
        let consumer: BaseConsumer<SourceContext> = config
            .create_with_context(SourceContext::default())
            .map_err(|error| creation_error(&doing, error))?;
        let complaints = &consumer.context().complaints;
        let serve = || drop(consumer.poll(Duration::ZERO));
        let count = contact(consumer.client(), &place, options, &doing, complaints, serve)?;
        let mut partitions = Partitions::new(options.max_record_bytes, options.headers);
        for partition in 0..count {
            let ask = bounds(&consumer, &place, partition, options.connect_timeout);
            let (first, end) = ask.map_err(|error| match is_passing(&error) {
                true => unreachable(&place, options.connect_timeout, &doing, complaints),
                false => lasting_error(&place, &doing, &error),
            })?;
            partitions.add(first, (options.at_end == Some(AtEnd::Stop)).then_some(end));
        }
        Ok(Self {
            consumer: Arc::new(consumer),
            place,
            partitions,
            commits: Commits::default(),
            is_assigned: false,
            silent_since: None,
            repeated_at: Instant::now(),
        })
    }

    pub(super) fn doing(&self) -> String {
        format!("cannot read `{}`", self.place)
    }

    /// Assigns every partition that has not ended, from where it stands.
    pub(super) fn assign(&mut self) -> Result<(), ConnectorError> {
        self.partitions.end_those_at_their_bound();
        let open = self.partitions.iter().filter(|(_, p)| p.standing != Standing::Ended);
        let from: BTreeMap<u32, u64> = open.map(|(number, p)| (number, p.next)).collect();
        let assigned = list(&self.place, &from).and_then(|list| {
            self.consumer.assign(&list)?;
            self.consumer.resume(&list)
        });
        assigned.map_err(|error| lasting_error(&self.place, &self.doing(), &error))?;
        self.is_assigned = true;
        Ok(())
    }

    /// Takes what the client has, waiting only for the first.
    fn drain(&mut self, max_records: usize, timeout: Duration) -> Result<(), ConnectorError> {
        let mut wait = timeout;
        let mut has_ended = false;
        let mut taken = 0;
        while taken < max_records.max(1) {
            let polled = self.consumer.poll(wait);
            wait = Duration::ZERO;
            match polled {
                None => break,
                Some(Ok(message)) => {
                    has_ended |= self.partitions.stage(&message);
                    taken += 1;
                    self.note_answer();
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    has_ended |= self.partitions.note_end(partition.unsigned_abs());
                    self.note_answer();
                }
                Some(Err(error)) => {
                    self.note_error(&error)?;
                    break;
                }
            }
        }
        if has_ended { self.pause_ended() } else { Ok(()) }
    }

    /// What lies beyond a bound need not be fetched.
    fn pause_ended(&mut self) -> Result<(), ConnectorError> {
        let ended = self.partitions.iter().filter(|(_, p)| p.standing == Standing::Ended);
        let ended: BTreeMap<u32, u64> = ended.map(|(number, p)| (number, p.next)).collect();
        list(&self.place, &ended)
            .and_then(|list| self.consumer.pause(&list))
            .map_err(|error| lasting_error(&self.place, &self.doing(), &error))
    }
}

impl Source for KafkaSource {
    fn partitions(&self) -> u32 {
        self.partitions.count()
    }

    fn poll(
        &mut self,
        batch: &mut RecordBatch,
        max_records: usize,
        timeout: Duration,
    ) -> Result<Polled, ConnectorError> {
        if let Some(polled) = self.partitions.hand_out(batch) {
            return Ok(polled);
        }
        if !self.is_assigned {
            self.assign()?;
            if let Some(polled) = self.partitions.hand_out(batch) {
                return Ok(polled); // What is bounded and empty has ended before it began.
            }
        }
        if self.partitions.iter().all(|(_, p)| p.standing == Standing::Ended) {
            return Ok(Polled::Nothing);
        }
        self.commits.go_on(&self.consumer, &self.place, Duration::ZERO)?;
        self.drain(max_records, timeout)?;
        if self.repeated_at.elapsed() >= timeout.max(REPEAT_EVERY) {
            self.repeated_at = Instant::now();
            self.partitions.repeat_ends();
        }
        Ok(self.partitions.hand_out(batch).unwrap_or(Polled::Nothing))
    }

    fn seek(&mut self, positions: &[Position]) -> Result<(), ConnectorError> {
        for Position { partition, offset } in positions {
            let doing = self.doing();
            let count = self.partitions.count();
            if *partition >= count {
                let cause = format!("there is no partition {partition}, only {count} of them");
                return Err(ConnectorError::new(ConnectorErrorKind::Corrupt, doing, cause));
            }
            let (first, end) = bounds(&self.consumer, &self.place, *partition, QUESTION_PATIENCE)
                .map_err(|error| lasting_error(&self.place, &doing, &error))?;
            self.go_to(*partition, Some(*offset), first, end)?;
        }
        if self.is_assigned { self.assign() } else { Ok(()) }
    }

    fn committed(&mut self) -> Result<Vec<Position>, ConnectorError> {
        let count = self.partitions.count();
        committed(&self.consumer, &self.place, count, QUESTION_PATIENCE).map_err(|error| {
            let doing = format!("cannot ask for the committed offsets of `{}`", self.place);
            lasting_error(&self.place, &doing, &error)
        })
    }

    fn commit(&mut self, positions: &[Position]) -> Result<(), ConnectorError> {
        self.commits.add(&self.consumer, &self.place, positions)
    }

    fn progress(&self) -> Option<Progress> {
        let mut progress = Progress { done: 0, total: 0 };
        for (_, partition) in self.partitions.iter() {
            progress.done += partition.next.saturating_sub(partition.first);
            progress.total += partition.stop?.saturating_sub(partition.first);
        }
        Some(progress)
    }
}

impl Drop for KafkaSource {
    fn drop(&mut self) {
        self.commits.finish(&self.consumer, &self.place);
    }
}
