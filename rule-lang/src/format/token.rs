//! Tokens with what stands before them.

use crate::lex::{Punct, TokenKind, Trivia, TriviaKind, lex};
use crate::source::FileId;

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Tok<'t> {
    pub kind: TokenKind,
    pub text: &'t str,
    /// Whether it is the first of its line.
    pub line_start: bool,
    /// What stands between the token before and this one.
    pub gap: Gap<'t>,
}

/// The comments and empty lines between two tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Gap<'t> {
    /// A comment behind the token before, on its line.
    pub behind: Option<&'t str>,
    /// Comments on lines of their own.
    pub above: Vec<Above<'t>>,
    /// Whether the last of it is an empty line.
    pub blank: bool,
}

/// A comment on a line of its own.
#[derive(Clone, Debug)]
pub(super) struct Above<'t> {
    pub text: &'t str,
    /// Whether an empty line stands before it.
    pub blank: bool,
}

impl<'t> Gap<'t> {
    pub fn has_comment(&self) -> bool {
        self.behind.is_some() || !self.above.is_empty()
    }

    /// Whether there is an empty line anywhere in it.
    pub fn has_blank(&self) -> bool {
        self.blank || self.above.iter().any(|comment| comment.blank)
    }

    /// Adds the gap that follows, the token between the two being dropped.
    pub fn followed_by(&mut self, next: Gap<'t>) {
        match next.behind {
            Some(text) if self.has_comment() => self.above.push(Above { text, blank: false }),
            behind => self.behind = self.behind.or(behind),
        }
        self.above.extend(next.above);
        self.blank = next.blank;
    }
}

impl Tok<'_> {
    pub fn is(&self, punct: Punct) -> bool {
        self.kind == TokenKind::Punct(punct)
    }

    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text == word
    }

    /// Whether it may be a name.
    pub fn is_name(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::QuotedWord)
    }

    pub fn opens(&self) -> bool {
        self.is(Punct::BraceOpen) || self.is(Punct::ParenOpen) || self.is(Punct::BracketOpen)
    }

    pub fn closes(&self) -> bool {
        self.is(Punct::BraceClose) || self.is(Punct::ParenClose) || self.is(Punct::BracketClose)
    }

    /// A token that the formatter adds.
    pub fn comma() -> Self {
        let kind = TokenKind::Punct(Punct::Comma);
        Self { kind, text: ",", line_start: false, gap: Gap::default() }
    }
}

/// Whether the token at `at` is this punctuation.
pub(super) fn is_at(toks: &[Tok<'_>], at: usize, punct: Punct) -> bool {
    toks.get(at).is_some_and(|tok| tok.is(punct))
}

/// The tokens of a text; the last one is its end.
pub(super) fn read(text: &str) -> Vec<Tok<'_>> {
    let lexed = lex(FileId::default(), text);
    let mut toks: Vec<Tok<'_>> = Vec::with_capacity(lexed.tokens.len());
    for token in &lexed.tokens {
        let trivia = token.trivia_start as usize..token.trivia_end as usize;
        let trivia = lexed.trivia.get(trivia).unwrap_or_default();
        let gap = gap(text, trivia, toks.is_empty());
        let (kind, line_start) = (token.kind, token.line_start);
        toks.push(Tok { kind, text: token.span.text(text), line_start, gap });
    }
    without_idle_commas(toks)
}

/// Drops the commas that part nothing: after another, and directly inside brackets.
fn without_idle_commas(toks: Vec<Tok<'_>>) -> Vec<Tok<'_>> {
    let mut kept: Vec<Tok<'_>> = Vec::with_capacity(toks.len());
    let mut dropped = Gap::default();
    for mut tok in toks {
        let comma = tok.is(Punct::Comma);
        if comma && kept.last().is_some_and(|before| before.opens() || before.is(Punct::Comma)) {
            dropped.followed_by(tok.gap);
            continue;
        }
        if tok.closes()
            && let Some(comma) = kept.pop_if(|before| before.is(Punct::Comma))
        {
            let mut gap = comma.gap;
            gap.followed_by(dropped);
            dropped = gap;
        }
        dropped.followed_by(tok.gap);
        tok.gap = std::mem::take(&mut dropped);
        kept.push(tok);
    }
    kept
}

fn gap<'t>(text: &'t str, trivia: &[Trivia], at_start: bool) -> Gap<'t> {
    let mut gap = Gap::default();
    // At the start of the text there is nothing that a comment could stand behind.
    let mut own_line = at_start;
    let mut line_ends = 0;
    for piece in trivia {
        let written = piece.span.text(text);
        if piece.kind == TriviaKind::Space {
            line_ends += written.matches('\n').count();
            own_line |= line_ends > 0;
            continue;
        }
        let comment = written.trim_end();
        if own_line {
            gap.above.push(Above { text: comment, blank: line_ends > 1 });
        } else {
            gap.behind = Some(comment);
        }
        own_line = true;
        line_ends = 0;
    }
    gap.blank = line_ends > 1;
    gap
}
