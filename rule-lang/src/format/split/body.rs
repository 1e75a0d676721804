//! Members, fields and lines, parted by line ends and commas.

use super::{Cut, Parts, begins_line, complete_before, cut};
use crate::format::token::{Tok, is_at};
use crate::lex::{Punct, TokenKind};

/// The members of a `stream` and the like.
pub(in crate::format) fn members(toks: Vec<Tok<'_>>) -> Parts<'_> {
    cut(toks, |toks, from, at| {
        let untyped = !is_at(toks, from + 1, Punct::Colon);
        let timed = untyped && toks.get(from).is_some_and(|tok| tok.is_word("time"));
        if is_at(toks, at, Punct::Comma) {
            return if timed && is_time_option(toks, at + 1) { Cut::None } else { Cut::Away };
        }
        let keyword_alone = untyped && at == from + 1;
        // `as` and, on the next line, its unit.
        let unfinished = at > from + 3 && is_source(toks, at - 1);
        let goes_on = (is_source(toks, at) && !is_at(toks, at + 1, Punct::Colon))
            || (timed && is_time_option(toks, at));
        let begins = begins_line(toks, at) && !(keyword_alone || unfinished || goes_on);
        if begins { Cut::Before } else { Cut::None }
    })
}

/// Whether the word that begins a field's source or unit stands here.
fn is_source(toks: &[Tok<'_>], at: usize) -> bool {
    toks.get(at).is_some_and(|tok| tok.is_word("from") || tok.is_word("as"))
}

/// Whether `lateness D` or the like stands here.
pub(in crate::format) fn is_time_option(toks: &[Tok<'_>], at: usize) -> bool {
    let value = toks.get(at + 1).map(|tok| tok.kind);
    toks.get(at).is_some_and(|tok| tok.kind == TokenKind::Word)
        && matches!(value, Some(TokenKind::Duration(_) | TokenKind::Int(_)))
}

/// The fields between the braces of an `emit`.
pub(in crate::format) fn emit_fields(toks: Vec<Tok<'_>>) -> Parts<'_> {
    cut(toks, |toks, from, at| {
        if is_at(toks, at, Punct::Comma) {
            return Cut::Away;
        }
        let spread = is_at(toks, at, Punct::DotDot)
            && toks.get(at).is_some_and(|tok| tok.line_start)
            && complete_before(toks, at)
            && !begins_range(toks.get(from..at).unwrap_or_default());
        if spread || begins_line(toks, at) { Cut::Before } else { Cut::None }
    })
}

/// Whether a `..` that follows goes on with `x in 1`.
fn begins_range(part: &[Tok<'_>]) -> bool {
    part.iter().any(|tok| tok.is_word("in")) && !part.iter().any(|tok| tok.is(Punct::DotDot))
}

/// The lines of a `test` or `scenario`, each of which begins with one of the words.
pub(in crate::format) fn lines<'t>(toks: Vec<Tok<'t>>, words: &[&str]) -> Parts<'t> {
    cut(toks, |toks, from, at| {
        if is_at(toks, at, Punct::Comma) {
            return Cut::Away;
        }
        let (Some(tok), Some(before)) =
            (toks.get(at), at.checked_sub(1).and_then(|before| toks.get(before)))
        else {
            return Cut::None;
        };
        let keyword_alone = at == from + 1;
        let names = ["given", "expect", "some", "no", "late", "set", "table"];
        let expects_name = before.kind == TokenKind::Word && names.contains(&before.text);
        let begins = tok.kind == TokenKind::Word
            && words.contains(&tok.text)
            && complete_before(toks, at)
            && !expects_name;
        let goes_on = ["from", "matches", "snapshot"].iter().any(|word| tok.is_word(word));
        let begins = begins || begins_line(toks, at);
        if begins && !keyword_alone && !goes_on { Cut::Before } else { Cut::None }
    })
}
