//! `event`: the fields of a derived event, written down.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Event, Stream};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::Punct;

impl Cursor<'_> {
    /// `event Name { field: type … }`
    pub(super) fn event(&mut self, doc: String) -> Option<Event> {
        let first = self.bump().span;
        let name = self.declared_name("an event's name")?;
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
        let places = body.fields.iter().flat_map(|field| {
            let source = field.source.as_ref().map(|source| source.span);
            source.into_iter().chain(field.unit.as_ref().map(|unit| unit.span))
        });
        let of_streams: Vec<_> = (body.key.iter().map(|key| key.span))
            .chain(body.time.iter().map(|time| time.span))
            .chain(places)
            .collect();
        for span in of_streams {
            self.report(
                Diagnostic::new(Code::Unexpected, "an event only has fields with their types")
                    .label(span, "this belongs to a `stream`")
                    .help("remove it: rules emit an event, nothing reads it from records"),
            );
        }
        let Stream { doc, name, fields, .. } = body;
        Some(Event { doc, name, fields, span: cover(first, self.last_span()) })
    }
}
