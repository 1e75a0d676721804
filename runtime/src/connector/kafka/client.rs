//! What source and sink share: the first contact with the brokers, and the client's complaints in
//! words for people.

use super::super::{ConnectorError, ConnectorErrorKind, ConnectorOptions};
use rdkafka::client::{Client, ClientContext};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the first contact may find a topic missing before that is believed: a topic that was
/// just made takes a moment to be known, and so does one that the broker makes on demand.
const MISSING_TOPIC_GRACE: Duration = Duration::from_secs(1);
/// The slices in which the first contact waits, so that it can give up early.
const CONTACT_SLICE: Duration = Duration::from_millis(250);

/// A topic of some brokers.
#[derive(Clone, Debug)]
pub struct Place {
    /// `HOST:PORT[,HOST:PORT]`.
    pub brokers: String,
    /// The topic.
    pub topic: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kafka://{}/{}", self.brokers, self.topic)
    }
}

/// The last thing the client complained about.
#[derive(Debug, Default)]
pub struct Complaints(Mutex<Option<(Code, String)>>);

impl Complaints {
    /// Keeps what the client says, unless it says less than before.
    pub fn note(&self, error: &KafkaError, reason: &str) {
        tracing::debug!(target: "cep::kafka", "{error}: {reason}");
        let code = error.rdkafka_error_code().unwrap_or(Code::Fail);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if code != Code::AllBrokersDown || last.is_none() {
            *last = Some((code, plain_reason(reason)));
        }
    }

    /// What it was, as ` (…)` to append, or nothing.
    pub fn in_brackets(&self) -> String {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|(_, reason)| format!(" ({reason})")).unwrap_or_default()
    }

    fn refusal(&self) -> Option<String> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(code, _)| is_refusal(*code)).map(|(_, reason)| reason.clone())
    }
}

/// `127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in
/// state CONNECT, 1 identical error(s) suppressed)` without what is for the client's authors.
fn plain_reason(reason: &str) -> String {
    let reason = reason.split(" (after ").next().unwrap_or(reason);
    reason.trim().replace("ipv4#", "").replace("ipv6#", "")
}

fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::SSL
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
    )
}

/// Forwards the client's log, which is written for its authors, to the debug level of ours.
pub fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    tracing::debug!(target: "cep::kafka", ?level, facility, "{message}");
}

/// Asks the brokers for the topic, waiting up to `options.connect_timeout` for an answer; `serve`
/// lets the client deliver its complaints. The number of its partitions.
///
/// # Errors
/// When no broker answers or lets us in, or there is no such topic.
pub fn contact<C: ClientContext>(
    client: &Client<C>,
    place: &Place,
    options: &ConnectorOptions,
    doing: &str,
    complaints: &Complaints,
    serve: impl Fn(),
) -> Result<u32, ConnectorError> {
    let begun = Instant::now();
    let patience = options.connect_timeout;
    let mut missing_since: Option<Instant> = None;
    loop {
        let left = patience.saturating_sub(begun.elapsed()).min(CONTACT_SLICE);
        let answer = client.fetch_metadata(Some(&place.topic), left.max(Duration::from_millis(1)));
        serve();
        if let Some(reason) = complaints.refusal() {
            return Err(refused(doing, reason));
        }
        let late = begun.elapsed() >= patience;
        let metadata = match answer {
            Ok(metadata) => metadata,
            Err(error) if is_passing(&error) && !late => continue,
            Err(_) => return Err(unreachable(place, patience, doing, complaints)),
        };
        let topic = metadata.topics().iter().find(|topic| topic.name() == place.topic);
        let partitions = topic.map_or(0, |topic| topic.partitions().len());
        match topic.and_then(|topic| topic.error()).map(Code::from) {
            None if partitions > 0 => return Ok(u32::try_from(partitions).unwrap_or(u32::MAX)),
            Some(code) if is_refusal(code) => {
                return Err(refused(doing, format!("the topic `{}`: {code}", place.topic)));
            }
            _ => {}
        }
        let since = *missing_since.get_or_insert_with(Instant::now);
        if late || since.elapsed() > MISSING_TOPIC_GRACE {
            return Err(missing_topic(client, place, doing));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether an error of the client passes by itself once a broker is there again.
pub fn is_passing(error: &KafkaError) -> bool {
    let Some(code) = error.rdkafka_error_code() else { return false };
    !is_refusal(code)
        && !matches!(
            code,
            Code::Fatal
                | Code::UnknownTopic
                | Code::UnknownPartition
                | Code::UnknownTopicOrPartition
                | Code::InvalidTopic
                | Code::InvalidArgument
        )
}

/// The error for what does not pass by itself.
pub fn lasting_error(place: &Place, doing: &str, error: &KafkaError) -> ConnectorError {
    match error.rdkafka_error_code() {
        Some(code) if is_refusal(code) => refused(doing, code.to_string()),
        Some(Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition) => {
            let cause = format!("the topic `{}` is gone from {}", place.topic, place.brokers);
            ConnectorError::new(ConnectorErrorKind::NotFound, doing, cause)
        }
        _ => ConnectorError::new(ConnectorErrorKind::Other, doing, error.to_string()),
    }
}

/// The error for brokers that do not answer.
pub fn unreachable(
    place: &Place,
    waited: Duration,
    doing: &str,
    complaints: &Complaints,
) -> ConnectorError {
    let cause = format!(
        "no broker at {} answered within {} s{}",
        place.brokers,
        waited.as_secs_f32(),
        complaints.in_brackets()
    );
    ConnectorError::new(ConnectorErrorKind::Unreachable, doing, cause).with_help(
        "check the address, that the broker runs, and that `[kafka]` of cep.toml has the security \
         settings it asks for",
    )
}

fn refused(doing: &str, reason: String) -> ConnectorError {
    ConnectorError::new(ConnectorErrorKind::Denied, doing, reason)
        .with_help("check the security settings in `[kafka]` of cep.toml and the broker's ACLs")
}

fn missing_topic<C: ClientContext>(
    client: &Client<C>,
    place: &Place,
    doing: &str,
) -> ConnectorError {
    let Place { brokers, topic } = place;
    let cause = format!("the topic `{topic}` does not exist on {brokers}");
    let first = brokers.split(',').next().unwrap_or(brokers);
    let create = format!(
        "make it, for example with `kafka-topics.sh --bootstrap-server {first} --create --topic \
         {topic} --partitions 3`"
    );
    let known = client.fetch_metadata(None, Duration::from_secs(1));
    let alike = known.ok().and_then(|all| {
        let names = all.topics().iter().map(|topic| topic.name().to_owned());
        let near = names.map(|name| (strsim::jaro_winkler(&name, topic), name));
        near.filter(|(likeness, _)| *likeness > 0.85).max_by(|a, b| a.0.total_cmp(&b.0))
    });
    let help = match alike {
        Some((_, name)) => format!("did you mean `{name}`? Otherwise {create}"),
        None => create,
    };
    ConnectorError::new(ConnectorErrorKind::NotFound, doing, cause).with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_reasons_are_shortened() {
        assert_eq!(
            plain_reason(
                "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection \
                          refused (after 0ms in state CONNECT)"
            ),
            "127.0.0.1:1/bootstrap: Connect to 127.0.0.1:1 failed: Connection refused"
        );
    }
}
