//! What cannot work, said in words.

use super::uri;
use cep_core::time::EventTime;
use cep_tests::broker::Broker;
use runtime::connector::{
    ConnectorError, ConnectorErrorKind, ConnectorOptions, OutRecord, Uri, open_sink, open_source,
};
use std::time::{Duration, Instant};

fn error_of<T>(result: Result<T, ConnectorError>) -> ConnectorError {
    match result {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

#[test]
fn a_missing_topic_is_named_with_its_broker_and_what_to_do() {
    let broker = Broker::shared();
    broker.create_topic("costcenter", 1).unwrap();
    let address = broker.address();
    for (name, help) in [
        ("costcentre", "did you mean `costcenter`? Otherwise make it, for example with"),
        ("elsewhere", "make it, for example with `kafka-topics.sh --bootstrap-server"),
    ] {
        let uri = uri(broker, name);
        let options = ConnectorOptions::default();
        let reading = error_of(open_source(&uri, &options));
        assert_eq!(reading.kind, ConnectorErrorKind::NotFound);
        assert_eq!(
            reading.to_string(),
            format!("cannot read `{uri}`: the topic `{name}` does not exist on {address}")
        );
        let said = reading.help.unwrap();
        assert!(said.starts_with(help), "{said}");
        let writing = error_of(open_sink(&uri, &options));
        assert_eq!(
            writing.to_string(),
            format!("cannot write `{uri}`: the topic `{name}` does not exist on {address}")
        );
    }
}

#[test]
fn an_unreachable_broker_is_named_within_the_time_allowed() {
    // A port that was just given back: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let uri = Uri::parse(&format!("kafka://127.0.0.1:{port}/costcenter")).unwrap();
    let connect_timeout = Duration::from_millis(1500);
    let options = ConnectorOptions { connect_timeout, ..ConnectorOptions::default() };
    let begun = Instant::now();
    let error = error_of(open_source(&uri, &options));
    assert_eq!(error.kind, ConnectorErrorKind::Unreachable);
    let text = error.to_string();
    assert!(
        text.starts_with(&format!(
            "cannot read `{uri}`: no broker at 127.0.0.1:{port} answered within 1.5 s"
        )),
        "{text}"
    );
    assert!(text.contains("Connection refused"), "{text}");
    assert!(error.help.is_some());
    let error = error_of(open_sink(&uri, &options));
    assert_eq!(error.kind, ConnectorErrorKind::Unreachable);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn a_record_the_broker_refuses_fails_the_flush_and_is_named() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("refused", 1).unwrap();
    // The client lets it pass, the broker does not.
    let kafka = [("message.max.bytes".to_owned(), "10000000".to_owned())].into();
    let options = ConnectorOptions { kafka, ..ConnectorOptions::default() };
    let mut sink = open_sink(&uri(broker, &topic), &options).unwrap();
    let value = vec![b'x'; 2_000_000];
    let record =
        OutRecord { value: Some(&value), key: Some(b"302"), timestamp: EventTime(1), headers: &[] };
    let written = sink.write(&record);
    let error = written.and_then(|()| sink.flush()).unwrap_err();
    assert!(error.to_string().contains("the record of key `302` was not taken"), "{error}");
    assert!(error.help.unwrap().contains("max.message.bytes"));
    assert!(sink.flush().is_err(), "what failed stays failed");
}
