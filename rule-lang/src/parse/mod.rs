//! Tokens to tree, by recursive descent.
//!
//! Reading never fails: [`parse`] returns what it understood and a diagnostic for everything else.
//! After a mistake it goes on at the next member, clause or declaration, so all mistakes of a file
//! come in one run. Every loop consumes at least one token or ends, and a token is skipped at most
//! once, so time is linear; nesting and height of expressions have limits, so no text can exhaust
//! the stack here or in the passes after.

mod clause;
mod connector;
mod cursor;
mod duration;
mod emit;
mod event;
mod expr;
mod field;
mod foreign_clause;
mod foreign_declaration;
mod foreign_value;
mod foreign_window;
mod function;
mod habit;
mod keyed;
mod name;
mod operand;
mod operator;
pub(crate) mod outline;
mod param;
mod recover;
mod rule;
mod stream;
mod structure;
mod table;
mod test_block;
#[cfg(test)]
mod tests;
mod unsupported;
mod window;

use crate::ast::{Ast, Attribute, Declaration, Literal, Spanned};
use crate::diagnostic::{Code, Diagnostic, removed};
use crate::lex::{Lexed, Punct, TokenKind, TriviaKind, lex};
use crate::source::{FileId, Span};
use cursor::Cursor;
use std::ops::Range;

pub(crate) use name::RESERVED;

#[cfg(test)]
pub(crate) use recover::{HARD_CLAUSES, SOFT_CLAUSES};
pub(crate) use unsupported::runs;

/// What was read from one file.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// The tree.
    pub ast: Ast,
    /// Everything that could not be read, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// `// cep: allow CODE` lines.
    pub allows: Vec<Spanned<Code>>,
    /// Where its parts begin.
    pub(crate) parts: Parts,
}

/// What of a text stands apart, for who lays it out: the parser alone says where a line end or a
/// comma ends something and where it means no more than a space.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    /// Indices of the tokens that begin a declaration, an attribute, a member, a clause or a line of
    /// a test, in order.
    pub starts: Vec<usize>,
    /// The tokens of each row of a table, whose cells stay as they are.
    pub rows: Vec<Range<usize>>,
}

/// Words that begin a declaration.
pub(crate) const DECLARATIONS: &[&str] =
    &["stream", "type", "event", "sink", "table", "param", "fn", "rule", "scenario", "test"];

/// Reads one file.
#[must_use]
pub fn parse(file: FileId, text: &str) -> Parsed {
    let lexed = lex(file, text);
    let mut cursor = Cursor::new(file, text, &lexed);
    let ast = cursor.file();
    let parts = cursor.take_parts();
    let mut diagnostics = cursor.into_diagnostics();
    diagnostics.extend(lexed.diagnostics.iter().cloned());
    crate::diagnostic::sort(&mut diagnostics);
    Parsed { ast, diagnostics, allows: allows(text, &lexed), parts }
}

/// The codes named in `// cep: allow …` comments.
fn allows(text: &str, lexed: &Lexed) -> Vec<Spanned<Code>> {
    let comments = lexed.trivia.iter().filter(|t| t.kind == TriviaKind::Comment);
    comments
        .filter_map(|comment| {
            let words = comment.span.text(text).trim_start_matches('/').trim();
            let codes = words.strip_prefix("cep:")?.trim_start().strip_prefix("allow")?;
            // Behind something on its line, the comment is about that line.
            let before = text.get(..comment.span.start as usize).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            let span =
                Span { start: u32::try_from(line_start).unwrap_or(u32::MAX), ..comment.span };
            Some((span, codes))
        })
        .flat_map(|(span, codes)| {
            let numbers = codes.split(|c: char| !c.is_ascii_alphanumeric());
            numbers.filter_map(Code::from_number).map(move |value| Spanned { value, span })
        })
        .collect()
}

impl Cursor<'_> {
    fn file(&mut self) -> Ast {
        let mut ast = Ast::default();
        while !self.at_end() {
            if let Some(declaration) = self.declaration() {
                ast.declarations.push(declaration);
            }
        }
        ast
    }

    fn declaration(&mut self) -> Option<Declaration> {
        let doc = self.doc();
        let attributes = self.attributes();
        self.begin_part();
        let word = self.declaration_word();
        if word != "rule"
            && let Some(first) = attributes.first()
        {
            self.report(
                Diagnostic::new(Code::Unexpected, "attributes stand before rules only")
                    .label(first.span, "this attribute"),
            );
        }
        match word {
            "stream" => self.stream(doc).map(Declaration::Stream),
            "type" => self.type_declaration(doc).map(Declaration::Type),
            "param" => self.param(doc).map(Declaration::Param),
            "table" => self.keyed_table(doc),
            "event" => self.event(doc).map(Declaration::Event),
            "fn" => self.function(doc).map(Declaration::Function),
            "sink" => self.sink().map(Declaration::Sink),
            "rule" => self.rule(doc, attributes).map(Declaration::Rule),
            "test" => self.test().map(Declaration::Test),
            _ => match unsupported::declaration(word) {
                Some(kind) => Some(Declaration::Unsupported(self.unsupported_declaration(kind))),
                None => {
                    self.not_a_declaration();
                    None
                }
            },
        }
    }

    fn not_a_declaration(&mut self) {
        let token = self.peek();
        match token.kind {
            TokenKind::Bad => {}
            TokenKind::End => self.report(
                Diagnostic::new(Code::Unexpected, "an attribute without a rule")
                    .label(token.span, "expected `rule` here"),
            ),
            TokenKind::Punct(Punct::BraceClose) => self.report(
                Diagnostic::new(Code::Unclosed, "this `}` closes nothing")
                    .label(token.span, "no `{` is open here")
                    .help("remove it, or look for a `}` too many above"),
            ),
            TokenKind::Punct(Punct::Semicolon) => {
                self.correct("declarations are not ended by `;`", token.span, removed(""));
            }
            _ => self.unknown_declaration(),
        }
        self.bump();
        while !self.at_end() && !self.at_declaration() && !self.at_attribute_line() {
            self.bump();
        }
    }

    /// `@name(literal)` before a rule.
    fn attributes(&mut self) -> Vec<Attribute> {
        let mut attributes = Vec::new();
        while self.at(Punct::At) {
            self.begin_part();
            let at = self.bump().span;
            let Some(name) = self.name("an attribute's name") else { break };
            let mut value = None;
            if let Some(open) = self.eat(Punct::ParenOpen) {
                value = self.attribute_value();
                self.close(Punct::ParenClose, open);
            }
            let span = at.to(self.last_span());
            attributes.push(Attribute { name, value, span });
        }
        attributes
    }

    fn attribute_value(&mut self) -> Option<Spanned<Literal>> {
        let expr = self.expr();
        match expr.kind {
            crate::ast::ExprKind::Literal(value) => Some(Spanned { value, span: expr.span }),
            crate::ast::ExprKind::Error => None,
            _ => {
                self.report(
                    Diagnostic::new(Code::Unexpected, "an attribute's value must be a literal")
                        .label(expr.span, "")
                        .help("write text in quotes, as in `@severity(\"high\")`"),
                );
                None
            }
        }
    }

    /// `/// …` lines directly above the next token.
    fn doc(&self) -> String {
        let lines = self.leading_trivia().iter().filter(|t| t.kind == TriviaKind::Doc);
        let lines: Vec<&str> =
            lines.map(|line| self.text_of(line.span).trim_start_matches('/').trim()).collect();
        lines.join("\n")
    }
}

/// A literal standing alone, such as `150`, `-1.5`, `10s` or `"text"`; nothing else.
#[must_use]
pub(crate) fn literal(text: &str) -> Option<Literal> {
    let file = FileId::default();
    let lexed = lex(file, text);
    let mut cursor = Cursor::new(file, text, &lexed);
    let expr = cursor.expr();
    let clean = cursor.at_end() && cursor.problems() == 0 && lexed.diagnostics.is_empty();
    match expr.kind {
        crate::ast::ExprKind::Literal(literal) if clean => Some(literal),
        _ => None,
    }
}

/// Byte span covering a whole token range; used for skipped text.
pub(crate) fn cover(first: Span, last: Span) -> Span {
    if last.end < first.end { first } else { first.to(last) }
}
