//! `.snap` files as [insta](https://insta.rs) has them: a head between `---`, then the text.
//!
//! They are read by insta itself, so that one that `cargo insta` has written means the same here.
//! A new text waits in `NAME.snap.new`, as insta's do, until it is accepted.

use crate::connector::ConnectorError;
use crate::durable;
use insta::internals::TextSnapshotContents;
use insta::{Snapshot, TextSnapshotKind};
use std::io;
use std::path::{Path, PathBuf};

/// A place for a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Place {
    path: PathBuf,
    /// What it holds, for who reads the file.
    description: String,
}

/// What is stored, against what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Found {
    /// Nothing is stored.
    Missing,
    /// The same.
    Same,
    /// This text.
    Other(String),
}

/// The snapshots in a folder whose names are none of these: what they were of is gone.
pub(in super::super) fn left_over(folder: &Path, names: &[String]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_left = |path: &PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let is_snapshot = path.extension().is_some_and(|ending| ending == "snap");
        is_snapshot && !names.iter().any(|known| *known == name)
    };
    let mut left: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_left).collect();
    left.sort();
    left
}

impl Place {
    /// The place of the snapshot `name` in a folder.
    pub fn new(folder: &Path, name: &str, description: String) -> Self {
        Self { path: folder.join(format!("{name}.snap")), description }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a text waits to be accepted.
    pub fn waiting(&self) -> PathBuf {
        self.path.with_extension("snap.new")
    }

    /// Compares what is stored with `text`, as insta would: line ends and what follows the last
    /// line do not count.
    ///
    /// # Errors
    /// When the file is there and cannot be read as a snapshot.
    pub fn compare(&self, text: &str) -> Result<Found, ConnectorError> {
        if !self.path.try_exists().map_err(|error| self.failed("read", &error))? {
            return Ok(Found::Missing);
        }
        let stored = Snapshot::from_file(&self.path).map_err(|error| {
            self.failed("read", &io::Error::other(error.to_string()))
                .with_help("remove the file, or take it from your version control again")
        })?;
        let stored = stored.as_text().ok_or_else(|| {
            self.failed("read", &io::Error::other("it is a snapshot of bytes, not of text"))
        })?;
        let came = TextSnapshotContents::new(text.to_owned(), TextSnapshotKind::File);
        if stored.matches_latest(&came) {
            Ok(Found::Same)
        } else {
            Ok(Found::Other(stored.to_string() + "\n"))
        }
    }

    /// Stores a text; nothing waits any more.
    pub fn accept(&self, text: &str) -> Result<(), ConnectorError> {
        durable::replace(&self.path, self.file(text).as_bytes())
            .map_err(|error| self.failed("write", &error))?;
        self.forget()
    }

    /// Has a text wait.
    pub fn propose(&self, text: &str) -> Result<(), ConnectorError> {
        std::fs::write(self.waiting(), self.file(text)).map_err(|error| {
            ConnectorError::io(format!("cannot write `{}`", self.waiting().display()), &error)
        })
    }

    /// Nothing waits any more.
    pub fn forget(&self) -> Result<(), ConnectorError> {
        match std::fs::remove_file(self.waiting()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let path = self.waiting();
                Err(ConnectorError::io(format!("cannot remove `{}`", path.display()), &error))
            }
            _ => Ok(()),
        }
    }

    fn file(&self, text: &str) -> String {
        // A JSON string is a string of YAML too.
        let description = serde_json::Value::from(self.description.as_str());
        format!("---\ndescription: {description}\n---\n{}\n", text.trim_end())
    }

    fn failed(&self, what: &str, error: &io::Error) -> ConnectorError {
        ConnectorError::io(format!("cannot {what} `{}`", self.path.display()), error)
    }
}
