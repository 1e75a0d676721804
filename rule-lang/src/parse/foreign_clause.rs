//! Clauses as other languages write them, and misspelt: answered with what to type, and read as what
//! was meant.

use super::cover;
use super::cursor::Cursor;
use super::foreign_value::MAX_LOOKED_AT;
use super::recover::{HARD_CLAUSES, SOFT_CLAUSES};
use crate::ast::{ClauseKind, Rule, Window, WindowKind};
use crate::diagnostic::{Advice, Code, Diagnostic, closest, removed, write_instead};
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

/// Words that begin a clause.
const CLAUSES: &[&str] = &[
    "from", "where", "distinct", "let", "by", "window", "when", "limit", "forget", "emit", "else",
    "clear",
];

/// Clauses of other languages by their first words, in lower case, and the word that begins them
/// here. A condition is one on events, or below a window one on aggregates.
const FOREIGN: &[(&str, Option<&str>, &str)] = &[
    ("group", Some("by"), "by"),
    ("partition", Some("by"), "by"),
    ("key", Some("by"), "by"),
    ("keyed", Some("by"), "by"),
    ("key", None, "by"),
    ("groupby", None, "by"),
    ("having", None, "when"),
    ("filter", None, "where"),
    ("if", None, CONDITION),
    ("on", None, CONDITION),
    ("over", None, "window"),
    ("var", None, "let"),
    ("val", None, "let"),
    ("const", None, "let"),
    ("def", None, "let"),
    ("set", None, "let"),
    ("return", None, "emit"),
    ("raise", None, "emit"),
    ("alert", None, "emit"),
    ("publish", None, "emit"),
    ("insert", Some("into"), "emit"),
];

/// Words that stand behind a value or a name, and begin none.
const JOINING: [&str; 11] =
    ["and", "or", "in", "div", "for", "until", "then", "else", "each", "as", "per"];

const CONDITION: &str = "";

/// What to type for words that begin clauses elsewhere and cannot be read as one of here.
pub(super) fn words(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "select" | "insert" => "what is sent out is written `emit NAME { field: value, … }`",
        "every" => "a window is written `window tumbling(10s)`",
        "order" | "sort" => "events go out in the order of time; nothing is sorted",
        "sink" | "to" => "a sink stands outside of rules: `sink NAME to kafka(\"topic\")`",
        "for" | "foreach" => "for each item of a list write `from STREAM each item in list`",
        "use" | "import" => "all `*.rules` files of a folder are one program",
        _ => return None,
    })
}

impl Cursor<'_> {
    /// How many words of another language's clause stand here, and the clause's word here.
    fn foreign_clause(&self) -> Option<(usize, &'static str)> {
        let word = self.word()?.to_lowercase();
        let second = self.word_of(self.nth(1)).map(str::to_lowercase);
        let (_, more, meant) = FOREIGN.iter().find(|(first, more, _)| {
            *first == word && more.is_none_or(|more| second.as_deref() == Some(more))
        })?;
        let words = if more.is_some() { 2 } else { 1 };
        self.begins_operand(words).then_some((words, meant))
    }

    /// Whether a clause of another language begins here.
    pub(super) fn at_foreign_clause(&self) -> bool {
        self.foreign_clause().is_some()
    }

    /// Whether something stands here that [`Cursor::clause_word`] takes for the beginning of a clause.
    pub(super) fn at_clause_of_a_kind(&self) -> bool {
        let Some(word) = self.word() else { return false };
        let sign = self.nth_is(1, Punct::Colon) || self.nth_is(1, Punct::Dot);
        let signed = sign && CLAUSES.contains(&word);
        signed
            || matches!(word, "then" | "else")
            || self.at_foreign_clause()
            || self.misspelt().is_some()
    }

    /// The clause's word that one at the start of a line was meant to be.
    fn misspelt(&self) -> Option<&'static str> {
        let word = self.word().filter(|_| self.peek().line_start && self.begins_operand(1))?;
        if SOFT_CLAUSES.contains(&word) || HARD_CLAUSES.contains(&word) || words(word).is_some() {
            return None;
        }
        closest(word, CLAUSES.iter().copied())
    }

    /// Whether the token behind `at` others stands on the line of the one before it and may begin a
    /// value, a name or a body.
    pub(super) fn begins_operand(&self, at: usize) -> bool {
        let token = self.nth(at);
        let begins = match token.kind {
            TokenKind::Punct(punct) => matches!(
                punct,
                Punct::ParenOpen
                    | Punct::BracketOpen
                    | Punct::BraceOpen
                    | Punct::Minus
                    | Punct::Bang
            ),
            TokenKind::Word => {
                let word = self.text_of(token.span);
                let joins = HARD_CLAUSES.contains(&word) || JOINING.contains(&word);
                !joins && !self.at_soft_clause(at)
            }
            TokenKind::End | TokenKind::Bad => false,
            _ => true,
        };
        begins && !token.line_start
    }

    /// Takes the word that begins a clause, also if it is another language's or misspelt; `None`, and
    /// nothing taken, if nothing of the kind stands here.
    pub(super) fn clause_word(&mut self, rule: &Rule) -> Option<&'static str> {
        let token = self.peek();
        let word = self.word()?;
        if let Some(known) = CLAUSES.iter().copied().find(|known| *known == word) {
            self.bump();
            self.stray_colon(token.span);
            return Some(known);
        }
        if word == "then" && !self.nth_is(1, Punct::Colon) {
            return self.stray_then(rule);
        }
        if word == "within" && matches!(self.nth(1).kind, TokenKind::Duration(_)) {
            self.bump();
            return Some("within");
        }
        let (count, meant) = self.foreign_clause().or_else(|| Some((1, self.misspelt()?)))?;
        let windowed = rule.clauses.iter().any(|it| matches!(it.kind, ClauseKind::Window(_)));
        let meant = match meant {
            CONDITION if windowed => "when",
            CONDITION => "where",
            meant => meant,
        };
        for _ in 0..count {
            self.bump();
        }
        let span = cover(token.span, self.last_span());
        let title = format!("`{}` does not begin a clause", self.text_of(span));
        self.report(
            Diagnostic::new(Code::UnknownClause, title).label(span, "").help(write_instead(meant)),
        );
        self.stray_colon(span);
        Some(meant)
    }

    /// `:` or `.` behind the word of a clause.
    fn stray_colon(&mut self, word: Span) {
        let sign = self.eat(Punct::Colon).or_else(|| self.eat(Punct::Dot));
        if let Some(span) = sign {
            let (word, sign) = (self.text_of(word), self.text_of(span));
            let title = format!("no `{sign}` stands after `{word}`");
            let space = if sign == "." { " " } else { "" };
            self.correct(
                title,
                span,
                Advice { replacement: Some(space.to_owned()), ..removed("") },
            );
        }
    }

    /// `->`, `=>` or `:` before a clause, which is reported and taken.
    pub(super) fn stray_sign(&mut self) -> bool {
        let count = match self.peek().kind {
            TokenKind::Punct(Punct::Arrow | Punct::Colon) => 1,
            _ if self.touching(&[Punct::Equal, Punct::Greater]) => 2,
            _ => return false,
        };
        let follows = self.word_of(self.nth(count)).is_some_and(|it| HARD_CLAUSES.contains(&it));
        if follows {
            let first = self.bump().span;
            let span = if count == 2 { cover(first, self.bump().span) } else { first };
            let title = format!("no `{}` stands before a clause", self.text_of(span));
            self.correct(title, span, removed(""));
        }
        follows
    }

    /// Whether clauses stand in braces of their own here, as after a condition elsewhere.
    pub(super) fn at_nested_clauses(&self) -> bool {
        let word = self.word_of(self.nth(1));
        self.at(Punct::BraceOpen) && word.is_some_and(|word| HARD_CLAUSES.contains(&word))
    }

    /// Takes their brace.
    pub(super) fn nested_clauses(&mut self) -> bool {
        let found = self.at_nested_clauses();
        if found {
            let open = self.bump().span;
            let help = "remove these braces: clauses follow one another";
            self.correct("clauses are not nested", open, help);
        }
        found
    }

    /// A line `sink NAME to …` as the last one of a rule, which is reported and taken.
    pub(super) fn sink_inside(&mut self) -> bool {
        if !self.at_word("sink") || !self.at_declaration() {
            return false;
        }
        let line_end = (1..MAX_LOOKED_AT).find(|at| self.nth(*at).line_start);
        let Some(end) = line_end.filter(|end| self.nth_is(*end, Punct::BraceClose)) else {
            return false;
        };
        let first = self.peek().span;
        for _ in 0..end {
            self.bump();
        }
        let span = cover(first, self.last_span());
        self.correct("a sink stands outside of rules", span, "move it below the `}` of this rule");
        true
    }

    /// `then` before what is done: the clause that follows says so itself.
    fn stray_then(&mut self, rule: &Rule) -> Option<&'static str> {
        let after = self.word_of(self.nth(1)).unwrap_or_default();
        let is_last =
            matches!(self.nth(1).kind, TokenKind::End | TokenKind::Punct(Punct::BraceClose));
        if !HARD_CLAUSES.contains(&after) && !is_last {
            return None;
        }
        let span = self.bump().span;
        let title = "no `then` stands before a clause";
        self.correct(title, span, removed("what is sent out is written `emit NAME { … }`"));
        self.clause_word(rule)
    }

    /// After `within`, in a rule that has no pattern: a window.
    pub(super) fn within_clause(&mut self) -> Option<ClauseKind> {
        let keyword = self.last_span();
        let size_us = self.duration("`within`")?;
        let span = cover(keyword, size_us.span);
        let text = format!("window sliding({})", self.text_of(size_us.span));
        self.report(
            Diagnostic::new(
                Code::NoPatterns,
                "`within` belongs to patterns, which are not supported in this version",
            )
            .label(span, "")
            .help(write_instead(text)),
        );
        Some(ClauseKind::Window(Window {
            kind: Some(WindowKind::Sliding { size_us }),
            kind_span: span,
            fill_us: None,
            fill_for: None,
            early: None,
            allow_us: None,
        }))
    }

    /// `()`, `:` or `when` between a rule's name and its brace. Whether clauses follow without one.
    pub(super) fn stray_head(&mut self) -> bool {
        let first = self.peek().span;
        if self.at(Punct::ParenOpen) && self.nth_is(1, Punct::ParenClose) {
            self.bump();
            let span = cover(first, self.bump().span);
            let help = removed("a value from outside is a `param`");
            self.correct("a rule takes no arguments", span, help);
        }
        if self.at(Punct::Colon) {
            self.bump();
            let title = "a rule's clauses stand in braces";
            self.correct(title, first, "write `rule NAME { from … emit … }`");
            return self.at_clause();
        }
        if self.at_word("when") && self.nth_is(1, Punct::BraceOpen) {
            self.bump();
            let title = "no word stands between a rule's name and its brace";
            self.correct(title, first, removed("conditions are clauses inside the braces"));
        }
        false
    }
}
