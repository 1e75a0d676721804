//! Committed offsets: asked for at the start, committed in the background, and seen through to
//! the broker before the source goes.
//!
//! One commit is under way at a time, on a thread of its own that waits for the answer (the client
//! library gives none to a commit that does not wait); positions that are given meanwhile wait and
//! go out together, so that a slow broker sees few commits. A commit that failed and may pass is
//! tried again with the next.

use super::super::{ConnectorError, ConnectorErrorKind, Position};
use super::client::{Complaints, Place, is_passing, lasting_error, log};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// How long a source that goes waits for its last commit.
const LAST_COMMIT_PATIENCE: Duration = Duration::from_secs(5);
/// The pause after a commit that failed.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// A wait between two looks.
const SHORT: Duration = Duration::from_millis(20);

/// What the client calls back.
#[derive(Default)]
pub struct SourceContext {
    /// What it complained about.
    pub complaints: Complaints,
}

impl ClientContext for SourceContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.complaints.note(&error, reason);
    }
}

impl ConsumerContext for SourceContext {}

type SharedConsumer = Arc<BaseConsumer<SourceContext>>;

/// The commits of one source.
#[derive(Default)]
pub struct Commits {
    /// Given, and not yet on their way.
    waiting: BTreeMap<u32, u64>,
    /// On their way.
    under_way: Option<BTreeMap<u32, u64>>,
    failed_at: Option<Instant>,
    committer: Option<Committer>,
}

/// The thread that commits.
struct Committer {
    orders: Sender<TopicPartitionList>,
    answers: Receiver<KafkaResult<()>>,
}

impl Committer {
    fn start(consumer: &SharedConsumer) -> std::io::Result<Self> {
        let (orders, to_commit) = channel::<TopicPartitionList>();
        let (answer, answers) = channel();
        let consumer = Arc::clone(consumer);
        let run = move || {
            for list in to_commit {
                if answer.send(consumer.commit(&list, CommitMode::Sync)).is_err() {
                    return; // The source has gone without waiting any longer.
                }
            }
        };
        std::thread::Builder::new().name("kafka commit".into()).spawn(run)?;
        Ok(Self { orders, answers })
    }
}

impl Commits {
    /// Commits `positions`, now or when the commit under way is through.
    ///
    /// # Errors
    /// When an earlier commit was refused for good.
    pub fn add(
        &mut self,
        consumer: &SharedConsumer,
        place: &Place,
        positions: &[Position],
    ) -> Result<(), ConnectorError> {
        self.waiting.extend(positions.iter().map(|p| (p.partition, p.offset)));
        self.go_on(consumer, place, Duration::ZERO)
    }

    /// Takes the broker's answer, waiting for it up to `patience`, and sends what waits.
    ///
    /// # Errors
    /// When a commit was refused for good.
    pub fn go_on(
        &mut self,
        consumer: &SharedConsumer,
        place: &Place,
        patience: Duration,
    ) -> Result<(), ConnectorError> {
        if let (Some(sent), Some(committer)) = (&self.under_way, &self.committer) {
            let Ok(answer) = committer.answers.recv_timeout(patience) else { return Ok(()) };
            let sent = sent.clone();
            self.under_way = None;
            match answer {
                Ok(()) => self.failed_at = None,
                Err(error) => self.failed(place, sent, &error)?,
            }
        }
        let pausing = self.failed_at.is_some_and(|at| at.elapsed() < RETRY_PAUSE);
        if self.waiting.is_empty() || pausing {
            return Ok(());
        }
        let sent = std::mem::take(&mut self.waiting);
        let list = match list(place, &sent) {
            Ok(list) => list,
            Err(error) => return self.failed(place, sent, &error),
        };
        let doing = || format!("cannot commit offsets of `{place}`");
        let committer = match &mut self.committer {
            Some(committer) => committer,
            none => none.insert(
                Committer::start(consumer).map_err(|error| ConnectorError::io(doing(), &error))?,
            ),
        };
        let gone = |_| ConnectorError::new(ConnectorErrorKind::Other, doing(), "its thread ended");
        committer.orders.send(list).map_err(gone)?;
        self.under_way = Some(sent);
        Ok(())
    }

    fn failed(
        &mut self,
        place: &Place,
        sent: BTreeMap<u32, u64>,
        error: &KafkaError,
    ) -> Result<(), ConnectorError> {
        let doing = format!("cannot commit offsets of `{place}`");
        if matches!(
            error.rdkafka_error_code(),
            Some(Code::UnknownMemberId | Code::IllegalGeneration | Code::RebalanceInProgress)
        ) {
            let cause = "another consumer uses the group of this application";
            return Err(ConnectorError::new(ConnectorErrorKind::Denied, doing, cause)
                .with_help("give the application an `id` of its own in `[app]` of cep.toml"));
        }
        if !is_passing(error) {
            return Err(lasting_error(place, &doing, error));
        }
        if self.failed_at.is_none() {
            tracing::warn!("{doing} for now: {error}; trying again");
        }
        self.failed_at = Some(Instant::now());
        for (partition, offset) in sent {
            self.waiting.entry(partition).or_insert(offset);
        }
        Ok(())
    }

    /// Waits till everything given has been committed, or for a few seconds.
    pub fn finish(&mut self, consumer: &SharedConsumer, place: &Place) {
        let begun = Instant::now();
        while self.under_way.is_some() || !self.waiting.is_empty() {
            if self.failed_at.is_some() {
                std::thread::sleep(SHORT);
            }
            if let Err(error) = self.go_on(consumer, place, SHORT) {
                tracing::warn!("{error}");
                return;
            }
            if begun.elapsed() > LAST_COMMIT_PATIENCE {
                tracing::warn!(
                    "the last offsets of `{place}` could not be committed; a next run reads some \
                     records again"
                );
                return;
            }
        }
    }
}

/// The offsets that are committed for the topic.
pub fn committed(
    consumer: &BaseConsumer<SourceContext>,
    place: &Place,
    partitions: u32,
    timeout: Duration,
) -> KafkaResult<Vec<Position>> {
    let mut wanted = TopicPartitionList::new();
    for partition in 0..partitions {
        wanted.add_partition(&place.topic, i32::try_from(partition).unwrap_or(i32::MAX));
    }
    let found = consumer.committed_offsets(wanted, timeout)?;
    let position = |partition: i32, offset| match offset {
        Offset::Offset(offset) => Some(Position {
            partition: u32::try_from(partition).ok()?,
            offset: u64::try_from(offset).ok()?,
        }),
        _ => None,
    };
    Ok(found.elements().iter().filter_map(|e| position(e.partition(), e.offset())).collect())
}

/// The client's list of these offsets by partition.
pub fn list(place: &Place, offsets: &BTreeMap<u32, u64>) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in offsets {
        let partition = i32::try_from(*partition).unwrap_or(i32::MAX);
        let offset = Offset::Offset(i64::try_from(*offset).unwrap_or(i64::MAX));
        list.add_partition_offset(&place.topic, partition, offset)?;
    }
    Ok(list)
}
