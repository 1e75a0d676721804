//! Names in expressions.

use super::declare::READABLE;
use super::{DefId, Definition, Form, NameKind, Names};
use crate::ide::tokens::Tokens;
use crate::lex::Punct;
use crate::parse::RESERVED;
use crate::source::Span;
use std::ops::Range;

/// What an expression can see besides params.
#[derive(Debug, Clone, Default)]
pub(in crate::ide) struct Scope {
    /// Streams that are read, under their names here.
    pub bindings: Vec<(String, DefId)>,
    /// `let`s, parts of the key, items, second names; the last is found first.
    pub locals: Vec<(String, DefId)>,
    /// The rule or function.
    pub within: Option<Span>,
}

impl Names {
    /// Notes every name of an expression, or of any tokens in which names are values.
    pub(super) fn expression(&mut self, tokens: &Tokens<'_>, range: Range<usize>, scope: &Scope) {
        let mut scope = scope.clone();
        for at in range.clone() {
            // `… for item in list if …`: the item is known in the whole of its parentheses.
            if tokens.is_word(at, "for") && tokens.is_word(at + 2, "in") {
                self.item(tokens, at + 1, &mut scope);
            }
        }
        for at in range.clone() {
            for inside in tokens.inside_string(at) {
                let last = inside.len().saturating_sub(1);
                self.expression(&inside, 0..last, &scope);
            }
            let Some(name) = tokens.name(at) else { continue };
            let quoted = tokens.word(at).is_none();
            if !quoted && RESERVED.contains(&name) {
                continue;
            }
            if at > range.start
                && (tokens.is(at - 1, Punct::Dot) || tokens.is(at - 1, Punct::QuestionDot))
            {
                self.member(tokens, at, name, &scope);
            } else if tokens.is(at + 1, Punct::ParenOpen) && !tokens.line_start(at + 1) {
                if let Some(id) = self.global(name, &[NameKind::Function]) {
                    self.mention(tokens.span(at), id, Form::Plain);
                }
            } else if tokens.is(at + 1, Punct::Colon) && is_member_start(tokens, at) {
                // A record's own field.
            } else {
                let form = if is_short(tokens, at, &range) { Form::Value } else { Form::Plain };
                self.value(name, tokens.span(at), form, &scope);
            }
        }
    }

    /// Defines the item at a place, for what follows in this scope.
    pub(super) fn item(&mut self, tokens: &Tokens<'_>, at: usize, scope: &mut Scope) {
        let Some(name) = tokens.name(at) else { return };
        let span = tokens.span(at);
        let id = self.define(Definition {
            name: name.to_owned(),
            kind: NameKind::Item,
            span,
            whole: span,
            doc: String::new(),
            owner: None,
            within: Some(scope.within.unwrap_or(span)),
        });
        scope.locals.push((name.to_owned(), id));
    }

    /// Notes what a name on its own means.
    pub(super) fn value(&mut self, name: &str, span: Span, form: Form, scope: &Scope) {
        for id in self.meanings(name, scope) {
            self.mention(span, id, form);
        }
    }

    /// What a name on its own means: a local, the fields of this name, a stream's own name, a
    /// param or a table.
    fn meanings(&self, name: &str, scope: &Scope) -> Vec<DefId> {
        if let Some((_, id)) = scope.locals.iter().rev().find(|(local, _)| local == name) {
            return vec![*id];
        }
        let mut fields: Vec<DefId> =
            scope.bindings.iter().filter_map(|(_, stream)| self.field(*stream, name)).collect();
        fields.sort_unstable();
        fields.dedup();
        if !fields.is_empty() {
            return fields;
        }
        let found = self.global(name, &[NameKind::Param]).or_else(|| self.global(name, READABLE));
        found.into_iter().collect()
    }

    /// Notes the name right of a point.
    fn member(&mut self, tokens: &Tokens<'_>, at: usize, name: &str, scope: &Scope) {
        let Some(holder) = at.checked_sub(2).and_then(|holder| self.holder(tokens, holder, scope))
        else {
            return;
        };
        if let Some(field) = self.field(holder, name) {
            self.mention(tokens.span(at), field, Form::Plain);
        }
    }

    /// The stream or table whose fields stand right of the point after this token: `alias.`, or
    /// `Table[key].`.
    pub(in crate::ide) fn holder(
        &self,
        tokens: &Tokens<'_>,
        at: usize,
        scope: &Scope,
    ) -> Option<DefId> {
        if tokens.is(at, Punct::BracketClose) {
            let at = tokens.open(at)?;
            let table = self.global(tokens.name(at.checked_sub(1)?)?, &[NameKind::Table]);
            return table.map(|table| self.rows_of(table));
        }
        let name = tokens.name(at)?;
        scope.bindings.iter().find(|(bound, _)| bound == name).map(|(_, stream)| *stream)
    }
}

/// Whether a name stands where a record or an emit has a field's name.
fn is_member_start(tokens: &Tokens<'_>, at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| {
        tokens.is(before, Punct::BraceOpen)
            || tokens.is(before, Punct::Comma)
            || tokens.line_start(at)
    })
}

/// Whether a name is a member of a record by itself: `{ a, b }` inside an expression.
fn is_short(tokens: &Tokens<'_>, at: usize, range: &Range<usize>) -> bool {
    let ends = tokens.is(at + 1, Punct::Comma) || tokens.is(at + 1, Punct::BraceClose);
    if !ends || at == range.start || !is_member_start(tokens, at) {
        return false;
    }
    // Inside braces rather than parentheses?
    let mut depth = 0;
    for before in (range.start..at).rev() {
        depth += tokens.turn(before);
        if depth > 0 {
            return tokens.is(before, Punct::BraceOpen);
        }
    }
    false
}
