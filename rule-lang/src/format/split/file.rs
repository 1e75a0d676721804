//! A file's declarations, and the parts of each.

use super::{Cut, braces, complete_before, cut};
use crate::format::token::{Gap, Tok, is_at};
use crate::lex::{Punct, TokenKind};

/// A declaration in its parts.
#[derive(Debug)]
pub(in crate::format) struct Declaration<'t> {
    /// `@name(value)` before it.
    pub attributes: Vec<Vec<Tok<'t>>>,
    /// From its first word to the brace that opens its body, or all of it.
    pub head: Vec<Tok<'t>>,
    /// What stands in its braces.
    pub body: Vec<Tok<'t>>,
    /// From the brace that closes its body; empty for a declaration without a body.
    pub tail: Vec<Tok<'t>>,
}

/// The declarations of a file. The last token, the file's end, is not among them.
pub(in crate::format) fn declarations<'t>(
    mut toks: Vec<Tok<'t>>,
) -> (Vec<Declaration<'t>>, Gap<'t>) {
    let end = toks.pop().map(|tok| tok.gap).unwrap_or_default();
    let parts = cut(
        toks,
        |toks, from, at| {
            if begins_declaration(toks, from, at) { Cut::Before } else { Cut::None }
        },
    );
    let mut found = Vec::new();
    let mut attributes = Vec::new();
    for part in parts.parts {
        if is_at(&part, 0, Punct::At) {
            attributes.push(part);
        } else {
            found.push(declaration(std::mem::take(&mut attributes), part));
        }
    }
    (found, end)
}

/// Whether an attribute or a declaration begins. The part before may be an attribute.
fn begins_declaration(toks: &[Tok<'_>], from: usize, at: usize) -> bool {
    let Some(tok) = toks.get(at).filter(|_| complete_before(toks, at)) else { return false };
    if tok.is(Punct::At) {
        return true;
    }
    let attribute = is_at(toks, from, Punct::At);
    if tok.kind != TokenKind::Word || (attribute && at - from < 2) {
        return false;
    }
    let second = toks.get(at + 1);
    let named = second.is_some_and(Tok::is_name);
    let third_is = |word: &str| toks.get(at + 2).is_some_and(|tok| tok.is_word(word));
    let brace = is_at(toks, at + 2, Punct::BraceOpen);
    match tok.text {
        "stream" | "table" => named && (brace || third_is("from")),
        "rule" | "type" | "event" | "scenario" => named && brace,
        "sink" => named && third_is("to"),
        "param" => named && is_at(toks, at + 2, Punct::Colon),
        "fn" => named && is_at(toks, at + 2, Punct::ParenOpen),
        "test" => second.is_some_and(|tok| matches!(tok.kind, TokenKind::Str | TokenKind::RawStr)),
        _ => false,
    }
}

fn declaration<'t>(attributes: Vec<Vec<Tok<'t>>>, mut toks: Vec<Tok<'t>>) -> Declaration<'t> {
    const BODIES: &[&str] = &["stream", "type", "event", "table", "rule", "scenario", "test"];
    let has_body = toks.first().is_some_and(|tok| BODIES.contains(&tok.text));
    match braces(&toks).filter(|_| has_body) {
        Some((open, close)) => {
            let tail = toks.split_off(close);
            let body = toks.split_off(open + 1);
            Declaration { attributes, head: toks, body, tail }
        }
        None => Declaration { attributes, head: toks, body: Vec::new(), tail: Vec::new() },
    }
}
