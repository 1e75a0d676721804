//! Cutting tokens into what is laid out apart: the parts of a declaration, and the members, clauses
//! or lines of a body.
//!
//! The text was read without errors, so that few signs are enough: brackets, commas, first words,
//! and whether a value is complete where a line ends.

mod body;
mod clause;
mod file;

pub(super) use body::{emit_fields, is_time_option, lines, members};
pub(super) use clause::clauses;
pub(super) use file::{Declaration, declarations};

use super::space::ends_operand;
use super::token::{Gap, Tok, is_at};
use crate::lex::{Punct, TokenKind};

/// A body cut into parts.
#[derive(Debug, Default)]
pub(super) struct Parts<'t> {
    /// The parts in order, without the commas between them.
    pub parts: Vec<Vec<Tok<'t>>>,
    /// What stood around commas at the end; it comes before what closes the body.
    pub rest: Gap<'t>,
}

/// What a token outside brackets does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// It belongs to the part before.
    None,
    /// It begins a part.
    Before,
    /// It is a comma between two parts.
    Away,
}

/// Cuts where `decide` says so. It is given all tokens, where the part being read begins, and the
/// place of a token that stands in no brackets and is not the first of its part, unless a comma.
fn cut<'t>(toks: Vec<Tok<'t>>, decide: impl Fn(&[Tok<'t>], usize, usize) -> Cut) -> Parts<'t> {
    let cuts = decisions(&toks, decide);
    let mut found = Parts::default();
    let mut part = Vec::new();
    for (mut tok, cut) in toks.into_iter().zip(cuts) {
        if cut != Cut::None && !part.is_empty() {
            found.parts.push(std::mem::take(&mut part));
        }
        if cut == Cut::Away {
            found.rest.followed_by(tok.gap);
            continue;
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

fn decisions<'t>(toks: &[Tok<'t>], decide: impl Fn(&[Tok<'t>], usize, usize) -> Cut) -> Vec<Cut> {
    let (mut depth, mut from) = (0usize, 0);
    let mut cuts = Vec::with_capacity(toks.len());
    for (at, tok) in toks.iter().enumerate() {
        let cut = if depth > 0 || (at == from && !tok.is(Punct::Comma)) {
            Cut::None
        } else {
            decide(toks, from, at)
        };
        match cut {
            Cut::None => {}
            Cut::Before => from = at,
            Cut::Away => from = at + 1,
        }
        if tok.opens() {
            depth += 1;
        } else if tok.closes() {
            depth = depth.saturating_sub(1);
        }
        cuts.push(cut);
    }
    cuts
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

/// Whether nothing is unfinished before the token.
fn complete_before(toks: &[Tok<'_>], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| ends_operand(toks, before))
}

/// Whether a name or first word stands at the start of a line, with nothing unfinished before it.
fn begins_line(toks: &[Tok<'_>], at: usize) -> bool {
    const OPERATORS: &[&str] = &["and", "or", "in", "div", "then", "else"];
    toks.get(at).is_some_and(|tok| {
        tok.line_start
            && tok.is_name()
            && !(tok.kind == TokenKind::Word && OPERATORS.contains(&tok.text))
    }) && (complete_before(toks, at) || (at > 0 && is_at(toks, at - 1, Punct::Pipe)))
}
