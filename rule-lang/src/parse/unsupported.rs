//! Words of the language that this version does not run: recognised, named precisely, skipped.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Ident, Unsupported};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

/// A declaration that is not supported yet.
pub(super) struct Kind {
    keyword: &'static str,
    code: Code,
    plural: &'static str,
    help: &'static str,
}

const DECLARATIONS: &[Kind] = &[Kind {
    keyword: "scenario",
    code: Code::NoScenarios,
    plural: "`scenario` declarations",
    help: "set params on the command line: `--set NAME=VALUE`",
}];

/// The unsupported declaration that begins with this word.
pub(super) fn declaration(word: &str) -> Option<&'static Kind> {
    DECLARATIONS.iter().find(|kind| kind.keyword == word)
}

/// Whether this version runs what a word begins.
pub(crate) fn runs(word: &str) -> bool {
    declaration(word).is_none()
        && clause(word).is_none()
        && !matches!(word, "match" | "join" | "left")
}

/// A clause that is reported and skipped: its code, what it is called and what works instead.
pub(super) fn clause(word: &str) -> Option<(Code, &'static str, &'static str)> {
    Some(match word {
        "timeout" => (
            Code::NoTimeout,
            "`timeout` is",
            "it belongs to patterns, which are not supported either",
        ),
        "within" | "then" | "without" | "next" => (
            Code::NoPatterns,
            "patterns are",
            "count the events in a window: `window sliding(D)` and `when count(where …) > 0`",
        ),
        "reuse" | "skip" => (
            Code::NoReuse,
            "`reuse` and `skip` are",
            "they belong to patterns, which are not supported either",
        ),
        _ => return None,
    })
}

impl Cursor<'_> {
    /// Reports and skips a whole declaration.
    pub(super) fn unsupported_declaration(&mut self, kind: &Kind) -> Unsupported {
        let first = self.bump().span;
        let name = match self.peek().kind {
            TokenKind::Word | TokenKind::QuotedWord => self.name("a name"),
            _ => None,
        };
        self.report(
            Diagnostic::new(
                kind.code,
                format!("{} are not supported in this version", kind.plural),
            )
            .label(first, "")
            .help(kind.help),
        );
        let mut depth = 0usize;
        while !self.at_end() && !self.at_declaration() && !self.at_attribute_line() {
            match self.peek().kind {
                TokenKind::Punct(Punct::BraceOpen) => depth += 1,
                TokenKind::Punct(Punct::BraceClose) => depth = depth.saturating_sub(1),
                _ => {}
            }
            let closing = self.at(Punct::BraceClose);
            if closing && depth == 0 {
                self.bump();
                break;
            }
            self.bump();
        }
        Unsupported { keyword: kind.keyword, name, span: cover(first, self.last_span()) }
    }

    /// Reports and skips the rest of a rule whose kind is not supported, up to its closing brace;
    /// returns the names it would emit.
    pub(super) fn unsupported_rule(&mut self, diagnostic: Diagnostic) -> Vec<Ident> {
        self.report(diagnostic);
        let mut events = Vec::new();
        let mut depth = 0usize;
        while !self.at_end() && !self.at_declaration() && !self.at_attribute_line() {
            if self.at_word("emit") || self.at_word("timeout") {
                self.bump();
                if matches!(self.peek().kind, TokenKind::Word | TokenKind::QuotedWord) {
                    events.extend(self.name("an event's name"));
                }
                continue;
            }
            match self.peek().kind {
                TokenKind::Punct(Punct::BraceOpen) => depth += 1,
                TokenKind::Punct(Punct::BraceClose) if depth == 0 => break,
                TokenKind::Punct(Punct::BraceClose) => depth -= 1,
                _ => {}
            }
            self.bump();
        }
        events
    }

    /// One diagnostic of the form "`x` is not supported in this version".
    pub(super) fn not_supported(&mut self, code: Code, span: Span, what: &str, help: &str) {
        self.report(
            Diagnostic::new(code, format!("{what} not supported in this version"))
                .label(span, "")
                .help(help),
        );
    }
}
