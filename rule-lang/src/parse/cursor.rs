//! The place in the token list, and the small steps all grammar is made of.

use super::Parts;
use crate::ast::Spanned;
use crate::diagnostic::{Advice, Code, Diagnostic};
use crate::lex::{Lexed, Punct, Token, TokenKind, Trivia};
use crate::source::{FileId, Span};

pub(crate) struct Cursor<'t> {
    pub(super) file: FileId,
    pub(super) text: &'t str,
    lexed: &'t Lexed,
    at: usize,
    end: Token,
    diagnostics: Vec<Diagnostic>,
    /// Open recursive calls of the expression grammar.
    pub(super) nesting: usize,
    /// Height of the expression read last.
    pub(super) height: usize,
    /// Whether it was said of the expression being read that it is too long.
    pub(super) too_tall: bool,
    /// What the end of the text is called.
    pub(super) end_name: &'static str,
    /// Whether the value of a member is being read, which a line that begins with `(` ends.
    in_member: bool,
    parts: Parts,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(file: FileId, text: &'t str, lexed: &'t Lexed) -> Self {
        let end = lexed.tokens.last().copied().unwrap_or(Token {
            kind: TokenKind::End,
            span: Span::new(file, 0, 0),
            line_start: true,
            trivia_start: 0,
            trivia_end: 0,
        });
        Self {
            file,
            text,
            lexed,
            at: 0,
            end,
            diagnostics: Vec::new(),
            nesting: 0,
            height: 0,
            too_tall: false,
            end_name: "the end of the file",
            in_member: false,
            parts: Parts::default(),
        }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// Where the parts begin that were read so far.
    pub(super) fn take_parts(&mut self) -> Parts {
        std::mem::take(&mut self.parts)
    }

    /// Remembers that a part begins here.
    pub(super) fn begin_part(&mut self) {
        self.parts.starts.push(self.at);
    }

    /// Remembers that a row of cells was read since `start`.
    pub(super) fn end_row(&mut self, start: usize) {
        self.parts.rows.push(start..self.at);
    }

    /// Reads something as the value of a member, or as what no line end can end.
    pub(super) fn within<T>(&mut self, in_member: bool, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.in_member, in_member);
        let found = read(self);
        self.in_member = outer;
        found
    }

    /// Whether the parenthesis of a call stands here.
    pub(super) fn at_call(&self) -> bool {
        self.at(Punct::ParenOpen) && !(self.in_member && self.peek().line_start)
    }

    /// Reports, unless the diagnostic before is about the same place already.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        let start = |d: &Diagnostic| d.primary_span().map(|span| span.start);
        if self.diagnostics.last().and_then(start) != start(&diagnostic)
            || self.diagnostics.is_empty()
        {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports what is written in another way here, and how.
    pub(super) fn correct(
        &mut self,
        title: impl Into<String>,
        span: Span,
        help: impl Into<Advice>,
    ) {
        self.report(Diagnostic::new(Code::Unexpected, title).label(span, "").help(help));
    }

    /// How many problems were found so far, to tell whether a part was read cleanly.
    pub(super) fn problems(&self) -> usize {
        self.diagnostics.len()
    }

    pub(super) fn nth(&self, n: usize) -> Token {
        self.lexed.tokens.get(self.at + n).copied().unwrap_or(self.end)
    }

    pub(super) fn peek(&self) -> Token {
        self.nth(0)
    }

    pub(super) fn bump(&mut self) -> Token {
        let token = self.peek();
        if self.at < self.lexed.tokens.len() {
            self.at += 1;
        }
        token
    }

    /// Where the cursor is, for [`Cursor::ensure_progress`].
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// INVARIANT (every turn of a loop consumes): skips a token if none was consumed since `start`.
    pub(super) fn ensure_progress(&mut self, start: usize) {
        if self.at == start {
            self.bump();
        }
    }

    pub(super) fn at_end(&self) -> bool {
        self.peek().kind == TokenKind::End
    }

    /// The token before the next one.
    pub(super) fn last_span(&self) -> Span {
        let last = self.at.checked_sub(1).and_then(|at| self.lexed.tokens.get(at));
        last.map_or(Span::new(self.file, 0, 0), |token| token.span)
    }

    pub(super) fn text_of(&self, span: Span) -> &'t str {
        span.text(self.text)
    }

    pub(super) fn leading_trivia(&self) -> &'t [Trivia] {
        let token = self.peek();
        let range = token.trivia_start as usize..token.trivia_end as usize;
        self.lexed.trivia.get(range).unwrap_or_default()
    }

    pub(super) fn word_of(&self, token: Token) -> Option<&'t str> {
        (token.kind == TokenKind::Word).then(|| self.text_of(token.span))
    }

    pub(super) fn word(&self) -> Option<&'t str> {
        self.word_of(self.peek())
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub(super) fn eat_word(&mut self, word: &str) -> Option<Span> {
        self.at_word(word).then(|| self.bump().span)
    }

    pub(super) fn at(&self, punct: Punct) -> bool {
        self.peek().kind == TokenKind::Punct(punct)
    }

    pub(super) fn nth_is(&self, n: usize, punct: Punct) -> bool {
        self.nth(n).kind == TokenKind::Punct(punct)
    }

    pub(super) fn eat(&mut self, punct: Punct) -> Option<Span> {
        self.at(punct).then(|| self.bump().span)
    }

    /// A token in words: what it is in the user's text.
    pub(super) fn describe(&self, token: Token) -> String {
        match token.kind {
            TokenKind::End => self.end_name.to_owned(),
            _ => format!("`{}`", self.text_of(token.span)),
        }
    }

    /// Reports that `wanted` was expected where the next token stands.
    pub(super) fn expected(&mut self, wanted: &str) {
        let token = self.peek();
        if token.kind == TokenKind::Bad {
            return;
        }
        let found = self.describe(token);
        self.report(
            Diagnostic::new(Code::Unexpected, format!("expected {wanted}, found {found}"))
                .label(token.span, format!("expected {wanted}")),
        );
    }

    /// Consumes `punct` or reports that it was expected.
    pub(super) fn expect(&mut self, punct: Punct, wanted: &str) -> Option<Span> {
        let found = self.eat(punct);
        if found.is_none() {
            self.expected(wanted);
        }
        found
    }

    /// Consumes a closing bracket or reports which opening one is not closed.
    pub(super) fn close(&mut self, punct: Punct, open: Span) -> bool {
        if self.eat(punct).is_some() {
            return true;
        }
        self.unclosed(open);
        false
    }

    pub(super) fn unclosed(&mut self, open: Span) {
        let bracket = self.text_of(open);
        let closing = match bracket {
            "{" => "}",
            "[" => "]",
            _ => ")",
        };
        let token = self.peek();
        let found = self.describe(token);
        let nested = self.diagnostics.last().is_some_and(|last| last.code == Code::Unclosed);
        if token.kind == TokenKind::End && nested {
            // What surrounds it is not closed either; one closing bracket at a time.
            return;
        }
        if self.swallowed(open, token.span) {
            // It may well be closed by what a string without an end has taken with it.
            return;
        }
        let here = if token.kind == TokenKind::End { self.last_span().after() } else { token.span };
        self.report(
            Diagnostic::new(Code::Unclosed, format!("this `{bracket}` is not closed"))
                .label(open, "opened here")
                .label(here, format!("expected `{closing}` before {found}")),
        );
    }

    /// Whether a string between two places has no end, so that the rest of its line is in it.
    fn swallowed(&self, from: Span, to: Span) -> bool {
        let start = |said: &Diagnostic| said.labels.first().map_or(0, |label| label.span.start);
        let said = &self.lexed.diagnostics;
        let behind = said.partition_point(|said| start(said) <= from.start);
        let between = said.iter().skip(behind).take_while(|said| start(said) < to.start);
        between.into_iter().any(|said| said.code == Code::UnterminatedString)
    }

    /// A quoted string without interpolation.
    pub(super) fn plain_string(&mut self, wanted: &str) -> Option<Spanned<String>> {
        let token = self.peek();
        if !matches!(token.kind, TokenKind::Str | TokenKind::RawStr) {
            self.expected(wanted);
            return None;
        }
        self.bump();
        let value = self.string_of(token);
        Some(Spanned { value, span: token.span })
    }
}
