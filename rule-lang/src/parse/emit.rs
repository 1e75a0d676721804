//! `emit NAME { … } [if EXPR]` and `clear`

use super::cover;
use super::cursor::Cursor;
use super::name::RESERVED;
use crate::ast::{ClauseKind, Emit, EmitField, Expr, ExprKind, Ident, Rule};
use crate::diagnostic::{Advice, Code, Diagnostic, removed, write_instead};
use crate::habits;
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

impl Cursor<'_> {
    /// `NAME { fields } [if EXPR]`
    pub(super) fn emit(&mut self, rule: &Rule) -> Option<Emit> {
        if self.at(Punct::BraceOpen) {
            let here = self.peek().span;
            let title = "what is emitted has no name";
            self.correct(title, here, "write `emit NAME { … }`");
            return None;
        }
        if self.word_of(self.nth(1)).is_some() {
            self.stray_words(&["emit", "new", "into", "event"]);
        }
        let event = self.name("the name of a derived event")?;
        if self.nth_is(1, Punct::BraceOpen) {
            self.stray_words(&["with", "as"]);
        }
        if !self.at(Punct::BraceOpen) && !self.without_fields(&event) {
            return None;
        }
        let open = self.eat(Punct::BraceOpen).unwrap_or(event.span);
        let mut fields = Vec::new();
        loop {
            if self.eat(Punct::BraceClose).is_some() {
                break;
            }
            if self.at_body_end()
                || (self.peek().line_start && self.at_clause() && !self.at_field())
            {
                self.unclosed(open);
                return Some(Emit { event, fields, condition: None });
            }
            if self.eat(Punct::Comma).is_some() {
                continue;
            }
            let (before, start) = (self.problems(), self.position());
            self.begin_part();
            fields.extend(self.within(true, |inner| inner.emit_field(rule)));
            if self.problems() == before {
                self.member_end();
            } else if self.eat(Punct::Comma).is_none() && !self.peek().line_start {
                self.skip_member();
            }
            self.ensure_progress(start);
        }
        let condition = self.emit_condition();
        self.sink_behind(&event);
        Some(Emit { event, fields, condition })
    }

    /// A word or sign that stands before what is emitted elsewhere.
    fn stray_words(&mut self, words: &[&str]) {
        let sign = self.at(Punct::Colon) || self.at(Punct::Equal);
        if sign || self.word().is_some_and(|word| words.contains(&word)) {
            let span = self.bump().span;
            let title = format!("no `{}` stands here", self.text_of(span));
            self.correct(title, span, removed("an event is written `emit NAME { … }`"));
        }
    }

    /// `emit NAME` with something else than braces behind it. Whether fields follow all the same.
    fn without_fields(&mut self, event: &Ident) -> bool {
        let here = if self.peek().line_start { event.span.after() } else { self.peek().span };
        let title = format!("the fields of `{}` stand in braces", event.name);
        let diagnostic = Diagnostic::new(Code::Unexpected, title).label(here, "expected `{`");
        let fields_follow = self.fields_follow();
        let help = format!("write `{} {{ field: value, … }}`", event.name);
        let diagnostic = diagnostic.help(help);
        self.report(match fields_follow {
            true => diagnostic.suggest(Span { end: here.start, ..here }, "{ "),
            false => diagnostic,
        });
        if self.eat(Punct::ParenOpen).is_some() {
            self.skip_group();
            self.eat(Punct::ParenClose);
        }
        fields_follow
    }

    /// Whether fields begin here, and their brace is closed on this line.
    fn fields_follow(&self) -> bool {
        let named = self.word().is_some_and(|word| !matches!(word, "to" | "if"));
        let mut line = (0..).take_while(|at| {
            let token = self.nth(*at);
            !token.line_start && token.kind != TokenKind::End
        });
        named && !self.at_clause() && line.any(|at| self.nth_is(at, Punct::BraceClose))
    }

    /// `if EXPR`; `when` and `where` on the line of the event are no clauses.
    fn emit_condition(&mut self) -> Option<Expr> {
        let foreign = self.at_word("when") || self.at_word("where");
        if foreign && !self.peek().line_start && !self.nth_is(1, Punct::Dot) {
            let span = self.bump().span;
            let help = Advice {
                text: "write `if`, or for the whole rule a `when` clause above `emit`".to_owned(),
                replacement: Some("if".to_owned()),
            };
            self.correct("the condition of one event begins with `if`", span, help);
        } else {
            self.eat_word("if")?;
        }
        Some(self.expr())
    }

    /// `to CONNECTOR` behind what is emitted.
    fn sink_behind(&mut self, event: &Ident) {
        if !self.at_word("to") || self.peek().line_start {
            return;
        }
        let first = self.bump().span;
        let connector = self.connector().map_or(first, |connector| connector.span);
        let text = self.shown(connector).unwrap_or("kafka(\"topic\")");
        let help = format!("below the rule, write `sink {} to {text}`", event.name);
        let title = "a rule does not say where its events go";
        self.correct(title, cover(first, connector), help);
    }

    /// Whether a clause's word is a field's name here: `limit: 3`, or `limit` alone.
    fn at_field(&self) -> bool {
        let alone = self.nth(1).line_start && !self.word().is_some_and(|w| RESERVED.contains(&w));
        let after = [Punct::Colon, Punct::Comma, Punct::BraceClose];
        alone || after.iter().any(|after| self.nth_is(1, *after))
    }

    /// `name: expr`, `name`, or `..alias`
    fn emit_field(&mut self, rule: &Rule) -> Option<EmitField> {
        if let Some(spread) = self.foreign_spread(rule) {
            return spread;
        }
        if self.eat(Punct::DotDot).is_some() {
            return self.name("the stream's second name").map(EmitField::Spread);
        }
        if let Some(name) = self.field_name() {
            return Some(EmitField::Field { name, value: self.expr() });
        }
        let value = self.expr();
        if self.at_word("as") && !self.peek().line_start && value.kind != ExprKind::Error {
            return self.named_behind(value);
        }
        if let ExprKind::Name(name) = &value.kind {
            let name = crate::ast::Ident { name: name.clone(), span: value.span };
            return Some(EmitField::Field { name, value });
        }
        self.unnamed_field(&value);
        None
    }

    /// `name:`, also with `=`, in quotes, with dashes or reserved, each of which is reported.
    pub(super) fn field_name(&mut self) -> Option<Ident> {
        let token = self.peek();
        let after = match token.kind {
            TokenKind::Word => self.dashed(0),
            TokenKind::QuotedWord | TokenKind::Str | TokenKind::RawStr => 1,
            _ => return None,
        };
        if after == 1 && self.word().is_some_and(habits::is_type) && self.at_typed_name() {
            let span = self.bump().span;
            let span = Span { end: self.peek().span.start, ..span };
            self.correct("no type stands at a value", span, removed("it is known from the value"));
            return self.field_name();
        }
        let sign = self.nth(after);
        let assigned =
            !sign.line_start && matches!(sign.kind, TokenKind::Punct(Punct::Equal | Punct::Arrow));
        if !assigned && !self.nth_is(after, Punct::Colon) {
            return None;
        }
        let reserved = self.word().is_some_and(|word| RESERVED.contains(&word));
        let name = if reserved { self.reserved_name() } else { self.name("a field's name")? };
        let pairs = [[Punct::Colon, Punct::Equal], [Punct::Equal, Punct::Greater]];
        let second = pairs.iter().any(|pair| self.touching(pair));
        for _ in 0..1 + usize::from(second) {
            self.bump();
        }
        if assigned || second {
            let text = format!("{}:", self.text_of(name.span));
            let span = cover(name.span, self.last_span());
            self.correct("a field's value stands behind `:`", span, write_instead(text));
        } else if self.word().is_some_and(habits::is_type) && self.nth_is(1, Punct::Equal) {
            let first = self.bump().span;
            let span = cover(first, self.bump().span);
            self.correct("no type stands at a value", span, removed("it is known from the value"));
        }
        Some(name)
    }

    /// Whether a name and its sign stand behind the word here.
    fn at_typed_name(&self) -> bool {
        let signs = [Punct::Colon, Punct::Equal];
        self.word_of(self.nth(1)).is_some()
            && !self.nth(1).line_start
            && signs.iter().any(|sign| self.nth_is(2, *sign))
    }

    /// `*`, `...h` or `h.*`, which are `..h` here.
    fn foreign_spread(&mut self, rule: &Rule) -> Option<Option<EmitField>> {
        let first = self.peek().span;
        let name = if self.at(Punct::Star) {
            self.bump();
            None
        } else if self.touching(&[Punct::DotDot, Punct::Dot]) {
            self.bump();
            self.bump();
            self.name("the stream's name")
        } else if self.nth_is(1, Punct::Dot) && self.nth_is(2, Punct::Star) {
            let name = self.name("the stream's name");
            self.bump();
            self.bump();
            name
        } else {
            return None;
        };
        let span = cover(first, self.last_span());
        let from = rule.clauses.iter().find_map(|clause| match &clause.kind {
            ClauseKind::From { streams, alias, .. } => alias.as_ref().or(streams.first()),
            _ => None,
        });
        let name = name.or_else(|| Some(Ident { name: from?.name.clone(), span }));
        let shown = name.as_ref().map_or("STREAM", |name| name.name.as_str());
        let windowed = rule.clauses.iter().any(|it| matches!(it.kind, ClauseKind::Window(_)));
        if windowed {
            let help = "write the fields one by one, with aggregates: `last(x)`, `sum(x)`";
            self.correct("a window has many events", span, help);
            return Some(None);
        }
        let help = write_instead(format!("..{shown}"));
        self.correct("all fields of an event are written `..`", span, help);
        Some(name.map(EmitField::Spread))
    }

    /// At `as`: the name behind a value.
    fn named_behind(&mut self, value: Expr) -> Option<EmitField> {
        self.bump();
        let name = self.name("a field's name")?;
        let text = self.shown(value.span).map(|text| format!("{}: {text}", name.name));
        let help = text.map_or_else(|| Advice::from("write `name: value`"), write_instead);
        let title = "a field's name stands before its value";
        self.correct(title, cover(value.span, name.span), help);
        Some(EmitField::Field { name, value })
    }

    fn unnamed_field(&mut self, value: &Expr) {
        if value.kind == ExprKind::Error {
            return;
        }
        let text = self.shown(value.span).unwrap_or("…");
        let help = format!("write `name: {text}`");
        self.correct("this value has no field name", value.span, help);
    }
}
