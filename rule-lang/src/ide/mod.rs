//! What an editor asks about rules: what a place means, what may be typed there, and which edits
//! give a name another spelling.
//!
//! Pure like the rest of the crate: a program is its texts, places are bytes of them, answers are
//! plain data. [`Ide::read`] answers for texts that do not compile too, since names are read from
//! tokens; types are known where the checker got to.
//!
//! ```
//! use rule_lang::Source;
//! use rule_lang::ide::Ide;
//!
//! let rules = "param floor: int = 150\nstream S { n: int, at: timestamp, time at }\n\
//!              rule low { from S where n < floor emit Low { n } }\n";
//! let ide = Ide::read(&[Source::new("a.rules", rules)]);
//! let file = ide.file("a.rules").expect("it was given");
//! let place = u32::try_from(rules.find("floor emit").expect("it is there")).expect("it is short");
//! let hover = ide.hover(file, place).expect("a param stands there");
//! assert!(hover.markdown.contains("param floor: int = 150"));
//! let edits = ide.rename(file, place, "least").expect("the name is free");
//! assert_eq!(edits.len(), 2);
//! ```

mod complete;
mod hover;
mod lists;
mod names;
pub mod position;
mod rename;
mod symbols;
#[cfg(test)]
mod tests;
mod tokens;
pub mod words;

pub use complete::{Completion, CompletionKind};
pub use hover::Hover;
pub use names::NameKind;
pub use rename::RenameError;
pub use symbols::Symbol;

use crate::source::{FileId, Source, Span};
use crate::{Compiled, Known, check, compile_and};
use names::{Definition, Names};

/// A change of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// The text in its place.
    pub text: String,
}

/// A program, read for an editor.
#[derive(Debug)]
pub struct Ide {
    compiled: Compiled,
    known: Known,
    names: Names,
}

impl Ide {
    /// Reads a program. Takes time linear in its texts but for sorting.
    #[must_use]
    pub fn read(sources: &[Source]) -> Self {
        let (compiled, known) = compile_and(sources, check::Record::Types);
        let names = Names::read(&compiled.sources);
        Self { compiled, known, names }
    }

    /// What the compiler says of it.
    #[must_use]
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// The file of this name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<FileId> {
        self.compiled.sources.files().find(|(_, file)| file.name == name).map(|(id, _)| id)
    }

    /// The text of a file; empty if there is no such file.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.compiled.sources.file(file).map_or("", |file| file.text.as_str())
    }

    /// Where the name at a place is defined.
    #[must_use]
    pub fn definition(&self, file: FileId, byte: u32) -> Option<Span> {
        self.at(file, byte).map(|definition| definition.span)
    }

    /// Every place where the name at a place is written, its definition included.
    #[must_use]
    pub fn references(&self, file: FileId, byte: u32) -> Vec<Span> {
        let Some(mention) = self.names.at(file, byte) else { return Vec::new() };
        let mut spans: Vec<Span> =
            self.names.mentions_of(mention.definition).map(|mention| mention.span).collect();
        spans.dedup();
        spans
    }

    fn at(&self, file: FileId, byte: u32) -> Option<&Definition> {
        self.names.definition(self.names.at(file, byte)?.definition)
    }
}
