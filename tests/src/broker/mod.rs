//! A real Apache Kafka for tests: fetched once, started on free loopback ports, stopped, and nothing of it left behind.
//!
//! ```no_run
//! use cep_tests::broker::{Broker, Record};
//! use std::time::Duration;
//!
//! let broker = Broker::start()?;
//! broker.create_topic("costcenter", 3)?;
//! broker.produce("costcenter", &[Record::new("302", r#"{"farmid":302,"batchcnt":21}"#).at_ms(1_584_981_114_028)])?;
//! let records = broker.read("costcenter", 1, Duration::from_secs(10))?;
//! assert_eq!(records[0].key.as_deref(), Some("302"));
//! # Ok::<(), cep_tests::broker::BrokerError>(())
//! ```
//!
//! It wants Java 17 on the machine, and Maven the first time; where one is missing the error says so. People who run Kafka anyway
//! need none of this: it is for the tests alone.

mod client;
mod error;
mod jars;
mod node;
mod record;
mod settings;

pub use client::End;
pub use error::BrokerError;
pub use jars::version;
pub use record::{Received, Record};

use client::Writer;
use node::Node;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use settings::Ports;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long a broker may take from its start to its first answer. It takes two seconds on an idle machine.
const START_DEADLINE: Duration = Duration::from_secs(90);
/// Another process can take a port between our look and the broker's.
const PORT_ATTEMPTS: u32 = 3;

/// A running broker. All of it may be shared between the tests of a file; it is killed and its folder removed when it is dropped,
/// or when the test process is gone.
#[derive(Debug)]
pub struct Broker {
    ports: Ports,
    node: Mutex<Node>,
    writer: Writer,
}

impl Broker {
    /// Fetches Kafka if need be, starts a fresh broker and waits till it serves.
    ///
    /// # Errors
    /// Says what is missing on the machine, or why the broker did not start, with the end of its log.
    pub fn start() -> Result<Broker, BrokerError> {
        let java = jars::java()?;
        let jars = jars::folder()?;
        let mut attempt = 1;
        loop {
            let ports = Ports::free();
            let folder = tempfile::Builder::new().prefix("cep-kafka-").tempdir().map_err(
                BrokerError::io("cannot make a folder for the broker", std::env::temp_dir()),
            )?;
            let properties = settings::server_properties(ports, &folder.path().join("data"));
            let node = Node::format(&java, &jars, folder.path(), &properties)?;
            let _ = folder.keep(); // The supervisor removes it from here on.
            let broker = Broker { ports, node: Mutex::new(node), writer: Writer::default() };
            match broker.restart() {
                Ok(()) => return Ok(broker),
                Err(BrokerError::Start { log, .. })
                    if log.contains("BindException") && attempt < PORT_ATTEMPTS =>
                {
                    attempt += 1
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The one broker of a test program, started by the first test that asks for it. Nobody stops
    /// it: it ends with the program.
    ///
    /// # Panics
    /// When it does not start; the message says what to do about it.
    #[expect(clippy::panic, reason = "a test that wants a broker fails where there is none")]
    pub fn shared() -> &'static Broker {
        static SHARED: OnceLock<Result<Broker, BrokerError>> = OnceLock::new();
        match SHARED.get_or_init(Broker::start) {
            Ok(broker) => broker,
            Err(error) => panic!("{error}"),
        }
    }

    /// `HOST:PORT` for clients.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.broker)
    }

    /// The topic as `cep` is told of it: `kafka://HOST:PORT/TOPIC`.
    pub fn uri(&self, topic: &str) -> String {
        format!("kafka://{}/{topic}", self.address())
    }

    /// Shuts the broker down in order; its ports and data stay its own.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&self) -> Result<(), BrokerError> {
        self.node().stop()
    }

    /// Ends the broker at once, as a crash would; its ports and data stay its own.
    ///
    /// # Errors
    /// When it does not end.
    pub fn kill(&self) -> Result<(), BrokerError> {
        self.node().kill()
    }

    /// Lets the broker hang: it neither answers nor closes a connection.
    ///
    /// # Errors
    /// When its supervisor is gone.
    pub fn freeze(&self) -> Result<(), BrokerError> {
        self.node().freeze()
    }

    /// Lets a frozen broker go on.
    ///
    /// # Errors
    /// When its supervisor is gone.
    pub fn thaw(&self) -> Result<(), BrokerError> {
        self.node().thaw()
    }

    /// Starts it again over the same data and on the same ports (ending it first if it runs), and waits till it serves.
    ///
    /// # Errors
    /// [`BrokerError::Start`] with the end of the broker's log.
    pub fn restart(&self) -> Result<(), BrokerError> {
        let mut node = self.node();
        if node.is_running() {
            node.stop()?;
        }
        node.start()?;
        self.wait_till_it_serves(&node)
    }

    /// The last lines of the broker's log, for a failing test to show.
    pub fn log_tail(&self) -> String {
        self.node().log_tail()
    }

    /// A client configuration that reaches this broker.
    pub fn client_config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.address())
            .set("reconnect.backoff.ms", "20")
            .set("reconnect.backoff.max.ms", "200");
        config
    }

    fn node(&self) -> MutexGuard<'_, Node> {
        // A test that panicked while holding it has not hurt the process it stands for.
        self.node.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_till_it_serves(&self, node: &Node) -> Result<(), BrokerError> {
        let begun = Instant::now();
        let mut client: Option<BaseConsumer> = None;
        loop {
            let late = begun.elapsed() > START_DEADLINE;
            let reason = match node.exit_code() {
                Some(code) => Some(format!("ended with exit code {code} before it served")),
                None if late => {
                    Some(format!("did not answer within {} s", START_DEADLINE.as_secs()))
                }
                None => None,
            };
            if let Some(reason) = reason {
                return Err(BrokerError::Start { reason, log: node.log_tail() });
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.broker)).is_err() {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            }
            let client = match &client {
                Some(client) => client,
                None => client.insert(
                    self.client_config()
                        .create()
                        .map_err(BrokerError::kafka("cannot make a client"))?,
                ),
            };
            let answer = client.fetch_metadata(None, Duration::from_millis(500));
            if answer.is_ok_and(|metadata| !metadata.brokers().is_empty()) {
                return Ok(());
            }
        }
    }
}
