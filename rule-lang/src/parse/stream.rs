//! `stream` and connectors.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Stream, TimeClause};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, write_instead};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

impl Cursor<'_> {
    /// `stream Name [from CONNECTOR] { … }`
    pub(super) fn stream(&mut self, doc: String) -> Option<Stream> {
        let first = self.bump().span;
        let name = self.declared_name("a stream's name")?;
        let connector = self.eat_word("from").and_then(|_| self.connector());
        let mut stream =
            Stream { doc, name, connector, fields: Vec::new(), key: None, time: None, span: first };
        if let Some(open) = self.opening(&stream.name) {
            self.stream_body(&mut stream, open);
        } else {
            // It may say all that is needed where it cannot be read.
            let span = stream.name.span;
            let lateness_us = None;
            stream.time =
                Some(TimeClause { field: None, lateness_us, idle_us: None, ahead_us: None, span });
            self.skip_declaration();
        }
        stream.span = cover(first, self.last_span());
        Some(stream)
    }

    /// The name of a declaration; without one the declaration is skipped.
    pub(super) fn declared_name(&mut self, what: &str) -> Option<crate::ast::Ident> {
        let name = self.name(what);
        if name.is_none() {
            self.skip_declaration();
        }
        name
    }

    /// Skips to the next declaration.
    pub(super) fn skip_declaration(&mut self) {
        while !self.at_end() && !self.at_declaration() && !self.at_attribute_line() {
            self.bump();
        }
    }

    pub(super) fn stream_body(&mut self, stream: &mut Stream, open: Span) {
        loop {
            if self.eat(Punct::BraceClose).is_some() {
                return;
            }
            if self.at_body_end() {
                self.unclosed(open);
                return;
            }
            if self.eat(Punct::Comma).is_some() {
                continue;
            }
            let start = self.position();
            self.begin_part();
            self.stream_member(stream);
            if self.at_key_or_time() {
                self.expected("a comma or a new line");
            } else {
                self.member_end();
            }
            self.ensure_progress(start);
        }
    }

    /// Whether `key NAME` or `time NAME` goes on in the line of another member.
    fn at_key_or_time(&self) -> bool {
        matches!(self.word(), Some("key" | "time"))
            && !self.peek().line_start
            && matches!(self.nth(1).kind, TokenKind::Word | TokenKind::QuotedWord)
    }

    fn stream_member(&mut self, stream: &mut Stream) {
        let doc = self.doc();
        let typed = self.nth_is(1, Punct::Colon);
        match self.word() {
            Some("key") if !typed => self.key(stream),
            Some("time") if !typed => self.time(stream),
            Some(word) if typed && super::name::RESERVED.contains(&word) => {
                let name = self.reserved_name();
                self.bump();
                stream.fields.push(self.field(doc, name));
            }
            _ if matches!(self.peek().kind, TokenKind::Word | TokenKind::QuotedWord) => {
                let before = self.type_before_name();
                let Some(name) = self.name("a field") else {
                    self.skip_member();
                    return;
                };
                if let Some(ty) = before {
                    let field = self.field_of(doc, name, ty);
                    stream.fields.push(field);
                    return;
                }
                if self.eat(Punct::Colon).is_none() {
                    let token = self.peek();
                    let ty = self.word_of(token).filter(|_| !token.line_start);
                    let text = format!("{}: {}", name.name, ty.unwrap_or("TYPE"));
                    let title = format!("the field `{}` has no `:` and type", name.name);
                    match ty {
                        Some(_) => {
                            let span = cover(name.span, token.span);
                            self.correct(title, span, write_instead(text));
                        }
                        None => self.correct(title, name.span, format!("write `{text}`")),
                    }
                    if token.line_start {
                        return;
                    }
                }
                stream.fields.push(self.field(doc, name));
            }
            _ => {
                self.expected("a field, `key`, `time` or `}`");
                self.skip_member();
            }
        }
    }

    fn key(&mut self, stream: &mut Stream) {
        let keyword = self.bump().span;
        let key = self.name("the key field");
        if let (Some(_), Some(again)) = (&stream.key, &key) {
            self.report(
                Diagnostic::new(
                    Code::DuplicateClause,
                    format!("`{}` has two `key` lines", stream.name.name),
                )
                .label(cover(keyword, again.span), "the second one"),
            );
        }
        stream.key = key.or_else(|| stream.key.take());
    }

    /// `time FIELD|record[, lateness D][, idle D][, ahead D]`
    fn time(&mut self, stream: &mut Stream) {
        let first = self.bump().span;
        let field = if self.at_word("record") {
            self.bump();
            None
        } else {
            let field = self.name("a timestamp field or `record`");
            if field.is_none() {
                self.skip_member();
                return;
            }
            field
        };
        let mut time =
            TimeClause { field, lateness_us: None, idle_us: None, ahead_us: None, span: first };
        self.time_options(&mut time);
        time.span = cover(first, self.last_span());
        if stream.time.is_some() {
            self.report(
                Diagnostic::new(
                    Code::DuplicateClause,
                    format!("`{}` has two `time` lines", stream.name.name),
                )
                .label(time.span, "the second one"),
            );
        }
        stream.time = Some(time);
    }

    fn time_options(&mut self, time: &mut TimeClause) {
        const OPTIONS: &[&str] = &["lateness", "idle", "ahead"];
        loop {
            let comma = usize::from(self.at(Punct::Comma));
            let word = self.word_of(self.nth(comma));
            let value = self.nth(comma + 1);
            let Some(word) = word.filter(|_| !matches!(value.kind, TokenKind::Punct(Punct::Colon)))
            else {
                return;
            };
            let valued = matches!(value.kind, TokenKind::Duration(_) | TokenKind::Int(_))
                && !value.line_start;
            if !OPTIONS.contains(&word) && !valued {
                return;
            }
            if comma == 1 {
                self.bump();
            }
            let span = self.bump().span;
            let duration = self.duration(&format!("`{word}`"));
            match word {
                "lateness" => time.lateness_us = duration,
                "idle" => time.idle_us = duration,
                "ahead" => time.ahead_us = duration,
                _ => self.report(
                    Diagnostic::new(Code::UnknownOption, format!("`time` has no option `{word}`"))
                        .label(span, "expected `lateness`, `idle` or `ahead`")
                        .maybe_help(did_you_mean(word, OPTIONS.iter().copied())),
                ),
            }
        }
    }
}
