//! `--state DIR`: what a run keeps so that the next one goes on where it stopped.
//!
//! ```text
//! checkpoint      the engine's state at some positions S: a line of JSON that names them and how
//!                 much of the journal it has, then the engine's own format
//! positions.json  up to where outputs are safe: C, at or beyond S
//! journal.jsonl   what happened to partitions besides their records, and between which offsets: how
//!                 far they were lifted in silence and at the end of the input, and where they ended
//! lock            held by the one process that uses the folder
//! ```
//! State is a function of the logs and the journal. So a run restores the checkpoint, reads S..C
//! again with its emits muted, and is then exactly where the earlier run had committed. What the
//! journal has beyond C is repeated after that, with its emits let through.

use super::journal::{Journal, JournalEntry};
use crate::connector::{ConnectorError, ConnectorErrorKind};
use crate::durable;
use cep_core::engine::Finish;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const FORMAT: &str = "cep-positions";
const CHECKPOINT_FORMAT: &str = "cep-checkpoint";
const VERSION: u32 = 1;

/// How long a folder may be used by another process that is about to end, or to become another: what is
/// started meanwhile has the lock until it has begun to run.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// A folder of state.
pub struct StateDir {
    path: PathBuf,
    journal: Journal,
    _lock: File,
}

/// The engine's state and what it has taken in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub streams: Vec<StreamPositions>,
    /// Of how many entries of the journal it has those that stand before these positions or at them.
    pub journal: u64,
    pub engine: Vec<u8>,
}

/// The first line of a checkpoint.
#[derive(Serialize, Deserialize)]
struct CheckpointHead {
    format: String,
    version: u32,
    streams: Vec<StreamPositions>,
    journal: u64,
    /// XXH3 (64 bits) of what follows the line.
    xxh3: u64,
}

/// Up to where the outputs of a run are safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Positions {
    format: String,
    version: u32,
    /// Whether the run had come to the end of all its inputs and given what that decides.
    pub finished: bool,
    /// Whether it had then decided what reached beyond the end, too.
    #[serde(default)]
    pub flushed: bool,
    /// How many entries of the journal had taken effect, with their outputs safe.
    #[serde(default)]
    pub journal: Option<u64>,
    pub streams: Vec<StreamPositions>,
}

/// The same of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StreamPositions {
    pub stream: String,
    /// Where it was read from; positions in another place mean nothing.
    pub uri: String,
    /// The offset of the next record, by partition.
    pub next: Vec<u64>,
}

impl Positions {
    pub fn new(finish: Option<Finish>, journal: u64, streams: Vec<StreamPositions>) -> Self {
        let (finished, flushed) = (finish.is_some(), finish == Some(Finish::Flush));
        let journal = Some(journal);
        Self { format: FORMAT.into(), version: VERSION, finished, flushed, journal, streams }
    }

    /// How far time had gone, if the run had come to the end of all its inputs.
    pub fn finish(&self) -> Option<Finish> {
        let finish = if self.flushed { Finish::Flush } else { Finish::AtLastEvent };
        self.finished.then_some(finish)
    }
}

impl StateDir {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// When it cannot be made or written, or another process uses it.
    pub fn open(path: &Path) -> Result<Self, ConnectorError> {
        let doing = format!("cannot use the state folder `{}`", path.display());
        let failed = |error: &io::Error| ConnectorError::io(doing.clone(), error);
        fs::create_dir_all(path).map_err(|error| failed(&error))?;
        let lock = File::create(path.join("lock")).map_err(|error| failed(&error))?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_PATIENCE => {
                    std::thread::sleep(LOCK_PATIENCE / 50);
                }
                Err(TryLockError::WouldBlock) => {
                    let cause = "another process is using it";
                    return Err(ConnectorError::new(ConnectorErrorKind::Denied, doing, cause));
                }
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
            }
        }
        let journal = Journal::open(path).map_err(|error| failed(&error))?;
        Ok(Self { path: path.to_owned(), journal, _lock: lock })
    }

    fn failed(&self, doing: &str, error: &io::Error) -> ConnectorError {
        ConnectorError::io(format!("cannot {doing} the state in `{}`", self.path.display()), error)
    }

    /// The engine's state and the positions it was taken at, if there is a good one; a torn or
    /// foreign one is none, with a warning.
    pub(super) fn checkpoint(&self) -> Result<Option<Checkpoint>, ConnectorError> {
        let bytes = match fs::read(self.path.join("checkpoint")) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let checkpoint = read_checkpoint(&bytes);
        if checkpoint.is_none() {
            let path = self.path.display();
            tracing::warn!("`{path}/checkpoint` is damaged or of another format; not used");
        }
        Ok(checkpoint)
    }

    /// The positions, if there are any; what is not a file of positions is none, with a warning.
    pub(super) fn positions(&self) -> Result<Option<Positions>, ConnectorError> {
        let text = match fs::read(self.path.join("positions.json")) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let positions: Option<Positions> = serde_json::from_slice(&text)
            .ok()
            .filter(|read: &Positions| read.format == FORMAT && read.version == VERSION);
        if positions.is_none() {
            let path = self.path.display();
            tracing::warn!("`{path}/positions.json` is of another format; starting over");
        }
        Ok(positions)
    }

    /// Everything in the journal, in the order in which it was written.
    pub(super) fn journal(&self) -> Result<Vec<JournalEntry>, ConnectorError> {
        self.journal.entries().map_err(|error| self.failed("read the journal of", &error))
    }

    /// How many entries the journal has.
    pub(super) fn journal_length(&self) -> u64 {
        self.journal.length()
    }

    /// Forgets everything: it is about other inputs. The journal is kept beside the new one.
    pub(super) fn start_over(&mut self) -> Result<(), ConnectorError> {
        let forget = |path: &Path| -> io::Result<Journal> {
            for name in ["checkpoint", "positions.json"] {
                match fs::remove_file(path.join(name)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            fs::rename(path.join("journal.jsonl"), path.join("journal.old.jsonl"))?;
            Journal::open(path)
        };
        self.journal = forget(&self.path).map_err(|error| self.failed("clear", &error))?;
        Ok(())
    }

    /// Puts what happened on the disk. INVARIANT (journal first): this returns before any output
    /// that depends on it is written.
    pub(super) fn append_journal(
        &mut self,
        entries: &[JournalEntry],
    ) -> Result<(), ConnectorError> {
        let appended = self.journal.append(entries);
        appended.map_err(|error| self.failed("write the journal of", &error))
    }

    /// Replaces the engine's state, taken at these positions.
    pub(super) fn write_checkpoint(
        &self,
        streams: Vec<StreamPositions>,
        engine: &[u8],
    ) -> Result<(), ConnectorError> {
        let head = CheckpointHead {
            format: CHECKPOINT_FORMAT.into(),
            version: VERSION,
            streams,
            journal: self.journal_length(),
            xxh3: xxhash_rust::xxh3::xxh3_64(engine),
        };
        let write = || -> io::Result<()> {
            let mut bytes = serde_json::to_vec(&head)?;
            bytes.push(b'\n');
            bytes.extend_from_slice(engine);
            durable::replace(&self.path.join("checkpoint"), &bytes)
        };
        write().map_err(|error| self.failed("write", &error))
    }

    /// Replaces the positions.
    pub(super) fn write_positions(&self, positions: &Positions) -> Result<(), ConnectorError> {
        let write = || -> io::Result<()> {
            let text = serde_json::to_vec(positions)?;
            durable::replace(&self.path.join("positions.json"), &text)
        };
        write().map_err(|error| self.failed("write", &error))
    }
}

fn read_checkpoint(bytes: &[u8]) -> Option<Checkpoint> {
    let end = memchr::memchr(b'\n', bytes)?;
    let head: CheckpointHead = serde_json::from_slice(bytes.get(..end)?).ok()?;
    let engine = bytes.get(end + 1..)?;
    let is_good = head.format == CHECKPOINT_FORMAT
        && head.version == VERSION
        && head.xxh3 == xxhash_rust::xxh3::xxh3_64(engine);
    is_good.then(|| Checkpoint {
        streams: head.streams,
        journal: head.journal,
        engine: engine.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::journal::Happening;
    use super::*;
    use std::io::Write;

    fn entry(before: u64) -> JournalEntry {
        let what = Happening::LiftedToUs(5);
        JournalEntry { stream: "Harvest".into(), partition: 1, before, what }
    }

    #[test]
    fn what_was_written_is_there_for_the_next_run() {
        let dir = tempfile::tempdir().unwrap();
        let streams = vec![StreamPositions {
            stream: "Harvest".into(),
            uri: "file:h.jsonl".into(),
            next: vec![3, 0],
        }];
        let positions = Positions::new(None, 1, streams.clone());
        {
            let mut state = StateDir::open(dir.path()).unwrap();
            assert_eq!((state.positions().unwrap(), state.checkpoint().unwrap()), (None, None));
            state.append_journal(&[entry(3)]).unwrap();
            state.write_checkpoint(streams.clone(), b"state").unwrap();
            state.write_positions(&positions).unwrap();
        }
        let path = dir.path().join("journal.jsonl");
        File::options().append(true).open(&path).unwrap().write_all(b"{\"stream\":\"Ha").unwrap();
        let mut state = StateDir::open(dir.path()).unwrap();
        assert_eq!(state.journal().unwrap(), [entry(3)]);
        state.append_journal(&[entry(4)]).unwrap();
        assert_eq!(state.journal().unwrap(), [entry(3), entry(4)]);
        assert_eq!(state.positions().unwrap(), Some(positions));
        let checkpoint = Checkpoint { streams, journal: 1, engine: b"state".to_vec() };
        assert_eq!(state.checkpoint().unwrap(), Some(checkpoint));
        state.start_over().unwrap();
        assert_eq!((state.positions().unwrap(), state.checkpoint().unwrap()), (None, None));
        assert_eq!(state.journal().unwrap(), []);
    }

    #[test]
    fn a_damaged_checkpoint_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(dir.path()).unwrap();
        state.write_checkpoint(Vec::new(), b"engine state").unwrap();
        let path = dir.path().join("checkpoint");
        let mut bytes = fs::read(&path).unwrap();
        bytes.pop();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(state.checkpoint().unwrap(), None);
        fs::write(&path, b"something else").unwrap();
        assert_eq!(state.checkpoint().unwrap(), None);
    }

    #[test]
    fn a_state_folder_has_one_user() {
        let dir = tempfile::tempdir().unwrap();
        let _first = StateDir::open(dir.path()).unwrap();
        let error = StateDir::open(dir.path()).err().unwrap();
        assert_eq!(error.cause, "another process is using it");
    }
}
