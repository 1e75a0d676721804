//! The ids of emits, from their documentation.

use cep_core::time::EventTime;
use cep_core::value::{RowOrigin, Value, encode_key, encode_value};

/// What was decided when a rule fired.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decided {
    /// A closing window, by its start and end.
    Window(EventTime, EventTime),
    /// The same before its close, at this record.
    Early(EventTime, EventTime, RowOrigin),
    /// A record.
    Record(RowOrigin),
    /// An instant at which something left a window.
    Expiry(EventTime),
}

impl Decided {
    /// The record that decided it, if one did.
    pub fn record(self) -> Option<RowOrigin> {
        match self {
            Self::Record(origin) | Self::Early(_, _, origin) => Some(origin),
            Self::Window(..) | Self::Expiry(_) => None,
        }
    }
}

/// What an id is made of.
pub(super) enum Identified {
    /// A closing window.
    Window(EventTime, EventTime),
    /// A record of a stream.
    Record(String, RowOrigin),
    /// An instant at which something left a window.
    Expiry(EventTime),
    /// A derived event, by its id.
    Emit([u8; 16]),
    /// An item of a list in one of these, from the inside out.
    Item(Vec<u32>, Box<Identified>),
}

/// The first 16 bytes of a BLAKE3 hash over the rule's and the event's name, the emit line (32
/// bits), the key, and what was decided: a tag and its parts. Numbers are big-endian; names and
/// values have their canonical encoding.
pub(super) fn emit_id(
    rule: &str,
    event: &str,
    line: u32,
    key: &[Value],
    decided: &Identified,
) -> [u8; 16] {
    let mut bytes = Vec::new();
    encode_value(&Value::text(rule), &mut bytes);
    encode_value(&Value::text(event), &mut bytes);
    bytes.extend_from_slice(&line.to_be_bytes());
    encode_key(key, &mut bytes);
    encode_decided(decided, &mut bytes);
    let hash = blake3::hash(&bytes);
    std::array::from_fn(|index| hash.as_bytes()[index])
}

fn encode_decided(decided: &Identified, bytes: &mut Vec<u8>) {
    match decided {
        Identified::Window(start, end) => {
            bytes.push(0);
            bytes.extend_from_slice(&start.0.to_be_bytes());
            bytes.extend_from_slice(&end.0.to_be_bytes());
        }
        Identified::Record(stream, origin) => {
            bytes.push(1);
            encode_value(&Value::text(stream.as_str()), bytes);
            bytes.extend_from_slice(&origin.partition.to_be_bytes());
            bytes.extend_from_slice(&origin.offset.to_be_bytes());
        }
        Identified::Expiry(instant) => {
            bytes.push(2);
            bytes.extend_from_slice(&instant.0.to_be_bytes());
        }
        Identified::Emit(id) => {
            bytes.push(3);
            bytes.extend_from_slice(id);
        }
        Identified::Item(items, whole) => {
            for item in items {
                bytes.push(4);
                bytes.extend_from_slice(&item.to_be_bytes());
            }
            encode_decided(whole, bytes);
        }
    }
}
