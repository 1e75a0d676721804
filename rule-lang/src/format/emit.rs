//! `NAME { fields } [if EXPR]`: on one line if it fits, otherwise one field a line.

use super::page::{Blanks, Page};
use super::run::{flat, has_comment};
use super::split::{self, Parts};
use super::token::Tok;
use super::{INDENT, WIDTH, run};

/// Adds an emit to the line begun. Its braces are the tokens `open` and `close`; `hang` is where
/// lines before its braces go on.
pub(super) fn write(
    page: &mut Page,
    mut toks: Vec<Tok<'_>>,
    open: usize,
    close: usize,
    hang: usize,
) {
    let tail = toks.split_off(close);
    let inside = toks.split_off(open + 1);
    let head = toks;
    let comments = inside.iter().chain(tail.first()).any(|tok| tok.gap.has_comment());
    let Parts { parts, rest } = split::parts(inside);

    let fields: Vec<String> = parts.iter().map(|part| flat(part)).collect();
    let space = if fields.is_empty() { "" } else { " " };
    let fields = format!("{space}{}{space}", fields.join(", "));
    let width = page.column()
        + [&flat(&head), &fields, &flat(&tail)].map(|s| s.chars().count()).iter().sum::<usize>();
    if !comments && (width <= WIDTH || parts.is_empty()) && !has_comment(&head) {
        run::write(page, &head, hang);
        page.push(&fields);
        run::write(page, &tail, hang);
        return;
    }

    run::write(page, &head, hang);
    page.open();
    for part in parts {
        if let Some(first) = part.first() {
            page.gap(&first.gap, 2 * INDENT, Blanks::None);
        }
        page.start(2 * INDENT);
        run::write(page, &part, 3 * INDENT);
        page.push(",");
    }
    let mut gap = rest;
    if let Some(close) = tail.first() {
        gap.followed_by(close.gap.clone());
    }
    page.last_gap(&gap, 2 * INDENT, Blanks::None);
    page.start(INDENT);
    run::write(page, &tail, 2 * INDENT);
}
