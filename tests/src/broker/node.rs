//! The broker's process, kept by `tests/broker/supervise.sh`: a pipe from the tests to that script is what the broker lives by, so
//! that it ends and its folder goes even when the test process is killed.

use super::error::{BrokerError, tail};
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SUPERVISE: &str = include_str!("../../broker/supervise.sh");
const LOG4J: &str = include_str!("../../broker/log4j2.xml");
/// How long a broker may take to end by itself.
const STOP_DEADLINE: Duration = Duration::from_secs(30);
/// A cluster id is any 16 bytes in URL-safe base64; each test broker is a cluster of its own, so one will do.
const CLUSTER_ID: &str = "Y2VwLXRlc3QtYnJva2VyMQ";

/// A broker process that can be started and ended many times over one folder.
#[derive(Debug)]
pub struct Node {
    folder: PathBuf,
    supervisor: Child,
}

impl Node {
    /// Formats `folder`/data by `properties` and readies the supervisor; the broker itself is not started.
    ///
    /// # Errors
    /// [`BrokerError::Format`], or a file operation's.
    pub fn format(
        java: &Path,
        jars: &Path,
        folder: &Path,
        properties: &str,
    ) -> Result<Node, BrokerError> {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).map_err(BrokerError::io("cannot write", &path))
        };
        write("server.properties", properties)?;
        write("log4j2.xml", LOG4J)?;
        let properties_path = folder.join("server.properties");
        let tool = Command::new(java)
            .args(java_options(jars, folder))
            .args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"])
            .arg(&properties_path)
            .output()
            .map_err(BrokerError::io("cannot run java", java))?;
        if !tool.status.success() {
            let output = [tool.stdout, tool.stderr].concat();
            let output = tail(&String::from_utf8_lossy(&output), 30);
            return Err(BrokerError::Format { reason: tool.status.to_string(), output });
        }
        let supervisor = Command::new("sh")
            .args(["-c", SUPERVISE, "supervise.sh"])
            .arg(folder)
            .arg(java)
            .args(java_options(jars, folder))
            .arg("kafka.Kafka")
            .arg(&properties_path)
            .stdin(Stdio::piped())
            .process_group(0) // An interrupt from the terminal ends the tests; the supervisor outlives them to clean up.
            .spawn()
            .map_err(BrokerError::io("cannot run sh", "sh"))?;
        Ok(Node { folder: folder.to_owned(), supervisor })
    }

    /// Starts the broker's process; it serves a while later.
    pub fn start(&mut self) -> Result<(), BrokerError> {
        for name in ["pid", "exit"] {
            let _ = fs::remove_file(self.folder.join(name));
        }
        self.say("start")
    }

    /// Asks the broker to end by itself, and waits till it has.
    pub fn stop(&mut self) -> Result<(), BrokerError> {
        if !self.is_running() {
            return Ok(());
        }
        self.end("stop").or_else(|_| self.end("kill"))
    }

    /// Ends the broker at once, as a crash would.
    pub fn kill(&mut self) -> Result<(), BrokerError> {
        if !self.is_running() {
            return Ok(());
        }
        self.end("kill")
    }

    /// Lets the broker hang: it neither answers nor closes a connection.
    pub fn freeze(&mut self) -> Result<(), BrokerError> {
        self.say("freeze")
    }

    /// Lets a frozen broker go on.
    pub fn thaw(&mut self) -> Result<(), BrokerError> {
        self.say("thaw")
    }

    /// Whether it was started and has not ended since.
    pub fn is_running(&self) -> bool {
        self.folder.join("pid").exists() && self.exit_code().is_none()
    }

    /// The exit code, once the broker's process has ended.
    pub fn exit_code(&self) -> Option<String> {
        fs::read_to_string(self.folder.join("exit")).ok().map(|code| code.trim().to_owned())
    }

    /// The last lines of the broker's log.
    pub fn log_tail(&self) -> String {
        let bytes = fs::read(self.folder.join("broker.log")).unwrap_or_default();
        tail(&String::from_utf8_lossy(&bytes), 30)
    }

    fn end(&mut self, word: &str) -> Result<(), BrokerError> {
        self.say(word)?;
        let begun = Instant::now();
        while self.exit_code().is_none() {
            if begun.elapsed() > STOP_DEADLINE {
                let reason =
                    format!("did not end within {} s of `{word}`", STOP_DEADLINE.as_secs());
                return Err(BrokerError::Start { reason, log: self.log_tail() });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn say(&mut self, word: &str) -> Result<(), BrokerError> {
        let pipe = self.supervisor.stdin.as_mut().ok_or(std::io::ErrorKind::BrokenPipe.into());
        pipe.and_then(|pipe| writeln!(pipe, "{word}"))
            .map_err(BrokerError::io("cannot speak to the broker's supervisor", "sh"))
    }
}

impl Drop for Node {
    /// Ends the supervisor's input, upon which it kills the broker and removes the folder.
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

/// Java's own options: a bounded heap, the quickest start, and no file outside `folder`.
fn java_options(jars: &Path, folder: &Path) -> Vec<OsString> {
    let with = |prefix: &str, path: PathBuf| {
        let mut option = OsString::from(prefix);
        option.push(path);
        option
    };
    vec![
        "-Xmx512m".into(),
        "-XX:+UseSerialGC".into(),
        "-XX:TieredStopAtLevel=1".into(),
        "-XX:-UsePerfData".into(),
        with("-Djava.io.tmpdir=", folder.to_owned()),
        with("-Dlog4j2.configurationFile=", folder.join("log4j2.xml")),
        "-cp".into(),
        jars.join("*").into(),
    ]
}
