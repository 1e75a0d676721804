//! Text to tokens.
//!
//! Every byte of the text belongs to exactly one token or one piece of trivia (space, comments), so
//! a formatter can put the file together again. Reading never fails: what is no token becomes
//! [`TokenKind::Bad`] and a diagnostic. nom is used inside this module only.

mod literal;
pub mod string;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use literal::whole_timestamp;
pub use token::{Punct, Token, TokenKind, Trivia, TriviaKind};

use crate::diagnostic::{Advice, Code, Diagnostic, removed, write_instead};
use crate::source::{FileId, Span};
use token::PUNCTS;

/// A file as tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lexed {
    /// The tokens; the last is [`TokenKind::End`].
    pub tokens: Vec<Token>,
    /// What stands between them.
    pub trivia: Vec<Trivia>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Splits a file's text into tokens. Takes time linear in the text.
#[must_use]
pub fn lex(file: FileId, text: &str) -> Lexed {
    lex_part(Span::new(file, 0, offset(text.len())), text)
}

/// Splits the part of `text` under `span`; spans of tokens are those of the whole text.
#[must_use]
pub fn lex_part(span: Span, text: &str) -> Lexed {
    let mut lexer = Lexer {
        text: text.get(..span.end as usize).unwrap_or(text),
        at: span.start as usize,
        file: span.file,
        line_start: true,
        in_row: false,
        trivia_start: 0,
        out: Lexed::default(),
    };
    while lexer.skip_trivia() {
        lexer.token();
    }
    let end = lexer.at;
    lexer.push(end, TokenKind::End);
    lexer.out
}

fn offset(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    file: FileId,
    line_start: bool,
    /// Whether the line begins with `|`, as the rows of tables do.
    in_row: bool,
    trivia_start: u32,
    out: Lexed,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn span(&self, end: usize) -> Span {
        Span::new(self.file, offset(self.at), offset(end))
    }

    /// Skips space and comments; false at the end of the text.
    fn skip_trivia(&mut self) -> bool {
        loop {
            let rest = self.rest();
            let (length, kind) = if let Some(space) = leading(rest, is_space) {
                self.line_start |= space.contains('\n');
                (space.len(), TriviaKind::Space)
            } else if rest.starts_with("//") {
                let line = line_of(rest);
                let doc = line.starts_with("///") && !line.starts_with("////");
                (line.len(), if doc { TriviaKind::Doc } else { TriviaKind::Comment })
            } else if let Some((length, kind)) = self.foreign_comment(rest) {
                (length, kind)
            } else if let Some(length) = self.invisible(rest) {
                (length, TriviaKind::Space)
            } else {
                return !rest.is_empty();
            };
            let span = self.span(self.at + length);
            self.out.trivia.push(Trivia { kind, span });
            self.at += length;
        }
    }

    /// `# …` and `/* … */` are explained, then skipped like comments.
    fn foreign_comment(&mut self, rest: &str) -> Option<(usize, TriviaKind)> {
        let (length, shown, title) = if rest.starts_with('#') {
            (line_of(rest).len(), 1, "`#` does not begin a comment")
        } else if self.at_dashes(rest) {
            (line_of(rest).len(), 2, "`--` does not begin a comment")
        } else if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |at| at + 2);
            self.line_start |= rest.get(..length).unwrap_or_default().contains('\n');
            (length, 2, "`/* … */` is not a comment")
        } else {
            return None;
        };
        let diagnostic = Diagnostic::new(Code::ForeignComment, title)
            .label(self.span(self.at + shown), "")
            .help(Advice {
                text: "begin each line of a comment with `//`".to_owned(),
                replacement: (!rest.starts_with("/*")).then(|| "//".to_owned()),
            });
        self.out.diagnostics.push(diagnostic);
        Some((length, TriviaKind::Comment))
    }

    /// A run of characters that are not seen, or `$` at a name: reported, then passed over like spaces.
    fn invisible(&mut self, rest: &str) -> Option<usize> {
        let (length, title, help) = match rest.strip_prefix('$') {
            Some(name) if name.starts_with(is_word_start) => {
                let title = "`$` means nothing here".to_owned();
                (1, title, removed("names are written without `$`"))
            }
            _ => {
                let run = leading(rest, |c| is_invisible(c) && !is_space(c))?;
                let first = u32::from(run.chars().next()?);
                let title = format!("an invisible character, U+{first:04X}, means nothing here");
                (run.len(), title, removed(""))
            }
        };
        let diagnostic = Diagnostic::new(Code::UnknownCharacter, title)
            .label(self.span(self.at + length), "")
            .help(help);
        self.out.diagnostics.push(diagnostic);
        Some(length)
    }

    /// Whether `--` begins a comment here, as in SQL: before a space, for `--x` is a number negated
    /// twice. In a table it is a rule below the head.
    fn at_dashes(&self, rest: &str) -> bool {
        let after = rest.strip_prefix("--");
        after.is_some_and(|after| after.starts_with([' ', '\t'])) && !self.in_row
    }

    fn push(&mut self, end: usize, kind: TokenKind) {
        let trivia_end = offset(self.out.trivia.len());
        let token = Token {
            kind,
            span: self.span(end),
            line_start: self.line_start,
            trivia_start: self.trivia_start,
            trivia_end,
        };
        self.out.tokens.push(token);
        if self.line_start {
            self.in_row = kind == TokenKind::Punct(Punct::Pipe);
        }
        self.trivia_start = trivia_end;
        self.line_start &= kind == TokenKind::Punct(Punct::Comma);
        self.at = end;
    }

    /// Reads one token. The rest is not empty and does not begin with trivia.
    fn token(&mut self) {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or('\0');
        if is_word_start(first) {
            let word = leading(rest, is_word).unwrap_or_default();
            self.push(self.at + word.len(), TokenKind::Word);
        } else if first.is_ascii_digit() {
            self.literal(literal::number(rest));
        } else if first == '@' && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            self.literal(literal::timestamp(rest));
        } else if matches!(first, '"' | '\'' | '`') {
            self.quoted(first);
        } else if let Some((text, punct)) = PUNCTS.iter().find(|(text, _)| rest.starts_with(text)) {
            self.push(self.at + text.len(), TokenKind::Punct(*punct));
        } else {
            self.unknown(first);
        }
    }

    fn literal(&mut self, literal: literal::Literal) {
        let end = self.at + literal.length;
        let kind = match literal.value {
            Ok(kind) => kind,
            Err(problem) => {
                let word = self.rest().get(..literal.length).unwrap_or_default();
                let diagnostic =
                    Diagnostic::new(problem.code, format!("`{word}` {}", problem.title))
                        .label(self.span(end), "")
                        .help(problem.help);
                self.out.diagnostics.push(diagnostic);
                problem.stands_for
            }
        };
        self.push(end, kind);
    }

    fn quoted(&mut self, quote: char) {
        let rest = self.rest();
        let (length, closed) = literal::quoted(rest, quote);
        if !closed {
            let what = if quote == '`' { "name" } else { "string" };
            let diagnostic =
                Diagnostic::new(Code::UnterminatedString, format!("this {what} is not closed"))
                    .label(
                        self.span(self.at + length),
                        format!("the line ends without a `{quote}`"),
                    )
                    .help(match quote {
                        '"' => "close it with `\"`; write `\\n` for a line end inside a string",
                        '\'' => "close it with `'`",
                        _ => "close it with a backtick",
                    });
            self.out.diagnostics.push(diagnostic);
        } else if quote == '`' && length == 2 {
            let diagnostic =
                Diagnostic::new(Code::UnknownCharacter, "there is no name between these backticks")
                    .label(self.span(self.at + length), "");
            self.out.diagnostics.push(diagnostic);
        }
        let kind = match quote {
            '"' => TokenKind::Str,
            '\'' => TokenKind::RawStr,
            _ => TokenKind::QuotedWord,
        };
        self.push(self.at + length, kind);
    }

    /// One diagnostic for a run of characters that mean nothing.
    fn unknown(&mut self, first: char) {
        let known = |c: char| {
            is_space(c)
                || is_invisible(c)
                || is_word(c)
                || "\"'`#".contains(c)
                || PUNCTS.iter().any(|(text, _)| text.starts_with(c))
        };
        let run = leading(self.rest(), |c| !known(c)).unwrap_or_default();
        let mut length = run.len().max(first.len_utf8());
        if matches!(first, '“' | '”' | '„')
            && let Some(close) =
                line_of(self.rest()).get(length..).and_then(|line| line.find(['”', '“']))
        {
            // What stands between typographic quotes was meant as a string.
            length += close + '”'.len_utf8();
        }
        let diagnostic =
            Diagnostic::new(Code::UnknownCharacter, format!("`{first}` means nothing here"))
                .label(self.span(self.at + length), "")
                .maybe_help(lookalike(first).map(|advice| {
                    if length == first.len_utf8() { advice } else { advice.text.into() }
                }));
        self.out.diagnostics.push(diagnostic);
        self.push(self.at + length, TokenKind::Bad);
    }
}

/// Characters that are there and not seen: controls, spaces of other widths, marks of direction.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// What to type for characters that word processors and other languages put in.
fn lookalike(c: char) -> Option<Advice> {
    let ascii = match c {
        '“' | '”' | '„' => "\"",
        '‘' | '’' => "'",
        '–' | '—' | '−' => "-",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '×' => "*",
        '÷' => "/",
        '…' => "..",
        '$' => return Some("names are written without `$`".into()),
        '\u{FFFD}' => return Some("save the file as UTF-8".into()),
        _ => return None,
    };
    Some(write_instead(ascii))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{feff}' | '\u{a0}')
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The longest beginning of `text` made of such characters, if any.
fn leading(text: &str, of: impl Fn(char) -> bool) -> Option<&str> {
    let end = text.find(|c| !of(c)).unwrap_or(text.len());
    text.get(..end).filter(|run| !run.is_empty())
}

/// The text up to its first line end, which is left out.
fn line_of(text: &str) -> &str {
    let line = text.split('\n').next().unwrap_or_default();
    line.strip_suffix('\r').unwrap_or(line)
}
