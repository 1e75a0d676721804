//! The body of a test: its lines, and tables whose cells stand one below the other.

use super::columns::{padded, widths};
use super::page::{Blanks, Page};
use super::run::flat;
use super::split::{self, Parts};
use super::token::{Gap, Tok};
use super::{INDENT, run};
use crate::lex::Punct;

/// Writes the lines of a test; gives what stands before what closes the body.
pub(super) fn body<'t>(page: &mut Page, toks: Vec<Tok<'t>>) -> Gap<'t> {
    let Parts { parts, rest } = split::parts(toks);
    for mut part in parts {
        let table = part.iter().position(|tok| tok.is(Punct::Pipe)).unwrap_or(part.len());
        let table = part.split_off(table);
        if let Some(first) = part.first() {
            page.gap(&first.gap, INDENT, Blanks::Kept);
        }
        page.start(INDENT);
        run::write(page, &part, 2 * INDENT);
        rows(page, table);
    }
    rest
}

/// A row: what stands before it, and its cells.
struct Row<'t> {
    gap: Gap<'t>,
    cells: Vec<String>,
}

fn rows(page: &mut Page, toks: Vec<Tok<'_>>) {
    let rows: Vec<Row<'_>> = split_rows(toks).into_iter().map(row).collect();
    let cells: Vec<Vec<String>> = rows.iter().map(|row| row.cells.clone()).collect();
    let widths = widths(&cells);
    for row in rows {
        page.gap(&row.gap, 2 * INDENT, Blanks::None);
        page.start(2 * INDENT);
        page.push("|");
        for (cell, width) in row.cells.iter().zip(&widths) {
            page.push(&format!(" {} |", padded(cell, *width)));
        }
    }
}

/// A row begins with the first `|` of a line.
fn split_rows(toks: Vec<Tok<'_>>) -> Vec<Vec<Tok<'_>>> {
    let mut rows: Vec<Vec<Tok<'_>>> = Vec::new();
    for tok in toks {
        match rows.last_mut() {
            Some(row) if !tok.line_start => row.push(tok),
            _ => rows.push(vec![tok]),
        }
    }
    rows
}

fn row(toks: Vec<Tok<'_>>) -> Row<'_> {
    let gap = toks.first().map(|tok| tok.gap.clone()).unwrap_or_default();
    let inside = toks.get(1..).unwrap_or_default();
    let mut cells: Vec<String> = inside.split(|tok| tok.is(Punct::Pipe)).map(flat).collect();
    // Behind the last `|` there is nothing.
    cells.pop();
    Row { gap, cells }
}
