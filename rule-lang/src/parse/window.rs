//! `window KIND(…) [fill D [for TABLE]] [allow D]`

use super::cover;
use super::cursor::Cursor;
use super::foreign_window::options;
use crate::ast::{Spanned, Window, WindowKind};
use crate::diagnostic::{Advice, Code, Diagnostic, write_instead};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

/// What stands between a window's parentheses.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) size: Option<Spanned<i64>>,
    pub(super) every: Option<Spanned<i64>>,
    pub(super) align: Option<Spanned<i64>>,
    pub(super) gap: Option<Spanned<i64>>,
    pub(super) max: Option<Spanned<i64>>,
    pub(super) zone: Option<Spanned<String>>,
    /// Whether an argument was already reported.
    faulty: bool,
}

impl Cursor<'_> {
    /// After `window`.
    pub(super) fn window(&mut self) -> Window {
        let token = self.peek();
        let mut window = Window {
            kind: None,
            kind_span: token.span,
            fill_us: None,
            fill_for: None,
            early: None,
            allow_us: None,
        };
        let word = self.word().unwrap_or_default();
        match word {
            "tumbling" | "hopping" | "sliding" => {
                self.bump();
                window.kind = self.window_kind(word, token.span);
            }
            "session" => {
                self.bump();
                window.kind = self.session();
            }
            "last" | "every" => {
                self.bump();
                window.kind = self.count_window(word, token.span);
            }
            "forever" => {
                self.bump();
                window.kind = Some(WindowKind::Forever);
            }
            _ => self.unknown_window(token.kind, word, &mut window),
        }
        self.window_options(&mut window);
        window
    }

    /// After `session`: `(gap D, max D)`.
    fn session(&mut self) -> Option<WindowKind> {
        if self.bare_size("session", self.last_span()) {
            return None;
        }
        let open = self.expect(Punct::ParenOpen, "`(gap D, max D)`")?;
        let arguments = self.window_arguments("session");
        if !self.close(Punct::ParenClose, open) || arguments.faulty {
            return None;
        }
        let (title, help) = match (arguments.gap, arguments.max) {
            (Some(gap_us), Some(max_us)) => return Some(WindowKind::Session { gap_us, max_us }),
            (Some(gap), None) => (
                "this `session` window has no `max`",
                format!(
                    "a key that is never silent would keep it open; write `session(gap {}, max 1h)`",
                    self.text_of(gap.span)
                ),
            ),
            (None, _) => (
                "this `session` window has no `gap`",
                "write how much silence ends it: `session(gap 30s, max 1h)`".to_owned(),
            ),
        };
        self.report(Diagnostic::new(Code::Unexpected, title).label(open, "").help(help));
        None
    }

    /// After `last` or `every`: `(n)`.
    fn count_window(&mut self, word: &str, span: Span) -> Option<WindowKind> {
        if let TokenKind::Int(count) = self.peek().kind {
            let span = cover(span, self.bump().span);
            let text = write_instead(format!("{word}({count})"));
            self.correct("the size of a window stands in parentheses", span, text);
            return None;
        }
        let open = self.expect(Punct::ParenOpen, "`(` and how many events")?;
        let token = self.peek();
        let count = match token.kind {
            TokenKind::Int(value) => {
                self.bump();
                Some(Spanned { value, span: token.span })
            }
            TokenKind::Duration(_) => {
                self.bump();
                let text = self.text_of(token.span);
                let other = if word == "last" { "sliding" } else { "tumbling" };
                self.report(
                    Diagnostic::new(Code::Unexpected, format!("`{word}` counts events"))
                        .label(token.span, "expected a whole number")
                        .help(format!("for a window by time write `{other}({text})`")),
                );
                None
            }
            _ => {
                self.expected("how many events, a whole number");
                self.skip_group();
                None
            }
        };
        if !self.close(Punct::ParenClose, open) {
            return None;
        }
        let count = count?;
        let Some(value) = u32::try_from(count.value).ok().filter(|count| *count > 0) else {
            self.report(
                Diagnostic::new(Code::WindowSize, "a window by count holds at least one event")
                    .label(count.span, "")
                    .label(span, format!("`{word}` counts from 1 to {}", u32::MAX)),
            );
            return None;
        };
        let count = Spanned { value, span: count.span };
        Some(if word == "last" { WindowKind::Last(count) } else { WindowKind::Every(count) })
    }

    fn window_kind(&mut self, word: &str, span: Span) -> Option<WindowKind> {
        if self.bare_size(word, span) || self.other_bracket(span) {
            return None;
        }
        let open = self.expect(Punct::ParenOpen, "`(` and the window's size")?;
        let arguments = self.window_arguments(word);
        if !self.close(Punct::ParenClose, open) || arguments.faulty {
            return None;
        }
        let Some(size_us) = arguments.size else {
            self.report(
                Diagnostic::new(Code::Unexpected, format!("this `{word}` window has no size"))
                    .label(span, "")
                    .help(format!(
                        "write `{word}(10s{})`",
                        if word == "hopping" { ", every 1s" } else { "" }
                    )),
            );
            return None;
        };
        let align_us = arguments.align;
        match (word, arguments.every) {
            ("tumbling", _) => {
                Some(WindowKind::Tumbling { size_us, align_us, zone: arguments.zone })
            }
            ("sliding", _) => Some(WindowKind::Sliding { size_us }),
            (_, Some(every_us)) => Some(WindowKind::Hopping { size_us, every_us, align_us }),
            (_, None) => {
                let text = self.text_of(size_us.span);
                self.report(
                    Diagnostic::new(Code::Unexpected, "this `hopping` window has no `every`")
                        .label(span, "")
                        .help(format!("write `hopping({text}, every 1s)`, or `tumbling({text})` for windows side by side")),
                );
                None
            }
        }
    }

    fn window_arguments(&mut self, kind: &str) -> Arguments {
        let mut arguments = Arguments::default();
        while !self.at(Punct::ParenClose) && !self.at_body_end() && !self.at_clause() {
            if self.eat(Punct::Comma).is_some() {
                continue;
            }
            let (before, start) = (self.problems(), self.position());
            arguments.faulty |= self.peek().kind == TokenKind::Bad;
            self.window_argument(kind, &mut arguments);
            arguments.faulty |= self.problems() > before;
            if !self.at(Punct::Comma) && !self.at(Punct::ParenClose) {
                if self.problems() == before
                    && self.word().is_some_and(|it| options(kind).contains(&it))
                {
                    let here = self.last_span().after();
                    let title = "options of a window are separated by commas";
                    let help = format!("write `, {}`", self.text_of(self.peek().span));
                    self.correct(
                        title,
                        here,
                        Advice { text: help, replacement: Some(",".to_owned()) },
                    );
                    arguments.faulty = true;
                    continue;
                }
                if self.problems() == before {
                    self.expected("`,` or `)`");
                    arguments.faulty = true;
                }
                self.skip_group();
            }
            self.ensure_progress(start);
        }
        arguments
    }

    fn window_argument(&mut self, kind: &str, arguments: &mut Arguments) {
        let (token, next) = (self.peek(), self.nth(1));
        let signed = matches!(next.kind, TokenKind::Punct(Punct::Colon | Punct::Equal));
        let Some(word) =
            self.word().filter(|_| signed || !matches!(next.kind, TokenKind::Punct(_)))
        else {
            if kind == "session" || arguments.size.is_some() {
                self.unnamed_option(kind, arguments);
            } else {
                arguments.size = self.duration("a window's size");
            }
            return;
        };
        self.bump();
        if signed {
            self.bump();
            self.option_sign(word, cover(token.span, next.span));
        }
        match (word, kind) {
            ("every", "hopping") => arguments.every = self.duration("`every`"),
            ("align", "hopping" | "tumbling") => arguments.align = self.duration("`align`"),
            ("gap", "session") => arguments.gap = self.duration("`gap`"),
            ("max", "session") => arguments.max = self.duration("`max`"),
            ("zone", "tumbling") => arguments.zone = self.plain_string("the zone's name in quotes"),
            ("size", _) if signed => arguments.size = self.duration("a window's size"),
            _ => {
                let size = arguments.size.as_ref().map_or("10s", |size| self.text_of(size.span));
                self.unknown_argument(word, kind, token.span, size);
            }
        }
    }

    /// `for TABLE`, if it stands here.
    pub(super) fn known_keys(&mut self) -> Option<crate::ast::Ident> {
        self.eat_word("for")?;
        self.name("the table whose keys are known")
    }

    /// `fill D [for TABLE]`, `early`, `allow D` after the kind.
    fn window_options(&mut self, window: &mut Window) {
        loop {
            if self.at_word("fill") {
                self.bump();
                window.fill_us = self.duration("`fill`");
                window.fill_for = self.known_keys();
            } else if let Some(span) = self.eat_word("early") {
                window.early = Some(span);
            } else if self.eat_word("allow").is_some() {
                window.allow_us = self.duration("`allow`");
            } else {
                return;
            }
        }
    }
}
