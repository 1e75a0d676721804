//! `table`: keyed rows that rules look up.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Declaration, Ident, KeyedTable, Stream, Unsupported};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::Punct;
use crate::source::Span;

impl Cursor<'_> {
    /// `table Name { fields [time f] } key f, g [from CONNECTOR]`
    pub(super) fn keyed_table(&mut self, doc: String) -> Option<Declaration> {
        let first = self.bump().span;
        let name = self.declared_name("a table's name")?;
        if let Some(from) = self.eat_word("from") {
            return Some(self.stream_table(first, from, name));
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
        let mut table =
            KeyedTable { doc, name, fields, key: Vec::new(), time, connector: None, span: first };
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

    /// Reports and skips `table Name from STREAM key f`.
    fn stream_table(&mut self, first: Span, from: Span, name: Ident) -> Declaration {
        self.not_supported(
            Code::NoStreamTables,
            from,
            "a table of a stream's latest rows is",
            "write its fields and a file: `table Name { … } key f from file(\"….csv\")`",
        );
        self.skip_declaration();
        let span = cover(first, self.last_span());
        Declaration::Unsupported(Unsupported { keyword: "table", name: Some(name), span })
    }
}
