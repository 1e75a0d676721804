//! The clauses of a rule, told by their first words.

use super::{Cut, Parts, complete_before, cut};
use crate::format::token::{Tok, is_at};
use crate::lex::{Punct, TokenKind};
use crate::parse::{HARD_CLAUSES, SOFT_CLAUSES};

/// The clauses of a rule.
pub(in crate::format) fn clauses(toks: Vec<Tok<'_>>) -> Parts<'_> {
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
            "window" | "when" => !is_at(toks, at + 1, Punct::Dot),
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
