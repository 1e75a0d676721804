//! Fields that stand beside a record's value, in its key or in a header, and what a change event
//! says beside its row.
//!
//! Their bytes are text. A text, a decimal and what is written as text (durations, RFC 3339) are
//! read from it as from a JSON text without its quotes; numbers, `true` and `false`, and lists,
//! records and JSON as from JSON. Of several headers of one name the last counts, as for Kafka's
//! own clients.

use super::debezium::Change;
use super::fit::Fitting;
use super::instant::InstantReader;
use super::number;
use super::parser;
use super::projection::Field;
use super::reason::Reason;
use super::scan::padded;
use super::token::{Kind, Token};
use crate::connector::RecordBatch;
use cep_core::time::EventTime;
use cep_core::value::{Column, Type, Value};
use serde::de::IgnoredAny;

/// A field that is read from a record's key or headers.
#[derive(Debug)]
pub(super) struct Outer {
    pub place: Place,
    /// What it is called and how it is read.
    pub field: Field,
}

/// Where it stands.
#[derive(Debug)]
pub(super) enum Place {
    /// The record's key.
    Key,
    /// The header of this name.
    Header(String),
    /// What a change event did.
    Operation,
    /// The row before it.
    Before,
    /// Whether it deletes a row of a table, which is not so of a record that has a value.
    Deletion,
}

impl Outer {
    /// Appends the value of a record to its column.
    pub fn push(
        &self,
        (records, index): (&RecordBatch, usize),
        change: Option<&Change>,
        column: &mut Column,
        instants: &mut InstantReader,
    ) -> Result<(), Reason> {
        match (&self.place, change) {
            (Place::Operation, Some(change)) => {
                column.push(&Value::text(change.operation()));
                return Ok(());
            }
            (Place::Before, Some(change)) => {
                column.push(change.before());
                return Ok(());
            }
            (Place::Deletion, _) => {
                column.push(&Value::Bool(false));
                return Ok(());
            }
            _ => {}
        }
        match self.text(records, index)? {
            Some(text) => {
                self.fitting(text, &text_token(&self.field.ty, text)).push(column, instants)
            }
            None if self.field.is_optional => {
                column.push_null();
                Ok(())
            }
            None => Err(self.absent()),
        }
    }

    /// The value of a record, which is a timestamp.
    pub fn instant(
        &self,
        records: &RecordBatch,
        index: usize,
        instants: &mut InstantReader,
    ) -> Result<EventTime, Reason> {
        let text = self.text(records, index)?.ok_or_else(|| self.absent())?;
        self.fitting(text, &text_token(&self.field.ty, text)).instant(instants)
    }

    fn fitting<'a>(&'a self, record: &'a str, token: &'a Token) -> Fitting<'a> {
        Fitting { record, field: &self.field, token }
    }

    fn text<'a>(&self, records: &'a RecordBatch, index: usize) -> Result<Option<&'a str>, Reason> {
        let bytes = match &self.place {
            Place::Key => records.get(index).and_then(|record| record.key),
            Place::Header(name) => {
                let named = records.headers(index).filter(|(header, _)| header == name);
                named.map(|(_, value)| value).last()
            }
            Place::Operation | Place::Before | Place::Deletion => None,
        };
        let text = bytes.map(std::str::from_utf8).transpose();
        text.map_err(|_| Reason::outer(&self.field, &format!("{} is not UTF-8", self.place())))
    }

    fn absent(&self) -> Reason {
        let what = match &self.place {
            Place::Key => "the record has no key".to_owned(),
            Place::Operation | Place::Before | Place::Deletion => {
                "the event does not say it".to_owned()
            }
            Place::Header(name) => format!("the record has no header `{name}`"),
        };
        Reason::outer(&self.field, &what)
    }

    fn place(&self) -> String {
        match &self.place {
            Place::Key => "the record's key".into(),
            Place::Operation | Place::Before | Place::Deletion => "the event".into(),
            Place::Header(name) => format!("the header `{name}`"),
        }
    }
}

/// What a text is, as far as a field of a type needs to know.
pub(super) fn text_token(ty: &Type, text: &str) -> Token {
    let as_text = Token::spanning(Kind::Text, 0, text.len());
    match ty.base() {
        Type::Int | Type::Float | Type::Timestamp => {
            let mut token = Token::MISSING;
            let end = number::read(&padded(text.as_bytes()), 0, &mut token);
            if end == Some(text.len()) { token } else { as_text }
        }
        Type::Bool if text == "true" => Token::spanning(Kind::True, 0, text.len()),
        Type::Bool if text == "false" => Token::spanning(Kind::False, 0, text.len()),
        Type::List(_) | Type::Record(_) | Type::Json
            if serde_json::from_str::<IgnoredAny>(text).is_ok() =>
        {
            let start = text.len() - text.trim_start().len();
            parser::token(text.trim(), start)
        }
        _ => as_text,
    }
}
