//! The clauses of a rule, each by its first word.

use super::cover;
use super::cursor::Cursor;
use super::recover::HARD_CLAUSES;
use super::unsupported;
use crate::ast::{
    ClauseKind, Completeness, Distinct, Each, Expr, Hold, Ident, KeyPart, Limit, Rule, Silence,
    Spanned, Trigger, WindowKind,
};
use crate::diagnostic::{Code, Diagnostic, removed, write_instead};
use crate::habits;
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

impl Cursor<'_> {
    pub(super) fn clause(&mut self, rule: &mut Rule) -> Option<ClauseKind> {
        if let Some(word @ ("match" | "join" | "left")) = self.word() {
            self.pattern_or_join(rule, word);
            return None;
        }
        let Some(word) = self.clause_word(rule) else {
            self.other_clause(rule);
            return None;
        };
        match word {
            "from" => self.from(),
            "where" => Some(ClauseKind::Where(self.expr())),
            "distinct" => self.distinct().map(ClauseKind::Distinct),
            "let" => self.let_clause(),
            "by" => Some(ClauseKind::By(self.key_parts())),
            "window" => Some(ClauseKind::Window(self.window())),
            "within" => self.within_clause(),
            "when" => self.when(is_closing(rule)),
            "emit" => self.emit(rule).map(ClauseKind::Emit),
            "else" => self.emit(rule).map(ClauseKind::Else),
            "limit" => self.limit().map(ClauseKind::Limit),
            "forget" => self.duration("`forget`").map(ClauseKind::Forget),
            "clear" => self.emit(rule).map(ClauseKind::Clear),
            _ => None,
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
    fn other_clause(&mut self, rule: &mut Rule) {
        let word = self.word().unwrap_or_default();
        let known = unsupported::clause(word);
        if known.is_none() && self.peek().kind == TokenKind::Word {
            self.unknown_clause();
        }
        match known {
            Some((code, what, help)) => {
                let span = self.bump().span;
                self.not_supported(code, span, what, help);
                if word == "timeout" && matches!(self.peek().kind, TokenKind::Word) {
                    rule.skipped_events.extend(self.name("an event's name"));
                }
            }
            None if word.is_empty() && !self.at_body_end() => self.expected("a clause or `}`"),
            None => {}
        }
    }

    /// `from STREAM[, STREAM …] [alias] [each ITEM[, INDEX] in LIST]`
    fn from(&mut self) -> Option<ClauseKind> {
        let mut streams = vec![self.name("a stream's name")?];
        while self.at(Punct::Comma) && !self.clause_follows() && self.eat(Punct::Comma).is_some() {
            streams.push(self.name("a stream's name")?);
        }
        let mut alias = self.second_name();
        if self.at_another_stream() {
            self.named_streams(&mut streams);
            alias = None;
        }
        let each = match self.eat_word("each") {
            Some(_) => Some(self.each()?),
            None => None,
        };
        Some(ClauseKind::From { streams, alias, each })
    }

    /// `[as] NAME` after a stream, if it stands here.
    fn second_name(&mut self) -> Option<Ident> {
        if !self.at_second_name() {
            return None;
        }
        self.eat_word("as");
        self.name("a second name for the stream's events")
    }

    /// Whether `[as] NAME` stands here. On a line of its own a word is a clause, or meant as one.
    fn at_second_name(&self) -> bool {
        let next = self.peek();
        matches!(next.kind, TokenKind::Word | TokenKind::QuotedWord)
            && !self.at_clause()
            && !self.at_soft_clause(0)
            && !self.at_foreign_clause()
            && !self.at_word("each")
            && !next.line_start
    }

    /// Whether the comma here stands between two clauses.
    fn clause_follows(&self) -> bool {
        let hard = |word: &str| HARD_CLAUSES.contains(&word);
        self.word_of(self.nth(1)).is_some_and(hard) || self.at_soft_clause(1)
    }

    /// Whether `, STREAM` follows the second name of one, as in `from H h, G g`.
    fn at_another_stream(&self) -> bool {
        let next = self.nth(1);
        self.at(Punct::Comma)
            && !self.clause_follows()
            && !next.line_start
            && self.word_of(next).is_some()
    }

    fn named_streams(&mut self, streams: &mut Vec<Ident>) {
        while self.at_another_stream() {
            self.bump();
            streams.extend(self.name("a stream's name"));
            self.second_name();
        }
        let names: Vec<&str> = streams.iter().map(|stream| stream.name.as_str()).collect();
        let first = streams.first().map_or(self.last_span(), |stream| stream.span);
        let help = write_instead(names.join(", "));
        let title = "streams read together have no second names";
        self.correct(title, cover(first, self.last_span()), help);
    }

    /// `ITEM[, INDEX] in LIST`
    fn each(&mut self) -> Option<Each> {
        let item = self.name("a name for the items")?;
        let index = match self.eat(Punct::Comma) {
            Some(_) => Some(self.name("a name for the items' index")?),
            None => None,
        };
        if self.eat_word("in").is_none() {
            self.expected("`in` and a list");
            return None;
        }
        Some(Each { item, index, list: self.expr() })
    }

    fn let_clause(&mut self) -> Option<ClauseKind> {
        let typed = self.word().is_some_and(habits::is_type) && self.word_of(self.nth(1)).is_some();
        if typed {
            let span = self.bump().span;
            self.no_type(cover(span, Span { end: self.peek().span.start, ..span }));
        }
        let name = self.name("a name")?;
        if self.at(Punct::Colon) && !self.touching(&[Punct::Colon, Punct::Equal]) {
            let span = self.bump().span;
            let ty = self.type_name();
            self.no_type(cover(span, ty.span));
        }
        if !self.assignment() {
            self.expected("`=`");
            return None;
        }
        let value = self.expr();
        Some(ClauseKind::Let { name, value })
    }

    fn no_type(&mut self, span: Span) {
        self.correct("`let` takes no type", span, removed("the type is known from the value"));
    }

    /// `[name:] EXPR, …`
    fn key_parts(&mut self) -> Vec<KeyPart> {
        let mut parts = Vec::new();
        let grouped = self.group_of_parts();
        loop {
            let named = self.nth_is(1, Punct::Colon);
            let name = if named { self.name("a name for this part of the key") } else { None };
            if named {
                self.eat(Punct::Colon);
            }
            let value = self.expr();
            parts.push(KeyPart { name, value });
            if self.eat(Punct::Comma).is_none() {
                self.end_of_parts(grouped);
                return parts;
            }
        }
    }

    /// `(a, b)` where several values stand without parentheses: reported, and the parenthesis read.
    fn group_of_parts(&mut self) -> Option<Span> {
        if !self.at(Punct::ParenOpen) || !self.tuple_follows() {
            return None;
        }
        Some(self.bump().span)
    }

    fn end_of_parts(&mut self, open: Option<Span>) {
        let Some(open) = open else { return };
        if !self.close(Punct::ParenClose, open) {
            return;
        }
        let span = cover(open, self.last_span());
        let inner = Span { start: open.end, end: span.end.saturating_sub(1), ..span };
        let text = self.shown(inner).map(str::to_owned);
        self.write("these stand without parentheses", span, text, "remove the parentheses");
    }

    /// `when [each] EXPR [for D | for N windows] [until EXPR]`, or `when silent for D [for TABLE]`
    fn when(&mut self, closing: bool) -> Option<ClauseKind> {
        if self.at_word("silent") && matches!(self.nth(1).kind, TokenKind::Duration(_)) {
            let first = self.bump().span;
            let span_us = self.duration("`silent for`")?;
            let text = format!("silent for {}", self.text_of(span_us.span));
            let span = cover(first, span_us.span);
            self.correct("`silent` has no `for`", span, write_instead(text));
            return Some(ClauseKind::Silent(Silence { span_us, table: self.known_keys() }));
        }
        if self.at_word("silent") && self.word_of(self.nth(1)) == Some("for") {
            self.bump();
            self.bump();
            let span_us = self.duration("`silent for`")?;
            return Some(ClauseKind::Silent(Silence { span_us, table: self.known_keys() }));
        }
        let trigger = if self.eat_word("each").is_some() { Trigger::Each } else { Trigger::Rise };
        let condition = self.expr();
        let hold = match self.eat_word("for") {
            Some(_) => Some(self.hold(closing)?),
            None => None,
        };
        let until = self.eat_word("until").map(|_| self.expr());
        Some(ClauseKind::When { trigger, condition, hold, until })
    }

    /// `distinct EXPR, … within D`
    fn distinct(&mut self) -> Option<Distinct> {
        if self.at_word("by") || self.at_word("on") && self.begins_operand(1) {
            let span = self.bump().span;
            let span = Span { end: self.peek().span.start, ..span };
            let title = "what events are told apart by follows `distinct` itself";
            self.correct(title, span, removed(""));
        }
        let by = self.parts();
        if self.eat_word("within").is_none() {
            self.expected("`within` and a duration, as in `distinct id within 10m`");
            return None;
        }
        let within_us = self.duration("`within`")?;
        Some(Distinct { by, within_us })
    }

    /// `limit N per D [by EXPR, …]`
    fn limit(&mut self) -> Option<Limit> {
        let token = self.peek();
        let TokenKind::Int(value) = token.kind else {
            self.expected("how many firings go out, as in `limit 1 per 15m`");
            return None;
        };
        self.bump();
        let count = Spanned { value, span: token.span };
        if self.at_word("every") || self.at(Punct::Slash) {
            let span = self.bump().span;
            self.correct("a limit is one `per` a duration", span, write_instead("per"));
        } else if self.eat_word("per").is_none() {
            self.expected("`per` and a duration, as in `limit 1 per 15m`");
            return None;
        }
        let per_us = self.duration("`per`")?;
        let mut by = None;
        if self.eat_word("by").is_some() {
            by = Some(self.limit_key()?);
        }
        Some(Limit { count, per_us, by })
    }

    /// `EXPR, …`, or `()` for nothing.
    fn limit_key(&mut self) -> Option<Vec<Expr>> {
        if self.at(Punct::ParenOpen) && self.nth_is(1, Punct::ParenClose) {
            self.bump();
            self.bump();
            return Some(Vec::new());
        }
        Some(self.parts())
    }

    /// `EXPR, …`
    fn parts(&mut self) -> Vec<Expr> {
        let grouped = self.group_of_parts();
        let mut parts = vec![self.expr()];
        while self.eat(Punct::Comma).is_some() {
            parts.push(self.expr());
        }
        self.end_of_parts(grouped);
        parts
    }

    /// `D`, or `N windows`, after `for`. Windows that close are counted, so a bare number is of them.
    fn hold(&mut self, closing: bool) -> Option<Hold> {
        let token = self.peek();
        // `window` may be the clause that follows a number without a unit.
        let word = self.word_of(self.nth(1)).filter(|word| {
            *word == "windows" || (*word == "window" && !self.nth_is(3, Punct::ParenOpen))
        });
        let unit = self.unit_follows();
        if let (TokenKind::Int(value), true, None, None) = (token.kind, closing, word, unit) {
            self.bump();
            self.report(
                Diagnostic::new(Code::UnitMissing, format!("`{value}` has no unit"))
                    .label(token.span, "`for` is a number of windows here, since they close")
                    .help(write_instead(format!("{value} windows"))),
            );
            return Some(Hold::Windows(Spanned { value, span: token.span }));
        }
        if let (TokenKind::Int(value), Some(word)) = (token.kind, word) {
            self.bump();
            let end = self.bump().span;
            if word == "window" {
                self.correct("windows are counted by `windows`", end, write_instead("windows"));
            }
            return Some(Hold::Windows(Spanned { value, span: cover(token.span, end) }));
        }
        self.duration("`for`").map(Hold::For)
    }
}

/// Whether the rule's windows, as read so far, are judged as they close.
fn is_closing(rule: &Rule) -> bool {
    rule.clauses.iter().any(|clause| match &clause.kind {
        ClauseKind::Window(window) => window.kind.as_ref().is_some_and(WindowKind::is_closing),
        _ => false,
    })
}
