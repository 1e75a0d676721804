//! `table`: keyed rows that rules look up.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Declaration, Ident, KeyedTable, Stream};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::Punct;
use crate::source::Span;

impl Cursor<'_> {
    /// `table Name { fields [time f] } key f, g [from CONNECTOR]`
    pub(super) fn keyed_table(&mut self, doc: String) -> Option<Declaration> {
        let first = self.bump().span;
        let name = self.declared_name("a table's name")?;
        if self.eat_word("from").is_some() {
            return self.stream_table(doc, first, name).map(Declaration::Table);
        }
        let mut body = Stream {
            doc,
            name,
            connector: None,
            fields: Vec::new(),
            key: None,
            time: None,
            span: first,
        };
        match self.expect(Punct::BraceOpen, "`{`") {
            Some(open) => self.stream_body(&mut body, open),
            None => self.skip_declaration(),
        }
        let Stream { doc, name, fields, key: inside, time, .. } = body;
        if let Some(inside) = &inside {
            self.report(
                Diagnostic::new(Code::Unexpected, "a table's key stands behind its braces")
                    .label(inside.span, "not here")
                    .help(format!("write `}} key {}`", inside.name)),
            );
        }
        let mut table = KeyedTable {
            doc,
            name,
            of: None,
            fields,
            key: Vec::new(),
            time,
            connector: None,
            span: first,
        };
        table.key = self.table_key();
        table.connector = self.eat_word("from").and_then(|_| self.connector());
        if table.key.is_empty() {
            table.key = self.table_key();
        }
        table.key.extend(inside.filter(|_| table.key.is_empty()));
        table.span = cover(first, self.last_span());
        Some(Declaration::Table(table))
    }

    /// `key f, g`, if it stands here.
    fn table_key(&mut self) -> Vec<Ident> {
        let mut key = Vec::new();
        if self.eat_word("key").is_none() {
            return key;
        }
        loop {
            let Some(field) = self.name("a field of the table") else { return key };
            key.push(field);
            if self.eat(Punct::Comma).is_none() {
                return key;
            }
        }
    }

    /// After `table Name from`: `STREAM key f, g`.
    fn stream_table(&mut self, doc: String, first: Span, name: Ident) -> Option<KeyedTable> {
        if self.nth_is(1, Punct::ParenOpen) {
            let place = self.peek().span;
            self.report(
                Diagnostic::new(
                    Code::Unexpected,
                    format!("the table `{}` does not say what its rows are", name.name),
                )
                .label(place, "expected the name of a stream")
                .help(format!("write its fields: `table {} {{ … }} key f from …`", name.name)),
            );
            self.skip_declaration();
            return None;
        }
        let of = self.declared_name("the stream whose latest events are the rows")?;
        let key = self.table_key();
        let span = cover(first, self.last_span());
        Some(KeyedTable {
            doc,
            name,
            of: Some(of),
            fields: Vec::new(),
            key,
            time: None,
            connector: None,
            span,
        })
    }
}
