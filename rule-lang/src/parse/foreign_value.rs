//! Values as other languages write them: choices, lists, and what stands behind a call.

use super::cover;
use super::cursor::Cursor;
use super::operator::ADDITIVE;
use crate::ast::{Expr, ExprKind, Literal};
use crate::diagnostic::{Code, removed, write_instead};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

impl Cursor<'_> {
    /// After a condition: `? a : b`.
    pub(super) fn ternary(&mut self, condition: Expr) -> Expr {
        let mut height = self.height;
        let sign = self.bump().span;
        let then = self.expr();
        height = height.max(self.height);
        if self.eat(Punct::Colon).is_none() {
            let words = "write `if condition then a else b`";
            self.write("`?` chooses between nothing here", sign, None, words);
            return self.leaf(ExprKind::Error, condition.span);
        }
        let otherwise = self.expr();
        height = height.max(self.height);
        let span = cover(condition.span, otherwise.span);
        let texts = self.pair(then.span, otherwise.span).zip(self.shown(condition.span));
        let text = texts.map(|((a, b), c)| format!("if {c} then {a} else {b}"));
        self.write("`? :` is not an operator here", span, text, "write `if c then a else b`");
        self.conditional_of(condition, then, otherwise, height)
    }

    fn conditional_of(&mut self, c: Expr, a: Expr, b: Expr, height: usize) -> Expr {
        let span = cover(c.span, b.span);
        let (condition, then, otherwise) = (Box::new(c), Box::new(a), Box::new(b));
        let fits = self.raise(height, span);
        let kind = ExprKind::If { condition, then, otherwise };
        Expr { kind: if fits { kind } else { ExprKind::Error }, span }
    }

    /// Whether `case when … then` stands here: in `by case when …` it is a name before a clause.
    pub(super) fn at_case(&self) -> bool {
        let is = |at: usize, wanted: &str| {
            self.word_of(self.nth(at)).is_some_and(|word| word.eq_ignore_ascii_case(wanted))
        };
        if !is(0, "case") || !is(1, "when") {
            return false;
        }
        let mut open = 0usize;
        for at in (2..MAX_LOOKED_AT).take_while(|at| !is(*at, "emit")) {
            match is(at, "then") {
                true if open == 0 => return true,
                true => open -= 1,
                false => open += usize::from(is(at, "if")),
            }
        }
        false
    }

    /// `case when c then a … else b end`
    pub(super) fn case(&mut self) -> Expr {
        let first = self.bump().span;
        let mut text = Some(String::new());
        while self.word().is_some_and(|word| word.eq_ignore_ascii_case("when")) {
            self.bump();
            let condition = self.expr();
            if self.eat_either("then").is_none() {
                text = None;
                break;
            }
            let then = self.expr();
            let shown = self.pair(condition.span, then.span);
            text = text.zip(shown).map(|(text, (c, a))| format!("{text}if {c} then {a} else "));
        }
        let otherwise = match self.eat_either("else") {
            Some(_) => {
                let otherwise = self.expr();
                self.shown(otherwise.span)
            }
            None => Some("null"),
        };
        let text = text.zip(otherwise).map(|(text, otherwise)| format!("{text}{otherwise}"));
        let ended = self.eat_either("end").is_some();
        let text = match self.operator() {
            Some(_) => text.map(|text| format!("({text})")),
            None => text,
        };
        let span = cover(first, self.last_span());
        let words = "write `if condition then a else b`";
        self.write("`case` is not an expression here", span, text.filter(|_| ended), words);
        self.leaf(ExprKind::Error, span)
    }

    /// After `in`: `('a', 'b')`, or a value or range that begins with a parenthesis.
    pub(super) fn set_in_parentheses(&mut self) -> Expr {
        if !self.at_set_in_parentheses() {
            let low = self.expr_above(ADDITIVE);
            return self.range_from(low);
        }
        let (set, text) = self.set_text();
        self.write("a list stands in brackets", set.span, text, "write `[a, b]`");
        set
    }

    pub(super) fn at_set_in_parentheses(&self) -> bool {
        let literal = matches!(
            self.nth(1).kind,
            TokenKind::Int(_) | TokenKind::Decimal(_) | TokenKind::Str | TokenKind::RawStr
        );
        let single = literal && self.nth_is(2, Punct::ParenClose) && !self.nth_is(3, Punct::DotDot);
        self.at(Punct::ParenOpen) && (single || self.tuple_follows())
            || self.at(Punct::BraceOpen) && literal
    }

    /// `(a, b)` as a list, and how that is written.
    pub(super) fn set_text(&mut self) -> (Expr, Option<String>) {
        let end = if self.at(Punct::ParenOpen) { Punct::ParenClose } else { Punct::BraceClose };
        let open = self.bump().span;
        let (items, height) = self.within(false, |inner| inner.items(end));
        self.close(end, open);
        let span = cover(open, self.last_span());
        let inner = Span { start: open.end, end: span.end.saturating_sub(1), ..span };
        let text = self.shown(inner).map(|items| format!("[{items}]"));
        self.height = height + 1;
        (Expr { kind: ExprKind::List(items), span }, text)
    }

    /// Whether the parenthesis here holds several values, separated by commas.
    pub(super) fn tuple_follows(&self) -> bool {
        let mut depth = 0usize;
        for at in 0.. {
            let token = self.nth(at);
            match token.kind {
                TokenKind::Punct(Punct::ParenOpen | Punct::BracketOpen | Punct::BraceOpen) => {
                    depth += 1;
                }
                TokenKind::Punct(Punct::ParenClose | Punct::BracketClose | Punct::BraceClose) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return false;
                    }
                }
                TokenKind::Punct(Punct::Comma) if depth == 1 => return true,
                TokenKind::End => return false,
                _ if at > MAX_LOOKED_AT => return false,
                _ => {}
            }
        }
        false
    }

    /// The word here, also in capitals.
    fn eat_either(&mut self, word: &str) -> Option<Span> {
        self.eat_word(word).or_else(|| self.eat_word(&word.to_uppercase()))
    }

    /// After a whole `if … then … else …`: `end`, as in other languages.
    pub(super) fn stray_end(&mut self) {
        let token = self.peek();
        let ends = matches!(self.word(), Some("end" | "END" | "endif" | "fi"));
        if ends && !token.line_start && !self.nth_is(1, Punct::Colon) {
            self.bump();
            let title = format!("no `{}` stands after an `else`", self.text_of(token.span));
            self.correct(title, token.span, removed(""));
        }
    }

    /// After a call: `over …` and `filter (where …)`, as in SQL.
    pub(super) fn called(&mut self, call: Expr) -> Expr {
        let word = self.word().unwrap_or_default().to_lowercase();
        if self.peek().line_start || !self.begins_operand(1) {
            return call;
        }
        let is_filter = word == "filter"
            && self.nth_is(1, Punct::ParenOpen)
            && self.word_of(self.nth(2)).is_some_and(|word| word.eq_ignore_ascii_case("where"));
        if is_filter {
            self.filtered(call)
        } else if word == "over" {
            self.over(call)
        } else {
            call
        }
    }

    fn over(&mut self, call: Expr) -> Expr {
        let first = self.bump().span;
        let size = match self.bump() {
            token if token.kind == TokenKind::Punct(Punct::ParenOpen) => {
                self.skip_group();
                self.eat(Punct::ParenClose);
                "10s"
            }
            token => self.text_of(token.span),
        };
        let help = format!("remove it; the rule's window is a clause: `window sliding({size})`");
        let span = cover(first, self.last_span());
        self.correct("an aggregate has no window of its own", span, help);
        call
    }

    fn filtered(&mut self, call: Expr) -> Expr {
        for _ in 0..3 {
            self.bump();
        }
        let condition = self.within(false, Self::expr);
        self.close(Punct::ParenClose, call.span.after());
        let span = cover(call.span, self.last_span());
        let text = self.pair(call.span, condition.span).map(|(call, condition)| {
            let call = call.trim_end_matches(')').trim_end_matches('*');
            let space = if call.ends_with('(') { "" } else { " " };
            format!("{call}{space}where {condition})")
        });
        self.write("`filter` is no word here", span, text, "write `count(where …)`");
        match call.kind {
            ExprKind::Call { function, args, by, .. } => {
                let filter = Some(Box::new(condition));
                Expr { kind: ExprKind::Call { function, args, by, filter }, span }
            }
            kind => Expr { kind, span },
        }
    }

    /// At what stands behind `||`: whether text is put together, as in SQL.
    pub(super) fn at_joined_text(&self, left: &Expr, op: Span) -> bool {
        let is_text =
            is_text(left) || matches!(self.peek().kind, TokenKind::Str | TokenKind::RawStr);
        self.text_of(op) == "||" && is_text
    }

    /// `left || right` as one text.
    pub(super) fn joined_text(&mut self, left: &Expr, right: &Expr) -> Expr {
        let span = cover(left.span, right.span);
        let part = |value: &Expr| {
            let text = self.shown(value.span)?;
            let inner =
                text.strip_prefix(['"', '\'']).and_then(|text| text.strip_suffix(['"', '\'']));
            let is_raw = text.starts_with('\'');
            let plain = |inner: &&str| !(inner.contains('"') || is_raw && inner.contains('{'));
            match inner.filter(|_| is_text(value)).filter(plain) {
                Some(inner) => Some(inner.to_owned()),
                None => (!text.contains('"')).then(|| format!("{{{text}}}")),
            }
        };
        let text = part(left).zip(part(right)).map(|(a, b)| format!("\"{a}{b}\""));
        let words = "put text together in a string: `\"{a} {b}\"`";
        self.write("`||` does not put text together", span, text, words);
        self.leaf(ExprKind::Error, span)
    }

    /// After the lower end of a range, at `to`.
    pub(super) fn foreign_range(&mut self) {
        if self.at_word("to") && self.begins_operand(1) {
            let span = self.bump().span;
            self.foreign_operator(Code::ForeignOperator, span, "..");
        }
    }

    /// `[a..b]`, where a range stands without brackets.
    pub(super) fn range_in_brackets(&mut self) -> Option<Expr> {
        if !self.nth_is(2, Punct::DotDot) || !self.nth_is(4, Punct::BracketClose) {
            return None;
        }
        let first = self.bump().span;
        let low = self.expr_above(ADDITIVE);
        let range = self.range_from(low);
        let span = cover(first, self.bump().span);
        let text = self.text_of(range.span);
        self.correct("a range stands without brackets", span, write_instead(text));
        Some(range)
    }
}

fn is_text(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Literal(Literal::String(_)) | ExprKind::Interpolated(_))
}

/// How many tokens ahead is looked.
pub(super) const MAX_LOOKED_AT: usize = 64;
