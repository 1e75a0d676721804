//! A line of the embedded log: one record as a JSON object.
//!
//! `{"offset":7,"timestamp_us":1584981114028000,"key":"302","value":{"farmid":302}}`
//!
//! The members stand in this order. A key that is not text is `key_base64`; a value that is not
//! JSON is `text`, or `base64` if it is not text either; a record without a value has none of
//! them. So any tool that reads JSON lines reads the log, and the writer's own order lets the
//! reader find the value without reading it.

use crate::base64;
use cep_core::time::EventTime;
use serde::de::IgnoredAny;
use std::ops::Range;

/// A line taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub offset: u64,
    pub timestamp: Option<EventTime>,
    pub key: Option<Vec<u8>>,
    pub value: EntryValue,
}

/// Where the value is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EntryValue {
    /// The record has none.
    None,
    /// In these bytes of the line, as it is.
    Within(Range<usize>),
    /// Unpacked from the line.
    Unpacked(Vec<u8>),
}

/// Appends the line of a record, its end included.
pub(super) fn write(
    offset: u64,
    timestamp: Option<EventTime>,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"offset\":");
    out.extend_from_slice(itoa::Buffer::new().format(offset).as_bytes());
    if let Some(time) = timestamp {
        out.extend_from_slice(b",\"timestamp_us\":");
        out.extend_from_slice(itoa::Buffer::new().format(time.0).as_bytes());
    }
    if let Some(key) = key {
        write_text(key, "key", "key_base64", out);
    }
    match value {
        None => {}
        Some(value) if is_json(value) => {
            out.extend_from_slice(b",\"value\":");
            // A line end in JSON can only be space between its tokens.
            let start = out.len();
            out.extend_from_slice(value);
            for byte in out.iter_mut().skip(start).filter(|byte| matches!(byte, b'\n' | b'\r')) {
                *byte = b' ';
            }
        }
        Some(value) => write_text(value, "text", "base64", out),
    }
    out.extend_from_slice(b"}\n");
}

fn is_json(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

fn write_text(bytes: &[u8], as_text: &str, as_base64: &str, out: &mut Vec<u8>) {
    let text = std::str::from_utf8(bytes).ok().and_then(|text| serde_json::to_vec(text).ok());
    out.extend_from_slice(b",\"");
    match text {
        Some(text) => {
            out.extend_from_slice(as_text.as_bytes());
            out.extend_from_slice(b"\":");
            out.extend_from_slice(&text);
        }
        None => {
            out.extend_from_slice(as_base64.as_bytes());
            out.extend_from_slice(b"\":\"");
            base64::encode(bytes, out);
            out.push(b'"');
        }
    }
}

/// Takes a line, without its end, apart; `None` if it is not one that [`write`] makes.
pub(super) fn read(line: &[u8]) -> Option<Entry> {
    let mut cursor = Cursor { line, at: 0 };
    cursor.pass(b"{\"offset\":")?;
    let offset = cursor.number()?;
    let timestamp = match cursor.pass(b",\"timestamp_us\":") {
        Some(()) => Some(EventTime::from_micros(cursor.number()?)?),
        None => None,
    };
    let key = if cursor.pass(b",\"key\":").is_some() {
        Some(cursor.text()?)
    } else if cursor.pass(b",\"key_base64\":").is_some() {
        Some(base64::decode(&cursor.text()?)?)
    } else {
        None
    };
    let value = if cursor.pass(b",\"value\":").is_some() {
        let end = line.len().checked_sub(1)?;
        let value = EntryValue::Within(cursor.at..end);
        cursor.at = end;
        value
    } else if cursor.pass(b",\"text\":").is_some() {
        EntryValue::Unpacked(cursor.text()?)
    } else if cursor.pass(b",\"base64\":").is_some() {
        EntryValue::Unpacked(base64::decode(&cursor.text()?)?)
    } else {
        EntryValue::None
    };
    (cursor.rest() == b"}").then_some(Entry { offset, timestamp, key, value })
}

struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn pass(&mut self, text: &[u8]) -> Option<()> {
        self.rest().starts_with(text).then(|| self.at += text.len())
    }

    fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        let is_digit = |byte: &&u8| byte.is_ascii_digit() || **byte == b'-';
        let length = self.rest().iter().take_while(is_digit).count();
        let digits = self.rest().get(..length)?;
        self.at += length;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    fn text(&mut self) -> Option<Vec<u8>> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.iter().skip(1).position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        })? + 2;
        self.at += end;
        serde_json::from_slice::<String>(rest.get(..end)?).ok().map(String::into_bytes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn line(key: Option<&[u8]>, value: Option<&[u8]>) -> String {
        let mut out = Vec::new();
        write(7, Some(EventTime(1_584_981_114_028_000)), key, value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_kind_of_value_is_a_json_object_on_one_line() {
        let lines = [
            line(Some(b"302"), Some(b"{\"farmid\": 302}")),
            line(None, Some(b"{\n  \"a\": \"x\\ny\"\r\n}")),
            line(Some(b"a \"value\": b"), Some(b"{\"farmid\":")),
            line(Some(b"\xff\x00"), Some(b"\xfe")),
            line(Some(b"gone"), None),
        ];
        insta::assert_snapshot!(lines.concat(), @r#"
        {"offset":7,"timestamp_us":1584981114028000,"key":"302","value":{"farmid": 302}}
        {"offset":7,"timestamp_us":1584981114028000,"value":{   "a": "x\ny"  }}
        {"offset":7,"timestamp_us":1584981114028000,"key":"a \"value\": b","text":"{\"farmid\":"}
        {"offset":7,"timestamp_us":1584981114028000,"key_base64":"/wA=","base64":"/g=="}
        {"offset":7,"timestamp_us":1584981114028000,"key":"gone"}
        "#);
        for line in &lines {
            assert!(serde_json::from_str::<serde_json::Value>(line).unwrap().is_object());
        }
    }

    #[test]
    fn other_lines_are_not_taken() {
        for line in ["", "{}", "{\"offset\":1", "{\"offset\":x}", "{\"offset\":1,\"other\":2}"] {
            assert_eq!(read(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(
            offset: u64,
            timestamp in proptest::option::of(0_i64..4_000_000_000_000_000),
            key: Option<Vec<u8>>,
            value in proptest::option::of(prop_oneof![
                any::<Vec<u8>>(),
                any::<String>().prop_map(String::into_bytes),
                any::<String>().prop_map(|text| serde_json::to_vec(&[text]).unwrap()),
            ]),
        ) {
            let mut out = Vec::new();
            let timestamp = timestamp.map(EventTime);
            write(offset, timestamp, key.as_deref(), value.as_deref(), &mut out);
            let line = out.strip_suffix(b"\n").unwrap();
            prop_assert!(!line.contains(&b'\n'));
            let entry = read(line).unwrap();
            let read_value = match entry.value {
                EntryValue::None => None,
                EntryValue::Within(range) => Some(line[range].to_vec()),
                EntryValue::Unpacked(bytes) => Some(bytes),
            };
            // Line ends between the tokens of JSON become spaces.
            let value = value.map(|mut value| {
                if is_json(&value) {
                    value.iter_mut().filter(|b| b"\r\n".contains(b)).for_each(|b| *b = b' ');
                }
                value
            });
            prop_assert_eq!(read_value, value);
            prop_assert_eq!((entry.offset, entry.timestamp, entry.key), (offset, timestamp, key));
        }
    }
}
