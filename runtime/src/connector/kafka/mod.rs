//! Apache Kafka: `kafka://HOST:PORT[,HOST:PORT]/TOPIC`.
//!
//! The source reads every partition of its topic by manual assignment, committed records only, on
//! the thread that polls it; it belongs to no consumer group and uses the group's name only to
//! keep offsets under, which are committed when the driver says so and never by themselves. The
//! sink is an idempotent producer that waits for all replicas.
//!
//! A broker that goes away while running is waited for: the client reconnects by itself, a
//! warning says so, and silence meanwhile does not count as the end of a partition. At the start,
//! where a wrong address is likelier than a restart, the wait is bounded.
//!
//! Two facts for those who operate it: a topic's retention goes by record timestamps, so derived
//! events of an old replay are soon deleted from a topic with ordinary retention; and a broker
//! refuses records stamped further ahead than the topic's `message.timestamp.after.max.ms`.

mod client;
mod offsets;
mod partitions;
mod recovery;
mod settings;
mod sink;
mod source;

pub use sink::KafkaSink;
pub use source::KafkaSource;

use super::{Connector, ConnectorError, ConnectorErrorKind, ConnectorOptions, Sink, Source, Uri};
use client::Place;

/// The row of the table of connectors.
pub const CONNECTOR: Connector = Connector {
    scheme: "kafka",
    doc: "topics of Apache Kafka",
    source: Some(open_source),
    sink: Some(open_sink),
};

fn open_source(uri: &Uri, options: &ConnectorOptions) -> Result<Box<dyn Source>, ConnectorError> {
    Ok(Box::new(KafkaSource::open(place(uri)?, options)?))
}

fn open_sink(uri: &Uri, options: &ConnectorOptions) -> Result<Box<dyn Sink>, ConnectorError> {
    Ok(Box::new(KafkaSink::open(place(uri)?, options)?))
}

fn place(uri: &Uri) -> Result<Place, ConnectorError> {
    match uri {
        Uri::Kafka { brokers, topic } => {
            Ok(Place { brokers: brokers.join(","), topic: topic.clone() })
        }
        other => Err(ConnectorError::new(
            ConnectorErrorKind::Unsupported,
            format!("cannot open `{other}`"),
            "it is no topic of Kafka",
        )),
    }
}
