//! Connectors, and the `sink`s that name them.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Connector, Ident, Sink, Spanned};
use crate::diagnostic::{Advice, Code, Diagnostic};
use crate::lex::{Punct, TokenKind};

impl Cursor<'_> {
    /// `kind("target", option: value)`
    pub(super) fn connector(&mut self) -> Option<Connector> {
        if let Some(target) = self.bare_target(None) {
            let (kind, span) = (Ident { name: "kafka".to_owned(), span: target.span }, target.span);
            return Some(Connector { span, kind, target: Some(target), options: Vec::new() });
        }
        let kind = self.name("a connector such as `kafka(\"topic\")`")?;
        let mut connector = Connector { span: kind.span, kind, target: None, options: Vec::new() };
        connector.target = self.bare_target(Some(&connector.kind));
        if connector.target.is_some() {
            return Some(connector);
        }
        let Some(open) = self.expect(Punct::ParenOpen, "`(`") else { return Some(connector) };
        if matches!(self.peek().kind, TokenKind::Str | TokenKind::RawStr) {
            connector.target = self.plain_string("a quoted name");
        }
        while !self.at(Punct::ParenClose) && !self.at_body_end() {
            if self.eat(Punct::Comma).is_some() {
                continue;
            }
            if !self.connector_option(&mut connector) {
                self.skip_group();
                break;
            }
        }
        self.close(Punct::ParenClose, open);
        connector.span = cover(connector.kind.span, self.last_span());
        Some(connector)
    }

    fn connector_option(&mut self, connector: &mut Connector) -> bool {
        let Some(name) = self.name("a quoted name or an option such as `format: json`") else {
            return false;
        };
        if self.eat(Punct::Colon).is_none() {
            let text = format!("write `{}(\"{}\")`", connector.kind.name, name.name);
            let replacement = Some(format!("\"{}\"", name.name));
            self.report(
                Diagnostic::new(Code::Unexpected, format!("`{}` is not in quotes", name.name))
                    .label(name.span, "expected a quoted name")
                    .help(Advice { text, replacement }),
            );
            connector.target = Some(Spanned { value: name.name, span: name.span });
            return false;
        }
        let value = match self.word() {
            Some(word) => {
                let span = self.bump().span;
                Some(Spanned { value: word.to_owned(), span })
            }
            None => self.plain_string("a value"),
        };
        let found = value.is_some();
        connector.options.extend(value.map(|value| (name, value)));
        found
    }

    /// `sink Name to CONNECTOR, …`
    pub(super) fn sink(&mut self) -> Option<Sink> {
        let first = self.bump().span;
        let event = self.declared_name("a derived event's name")?;
        let mut connectors = Vec::new();
        if self.eat_word("to").is_none() {
            self.expected("`to` and a connector");
            self.skip_declaration();
            return None;
        }
        loop {
            match self.connector() {
                Some(connector) => connectors.push(connector),
                None => {
                    self.skip_declaration();
                    break;
                }
            }
            if self.eat(Punct::Comma).is_none() {
                break;
            }
        }
        let span = cover(first, self.last_span());
        Some(Sink { event, connectors, span })
    }
}
