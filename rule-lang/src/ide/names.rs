//! Every name of a program: where it is defined and where it is mentioned.
//!
//! Read from tokens, by the same order of look-up as the checker's: items and `let`s, parts of the
//! key, fields, params. So names are known in a text that cannot be compiled yet, and a word of the
//! language that only the parser knows needs nothing here.

mod declare;
mod expression;
mod rule;
mod test_block;

pub(super) use expression::Scope;

use super::tokens::Tokens;
use crate::lex::{TriviaKind, lex};
use crate::parse::outline::{Begins, Start, outline};
use crate::source::{FileId, SourceMap, Span};
use std::collections::BTreeMap;
use std::ops::Range;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameKind {
    /// An input.
    Stream,
    /// A table.
    Table,
    /// A record type.
    Type,
    /// A derived event.
    Event,
    /// A param.
    Param,
    /// A function declared by `fn`.
    Function,
    /// A rule.
    Rule,
    /// A scenario.
    Scenario,
    /// A field of a stream, table or type.
    Field,
    /// A field of a derived event.
    EventField,
    /// A `let`.
    Let,
    /// A second name of a stream in a rule, or a step of a pattern.
    Alias,
    /// A named part of a key.
    Key,
    /// An argument of a `fn`, or an item of a list.
    Item,
}

impl NameKind {
    /// What it is called in sentences.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Table => "table",
            Self::Type => "type",
            Self::Event => "event",
            Self::Param => "param",
            Self::Function => "function",
            Self::Rule => "rule",
            Self::Scenario => "scenario",
            Self::Field => "field",
            Self::EventField => "field of an event",
            Self::Let => "`let`",
            Self::Alias => "second name of a stream",
            Self::Key => "part of the key",
            Self::Item => "item",
        }
    }
}

/// Index of a [`Definition`].
pub(super) type DefId = usize;

/// Where a name gets its meaning.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub name: String,
    pub kind: NameKind,
    /// The name.
    pub span: Span,
    /// The declaration, member or clause that defines it.
    pub whole: Span,
    /// Lines of `///` above it.
    pub doc: String,
    /// What it is a field of.
    pub owner: Option<DefId>,
    /// The declaration it can be seen in, by the index of its first token; `None` for all.
    pub within: Option<Span>,
}

/// A name at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mention {
    pub span: Span,
    pub definition: DefId,
    pub form: Form,
}

/// How a name is mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Alone.
    Plain,
    /// As the value in `{ x }`, which stands for `{ x: x }`.
    Value,
    /// As the field in `{ x }`.
    Field,
}

/// A stream whose fields all become an event's: `..alias`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    pub stream: DefId,
    pub span: Span,
}

/// All names of a program.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub definitions: Vec<Definition>,
    /// By place.
    pub mentions: Vec<Mention>,
    pub spreads: Vec<Spread>,
    globals: BTreeMap<String, Vec<DefId>>,
    fields: BTreeMap<(DefId, String), DefId>,
    /// For a table of a stream or of derived events, what its rows are.
    rows: BTreeMap<DefId, DefId>,
}

/// A file cut into declarations.
pub(super) struct File<'t> {
    pub tokens: Tokens<'t>,
    pub starts: Vec<Start>,
    docs: Vec<(usize, String)>,
}

impl<'t> File<'t> {
    pub(super) fn read(id: FileId, text: &'t str) -> Self {
        let lexed = lex(id, text);
        let starts = outline(id, text, &lexed);
        let mut docs = Vec::new();
        for (at, token) in lexed.tokens.iter().enumerate() {
            let trivia = lexed.trivia.get(token.trivia_start as usize..token.trivia_end as usize);
            let lines: Vec<&str> = trivia
                .unwrap_or_default()
                .iter()
                .filter(|trivia| trivia.kind == TriviaKind::Doc)
                .map(|line| line.span.text(text).trim_start_matches('/').trim())
                .collect();
            if !lines.is_empty() {
                docs.push((at, lines.join("\n")));
            }
        }
        Self { tokens: Tokens { text, tokens: lexed.tokens }, starts, docs }
    }

    /// The documentation above a token, attributes between them.
    pub(super) fn doc(&self, token: usize) -> String {
        let mut first = token;
        while first > 0
            && !self.docs.iter().any(|(at, _)| *at == first)
            && self.tokens.span(first - 1).end > 0
            && !self.tokens.is(first - 1, crate::lex::Punct::BraceClose)
            && self.starts.iter().any(|start| start.token == token)
            && self.is_attribute(first - 1)
        {
            first -= 1;
        }
        let found = self.docs.iter().find(|(at, _)| *at == first);
        found.map(|(_, doc)| doc.clone()).unwrap_or_default()
    }

    /// Whether a token is on a line that begins with `@`.
    fn is_attribute(&self, token: usize) -> bool {
        let mut at = token;
        while at > 0 && !self.tokens.line_start(at) {
            at -= 1;
        }
        self.tokens.is(at, crate::lex::Punct::At)
    }

    /// The ranges of tokens of its declarations.
    pub(super) fn declarations(&self) -> Vec<Range<usize>> {
        let begins: Vec<usize> = self
            .starts
            .iter()
            .filter(|start| start.begins == Begins::Declaration)
            .map(|start| start.token)
            .collect();
        let last = self.tokens.len().saturating_sub(1);
        let ends = begins.iter().copied().skip(1).chain([last]);
        begins.iter().copied().zip(ends).map(|(from, to)| from..to).collect()
    }

    /// The clauses of a rule, with the body's end.
    pub(super) fn clauses(&self, rule: &Range<usize>) -> Vec<Range<usize>> {
        let open = self.tokens.find(rule.clone(), crate::lex::Punct::BraceOpen);
        let end = open.map_or(rule.end, |open| self.tokens.close(open, rule.end));
        let begins: Vec<usize> = self
            .starts
            .iter()
            .filter(|start| start.begins == Begins::Clause && rule.contains(&start.token))
            .map(|start| start.token)
            .collect();
        let ends = begins.iter().copied().skip(1).chain([end.max(rule.start)]);
        begins.iter().copied().zip(ends).map(|(from, to)| from..to.max(from)).collect()
    }
}

impl Names {
    /// The names of a program, and what can be seen at a token of a declaration: what stands before
    /// it there.
    pub(super) fn seen(
        sources: &SourceMap,
        file: &File<'_>,
        declaration: &Range<usize>,
        token: usize,
    ) -> (Self, Scope) {
        let mut names = Self::read(sources);
        let scope = if file.tokens.is_word(declaration.start, "fn") {
            names.function(file, declaration)
        } else {
            names.rule_until(file, declaration, token)
        };
        (names, scope)
    }

    /// The names of a program.
    pub(super) fn read(sources: &SourceMap) -> Self {
        let files: Vec<File<'_>> =
            sources.files().map(|(id, file)| File::read(id, &file.text)).collect();
        let mut names = Self::default();
        for file in &files {
            names.declare(file);
        }
        for file in &files {
            names.declare_events(file);
        }
        for file in &files {
            names.declare_rows(file);
        }
        for file in &files {
            names.resolve(file);
        }
        names.mentions.sort_by_key(|mention| (mention.span, mention.definition));
        names.mentions.dedup();
        names
    }

    pub(super) fn definition(&self, id: DefId) -> Option<&Definition> {
        self.definitions.get(id)
    }

    /// Adds a definition, and its own mention.
    fn define(&mut self, definition: Definition) -> DefId {
        let id = self.definitions.len();
        let (name, span) = (definition.name.clone(), definition.span);
        match definition.owner {
            Some(owner) => {
                self.fields.entry((owner, name)).or_insert(id);
            }
            None if definition.within.is_none() => self.globals.entry(name).or_default().push(id),
            None => {}
        }
        self.definitions.push(definition);
        self.mention(span, id, Form::Plain);
        id
    }

    fn mention(&mut self, span: Span, definition: DefId, form: Form) {
        self.mentions.push(Mention { span, definition, form });
    }

    /// The definition of a global name of one of these kinds.
    pub(super) fn global(&self, name: &str, kinds: &[NameKind]) -> Option<DefId> {
        let found = self.globals.get(name)?;
        found
            .iter()
            .copied()
            .find(|id| self.definition(*id).is_some_and(|found| kinds.contains(&found.kind)))
    }

    /// What has the fields of a table's rows: the stream or event whose latest these are, or it.
    pub(super) fn rows_of(&self, table: DefId) -> DefId {
        self.rows.get(&table).copied().unwrap_or(table)
    }

    /// The field of this name.
    pub(super) fn field(&self, owner: DefId, name: &str) -> Option<DefId> {
        self.fields.get(&(owner, name.to_owned())).copied()
    }

    /// The fields of a stream, table, type or event, in the order written.
    pub(super) fn fields_of(&self, owner: DefId) -> impl Iterator<Item = &Definition> {
        self.definitions.iter().filter(move |definition| definition.owner == Some(owner))
    }

    /// Definitions that every file sees.
    pub(super) fn globals(&self) -> impl Iterator<Item = &Definition> {
        self.definitions
            .iter()
            .filter(|definition| definition.owner.is_none() && definition.within.is_none())
    }

    /// The mentions of a definition, by place.
    pub(super) fn mentions_of(&self, id: DefId) -> impl Iterator<Item = &Mention> {
        self.mentions.iter().filter(move |mention| mention.definition == id)
    }

    /// What is mentioned at a byte; the value of `{ x }` before its field.
    pub(super) fn at(&self, file: FileId, byte: u32) -> Option<&Mention> {
        let touches = |mention: &&Mention| {
            let span = mention.span;
            span.file == file && span.start <= byte && byte <= span.end
        };
        let mut found: Vec<&Mention> = self.mentions.iter().filter(touches).collect();
        // Of two names that touch, the one that begins here; of one place's, the value.
        found.sort_by_key(|mention| {
            (std::cmp::Reverse(mention.span.start), mention.form == Form::Field)
        });
        found.first().copied()
    }
}
