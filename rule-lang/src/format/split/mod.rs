//! Cutting tokens into what is laid out apart: the declarations of a file, and the members, clauses
//! or lines of a body. Where each begins, the parser said.

mod file;

pub(super) use file::{Declaration, declarations};

use super::token::{Gap, Tok};
use crate::lex::Punct;

/// A body cut into parts.
#[derive(Debug, Default)]
pub(super) struct Parts<'t> {
    /// The parts in order, without the commas between them.
    pub parts: Vec<Vec<Tok<'t>>>,
    /// What stood around commas at the end; it comes before what closes the body.
    pub rest: Gap<'t>,
}

/// Cuts where parts begin outside brackets.
pub(super) fn parts(toks: Vec<Tok<'_>>) -> Parts<'_> {
    let mut found = Parts::default();
    let mut part = Vec::new();
    let mut depth = 0usize;
    let mut toks = toks.into_iter().peekable();
    while let Some(mut tok) = toks.next() {
        let parting = tok.is(Punct::Comma) && toks.peek().is_none_or(|next| next.begins);
        if depth == 0 && (tok.begins || parting) && !part.is_empty() {
            found.parts.push(std::mem::take(&mut part));
        }
        if depth == 0 && parting {
            found.rest.followed_by(tok.gap);
            continue;
        }
        if tok.opens() {
            depth += 1;
        } else if tok.closes() {
            depth = depth.saturating_sub(1);
        }
        let mut gap = std::mem::take(&mut found.rest);
        gap.followed_by(tok.gap);
        tok.gap = gap;
        part.push(tok);
    }
    if !part.is_empty() {
        found.parts.push(part);
    }
    found
}

/// Where the first braces outside other brackets open and close.
pub(super) fn braces(toks: &[Tok<'_>]) -> Option<(usize, usize)> {
    let mut depth = 0usize;
    let mut open = None;
    for (at, tok) in toks.iter().enumerate() {
        if tok.opens() {
            if depth == 0 && tok.is(Punct::BraceOpen) {
                open = Some(at);
            }
            depth += 1;
        } else if tok.closes() {
            depth = depth.saturating_sub(1);
            if let Some(open) = open.filter(|_| depth == 0) {
                return Some((open, at));
            }
        }
    }
    None
}
