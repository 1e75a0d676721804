//! Reading a topic.

use super::super::{
    AtEnd, ConnectorError, ConnectorErrorKind, ConnectorOptions, Polled, Position, Progress,
    RecordBatch, Source,
};
use super::client::{
    Place, config, contact, creation_error, is_passing, lasting_error, unreachable,
};
use super::offsets::{Commits, SourceContext, committed, list};
use super::partitions::{Partitions, Standing};
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode as Code;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often "at the end" is said again when polls do not wait.
const REPEAT_EVERY: Duration = Duration::from_millis(50);
/// How long a single question about offsets may take.
const QUESTION_PATIENCE: Duration = Duration::from_secs(10);

/// All partitions of one topic. See the module's words.
pub struct KafkaSource {
    consumer: Arc<BaseConsumer<SourceContext>>,
    place: Place,
    partitions: Partitions,
    commits: Commits,
    is_assigned: bool,
    /// Since when the brokers have not answered.
    silent_since: Option<Instant>,
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

    fn doing(&self) -> String {
        format!("cannot read `{}`", self.place)
    }

    /// Assigns every partition that has not ended, from where it stands.
    fn assign(&mut self) -> Result<(), ConnectorError> {
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
                    self.silent_since =
                        self.silent_since.and_then(|since| answered(&self.place, since));
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    has_ended |= self.partitions.note_end(partition.unsigned_abs());
                    self.silent_since =
                        self.silent_since.and_then(|since| answered(&self.place, since));
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

    fn note_error(&mut self, error: &KafkaError) -> Result<(), ConnectorError> {
        if error.rdkafka_error_code() == Some(Code::AutoOffsetReset) {
            return self.go_past_what_is_deleted();
        }
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) || !is_passing(error) {
            return Err(lasting_error(&self.place, &self.doing(), error));
        }
        if error.rdkafka_error_code() == Some(Code::AllBrokersDown) && self.silent_since.is_none() {
            self.silent_since = Some(Instant::now());
            let reason = self.consumer.context().complaints.in_brackets();
            tracing::warn!("the brokers of `{}` do not answer{reason}; waiting", self.place);
        }
        self.doubt_ends()
    }

    /// What was at its end may have grown since a broker has gone. The client says only once that
    /// a partition has come to its end, but again after a seek, be it to where it stands.
    fn doubt_ends(&mut self) -> Result<(), ConnectorError> {
        for (partition, offset) in self.partitions.doubt_ends() {
            let partition = i32::try_from(partition).unwrap_or(i32::MAX);
            let offset = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
            // A timeout of zero does not wait.
            let sought = self.consumer.seek(&self.place.topic, partition, offset, Duration::ZERO);
            if sought.is_err() {
                return self.assign();
            }
        }
        Ok(())
    }

    /// Retention has overtaken the reader: records were deleted before they were read. Says how
    /// many, and goes on from the first there is.
    fn go_past_what_is_deleted(&mut self) -> Result<(), ConnectorError> {
        for partition in 0..self.partitions.count() {
            match bounds(&self.consumer, &self.place, partition, QUESTION_PATIENCE) {
                Ok((first, end)) => self.go_to(partition, None, first, end)?,
                Err(error) => return self.note_error(&error),
            }
        }
        self.assign()
    }

    /// Goes on from `wanted`, or from where the partition stands, as far as the log reaches.
    fn go_to(
        &mut self,
        number: u32,
        wanted: Option<u64>,
        first: u64,
        end: u64,
    ) -> Result<(), ConnectorError> {
        let Some(partition) = self.partitions.get_mut(number) else { return Ok(()) };
        let offset = wanted.unwrap_or(partition.next);
        if offset > end {
            let cause = format!(
                "partition {number} ends at offset {end}, which is before offset {offset} where \
                 reading was to go on"
            );
            return Err(ConnectorError::new(ConnectorErrorKind::Corrupt, self.doing(), cause)
                .with_help(
                    "the topic seems to have been deleted and made anew; give the application \
                     another `id` in `[app]` of cep.toml, or reset its consumer group",
                ));
        }
        if offset < first {
            let lost = first - offset;
            tracing::warn!(
                "`{}`, partition {number}: {lost} records from offset {offset} were deleted by \
                 the topic's retention before they were read; going on from offset {first}",
                self.place
            );
        }
        if wanted.is_some() || offset < first {
            self.partitions.go_to(number, offset.max(first));
        }
        Ok(())
    }
}

/// Says that the brokers answer again; the new state of `silent_since`.
fn answered(place: &Place, since: Instant) -> Option<Instant> {
    let seconds = since.elapsed().as_secs_f32();
    tracing::info!("the brokers of `{place}` answer again after {seconds:.1} s");
    None
}

/// The first offset of a partition and the one after the last committed record.
fn bounds(
    consumer: &BaseConsumer<SourceContext>,
    place: &Place,
    partition: u32,
    timeout: Duration,
) -> KafkaResult<(u64, u64)> {
    let partition = i32::try_from(partition).unwrap_or(i32::MAX);
    let (first, end) = consumer.fetch_watermarks(&place.topic, partition, timeout)?;
    Ok((u64::try_from(first).unwrap_or(0), u64::try_from(end).unwrap_or(0)))
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
