//! What is written between double quotes: text with escapes, and expressions between braces.
//!
//! Escapes: `\n \t \r \b \f \" \\ \/ \{ \} \uXXXX`, with surrogate pairs as in JSON. In a rule,
//! `{expr}` is replaced by the expression's value; in a table cell braces are just braces. An
//! expression inside a string cannot hold a double-quoted string; a raw `'…'` string it can.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Whether `{…}` holds an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Braces {
    /// `{expr}` is interpolated.
    Interpolate,
    /// Braces are text.
    Plain,
}

/// A piece of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text with its escapes resolved.
    Text(String),
    /// The span between two braces, to be read as an expression.
    Expression(Span),
}

/// Reads a double-quoted string token into pieces. `span` is the token's, quotes included.
#[must_use]
pub fn pieces(span: Span, text: &str, braces: Braces) -> (Vec<Piece>, Vec<Diagnostic>) {
    let written = span.text(text);
    let body = written.strip_prefix('"').unwrap_or(written);
    let closed = body.len() < written.len() && ends_with_quote(body);
    let body = if closed { body.strip_suffix('"').unwrap_or(body) } else { body };
    let mut reader = Reader {
        body,
        base: Span { start: span.start + 1, ..span },
        at: 0,
        literal: String::new(),
        pieces: Vec::new(),
        diagnostics: Vec::new(),
    };
    while let Some(c) = reader.next() {
        match c {
            '\\' => reader.escape(),
            '{' if braces == Braces::Interpolate => reader.expression(),
            c => reader.literal.push(c),
        }
    }
    reader.finish_literal();
    (reader.pieces, reader.diagnostics)
}

/// The text of a raw string or backtick token, without its quotes.
#[must_use]
pub fn raw(span: Span, text: &str) -> &str {
    let written = span.text(text);
    let mut chars = written.chars();
    let quote = chars.next().unwrap_or('\'');
    let body = chars.as_str();
    body.strip_suffix(quote).unwrap_or(body)
}

/// Whether the last quote is not escaped.
fn ends_with_quote(body: &str) -> bool {
    body.strip_suffix('"')
        .is_some_and(|inner| (inner.len() - inner.trim_end_matches('\\').len()) % 2 == 0)
}

struct Reader<'t> {
    body: &'t str,
    base: Span,
    at: usize,
    literal: String,
    pieces: Vec<Piece>,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.body.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let offset =
            |at: usize| self.base.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        Span::new(self.base.file, offset(start), offset(end))
    }

    fn finish_literal(&mut self) {
        if !self.literal.is_empty() {
            let text = std::mem::take(&mut self.literal);
            self.pieces.push(Piece::Text(text));
        }
    }

    /// After a backslash.
    fn escape(&mut self) {
        let start = self.at - 1;
        let resolved = match self.next() {
            Some('n') => Some('\n'),
            Some('t') => Some('\t'),
            Some('r') => Some('\r'),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('u') => self.unicode(),
            Some(c @ ('"' | '\\' | '/' | '{' | '}')) => Some(c),
            _ => None,
        };
        if let Some(c) = resolved {
            self.literal.push(c);
            return;
        }
        let span = self.span(start, self.at);
        let shown = self.body.get(start..self.at).unwrap_or_default();
        let diagnostic = Diagnostic::new(Code::BadEscape, format!("`{shown}` is not an escape"))
            .label(span, "")
            .help("escapes are `\\n \\t \\r \\\" \\\\ \\{ \\}` and `\\u00e9`; in a raw string `'…'` a backslash is just a backslash");
        self.diagnostics.push(diagnostic);
    }

    /// After `\u`: four hexadecimal digits, twice for characters beyond the basic plane.
    fn unicode(&mut self) -> Option<char> {
        let unit = self.hex4()?;
        if !(0xD800..0xDC00).contains(&unit) {
            return char::from_u32(unit);
        }
        self.at += self.rest().strip_prefix("\\u").map(|_| 2)?;
        let low = self.hex4().filter(|low| (0xDC00..0xE000).contains(low))?;
        char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// After `{`: up to the matching `}`; a raw string inside may hold braces.
    fn expression(&mut self) {
        let start = self.at;
        let mut depth = 1usize;
        let mut in_raw = false;
        while let Some(c) = self.next() {
            match c {
                '\'' => in_raw = !in_raw,
                '{' if !in_raw => depth += 1,
                '}' if !in_raw => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        let end = if depth == 0 { self.at - 1 } else { self.at };
        let empty = self.body.get(start..end).unwrap_or_default().trim().is_empty();
        if depth == 0 && !empty {
            self.finish_literal();
            self.pieces.push(Piece::Expression(self.span(start, end)));
            return;
        }
        let title = if depth == 0 {
            "there is no expression between these braces"
        } else {
            "this `{` has no `}` in its string"
        };
        let diagnostic = Diagnostic::new(Code::BadInterpolation, title)
            .label(self.span(start - 1, self.at), "")
            .help("write `{name}` to put a value in, or `\\{` for a brace; quote text inside the braces with `'…'`");
        self.diagnostics.push(diagnostic);
    }
}
