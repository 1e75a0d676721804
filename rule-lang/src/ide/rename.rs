//! Giving a name another spelling, everywhere and with the same meaning.
//!
//! A field that is read under its own name keeps reading it: `count: int` becomes
//! `n: int from "count"`. A field that an emit passes on by its name alone keeps its name there:
//! `{ count }` becomes `{ count: n }`. What others know by its name, outside of the rules, keeps it. After the edits the program is read again: if a name then
//! meant something else, or an error appeared, the rename is refused.

use super::names::{DefId, Definition, Form, Mention, NameKind};
use super::{Edit, Ide};
use crate::parse::RESERVED;
use crate::source::{FileId, Source, Span};
use std::fmt;

/// Why a name cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenameError {
    /// There is no name of the program at the place.
    NoName,
    /// What stands there has a name that others know, and this is who.
    Fixed(&'static str),
    /// The new name is not a name.
    NotAName(String),
    /// The new name is a word of the language.
    Reserved(String),
    /// Something else has the new name, or would get it.
    Clash(String),
    /// The name stands for several definitions at once at some place.
    Shared(String),
    /// All fields of the stream become fields of an event by `..`.
    Spread(String),
}

impl fmt::Display for RenameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => write!(f, "there is no name here that can be changed"),
            Self::Fixed(why) => write!(f, "{why}; change it by hand"),
            Self::NotAName(name) => write!(f, "`{name}` is not a name"),
            Self::Reserved(name) => write!(f, "`{name}` is a word of the language"),
            Self::Clash(name) => write!(f, "`{name}` means something here already"),
            Self::Shared(name) => {
                write!(f, "`{name}` is a field of several streams that are read together")
            }
            Self::Spread(text) => {
                write!(f, "`{text}` makes this a field of an event too; write the fields out first")
            }
        }
    }
}

impl std::error::Error for RenameError {}

impl Ide {
    /// What would be renamed at a place: its span.
    ///
    /// # Errors
    /// If nothing there can be renamed.
    pub fn can_rename(&self, file: FileId, byte: u32) -> Result<Span, RenameError> {
        self.renamed(file, byte).map(|(mention, _)| mention.span)
    }

    /// The edits that call what stands at a place `new`, sorted by place.
    ///
    /// # Errors
    /// If it cannot be renamed, or not so, with the same meaning.
    pub fn rename(&self, file: FileId, byte: u32, new: &str) -> Result<Vec<Edit>, RenameError> {
        let (mention, definition) = self.renamed(file, byte)?;
        is_name(new)?;
        if new == definition.name {
            return Ok(Vec::new());
        }
        let id = mention.definition;
        self.is_free(definition, new)?;
        self.is_alone(id, definition)?;
        let mut edits: Vec<Edit> =
            self.names.mentions_of(id).map(|mention| edit(mention, definition, new)).collect();
        edits.extend(self.keeps_path(definition));
        edits.sort_by_key(|edit| edit.span);
        edits.dedup();
        self.means_the_same(id, &edits, new)?;
        Ok(edits)
    }

    fn renamed(&self, file: FileId, byte: u32) -> Result<(&Mention, &Definition), RenameError> {
        let mention = self.names.at(file, byte).ok_or(RenameError::NoName)?;
        let definition = self.names.definition(mention.definition).ok_or(RenameError::NoName)?;
        match self.known_outside(definition) {
            Some(why) => Err(RenameError::Fixed(why)),
            None => Ok((mention, definition)),
        }
    }

    /// Who else knows the name of a definition, if anyone does: what is read or goes out would be
    /// another one.
    fn known_outside(&self, definition: &Definition) -> Option<&'static str> {
        let owner = definition.owner.and_then(|owner| self.names.definition(owner));
        Some(match (definition.kind, owner.map(|owner| owner.kind)) {
            (NameKind::Rule, _) => {
                "a rule's name is part of stored state and of the ids of its events"
            }
            (NameKind::Stream, _) => {
                "a stream's name is what its events are found by: in files, bindings and stored state"
            }
            (NameKind::Event, _) => {
                "an event goes out under its name, which sinks, snapshots and those who read it know"
            }
            (NameKind::EventField, _) => {
                "a field of an event goes out under its name, which those who read it know"
            }
            (NameKind::Field, Some(NameKind::Type)) => {
                "a field of a type is read and goes out under its name"
            }
            _ => return None,
        })
    }

    /// Whether nothing has the new name where the old one is seen.
    fn is_free(&self, definition: &Definition, new: &str) -> Result<(), RenameError> {
        let clash = |other: &&Definition| {
            other.name == new
                && other.owner == definition.owner
                && (other.within.is_none()
                    || definition.within.is_none()
                    || other.within == definition.within)
                && other.kind != NameKind::Rule
        };
        match self.names.definitions.iter().find(clash) {
            Some(_) => Err(RenameError::Clash(new.to_owned())),
            None => Ok(()),
        }
    }

    /// Whether each mention of the name is of this definition only, and none is in `..alias`.
    fn is_alone(&self, id: DefId, definition: &Definition) -> Result<(), RenameError> {
        for mention in self.names.mentions_of(id) {
            let other = self.names.mentions.iter().find(|other| {
                other.span == mention.span
                    && other.definition != id
                    && (other.form == Form::Field) == (mention.form == Form::Field)
            });
            if other.is_some() {
                return Err(RenameError::Shared(definition.name.clone()));
            }
        }
        if definition.kind == NameKind::Field
            && let Some(spread) =
                self.names.spreads.iter().find(|spread| Some(spread.stream) == definition.owner)
        {
            let text = self.compiled.sources.text(spread.span);
            return Err(RenameError::Spread(text.to_owned()));
        }
        Ok(())
    }

    /// A stream's field without `from` is read under its name: it gets one.
    fn keeps_path(&self, definition: &Definition) -> Option<Edit> {
        let owner = self.names.definition(definition.owner?)?;
        if !matches!(owner.kind, NameKind::Stream | NameKind::Table) {
            return None;
        }
        let lexed = crate::lex::lex_part(definition.whole, self.text(definition.span.file));
        let words: Vec<Span> = lexed
            .tokens
            .iter()
            .map(|token| token.span)
            .filter(|span| span.start < span.end)
            .collect();
        let text = |span: &Span| self.compiled.sources.text(*span);
        if words.iter().any(|span| text(span) == "from") {
            return None;
        }
        let before = words.iter().position(|span| text(span) == "as");
        let last = before.and_then(|at| at.checked_sub(1)).unwrap_or(words.len().checked_sub(1)?);
        let name = definition.name.replace('\\', "\\\\").replace('"', "\\\"");
        Some(Edit { span: words.get(last)?.after(), text: format!(" from \"{name}\"") })
    }

    /// Reads the program with the edits and compares: as many errors, and the name is mentioned as
    /// often.
    fn means_the_same(&self, id: DefId, edits: &[Edit], new: &str) -> Result<(), RenameError> {
        let sources: Vec<Source> = self
            .compiled
            .sources
            .files()
            .map(|(file, source)| {
                Source::new(source.name.clone(), edited(&source.text, file, edits))
            })
            .collect();
        let after = Self::read(&sources);
        let errors = |ide: &Self| ide.compiled.diagnostics.iter().filter(|d| d.is_error()).count();
        let mentions = |ide: &Self, id: DefId| ide.names.mentions_of(id).count();
        // Definitions keep their order, and so their numbers.
        let same_name = after.names.definition(id).is_some_and(|found| found.name == new);
        let same = same_name
            && errors(self) == errors(&after)
            && mentions(self, id) == mentions(&after, id)
            && self.names.mentions.len() == after.names.mentions.len();
        if same { Ok(()) } else { Err(RenameError::Clash(new.to_owned())) }
    }
}

fn edit(mention: &Mention, definition: &Definition, new: &str) -> Edit {
    let text = match mention.form {
        Form::Plain | Form::Field => new.to_owned(),
        Form::Value => format!("{}: {new}", definition.name),
    };
    Edit { span: mention.span, text }
}

/// A text with the edits of one file, which are sorted and apart.
pub(super) fn edited(text: &str, file: FileId, edits: &[Edit]) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits.iter().filter(|edit| edit.span.file == file) {
        out.push_str(text.get(at..edit.span.start as usize).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn is_name(new: &str) -> Result<(), RenameError> {
    let mut chars = new.chars();
    let begins = chars.next().is_some_and(|first| first.is_alphabetic() || first == '_');
    if !begins || !chars.all(|c| c.is_alphanumeric() || c == '_') {
        return Err(RenameError::NotAName(new.to_owned()));
    }
    if RESERVED.contains(&new) {
        return Err(RenameError::Reserved(new.to_owned()));
    }
    Ok(())
}
