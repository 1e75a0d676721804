//! The outline of a file.

use super::Ide;
use super::names::{Definition, NameKind};
use crate::ast::Declaration;
use crate::parse::parse;
use crate::source::{FileId, Span};

/// A declaration, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Its name; of a test, its title.
    pub name: String,
    /// What it is; `None` for a test.
    pub kind: Option<NameKind>,
    /// All of it.
    pub whole: Span,
    /// Its name's place.
    pub span: Span,
    /// Fields and `let`s.
    pub children: Vec<Symbol>,
}

impl Ide {
    /// The declarations of a file in order, with fields of streams and `let`s of rules.
    #[must_use]
    pub fn symbols(&self, file: FileId) -> Vec<Symbol> {
        let here = |definition: &&Definition| definition.span.file == file;
        let mut symbols: Vec<Symbol> = self
            .names
            .globals()
            .filter(here)
            // An event that no `event` declares is a part of the rule that emits it.
            .filter(|definition| self.is_declared(definition))
            .map(|definition| self.symbol(definition))
            .collect();
        for declaration in parse(file, self.text(file)).ast.declarations {
            if let Declaration::Test(test) = declaration {
                symbols.push(Symbol {
                    name: test.title.value,
                    kind: None,
                    whole: test.span,
                    span: test.title.span,
                    children: Vec::new(),
                });
            }
        }
        symbols.sort_by_key(|symbol| symbol.whole);
        symbols
    }

    fn is_declared(&self, definition: &Definition) -> bool {
        definition.kind != NameKind::Event || definition.whole.start != definition.span.start
    }

    fn symbol(&self, definition: &Definition) -> Symbol {
        let child = |other: &&Definition| {
            let within = definition.whole.contains(other.span);
            within
                && match definition.kind {
                    NameKind::Rule => match other.kind {
                        NameKind::Let => true,
                        NameKind::Event => !self.is_declared(other),
                        _ => false,
                    },
                    _ => matches!(other.kind, NameKind::Field | NameKind::EventField),
                }
        };
        let mut children: Vec<Symbol> =
            self.names.definitions.iter().filter(child).map(leaf).collect();
        children.sort_by_key(|symbol| symbol.span);
        Symbol { children, ..leaf(definition) }
    }
}

fn leaf(definition: &Definition) -> Symbol {
    Symbol {
        name: definition.name.clone(),
        kind: Some(definition.kind),
        whole: definition.whole,
        span: definition.span,
        children: Vec::new(),
    }
}
