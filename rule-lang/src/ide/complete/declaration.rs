//! What may be typed in streams, tables, types, events and tests.

use super::{Before, Completion, DefId, NameKind, Names, STREAMS, Typing};
use crate::ide::lists::{COLUMNS, connectors, formats, parts, words};
use crate::ide::words::Role;
use crate::lex::Punct;
use std::ops::Range;

impl Typing<'_> {
    pub(super) fn in_fields(&self, declaration: &Range<usize>) -> Vec<Completion> {
        let tokens = &self.file.tokens;
        let open = tokens.find(declaration.start..self.at, Punct::BraceOpen);
        match open {
            Some(open) if tokens.close(open, self.at) >= self.at => {
                self.in_braces(declaration, open + 1)
            }
            _ => self.beside_braces(declaration, open.is_some()),
        }
    }

    /// Between the braces of a declaration that has fields.
    fn in_braces(&self, declaration: &Range<usize>, body: usize) -> Vec<Completion> {
        let tokens = &self.file.tokens;
        let is_input = matches!(tokens.word(declaration.start), Some("stream" | "table"));
        let member = tokens.members(body..self.at).into_iter().last().unwrap_or(self.at..self.at);
        let is_field = tokens.is(member.start + 1, Punct::Colon);
        let has = |word| self.has(&member, word);
        match self.before() {
            Some(Before::Punct(Punct::Colon)) => self.types(),
            Some(Before::Word("key" | "time")) if !is_field => {
                let fields = self.own_fields(declaration);
                if tokens.is_word(member.start, "key") {
                    return fields;
                }
                let is_time = |field: &Completion| {
                    let ty = field.detail.split(':').nth(1);
                    ty.is_some_and(|ty| ty.trim_start().starts_with("timestamp"))
                };
                fields.into_iter().filter(is_time).chain(parts(&["record"])).collect()
            }
            Some(Before::Punct(Punct::Comma)) if self.in_time_line(body) => {
                parts(&["lateness", "idle", "ahead"])
            }
            _ if !is_input => Vec::new(),
            _ if self.on_new_line() || !is_field => match self.before() {
                Some(Before::Punct(Punct::Comma | Punct::BraceOpen)) => parts(&["key", "time"]),
                _ if self.at_line_start() => parts(&["key", "time"]),
                _ => Vec::new(),
            },
            Some(Before::Punct(Punct::Comma)) => parts(&["key", "time"]),
            Some(Before::Word("from")) => parts(&["key", "header"]),
            Some(Before::Word("as")) => parts(&["seconds", "millis", "micros"]),
            _ if has("as") => Vec::new(),
            _ if !has("timestamp") => parts(if has("from") { &[] } else { &["from"] }),
            _ => parts(if has("from") { &["as"] } else { &["from", "as"] }),
        }
    }

    /// Whether the place is behind a comma of a line `time f, …`.
    fn in_time_line(&self, body: usize) -> bool {
        let tokens = &self.file.tokens;
        let is_member =
            |at: &usize| tokens.is_word(*at, "time") && !tokens.is(at + 1, Punct::Colon);
        let time = (body..self.at).rev().find(is_member);
        time.is_some_and(|time| {
            !self.on_new_line() && !(time..self.at).any(|at| tokens.is(at, Punct::Colon))
        })
    }

    /// Before or behind the braces, or where there are none.
    fn beside_braces(&self, declaration: &Range<usize>, behind: bool) -> Vec<Completion> {
        let is_table = self.file.tokens.is_word(declaration.start, "table");
        let has = |word| self.has(declaration, word);
        match self.before() {
            Some(Before::Punct(Punct::Colon)) => formats(),
            Some(Before::Word("from")) if is_table && !behind => self.globals(STREAMS),
            Some(Before::Word("from")) => connectors(),
            Some(Before::Word("key")) if is_table => self.own_fields(declaration),
            Some(Before::Punct(Punct::Comma)) => {
                match self.file.tokens.word(self.at.wrapping_sub(3)) {
                    Some("key") if is_table => self.own_fields(declaration),
                    _ => parts(&["format"]),
                }
            }
            Some(Before::Punct(_)) if !behind => Vec::new(),
            _ if self.at < declaration.start + 2 => Vec::new(),
            _ if !is_table => parts(if has("from") { &[] } else { &["from"] }),
            // A key, then the file or topic; of a stream's events the stream, then a key.
            _ if behind && has("key") => parts(if has("from") { &[] } else { &["from"] }),
            _ if behind || has("from") => parts(if has("key") { &[] } else { &["key"] }),
            _ => parts(&["from"]),
        }
    }

    fn own_fields(&self, declaration: &Range<usize>) -> Vec<Completion> {
        let name = self.file.tokens.name(declaration.start + 1).unwrap_or_default();
        let names = &self.ide.names;
        let owner = names.global(name, &[NameKind::Stream, NameKind::Table]);
        owner.map(|owner| self.fields(names, names.rows_of(owner))).unwrap_or_default()
    }

    pub(super) fn in_test(&self) -> Vec<Completion> {
        let tokens = &self.file.tokens;
        let events = || self.globals(&[NameKind::Event]);
        match self.before() {
            _ if self.at_line_start() => words(&[Role::Test]),
            Some(Before::Word("given")) => self.globals(&[NameKind::Stream, NameKind::Table]),
            Some(Before::Word("late")) => self.globals(&[NameKind::Stream]),
            Some(Before::Word("set")) => self.globals(&[NameKind::Param]),
            Some(Before::Word("expect")) => {
                events().into_iter().chain(parts(&["some", "no", "late", "error"])).collect()
            }
            Some(Before::Word("no")) => events().into_iter().chain(parts(&["error"])).collect(),
            Some(Before::Word("some")) => events(),
            Some(Before::Word("from")) => {
                connectors().into_iter().filter(|connector| connector.label == "file").collect()
            }
            Some(Before::Word("matches")) => parts(&["snapshot"]),
            Some(Before::Punct(Punct::Pipe)) => self.columns(),
            Some(Before::Word("error")) => Vec::new(),
            _ => match self.at.checked_sub(2).and_then(|line| tokens.word(line)) {
                Some("given") => parts(&["from"]),
                Some("expect") => parts(&["matches"]),
                _ => Vec::new(),
            },
        }
    }

    /// The columns that the head of a table may have: the fields of what the line above names, and
    /// what a test says beside them.
    fn columns(&self) -> Vec<Completion> {
        let tokens = &self.file.tokens;
        let line = |before: usize| (0..before).rev().find(|at| tokens.line_start(*at));
        let Some(head) = line(self.at).filter(|at| tokens.is(*at, Punct::Pipe)) else {
            return Vec::new();
        };
        let Some(above) = line(head) else { return Vec::new() };
        let names = &self.ide.names;
        let named = |at: usize, kinds: &[NameKind]| names.global(tokens.name(at)?, kinds);
        let (owner, of) = match (tokens.word(above), tokens.word(above + 1)) {
            (Some("given"), _) => {
                let owner = named(above + 1, &[NameKind::Stream, NameKind::Table]);
                (owner, if owner.is_some_and(|it| self.in_topic(names, it)) { "table" } else { "" })
            }
            (Some("expect"), Some("error")) => (None, "error"),
            (Some("expect"), Some("late")) => (named(above + 2, &[NameKind::Stream]), ""),
            (Some("expect"), second) => {
                let other = matches!(second, Some("some" | "no"));
                (named(above + 1 + usize::from(other), &[NameKind::Event]), "event")
            }
            _ => return Vec::new(),
        };
        let fields = owner.map(|owner| self.fields(names, names.rows_of(owner)));
        let beside = COLUMNS.iter().filter(|(table, ..)| *table == of);
        let beside = beside.filter(|_| owner.is_some() || of == "error");
        let mut found = fields.unwrap_or_default();
        found.extend(beside.map(|(_, name, doc)| Completion {
            doc: (*doc).to_owned(),
            ..crate::ide::lists::plain(name)
        }));
        found
    }

    fn in_topic(&self, names: &Names, table: DefId) -> bool {
        let whole = names.definition(table).map(|table| table.whole);
        let text = whole.map_or("", |whole| self.ide.compiled.sources.text(whole));
        let behind = text.rsplit('}').next().unwrap_or_default();
        behind.contains("kafka(") || behind.contains("log(")
    }
}
