//! Names, and what stands where one is expected.

use super::cursor::Cursor;
use crate::ast::Ident;
use crate::diagnostic::{Code, Diagnostic, write_instead};
use crate::lex::string::raw;
use crate::lex::{Punct, TokenKind};

/// Words that are never names unless written in backticks.
pub(crate) const RESERVED: &[&str] = &[
    "and", "by", "clear", "div", "else", "emit", "false", "from", "if", "in", "let", "not", "null",
    "or", "then", "true", "when", "where", "window",
];

impl Cursor<'_> {
    /// A name that is being declared or referred to. One in quotes or with dashes is answered with
    /// how it would be written, and goes by that.
    pub(super) fn name(&mut self, what: &str) -> Option<Ident> {
        let token = self.peek();
        let written = match token.kind {
            TokenKind::Str | TokenKind::RawStr if !token.line_start => raw(token.span, self.text),
            TokenKind::Word if self.dashed(0) > 1 => {
                let last = self.nth(self.dashed(0) - 1).span;
                self.text_of(token.span.to(last))
            }
            _ => return self.plain_name(what),
        };
        let (span, name) = (token.span, identifier(written));
        let dashed = token.kind == TokenKind::Word;
        for _ in 0..self.dashed(0).max(1) {
            self.bump();
        }
        let span = span.to(self.last_span());
        let title = if dashed {
            format!("`{written}` is not a name")
        } else {
            "names are written without quotes".to_owned()
        };
        let shown =
            if RESERVED.contains(&name.as_str()) { format!("`{name}`") } else { name.clone() };
        self.report(
            Diagnostic::new(Code::Unexpected, title)
                .label(span, "letters, digits and `_` make a name")
                .help(write_instead(shown)),
        );
        Some(Ident { name, span })
    }

    /// How many tokens from the one at `from` on are a name with dashes in it: `low-harvest`.
    pub(super) fn dashed(&self, from: usize) -> usize {
        let part = |at: usize| {
            let token = self.nth(at);
            let kind = token.kind;
            matches!(kind, TokenKind::Word | TokenKind::Int(_) | TokenKind::Duration(_))
                .then_some(token.span)
        };
        let mut count = 1;
        while let Some(before) = part(from + count - 1)
            && self.nth_is(from + count, Punct::Minus)
            && self.nth(from + count).span.start == before.end
            && part(from + count + 1).is_some_and(|after| after.start == before.end + 1)
        {
            count += 2;
        }
        count
    }

    /// A name, where signs after it are operators.
    pub(super) fn plain_name(&mut self, what: &str) -> Option<Ident> {
        let token = self.peek();
        match token.kind {
            TokenKind::QuotedWord => {
                self.bump();
                let name = raw(token.span, self.text).to_owned();
                Some(Ident { name, span: token.span })
            }
            TokenKind::Word => {
                let word = self.text_of(token.span);
                if !RESERVED.contains(&word) {
                    self.bump();
                    return Some(Ident { name: word.to_owned(), span: token.span });
                }
                if token.line_start {
                    self.expected(what);
                    return None;
                }
                Some(self.reserved_name())
            }
            _ => {
                self.expected(what);
                None
            }
        }
    }

    /// Takes a reserved word as the name it stands for, with a diagnostic.
    pub(super) fn reserved_name(&mut self) -> Ident {
        let token = self.bump();
        let word = self.text_of(token.span);
        self.report(
            Diagnostic::new(Code::ReservedWord, format!("`{word}` is a reserved word"))
                .label(token.span, "a name was expected here")
                .help(format!("choose another name, or write it in backticks: `` `{word}` ``")),
        );
        Ident { name: word.to_owned(), span: token.span }
    }
}

/// A text as a name: what cannot stand in one is `_`.
pub(super) fn identifier(text: &str) -> String {
    let mut name: String =
        text.trim().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_numeric()) {
        name.insert(0, '_');
    }
    name
}
