//! Writing to a topic.

use super::super::{
    ConnectorError, ConnectorErrorKind, ConnectorOptions, ContentMode, OutRecord, Sink,
};
use super::client::{Complaints, Place, contact, lasting_error, log};
use super::settings::{config, creation_error};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::types::RDKafkaErrorCode as Code;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After how many records the client's acknowledgements are taken, so that its queue stays short.
const RECORDS_BETWEEN_POLLS: u32 = 256;
/// The client's polls take as long as they are allowed to, acknowledgement or not: short ones.
const SHORT: Duration = Duration::from_millis(1);
/// After how long a wait is worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(5);

/// One topic, written by an idempotent producer.
pub struct KafkaSink {
    producer: BaseProducer<SinkContext>,
    place: Place,
    until_poll: u32,
}

/// What the client calls back.
#[derive(Default)]
struct SinkContext {
    complaints: Complaints,
    /// The first record that was not taken, and why.
    failure: Mutex<Option<Failure>>,
}

#[derive(Clone, Debug)]
struct Failure {
    error: KafkaError,
    key: Option<Vec<u8>>,
    count: u64,
}

impl ClientContext for SinkContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.complaints.note(&error, reason);
    }
}

impl ProducerContext for SinkContext {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let Err((error, message)) = result else { return };
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        let key = || message.key().map(<[u8]>::to_vec);
        failure
            .get_or_insert_with(|| Failure { error: error.clone(), key: key(), count: 0 })
            .count += 1;
    }
}

impl KafkaSink {
    /// Opens the topic for writing.
    ///
    /// # Errors
    /// When no broker answers in time, the topic does not exist (and the broker does not make it
    /// on demand), or a setting is wrong.
    pub fn open(place: Place, options: &ConnectorOptions) -> Result<Self, ConnectorError> {
        let doing = format!("cannot write `{place}`");
        let own = [
            ("enable.idempotence", "true"),
            ("acks", "all"),
            // A flush waits this long at least.
            ("linger.ms", "1"),
            // Java's way of placing keys, so that streams written by both are partitioned alike.
            ("partitioner", "murmur2_random"),
        ];
        let config = config(&place, options, &doing, &own)?;
        let producer: BaseProducer<SinkContext> = config
            .create_with_context(SinkContext::default())
            .map_err(|error| creation_error(&doing, error))?;
        let complaints = &producer.context().complaints;
        let serve = || producer.poll(Duration::ZERO);
        contact(producer.client(), &place, options, &doing, complaints, serve)?;
        Ok(Self { producer, place, until_poll: RECORDS_BETWEEN_POLLS })
    }

    fn doing(&self) -> String {
        format!("cannot write `{}`", self.place)
    }

    /// The error of the first record that was not taken, if there is one. It stays: what came
    /// after that record may be missing too.
    fn check(&self) -> Result<(), ConnectorError> {
        let failure = self.producer.context().failure.lock();
        let failure = failure.unwrap_or_else(PoisonError::into_inner).clone();
        match failure {
            None => Ok(()),
            Some(Failure { error, key, count }) => Err(self.refusal(&error, key.as_deref(), count)),
        }
    }

    fn refusal(&self, error: &KafkaError, key: Option<&[u8]>, count: u64) -> ConnectorError {
        let code = error.rdkafka_error_code();
        let reason = match code {
            Some(Code::MessageTimedOut) => {
                format!(
                    "not acknowledged in time{}",
                    self.producer.context().complaints.in_brackets()
                )
            }
            Some(code) => code.to_string(),
            None => error.to_string(),
        };
        let key = key.map(String::from_utf8_lossy);
        let which =
            key.map_or("a record without a key".into(), |key| format!("the record of key `{key}`"));
        let others = match count {
            0 | 1 => String::new(),
            _ => format!(" (and {} more)", count - 1),
        };
        let cause = format!("{which}{others} was not taken: {reason}");
        let doing = self.doing();
        match code {
            Some(Code::MessageSizeTooLarge) => {
                ConnectorError::new(ConnectorErrorKind::Other, doing, cause).with_help(
                    "raise `max.message.bytes` of the topic and `message.max.bytes` in `[kafka]` \
                     of cep.toml, or emit less",
                )
            }
            Some(Code::InvalidTimestamp) => {
                ConnectorError::new(ConnectorErrorKind::Other, doing, cause).with_help(
                    "the topic refuses the event's time; see its `message.timestamp.after.max.ms` \
                     and `message.timestamp.before.max.ms`",
                )
            }
            Some(Code::MessageTimedOut) => {
                ConnectorError::new(ConnectorErrorKind::Unreachable, doing, cause)
            }
            _ => {
                let kind = lasting_error(&self.place, "", error).kind;
                ConnectorError::new(kind, doing, cause)
            }
        }
    }
}

impl Sink for KafkaSink {
    fn content_mode(&self) -> ContentMode {
        ContentMode::Binary
    }

    fn write(&mut self, record: &OutRecord<'_>) -> Result<(), ConnectorError> {
        let mut waiting = BaseRecord::<[u8], [u8]>::to(&self.place.topic);
        waiting.payload = record.value;
        waiting.key = record.key;
        // Kafka knows milliseconds from 1970 on, and the client takes 0 for "now".
        waiting.timestamp = Some(record.timestamp.0.div_euclid(1_000).max(1));
        if !record.headers.is_empty() {
            let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
            for (key, value) in record.headers {
                headers = headers.insert(Header { key, value: Some(*value) });
            }
            waiting.headers = Some(headers);
        }
        let begun = Instant::now();
        let mut has_spoken = false;
        while let Err((error, back)) = self.producer.send(waiting) {
            if error.rdkafka_error_code() != Some(Code::QueueFull) {
                self.check()?; // Why the client is unusable, if it is.
                return Err(self.refusal(&error, record.key, 1));
            }
            // Backpressure: the client gives every record up after `message.timeout.ms`.
            self.producer.poll(SHORT);
            self.check()?;
            waiting = back;
            if !has_spoken && begun.elapsed() > WORTH_A_WORD {
                has_spoken = true;
                let why = self.producer.context().complaints.in_brackets();
                tracing::warn!("`{}` takes no more records for now{why}; waiting", self.place);
            }
        }
        self.until_poll -= 1;
        if self.until_poll == 0 {
            self.until_poll = RECORDS_BETWEEN_POLLS;
            self.producer.poll(Duration::ZERO);
            self.check()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ConnectorError> {
        let begun = Instant::now();
        let mut has_spoken = false;
        // Every record is acknowledged or given up by the client after `message.timeout.ms`.
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(SHORT);
            if !has_spoken && begun.elapsed() > WORTH_A_WORD {
                has_spoken = true;
                let why = self.producer.context().complaints.in_brackets();
                tracing::warn!("`{}` does not acknowledge records{why}; waiting", self.place);
            }
        }
        self.check()
    }
}
