//! The shapes of messages, as far as they are read.

use rule_lang::ide::position::{Lines, Position};
use rule_lang::source::Span;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

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
