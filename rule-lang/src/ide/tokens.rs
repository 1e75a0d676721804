//! Tokens of a text with their words, and the parts they form.

use crate::lex::string::{Braces, Piece, pieces, raw};
use crate::lex::{Punct, Token, TokenKind, lex_part};
use crate::source::Span;
use std::ops::Range;

/// Words between operands, never names.
const OPERATOR_WORDS: &[&str] = &["and", "or", "in", "div", "not", "then", "else", "if"];

/// The tokens of a text.
pub(super) struct Tokens<'t> {
    pub text: &'t str,
    pub tokens: Vec<Token>,
}

impl<'t> Tokens<'t> {
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn span(&self, at: usize) -> Span {
        self.tokens.get(at).map(|token| token.span).unwrap_or_default()
    }

    /// The span from one token to before another.
    pub(super) fn cover(&self, range: &Range<usize>) -> Span {
        self.span(range.start).to(self.span(range.end.saturating_sub(1).max(range.start)))
    }

    /// The plain word at a place; a name in backticks is none.
    pub(super) fn word(&self, at: usize) -> Option<&'t str> {
        let token = self.tokens.get(at)?;
        (token.kind == TokenKind::Word).then(|| token.span.text(self.text))
    }

    /// The name at a place, without backticks.
    pub(super) fn name(&self, at: usize) -> Option<&'t str> {
        let token = self.tokens.get(at)?;
        match token.kind {
            TokenKind::Word => Some(token.span.text(self.text)),
            TokenKind::QuotedWord => Some(raw(token.span, self.text)),
            _ => None,
        }
    }

    pub(super) fn is(&self, at: usize, punct: Punct) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Punct(punct))
    }

    pub(super) fn is_word(&self, at: usize, word: &str) -> bool {
        self.word(at) == Some(word)
    }

    pub(super) fn line_start(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.line_start)
    }

    /// How a token changes the depth of brackets.
    pub(super) fn turn(&self, at: usize) -> i32 {
        match self.tokens.get(at).map(|token| token.kind) {
            Some(TokenKind::Punct(Punct::BraceOpen | Punct::ParenOpen | Punct::BracketOpen)) => 1,
            Some(TokenKind::Punct(Punct::BraceClose | Punct::ParenClose | Punct::BracketClose)) => {
                -1
            }
            _ => 0,
        }
    }

    /// The place of the bracket that closes the one at `open`, or the end of the range.
    pub(super) fn close(&self, open: usize, end: usize) -> usize {
        let mut depth = 0;
        for at in open..end {
            depth += self.turn(at);
            if depth <= 0 {
                return at;
            }
        }
        end
    }

    /// The place of the bracket that opens what the one at `close` ends.
    pub(super) fn open(&self, close: usize) -> Option<usize> {
        let mut depth = 0;
        (0..=close).rev().find(|at| {
            depth += self.turn(*at);
            depth == 0
        })
    }

    /// The first such bracket of a range.
    pub(super) fn find(&self, range: Range<usize>, punct: Punct) -> Option<usize> {
        range.into_iter().find(|at| self.is(*at, punct))
    }

    /// The members of a range: parts between commas or on lines of their own, brackets kept whole.
    pub(super) fn members(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let (mut members, mut depth, mut from) = (Vec::new(), 0, range.start);
        for at in range.clone() {
            let splits = depth == 0 && (self.is(at, Punct::Comma) || self.begins_member(at));
            if splits {
                if from < at {
                    members.push(from..at);
                }
                from = if self.is(at, Punct::Comma) { at + 1 } else { at };
            }
            depth += self.turn(at);
        }
        if from < range.end {
            members.push(from..range.end);
        }
        members
    }

    /// Whether a new line here begins a member rather than going on with the one before.
    fn begins_member(&self, at: usize) -> bool {
        if !self.line_start(at) || self.word(at).is_some_and(|word| OPERATOR_WORDS.contains(&word))
        {
            return false;
        }
        let named = self.name(at).is_some() || self.is(at, Punct::DotDot);
        let before = at.checked_sub(1);
        let goes_on = before.is_some_and(|before| match self.tokens.get(before).map(|t| t.kind) {
            Some(TokenKind::Punct(punct)) => !matches!(
                punct,
                Punct::ParenClose | Punct::BracketClose | Punct::BraceClose | Punct::Question
            ),
            Some(TokenKind::Word) => {
                self.word(before).is_some_and(|word| OPERATOR_WORDS.contains(&word))
            }
            _ => false,
        });
        named && !goes_on
    }

    /// The tokens of the expressions inside the string at a place.
    pub(super) fn inside_string(&self, at: usize) -> Vec<Tokens<'t>> {
        let Some(token) = self.tokens.get(at).filter(|token| token.kind == TokenKind::Str) else {
            return Vec::new();
        };
        let (found, _) = pieces(token.span, self.text, Braces::Interpolate);
        let spans = found.into_iter().filter_map(|piece| match piece {
            Piece::Expression(span) => Some(span),
            Piece::Text(_) => None,
        });
        let lex = |span| Tokens { text: self.text, tokens: lex_part(span, self.text).tokens };
        spans.map(lex).collect()
    }
}
