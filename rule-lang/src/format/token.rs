//! Tokens with what stands before them.

use crate::lex::{Punct, TokenKind, Trivia, TriviaKind, lex};
use crate::parse::Parts;
use crate::source::FileId;

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Tok<'t> {
    pub kind: TokenKind,
    pub text: &'t str,
    /// Whether it is the first of its line.
    pub line_start: bool,
    /// Whether a part begins with it: a declaration, an attribute, a member, a clause or a line of a
    /// test.
    pub begins: bool,
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

    pub fn opens(&self) -> bool {
        self.is(Punct::BraceOpen) || self.is(Punct::ParenOpen) || self.is(Punct::BracketOpen)
    }

    pub fn closes(&self) -> bool {
        self.is(Punct::BraceClose) || self.is(Punct::ParenClose) || self.is(Punct::BracketClose)
    }

    /// A token that the formatter adds.
    pub fn comma() -> Self {
        let kind = TokenKind::Punct(Punct::Comma);
        Self { kind, text: ",", line_start: false, begins: false, gap: Gap::default() }
    }
}

/// Whether the token at `at` is this punctuation.
pub(super) fn is_at(toks: &[Tok<'_>], at: usize, punct: Punct) -> bool {
    toks.get(at).is_some_and(|tok| tok.is(punct))
}

/// The tokens of a text; the last one is its end. Of the commas, those are left that part
/// something; between members there is always one, also where a line end did it.
pub(super) fn read<'t>(text: &'t str, parts: &Parts) -> Vec<Tok<'t>> {
    let lexed = lex(FileId::default(), text);
    let (mut starts, mut rows) = (parts.starts.iter().peekable(), parts.rows.iter().peekable());
    let mut reader = Reader::default();
    for (at, token) in lexed.tokens.iter().enumerate() {
        let trivia = token.trivia_start as usize..token.trivia_end as usize;
        let trivia = lexed.trivia.get(trivia).unwrap_or_default();
        let begins = starts.next_if(|start| **start <= at).is_some();
        let tok = Tok {
            kind: token.kind,
            text: token.span.text(text),
            line_start: token.line_start,
            begins,
            gap: gap(text, trivia, at == 0),
        };
        while rows.next_if(|row| row.end <= at).is_some() {}
        if rows.peek().is_some_and(|row| row.start <= at) {
            reader.push(tok);
        } else {
            reader.add(tok);
        }
    }
    reader.toks
}

/// The tokens read so far.
#[derive(Default)]
struct Reader<'t> {
    toks: Vec<Tok<'t>>,
    /// What stood before commas that were dropped.
    dropped: Gap<'t>,
    depth: usize,
}

impl<'t> Reader<'t> {
    /// Adds a token, but for a comma that parts nothing: after another, and directly inside brackets.
    fn add(&mut self, tok: Tok<'t>) {
        let after_nothing =
            self.toks.last().is_none_or(|last| last.opens() || last.is(Punct::Comma));
        if tok.is(Punct::Comma) && after_nothing {
            self.dropped.followed_by(tok.gap);
            return;
        }
        if tok.closes()
            && let Some(comma) = self.toks.pop_if(|last| last.is(Punct::Comma))
        {
            let mut gap = comma.gap;
            gap.followed_by(std::mem::take(&mut self.dropped));
            self.dropped = gap;
        }
        if tok.begins && self.depth > 0 && !after_nothing {
            self.toks.push(Tok::comma());
        }
        self.push(tok);
    }

    fn push(&mut self, mut tok: Tok<'t>) {
        if tok.opens() {
            self.depth += 1;
        } else if tok.closes() {
            self.depth = self.depth.saturating_sub(1);
        }
        let mut gap = std::mem::take(&mut self.dropped);
        gap.followed_by(tok.gap);
        tok.gap = gap;
        self.toks.push(tok);
    }
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
