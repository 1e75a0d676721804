//! What may be typed at a place.

use super::Ide;
use super::lists::{
    MEMBERS, calls, clauses, connectors, formats, of_changes, of_word, parts, plain,
    scalar_functions, words,
};
use super::names::{DefId, Definition, File, NameKind, Names, Scope};
use super::words::Role;
use crate::lex::Punct;
use crate::parse::outline::Begins;
use crate::source::FileId;
use std::ops::Range;

/// Something that may be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// Its type, signature or form.
    pub detail: String,
    /// What it means.
    pub doc: String,
}

/// Kinds of [`Completion`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompletionKind {
    /// A name of the program.
    Name(NameKind),
    /// A member of `window`.
    Member,
    /// A scalar function.
    Function,
    /// An aggregate.
    Aggregate,
    /// A type.
    Type,
    /// A word of the language.
    Word,
}

const STREAMS: &[NameKind] = &[NameKind::Stream, NameKind::Event, NameKind::Table];

impl Ide {
    /// What may be typed at a place, in no particular order of merit: names first, by kind and name.
    /// The word that is being typed there is not considered: editors filter by it.
    #[must_use]
    pub fn complete(&self, file: FileId, byte: u32) -> Vec<Completion> {
        let read = File::read(file, self.text(file));
        // The first token that is not before the word being typed.
        let at = read.tokens.tokens.iter().position(|token| token.span.end >= byte);
        let mut at = at.unwrap_or(read.tokens.len());
        let is_last = at + 1 >= read.tokens.len();
        if !is_last && read.tokens.name(at).is_none() && read.tokens.span(at).end == byte {
            at += 1;
        }
        let typing = Typing { ide: self, file: &read, at, byte };
        let mut found = typing.found();
        found.sort_by(|a, b| (a.kind, &a.label).cmp(&(b.kind, &b.label)));
        found.dedup_by(|a, b| a.kind == b.kind && a.label == b.label);
        found
    }

    fn named(&self, definition: &Definition) -> Completion {
        let whole = self.compiled.sources.text(definition.whole);
        let owner = definition.owner.and_then(|owner| self.names.definition(owner));
        let detail = match definition.kind {
            NameKind::Field | NameKind::Param | NameKind::Function => {
                whole.lines().next().unwrap_or_default().trim().to_owned()
            }
            NameKind::EventField => owner
                .and_then(|owner| self.event_field(&owner.name, &definition.name))
                .unwrap_or_default(),
            NameKind::Let | NameKind::Key => {
                self.type_of(definition, definition.span).unwrap_or_default()
            }
            other => other.noun().to_owned(),
        };
        Completion {
            label: definition.name.clone(),
            kind: CompletionKind::Name(definition.kind),
            detail,
            doc: definition.doc.clone(),
        }
    }
}

/// A place where something is typed: before the token at `at`, which may be the word so far.
struct Typing<'a> {
    ide: &'a Ide,
    file: &'a File<'a>,
    at: usize,
    byte: u32,
}

impl Typing<'_> {
    fn found(&self) -> Vec<Completion> {
        if self.in_comment_or_text() {
            return Vec::new();
        }
        let tokens = &self.file.tokens;
        let declaration =
            self.file.declarations().into_iter().rev().find(|range| range.start < self.at);
        let Some(declaration) = declaration.filter(|range| !self.is_over(range)) else {
            return self.begun().unwrap_or_else(|| words(&[Role::Declaration]));
        };
        match tokens.word(declaration.start) {
            Some("rule") => self.in_rule(&declaration),
            Some("stream" | "table" | "type" | "event") => self.in_fields(&declaration),
            Some("param" | "fn") => match self.before() {
                Some(Before::Punct(Punct::Colon | Punct::Arrow)) => self.types(),
                Some(Before::Punct(Punct::Equal)) if tokens.is_word(declaration.start, "fn") => {
                    self.values(&self.scope_of(&declaration))
                }
                _ => Vec::new(),
            },
            Some("sink") => match self.before() {
                Some(Before::Word("sink")) => self.globals(&[NameKind::Event]),
                Some(Before::Word("to") | Before::Punct(Punct::Comma)) => connectors(),
                _ => Vec::new(),
            },
            Some("test") => self.in_test(),
            _ => Vec::new(),
        }
    }

    /// What goes on with a `sink` of which no more is written yet.
    fn begun(&self) -> Option<Vec<Completion>> {
        let begins_line = self.at.checked_sub(1).filter(|at| self.file.tokens.line_start(*at))?;
        let is_sink = self.file.tokens.is_word(begins_line, "sink") && !self.at_line_start();
        is_sink.then(|| self.globals(&[NameKind::Event]))
    }

    /// Whether the place is in a comment or in a string outside its braces.
    fn in_comment_or_text(&self) -> bool {
        let text = self.file.tokens.text;
        let before = text.get(..self.byte as usize).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let mut inside = None;
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            match (inside, c) {
                (None, '/') if chars.peek() == Some(&'/') => return true,
                (None, '"' | '\'' | '`') => inside = Some(c),
                (Some('"'), '\\') => {
                    chars.next();
                }
                (Some(quote), c) if quote == c => inside = None,
                (Some('"'), '{') => inside = None,
                _ => {}
            }
        }
        inside.is_some()
    }

    /// Whether a declaration has ended before the place.
    fn is_over(&self, declaration: &Range<usize>) -> bool {
        let tokens = &self.file.tokens;
        let open = tokens.find(declaration.clone(), Punct::BraceOpen);
        match open.filter(|open| *open < self.at) {
            Some(open) => tokens.close(open, self.at) < self.at,
            // Without braces it ends with its line.
            None => {
                let last = self.at.checked_sub(1).map_or(0, |last| tokens.span(last).end);
                let since = tokens.text.get(last as usize..self.byte as usize);
                self.at > declaration.start + 1 && since.is_some_and(|since| since.contains('\n'))
            }
        }
    }

    fn before(&self) -> Option<Before<'_>> {
        let at = self.at.checked_sub(1)?;
        let tokens = &self.file.tokens;
        match tokens.tokens.get(at)?.kind {
            crate::lex::TokenKind::Punct(punct) => Some(Before::Punct(punct)),
            _ => tokens.name(at).map(Before::Word),
        }
    }

    /// Whether what is typed begins its line.
    fn at_line_start(&self) -> bool {
        let before = self.file.tokens.text.get(..self.byte as usize).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.trim_start().chars().all(|c| c.is_alphanumeric() || c == '_')
    }

    fn in_rule(&self, rule: &Range<usize>) -> Vec<Completion> {
        let tokens = &self.file.tokens;
        let start = self.file.starts.iter().rev().find(|start| {
            start.begins == Begins::Clause && start.token < self.at && rule.contains(&start.token)
        });
        let Some(clause) = start.map(|start| start.token) else { return clauses() };
        let braces = self.open_bracket(clause);
        if self.at_line_start() && braces.is_none() {
            let mut found = clauses();
            if matches!(tokens.word(clause), Some("by" | "where" | "when" | "let")) {
                found.extend(words(&[Role::Expression]));
            }
            return found;
        }
        let scope = self.scope_of(rule);
        match (tokens.word(clause), self.before()) {
            (_, Some(Before::Punct(Punct::Dot | Punct::QuestionDot))) => self.members(&scope),
            (Some("from"), _) => self.globals(STREAMS),
            (
                Some("match" | "then" | "next" | "without" | "join" | "left"),
                Some(Before::Punct(Punct::Colon)),
            ) => self.globals(STREAMS),
            (Some("window"), Some(Before::Word("window"))) => words(&[Role::Window]),
            (Some("window"), _) if braces.is_none() => parts(&["fill", "early", "allow"]),
            (Some("window"), _) => parts(&["every", "align", "zone"]),
            (
                Some("emit" | "clear" | "timeout" | "else"),
                Some(Before::Word("emit" | "clear" | "timeout" | "else")),
            ) => self.globals(&[NameKind::Event]),
            (Some("let"), _) if self.at <= clause + 2 => Vec::new(),
            (Some("limit" | "within" | "forget" | "reuse" | "skip"), _) => Vec::new(),
            _ => self.values(&scope),
        }
    }

    /// The innermost bracket open at the place since a token.
    fn open_bracket(&self, since: usize) -> Option<usize> {
        let mut depth = 0;
        for at in (since..self.at).rev() {
            depth += self.file.tokens.turn(at);
            if depth > 0 {
                return Some(at);
            }
        }
        None
    }

    /// What can be seen at the place: what stands before it in its declaration.
    fn scope_of(&self, declaration: &Range<usize>) -> (Names, Scope) {
        Names::seen(&self.ide.compiled.sources, self.file, declaration, self.at)
    }

    fn members(&self, (names, scope): &(Names, Scope)) -> Vec<Completion> {
        let Some(holder) = self.at.checked_sub(2) else { return Vec::new() };
        let known: Vec<Completion> = MEMBERS
            .iter()
            .filter(|(of, ..)| self.file.tokens.is_word(holder, of))
            .map(|(_, label, ty, doc)| Completion {
                label: (*label).to_owned(),
                kind: CompletionKind::Member,
                detail: (*ty).to_owned(),
                doc: (*doc).to_owned(),
            })
            .collect();
        if !known.is_empty() {
            return known;
        }
        match names.holder(&self.file.tokens, holder, scope) {
            Some(stream) => self.fields(names, stream),
            None => Vec::new(),
        }
    }

    fn fields(&self, names: &Names, owner: DefId) -> Vec<Completion> {
        let mut found: Vec<Completion> =
            names.fields_of(owner).map(|field| self.ide.named(field)).collect();
        let whole = names.definition(owner).map(|stream| stream.whole);
        let text = whole.map_or("", |whole| self.ide.compiled.sources.text(whole));
        if text.split('{').next().is_some_and(|head| head.contains("debezium")) {
            found.extend(of_changes());
        }
        found
    }

    /// What may stand in an expression.
    fn values(&self, (names, scope): &(Names, Scope)) -> Vec<Completion> {
        let locals = scope.locals.iter().filter_map(|(_, id)| names.definition(*id));
        let mut found: Vec<Completion> = locals.map(|local| self.ide.named(local)).collect();
        for (_, stream) in &scope.bindings {
            found.extend(self.fields(names, *stream));
        }
        found.extend(self.globals(&[NameKind::Param, NameKind::Function, NameKind::Table]));
        if !scope.bindings.is_empty() {
            let aggregates = crate::check::aggregate_names();
            found.extend(
                aggregates
                    .filter_map(|name| super::words::word(name, &[Role::Aggregate]))
                    .map(of_word),
            );
        }
        found.extend(scalar_functions());
        found.extend(calls());
        found.extend(words(&[Role::Expression]));
        found
    }

    fn globals(&self, kinds: &[NameKind]) -> Vec<Completion> {
        let wanted = |definition: &&Definition| kinds.contains(&definition.kind);
        self.ide
            .names
            .globals()
            .filter(wanted)
            .map(|definition| self.ide.named(definition))
            .collect()
    }

    fn types(&self) -> Vec<Completion> {
        let mut found = self.globals(&[NameKind::Type]);
        found.extend(words(&[Role::Type]));
        found
    }

    fn in_fields(&self, declaration: &Range<usize>) -> Vec<Completion> {
        let tokens = &self.file.tokens;
        let inside = self.file.body(declaration).is_some_and(|body| body.start <= self.at);
        match self.before() {
            Some(Before::Word("from")) if !inside => {
                let mut found = connectors();
                if tokens.is_word(declaration.start, "table") {
                    found.extend(self.globals(&[NameKind::Stream, NameKind::Event]));
                }
                found
            }
            Some(Before::Punct(Punct::Colon)) if !inside => formats(),
            Some(Before::Word("from")) => parts(&["key"]),
            Some(Before::Word("key" | "time")) => {
                let name = tokens.name(declaration.start + 1).unwrap_or_default();
                let owner = self.ide.names.global(name, &[NameKind::Stream, NameKind::Table]);
                let owner = owner.map(|owner| self.ide.names.rows_of(owner));
                owner.map(|owner| self.fields(&self.ide.names, owner)).unwrap_or_default()
            }
            Some(Before::Word("as")) => ["seconds", "millis", "micros"].map(plain).to_vec(),
            Some(Before::Punct(Punct::Colon)) => self.types(),
            Some(Before::Punct(Punct::Comma)) if !self.at_line_start() => {
                parts(&["lateness", "idle", "ahead"])
            }
            _ if inside && self.at_line_start() => parts(&["key", "time"]),
            _ => Vec::new(),
        }
    }

    fn in_test(&self) -> Vec<Completion> {
        let events = || self.globals(&[NameKind::Event]);
        match self.before() {
            _ if self.at_line_start() => words(&[Role::Test]),
            Some(Before::Word("given" | "late")) => self.globals(&[NameKind::Stream]),
            Some(Before::Word("set")) => self.globals(&[NameKind::Param]),
            Some(Before::Word("expect")) => {
                events().into_iter().chain(["some", "no", "late", "error"].map(plain)).collect()
            }
            Some(Before::Word("some" | "no")) => events(),
            Some(Before::Punct(Punct::Pipe)) => self.columns(),
            _ => Vec::new(),
        }
    }

    /// The columns that the head of a table may have: the fields of what the line above names.
    fn columns(&self) -> Vec<Completion> {
        let tokens = &self.file.tokens;
        let line = |before: usize| (0..before).rev().find(|at| tokens.line_start(*at));
        let Some(head) = line(self.at).filter(|at| tokens.is(*at, Punct::Pipe)) else {
            return Vec::new();
        };
        let Some(above) = line(head) else { return Vec::new() };
        let (kinds, name): (&[NameKind], usize) = match tokens.word(above) {
            Some("given") => (&[NameKind::Stream, NameKind::Table], above + 1),
            Some("expect") => {
                let other = matches!(tokens.word(above + 1), Some("some" | "no" | "late"));
                (STREAMS, above + 1 + usize::from(other))
            }
            _ => return Vec::new(),
        };
        let names = &self.ide.names;
        let owner = tokens.name(name).and_then(|name| names.global(name, kinds));
        owner.map(|owner| self.fields(names, names.rows_of(owner))).unwrap_or_default()
    }
}

/// The token before the place.
enum Before<'t> {
    Punct(Punct),
    Word(&'t str),
}
