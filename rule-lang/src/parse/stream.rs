//! `stream` and connectors.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Connector, Field, Sink, Spanned, Stream, TimeClause, TimeUnit, TypeName};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
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
        if let Some(open) = self.expect(Punct::BraceOpen, "`{`") {
            self.stream_body(&mut stream, open);
        } else {
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

    fn stream_body(&mut self, stream: &mut Stream, open: Span) {
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
            self.stream_member(stream);
            self.member_end();
        }
    }

    fn stream_member(&mut self, stream: &mut Stream) {
        let doc = self.doc();
        let typed = self.nth_is(1, Punct::Colon);
        match self.word() {
            Some("key") if !typed => self.key(stream),
            Some("time") if !typed => self.time(stream),
            Some(word) if typed && super::cursor::RESERVED.contains(&word) => {
                let name = self.reserved_name();
                self.bump();
                stream.fields.push(self.field(doc, name));
            }
            _ if matches!(self.peek().kind, TokenKind::Word | TokenKind::QuotedWord) => {
                let Some(name) = self.name("a field") else {
                    self.skip_member();
                    return;
                };
                if self.eat(Punct::Colon).is_none() {
                    let token = self.peek();
                    let ty = self.word_of(token).filter(|_| !token.line_start).unwrap_or("TYPE");
                    self.report(
                        Diagnostic::new(
                            Code::Unexpected,
                            format!("the field `{}` has no `:` and type", name.name),
                        )
                        .label(name.span, "")
                        .help(format!("write `{}: {ty}`", name.name)),
                    );
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

    /// After `name:`.
    fn field(&mut self, doc: String, name: crate::ast::Ident) -> Field {
        let ty = self.type_name();
        let mut field = Field { doc, name, ty, path: None, unit: None };
        loop {
            if self.at_word("from") && !self.nth_is(1, Punct::Colon) {
                let keyword = self.bump().span;
                field.path = self.field_source(keyword);
            } else if self.at_word("as") && !self.nth_is(1, Punct::Colon) {
                self.bump();
                field.unit = self.time_unit();
            } else {
                return field;
            }
        }
    }

    fn field_source(&mut self, keyword: Span) -> Option<Spanned<String>> {
        if matches!(self.peek().kind, TokenKind::Word) && !self.peek().line_start {
            let span = cover(keyword, self.peek().span);
            self.not_supported(
                Code::NoFieldSource,
                span,
                "fields from the record's key or headers are",
                "read it from the JSON value: `from \"path\"`",
            );
            while !self.peek().line_start && !self.at(Punct::Comma) && !self.at_body_end() {
                self.bump();
            }
            return None;
        }
        self.plain_string("the quoted path in the JSON object")
    }

    fn time_unit(&mut self) -> Option<Spanned<TimeUnit>> {
        const UNITS: &[&str] = &["millis", "micros", "seconds"];
        let token = self.peek();
        if matches!(token.kind, TokenKind::Str | TokenKind::RawStr) {
            self.bump();
            self.not_supported(
                Code::NoTimeFormat,
                token.span,
                "timestamp formats are",
                "RFC 3339 text and numbers (`as seconds|millis|micros`) are read",
            );
            return None;
        }
        let value = match self.word() {
            Some("millis") => TimeUnit::Millis,
            Some("micros") => TimeUnit::Micros,
            Some("seconds") => TimeUnit::Seconds,
            Some(word) if !token.line_start => {
                self.bump();
                self.report(
                    Diagnostic::new(
                        Code::UnknownOption,
                        format!("`{word}` is not a unit of timestamps"),
                    )
                    .label(token.span, "expected `seconds`, `millis` or `micros`")
                    .maybe_help(did_you_mean(word, UNITS.iter().copied())),
                );
                return None;
            }
            _ => {
                self.expected("`seconds`, `millis` or `micros`");
                return None;
            }
        };
        self.bump();
        Some(Spanned { value, span: token.span })
    }

    /// A type: a name with an optional `?`; other forms are reported.
    pub(super) fn type_name(&mut self) -> TypeName {
        let token = self.peek();
        let name = match token.kind {
            TokenKind::Word | TokenKind::QuotedWord if !token.line_start => self.name("a type"),
            TokenKind::Str
            | TokenKind::RawStr
            | TokenKind::Punct(Punct::BracketOpen | Punct::BraceOpen)
                if !token.line_start =>
            {
                self.unsupported_type(token.span);
                None
            }
            _ => {
                self.expected("a type");
                None
            }
        };
        let optional = !self.peek().line_start
            && (self.eat(Punct::Question).is_some() || self.double_question());
        let span = if name.is_none() { token.span } else { cover(token.span, self.last_span()) };
        TypeName { name, optional, span }
    }

    /// `int??` means no more than `int?`.
    fn double_question(&mut self) -> bool {
        let found = self.eat(Punct::QuestionQuestion);
        if let Some(span) = found {
            self.report(Diagnostic::new(Code::Unexpected, "one `?` is enough").label(span, ""));
        }
        found.is_some()
    }

    fn unsupported_type(&mut self, span: Span) {
        let help = match self.peek().kind {
            TokenKind::Punct(_) => {
                "declare the fields a rule reads one by one, with `from \"path.to.it\"`"
            }
            _ => "write `string` for a text out of a few",
        };
        self.not_supported(
            Code::NoSuchTypeYet,
            span,
            "lists, records and enums as types are",
            help,
        );
        let opening = matches!(self.peek().kind, TokenKind::Punct(_));
        self.bump();
        if opening {
            self.skip_group();
            self.bump();
        }
        while self.at(Punct::Pipe) {
            self.bump();
            self.bump();
        }
    }

    /// `kind("target", option: value)`
    pub(super) fn connector(&mut self) -> Option<Connector> {
        let kind = self.name("a connector such as `kafka(\"topic\")`")?;
        let mut connector = Connector { span: kind.span, kind, target: None, options: Vec::new() };
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
            self.report(
                Diagnostic::new(Code::Unexpected, format!("`{}` is not in quotes", name.name))
                    .label(name.span, "expected a quoted name")
                    .help(format!("write `{}(\"{}\")`", connector.kind.name, name.name)),
            );
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
