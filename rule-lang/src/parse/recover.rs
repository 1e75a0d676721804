//! Where things begin and end, and how to go on after a mistake: at the next member, clause or
//! declaration.

use super::cursor::Cursor;
use crate::diagnostic::Advice;
use crate::lex::{Punct, TokenKind};

impl Cursor<'_> {
    /// Whether a declaration begins here, told by its first words, at the start of a line.
    pub(super) fn at_declaration(&self) -> bool {
        let token = self.peek();
        let Some(word) = self.word().filter(|_| token.line_start) else { return false };
        let second = self.nth(1).kind;
        let named = matches!(second, TokenKind::Word | TokenKind::QuotedWord);
        let third = self.word_of(self.nth(2)).unwrap_or_default();
        let brace = self.nth_is(2, Punct::BraceOpen);
        match word {
            "stream" | "table" => named && (brace || third == "from"),
            "type" | "event" | "scenario" => named && brace,
            "rule" => named && (brace || HARD_CLAUSES.contains(&third)),
            "sink" => named && third == "to",
            "param" => named && (self.nth_is(2, Punct::Colon) || self.nth_is(2, Punct::Equal)),
            "fn" => named && self.nth_is(2, Punct::ParenOpen),
            "test" => matches!(second, TokenKind::Str | TokenKind::RawStr),
            _ => false,
        }
    }

    /// Whether an attribute line begins here.
    pub(super) fn at_attribute_line(&self) -> bool {
        self.peek().line_start && self.at(Punct::At)
    }

    /// Whether a clause of a rule begins here.
    pub(super) fn at_clause(&self) -> bool {
        let Some(word) = self.word() else { return false };
        let used_as_value = matches!(word, "window" | "when") && self.nth_is(1, Punct::Dot);
        if HARD_CLAUSES.contains(&word) {
            return !used_as_value;
        }
        let soft = SOFT_CLAUSES.contains(&word) || word == "then" || word == "else";
        soft && self.peek().line_start && !self.nth_is(1, Punct::Colon)
    }

    /// Whether a clause that begins with a word that is a name elsewhere stands at the nth token, told
    /// by what follows: a clause's word or a bracket that closes would follow a name.
    pub(super) fn at_soft_clause(&self, n: usize) -> bool {
        let soft = |word: &str| SOFT_CLAUSES.contains(&word) || word == "else";
        let next = self.nth(n + 1);
        self.word_of(self.nth(n)).is_some_and(soft)
            && match next.kind {
                TokenKind::Word => {
                    let word = self.text_of(next.span);
                    !(soft(word) || HARD_CLAUSES.contains(&word) || word == "each")
                }
                TokenKind::Punct(punct) => {
                    matches!(punct, Punct::ParenOpen | Punct::BracketOpen | Punct::Minus)
                }
                kind => kind != TokenKind::End,
            }
    }

    /// Whether the body being read ends here: its brace, the file's end, or the next declaration.
    pub(super) fn at_body_end(&self) -> bool {
        self.at(Punct::BraceClose)
            || self.at_end()
            || self.at_declaration()
            || self.at_attribute_line()
    }

    /// Skips what cannot be read, up to the next clause or the end of the body.
    pub(super) fn skip_to_clause(&mut self) {
        let mut depth = 0usize;
        while !self.at_end() && !self.at_declaration() && !self.at_attribute_line() {
            let line_start = self.peek().line_start;
            if self.at_clause() && (depth == 0 || line_start) {
                return;
            }
            if line_start && depth == 0 && self.at_clause_of_a_kind() {
                return;
            }
            match self.peek().kind {
                TokenKind::Punct(Punct::BraceOpen) => depth += 1,
                TokenKind::Punct(Punct::BraceClose) if depth == 0 => return,
                TokenKind::Punct(Punct::BraceClose) => depth -= 1,
                _ => {}
            }
            self.bump();
        }
    }

    /// Skips to the end of a member: a comma, the next line, or the end of the body.
    pub(super) fn skip_member(&mut self) {
        let mut depth = 0usize;
        while !self.at_end() {
            let token = self.peek();
            match token.kind {
                TokenKind::Punct(Punct::ParenOpen | Punct::BracketOpen | Punct::BraceOpen) => {
                    depth += 1
                }
                TokenKind::Punct(Punct::BraceClose | Punct::ParenClose | Punct::BracketClose)
                    if depth == 0 =>
                {
                    return;
                }
                TokenKind::Punct(Punct::BraceClose | Punct::ParenClose | Punct::BracketClose) => {
                    depth -= 1
                }
                TokenKind::Punct(Punct::Comma) if depth == 0 => return,
                _ => {}
            }
            self.bump();
            if self.peek().line_start {
                return;
            }
        }
    }

    /// After a member: a comma, a new line or the closing brace must follow.
    pub(super) fn member_end(&mut self) {
        if self.eat(Punct::Comma).is_some()
            || self.peek().line_start
            || self.at(Punct::BraceClose)
            || self.at_end()
        {
            return;
        }
        if self.at(Punct::Semicolon) {
            let span = self.bump().span;
            let help = Advice {
                text: "a comma or a new line does it".to_owned(),
                replacement: Some(",".to_owned()),
            };
            self.correct("members are not separated by `;`", span, help);
            return;
        }
        self.expected("a comma or a new line");
        if self.peek().kind != TokenKind::Word || !self.nth_is(1, Punct::Colon) {
            self.skip_member();
        }
    }

    /// Skips to before the bracket that closes what is open here, over whole bracketed groups; stops
    /// at clauses and declarations, so that one lost bracket does not swallow the rest.
    pub(super) fn skip_group(&mut self) {
        let mut depth = 0usize;
        while !self.at_end() && !self.at_declaration() {
            if self.peek().line_start && self.at_clause() {
                return;
            }
            match self.peek().kind {
                TokenKind::Punct(Punct::ParenOpen | Punct::BracketOpen | Punct::BraceOpen) => {
                    depth += 1
                }
                TokenKind::Punct(Punct::BraceClose | Punct::ParenClose | Punct::BracketClose)
                    if depth == 0 =>
                {
                    return;
                }
                TokenKind::Punct(Punct::BraceClose | Punct::ParenClose | Punct::BracketClose) => {
                    depth -= 1
                }
                _ => {}
            }
            self.bump();
        }
    }
}

/// Clause words that are names elsewhere.
pub(crate) const SOFT_CLAUSES: &[&str] = &[
    "distinct", "forget", "join", "left", "limit", "match", "next", "reuse", "skip", "timeout",
    "within", "without",
];

/// Words that always begin a clause.
pub(crate) const HARD_CLAUSES: &[&str] =
    &["from", "where", "let", "by", "window", "when", "emit", "clear"];
