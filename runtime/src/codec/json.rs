//! Values as JSON, appended to a buffer that is used again and again.

use cep_core::value::Value;
use std::io::Write;

/// Appends a text with its quotes and escapes.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    write_escaped(text, out);
    out.push(b'"');
}

/// Appends what stands between the quotes of a text.
pub(super) fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            // Writing to memory has no way to fail.
            _ => _ = write!(out, "\\u{byte:04x}"),
        }
        rest = after;
    }
    out.extend_from_slice(rest);
}

/// Appends a whole number.
pub(super) fn write_int(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a value: numbers exactly (a float as the shortest text that reads back as it),
/// timestamps as RFC 3339 text, durations as text in the form of the language, JSON as it is.
pub(super) fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Int(value) => write_int(*value, out),
        Value::Float(value) if value.is_finite() => {
            out.extend_from_slice(ryu::Buffer::new().format_finite(*value).as_bytes());
        }
        // JSON has no other floats, and neither has a value.
        Value::Float(_) => out.extend_from_slice(b"null"),
        // Writing to memory has no way to fail.
        Value::Decimal(value) => _ = write!(out, "{value}"),
        Value::Text(text) => write_text(text, out),
        Value::Timestamp(time) => {
            out.push(b'"');
            time.write_rfc3339(out);
            out.push(b'"');
        }
        Value::Duration(span) => _ = write!(out, "\"{span}\""),
        Value::List(values) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(value, out);
            }
            out.push(b']');
        }
        Value::Record(members) => {
            out.push(b'{');
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_text(name, out);
                out.push(b':');
                write_value(value, out);
            }
            out.push(b'}');
        }
        Value::Json(text) => out.extend_from_slice(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use cep_core::time::{EventTime, Span};
    use cep_core::value::Decimal;
    use proptest::prelude::*;

    fn shown(value: &Value) -> String {
        let mut out = Vec::new();
        write_value(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_written_exactly() {
        let cases = [
            (Value::Null, "null"),
            (Value::Bool(true), "true"),
            (Value::Int(i64::MIN), "-9223372036854775808"),
            (Value::Float(0.1), "0.1"),
            (Value::Float(1e300), "1e300"),
            (Value::Decimal(Decimal::new(1250, 2)), "12.50"),
            (Value::text("a\"b\\c\n\u{1}é🌾"), r#""a\"b\\c\n\u0001é🌾""#),
            (Value::Timestamp(EventTime(1_584_981_114_028_000)), r#""2020-03-23T16:31:54.028Z""#),
            (Value::Duration(Span::from_secs(5_400)), r#""1h30m""#),
            (Value::List([Value::Int(1), Value::text("a")].into()), r#"[1,"a"]"#),
            (
                Value::Record(
                    [("a b".into(), Value::Null), ("c".into(), Value::Json("{ }".into()))].into(),
                ),
                r#"{"a b":null,"c":{ }}"#,
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(shown(&value), expected);
        }
    }

    proptest! {
        #[test]
        fn texts_and_floats_read_back(text in any::<String>(), float in any::<f64>()) {
            let read: String = serde_json::from_str(&shown(&Value::text(text.as_str()))).unwrap();
            prop_assert_eq!(read, text);
            if float.is_finite() {
                let read: f64 = shown(&Value::Float(float)).parse().unwrap();
                prop_assert_eq!(read, float);
            }
        }
    }
}
