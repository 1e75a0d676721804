//! `log:DIR/TOPIC`: the embedded log, for a laptop, a test or an edge box without a broker.
//!
//! ```text
//! DIR/TOPIC/topic.json                      how many partitions, settled when it is made
//! DIR/TOPIC/writer.lock                     held by the one process that appends
//! DIR/TOPIC/0/00000000000000000000.jsonl    a segment, named by the offset of its first record
//! ```
//! A segment holds one record a line (`entry.rs` gives the form), so that `head`, `grep` and `jq`
//! read it. Offsets of a partition have no gaps. A record with a key goes to the partition
//! [`partition_of`] names. A line without an end is what a crash left of an append: readers do
//! not see it, and the next writer cuts it off.

pub(super) mod entry;
mod reader;
mod writer;

pub(super) use reader::{ENTRY_OVERHEAD_BYTES, open_source};
pub(super) use writer::open_sink;

use super::{ConnectorError, ConnectorErrorKind};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How large a segment grows before the next one is begun.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// The most partitions a topic can have.
pub const MAX_PARTITIONS: u32 = 1024;

const TOPIC_FILE: &str = "topic.json";
const FORMAT: &str = "cep-log";
const VERSION: u32 = 1;

/// What `topic.json` says.
#[derive(Debug, Serialize, Deserialize)]
struct TopicFile {
    format: String,
    version: u32,
    partitions: u32,
    partitioner: String,
}

/// The partition of a record with this key: XXH3 (64 bits, seed 0) of the key's bytes, modulo the
/// number of partitions.
#[must_use]
pub fn partition_of(key: &[u8], partitions: u32) -> u32 {
    let hash = xxhash_rust::xxh3::xxh3_64(key) % u64::from(partitions.max(1));
    u32::try_from(hash).unwrap_or(0)
}

/// Makes a topic of so many empty partitions.
///
/// # Errors
/// When there is a topic of another number of partitions already, the number is not within 1 and
/// [`MAX_PARTITIONS`], or the folder cannot be written.
pub fn create_topic(dir: &Path, topic: &str, partitions: u32) -> Result<(), ConnectorError> {
    let name = format!("log:{}/{topic}", dir.display());
    let doing = format!("cannot make `{name}`");
    if partitions == 0 || partitions > MAX_PARTITIONS {
        let cause = format!("a topic has 1 to {MAX_PARTITIONS} partitions, not {partitions}");
        return Err(ConnectorError::new(ConnectorErrorKind::Unsupported, doing, cause));
    }
    let root = dir.join(topic);
    if root.join(TOPIC_FILE).exists() {
        let existing = read_topic(&root, &name)?;
        if existing == partitions {
            return Ok(());
        }
        let cause = format!("it exists already and has {existing} partitions, not {partitions}");
        return Err(ConnectorError::new(ConnectorErrorKind::Unsupported, doing, cause));
    }
    make(&root, partitions).map_err(|error| ConnectorError::io(doing, &error))
}

fn make(root: &Path, partitions: u32) -> io::Result<()> {
    for partition in 0..partitions {
        fs::create_dir_all(root.join(partition.to_string()))?;
    }
    let topic = TopicFile {
        format: FORMAT.into(),
        version: VERSION,
        partitions,
        partitioner: "xxh3-64(key) mod partitions".into(),
    };
    let mut text = serde_json::to_vec_pretty(&topic)?;
    text.push(b'\n');
    crate::durable::replace(&root.join(TOPIC_FILE), &text)
}

/// The number of partitions of the topic in this folder.
fn read_topic(root: &Path, name: &str) -> Result<u32, ConnectorError> {
    let doing = format!("cannot open `{name}`");
    let text = fs::read(root.join(TOPIC_FILE)).map_err(|error| {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let error = ConnectorError::io(doing.clone(), &error);
        if missing {
            error.with_help("`cep copy FROM TO` makes a topic and fills it")
        } else {
            error
        }
    })?;
    let corrupt =
        |cause: String| ConnectorError::new(ConnectorErrorKind::Corrupt, doing.clone(), cause);
    let topic: TopicFile = serde_json::from_slice(&text)
        .map_err(|error| corrupt(format!("its {TOPIC_FILE} does not read: {error}")))?;
    let known = topic.format == FORMAT && topic.version == VERSION;
    if !known || topic.partitions == 0 || topic.partitions > MAX_PARTITIONS {
        return Err(corrupt(format!("its {TOPIC_FILE} is of another format or version")));
    }
    Ok(topic.partitions)
}

/// A file of a partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Segment {
    /// The offset of its first record.
    base: u64,
    path: PathBuf,
}

fn segment(partition: &Path, base: u64) -> Segment {
    Segment { base, path: partition.join(format!("{base:020}.jsonl")) }
}

/// The segments of a partition, in order.
fn segments(partition: &Path) -> io::Result<Vec<Segment>> {
    let mut found = Vec::new();
    for file in fs::read_dir(partition)? {
        let path = file?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(base) = name.strip_suffix(".jsonl").and_then(|base| base.parse().ok()) {
            found.push(Segment { base, path });
        }
    }
    found.sort();
    Ok(found)
}
