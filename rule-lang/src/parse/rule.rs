//! `rule` and its clauses.

use super::cover;
use super::cursor::{Cursor, RESERVED};
use super::unsupported;
use crate::ast::{
    Attribute, Clause, ClauseKind, Completeness, Emit, EmitField, Expr, ExprKind, KeyPart, Rule,
    Trigger,
};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

/// Words that may begin a clause, for "did you mean".
const CLAUSES: &[&str] = &["from", "where", "let", "by", "window", "when", "emit", "clear"];

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
            let before = self.problems();
            let first = self.peek();
            if let Some(kind) = self.clause(rule) {
                let span = cover(first.span, self.last_span());
                rule.clauses.push(Clause { kind, keyword: first.span, span });
            }
            self.clause_end(before, first.span);
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

    fn unknown_clause(&mut self) {
        let token = self.peek();
        let word = self.text_of(token.span);
        let help = did_you_mean(word, CLAUSES.iter().copied()).or_else(|| foreign_clause(word));
        self.report(
            Diagnostic::new(Code::UnknownClause, format!("`{word}` does not begin a clause"))
                .label(
                    token.span,
                    "expected `where`, `let`, `by`, `window`, `when`, `emit` or `clear`",
                )
                .maybe_help(help),
        );
    }

    fn clause(&mut self, rule: &mut Rule) -> Option<ClauseKind> {
        let word = self.word().unwrap_or_default();
        match word {
            "from" => self.from(rule),
            "where" => {
                self.bump();
                Some(ClauseKind::Where(self.expr()))
            }
            "let" => self.let_clause(),
            "by" => {
                self.bump();
                Some(ClauseKind::By(self.key_parts()))
            }
            "window" => {
                self.bump();
                Some(ClauseKind::Window(self.window()))
            }
            "when" => self.when(),
            "emit" => {
                self.bump();
                self.emit().map(ClauseKind::Emit)
            }
            "clear" => {
                self.bump();
                self.emit().map(ClauseKind::Clear)
            }
            "match" | "join" | "left" if rule.clauses.is_empty() => {
                self.pattern_or_join(rule, word);
                None
            }
            _ => {
                self.other_clause(rule, word);
                None
            }
        }
    }

    fn pattern_or_join(&mut self, rule: &mut Rule, word: &str) {
        let (code, what, help) = if word == "match" {
            (
                Code::NoPatterns,
                "`match` patterns are",
                "count the events in a window: `window sliding(D)` and `when count(where …) > 0`",
            )
        } else {
            (
                Code::NoJoins,
                "`join` is",
                "a rule reads one stream: put what it needs into that stream's events",
            )
        };
        let span = self.bump().span;
        let diagnostic = Diagnostic::new(code, format!("{what} not supported in this version"))
            .label(span, "")
            .help(help);
        rule.skipped_events = self.unsupported_rule(diagnostic);
        rule.completeness = Completeness::Skipped;
    }

    /// A clause that is not supported, or a word that begins none.
    fn other_clause(&mut self, rule: &mut Rule, word: &str) {
        let known = unsupported::clause(word);
        if known.is_none() && self.peek().kind == TokenKind::Word {
            self.unknown_clause();
        }
        match known {
            Some((code, what, help)) => {
                let span = self.bump().span;
                self.not_supported(code, span, what, help);
                while word == "limit" && !self.peek().line_start && !self.at_body_end() {
                    if self.at_clause() && !self.at_word("by") {
                        break;
                    }
                    self.bump();
                }
                if matches!(word, "else" | "timeout") && matches!(self.peek().kind, TokenKind::Word)
                {
                    rule.skipped_events.extend(self.name("an event's name"));
                }
            }
            None if word.is_empty() => self.expected("a clause or `}`"),
            None => {}
        }
    }

    /// `from STREAM [alias]`
    fn from(&mut self, rule: &mut Rule) -> Option<ClauseKind> {
        let keyword = self.bump().span;
        let stream = self.name("a stream's name")?;
        if self.at(Punct::Comma) {
            let span = cover(keyword, stream.span);
            while self.eat(Punct::Comma).is_some() {
                self.name("a stream's name");
            }
            self.not_supported(
                Code::NoSeveralStreams,
                span,
                "several streams in one `from` are",
                "write one rule for each stream",
            );
            rule.completeness = Completeness::Skipped;
            return None;
        }
        let mut alias = None;
        let next = self.peek();
        if !next.line_start
            && !self.at_clause()
            && !self.at_word("each")
            && matches!(next.kind, TokenKind::Word | TokenKind::QuotedWord)
        {
            self.eat_word("as");
            alias = self.name("a second name for the stream's events");
        }
        if let Some(span) = self.eat_word("each") {
            self.not_supported(
                Code::NoEachItem,
                span,
                "`each … in` is",
                "send one event for each item",
            );
            rule.completeness = Completeness::Skipped;
            return None;
        }
        Some(ClauseKind::From { stream, alias })
    }

    fn let_clause(&mut self) -> Option<ClauseKind> {
        self.bump();
        let name = self.name("a name")?;
        if self.at(Punct::Colon) {
            let span = self.bump().span;
            let ty = self.type_name();
            self.report(
                Diagnostic::new(Code::Unexpected, "`let` takes no type")
                    .label(cover(span, ty.span), "remove this; the type is known from the value"),
            );
        }
        self.expect(Punct::Equal, "`=`")?;
        let value = self.expr();
        Some(ClauseKind::Let { name, value })
    }

    /// `[name:] EXPR, …`
    fn key_parts(&mut self) -> Vec<KeyPart> {
        let mut parts = Vec::new();
        loop {
            let named = self.nth_is(1, Punct::Colon);
            let name = if named { self.name("a name for this part of the key") } else { None };
            if named {
                self.eat(Punct::Colon);
            }
            let value = self.expr();
            parts.push(KeyPart { name, value });
            if self.eat(Punct::Comma).is_none() {
                return parts;
            }
        }
    }

    /// `when [each] EXPR [for …] [until …]`
    fn when(&mut self) -> Option<ClauseKind> {
        self.bump();
        if self.at_word("silent") && self.word_of(self.nth(1)) == Some("for") {
            let span = self.bump().span;
            self.not_supported(
                Code::NoSilent,
                span,
                "`when silent for` is",
                "`window tumbling(D) fill F` closes empty windows: `when count() == 0`",
            );
            return None;
        }
        let trigger = if self.eat_word("each").is_some() { Trigger::Each } else { Trigger::Rise };
        let condition = self.expr();
        if let Some(span) = self.eat_word("for") {
            self.not_supported(
                Code::NoWhenFor,
                span,
                "`for` after a condition is",
                "a `tumbling` window of that length judges all of it at once",
            );
        } else if let Some(span) = self.eat_word("until") {
            self.not_supported(
                Code::NoUntil,
                span,
                "`until` after a condition is",
                "`clear` goes out as the condition becomes false",
            );
        }
        Some(ClauseKind::When { trigger, condition })
    }

    /// `NAME { fields } [if EXPR]`
    fn emit(&mut self) -> Option<Emit> {
        let event = self.name("the name of a derived event")?;
        let open = self.expect(Punct::BraceOpen, "`{` and the event's fields")?;
        let mut fields = Vec::new();
        loop {
            if self.eat(Punct::BraceClose).is_some() {
                break;
            }
            if self.at_body_end()
                || (self.peek().line_start && self.at_clause() && !self.nth_is(1, Punct::Colon))
            {
                self.unclosed(open);
                return Some(Emit { event, fields, condition: None });
            }
            if self.eat(Punct::Comma).is_some() {
                continue;
            }
            let before = self.problems();
            fields.extend(self.emit_field());
            if self.problems() == before {
                self.member_end();
            } else if self.eat(Punct::Comma).is_none() && !self.peek().line_start {
                self.skip_member();
            }
        }
        let condition = self.eat_word("if").map(|_| self.expr());
        Some(Emit { event, fields, condition })
    }

    /// `name: expr`, `name`, or `..alias`
    fn emit_field(&mut self) -> Option<EmitField> {
        if self.eat(Punct::DotDot).is_some() {
            return self.name("the stream's second name").map(EmitField::Spread);
        }
        let token = self.peek();
        let named = self.nth_is(1, Punct::Colon);
        if named && self.word().is_some_and(|word| RESERVED.contains(&word)) {
            let name = self.reserved_name();
            self.bump();
            return Some(EmitField::Field { name, value: self.expr() });
        }
        if named && matches!(token.kind, TokenKind::Word | TokenKind::QuotedWord) {
            let name = self.name("a field's name")?;
            self.bump();
            return Some(EmitField::Field { name, value: self.expr() });
        }
        let value = self.expr();
        if let ExprKind::Name(name) = &value.kind {
            let name = crate::ast::Ident { name: name.clone(), span: value.span };
            return Some(EmitField::Field { name, value });
        }
        self.unnamed_field(&value);
        None
    }

    fn unnamed_field(&mut self, value: &Expr) {
        if value.kind == ExprKind::Error {
            return;
        }
        let text = self.text_of(value.span);
        if let ExprKind::Literal(crate::ast::Literal::String(name)) = &value.kind
            && self.at(Punct::Colon)
        {
            self.report(
                Diagnostic::new(Code::Unexpected, "field names are written without quotes")
                    .label(value.span, "")
                    .help(format!("write `{name}: …`")),
            );
            return;
        }
        self.report(
            Diagnostic::new(Code::Unexpected, "this value has no field name")
                .label(value.span, "")
                .help(format!("write `name: {text}`")),
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
            let repeats = matches!(clause.kind, ClauseKind::Emit(_) | ClauseKind::Clear(_));
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
                        .help("the order is `from where by window when emit clear`; `let` stands anywhere"),
                );
            }
            seen.push((rank, clause.keyword, word));
        }
    }

    fn duplicate_clause(&mut self, clause: &Clause, first: Span, word: &str) {
        let help = match word {
            "where" => "join the conditions with `and`",
            "by" => "separate the parts of the key by commas",
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
        ClauseKind::By(_) => (2, "by"),
        ClauseKind::Window(_) => (3, "window"),
        ClauseKind::When { .. } => (4, "when"),
        ClauseKind::Emit(_) => (5, "emit"),
        ClauseKind::Clear(_) => (6, "clear"),
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
