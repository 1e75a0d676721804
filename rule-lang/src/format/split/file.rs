//! A file's declarations, and the parts of each.

use super::{braces, parts};
use crate::format::token::{Gap, Tok, is_at};
use crate::lex::Punct;

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
    let mut found = Vec::new();
    let mut attributes = Vec::new();
    for part in parts(toks).parts {
        if is_at(&part, 0, Punct::At) {
            attributes.push(part);
        } else {
            found.push(declaration(std::mem::take(&mut attributes), part));
        }
    }
    (found, end)
}

fn declaration<'t>(attributes: Vec<Vec<Tok<'t>>>, mut toks: Vec<Tok<'t>>) -> Declaration<'t> {
    const BODIES: &[&str] = &["stream", "type", "event", "table", "rule", "test"];
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
