//! The shapes of messages, as far as they are read, and URIs.

use rule_lang::ide::position::{Lines, Position};
use rule_lang::source::Span;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Opened {
    pub text_document: OpenedText,
}

#[derive(Deserialize)]
pub(super) struct OpenedText {
    pub uri: String,
    pub text: String,
}

#[derive(Deserialize)]
pub(super) struct Document {
    pub uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Changed {
    pub text_document: Document,
    pub content_changes: Vec<Change>,
}

/// The whole text anew, which is the kind of change that the server asks for.
#[derive(Deserialize)]
pub(super) struct Change {
    pub text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Closed {
    pub text_document: Document,
}

#[derive(Deserialize)]
pub(super) struct WatchedFiles {
    pub changes: Vec<Document>,
}

/// A request about a document, or a place in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct About {
    pub text_document: Document,
    #[serde(default)]
    pub position: Place,
    #[serde(default)]
    pub range: Option<Range>,
    #[serde(default)]
    pub new_name: String,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub line: u32,
    pub character: u32,
}

#[derive(Deserialize, Clone, Copy)]
pub(super) struct Range {
    pub start: Place,
    pub end: Place,
}

impl From<Place> for Position {
    fn from(place: Place) -> Self {
        Self { line: place.line, column: place.character }
    }
}

/// Parameters of this shape; `None` if they have another.
pub(super) fn read<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

/// A span as a range.
pub(super) fn range(span: Span, lines: &Lines<'_>) -> Value {
    let place = |byte| {
        let Position { line, column } = lines.position(byte);
        json!({ "line": line, "character": column })
    };
    json!({ "start": place(span.start), "end": place(span.end) })
}

/// The path of a `file:` URI.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    let path = uri.strip_prefix("file://")?;
    // A host stands before the first slash; only this machine's files are read.
    let path = path.get(path.find('/')?..)?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let hex = |digit: Option<u8>| digit.and_then(|digit| char::from(digit).to_digit(16));
        match byte {
            b'%' => {
                let value = hex(rest.next())? * 16 + hex(rest.next())?;
                bytes.push(u8::try_from(value).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    let path = String::from_utf8(bytes).ok()?;
    let path = if cfg!(windows) { path.trim_start_matches('/') } else { path.as_str() };
    Some(PathBuf::from(path))
}

/// The `file:` URI of a path.
pub(super) fn uri_of(path: &Path) -> String {
    let path = path.to_string_lossy();
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "file:///" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            b'\\' if cfg!(windows) => uri.push('/'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_uris_go_both_ways() {
        let path = Path::new("/a b/ü%.rules");
        assert_eq!(uri_of(path), "file:///a%20b/%C3%BC%25.rules");
        assert_eq!(path_of(&uri_of(path)).as_deref(), Some(path));
        assert_eq!(path_of("file://localhost/x.rules").as_deref(), Some(Path::new("/x.rules")));
        assert_eq!(path_of("untitled:Untitled-1"), None);
        assert_eq!(path_of("file:///%zz"), None);
    }
}
