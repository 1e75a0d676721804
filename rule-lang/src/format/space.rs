//! Where a space stands between two tokens of a run.

use super::token::{Tok, is_at};
use crate::lex::{Punct, TokenKind};
use crate::parse::RESERVED;

/// Words that are no names where they stand before a parenthesis.
const BEFORE_PAREN: &[&str] = &["each", "for", "per", "until", "within"];

/// Whether a space stands before the token at `at`, which is not the first of its run.
pub(super) fn spaced(toks: &[Tok<'_>], at: usize) -> bool {
    let (Some(before), Some(tok)) = (at.checked_sub(1).and_then(|b| toks.get(b)), toks.get(at))
    else {
        return false;
    };
    let TokenKind::Punct(punct) = tok.kind else { return spaced_after(toks, at, before) };
    match punct {
        Punct::Comma
        | Punct::Colon
        | Punct::Dot
        | Punct::QuestionDot
        | Punct::Question
        | Punct::ParenClose
        | Punct::BracketClose
        | Punct::BraceClose => false,
        Punct::DotDot => before.is(Punct::Comma),
        Punct::ParenOpen if is_callee(toks, at - 1) => false,
        Punct::BracketOpen if ends_operand(toks, at - 1) => false,
        _ => spaced_after(toks, at, before),
    }
}

/// Whether a space stands after the token before `at`, where the one at `at` says nothing about it.
fn spaced_after(toks: &[Tok<'_>], at: usize, before: &Tok<'_>) -> bool {
    let TokenKind::Punct(punct) = before.kind else { return true };
    match punct {
        Punct::ParenOpen
        | Punct::BracketOpen
        | Punct::BraceOpen
        | Punct::Dot
        | Punct::QuestionDot
        | Punct::DotDot
        | Punct::At => false,
        Punct::Minus => at >= 2 && ends_operand(toks, at - 2),
        _ => true,
    }
}

/// Whether the token is the name of what the parenthesis after it calls.
fn is_callee(toks: &[Tok<'_>], at: usize) -> bool {
    let Some(tok) = toks.get(at) else { return false };
    if tok.kind == TokenKind::QuotedWord || is_member(toks, at) {
        return true;
    }
    tok.kind == TokenKind::Word
        && !RESERVED.contains(&tok.text)
        && !BEFORE_PAREN.contains(&tok.text)
}

/// Whether the token is a name after a point, where every word is one.
fn is_member(toks: &[Tok<'_>], at: usize) -> bool {
    at.checked_sub(1)
        .is_some_and(|dot| is_at(toks, dot, Punct::Dot) || is_at(toks, dot, Punct::QuestionDot))
}

/// Whether a value, a name or a type may end with the token: what follows is then an operator, or
/// belongs to something new.
pub(super) fn ends_operand(toks: &[Tok<'_>], at: usize) -> bool {
    let Some(tok) = toks.get(at) else { return false };
    match tok.kind {
        TokenKind::Word => {
            let value = matches!(tok.text, "true" | "false" | "null");
            value || !RESERVED.contains(&tok.text) || is_member(toks, at)
        }
        TokenKind::Punct(_) => tok.closes() || tok.is(Punct::Question),
        TokenKind::Bad | TokenKind::End => false,
        _ => true,
    }
}
