//! What can go wrong while a topic is read, and going on after it: brokers that are away, records
//! that retention deleted, topics that were made anew.

use super::super::{ConnectorError, ConnectorErrorKind};
use super::client::{Place, is_passing, lasting_error};
use super::offsets::SourceContext;
use super::source::KafkaSource;
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode as Code;
use std::time::{Duration, Instant};

/// How long a single question about offsets may take.
pub const QUESTION_PATIENCE: Duration = Duration::from_secs(10);

impl KafkaSource {
    /// The brokers have answered: if they had been missed, that is worth a word.
    pub(super) fn note_answer(&mut self) {
        if let Some(since) = self.silent_since.take() {
            let seconds = since.elapsed().as_secs_f32();
            tracing::info!("the brokers of `{}` answer again after {seconds:.1} s", self.place);
        }
    }

    /// Deals with an error of the client.
    ///
    /// # Errors
    /// When it does not pass by itself.
    pub(super) fn note_error(&mut self, error: &KafkaError) -> Result<(), ConnectorError> {
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
    pub(super) fn go_to(
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

/// The first offset of a partition and the one after the last committed record.
pub fn bounds(
    consumer: &BaseConsumer<SourceContext>,
    place: &Place,
    partition: u32,
    timeout: Duration,
) -> KafkaResult<(u64, u64)> {
    let partition = i32::try_from(partition).unwrap_or(i32::MAX);
    let (first, end) = consumer.fetch_watermarks(&place.topic, partition, timeout)?;
    Ok((u64::try_from(first).unwrap_or(0), u64::try_from(end).unwrap_or(0)))
}
