//! `rule` and its clauses.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Attribute, Clause, ClauseKind, Completeness, Rule};
use crate::diagnostic::{Advice, Code, Diagnostic, removed};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

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
        let without_brace = self.stray_head();
        let open = if without_brace { None } else { self.opening(&rule.name) };
        match open {
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
        let mut nested = 0usize;
        loop {
            if self.eat(Punct::BraceClose).is_some() {
                if nested == 0 {
                    return;
                }
                nested -= 1;
                continue;
            }
            if self.sink_inside() {
                continue;
            }
            if self.at_body_end() {
                if open != rule.span {
                    self.unclosed(open);
                    rule.completeness = Completeness::Partial;
                }
                return;
            }
            if self.eat(Punct::Comma).is_some() {
                continue;
            }
            if self.nested_clauses() {
                nested += 1;
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
        if self.at_clause()
            || self.at_body_end()
            || self.at(Punct::Comma)
            || self.at_nested_clauses()
        {
            return;
        }
        if self.problems() == problems_before {
            if self.at_soft_clause(0) {
                return;
            }
            let token = self.peek();
            if self.at_clause_of_a_kind() || self.stray_sign() {
                return;
            }
            if token.line_start && token.kind == TokenKind::Word {
                self.unknown_clause();
            } else if token.kind == TokenKind::Punct(Punct::Semicolon) {
                self.correct("clauses are not ended by `;`", token.span, removed(""));
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
        let named = self.nth_is(1, Punct::Equal).then(|| Advice {
            text: format!("a value gets a name by `let {word} = …`"),
            replacement: Some(format!("let {word}")),
        });
        self.report(
            Diagnostic::new(Code::UnknownClause, format!("`{word}` does not begin a clause"))
                .label(
                    token.span,
                    "expected `where`, `distinct`, `let`, `by`, `window`, `when`, `limit`, `forget`, `emit`, `else` or `clear`",
                )
                .maybe_help(named.or_else(|| super::foreign_clause::words(word).map(Into::into))),
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
