//! Cutting tokens into what is laid out apart: the parts of a declaration, and the members, clauses
//! or lines of a body.
//!
//! The text was read without errors, so that few signs are enough: brackets, commas, first words,
//! and whether a value is complete where a line ends.

use super::space::ends_operand;
use super::token::{Gap, Tok, is_at};
use crate::lex::{Punct, TokenKind};
use crate::parse::{HARD_CLAUSES, SOFT_CLAUSES};

/// A body cut into parts.
#[derive(Debug, Default)]
pub(super) struct Parts<'t> {
    /// The parts in order, without the commas between them.
    pub parts: Vec<Vec<Tok<'t>>>,
    /// What stood around commas at the end; it comes before what closes the body.
    pub rest: Gap<'t>,
}

/// What a token between brackets' insides does; `from` is where its part begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// It belongs to the part before.
    None,
    /// It begins a part.
    Before,
    /// It is a comma between two parts.
    Away,
}

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

/// A declaration in its parts.
#[derive(Debug)]
pub(super) struct Declaration<'t> {
    /// `@name(value)` before it.
    pub attributes: Vec<Vec<Tok<'t>>>,
    /// From its first word to the brace that opens its body, or all of it.
    pub head: Vec<Tok<'t>>,
    /// What stands in its braces.
    pub body: Vec<Tok<'t>>,
    /// From the brace that closes its body; empty for a declaration without a body.
    pub tail: Vec<Tok<'t>>,
}

/// Whether nothing is unfinished before the token.
fn complete_before(toks: &[Tok<'_>], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| ends_operand(toks, before))
}

/// The declarations of a file. The last token, the file's end, is not among them.
pub(super) fn declarations<'t>(mut toks: Vec<Tok<'t>>) -> (Vec<Declaration<'t>>, Gap<'t>) {
    let end = toks.pop().map(|tok| tok.gap).unwrap_or_default();
    let parts = cut(
        toks,
        |toks, from, at| {
            if begins_declaration(toks, from, at) { Cut::Before } else { Cut::None }
        },
    );
    let mut found = Vec::new();
    let mut attributes = Vec::new();
    for part in parts.parts {
        if is_at(&part, 0, Punct::At) {
            attributes.push(part);
        } else {
            found.push(declaration(std::mem::take(&mut attributes), part));
        }
    }
    (found, end)
}

/// Whether an attribute or a declaration begins. The part before may be an attribute.
fn begins_declaration(toks: &[Tok<'_>], from: usize, at: usize) -> bool {
    let Some(tok) = toks.get(at).filter(|_| complete_before(toks, at)) else { return false };
    if tok.is(Punct::At) {
        return true;
    }
    let attribute = is_at(toks, from, Punct::At);
    if tok.kind != TokenKind::Word || (attribute && at - from < 2) {
        return false;
    }
    let second = toks.get(at + 1);
    let named = second.is_some_and(Tok::is_name);
    let third_is = |word: &str| toks.get(at + 2).is_some_and(|tok| tok.is_word(word));
    let brace = is_at(toks, at + 2, Punct::BraceOpen);
    match tok.text {
        "stream" | "table" => named && (brace || third_is("from")),
        "rule" | "type" | "event" | "scenario" => named && brace,
        "sink" => named && third_is("to"),
        "param" => named && is_at(toks, at + 2, Punct::Colon),
        "fn" => named && is_at(toks, at + 2, Punct::ParenOpen),
        "test" => second.is_some_and(|tok| matches!(tok.kind, TokenKind::Str | TokenKind::RawStr)),
        _ => false,
    }
}

fn declaration<'t>(attributes: Vec<Vec<Tok<'t>>>, mut toks: Vec<Tok<'t>>) -> Declaration<'t> {
    const BODIES: &[&str] = &["stream", "type", "event", "table", "rule", "scenario", "test"];
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

/// The members of a `stream` and the like.
pub(super) fn members(toks: Vec<Tok<'_>>) -> Parts<'_> {
    cut(toks, |toks, from, at| {
        let untyped = !is_at(toks, from + 1, Punct::Colon);
        let timed = untyped && toks.get(from).is_some_and(|tok| tok.is_word("time"));
        if is_at(toks, at, Punct::Comma) {
            return if timed && is_time_option(toks, at + 1) { Cut::None } else { Cut::Away };
        }
        let typed = is_at(toks, at + 1, Punct::Colon);
        let goes_on =
            ["from", "as"].iter().any(|word| toks.get(at).is_some_and(|tok| tok.is_word(word)));
        let keyword_alone = untyped && at == from + 1;
        let begins = begins_line(toks, at)
            && !keyword_alone
            && (typed || !goes_on)
            && !(timed && is_time_option(toks, at));
        if begins { Cut::Before } else { Cut::None }
    })
}

/// Whether `lateness D` or the like stands here.
pub(super) fn is_time_option(toks: &[Tok<'_>], at: usize) -> bool {
    let value = toks.get(at + 1).map(|tok| tok.kind);
    toks.get(at).is_some_and(|tok| tok.kind == TokenKind::Word)
        && matches!(value, Some(TokenKind::Duration(_) | TokenKind::Int(_)))
}

/// The fields between the braces of an `emit`.
pub(super) fn emit_fields(toks: Vec<Tok<'_>>) -> Parts<'_> {
    cut(toks, |toks, from, at| {
        if is_at(toks, at, Punct::Comma) {
            return Cut::Away;
        }
        let part = toks.get(from..at).unwrap_or_default();
        // `x in 1` and, on the next line, `..5`.
        let ranges = part.iter().any(|tok| tok.is_word("in"))
            && !part.iter().any(|tok| tok.is(Punct::DotDot));
        let spread = is_at(toks, at, Punct::DotDot)
            && toks.get(at).is_some_and(|tok| tok.line_start)
            && complete_before(toks, at)
            && !ranges;
        if spread || begins_line(toks, at) { Cut::Before } else { Cut::None }
    })
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

/// The clauses of a rule.
pub(super) fn clauses(toks: Vec<Tok<'_>>) -> Parts<'_> {
    cut(toks, |toks, from, at| {
        if is_at(toks, at, Punct::Comma) {
            let last = at + 1 == toks.len();
            return if last || begins_clause(toks, from, at + 1) { Cut::Away } else { Cut::None };
        }
        if begins_clause(toks, from, at) { Cut::Before } else { Cut::None }
    })
}

fn begins_clause(toks: &[Tok<'_>], from: usize, at: usize) -> bool {
    let (Some(first), Some(tok)) = (toks.get(from), toks.get(at)) else { return false };
    if tok.kind != TokenKind::Word || is_at(toks, at + 1, Punct::Colon) {
        return false;
    }
    let before = at.checked_sub(1).and_then(|before| toks.get(before));
    if before.is_some_and(|tok| tok.is(Punct::Dot) || tok.is(Punct::QuestionDot)) {
        return false;
    }
    if HARD_CLAUSES.contains(&tok.text) {
        return match tok.text {
            "window" => !is_at(toks, at + 1, Punct::Dot),
            "by" => first.text != "limit" || tok.line_start,
            // A step of a pattern has its own condition.
            "where" => !matches!(first.text, "match" | "then" | "next" | "without"),
            _ => true,
        };
    }
    let complete = complete_before(toks, at) || before.is_some_and(|tok| tok.is(Punct::Comma));
    // In `from S limit` it is a second name, in `skip to next` not a step.
    complete
        && (tok.line_start || !matches!(first.text, "from" | "skip"))
        && match tok.text {
            "then" => !inside_if(toks, from, at, "then"),
            "else" => !inside_if(toks, from, at, "else"),
            "within" => first.text != "distinct",
            "join" => at != from + 1 || first.text != "left",
            word => SOFT_CLAUSES.contains(&word),
        }
}

/// Whether an `if` before the token waits for this word.
fn inside_if(toks: &[Tok<'_>], from: usize, at: usize, word: &str) -> bool {
    let opener = if word == "then" { "if" } else { "then" };
    let part = toks.get(from + 1..at).unwrap_or_default();
    let mut depth = 0usize;
    let mut waiting = 0usize;
    for tok in part {
        if tok.opens() {
            depth += 1;
        } else if tok.closes() {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && tok.is_word(opener) {
            waiting += 1;
        } else if depth == 0 && tok.is_word(word) {
            waiting = waiting.saturating_sub(1);
        }
    }
    waiting > 0
}

/// The lines of a `test` or `scenario`, each of which begins with one of the words.
pub(super) fn lines<'t>(toks: Vec<Tok<'t>>, words: &[&str]) -> Parts<'t> {
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
        let begins = begins || begins_line(toks, at);
        if begins && !keyword_alone { Cut::Before } else { Cut::None }
    })
}
