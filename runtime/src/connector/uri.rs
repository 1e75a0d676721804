//! Where a stream is read from or a derived event goes to, as text: `file:harvest.jsonl`,
//! `kafka://127.0.0.1:9092/costcenter`.

use std::fmt;
use std::path::PathBuf;

/// A place of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uri {
    /// `file:PATH`: one record a line.
    File {
        /// The file.
        path: PathBuf,
        /// How it is packed.
        packing: Packing,
    },
    /// `stdin:`.
    Stdin,
    /// `stdout:`.
    Stdout,
    /// `log:DIR/TOPIC`: the embedded log.
    Log {
        /// The folder of the log.
        dir: PathBuf,
        /// The topic, a folder in it.
        topic: String,
    },
    /// `null:`: no records, or records that go nowhere.
    Null,
    /// `kafka://HOST:PORT[,HOST:PORT]/TOPIC`.
    Kafka {
        /// The bootstrap servers, `HOST:PORT` each.
        brokers: Vec<String>,
        /// The topic.
        topic: String,
    },
}

/// How a file is packed, told by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// `.gz`
    Gzip,
    /// `.zst`
    Zstd,
}

/// Text that is not a place of records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a place of records: {reason}")]
pub struct UriError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The forms there are, for messages and help.
pub const FORMS: &str = "file:PATH, stdin:, stdout:, log:DIR/TOPIC, null:, kafka://HOST:PORT/TOPIC";

impl Uri {
    /// Reads the text form.
    ///
    /// # Errors
    /// If the text has none of the known forms; the message names what is missing.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let error = |reason: String| UriError { text: text.to_owned(), reason };
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(error(format!(
                "it names no connector; the known forms are {FORMS} (a file is `file:{text}`)"
            )));
        };
        match scheme {
            "file" => Self::file(rest).map_err(error),
            "stdin" | "stdout" | "null" if !rest.is_empty() => {
                Err(error(format!("nothing may follow `{scheme}:`")))
            }
            "stdin" => Ok(Self::Stdin),
            "stdout" => Ok(Self::Stdout),
            "null" => Ok(Self::Null),
            "log" => Self::log(rest).map_err(error),
            "kafka" => Self::kafka(rest).map_err(error),
            _ => {
                Err(error(format!("there is no connector `{scheme}`; the known forms are {FORMS}")))
            }
        }
    }

    /// The name of the connector that serves this place.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Stdin => "stdin",
            Self::Stdout => "stdout",
            Self::Log { .. } => "log",
            Self::Null => "null",
            Self::Kafka { .. } => "kafka",
        }
    }

    /// The name that causes and bad records give as their topic: the Kafka or log topic, the
    /// file's name, otherwise the scheme.
    #[must_use]
    pub fn topic(&self) -> String {
        match self {
            Self::File { path, .. } => path
                .file_name()
                .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into()),
            Self::Log { topic, .. } | Self::Kafka { topic, .. } => topic.clone(),
            Self::Stdin | Self::Stdout | Self::Null => self.scheme().to_owned(),
        }
    }

    /// The text form with paths made absolute, so that one place has one form wherever a program
    /// is started from. A path that does not exist stays as it is.
    #[must_use]
    pub fn identity(&self) -> String {
        let absolute = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
        let mut uri = self.clone();
        match &mut uri {
            Self::File { path, .. } | Self::Log { dir: path, .. } => *path = absolute(path),
            Self::Stdin | Self::Stdout | Self::Null | Self::Kafka { .. } => {}
        }
        uri.to_string()
    }

    fn file(path: &str) -> Result<Self, String> {
        // `file:///tmp/x` is the same as `file:/tmp/x`.
        let path = path.strip_prefix("//").filter(|path| path.starts_with('/')).unwrap_or(path);
        if path.is_empty() {
            return Err("the path is missing, as in `file:harvest.jsonl`".into());
        }
        let packing = if path.ends_with(".gz") {
            Packing::Gzip
        } else if path.ends_with(".zst") {
            Packing::Zstd
        } else {
            Packing::Plain
        };
        Ok(Self::File { path: PathBuf::from(path), packing })
    }

    fn log(rest: &str) -> Result<Self, String> {
        match rest.trim_end_matches('/').rsplit_once('/') {
            Some((dir, topic)) if !dir.is_empty() && !topic.is_empty() => {
                Ok(Self::Log { dir: PathBuf::from(dir), topic: topic.to_owned() })
            }
            _ => Err("a folder and a topic are needed, as in `log:data/harvests`".into()),
        }
    }

    fn kafka(rest: &str) -> Result<Self, String> {
        let form = "the form is `kafka://HOST:PORT[,HOST:PORT]/TOPIC`";
        let rest = rest.strip_prefix("//").ok_or_else(|| form.to_owned())?;
        let (brokers, topic) =
            rest.split_once('/').ok_or_else(|| format!("the topic is missing; {form}"))?;
        let brokers: Vec<String> = brokers.split(',').map(str::to_owned).collect();
        for broker in &brokers {
            let port = broker.rsplit_once(':').filter(|(host, _)| !host.is_empty());
            if port.and_then(|(_, port)| port.parse::<u16>().ok()).is_none() {
                return Err(format!("`{broker}` is not HOST:PORT; {form}"));
            }
        }
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if topic.is_empty() || topic.len() > 249 || !topic.bytes().all(legal) {
            return Err(format!(
                "`{topic}` is not the name of a topic (1 to 249 letters, digits, `.`, `_`, `-`)"
            ));
        }
        Ok(Self::Kafka { brokers, topic: topic.to_owned() })
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => write!(f, "file:{}", path.display()),
            Self::Stdin => f.write_str("stdin:"),
            Self::Stdout => f.write_str("stdout:"),
            Self::Log { dir, topic } => write!(f, "log:{}/{topic}", dir.display()),
            Self::Null => f.write_str("null:"),
            Self::Kafka { brokers, topic } => write!(f, "kafka://{}/{topic}", brokers.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_form_reads_and_prints_alike() {
        for text in [
            "file:a/b.jsonl",
            "file:/tmp/x.jsonl.gz",
            "stdin:",
            "stdout:",
            "null:",
            "log:data/harvests",
            "log:/var/data/harvests",
            "kafka://127.0.0.1:9092/costcenter",
            "kafka://a:1,b:2/t.x-y_z",
        ] {
            assert_eq!(Uri::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Uri::parse("file:///tmp/x").unwrap().to_string(), "file:/tmp/x");
    }

    #[test]
    fn the_ending_of_a_name_tells_how_a_file_is_packed() {
        let packing = |text: &str| match Uri::parse(text) {
            Ok(Uri::File { packing, .. }) => packing,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(packing("file:a.jsonl"), Packing::Plain);
        assert_eq!(packing("file:a.jsonl.gz"), Packing::Gzip);
        assert_eq!(packing("file:a.jsonl.zst"), Packing::Zstd);
    }

    #[test]
    fn wrong_forms_say_what_is_missing() {
        let report: String = [
            "harvest.jsonl",
            "file:",
            "stdin:x",
            "log:harvests",
            "kafka:topic",
            "kafka://localhost/topic",
            "kafka://localhost:9092",
            "kafka://localhost:9092/",
            "kafka://localhost:9092/a b",
            "ftp://x/y",
        ]
        .iter()
        .map(|text| format!("{}\n", Uri::parse(text).unwrap_err()))
        .collect();
        insta::assert_snapshot!(report);
    }
}
