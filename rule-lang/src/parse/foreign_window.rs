//! Windows as other languages write them, and their options: answered with what to type.

use super::cover;
use super::cursor::Cursor;
use super::duration::duration_of;
use super::window::Arguments;
use crate::ast::{Spanned, Window, WindowKind};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, removed, write_instead};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

impl Cursor<'_> {
    pub(super) fn unknown_window(&mut self, kind: TokenKind, word: &str, window: &mut Window) {
        let first = self.peek().span;
        let named = kind == TokenKind::Word && matches!(self.nth(1).kind, TokenKind::Duration(_));
        if named {
            self.bump();
        }
        if let Some((size, text)) = self.bare_duration() {
            let text = format!("tumbling({text})");
            let title = "a window says of what kind it is";
            self.correct(title, cover(first, size.span), write_instead(text));
            window.kind = Some(WindowKind::Tumbling { size_us: size, align_us: None, zone: None });
            return;
        }
        if let TokenKind::Int(count) = kind {
            self.bump();
            let help = format!("write `last({count})` or `every({count})` for a number of events");
            self.correct("a window says of what kind it is", first, help);
            return;
        }
        if kind != TokenKind::Word || self.at_clause() {
            self.expected("`tumbling(…)`, `sliding(…)` or another kind of window");
            return;
        }
        let help = foreign_kind(word).map(write_instead).or_else(|| did_you_mean(word, KINDS));
        let help = help.unwrap_or_else(|| {
            "write `tumbling(10s)`, `hopping(10s, every 1s)` or `sliding(10s)`".into()
        });
        let span = self.bump().span;
        self.report(
            Diagnostic::new(Code::UnknownWindow, format!("there is no window kind `{word}`"))
                .label(span, "expected `tumbling`, `hopping`, `sliding`, `session`, `last`, `every` or `forever`")
                .help(help),
        );
        if self.eat(Punct::ParenOpen).is_some() {
            self.skip_group();
            self.eat(Punct::ParenClose);
        }
    }

    /// `10s`, or `10 seconds`, and how it is written.
    fn bare_duration(&mut self) -> Option<(Spanned<i64>, String)> {
        let text = match self.peek().kind {
            TokenKind::Duration(_) => self.text_of(self.peek().span).to_owned(),
            _ => self.unit_follows()?,
        };
        let first = self.bump().span;
        let span = if self.text_of(first) == text { first } else { cover(first, self.bump().span) };
        Some((duration_of(&text, span)?, text))
    }

    /// `10s` behind the kind of a window, where parentheses are missing.
    pub(super) fn bare_size(&mut self, word: &str, kind: Span) -> bool {
        let Some((_, size)) = self.bare_duration() else { return false };
        self.eat(Punct::Comma);
        let every = self.eat_word("every").and_then(|_| self.bare_duration());
        let every = every.map_or("1s".to_owned(), |(_, text)| text);
        let text = match word {
            "hopping" => format!("{word}({size}, every {every})"),
            "session" => format!("{word}(gap {size}, max 1d)"),
            _ => format!("{word}({size})"),
        };
        let span = cover(kind, self.last_span());
        self.correct("the size of a window stands in parentheses", span, write_instead(text));
        true
    }

    /// `[` or `{` in the place of the parenthesis behind the kind of a window.
    pub(super) fn other_bracket(&mut self, kind: Span) -> bool {
        let open = self.peek().span;
        if !self.at(Punct::BracketOpen) && !self.at(Punct::BraceOpen) {
            return false;
        }
        self.bump();
        self.skip_group();
        let inside = Span { end: self.peek().span.start, start: open.end, ..open };
        let span = cover(kind, self.bump().span);
        let text = format!("{}({})", self.text_of(kind), self.text_of(inside).trim());
        self.correct("the size of a window stands in parentheses", span, write_instead(text));
        true
    }

    /// `every: 1s`, `every = 1s` and `size: 10s`, as arguments are written elsewhere.
    pub(super) fn option_sign(&mut self, word: &str, span: Span) {
        let (title, help) = if word == "size" {
            ("the size of a window stands first, without a name", removed(""))
        } else {
            ("no sign stands between an option and its value", write_instead(word))
        };
        self.correct(title, span, help);
    }

    /// A value without the word that says what it is.
    pub(super) fn unnamed_option(&mut self, kind: &str, arguments: &mut Arguments) {
        let token = self.peek();
        let TokenKind::Duration(value) = token.kind else {
            let wanted: Vec<String> =
                options(kind).iter().map(|option| format!("`{option} D`")).collect();
            let wanted = if wanted.is_empty() { "`)`".to_owned() } else { wanted.join(" or ") };
            self.expected(&wanted);
            self.bump();
            return;
        };
        self.bump();
        let text = self.text_of(token.span);
        let found = Some(Spanned { value, span: token.span });
        let (title, help) = match kind {
            "session" if arguments.gap.is_none() => {
                arguments.gap = found;
                let max = if self.at(Punct::ParenClose) { ", max 1d" } else { "" };
                ("what ends a session is its `gap`", write_instead(format!("gap {text}{max}")))
            }
            "session" => {
                arguments.max = found;
                ("how long a session may be is its `max`", write_instead(format!("max {text}")))
            }
            "hopping" => {
                arguments.every = found;
                (
                    "how far windows are apart is said by `every`",
                    write_instead(format!("every {text}")),
                )
            }
            _ => {
                let size = arguments.size.as_ref().map_or("10s", |size| self.text_of(size.span));
                let hopping =
                    format!("for windows that overlap write `hopping({size}, every {text})`");
                ("this window has one size", hopping.into())
            }
        };
        self.correct(title, token.span, help);
    }

    pub(super) fn unknown_argument(&mut self, word: &str, kind: &str, span: Span, size: &str) {
        let known = options(kind);
        let help = match (word, kind) {
            ("every", "tumbling" | "sliding")
                if matches!(self.peek().kind, TokenKind::Duration(_)) =>
            {
                let every = self.text_of(self.peek().span);
                let what = if kind == "tumbling" {
                    "for overlapping windows"
                } else {
                    "a sliding window moves with every event; for steps"
                };
                Some(format!("{what} write `hopping({size}, every {every})`").into())
            }
            ("zone", "hopping") => {
                Some("only windows side by side follow clocks: `tumbling(1d, zone …)`".into())
            }
            ("align", "sliding") => Some("a sliding window moves with every event".into()),
            _ => did_you_mean(word, known.iter().copied()),
        };
        self.report(
            Diagnostic::new(
                Code::UnknownWindow,
                format!("`{kind}` windows have no option `{word}`"),
            )
            .label(span, "")
            .maybe_help(help),
        );
        self.skip_group();
    }
}

/// The words before values in the parentheses of a kind of window.
pub(super) fn options(kind: &str) -> &'static [&'static str] {
    match kind {
        "hopping" => &["every", "align"],
        "tumbling" => &["align", "zone"],
        "session" => &["gap", "max"],
        _ => &[],
    }
}

/// The kind of window that is called so elsewhere.
fn foreign_kind(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "tumble" | "tumblingwindow" | "fixed" | "batch" | "timebatch" => "tumbling",
        "hop" | "hoppingwindow" => "hopping",
        "slide" | "slidingwindow" | "time" | "rolling" => "sliding",
        "sessions" | "sessionwindow" => "session",
        "length" | "rows" => "last",
        "lengthbatch" | "count" | "countwindow" => "every",
        "global" | "unbounded" | "infinite" => "forever",
        _ => return None,
    })
}

/// The kinds of windows.
const KINDS: [&str; 7] = ["tumbling", "hopping", "sliding", "session", "last", "every", "forever"];
