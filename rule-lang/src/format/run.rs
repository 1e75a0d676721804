//! Runs: tokens in a row, on one line unless a comment or the width breaks it.

use super::page::{Blanks, Page};
use super::space::spaced;
use super::token::Tok;
use super::{INDENT, WIDTH};

/// The tokens on one line, without their comments.
pub(super) fn flat(toks: &[Tok<'_>]) -> String {
    let mut text = String::new();
    for (at, tok) in toks.iter().enumerate() {
        if at > 0 && spaced(toks, at) {
            text.push(' ');
        }
        text.push_str(tok.text);
    }
    text
}

/// Whether a comment stands between the tokens.
pub(super) fn has_comment(toks: &[Tok<'_>]) -> bool {
    toks.iter().skip(1).any(|tok| tok.gap.has_comment())
}

/// Adds the tokens to the line begun; further lines are indented by `hang`. What stands before the
/// first token is not written.
pub(super) fn write(page: &mut Page, toks: &[Tok<'_>], hang: usize) {
    let mut breaks = breaks(toks, page.column(), hang).into_iter().peekable();
    for (at, tok) in toks.iter().enumerate() {
        let broken = breaks.next_if(|(place, _)| *place == at).map(|(_, indent)| indent);
        let comment = at > 0 && tok.gap.has_comment();
        if comment {
            page.gap(&tok.gap, hang, Blanks::None);
        }
        match broken {
            Some(indent) => {
                page.end();
                page.start(indent);
            }
            None if comment => page.start(hang),
            None if at > 0 && spaced(toks, at) => page.push(" "),
            None => {}
        }
        page.push(tok.text);
    }
}

/// Where a run that is too wide is broken, and how far what follows is indented: before each `or`
/// that stands in no brackets, or before each `and` if there is none; and before each `and` of a
/// part that is still too wide.
fn breaks(toks: &[Tok<'_>], column: usize, hang: usize) -> Vec<(usize, usize)> {
    if column + flat(toks).chars().count() <= WIDTH {
        return Vec::new();
    }
    let ors = places(toks, 0, "or");
    if ors.is_empty() {
        return places(toks, 0, "and").into_iter().map(|at| (at, hang)).collect();
    }
    let mut found = Vec::new();
    let starts = std::iter::once(0).chain(ors.iter().copied());
    let ends = ors.iter().copied().chain(std::iter::once(toks.len()));
    for (start, end) in starts.zip(ends) {
        if start > 0 {
            found.push((start, hang));
        }
        let part = toks.get(start..end).unwrap_or_default();
        let first = if start == 0 { column } else { hang };
        if first + flat(part).chars().count() > WIDTH {
            let ands = places(part, start, "and");
            found.extend(ands.into_iter().map(|at| (at, hang + INDENT)));
        }
    }
    found
}

/// Where `word` stands in no brackets, counted from `offset`.
fn places(toks: &[Tok<'_>], offset: usize, word: &str) -> Vec<usize> {
    let mut depth = 0usize;
    let mut found = Vec::new();
    for (at, tok) in toks.iter().enumerate() {
        if tok.opens() {
            depth += 1;
        } else if tok.closes() {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && at > 0 && tok.is_word(word) {
            found.push(offset + at);
        }
    }
    found
}
