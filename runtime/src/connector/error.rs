//! What goes wrong outside: files, pipes, brokers.

use std::fmt;
use std::io;

/// What kind of thing went wrong, for those who act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectorErrorKind {
    /// The file, folder or topic does not exist.
    NotFound,
    /// Access is not allowed.
    Denied,
    /// There is no space left for what is written.
    Full,
    /// The reader of what is written has gone away.
    Closed,
    /// The broker cannot be reached.
    Unreachable,
    /// What is stored is not what the connector writes.
    Corrupt,
    /// This connector cannot do what is asked of it.
    Unsupported,
    /// Anything else.
    Other,
}

/// A failure of a source or a sink.
#[derive(Debug, thiserror::Error)]
pub struct ConnectorError {
    /// What kind.
    pub kind: ConnectorErrorKind,
    /// What was being done, with the thing it was done to: ``cannot read `file:harvest.jsonl` ``.
    pub doing: String,
    /// Why it failed.
    pub cause: String,
    /// What one can do about it, if there is something to say.
    pub help: Option<String>,
}

impl ConnectorError {
    /// A failure: `doing` says what could not be done and to what, `cause` why.
    #[must_use]
    pub fn new(
        kind: ConnectorErrorKind,
        doing: impl Into<String>,
        cause: impl Into<String>,
    ) -> Self {
        Self { kind, doing: doing.into(), cause: cause.into(), help: None }
    }

    /// The failure of an operation of the system.
    #[must_use]
    pub fn io(doing: impl Into<String>, error: &io::Error) -> Self {
        let (kind, cause) = match error.kind() {
            io::ErrorKind::NotFound => (ConnectorErrorKind::NotFound, "it does not exist".into()),
            io::ErrorKind::PermissionDenied => {
                (ConnectorErrorKind::Denied, "permission denied".into())
            }
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => {
                (ConnectorErrorKind::Full, "there is no space left for it".into())
            }
            io::ErrorKind::BrokenPipe => {
                (ConnectorErrorKind::Closed, "its reader has gone away".into())
            }
            io::ErrorKind::IsADirectory => (ConnectorErrorKind::Other, "it is a folder".into()),
            _ => (ConnectorErrorKind::Other, error.to_string()),
        };
        Self::new(kind, doing, cause)
    }

    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_and_said_in_words() {
        let error = io::Error::from(io::ErrorKind::StorageFull);
        let error = ConnectorError::io("cannot write `file:/dev/full`", &error);
        assert_eq!(error.kind, ConnectorErrorKind::Full);
        assert_eq!(
            error.to_string(),
            "cannot write `file:/dev/full`: there is no space left for it"
        );
    }
}
