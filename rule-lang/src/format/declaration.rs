//! A file: its declarations, one below the other.

use super::columns::aligned;
use super::page::{Blanks, Page};
use super::run::{flat, has_comment};
use super::split::{self, Declaration};
use super::token::{Gap, Tok};
use super::{INDENT, fields, rule, run, test_block};
use crate::lex::Punct;

/// The widest `type`, `event` or `table` that is written on one line.
const SHORT: usize = 80;

/// Writes a file.
pub(super) fn file(page: &mut Page, toks: Vec<Tok<'_>>) {
    let (declarations, end) = split::declarations(toks);
    let mut before: Option<&str> = None;
    for group in declarations.chunk_by(stand_together) {
        let lines = one_below_the_other(group);
        for (at, declaration) in group.iter().enumerate() {
            let keyword = keyword(declaration);
            let together = before == Some(keyword) && is_line(declaration);
            let blanks = if together { Blanks::Kept } else { Blanks::One };
            page.gap(first_gap(declaration), 0, blanks);
            match lines.get(at) {
                Some(line) => {
                    page.start(0);
                    page.push(line);
                }
                None => write(page, declaration),
            }
            before = is_line(declaration).then_some(keyword);
        }
    }
    page.last_gap(&end, 0, Blanks::Kept);
}

fn keyword<'t>(declaration: &Declaration<'t>) -> &'t str {
    declaration.head.first().map_or("", |tok| tok.text)
}

/// Whether it has no body.
fn is_line(declaration: &Declaration<'_>) -> bool {
    declaration.tail.is_empty()
}

fn first_gap<'a, 't>(declaration: &'a Declaration<'t>) -> &'a Gap<'t> {
    const NOTHING: &Gap<'static> = &Gap { behind: None, above: Vec::new(), blank: false };
    let first = declaration.attributes.first().unwrap_or(&declaration.head).first();
    first.map_or(NOTHING, |tok| &tok.gap)
}

/// Whether two `param`s or `sink`s stand on neighbouring lines.
fn stand_together(a: &Declaration<'_>, b: &Declaration<'_>) -> bool {
    let plain =
        |d: &Declaration<'_>| is_line(d) && d.attributes.is_empty() && !has_comment(&d.head);
    let gap = first_gap(b);
    matches!(keyword(a), "param" | "sink")
        && keyword(a) == keyword(b)
        && plain(a)
        && plain(b)
        && gap.above.is_empty()
        && !gap.has_blank()
}

/// The lines of such a group, with what is like aligned; nothing for a declaration alone.
fn one_below_the_other(group: &[Declaration<'_>]) -> Vec<String> {
    if group.len() < 2 {
        return Vec::new();
    }
    let cells = |declaration: &Declaration<'_>| {
        let toks = &declaration.head;
        let cut = |from: usize, to: usize| flat(toks.get(from..to).unwrap_or_default());
        if toks.first().is_some_and(|tok| tok.is_word("sink")) {
            return vec![cut(0, 2), cut(2, toks.len())];
        }
        let equal = toks.iter().position(|tok| tok.is(Punct::Equal)).unwrap_or(toks.len());
        vec![cut(0, 3), cut(3, equal), cut(equal, toks.len())]
    };
    aligned(&group.iter().map(cells).collect::<Vec<_>>(), " ")
}

/// Writes a declaration, but for what stands before it.
fn write(page: &mut Page, declaration: &Declaration<'_>) {
    let Declaration { attributes, head, body, tail } = declaration;
    for (at, part) in attributes.iter().chain(std::iter::once(head)).enumerate() {
        if let Some(first) = part.first().filter(|_| at > 0) {
            page.gap(&first.gap, 0, Blanks::None);
        }
        page.start(0);
        run::write(page, part, INDENT);
    }
    let keyword = keyword(declaration);
    match tail.first() {
        None => {}
        Some(close) if body.is_empty() && !close.gap.has_comment() => {
            run::write(page, tail, INDENT)
        }
        Some(close) => {
            if !matches!(keyword, "rule" | "test" | "stream")
                && let Some(line) = on_one_line(declaration)
            {
                page.push(&line);
                return;
            }
            page.open();
            let rest = match keyword {
                "rule" => rule::body(page, body.clone()),
                "test" => test_block::body(page, body.clone()),
                _ => fields::body(page, body.clone()),
            };
            let mut gap = rest;
            gap.followed_by(close.gap.clone());
            page.last_gap(&gap, INDENT, Blanks::Kept);
            page.start(0);
            run::write(page, tail, INDENT);
        }
    }
}

/// What follows the opening brace of a short declaration, if it is one.
fn on_one_line(declaration: &Declaration<'_>) -> Option<String> {
    let Declaration { head, body, tail, .. } = declaration;
    let inside = body.iter().chain(tail.first());
    if inside.clone().any(|tok| tok.gap.has_comment()) || has_comment(head) || has_comment(tail) {
        return None;
    }
    let parts: Vec<String> =
        split::parts(body.clone()).parts.iter().map(|part| flat(part)).collect();
    let line = format!(" {} {}", parts.join(", "), flat(tail));
    let width = flat(head).chars().count() + line.chars().count();
    (width <= SHORT).then_some(line)
}
