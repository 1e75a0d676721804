//! The settings of the client: those that cep's guarantees rest on, and the user's.

use super::super::{ConnectorError, ConnectorErrorKind, ConnectorOptions};
use super::client::Place;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;

/// Settings that the guarantees rest on, or that are said elsewhere.
const OWN_SETTINGS: &[(&str, &str)] = &[
    ("bootstrap.servers", "the brokers stand in the URI"),
    ("metadata.broker.list", "the brokers stand in the URI"),
    ("group.id", "it is `id` of the section `[app]`"),
    ("enable.auto.commit", "offsets are committed when outputs are safe"),
    ("enable.auto.offset.store", "offsets are committed when outputs are safe"),
    ("auto.offset.reset", "a position that is gone is reported, not replaced in silence"),
    ("enable.partition.eof", "the end of a partition must be known"),
    ("isolation.level", "only committed records are events"),
    ("enable.idempotence", "a record must not be written twice"),
    ("acks", "a record is safe when all replicas have it"),
    ("request.required.acks", "a record is safe when all replicas have it"),
];

/// The client's settings: those of cep for this side, under those of the user.
///
/// # Errors
/// When the user sets what cep must set itself.
pub fn config(
    place: &Place,
    options: &ConnectorOptions,
    doing: &str,
    own: &[(&str, &str)],
) -> Result<ClientConfig, ConnectorError> {
    let mut config = ClientConfig::new();
    config.set_log_level(RDKafkaLogLevel::Info);
    config.set("client.id", format!("cep-{}", options.app_id));
    config.set("socket.keepalive.enable", "true");
    // A restarted broker is noticed within a second or two.
    config.set("reconnect.backoff.ms", "50");
    config.set("reconnect.backoff.max.ms", "1000");
    for (name, value) in own {
        config.set(*name, *value);
    }
    for (name, value) in &options.kafka {
        if let Some((_, why)) = OWN_SETTINGS.iter().find(|(own, _)| own == name) {
            let cause = format!("the setting `{name}` of `[kafka]` cannot be changed: {why}");
            return Err(ConnectorError::new(ConnectorErrorKind::Unsupported, doing, cause));
        }
        config.set(name, value);
    }
    config.set("bootstrap.servers", &place.brokers);
    Ok(config)
}

/// The error of a client that could not be made. Values of settings are not repeated, since
/// passwords are among them.
pub fn creation_error(doing: &str, error: KafkaError) -> ConnectorError {
    let cause = match error {
        KafkaError::ClientConfig(_, why, name, value) => {
            let why = if value.is_empty() { why } else { why.replace(&value, "…") };
            format!("the setting `{name}` of `[kafka]` is wrong: {}", why.trim())
        }
        KafkaError::ClientCreation(why) => why,
        other => other.to_string(),
    };
    ConnectorError::new(ConnectorErrorKind::Unsupported, doing, cause)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn place() -> Place {
        Place { brokers: "127.0.0.1:1".into(), topic: "costcenter".into() }
    }

    fn options(settings: &[(&str, &str)]) -> ConnectorOptions {
        let kafka = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        ConnectorOptions { kafka, ..ConnectorOptions::default() }
    }

    #[test]
    fn settings_the_guarantees_rest_on_cannot_be_changed() {
        let error = config(&place(), &options(&[("acks", "1")]), "cannot write", &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot write: the setting `acks` of `[kafka]` cannot be changed: a record is safe when \
             all replicas have it"
        );
    }

    #[test]
    fn a_wrong_setting_is_named_without_its_value() {
        let settings = options(&[("security.protocol", "hunter2")]);
        let config = config(&place(), &settings, "cannot read", &[]).unwrap();
        let made: Result<rdkafka::consumer::BaseConsumer, _> = config.create();
        let error = creation_error("cannot read", made.err().unwrap()).to_string();
        assert!(error.contains("the setting `security.protocol` of `[kafka]` is wrong"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
