//! Change events as Debezium writes them: the row is inside of an envelope.
//!
//! `{"before": ROW, "after": ROW, "op": "u", …}`, with or without `{"schema": …, "payload": …}`
//! around it. The envelope is passed once, as any record is; then the row is read as a record of
//! its own, by templates as ever. The row is `after`, of a delete `before`. A value that is null is
//! a tombstone; an event that is about no row (`t`, a truncated table; `m`, a message) is none of
//! the stream's.

use super::Format;
use super::decoder::Decoder;
use super::parser::parse;
use super::projection::{Node, Projection, Tree};
use super::reason::Reason;
use super::token::{Kind, LONGEST_RECORD, Token};
use super::walk::walk;
use cep_core::plan::{FieldSource, Plan, StreamId, StreamPlan, TimeSource};
use cep_core::value::{EventBatch, Value};
use std::ops::Range;
use std::sync::Arc;

/// Finds rows in their envelopes.
#[derive(Debug)]
pub(super) struct Envelope {
    members: Node,
    payload: u16,
    /// The slots inside of `payload`, and without it.
    inside: Slots,
    bare: Slots,
    found: Vec<Token>,
    before: Option<Before>,
    /// What the last event opened says.
    pub change: Change,
    /// Where the row of the last event opened stands in its record.
    pub row: Range<usize>,
}

/// What an event says beside its row.
#[derive(Debug)]
pub(super) struct Change {
    operation: Operation,
    before: Value,
}

/// What an envelope holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// A row.
    Row,
    /// An event about something other than a row.
    NoRow,
    /// Nothing.
    Tombstone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Create,
    Update,
    Delete,
    Read,
}

#[derive(Clone, Copy, Debug)]
struct Slots {
    operation: u16,
    before: u16,
    after: u16,
}

impl Change {
    /// `c`, `u`, `d` or `r`.
    pub fn operation(&self) -> &'static str {
        match self.operation {
            Operation::Create => "c",
            Operation::Update => "u",
            Operation::Delete => "d",
            Operation::Read => "r",
        }
    }

    /// The row before, a record of the stream's fields, or null.
    pub fn before(&self) -> &Value {
        &self.before
    }
}

impl Envelope {
    pub fn new(plan: &Plan, stream: StreamId, used: &[bool]) -> Self {
        let mut tree = Tree::default();
        let mut slots = |prefix: &[&str]| {
            let mut slot = |name: &str| {
                let path = prefix.iter().chain([&name]).map(|name| (*name).to_owned());
                tree.slot(&path.collect::<Vec<_>>())
            };
            Slots { operation: slot("op"), before: slot("before"), after: slot("after") }
        };
        let (bare, inside) = (slots(&[]), slots(&["payload"]));
        let payload = tree.slot(&["payload".to_owned()]);
        let slots = tree.slots();
        Self {
            members: tree.root,
            payload,
            inside,
            bare,
            found: vec![Token::MISSING; slots],
            before: Before::new(plan, stream, used),
            change: Change { operation: Operation::Read, before: Value::Null },
            row: 0..0,
        }
    }

    /// Looks into a record, whose bytes are at the start of `window`.
    pub fn open(&mut self, window: &[u8], text: &str) -> Result<Opened, Reason> {
        if text.trim_ascii() == "null" {
            return Ok(Opened::Tombstone);
        }
        if text.is_empty() {
            return Err(Reason::empty());
        }
        if text.len() > LONGEST_RECORD {
            return Err(Reason::too_long(text.len()));
        }
        self.found.fill(Token::MISSING);
        if walk(window, text.len(), &self.members, &mut self.found, &mut ()).is_none() {
            self.found.fill(Token::MISSING);
            parse(text, &self.members, &mut self.found)?;
        }
        let payload = self.token(self.payload);
        let (slots, prefix) = match payload.kind {
            Kind::Object => (self.inside, "payload."),
            Kind::Missing => (self.bare, ""),
            Kind::Null => return Ok(Opened::Tombstone),
            _ => return Err(Reason::not_inner("payload", &payload, text)),
        };
        let operation = self.token(slots.operation);
        if operation.kind != Kind::Text {
            return Err(Reason::no_operation(&operation, text));
        }
        self.change.operation = match operation.text(text) {
            "c" => Operation::Create,
            "u" => Operation::Update,
            "d" => Operation::Delete,
            "r" => Operation::Read,
            "t" | "m" => return Ok(Opened::NoRow),
            _ => return Err(Reason::no_operation(&operation, text)),
        };
        let is_delete = self.change.operation == Operation::Delete;
        let (slot, name) =
            if is_delete { (slots.before, "before") } else { (slots.after, "after") };
        let row = self.token(slot);
        if row.kind != Kind::Object {
            return Err(Reason::not_inner(&format!("{prefix}{name}"), &row, text));
        }
        self.row = row.start as usize..row.end as usize;
        let before = self.token(slots.before);
        if let Some(reader) = &mut self.before {
            let path = format!("{prefix}before");
            self.change.before = match before.kind {
                Kind::Missing | Kind::Null => Value::Null,
                Kind::Object => reader.read(before.text(text)).map_err(|why| why.within(&path))?,
                _ => return Err(Reason::not_inner(&path, &before, text)),
            };
        }
        Ok(Opened::Row)
    }

    fn token(&self, slot: u16) -> Token {
        self.found.get(usize::from(slot)).copied().unwrap_or(Token::MISSING)
    }
}

/// Reads the row before a change, with all fields that the stream declares.
#[derive(Debug)]
struct Before {
    decoder: Decoder,
    batch: EventBatch,
    names: Vec<Arc<str>>,
}

impl Before {
    /// A reader, if some rule reads it.
    fn new(plan: &Plan, id: StreamId, used: &[bool]) -> Option<Self> {
        let stream = plan.stream(id)?;
        let mut fields = stream.fields.iter().zip(used);
        if !fields.any(|(field, used)| *used && field.source == FieldSource::Before) {
            return None;
        }
        let is_of_row = |source: &FieldSource| matches!(source, FieldSource::Path(_));
        let fields = stream.fields.iter().filter(|field| is_of_row(&field.source));
        let row = StreamPlan {
            fields: fields.cloned().collect(),
            key: None,
            time: TimeSource::Record,
            ..stream.clone()
        };
        let projection = Projection::new(Some(&row), &vec![true; row.fields.len()], &Format::Json);
        Some(Self {
            decoder: Decoder::of_projection(projection),
            batch: EventBatch::new(id, &row),
            names: row.fields.iter().map(|field| Arc::from(field.name.as_str())).collect(),
        })
    }

    fn read(&mut self, row: &str) -> Result<Value, Reason> {
        self.batch.clear();
        self.decoder.sole(row, &mut self.batch)?;
        let members = self.names.iter().zip(&self.batch.columns);
        let members: Vec<_> =
            members.map(|(name, column)| (Arc::clone(name), column.get(0))).collect();
        Ok(Value::Record(members.into()))
    }
}
