//! A line of the embedded log: one record as a JSON object.
//!
//! `{"offset":7,"timestamp_us":1584981114028000,"key":"302","value":{"farmid":302}}`
//!
//! The members stand in this order. A key that is not text is `key_base64`; a value that is not
//! JSON is `text`, or `base64` if it is not text either; a record without a value has none of
//! them. Headers stand before the value, `"headers":[{"name":"x","text":"1"}]`, `base64` instead of
//! `text` for what is no text. So any tool that reads JSON lines reads the log, and the writer's
//! own order lets the reader find the value without reading it.
//!
//! An exported record (`file/records.rs`) is the same with its partition in front:
//! `{"partition":2,"offset":7,…`.

use crate::base64;
use crate::connector::{Headers, Record, RecordBatch};
use cep_core::time::EventTime;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::ops::Range;

/// A line taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::connector) struct Entry {
    /// Only exported records have one.
    pub partition: Option<u32>,
    pub offset: u64,
    timestamp: Option<EventTime>,
    key: Option<Vec<u8>>,
    headers: Vec<Header>,
    value: EntryValue,
}

/// Where the value is.
#[derive(Debug, PartialEq, Eq)]
enum EntryValue {
    /// The record has none.
    None,
    /// In these bytes of the line, as it is.
    Within(Range<usize>),
    /// Unpacked from the line.
    Unpacked(Vec<u8>),
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    name: String,
    text: Option<String>,
    base64: Option<String>,
}

impl Entry {
    /// Adds the record to the batch, whose buffer holds the line from `start` on, without a copy
    /// of its value if that can be.
    pub fn mark(&self, start: usize, headers: Headers, batch: &mut RecordBatch) {
        let (offset, timestamp, key) = (self.offset, self.timestamp, self.key.as_deref());
        match &self.value {
            EntryValue::Within(range) => {
                batch.mark_keyed(offset, timestamp, key, start + range.start, start + range.end);
            }
            EntryValue::Unpacked(value) => batch.push(offset, timestamp, key, Some(value)),
            EntryValue::None => batch.push(offset, timestamp, key, None),
        }
        self.push_headers(headers, batch);
    }

    /// Adds the record to a batch that does not hold its line.
    pub fn push(&self, line: &[u8], headers: Headers, batch: &mut RecordBatch) {
        let value = match &self.value {
            EntryValue::Within(range) => line.get(range.clone()),
            EntryValue::Unpacked(value) => Some(value.as_slice()),
            EntryValue::None => None,
        };
        batch.push(self.offset, self.timestamp, self.key.as_deref(), value);
        self.push_headers(headers, batch);
    }

    fn push_headers(&self, headers: Headers, batch: &mut RecordBatch) {
        if headers == Headers::Skip {
            return;
        }
        for header in &self.headers {
            let unpacked = header.base64.as_ref().and_then(|text| base64::decode(text.as_bytes()));
            let text = header.text.as_deref().map(str::as_bytes);
            let value = text.or(unpacked.as_deref()).unwrap_or_default();
            batch.push_header(&header.name, value);
        }
    }
}

/// Appends the line of a record, its end included.
pub(in crate::connector) fn write(
    partition: Option<u32>,
    record: &Record<'_>,
    headers: &[(&str, &[u8])],
    out: &mut Vec<u8>,
) {
    let mut number = itoa::Buffer::new();
    out.push(b'{');
    if let Some(partition) = partition {
        out.extend_from_slice(b"\"partition\":");
        out.extend_from_slice(number.format(partition).as_bytes());
        out.push(b',');
    }
    out.extend_from_slice(b"\"offset\":");
    out.extend_from_slice(number.format(record.offset).as_bytes());
    if let Some(time) = record.timestamp {
        out.extend_from_slice(b",\"timestamp_us\":");
        out.extend_from_slice(number.format(time.0).as_bytes());
    }
    if let Some(key) = record.key {
        out.push(b',');
        write_text(key, "key", "key_base64", out);
    }
    if !headers.is_empty() {
        write_headers(headers, out);
    }
    match record.value {
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
        Some(value) => {
            out.push(b',');
            write_text(value, "text", "base64", out);
        }
    }
    out.extend_from_slice(b"}\n");
}

fn write_headers(headers: &[(&str, &[u8])], out: &mut Vec<u8>) {
    for (index, (name, value)) in headers.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b",\"headers\":[{" } else { b",{" });
        write_text(name.as_bytes(), "name", "name", out);
        out.push(b',');
        write_text(value, "text", "base64", out);
        out.push(b'}');
    }
    out.push(b']');
}

fn is_json(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

fn write_text(bytes: &[u8], as_text: &str, as_base64: &str, out: &mut Vec<u8>) {
    let text = std::str::from_utf8(bytes).ok().and_then(|text| serde_json::to_vec(text).ok());
    out.push(b'"');
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

/// The partition and offset with which a line begins, of which the rest may be missing.
pub(in crate::connector) fn read_place(line: &[u8]) -> Option<(Option<u32>, u64)> {
    Cursor { line, at: 0 }.place()
}

/// Takes a line, without its end, apart; `None` if it is not one that [`write`] makes.
pub(in crate::connector) fn read(line: &[u8]) -> Option<Entry> {
    let mut cursor = Cursor { line, at: 0 };
    let (partition, offset) = cursor.place()?;
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
    let headers = match cursor.pass(b",\"headers\":") {
        Some(()) => cursor.json()?,
        None => Vec::new(),
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
    let entry = Entry { partition, offset, timestamp, key, headers, value };
    (cursor.rest() == b"}").then_some(entry)
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

    fn place(&mut self) -> Option<(Option<u32>, u64)> {
        self.pass(b"{")?;
        let partition = match self.pass(b"\"partition\":") {
            Some(()) => Some(self.number()?),
            None => None,
        };
        partition.map_or(Some(()), |_| self.pass(b","))?;
        self.pass(b"\"offset\":")?;
        Some((partition, self.number()?))
    }

    /// A piece of JSON of a known type.
    fn json<'b, T: Deserialize<'b>>(&mut self) -> Option<T>
    where
        'a: 'b,
    {
        let mut values = serde_json::Deserializer::from_slice(self.rest()).into_iter();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value)
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
        let timestamp = Some(EventTime(1_584_981_114_028_000));
        write(None, &Record { offset: 7, timestamp, key, value }, &[], &mut out);
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
            partition: Option<u32>,
            key: Option<Vec<u8>>,
            headers in proptest::collection::vec(any::<Vec<u8>>(), 0..4),
            value in proptest::option::of(prop_oneof![
                any::<Vec<u8>>(),
                any::<String>().prop_map(String::into_bytes),
                any::<String>().prop_map(|text| serde_json::to_vec(&[text]).unwrap()),
            ]),
        ) {
            let mut out = Vec::new();
            let (timestamp, names) = (timestamp.map(EventTime), ["a", "\"b\""]);
            let record =
                Record { offset, timestamp, key: key.as_deref(), value: value.as_deref() };
            let headers: Vec<_> =
                names.into_iter().cycle().zip(headers.iter().map(Vec::as_slice)).collect();
            write(partition, &record, &headers, &mut out);
            let line = out.strip_suffix(b"\n").unwrap();
            prop_assert!(!line.contains(&b'\n'));
            let entry = read(line).unwrap();
            prop_assert_eq!(entry.partition, partition);
            prop_assert_eq!(read_place(&line[..line.len() - 1]), Some((partition, offset)));
            let mut batch = RecordBatch::new();
            entry.push(line, Headers::Read, &mut batch);
            prop_assert_eq!(batch.headers(0).collect::<Vec<_>>(), headers);
            // Line ends between the tokens of JSON become spaces.
            let value = value.clone().map(|mut value| {
                if is_json(&value) {
                    value.iter_mut().filter(|b| b"\r\n".contains(b)).for_each(|b| *b = b' ');
                }
                value
            });
            let expected = Record { value: value.as_deref(), ..record };
            prop_assert_eq!(batch.get(0), Some(expected));
        }
    }
}
