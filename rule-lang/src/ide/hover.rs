//! What a place means, in words.

use super::Ide;
use super::lists::{COLUMNS, there};
use super::names::{Definition, File, NameKind};
use super::words::{Role, Word, word};
use crate::lex::{Punct, Token};
use crate::source::{FileId, Span};
use cep_core::function::Function;
use std::fmt::Write as _;

/// What to show for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// What it is about.
    pub span: Span,
    /// A block of rules and words, as Markdown.
    pub markdown: String,
}

impl Ide {
    /// What stands at a place: a name with its type and documentation, a function, a word of the
    /// language; or else the type of the expression there.
    #[must_use]
    pub fn hover(&self, file: FileId, byte: u32) -> Option<Hover> {
        if let Some(mention) = self.names.at(file, byte)
            && let Some(definition) = self.names.definition(mention.definition)
        {
            return Some(Hover {
                span: mention.span,
                markdown: self.describe(definition, mention.span),
            });
        }
        let read = File::read(file, self.text(file));
        let tokens = &read.tokens;
        let touches = |token: &Token| token.span.start <= byte && byte < token.span.end;
        let at = tokens.tokens.iter().position(touches)?;
        let inside = tokens.inside_string(at).into_iter().find_map(|inside| {
            let at = inside.tokens.iter().position(touches)?;
            Some((inside, at))
        });
        let in_text = inside.is_some();
        let (tokens, at) = inside.as_ref().map_or((tokens, at), |(inside, at)| (inside, *at));
        let span = tokens.span(at);
        if let Some(name) = tokens.word(at) {
            let call = tokens.is(at + 1, Punct::ParenOpen);
            let clause = !in_text && read.starts.iter().any(|start| start.token == at);
            let place = if in_text { None } else { test_place(&read, at) };
            let column = place.filter(|place| *place == TestPlace::Table);
            let found = match column {
                Some(_) => column_at(name),
                None => word_at(name, call, clause, place.is_some()),
            };
            if let Some(markdown) = found {
                return Some(Hover { span, markdown });
            }
        }
        let types = self.known.types.iter().filter(|(place, _)| place.contains(span));
        let (span, ty) = types.min_by_key(|(place, _)| place.end - place.start)?;
        Some(Hover { span: *span, markdown: block(&ty.to_string(), "") })
    }

    fn describe(&self, definition: &Definition, place: Span) -> String {
        let mut code = self.compiled.sources.text(definition.whole).to_owned();
        let mut note = String::new();
        let of = definition.owner.and_then(|owner| self.names.definition(owner));
        match definition.kind {
            NameKind::Field => {
                if let Some(of) = of {
                    let _ = write!(note, "A field of the {} `{}`.", of.kind.noun(), of.name);
                }
            }
            NameKind::EventField => {
                let ty = of.and_then(|of| self.event_field(&of.name, &definition.name));
                if let Some(of) = of {
                    let _ = write!(note, "A field of the event `{}`.", of.name);
                }
                if let Some(ty) = ty {
                    code = format!("{}: {ty}", definition.name);
                }
            }
            NameKind::Event => {
                if let Some(fields) = self.known.events.get(&definition.name) {
                    let fields: Vec<String> =
                        fields.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
                    code = format!("event {} {{ {} }}", definition.name, fields.join(", "));
                }
            }
            NameKind::Let | NameKind::Key => {
                if let Some(ty) = self.type_of(definition, place) {
                    note = format!("It is {ty}.");
                }
            }
            NameKind::Rule => code = format!("rule {}", definition.name),
            _ => {}
        }
        let words = [definition.doc.as_str(), &note];
        let words: Vec<&str> = words.into_iter().filter(|words| !words.is_empty()).collect();
        block(&code, &words.join("\n\n"))
    }

    pub(super) fn event_field(&self, event: &str, field: &str) -> Option<String> {
        let fields = self.known.events.get(event)?;
        fields.iter().find(|(name, _)| name == field).map(|(_, ty)| ty.to_string())
    }

    /// The type of a `let` or a part of a key: that of the largest expression in its clause, which is
    /// its value.
    pub(super) fn type_of(&self, definition: &Definition, place: Span) -> Option<String> {
        let at_place = self.known.types.iter().find(|(span, _)| *span == place);
        let inside = self.known.types.iter().filter(|(span, _)| definition.whole.contains(*span));
        let value = inside.max_by_key(|(span, _)| span.end - span.start);
        at_place.or(value).map(|(_, ty)| ty.to_string())
    }
}

/// Where in a test a word stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TestPlace {
    Line,
    Table,
}

fn test_place(file: &File<'_>, at: usize) -> Option<TestPlace> {
    let tokens = &file.tokens;
    let declaration = file.declarations().into_iter().find(|range| range.contains(&at))?;
    let line = (declaration.start..=at).rev().find(|at| tokens.line_start(*at))?;
    tokens.is_word(declaration.start, "test").then_some(if tokens.is(line, Punct::Pipe) {
        TestPlace::Table
    } else {
        TestPlace::Line
    })
}

/// A column of a test's table that is no field, or a word that a cell may hold.
fn column_at(name: &str) -> Option<String> {
    let column = COLUMNS.iter().find(|(_, column, _)| *column == name);
    let words = &[Role::Expression];
    column
        .map(|(_, column, doc)| block(column, doc))
        .or_else(|| word(name, words).map(|word| block(word.form, word.doc)))
}

/// The function, aggregate or word of this name.
fn word_at(name: &str, call: bool, clause: bool, in_test: bool) -> Option<String> {
    let show = |word: &Word| block(word.form, word.doc);
    if call {
        let named = [Role::Aggregate, Role::Call].map(|role| word(name, &[role]).map(show));
        let blocks: Vec<String> = named.into_iter().flatten().chain(functions(name)).collect();
        let window = || word(name, &[Role::Window]).map(show);
        return if blocks.is_empty() { window() } else { Some(blocks.join("\n\n")) };
    }
    let first: &[Role] = match (clause, in_test) {
        (true, _) => &[Role::Clause, Role::Declaration],
        (_, true) => &[Role::Test, Role::Declaration, Role::Part],
        _ => &[Role::Part],
    };
    let then = &[Role::Expression, Role::Type, Role::Part, Role::Clause, Role::Window];
    let known = word(name, first).or_else(|| word(name, then)).map(show);
    known.or_else(|| there(name).map(|(_, form, doc)| block(form, doc)))
}

/// The signatures and documentation of the functions of this name.
pub(super) fn functions(name: &str) -> Option<String> {
    let named =
        Function::ALL.iter().map(|function| function.info()).filter(|info| info.name == name);
    let (mut signatures, mut doc) = (Vec::new(), "");
    for info in named {
        signatures.push(info.signature());
        doc = info.doc;
    }
    (!signatures.is_empty()).then(|| block(&signatures.join("\n"), doc))
}

fn block(code: &str, words: &str) -> String {
    let code = format!("```cep-rules\n{code}\n```");
    if words.is_empty() { code } else { format!("{code}\n\n{words}") }
}
