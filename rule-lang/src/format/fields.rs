//! The bodies of `stream`, `type`, `event` and `table`: fields with their types and sources one
//! below the other, then `key` and `time`.

use super::columns::aligned;
use super::page::{Blanks, Page};
use super::run::{flat, has_comment};
use super::split::{self, Parts};
use super::token::{Gap, Tok, is_at};
use super::{INDENT, run};
use crate::lex::{Punct, TokenKind};

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `name: type …`
    Field,
    /// `key …`, `time …` and the like.
    Line,
}

/// Writes the members; gives what stands before what closes the body.
pub(super) fn body<'t>(page: &mut Page, toks: Vec<Tok<'t>>) -> Gap<'t> {
    let Parts { mut parts, rest } = split::parts(toks);
    parts.iter_mut().for_each(part_time_options);
    let kinds: Vec<Kind> = parts.iter().map(|part| kind(part)).collect();
    let texts = texts(&parts, &kinds);
    let mut before = None;
    for ((part, kind), text) in parts.iter().zip(kinds).zip(texts) {
        let blanks = match (before, kind) {
            (Some(Kind::Line), Kind::Line) => Blanks::None,
            (Some(before), _) if before != kind => Blanks::One,
            _ => Blanks::Kept,
        };
        before = Some(kind);
        if let Some(first) = part.first() {
            page.gap(&first.gap, INDENT, blanks);
        }
        page.start(INDENT);
        match text {
            Some(text) => page.push(&text),
            None => run::write(page, part, 2 * INDENT),
        }
    }
    rest
}

fn kind(part: &[Tok<'_>]) -> Kind {
    if is_at(part, 1, Punct::Colon) { Kind::Field } else { Kind::Line }
}

/// The line of each member, aligned with those of its kind; none for a member with a comment
/// inside.
fn texts(parts: &[Vec<Tok<'_>>], kinds: &[Kind]) -> Vec<Option<String>> {
    let mut texts = vec![None; parts.len()];
    for wanted in [Kind::Field, Kind::Line] {
        let of_kind = |at: &usize| {
            kinds.get(*at) == Some(&wanted) && parts.get(*at).is_some_and(|part| !has_comment(part))
        };
        let places: Vec<usize> = (0..parts.len()).filter(of_kind).collect();
        let rows: Vec<_> =
            places.iter().filter_map(|at| parts.get(*at)).map(|part| cells(part, wanted)).collect();
        for (at, line) in places.into_iter().zip(aligned(&rows, " ")) {
            if let Some(text) = texts.get_mut(at) {
                *text = Some(line);
            }
        }
    }
    texts
}

fn cells(part: &[Tok<'_>], kind: Kind) -> Vec<String> {
    let cut = |from: usize, to: usize| flat(part.get(from..to).unwrap_or_default());
    match kind {
        Kind::Line => vec![cut(0, 1), cut(1, part.len())],
        Kind::Field => {
            let source =
                part.iter().skip(3).position(|tok| tok.is_word("from") || tok.is_word("as"));
            let source = source.map_or(part.len(), |at| at + 3);
            vec![cut(0, 2), cut(2, source), cut(source, part.len())]
        }
    }
}

/// Puts the commas that `time at lateness 2s` may be written without.
fn part_time_options(part: &mut Vec<Tok<'_>>) {
    if kind(part) == Kind::Field || !part.first().is_some_and(|tok| tok.is_word("time")) {
        return;
    }
    let mut at = 2;
    while at < part.len() {
        let is_option = part.get(at).is_some_and(|tok| tok.kind == TokenKind::Word)
            && matches!(part.get(at + 1).map(|tok| tok.kind), Some(TokenKind::Duration(_)))
            && !is_at(part, at - 1, Punct::Comma);
        if is_option {
            part.insert(at, Tok::comma());
        }
        at += 1;
    }
}
