//! `test "…" { … }`

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Expect, ExpectKind, Given, GivenEvents, Literal, Spanned, Test};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::lex::{Punct, Token, TokenKind};
use crate::source::Span;

impl Cursor<'_> {
    pub(super) fn test(&mut self) -> Option<Test> {
        let first = self.bump().span;
        let Some(title) = self.plain_string("the test's title in quotes") else {
            self.skip_declaration();
            return None;
        };
        let mut test = Test {
            title,
            base_us: None,
            until: None,
            sets: Vec::new(),
            givens: Vec::new(),
            expects: Vec::new(),
            span: first,
        };
        if let Some(open) = self.expect(Punct::BraceOpen, "`{`") {
            self.test_body(&mut test, open);
        } else {
            self.skip_declaration();
        }
        test.span = cover(first, self.last_span());
        Some(test)
    }

    fn test_body(&mut self, test: &mut Test, open: Span) {
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
            let before = self.problems();
            self.begin_part();
            self.test_line(test);
            let clean = self.problems() == before;
            if clean && !self.at_test_line() {
                self.expected("a new line, `expect …` or `}`");
            }
            if !clean || !self.at_test_line() {
                self.skip_test_line();
            }
        }
    }

    fn at_test_line(&self) -> bool {
        self.peek().line_start
            || self.at_body_end()
            || self.at(Punct::Comma)
            || self.at_word("expect")
            || self.at_word("given")
    }

    fn skip_test_line(&mut self) {
        while !self.at_end() && !self.at(Punct::BraceClose) && !self.peek().line_start {
            self.bump();
        }
        while self.at(Punct::Pipe) {
            self.bump();
            self.skip_test_line();
        }
    }

    fn test_line(&mut self, test: &mut Test) {
        const LINES: &[&str] = &["given", "set", "base", "until", "expect"];
        let token = self.peek();
        match self.word() {
            Some("given") => {
                self.bump();
                test.givens.extend(self.given());
            }
            Some("set") => {
                self.bump();
                self.set_line(test);
            }
            Some("base") => {
                self.bump();
                let base = self.base();
                self.once("base", test.base_us.as_ref(), base.as_ref());
                test.base_us = base.or_else(|| test.base_us.take());
            }
            Some("until") => {
                self.bump();
                let until = self.until();
                self.once("until", test.until.as_ref(), until.as_ref());
                test.until = until.or_else(|| test.until.take());
            }
            Some("expect") => {
                self.bump();
                test.expects.extend(self.expect_line(token.span));
            }
            Some(word) => {
                self.report(
                    Diagnostic::new(
                        Code::UnknownClause,
                        format!("`{word}` does not begin a line of a test"),
                    )
                    .label(token.span, "expected `given`, `set`, `base`, `until` or `expect`")
                    .maybe_help(did_you_mean(word, LINES.iter().copied())),
                );
                self.bump();
            }
            None => {
                self.expected("`given`, `set`, `base`, `until` or `expect`");
                self.bump();
            }
        }
    }

    fn given(&mut self) -> Option<Given> {
        let stream = self.name("a stream's name")?;
        if self.eat_word("from").is_some() {
            let file = self.given_file(&stream.name)?;
            return Some(Given { stream, events: GivenEvents::File(file) });
        }
        if let Some(table) = self.table() {
            return Some(Given { stream, events: GivenEvents::Table(table) });
        }
        let token = self.peek();
        if matches!(token.kind, TokenKind::Str | TokenKind::RawStr) {
            let file = self.text_of(token.span).to_owned();
            self.report(
                Diagnostic::new(Code::Unexpected, "expected a table of events or `from file(…)`")
                    .label(token.span, "")
                    .help(format!("write `given {} from file({file})`", stream.name)),
            );
        } else {
            self.expected("a table of events or `from file(\"…\")`");
        }
        None
    }

    /// After `from`: `file("…")`.
    fn given_file(&mut self, stream: &str) -> Option<Spanned<String>> {
        let connector = self.connector()?;
        if connector.kind.name != "file" || !connector.options.is_empty() {
            self.report(
                Diagnostic::new(Code::Unexpected, "a test reads events from a file")
                    .label(connector.span, "expected `file(\"…\")`")
                    .help(format!("write `given {stream} from file(\"{stream}.jsonl\")`")),
            );
            return None;
        }
        if connector.target.is_none() {
            self.expected("the file's name in quotes");
        }
        connector.target
    }

    fn set_line(&mut self, test: &mut Test) {
        let Some(name) = self.name("a param's name") else { return };
        if let Some((first, _)) = test.sets.iter().find(|(first, _)| first.name == name.name) {
            self.twice(format!("this test sets `{}` twice", name.name), first.span, name.span);
        }
        if self.expect(Punct::Equal, "`=`").is_some() {
            let value = self.expr();
            test.sets.push((name, value));
        }
    }

    fn once<T>(&mut self, word: &str, first: Option<&Spanned<T>>, second: Option<&Spanned<T>>) {
        if let (Some(first), Some(second)) = (first, second) {
            self.twice(format!("this test has two `{word}` lines"), first.span, second.span);
        }
    }

    fn twice(&mut self, title: String, first: Span, second: Span) {
        self.report(
            Diagnostic::new(Code::DuplicateClause, title)
                .label(second, "the second one")
                .label(first, "the first one")
                .help("remove one of them"),
        );
    }

    fn base(&mut self) -> Option<Spanned<i64>> {
        let token = self.peek();
        if let TokenKind::Timestamp(value) = token.kind {
            self.bump();
            return Some(Spanned { value, span: token.span });
        }
        self.expected("a timestamp such as `@2026-01-01T00:00:00Z`");
        None
    }

    fn until(&mut self) -> Option<Spanned<Literal>> {
        let token = self.peek();
        let value = match token.kind {
            TokenKind::Timestamp(value) => Literal::Timestamp(value),
            _ => Literal::Duration(self.duration("`until`")?.value),
        };
        if matches!(value, Literal::Timestamp(_)) {
            self.bump();
        }
        Some(Spanned { value, span: token.span })
    }

    /// After `expect`: `[some|no] NAME`, `late STREAM`, `error ["…"]` and a table, `no error`, or
    /// `NAME matches snapshot`.
    fn expect_line(&mut self, first: Span) -> Option<Expect> {
        let named = |token: Token| {
            matches!(token.kind, TokenKind::Word | TokenKind::QuotedWord) && !token.line_start
        };
        let next_is_name = named(self.nth(1));
        let mut kind = match self.word() {
            Some("some") if next_is_name => ExpectKind::Some,
            Some("no") if next_is_name && self.word_of(self.nth(1)) == Some("error") => {
                self.bump();
                ExpectKind::NoError
            }
            Some("no") if next_is_name => ExpectKind::None,
            Some("late") if next_is_name => ExpectKind::Late,
            Some("error" | "errors") if !next_is_name => ExpectKind::Error,
            _ => ExpectKind::All,
        };
        if kind != ExpectKind::All {
            self.bump();
        }
        let name = match kind {
            ExpectKind::Error | ExpectKind::NoError => None,
            _ => Some(self.name("a derived event's name")?),
        };
        let span = cover(first, self.last_span());
        if kind == ExpectKind::All && self.eat_word("matches").is_some() {
            if self.eat_word("snapshot").is_none() {
                self.expected("`snapshot`");
                return None;
            }
            kind = ExpectKind::Snapshot;
        }
        let is_text = matches!(self.peek().kind, TokenKind::Str | TokenKind::RawStr);
        let text = if kind == ExpectKind::Error && is_text {
            self.plain_string("a text that the error's words hold")
        } else {
            None
        };
        let table = self.table();
        let needed = matches!(kind, ExpectKind::All | ExpectKind::Some);
        if table.is_none() && needed && self.peek().kind != TokenKind::Bad {
            let event = name.as_ref().map_or("", |name| name.name.as_str());
            self.report(
                Diagnostic::new(Code::Unexpected, "expected a table of events")
                    .label(span, "what is expected?")
                    .help(format!("write a table below, or `expect no {event}`")),
            );
        }
        Some(Expect { kind, name, text, table, span })
    }

    /// The text of a quoted token, without interpolation.
    pub(super) fn string_of(&mut self, token: Token) -> String {
        use crate::lex::string::{Braces, Piece, pieces, raw};
        if token.kind == TokenKind::RawStr {
            return raw(token.span, self.text).to_owned();
        }
        let (parts, problems) = pieces(token.span, self.text, Braces::Plain);
        problems.into_iter().for_each(|problem| self.report(problem));
        let texts = parts.into_iter().filter_map(|part| match part {
            Piece::Text(text) => Some(text),
            Piece::Expression(_) => None,
        });
        texts.collect()
    }
}
