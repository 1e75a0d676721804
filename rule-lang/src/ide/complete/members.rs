//! What stands right of a point: the fields of streams and rows, and the members of records inside
//! of them.

use super::{Completion, CompletionKind, DefId, Definition, NameKind, Names, Scope, Typing};
use crate::ide::lists::MEMBERS;
use crate::ide::tokens::Tokens;
use crate::lex::{Punct, lex};
use crate::source::FileId;
use std::ops::Range;

/// What has members.
enum Shape {
    /// A stream, table, event or type.
    Declared(DefId),
    /// A type as it is written: `{ a: int }`, `[Item]?`.
    Written(String),
}

impl Typing<'_> {
    pub(super) fn members(&self, (names, scope): &(Names, Scope)) -> Vec<Completion> {
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
        match self.shape(names, scope, holder) {
            Some(Shape::Declared(owner)) => self.fields(names, owner),
            Some(Shape::Written(ty)) => members_of(&ty)
                .into_iter()
                .map(|(label, ty)| Completion {
                    detail: format!("{label}: {ty}"),
                    label,
                    kind: CompletionKind::Name(NameKind::Field),
                    doc: String::new(),
                })
                .collect(),
            None => Vec::new(),
        }
    }

    /// The shape of the value that ends with a token.
    fn shape(&self, names: &Names, scope: &Scope, at: usize) -> Option<Shape> {
        let tokens = &self.file.tokens;
        if let Some(rows) = names.holder(tokens, at, scope)
            && !self.follows_point(at)
        {
            return Some(Shape::Declared(rows));
        }
        if tokens.is(at, Punct::BracketClose) {
            let list = tokens.open(at)?.checked_sub(1)?;
            return element(names, self.shape(names, scope, list)?);
        }
        let name = tokens.name(at)?;
        if self.follows_point(at) {
            return match self.shape(names, scope, at.checked_sub(2)?)? {
                Shape::Declared(owner) => {
                    self.shape_of(names, names.definition(names.field(owner, name)?)?)
                }
                Shape::Written(ty) => {
                    let found = members_of(&ty).into_iter().find(|(member, _)| member == name);
                    found.map(|(_, ty)| declared(names, ty))
                }
            };
        }
        let local = scope.locals.iter().rev().find(|(local, _)| local == name);
        if let Some(local) = local.and_then(|(_, id)| names.definition(*id))
            && local.kind != NameKind::Item
        {
            return self.shape_of(names, local);
        }
        if let Some(list) = self.list_of(name) {
            return element(names, self.shape(names, scope, list)?);
        }
        let field = scope.bindings.iter().find_map(|(_, stream)| names.field(*stream, name))?;
        self.shape_of(names, names.definition(field)?)
    }

    fn follows_point(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|before| {
            let tokens = &self.file.tokens;
            tokens.is(before, Punct::Dot) || tokens.is(before, Punct::QuestionDot)
        })
    }

    fn shape_of(&self, names: &Names, definition: &Definition) -> Option<Shape> {
        let ty = match definition.kind {
            NameKind::Field => {
                let whole = self.ide.compiled.sources.text(definition.whole);
                whole.split_once(':')?.1.to_owned()
            }
            NameKind::EventField => {
                let event = names.definition(definition.owner?)?;
                self.ide.event_field(&event.name, &definition.name)?
            }
            NameKind::Let | NameKind::Key => self.ide.type_of(definition, definition.span)?,
            _ => return None,
        };
        Some(declared(names, ty))
    }

    /// The last token of the list that an item is of: `each ITEM in LIST`, `for ITEM in LIST`.
    fn list_of(&self, item: &str) -> Option<usize> {
        let tokens = &self.file.tokens;
        let is_item = |at: &usize| {
            let begins = at.checked_sub(1).is_some_and(|before| {
                tokens.is_word(before, "each") || tokens.is_word(before, "for")
            });
            begins && tokens.name(*at) == Some(item)
        };
        let declaration = self.file.declarations().into_iter().find(|it| it.contains(&self.at))?;
        let item = declaration.filter(is_item).min_by_key(|at| at.abs_diff(self.at))?;
        let word_in = (item + 1..item + 4).find(|at| tokens.is_word(*at, "in"))?;
        let mut last = word_in + 1;
        while tokens.is(last + 1, Punct::Dot) || tokens.is(last + 1, Punct::QuestionDot) {
            last += 2;
        }
        Some(last)
    }
}

/// A written type, or the declared one that it names.
fn declared(names: &Names, ty: String) -> Shape {
    let ty = ty.trim();
    let end = ty.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(ty.len());
    let name = ty.get(..end).unwrap_or_default();
    match names.global(name, &[NameKind::Type]) {
        Some(id) => Shape::Declared(id),
        None => Shape::Written(ty.to_owned()),
    }
}

/// What the elements of a list are.
fn element(names: &Names, list: Shape) -> Option<Shape> {
    let Shape::Written(ty) = list else { return None };
    let inner = read(&ty, |tokens| {
        tokens.is(0, Punct::BracketOpen).then(|| 1..tokens.close(0, tokens.len()))
    })?;
    Some(declared(names, inner))
}

/// The members of a record type, with their types.
fn members_of(ty: &str) -> Vec<(String, String)> {
    let lexed = lex(FileId(0), ty);
    let tokens = Tokens { text: ty, tokens: lexed.tokens };
    if !tokens.is(0, Punct::BraceOpen) {
        return Vec::new();
    }
    let inside = 1..tokens.close(0, tokens.len());
    let member = |member: Range<usize>| {
        let name = tokens.name(member.start).filter(|_| tokens.is(member.start + 1, Punct::Colon));
        let ty_span = tokens.cover(&(member.start + 2..member.end));
        Some((name?.to_owned(), ty_span.text(ty).to_owned()))
    };
    tokens.members(inside).into_iter().filter_map(member).collect()
}

/// A part of a text by its tokens.
fn read(text: &str, part: impl Fn(&Tokens<'_>) -> Option<Range<usize>>) -> Option<String> {
    let tokens = Tokens { text, tokens: lex(FileId(0), text).tokens };
    part(&tokens).map(|part| tokens.cover(&part).text(text).to_owned())
}
