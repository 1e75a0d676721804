//! Durations where only one may stand, also as they are written elsewhere.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Literal, Spanned};
use crate::diagnostic::{Advice, Code, Diagnostic, write_instead};
use crate::habits;
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

impl Cursor<'_> {
    /// A literal duration in microseconds; `what` says in messages what it is of.
    pub(super) fn duration(&mut self, what: &str) -> Option<Spanned<i64>> {
        let token = self.peek();
        match token.kind {
            TokenKind::Duration(value) => {
                self.bump();
                Some(Spanned { value, span: token.span })
            }
            TokenKind::Bad => {
                self.bump();
                None
            }
            TokenKind::Int(_) if self.unit_follows().is_some() => self.spelt_duration(),
            TokenKind::Int(number) => {
                self.bump();
                let meant = format!("{number}s");
                self.report(
                    Diagnostic::new(Code::UnitMissing, format!("`{number}` has no unit"))
                        .label(token.span, format!("{what} is a duration"))
                        .help(Advice {
                            text: format!("write `{meant}` for seconds; units are `us`, `ms`, `s`, `m`, `h` and `d`"),
                            replacement: Some(meant.clone()),
                        }),
                );
                duration_of(&meant, token.span)
            }
            TokenKind::Word if matches!(self.nth(1).kind, TokenKind::Duration(_)) => {
                self.bump();
                let word = self.text_of(token.span);
                let span = self.peek().span;
                let title = format!("no `{word}` stands before a duration");
                let help = write_instead(self.text_of(span));
                self.correct(title, token.span.to(span), help);
                self.duration(what)
            }
            TokenKind::Str | TokenKind::RawStr => self.quoted_duration(),
            TokenKind::Word | TokenKind::QuotedWord if !self.at_clause() => {
                self.bump();
                let word = self.text_of(token.span);
                if let Some(text) = habits::duration("1", word).filter(|_| word.len() > 2) {
                    let title = format!("`{word}` is not a duration");
                    let diagnostic = Diagnostic::new(Code::BadDuration, title);
                    self.report(diagnostic.label(token.span, "").help(write_instead(&text)));
                    return duration_of(&text, token.span);
                }
                self.report(
                    Diagnostic::new(
                        Code::DurationNotLiteral,
                        format!("{what} must be a literal duration"),
                    )
                    .label(token.span, format!("`{word}` is not a literal"))
                    .help("write it out, as in `10s`; a param cannot stand here in this version"),
                );
                None
            }
            _ => {
                self.expected("a duration such as `10s`");
                None
            }
        }
    }

    /// What a number and the word behind it are as a duration: `10 seconds`.
    pub(super) fn unit_follows(&self) -> Option<String> {
        let (number, unit) = (self.peek(), self.nth(1));
        let word =
            self.word_of(unit).filter(|_| !unit.line_start && !self.nth_is(2, Punct::Colon))?;
        habits::duration(self.text_of(number.span), word)
    }

    /// At a number and a unit: the duration that they are.
    pub(super) fn spelt_duration(&mut self) -> Option<Spanned<i64>> {
        let text = self.unit_follows()?;
        let first = self.bump().span;
        let span = cover(first, self.bump().span);
        let what = format!("`{}` is not a duration", self.text_of(span));
        self.report(
            Diagnostic::new(Code::BadDuration, what)
                .label(span, "the unit stands at the number")
                .help(write_instead(text.clone())),
        );
        duration_of(&text, span)
    }

    /// A duration in quotes.
    pub(super) fn quoted_duration(&mut self) -> Option<Spanned<i64>> {
        let span = self.bump().span;
        let text = self.text_of(span).trim_matches(['"', '\'']).trim();
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (count, unit) = text.split_at(split);
        let meant = habits::duration(count, unit.trim()).filter(|_| !count.is_empty());
        let value = meant.as_deref().and_then(|text| duration_of(text, span));
        let diagnostic = Diagnostic::new(Code::Unexpected, "a duration stands without quotes")
            .label(span, "expected a duration such as `10s`");
        self.report(diagnostic.maybe_help(meant.map(write_instead)));
        value
    }
}

/// The duration that is written so.
pub(super) fn duration_of(text: &str, span: Span) -> Option<Spanned<i64>> {
    match super::literal(text)? {
        Literal::Duration(value) => Some(Spanned { value, span }),
        _ => None,
    }
}
