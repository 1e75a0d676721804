//! `rule` and its clauses.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Attribute, Clause, ClauseKind, Completeness, Rule};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

/// Words that may begin a clause, for "did you mean".
const CLAUSES: &[&str] = &[
    "from", "where", "distinct", "let", "by", "window", "when", "limit", "forget", "emit", "else",
    "clear",
];

impl Cursor<'_> {
    /// `rule NAME { clauses }`
    pub(super) fn rule(&mut self, doc: String, attributes: Vec<Attribute>) -> Option<Rule> {
        let first = self.bump().span;
        let name = self.declared_name("a rule's name")?;
        let mut rule = Rule {
            doc,
            attributes,
            name,
            clauses: Vec::new(),
            skipped_events: Vec::new(),
            completeness: Completeness::Whole,
            span: first,
        };
        match self.expect(Punct::BraceOpen, "`{`") {
            Some(open) => self.rule_body(&mut rule, open),
            None if self.at_clause() => self.rule_body(&mut rule, first),
            None => {
                rule.completeness = Completeness::Skipped;
                self.skip_declaration();
            }
        }
        rule.span = cover(first, self.last_span());
        self.check_clauses(&rule);
        Some(rule)
    }

    fn rule_body(&mut self, rule: &mut Rule, open: Span) {
        loop {
            if self.eat(Punct::BraceClose).is_some() {
                return;
            }
            if self.at_body_end() {
                if open != rule.span {
                    self.unclosed(open);
                }
                return;
            }
            if self.eat(Punct::Comma).is_some() {
                continue;
            }
            let (before, start) = (self.problems(), self.position());
            let first = self.peek();
            self.begin_part();
            if let Some(kind) = self.clause(rule) {
                let span = cover(first.span, self.last_span());
                rule.clauses.push(Clause { kind, keyword: first.span, span });
            }
            self.clause_end(before, first.span);
            self.ensure_progress(start);
            if self.problems() > before && rule.completeness == Completeness::Whole {
                rule.completeness = Completeness::Partial;
            }
        }
    }

    /// After a clause the next one or the end must follow. What else stands there is reported, if
    /// the clause itself was read cleanly, and skipped.
    fn clause_end(&mut self, problems_before: usize, first: Span) {
        if self.at_clause() || self.at_body_end() || self.at(Punct::Comma) {
            return;
        }
        if self.problems() == problems_before {
            if self.at_soft_clause(0) {
                return;
            }
            let token = self.peek();
            if token.line_start && token.kind == TokenKind::Word {
                self.unknown_clause();
            } else if token.kind == TokenKind::Punct(Punct::Semicolon) {
                self.report(
                    Diagnostic::new(Code::Unexpected, "clauses are not ended by `;`")
                        .label(token.span, "remove this"),
                );
                self.bump();
                return self.clause_end(self.problems(), first);
            } else {
                self.expected("a clause or `}`");
            }
        }
        if self.peek().span == first {
            self.bump();
        }
        self.skip_to_clause();
    }

    pub(super) fn unknown_clause(&mut self) {
        let token = self.peek();
        let word = self.text_of(token.span);
        let help = did_you_mean(word, CLAUSES.iter().copied())
            .or_else(|| foreign_clause(word).map(Into::into));
        self.report(
            Diagnostic::new(Code::UnknownClause, format!("`{word}` does not begin a clause"))
                .label(
                    token.span,
                    "expected `where`, `distinct`, `let`, `by`, `window`, `when`, `limit`, `forget`, `emit`, `else` or `clear`",
                )
                .maybe_help(help),
        );
    }

    /// What must be there once, and in which order.
    fn check_clauses(&mut self, rule: &Rule) {
        self.check_order(rule);
        if rule.completeness != Completeness::Whole {
            return;
        }
        let missing = |wanted: fn(&ClauseKind) -> bool| {
            !rule.clauses.iter().any(|clause| wanted(&clause.kind))
        };
        if missing(|kind| matches!(kind, ClauseKind::From { .. })) {
            self.report(
                Diagnostic::new(
                    Code::MissingClause,
                    format!("the rule `{}` has no `from`", rule.name.name),
                )
                .label(rule.name.span, "")
                .help("write `from STREAM` as its first clause"),
            );
        } else if missing(|kind| matches!(kind, ClauseKind::Emit(_))) {
            self.report(
                Diagnostic::new(
                    Code::MissingClause,
                    format!("the rule `{}` has no `emit`", rule.name.name),
                )
                .label(rule.name.span, "")
                .help("write `emit NAME { field: value, … }`"),
            );
        }
    }

    fn check_order(&mut self, rule: &Rule) {
        let mut seen: Vec<(usize, Span, &'static str)> = Vec::new();
        for clause in &rule.clauses {
            let Some((rank, word)) = rank(&clause.kind) else { continue };
            let repeats = matches!(
                clause.kind,
                ClauseKind::Emit(_) | ClauseKind::Else(_) | ClauseKind::Clear(_)
            );
            if let Some((_, first, _)) = seen.iter().find(|(other, ..)| *other == rank && !repeats)
            {
                self.duplicate_clause(clause, *first, word);
                continue;
            }
            if let Some((_, later, later_word)) = seen.iter().find(|(other, ..)| *other > rank) {
                self.report(
                    Diagnostic::new(Code::ClauseOrder, format!("`{word}` stands after `{later_word}`"))
                        .label(clause.keyword, "")
                        .label(*later, format!("`{word}` comes before this"))
                        .help("the order is `from where distinct by window when limit forget emit else clear`; `let` stands anywhere"),
                );
            }
            seen.push((rank, clause.keyword, word));
        }
    }

    fn duplicate_clause(&mut self, clause: &Clause, first: Span, word: &str) {
        let help = match word {
            "where" => "join the conditions with `and`",
            "by" => "separate the parts of the key by commas",
            "distinct" => "separate what events are told apart by with commas",
            _ => "remove one of them",
        };
        self.report(
            Diagnostic::new(Code::DuplicateClause, format!("this rule has two `{word}` clauses"))
                .label(clause.keyword, "the second one")
                .label(first, "the first one")
                .help(help),
        );
    }
}

/// A clause's place in the order, and its word. `let` has none.
fn rank(kind: &ClauseKind) -> Option<(usize, &'static str)> {
    Some(match kind {
        ClauseKind::From { .. } => (0, "from"),
        ClauseKind::Where(_) => (1, "where"),
        ClauseKind::Distinct(_) => (2, "distinct"),
        ClauseKind::By(_) => (3, "by"),
        ClauseKind::Window(_) => (4, "window"),
        ClauseKind::When { .. } | ClauseKind::Silent(_) => (5, "when"),
        ClauseKind::Limit(_) => (6, "limit"),
        ClauseKind::Forget(_) => (7, "forget"),
        ClauseKind::Emit(_) => (8, "emit"),
        ClauseKind::Else(_) => (8, "else"),
        ClauseKind::Clear(_) => (9, "clear"),
        ClauseKind::Let { .. } => return None,
    })
}

/// What to type for clause words of other languages.
fn foreign_clause(word: &str) -> Option<String> {
    let help = match word.to_lowercase().as_str() {
        "group" | "partition" | "key" => "the key is written `by FIELD`",
        "having" | "if" | "on" => "a condition on aggregates is written `when CONDITION`",
        "filter" => "a condition on events is written `where CONDITION`",
        "select" | "return" | "then" | "raise" | "alert" => {
            "what is sent out is written `emit NAME { … }`"
        }
        "every" | "over" => "a window is written `window tumbling(10s)`",
        _ => return None,
    };
    Some(help.to_owned())
}
