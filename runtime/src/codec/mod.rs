//! Codecs: the bytes of records to columns, and derived events to bytes.
//!
//! [`Decoder`] reads a stream's records, and of each only the members that some rule reads, with
//! the event's time. It has three tiers that give the same answer:
//!
//! 1. a *template*: the layout of an earlier record, checked byte for byte (`template.rs`);
//! 2. a *walk* over the bytes in any order and spacing (`walk.rs`), with a quicker way over flat
//!    records without spaces (`flat.rs`);
//! 3. serde_json, the judge of everything that is not plain (`parser.rs`).
//!
//! All three check the whole record, also what no rule reads: a record that is not one JSON
//! object in UTF-8, nested at most 128 deep, is a bad record. Of duplicate members the first
//! counts. A member that is absent or null is null where the field is optional (`T?`) and makes
//! the record bad otherwise. In members that no rule reads, an escape of half a surrogate pair
//! and numbers of any size pass, since JSON's grammar has them.
//!
//! Lists, records and JSON that rules read are found as one value by any tier but the first, and
//! read by `whole.rs`, slower and by the same rules.
//!
//! Fields `from key` and `from header(…)` stand outside of the value and are read apart from it,
//! by `outer.rs`. A record without a value is bad, but where it deletes a row of a table (`deletion.rs`).
//!
//! [`cloudevents::Encoder`] writes derived events.

pub mod cloudevents;
mod counts;
mod csv;
mod csv_line;
mod debezium;
mod decoder;
mod deletion;
mod fit;
mod flat;
mod inside;
mod instant;
mod json;
mod lanes;
mod layout;
mod number;
mod outer;
mod parser;
mod projection;
mod reason;
mod scan;
mod span;
mod template;
mod token;
mod walk;
mod whole;

#[cfg(test)]
mod tests;

pub use counts::DecodeCounts;
pub use csv::{csv_records, wrong_columns};
pub use csv_line::CsvHead;
pub use decoder::Decoder;

/// How the records of a stream are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a record, holding the fields.
    Json,
    /// CloudEvents in structured JSON: the fields are in `data`, and `type` is the stream's name.
    /// Events of another type are passed over. The event's other attributes are not read.
    CloudEvents,
    /// Change events of Debezium: the fields are the row's. Tombstones are passed over.
    Debezium,
    /// A line of CSV a record: with the head of a file, or without one.
    Csv(Option<CsvHead>),
}
