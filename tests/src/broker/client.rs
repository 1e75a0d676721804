//! What tests say to a broker: make topics, write records, read them back as a careful consumer sees them (committed ones only).

use super::record::{Received, Record, base_record, received};
use super::{Broker, BrokerError};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, DeliveryResult, Producer, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// How long a single request may take; a broker that just restarted is slow.
const REQUEST_DEADLINE: Duration = Duration::from_secs(20);

/// A name that no other topic has.
fn fresh_name(about: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{about}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its records count.
    Commit,
    /// They do not.
    Abort,
}

impl Broker {
    /// Makes a topic.
    ///
    /// # Errors
    /// When the broker refuses, as it does a name that is taken.
    pub fn create_topic(&self, name: &str, partitions: i32) -> Result<(), BrokerError> {
        self.make_topic(NewTopic::new(name, partitions, TopicReplication::Fixed(1)))
    }

    /// Makes a topic of a name that no other test has, of which the broker may keep the last record of each
    /// key only.
    ///
    /// # Errors
    /// When the broker refuses.
    pub fn compacted_topic(&self, about: &str, partitions: i32) -> Result<String, BrokerError> {
        let name = fresh_name(about);
        let topic = NewTopic::new(&name, partitions, TopicReplication::Fixed(1));
        self.make_topic(topic.set("cleanup.policy", "compact"))?;
        Ok(name)
    }

    fn make_topic(&self, topic: NewTopic<'_>) -> Result<(), BrokerError> {
        let name = topic.name.to_owned();
        let what = || format!("cannot make the topic `{name}`");
        let admin: AdminClient<DefaultClientContext> =
            self.client_config().create().map_err(BrokerError::kafka(what()))?;
        let options = AdminOptions::new()
            .operation_timeout(Some(REQUEST_DEADLINE))
            .request_timeout(Some(REQUEST_DEADLINE));
        let results = block_on(admin.create_topics([&topic], &options))
            .map_err(BrokerError::kafka(what()))?;
        results
            .into_iter()
            .try_for_each(|result| result.map(drop).map_err(|(_, code)| KafkaError::AdminOp(code)))
            .map_err(BrokerError::kafka(what()))
    }

    /// Makes a topic of a name that no other test has; the name.
    ///
    /// # Errors
    /// When the broker refuses.
    pub fn fresh_topic(&self, about: &str, partitions: i32) -> Result<String, BrokerError> {
        let name = fresh_name(about);
        self.create_topic(&name, partitions)?;
        Ok(name)
    }

    /// Deletes the records of a partition before an offset, as retention does.
    ///
    /// # Errors
    /// When the broker refuses.
    pub fn delete_before(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> Result<(), BrokerError> {
        let what = || format!("cannot delete records of `{topic}`");
        let admin: AdminClient<DefaultClientContext> =
            self.client_config().create().map_err(BrokerError::kafka(what()))?;
        let mut before = TopicPartitionList::new();
        before
            .add_partition_offset(topic, partition, Offset::Offset(offset))
            .map_err(BrokerError::kafka(what()))?;
        let options = AdminOptions::new().operation_timeout(Some(REQUEST_DEADLINE));
        let deleted = block_on(admin.delete_records(&before, &options));
        let deleted = deleted.map_err(BrokerError::kafka(what()))?;
        deleted.elements().iter().try_for_each(|e| e.error()).map_err(BrokerError::kafka(what()))
    }

    /// Writes `records` in one transaction, which is committed or aborted.
    ///
    /// # Errors
    /// When the broker refuses.
    pub fn transact(&self, topic: &str, records: &[Record], end: End) -> Result<(), BrokerError> {
        let what = || format!("cannot write to `{topic}` in a transaction");
        let work = || {
            let producer: BaseProducer = self
                .client_config()
                .set("transactional.id", format!("tests-{topic}"))
                .set("linger.ms", "0")
                .create()?;
            producer.init_transactions(REQUEST_DEADLINE)?;
            producer.begin_transaction()?;
            for record in records {
                producer.send(base_record(topic, record)).map_err(|(error, _)| error)?;
            }
            producer.flush(REQUEST_DEADLINE)?;
            match end {
                End::Commit => producer.commit_transaction(REQUEST_DEADLINE),
                End::Abort => producer.abort_transaction(REQUEST_DEADLINE),
            }
        };
        work().map_err(BrokerError::kafka(what()))
    }

    /// Writes `records` in order and waits till the broker has taken all.
    ///
    /// # Errors
    /// The first that failed.
    pub fn produce(&self, topic: &str, records: &[Record]) -> Result<(), BrokerError> {
        let what = || format!("cannot write to `{topic}`");
        let mut slot = self.writer.0.lock().unwrap_or_else(PoisonError::into_inner);
        let producer = match &mut *slot {
            Some(producer) => producer,
            empty => empty.insert(self.new_producer().map_err(BrokerError::kafka(what()))?),
        };
        for record in records {
            let mut waiting = base_record(topic, record);
            while let Err((error, back)) = producer.send(waiting) {
                if !matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)) {
                    return Err(BrokerError::kafka(what())(error));
                }
                producer.poll(Duration::from_millis(10));
                waiting = back;
            }
            producer.poll(Duration::ZERO);
        }
        producer.flush(REQUEST_DEADLINE * 2).map_err(BrokerError::kafka(what()))?;
        match producer.context().0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(BrokerError::kafka(what())(error)),
            None => Ok(()),
        }
    }

    fn new_producer(&self) -> Result<BaseProducer<Failed>, KafkaError> {
        self.client_config()
            .set("enable.idempotence", "true")
            .set("linger.ms", "1")
            .set("message.timeout.ms", "30000")
            .create_with_context(Failed::default())
    }

    /// The first `expected` records of all partitions, or more if more came at once, in order of (partition, offset).
    ///
    /// # Errors
    /// [`BrokerError::TooFew`] when they have not come within `timeout`.
    pub fn read(
        &self,
        topic: &str,
        expected: usize,
        timeout: Duration,
    ) -> Result<Vec<Received>, BrokerError> {
        let consumer = self.reader(topic)?;
        let begun = Instant::now();
        let mut records = Vec::new();
        while records.len() < expected {
            let waited = begun.elapsed();
            if waited > timeout {
                return Err(BrokerError::TooFew {
                    topic: topic.to_owned(),
                    expected,
                    found: records.len(),
                    waited,
                });
            }
            if let Some(Ok(message)) = consumer.poll(Duration::from_millis(50)) {
                records.push(received(&message));
            }
        }
        records.sort_by_key(|record| (record.partition, record.offset));
        Ok(records)
    }

    /// Every record there is now, in order of (partition, offset).
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn read_all(&self, topic: &str) -> Result<Vec<Received>, BrokerError> {
        let what = || format!("cannot read `{topic}`");
        let consumer = self.reader(topic)?;
        let mut unread: BTreeSet<i32> = partitions(&consumer, topic)?.into_iter().collect();
        let begun = Instant::now();
        let mut records = Vec::new();
        while !unread.is_empty() {
            if begun.elapsed() > REQUEST_DEADLINE {
                return Err(BrokerError::kafka(what())(KafkaError::NoMessageReceived));
            }
            match consumer.poll(Duration::from_millis(50)) {
                Some(Ok(message)) => records.push(received(&message)),
                Some(Err(KafkaError::PartitionEOF(partition))) => drop(unread.remove(&partition)),
                Some(Err(_)) | None => {} // Transport errors are the client's to get over; the deadline bounds them.
            }
        }
        records.sort_by_key(|record| (record.partition, record.offset));
        Ok(records)
    }

    /// The offsets a consumer group has committed for a topic, by partition; partitions without one are left out.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn committed(&self, group: &str, topic: &str) -> Result<BTreeMap<i32, i64>, BrokerError> {
        let what = || format!("cannot read what `{group}` committed");
        let consumer: BaseConsumer = self
            .client_config()
            .set("group.id", group)
            .create()
            .map_err(BrokerError::kafka(what()))?;
        let mut wanted = TopicPartitionList::new();
        for partition in partitions(&consumer, topic)? {
            wanted.add_partition(topic, partition);
        }
        let committed = consumer
            .committed_offsets(wanted, REQUEST_DEADLINE)
            .map_err(BrokerError::kafka(what()))?;
        let offset = |offset| {
            if let Offset::Offset(next) = offset { Some(next) } else { None }
        };
        Ok(committed
            .elements()
            .iter()
            .filter_map(|e| Some((e.partition(), offset(e.offset())?)))
            .collect())
    }

    fn reader(&self, topic: &str) -> Result<BaseConsumer, BrokerError> {
        let what = || format!("cannot read `{topic}`");
        let consumer: BaseConsumer = self
            .client_config()
            .set("group.id", "cep-tests-reader")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", "50")
            .set("fetch.error.backoff.ms", "50")
            .create()
            .map_err(BrokerError::kafka(what()))?;
        let mut all = TopicPartitionList::new();
        for partition in partitions(&consumer, topic)? {
            all.add_partition_offset(topic, partition, Offset::Beginning)
                .map_err(BrokerError::kafka(what()))?;
        }
        consumer.assign(&all).map_err(BrokerError::kafka(what()))?;
        Ok(consumer)
    }
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> Result<Vec<i32>, BrokerError> {
    let what = || format!("cannot look up the topic `{topic}`");
    let metadata = consumer
        .fetch_metadata(Some(topic), REQUEST_DEADLINE)
        .map_err(BrokerError::kafka(what()))?;
    Ok(metadata
        .topics()
        .iter()
        .flat_map(|topic| topic.partitions().iter().map(|p| p.id()))
        .collect())
}

/// The producer of all of a broker's tests, made when first needed: an idempotent one takes half a second to get ready.
#[derive(Default)]
pub struct Writer(Mutex<Option<BaseProducer<Failed>>>);

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

/// Keeps the first delivery that failed.
#[derive(Default)]
pub struct Failed(Mutex<Option<KafkaError>>);

impl ClientContext for Failed {}

impl ProducerContext for Failed {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert_with(|| error.clone());
        }
    }
}

/// Waits for the one future of this file; a runtime would be too much for it.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
