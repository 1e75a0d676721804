//! The snapshots of `cep test`, for tests in Rust: the same text, and so the same `.snap` files.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! # std::fs::write(folder.join("a.rules"), "stream S { n: int, at: timestamp, time at }\n\
//! #     rule big { from S where n > 1 emit Big { n } }\n")?;
//! # std::fs::write(folder.join("S.jsonl"), "{\"n\":2,\"at\":\"2026-01-01T08:00:00Z\"}\n")?;
//! # let stored = runtime::snapshot::derived_events(folder)?;
//! # std::fs::write(folder.join("derived.snap"), format!("---\nsource: a.rules\n---\n{stored}"))?;
//! let text = runtime::snapshot::derived_events(folder)?;
//! assert!(text.contains("Big\n  {\"n\":2}\n"));
//!
//! let mut settings = insta::Settings::clone_current();
//! settings.set_snapshot_path(folder); // absolute, or relative to the test's file
//! settings.set_prepend_module_to_snapshot(false);
//! settings.bind(|| insta::assert_snapshot!("derived", text)); // FOLDER/derived.snap
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Such a test fails where `cep test FOLDER` does, and either `cargo insta review` or `cep test
//! FOLDER --review` accepts what came.

use std::fmt;
use std::path::Path;

/// Why there is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotError {
    message: String,
    help: Option<String>,
}

impl SnapshotError {
    pub(crate) fn new(message: String, help: Option<String>) -> Self {
        Self { message, help }
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, " (help: {help})"))
    }
}

impl std::error::Error for SnapshotError {}

/// What the rules of a folder give from `STREAM.jsonl` and `events.jsonl` in it, flushed and in
/// order: the content of the folder's `derived.snap`. Neither `cep.toml` nor the environment nor
/// the clock has a part in it.
///
/// # Errors
/// When the rules or the events cannot be read, the rules are wrong, or there is no event.
pub fn derived_events(folder: &Path) -> Result<String, SnapshotError> {
    crate::cli::derived_events(folder)
}
