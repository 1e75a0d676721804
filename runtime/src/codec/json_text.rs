//! Values and text as JSON.

use cep_core::value::Value;

/// Appends text in quotes, with what JSON wants escaped.
pub(super) fn push_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain = 0;
    for (index, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => b"\\u00",
            _ => continue,
        };
        out.extend_from_slice(bytes.get(plain..index).unwrap_or_default());
        out.extend_from_slice(escape);
        if escape == b"\\u00" {
            let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
            out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        plain = index + 1;
    }
    out.extend_from_slice(bytes.get(plain..).unwrap_or_default());
    out.push(b'"');
}

/// Appends a whole number.
pub(super) fn push_int(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a value: timestamps as RFC 3339 text, durations as the language writes them.
pub(super) fn push_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(number) => {
            out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
        }
        // A value is never NaN or infinite, which JSON does not have.
        Value::Float(number) if !number.is_finite() => out.extend_from_slice(b"null"),
        Value::Float(number) => {
            out.extend_from_slice(ryu::Buffer::new().format_finite(*number).as_bytes());
        }
        Value::Decimal(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Text(text) => push_text(text, out),
        Value::Timestamp(time) => {
            out.push(b'"');
            time.write_rfc3339(out);
            out.push(b'"');
        }
        Value::Duration(span) => {
            out.push(b'"');
            out.extend_from_slice(span.to_string().as_bytes());
            out.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_reads_back_as_it_was(text: String) {
            let mut out = Vec::new();
            push_text(&text, &mut out);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).ok(), Some(text));
        }

        #[test]
        fn floats_read_back_as_they_were(number in proptest::num::f64::NORMAL) {
            let mut out = Vec::new();
            push_value(&Value::Float(number), &mut out);
            let read: f64 = std::str::from_utf8(&out).unwrap_or_default().parse().unwrap_or(0.0);
            prop_assert_eq!(read.to_bits(), number.to_bits());
        }
    }
}
