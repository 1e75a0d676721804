//! What may be typed at a place.

mod declaration;
mod members;
mod rule;

use super::Ide;
use super::lists::{
    calls, connectors, of_changes, of_word, operands, parts, scalar_functions, words,
};
use super::names::{DefId, Definition, File, NameKind, Names, Scope};
use super::words::Role;
use crate::lex::{Punct, TokenKind};
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

impl CompletionKind {
    /// How far down the list it stands.
    fn rank(self) -> u8 {
        match self {
            Self::Name(kind) => match kind {
                NameKind::Stream
                | NameKind::Table
                | NameKind::Type
                | NameKind::Event
                | NameKind::Param
                | NameKind::Function
                | NameKind::Rule
                | NameKind::Scenario => 1,
                _ => 0,
            },
            Self::Member => 2,
            Self::Type => 3,
            Self::Function | Self::Aggregate => 4,
            Self::Word => 5,
        }
    }
}

/// What rules read.
const STREAMS: &[NameKind] = &[NameKind::Stream, NameKind::Event];

impl Ide {
    /// What may be typed at a place: names of the rule first, then those of the program, then what
    /// the language has.
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
        found.sort_by(|a, b| {
            (a.kind.rank(), &a.label, a.kind).cmp(&(b.kind.rank(), &b.label, b.kind))
        });
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
        if matches!(self.before(), Some(Before::Punct(Punct::At))) {
            return parts(&["off"]);
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
                _ if self.has(&declaration, "fn")
                    && tokens.find(declaration.start..self.at, Punct::Equal).is_some() =>
                {
                    self.expression(declaration.start, &self.scope_of(&declaration))
                }
                _ => Vec::new(),
            },
            Some("sink") => match self.before() {
                Some(Before::Word("sink")) => self.globals(&[NameKind::Event]),
                Some(Before::Word("to") | Before::Punct(Punct::Comma)) => connectors(),
                _ if self.at == declaration.start + 2 => parts(&["to"]),
                _ => Vec::new(),
            },
            Some("test") => self.in_test(),
            _ => Vec::new(),
        }
    }

    /// What goes on with a `sink` of which not more is written yet.
    fn begun(&self) -> Option<Vec<Completion>> {
        let tokens = &self.file.tokens;
        let sink = (self.at.saturating_sub(2)..self.at)
            .find(|at| tokens.line_start(*at) && tokens.is_word(*at, "sink"))?;
        if self.on_new_line() {
            return None;
        }
        let is_named = sink + 1 < self.at;
        Some(if is_named { parts(&["to"]) } else { self.globals(&[NameKind::Event]) })
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
            Some(open) => {
                // A table's key and file stand behind its braces.
                let close = tokens.close(open, self.at);
                let same_line = || {
                    !self.on_new_line()
                        && !(close..self.at).any(|at| tokens.line_start(at) && at > close)
                };
                close < self.at && !(tokens.is_word(declaration.start, "table") && same_line())
            }
            // Without braces it ends with its line.
            None => self.at > declaration.start + 1 && self.on_new_line(),
        }
    }

    /// Whether the token before stands on another line.
    fn on_new_line(&self) -> bool {
        let tokens = &self.file.tokens;
        let last = self.at.checked_sub(1).map_or(0, |last| tokens.span(last).end);
        let since = tokens.text.get(last as usize..self.byte as usize);
        since.is_some_and(|since| since.contains('\n'))
    }

    /// Whether a word stands in a range before the place.
    fn has(&self, range: &Range<usize>, word: &str) -> bool {
        (range.start..self.at).any(|at| self.file.tokens.is_word(at, word))
    }

    fn before(&self) -> Option<Before<'_>> {
        let at = self.at.checked_sub(1)?;
        let tokens = &self.file.tokens;
        match tokens.tokens.get(at)?.kind {
            TokenKind::Punct(punct) => Some(Before::Punct(punct)),
            _ => tokens.name(at).map(Before::Word),
        }
    }

    /// Whether what is typed begins its line.
    fn at_line_start(&self) -> bool {
        let before = self.file.tokens.text.get(..self.byte as usize).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.trim_start().chars().all(|c| c.is_alphanumeric() || c == '_')
    }

    /// What can be seen at the place: what stands before it in its declaration.
    fn scope_of(&self, declaration: &Range<usize>) -> (Names, Scope) {
        Names::seen(&self.ide.compiled.sources, self.file, declaration, self.at)
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
        found.extend(operands());
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
}

/// The token before the place.
enum Before<'t> {
    Punct(Punct),
    Word(&'t str),
}
