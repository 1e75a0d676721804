#![allow(clippy::unwrap_used, reason = "tests")]
use super::*;
use crate::config::relative_to;
use crate::connector::AtEnd;
use std::time::Duration;

fn load(toml: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cep.toml");
    std::fs::write(&path, toml).unwrap();
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Config::load(Some(&path), variables).map_err(|mut error| {
        error.place = error.place.replace(&dir.path().display().to_string(), "DIR");
        error
    })
}

#[test]
fn every_key_reads_and_the_environment_wins() {
    let toml = r#"
        [app]
        id = "farm-watch"
        [kafka]
        brokers = ["a:9092", "b:9092"]
        security = "sasl_ssl"
        username = "farmer"
        [kafka.client]
        "fetch.wait.max.ms" = 50
        [bind]
        Harvest = "kafka://a:9092/costcenter"
        [sink]
        Disaster = ["stdout:", "file:/tmp/d.jsonl"]
        late = "file:/tmp/late.jsonl"
        [state]
        store = "dir:/tmp/state"
        checkpoint_every = "1m"
        max_bytes_per_rule = "2GiB"
        [run]
        guarantee = "at_least_once"
        on_bad_record = "stop"
        at_end = "stop"
        max_record_bytes = 1000
    "#;
    let config = load(
        toml,
        &[
            ("CEP_RUN_COMMIT_EVERY", "1s"),
            ("CEP_KAFKA_PASSWORD", "hunter2"),
            ("CEP_BIND_HARVEST", "stdin:"),
            ("CEP_APP_ID", "other"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!((config.app_id.as_str(), config.bind["Harvest"].as_str()), ("other", "stdin:"));
    assert_eq!(config.brokers, ["a:9092", "b:9092"]);
    assert_eq!(config.kafka.0["fetch.wait.max.ms"], "50");
    assert_eq!(config.kafka.0["sasl.password"], "hunter2");
    assert_eq!(config.sink["Disaster"], ["stdout:", "file:/tmp/d.jsonl"]);
    assert_eq!(config.state.as_deref(), Some(Path::new("/tmp/state")));
    assert_eq!(config.commit_every, Duration::from_secs(1));
    assert_eq!(config.max_bytes_per_rule, Some(2 << 30));
    assert_eq!((config.at_end, config.max_record_bytes), (Some(AtEnd::Stop), 1000));
    assert!(!format!("{config:?}").contains("hunter2"), "secrets are never printed");
}

#[test]
fn mistakes_say_where_and_what_was_meant() {
    let report: String = [
        "[kafka]\nbroker = [\"a:1\"]",
        "[kafa]\nbrokers = [\"a:1\"]",
        "[run]\ncommit_every = 5",
        "[run]\non_bad_record = \"ignore\"",
        "[run]\nguarantee = \"exactly_once\"",
        "[kafka]\npassword = \"hunter2\"",
        "[kafka.client]\n\"sasl.password\" = \"hunter2\"",
        "[state]\nstore = \"s3://bucket\"",
        "[state]\nmax_bytes_per_rule = \"256 mb\"",
        "[state]\nmax_bytes_per_rule = 0",
        "[state]\nmax_bytes_per_rules = \"256MiB\"",
        "[run]\nzzz = 1",
        "id = 1",
        "[run\n",
    ]
    .iter()
    .map(|toml| {
        let error = load(toml, &[]).unwrap_err();
        let help = error.help.as_ref().map(|help| format!("\n  help: {help}"));
        format!("{toml}\n=> {error}{}\n\n", help.unwrap_or_default())
    })
    .collect();
    insta::assert_snapshot!(report);
}

#[test]
fn paths_in_the_file_are_relative_to_it() {
    let config = load("[bind]\nHarvest = \"file:h.jsonl\"", &[]).unwrap();
    assert!(config.bind["Harvest"].starts_with("file:/"), "{:?}", config.bind);
    assert_eq!(relative_to(Path::new("a"), "log:b/c"), "log:a/b/c");
    assert_eq!(relative_to(Path::new("a"), "kafka://h:1/t"), "kafka://h:1/t");
}

#[test]
fn the_bound_of_state_has_a_default_and_can_be_taken_away() {
    let bound = |text| load("", &[("CEP_STATE_MAX_BYTES_PER_RULE", text)]);
    assert_eq!(load("", &[]).unwrap().max_bytes_per_rule, Some(256 << 20));
    assert_eq!(bound("64KiB").unwrap().max_bytes_per_rule, Some(64 << 10));
    assert_eq!(bound("none").unwrap().max_bytes_per_rule, None);
}
