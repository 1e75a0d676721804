//! Why a record is not an event of its stream, in words for the people who look after it.
//!
//! Words: names stand in backticks, `field` is the name in the rules, a path is where it stands
//! in the record. Bytes of a record are counted from 0.

use super::projection::Field;
use super::token::{Kind, Token};
use super::walk::DEEPEST;
use cep_core::time::Span;
use std::fmt;

/// How many characters of a value are quoted.
const QUOTED: usize = 40;

/// Why a record is bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Reason {
    pub(super) fn no_value() -> Self {
        Self("the record has no value (a tombstone)".into())
    }

    pub(super) fn empty() -> Self {
        Self("the record is empty".into())
    }

    pub(super) fn too_long(length: usize) -> Self {
        Self(format!("the record has {length} bytes, more than 4 GiB"))
    }

    pub(super) fn not_utf8(at: usize) -> Self {
        Self(format!("not valid UTF-8 at byte {at}"))
    }

    pub(super) fn too_deep(at: usize) -> Self {
        Self(format!("nested more than {DEEPEST} deep at byte {at}"))
    }

    /// What serde_json says of a record that is not JSON.
    pub(super) fn not_json(record: &str, error: &serde_json::Error) -> Self {
        if record.trim_ascii().is_empty() {
            return Self("the record is blank".into());
        }
        if record.starts_with('\u{feff}') {
            return Self("not valid JSON at byte 0: a byte order mark".into());
        }
        if error.is_eof() {
            return Self(format!("ends in the middle of a value at byte {}", record.len()));
        }
        let line_start: usize =
            record.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        // serde_json counts columns from 1 and points at the offending byte.
        let at = (line_start + error.column().saturating_sub(1)).min(record.len());
        let said = error.to_string();
        let words = said.rsplit_once(" at line ").map_or(&*said, |(words, _)| words);
        Self(format!("not valid JSON at byte {at}: {words}"))
    }

    pub(super) fn not_an_object(record: &str) -> Self {
        Self(format!("expected an object, found {}", describe_json(record)))
    }

    pub(super) fn not_inner(path: &str, token: &Token, record: &str) -> Self {
        Self(format!("expected an object at `{path}`, found {}", describe(token, record)))
    }

    pub(super) fn open_quote() -> Self {
        Self("a quote is not closed".into())
    }

    pub(super) fn cells(wanted: usize, found: usize) -> Self {
        let cells = |count: usize| format!("{count} cell{}", if count == 1 { "" } else { "s" });
        Self(format!("expected {}, found {found}", cells(wanted)))
    }

    pub(super) fn no_cloud_event_type() -> Self {
        Self("not a CloudEvent: it has no `type`".into())
    }

    pub(super) fn cloud_event_type(token: &Token, record: &str) -> Self {
        Self(format!("expected a text at `type`, found {}", describe(token, record)))
    }

    pub(super) fn absent(field: &Field, token: &Token) -> Self {
        let what = if token.kind == Kind::Null { "is null" } else { "is missing" };
        if field.path == field.name {
            Self(format!("field `{}` {what}", field.name))
        } else {
            Self(format!("field `{}` {what} (at `{}`)", field.name, field.path))
        }
    }

    /// What is wrong in an object inside of the record.
    pub(super) fn within(self, path: &str) -> Self {
        Self(format!("in `{path}`: {}", self.0))
    }

    /// What keeps a record from saying which row it deletes.
    pub(super) fn deletion(self) -> Self {
        Self(format!(
            "the record has no value, which deletes a row, and does not say which: {}",
            self.0
        ))
    }

    pub(super) fn no_key_object(fields: &[&str]) -> Self {
        let fields = fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>();
        Self(format!("its key is no JSON object with {}", fields.join(", ")))
    }

    pub(super) fn no_operation(token: &Token, record: &str) -> Self {
        match token.kind {
            Kind::Missing | Kind::Null => Self(
                "not a change event: it has no `op` (rows without an envelope are read with \
                 `format: json`)"
                    .into(),
            ),
            _ => Self(format!(
                "expected \"c\", \"u\", \"d\" or \"r\" at `op`, found {}",
                describe(token, record)
            )),
        }
    }

    /// What is wrong with a field that stands outside of the value.
    pub(super) fn outer(field: &Field, what: &str) -> Self {
        Self(format!("field `{}`: {what}", field.name))
    }

    pub(super) fn misfit(field: &Field, wanted: &str, token: &Token, record: &str) -> Self {
        Self(format!(
            "field `{}`: expected {wanted}, found {}",
            field.name,
            describe(token, record)
        ))
    }

    pub(super) fn no_fit(field: &Field, why: &str, token: &Token, record: &str) -> Self {
        Self(format!("field `{}`: {} {why}", field.name, describe(token, record)))
    }

    pub(super) fn broken_escape(field: &Field) -> Self {
        Self(format!("field `{}`: the text has an escape that means no character", field.name))
    }

    pub(super) fn no_timestamp() -> Self {
        Self("the record has no timestamp of its own, and its stream takes the time from it".into())
    }

    pub(super) fn ahead(field: &Field, by: Span, limit: Span) -> Self {
        Self(format!(
            "`{}` is stamped {} ahead of its record (limit {limit}, see `ahead`)",
            field.name,
            Coarse(by)
        ))
    }
}

/// A length of time for people: whole years or days when it is long, else whole seconds.
struct Coarse(Span);

impl fmt::Display for Coarse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECOND: i64 = 1_000_000;
        const DAY: i64 = 86_400 * SECOND;
        // The mean year of the Gregorian calendar.
        const YEAR: i64 = 31_556_952 * SECOND;
        let micros = self.0.0;
        if micros >= 2 * YEAR {
            write!(f, "{}y", (micros + YEAR / 2) / YEAR)
        } else if micros >= 2 * DAY {
            write!(f, "{}d", (micros + DAY / 2) / DAY)
        } else if micros >= SECOND {
            write!(f, "{}", Span(micros - micros % SECOND))
        } else {
            write!(f, "{}", self.0)
        }
    }
}

fn describe(token: &Token, record: &str) -> String {
    let text = token.text(record);
    match token.kind {
        Kind::Missing => "nothing".into(),
        Kind::Null => "null".into(),
        Kind::True => "true".into(),
        Kind::False => "false".into(),
        Kind::Int | Kind::Fraction | Kind::Number => format!("the number {}", shorten(text)),
        Kind::Text | Kind::EscapedText => format!("the text \"{}\"", shorten(text)),
        Kind::Object => "an object".into(),
        Kind::List => "a list".into(),
    }
}

fn describe_json(text: &str) -> String {
    let text = text.trim();
    match text.as_bytes().first() {
        Some(b'[') => "a list".into(),
        Some(b'"') => format!("the text {}", shorten(text)),
        Some(b'-' | b'0'..=b'9') => format!("the number {}", shorten(text)),
        _ => shorten(text),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into(),
    }
}
