//! What may be typed in a rule, and in expressions.

use super::{Before, Completion, NameKind, Names, STREAMS, Scope, Typing};
use crate::ide::lists::{clauses_from, operators, parts, words};
use crate::ide::words::{Role, word};
use crate::lex::{Punct, TokenKind};
use crate::parse::outline::Begins;
use std::ops::Range;

/// Words after which a value is expected.
const BEFORE_VALUES: &[&str] = &[
    "and", "or", "not", "in", "div", "if", "then", "else", "when", "where", "let", "by", "each",
    "until", "for", "distinct",
];

impl Typing<'_> {
    pub(super) fn in_rule(&self, rule: &Range<usize>) -> Vec<Completion> {
        let tokens = &self.file.tokens;
        let start = self.file.starts.iter().rev().find(|start| {
            start.begins == Begins::Clause && start.token < self.at && rule.contains(&start.token)
        });
        let Some(clause) = start.map(|start| start.token) else { return clauses_from("from") };
        let inside = self.open_bracket(clause);
        let word = tokens.word(clause).unwrap_or_default();
        if self.at_line_start() && inside.is_none() && (self.after_value() || word == "window") {
            let last = self.clauses_before(rule).filter(|word| *word != "let").last();
            let mut found = clauses_from(last.unwrap_or("from"));
            if matches!(word, "by" | "where" | "when" | "let") {
                found.extend(operators());
            }
            if word == "when" {
                found.extend(parts(&["for", "until"]));
            }
            return found;
        }
        let scope = self.scope_of(rule);
        match (word, self.before()) {
            (_, Some(Before::Punct(Punct::Dot | Punct::QuestionDot))) => self.members(&scope),
            ("from", _) => self.in_from(clause, &scope),
            (
                "match" | "then" | "next" | "without" | "join" | "left",
                Some(Before::Punct(Punct::Colon)),
            ) => self.globals(STREAMS),
            ("window", _) => self.in_window(clause, inside),
            (
                "emit" | "clear" | "timeout" | "else",
                Some(Before::Word("emit" | "clear" | "timeout" | "else")),
            ) => self.globals(&[NameKind::Event]),
            ("emit" | "else", Some(Before::Punct(Punct::BraceClose))) if inside.is_none() => {
                words(&[Role::Expression]).into_iter().filter(|word| word.label == "if").collect()
            }
            ("let", _) if self.at <= clause + 2 => Vec::new(),
            ("when", _) if inside.is_none() => self.in_when(clause, &scope),
            ("limit", before) if inside.is_none() => match before {
                Some(Before::Word("limit" | "per")) => Vec::new(),
                _ if self.has(&(clause..self.at), "by") => self.expression(clause, &scope),
                _ if self.has(&(clause..self.at), "per") => parts(&["by"]),
                _ => parts(&["per"]),
            },
            ("distinct", _) if inside.is_none() && self.has(&(clause..self.at), "within") => {
                Vec::new()
            }
            ("distinct", _) if inside.is_none() && self.after_value() => {
                let mut found = parts(&["within"]);
                found.extend(operators());
                found
            }
            ("within" | "forget" | "reuse" | "skip", _) => Vec::new(),
            _ => self.expression(clause, &scope),
        }
    }

    /// The words that begin the clauses of a rule before the place.
    fn clauses_before(&self, rule: &Range<usize>) -> impl Iterator<Item = &str> {
        let starts = self.file.starts.iter().filter(|start| start.begins == Begins::Clause);
        let before = starts.filter(|start| rule.contains(&start.token) && start.token < self.at);
        before.filter_map(|start| self.file.tokens.word(start.token))
    }

    fn in_from(&self, clause: usize, (names, scope): &(Names, Scope)) -> Vec<Completion> {
        match self.before() {
            Some(Before::Word("from") | Before::Punct(Punct::Comma)) => self.globals(STREAMS),
            Some(Before::Word("in")) => {
                let streams = scope.bindings.iter().map(|(_, stream)| *stream);
                streams.flat_map(|stream| self.fields(names, stream)).collect()
            }
            Some(Before::Word("each")) => Vec::new(),
            _ if self.has(&(clause..self.at), "in") => Vec::new(),
            _ if self.has(&(clause..self.at), "each") => parts(&["in"]),
            _ => parts(&["each"]),
        }
    }

    fn in_window(&self, clause: usize, inside: Option<usize>) -> Vec<Completion> {
        let kind = inside.and_then(|open| self.file.tokens.word(open.checked_sub(1)?));
        let begins = matches!(self.before(), Some(Before::Punct(Punct::ParenOpen)));
        match (kind, self.before()) {
            (_, Some(Before::Word("gap" | "max" | "every" | "align" | "zone"))) => Vec::new(),
            (Some("session"), _) => parts(&["gap", "max"]),
            (Some("tumbling"), _) if !begins => parts(&["align", "zone"]),
            (Some("hopping"), _) if !begins => parts(&["every", "align"]),
            (None, Some(Before::Word("window"))) => words(&[Role::Window]),
            (None, Some(Before::Word("for"))) => self.globals(&[NameKind::Table]),
            (None, Some(Before::Word("fill" | "allow"))) => Vec::new(),
            (None, _) => {
                let mut found = parts(&["fill", "early", "allow"]);
                if self.has(&(clause..self.at), "fill") {
                    found.extend(parts(&["for"]));
                }
                found
            }
            _ => Vec::new(),
        }
    }

    fn in_when(&self, clause: usize, scope: &(Names, Scope)) -> Vec<Completion> {
        let tokens = &self.file.tokens;
        let silent = tokens.is_word(clause + 1, "silent");
        let fors = (clause..self.at).filter(|at| tokens.is_word(*at, "for")).count();
        match self.before() {
            Some(Before::Word("when")) => {
                let mut found = self.values(scope);
                found.extend(parts(&["each", "silent"]));
                found
            }
            Some(Before::Word("for")) if silent && fors == 2 => self.globals(&[NameKind::Table]),
            Some(Before::Word("for")) => Vec::new(),
            _ if silent && self.at == clause + 2 => parts(&["for"]),
            _ if silent && fors < 2 => parts(&["for"]),
            _ if silent => Vec::new(),
            _ if self.file.tokens.is_word(self.at.saturating_sub(2), "for") => {
                let whole = self.at.checked_sub(1).and_then(|at| tokens.tokens.get(at));
                let counts = whole.is_some_and(|last| matches!(last.kind, TokenKind::Int(_)));
                parts(if counts { &["windows"] } else { &["until"] })
            }
            _ => {
                let mut found = self.expression(clause, scope);
                if self.after_value() && !self.has(&(clause..self.at), "until") {
                    found.extend(parts(if fors > 0 { &["until"] } else { &["for", "until"] }));
                }
                found
            }
        }
    }

    /// What may stand at a place of an expression: a value, or what goes on behind one.
    pub(super) fn expression(&self, since: usize, scope: &(Names, Scope)) -> Vec<Completion> {
        if matches!(self.before(), Some(Before::Punct(Punct::Dot | Punct::QuestionDot))) {
            return self.members(scope);
        }
        if !self.after_value() {
            return self.values(scope);
        }
        let tokens = &self.file.tokens;
        let mut found = operators();
        let inside = self.open_bracket(since);
        let called = inside.and_then(|open| tokens.word(open.checked_sub(1)?));
        if called.is_some_and(|name| word(name, &[Role::Aggregate]).is_some()) {
            found.extend(parts(&["where", "for"]));
        }
        if called == Some("top") {
            found.extend(parts(&["by"]));
        }
        if inside.is_some_and(|open| tokens.is(open, Punct::BracketOpen)) {
            found.extend(parts(&["for"]));
        }
        let range = since..self.at;
        let count = |word| range.clone().filter(|at| tokens.is_word(*at, word)).count();
        let of_emit = usize::from(tokens.is_word(since, "else"));
        if count("if") > count("then") {
            found.extend(parts(&["then"]));
        } else if count("then") + of_emit > count("else") {
            found.extend(parts(&["else"]));
        }
        found
    }

    /// Whether a value ends before the place, so that no other can begin there.
    fn after_value(&self) -> bool {
        let Some(before) = self.at.checked_sub(1) else { return false };
        let tokens = &self.file.tokens;
        match tokens.tokens.get(before).map(|token| token.kind) {
            Some(TokenKind::Punct(punct)) => {
                matches!(
                    punct,
                    Punct::ParenClose | Punct::BracketClose | Punct::BraceClose | Punct::Question
                )
            }
            Some(TokenKind::Word) => {
                tokens.word(before).is_none_or(|word| !BEFORE_VALUES.contains(&word))
            }
            _ => true,
        }
    }

    /// The innermost bracket open at the place since a token.
    fn open_bracket(&self, since: usize) -> Option<usize> {
        let mut depth = 0;
        for at in (since..self.at).rev() {
            depth += self.file.tokens.turn(at);
            if depth > 0 {
                return Some(at);
            }
        }
        None
    }
}
