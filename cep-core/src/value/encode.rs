//! The canonical bytes of a value: equal values give equal bytes, whatever made them.
//!
//! Keys are interned and emit ids are hashed by these bytes, so the encoding is part of the
//! meaning: it must not change without a new version of the id.

use super::{Decimal, Value};
use crate::time::{EventTime, Span};

/// Appends the canonical bytes of one value: a tag, then a form of fixed or prefixed length.
pub fn encode_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0),
        Value::Bool(value) => out.extend_from_slice(&[1, u8::from(*value)]),
        Value::Int(value) => push_tagged(out, 2, &value.to_be_bytes()),
        Value::Float(value) => push_tagged(out, 3, &(value + 0.0).to_bits().to_be_bytes()),
        Value::Decimal(value) => push_tagged(out, 4, &value.normalize().serialize()),
        Value::Text(value) => encode_text(value, out),
        Value::Timestamp(value) => push_tagged(out, 6, &value.0.to_be_bytes()),
        Value::Duration(value) => push_tagged(out, 7, &value.0.to_be_bytes()),
        Value::List(values) => {
            push_tagged(out, 8, &(values.len() as u64).to_be_bytes());
            values.iter().for_each(|value| encode_value(value, out));
        }
        Value::Record(members) => {
            push_tagged(out, 9, &(members.len() as u64).to_be_bytes());
            for (name, value) in members.iter() {
                encode_text(name, out);
                encode_value(value, out);
            }
        }
        Value::Json(text) => encode_tagged_text(10, text, out),
    }
}

/// Appends the canonical bytes of a text, as [`encode_value`] does for [`Value::Text`].
pub(crate) fn encode_text(text: &str, out: &mut Vec<u8>) {
    encode_tagged_text(5, text, out);
}

fn encode_tagged_text(tag: u8, text: &str, out: &mut Vec<u8>) {
    push_tagged(out, tag, &(text.len() as u64).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Appends the canonical bytes of a key: its values, one after the other.
pub fn encode_key(key: &[Value], out: &mut Vec<u8>) {
    for value in key {
        encode_value(value, out);
    }
}

/// The values whose canonical bytes these are; `None` if they are not the bytes of values.
#[must_use]
pub fn decode_key(mut bytes: &[u8]) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        let value;
        (value, bytes) = decode_value(bytes, MOST_NESTED)?;
        values.push(value);
    }
    Some(values)
}

/// Values within one another; deeper bytes are not those of a value.
const MOST_NESTED: u32 = 256;

fn decode_value(bytes: &[u8], depth: u32) -> Option<(Value, &[u8])> {
    let (tag, bytes) = bytes.split_first()?;
    let tag = *tag;
    if tag == 0 {
        return Some((Value::Null, bytes));
    }
    if tag == 1 {
        let (flag, rest) = bytes.split_first()?;
        return Some((Value::Bool(*flag != 0), rest));
    }
    if tag == 4 {
        let (raw, rest) = bytes.split_first_chunk::<16>()?;
        return Some((Value::Decimal(Decimal::deserialize(*raw)), rest));
    }
    let (raw, rest) = bytes.split_first_chunk::<8>()?;
    let number = i64::from_be_bytes(*raw);
    let value = match tag {
        2 => Value::Int(number),
        3 => Value::Float(f64::from_bits(u64::from_be_bytes(*raw))),
        5 | 10 => {
            let (text, rest) = rest.split_at_checked(usize::try_from(number).ok()?)?;
            let text = std::str::from_utf8(text).ok()?;
            let value = if tag == 5 { Value::text(text) } else { Value::Json(text.into()) };
            return Some((value, rest));
        }
        8 => return decode_list(number, rest, depth.checked_sub(1)?),
        9 => return decode_record(number, rest, depth.checked_sub(1)?),
        6 => Value::Timestamp(EventTime(number)),
        7 => Value::Duration(Span(number)),
        _ => return None,
    };
    Some((value, rest))
}

fn decode_list(len: i64, mut bytes: &[u8], depth: u32) -> Option<(Value, &[u8])> {
    let mut values = Vec::new();
    for _ in 0..len {
        let value;
        (value, bytes) = decode_value(bytes, depth)?;
        values.push(value);
    }
    Some((Value::List(values.into()), bytes))
}

fn decode_record(len: i64, mut bytes: &[u8], depth: u32) -> Option<(Value, &[u8])> {
    let mut members = Vec::new();
    for _ in 0..len {
        let (Value::Text(name), rest) = decode_value(bytes, 0)? else { return None };
        let value;
        (value, bytes) = decode_value(rest, depth)?;
        members.push((name, value));
    }
    Some((Value::Record(members.into()), bytes))
}

fn push_tagged(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        encode_value(value, &mut out);
        out
    }

    #[test]
    fn equal_numbers_have_equal_bytes() {
        assert_eq!(
            bytes(&Value::Decimal(Decimal::new(10, 1))),
            bytes(&Value::Decimal(Decimal::new(100, 2)))
        );
        assert_eq!(bytes(&Value::Float(-0.0)), bytes(&Value::Float(0.0)));
    }

    #[test]
    fn decoding_gives_the_values_back() {
        let key = [
            Value::Null,
            Value::Bool(true),
            Value::Int(-3),
            Value::Float(2.5),
            Value::Decimal(Decimal::new(125, 1)),
            Value::text("farm"),
            Value::Timestamp(EventTime(9)),
            Value::Duration(Span(-1)),
            Value::List([Value::Int(1), Value::Null].into()),
            Value::Record([("a".into(), Value::List([].into()))].into()),
            Value::Json("{}".into()),
        ];
        let mut encoded = Vec::new();
        encode_key(&key, &mut encoded);
        assert_eq!(decode_key(&encoded).as_deref(), Some(&key[..]));
        assert_eq!(decode_key(&encoded[..encoded.len() - 1]), None);
    }

    #[test]
    fn keys_of_two_texts_do_not_run_together() {
        let key = |a: &str, b: &str| {
            let mut out = Vec::new();
            encode_key(&[Value::text(a), Value::text(b)], &mut out);
            out
        };
        assert_ne!(key("ab", "c"), key("a", "bc"));
    }
}
