//! `cep.toml`: where a program runs, apart from what it means.
//!
//! Every key can also be set by the environment, which wins: `[run] commit_every` is
//! `CEP_RUN_COMMIT_EVERY`. A key that does not exist is an error, with the one that was probably
//! meant. Secrets come from the environment or from a file only, and are never printed.

mod keys;
mod read;

pub(crate) use keys::relative_to;

use crate::connector::AtEnd;
use crate::driver::OnBadRecord;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `[app] id`: the consumer group.
    pub app_id: String,
    /// `[kafka] brokers`.
    pub brokers: Vec<String>,
    /// Settings of the Kafka client, by their librdkafka names.
    pub kafka: Secretive,
    /// `[kafka] connect_timeout`: how long the first contact may take.
    pub connect_timeout: Duration,
    /// `[bind]`: where streams are read from.
    pub bind: BTreeMap<String, String>,
    /// `[sink]`: where derived events go.
    pub sink: BTreeMap<String, Vec<String>>,
    /// `[sink] late`.
    pub late: Option<String>,
    /// `[sink] errors`.
    pub errors: Option<String>,
    /// `[state] store`: the folder of what is kept between runs.
    pub state: Option<PathBuf>,
    /// `[state] checkpoint_every`.
    pub checkpoint_every: Duration,
    /// `[state] max_bytes_per_rule`; none is no limit.
    pub max_bytes_per_rule: Option<u64>,
    /// `[run] commit_every`.
    pub commit_every: Duration,
    /// `[run] on_bad_record`.
    pub on_bad_record: OnBadRecord,
    /// `[run] at_end`.
    pub at_end: Option<AtEnd>,
    /// `[run] max_record_bytes`.
    pub max_record_bytes: usize,
}

/// Settings that may hold secrets: their values are never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secretive(pub BTreeMap<String, String>);

impl std::fmt::Debug for Secretive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            app_id: "cep".into(),
            brokers: Vec::new(),
            kafka: Secretive::default(),
            connect_timeout: crate::connector::CONNECT_TIMEOUT,
            bind: BTreeMap::new(),
            sink: BTreeMap::new(),
            late: None,
            errors: None,
            state: None,
            checkpoint_every: Duration::from_secs(30),
            max_bytes_per_rule: Some(256 << 20),
            commit_every: Duration::from_millis(100),
            on_bad_record: OnBadRecord::DeadLetter,
            at_end: None,
            max_record_bytes: crate::connector::MAX_RECORD_BYTES,
        }
    }
}

/// What is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct ConfigError {
    /// The file and key, or the variable.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: Option<String>,
}

impl Config {
    /// Reads the file, if there is one, and what the environment says.
    ///
    /// # Errors
    /// When the file does not read or a key or value is not one.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        if let Some(path) = file {
            read::file(&mut config, path)?;
        }
        read::environment(&mut config, environment)?;
        Ok(config)
    }
}
