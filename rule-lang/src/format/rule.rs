//! The body of a rule: its clauses, their first words padded so that what follows is aligned.

use super::page::{Blanks, Page};
use super::split::{self, Parts};
use super::token::{Gap, Tok};
use super::{INDENT, emit, run};

/// Writes the clauses; gives what stands before what closes the body.
pub(super) fn body<'t>(page: &mut Page, toks: Vec<Tok<'t>>) -> Gap<'t> {
    let Parts { parts, rest } = split::parts(toks);
    let width = parts.iter().map(|part| width(part)).max().unwrap_or(0);
    let column = INDENT + width + 1;
    for part in parts {
        if let Some(first) = part.first() {
            page.gap(&first.gap, INDENT, Blanks::Kept);
        }
        clause(page, part, column);
    }
    rest
}

fn width(clause: &[Tok<'_>]) -> usize {
    clause.first().map_or(0, |tok| tok.text.chars().count())
}

fn clause(page: &mut Page, mut part: Vec<Tok<'_>>, column: usize) {
    let body = part.split_off(part.len().min(1));
    page.start(INDENT);
    let Some(keyword) = part.first() else { return };
    page.push(keyword.text);
    let Some(first) = body.first() else { return };
    if first.gap.has_comment() {
        page.gap(&first.gap, column, Blanks::None);
        page.start(column);
    } else {
        page.pad(column);
    }
    match split::braces(&body) {
        Some((open, close)) if matches!(keyword.text, "emit" | "clear" | "else") => {
            emit::write(page, body, open, close, column);
        }
        _ => run::write(page, &body, column),
    }
}
