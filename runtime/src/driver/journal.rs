//! The journal: what happened to partitions besides their records, and between which offsets.
//!
//! A line of JSON for each. Where a partition was lifted in silence depended on the clock, and how
//! far time goes at an end on what the other inputs held; both are inputs of the engine that no log
//! has. So they are put down before they take effect, and repeated when history is read again.

use crate::durable;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

/// The file of a state folder, and how many entries it has.
pub(super) struct Journal {
    file: File,
    length: u64,
}

/// Something happened to a partition that is no record of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JournalEntry {
    pub stream: String,
    pub partition: u32,
    /// The offset that the partition's next record has.
    pub before: u64,
    #[serde(flatten)]
    pub what: Happening,
}

/// What happened to a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Happening {
    /// Its watermark was lifted to this instant, in microseconds.
    LiftedToUs(i64),
    /// It came to a bound.
    Is(Bound),
}

/// The bounds of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bound {
    /// It ended, and held nobody back from then on. A lift after it opens it again.
    Ended,
    /// Everything that it had part in was decided; nothing can come after that.
    Flushed,
}

impl Journal {
    /// Opens the journal of a folder, or begins it.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("journal.jsonl");
        let mut journal =
            File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
        durable::drop_torn_line(&mut journal)?;
        durable::sync_folder_of(&path)?;
        journal.seek(SeekFrom::Start(0))?;
        let length = BufReader::new(&journal).lines().count() as u64;
        journal.seek(SeekFrom::End(0))?;
        Ok(Self { file: journal, length })
    }

    /// How many entries there are.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// All entries, in the order in which they were written.
    pub(super) fn entries(&self) -> io::Result<Vec<JournalEntry>> {
        (&self.file).seek(SeekFrom::Start(0))?;
        let entries = BufReader::new(&self.file)
            .lines()
            .map(|line| Ok(serde_json::from_str(&line?)?))
            .collect::<io::Result<_>>();
        (&self.file).seek(SeekFrom::End(0))?;
        entries
    }

    /// Returns when these are on the disk.
    pub(super) fn append(&mut self, entries: &[JournalEntry]) -> io::Result<()> {
        let mut lines = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines)?;
        self.length += entries.len() as u64;
        self.file.sync_data()
    }
}
