//! What can keep a test broker from serving, in words that say what to do about it.

use std::path::PathBuf;
use std::time::Duration;

/// Why a broker could not be fetched, started or spoken to.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// No usable Java.
    #[error(
        "java {needed} or newer is not on PATH: {found}; install a Java runtime (Debian, Ubuntu: `apt install openjdk-17-jre-headless`, \
         macOS: `brew install openjdk@17`) or set JAVA_HOME"
    )]
    Java {
        /// The oldest release that serves.
        needed: u32,
        /// What was found instead.
        found: String,
    },
    /// No Maven, which fetches the jars the first time.
    #[error(
        "mvn (Apache Maven) is not on PATH: {found}; it fetches Apache Kafka {version} once; install it (Debian, Ubuntu: \
         `apt install maven`, macOS: `brew install maven`)"
    )]
    Maven {
        /// The Kafka release that is wanted.
        version: String,
        /// What happened when it was called.
        found: String,
    },
    /// Maven ran and did not bring the jars.
    #[error(
        "Apache Kafka {version} could not be fetched: {reason}; the last lines of mvn:\n{output}\nIs the network there? To see all of it: \
         `mvn -f tests/broker/pom.xml dependency:copy-dependencies`"
    )]
    Fetch {
        /// The Kafka release that is wanted.
        version: String,
        /// Exit code or deadline.
        reason: String,
        /// The tail of what Maven printed.
        output: String,
    },
    /// The data folder could not be formatted.
    #[error("Kafka's storage folder could not be formatted ({reason}):\n{output}")]
    Format {
        /// Exit code.
        reason: String,
        /// The tail of what the tool printed.
        output: String,
    },
    /// The broker ended or did not answer in time.
    #[error("the Kafka broker {reason}; the last lines of its log:\n{log}")]
    Start {
        /// What it did instead of serving.
        reason: String,
        /// The tail of its log.
        log: String,
    },
    /// A file or process operation failed.
    #[error("{what} ({}): {source}", path.display())]
    Io {
        /// What was being done.
        what: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The broker refused a request of a test.
    #[error("{what}: {source}")]
    Kafka {
        /// What was asked.
        what: String,
        /// What the client library answered.
        source: rdkafka::error::KafkaError,
    },
    /// Fewer records came than the test waits for.
    #[error("`{topic}` held {found} of {expected} records after {} s", waited.as_secs_f32())]
    TooFew {
        /// The topic read.
        topic: String,
        /// Records waited for.
        expected: usize,
        /// Records read.
        found: usize,
        /// How long was waited.
        waited: Duration,
    },
}

impl BrokerError {
    /// For `map_err` on file operations.
    pub(super) fn io(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> BrokerError {
        let path = path.into();
        move |source| BrokerError::Io { what, path, source }
    }

    /// For `map_err` on client calls.
    pub(super) fn kafka(
        what: impl Into<String>,
    ) -> impl FnOnce(rdkafka::error::KafkaError) -> BrokerError {
        let what = what.into();
        move |source| BrokerError::Kafka { what, source }
    }
}

/// The last `lines` lines of `text`.
pub(super) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}
