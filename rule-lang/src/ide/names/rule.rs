//! Names in rules, streams, sinks and the other declarations.

use super::declare::READABLE;
use super::expression::Scope;
use super::{DefId, Definition, File, Form, NameKind, Names};
use crate::lex::Punct;
use crate::source::Span;
use std::ops::Range;

impl Names {
    pub(super) fn resolve(&mut self, file: &File<'_>) {
        let tokens = &file.tokens;
        for declaration in file.declarations() {
            match tokens.word(declaration.start) {
                Some("rule") => {
                    self.rule_until(file, &declaration, usize::MAX);
                }
                Some("stream" | "table" | "type" | "event") => {
                    self.fields_and_key(file, &declaration)
                }
                Some("param") => {
                    let equal = tokens.find(declaration.clone(), Punct::Equal);
                    self.types(file, declaration.start + 2..equal.unwrap_or(declaration.end));
                }
                Some("fn") => {
                    self.function(file, &declaration);
                }
                Some("sink") => {
                    self.global_mention(file, declaration.start + 1, &[NameKind::Event])
                }
                Some("test") => self.test(file, &declaration),
                Some("scenario") => self.scenario(file, &declaration),
                _ => {}
            }
        }
    }

    pub(super) fn global_mention(&mut self, file: &File<'_>, at: usize, kinds: &[NameKind]) {
        if let Some(id) = file.tokens.name(at).and_then(|name| self.global(name, kinds)) {
            self.mention(file.tokens.span(at), id, Form::Plain);
        }
    }

    pub(super) fn field_mention(&mut self, file: &File<'_>, at: usize, owner: DefId) {
        if let Some(id) = file.tokens.name(at).and_then(|name| self.field(owner, name)) {
            self.mention(file.tokens.span(at), id, Form::Plain);
        }
    }

    fn types(&mut self, file: &File<'_>, range: Range<usize>) {
        for at in range {
            self.global_mention(file, at, &[NameKind::Type]);
        }
    }

    /// `key`, `time` and types in braces; `key` behind them.
    fn fields_and_key(&mut self, file: &File<'_>, declaration: &Range<usize>) {
        let tokens = &file.tokens;
        let name = tokens.name(declaration.start + 1).unwrap_or_default();
        let Some(owner) = self.global(name, &[NameKind::Stream, NameKind::Table, NameKind::Type])
        else {
            return;
        };
        let owner = self.rows_of(owner);
        let body = file.body(declaration).unwrap_or(declaration.end..declaration.end);
        for member in tokens.members(body.clone()) {
            if tokens.is(member.start + 1, Punct::Colon) {
                self.types(file, member.start + 2..member.end);
            } else if matches!(tokens.word(member.start), Some("key" | "time")) {
                self.field_mention(file, member.start + 1, owner);
            }
        }
        for at in (declaration.start + 2..body.start).chain(body.end..declaration.end) {
            if tokens.is_word(at, "key") {
                self.field_mention(file, at + 1, owner);
            } else if tokens.is(at, Punct::Comma) && !tokens.is(at + 2, Punct::Colon) {
                // Further fields of a key.
                self.field_mention(file, at + 1, owner);
            } else if tokens.is_word(at, "from") && !tokens.is(at + 2, Punct::ParenOpen) {
                self.global_mention(file, at + 1, READABLE);
            }
        }
    }

    /// Notes the names of a function; returns what its expression sees.
    pub(super) fn function(&mut self, file: &File<'_>, declaration: &Range<usize>) -> Scope {
        let tokens = &file.tokens;
        let whole = file.whole(declaration);
        let mut scope = Scope { within: Some(whole), ..Scope::default() };
        let Some(open) = tokens.find(declaration.clone(), Punct::ParenOpen) else { return scope };
        let close = tokens.close(open, declaration.end);
        for argument in tokens.members(open + 1..close) {
            self.item(tokens, argument.start, &mut scope);
            self.types(file, argument.start + 2..argument.end);
        }
        if let Some(equal) = tokens.find(close..declaration.end, Punct::Equal) {
            self.types(file, close + 1..equal);
            self.expression(tokens, equal + 1..declaration.end, &scope);
        }
        scope
    }

    fn scenario(&mut self, file: &File<'_>, declaration: &Range<usize>) {
        let Some(body) = file.body(declaration) else { return };
        for at in body {
            if file.tokens.line_start(at) && file.tokens.is_word(at, "set") {
                self.global_mention(file, at + 1, &[NameKind::Param]);
            } else if file.tokens.line_start(at) && file.tokens.is_word(at, "table") {
                self.global_mention(file, at + 1, &[NameKind::Table]);
            }
        }
    }

    /// Notes the names of a rule's clauses that end before a token; returns what is seen there.
    pub(super) fn rule_until(
        &mut self,
        file: &File<'_>,
        rule: &Range<usize>,
        token: usize,
    ) -> Scope {
        let mut scope = Scope { within: Some(file.whole(rule)), ..Scope::default() };
        let tokens = &file.tokens;
        let clauses = file.clauses(rule);
        // A pattern's later steps are seen by the conditions of the earlier ones.
        for clause in &clauses {
            self.bind(file, clause, &mut scope);
        }
        for clause in clauses.iter().filter(|clause| clause.end < token) {
            let rest = clause.start + 1..clause.end;
            match tokens.word(clause.start) {
                Some("let") if tokens.is(clause.start + 2, Punct::Equal) => {
                    self.expression(tokens, clause.start + 3..clause.end, &scope);
                    self.local(
                        file,
                        clause.start + 1,
                        NameKind::Let,
                        tokens.cover(clause),
                        &mut scope,
                    );
                }
                Some("by") => {
                    for part in tokens.members(rest) {
                        let named = tokens.is(part.start + 1, Punct::Colon);
                        let value = if named { part.start + 2..part.end } else { part.clone() };
                        self.expression(tokens, value, &scope);
                        if named {
                            let whole = tokens.cover(&part);
                            self.local(file, part.start, NameKind::Key, whole, &mut scope);
                        }
                    }
                }
                _ => match file.emit(clause) {
                    Some(emit) => {
                        self.emit_fields(file, emit.name, emit.fields, &scope);
                        self.expression(tokens, emit.rest, &scope);
                    }
                    None => self.expression(tokens, rest, &scope),
                },
            }
        }
        scope
    }

    fn local(
        &mut self,
        file: &File<'_>,
        at: usize,
        kind: NameKind,
        whole: Span,
        scope: &mut Scope,
    ) -> Option<DefId> {
        let name = file.tokens.name(at)?;
        let id = self.define(Definition {
            name: name.to_owned(),
            kind,
            span: file.tokens.span(at),
            whole,
            doc: String::new(),
            owner: None,
            within: scope.within,
        });
        scope.locals.push((name.to_owned(), id));
        Some(id)
    }

    /// The streams that a clause reads, and their names in the rule.
    fn bind(&mut self, file: &File<'_>, clause: &Range<usize>, scope: &mut Scope) {
        let tokens = &file.tokens;
        match tokens.word(clause.start) {
            Some("from") => {
                for member in tokens.members(clause.start + 1..clause.end) {
                    let Some(stream) =
                        tokens.name(member.start).and_then(|name| self.global(name, READABLE))
                    else {
                        continue;
                    };
                    self.mention(tokens.span(member.start), stream, Form::Plain);
                    let name = tokens.name(member.start).unwrap_or_default();
                    scope.bindings.push((name.to_owned(), stream));
                    let mut next = member.start + 1;
                    if next < member.end && !tokens.is_word(next, "each") {
                        self.bind_alias(file, next, stream, tokens.cover(&member), scope);
                        next += 1;
                    }
                    if tokens.is_word(next, "each") {
                        self.item(tokens, next + 1, scope);
                    } else if tokens.is_word(next + 1, "in") {
                        self.item(tokens, next, scope);
                    }
                }
            }
            Some("match" | "then" | "next" | "without" | "join" | "left") => {
                for at in clause.clone() {
                    let stream =
                        tokens.is(at + 1, Punct::Colon).then(|| tokens.name(at + 2)).flatten();
                    if let Some(stream) = stream.and_then(|name| self.global(name, READABLE)) {
                        self.mention(tokens.span(at + 2), stream, Form::Plain);
                        let whole = tokens.cover(&(at..at + 3));
                        self.bind_alias(file, at, stream, whole, scope);
                    }
                }
            }
            _ => {}
        }
    }

    fn bind_alias(
        &mut self,
        file: &File<'_>,
        at: usize,
        stream: DefId,
        whole: Span,
        scope: &mut Scope,
    ) {
        if let Some(name) = file.tokens.name(at)
            && self.local(file, at, NameKind::Alias, whole, scope).is_some()
        {
            scope.bindings.push((name.to_owned(), stream));
        }
    }

    /// `{ name: value, name, ..alias }`
    fn emit_fields(&mut self, file: &File<'_>, name: usize, fields: Range<usize>, scope: &Scope) {
        let tokens = &file.tokens;
        let event = tokens.name(name).and_then(|name| self.global(name, &[NameKind::Event]));
        if let Some(event) = event {
            self.mention(tokens.span(name), event, Form::Plain);
        }
        for member in tokens.members(fields) {
            let at = member.start;
            if tokens.is(at, Punct::DotDot) {
                let bound = tokens.name(at + 1).unwrap_or_default();
                if let Some((_, stream)) = scope.bindings.iter().find(|(name, _)| name == bound) {
                    self.spreads
                        .push(super::Spread { stream: *stream, span: tokens.cover(&member) });
                }
                self.value(bound, tokens.span(at + 1), Form::Plain, scope);
                continue;
            }
            let field = tokens.name(at).and_then(|name| self.field(event?, name));
            let named = tokens.is(at + 1, Punct::Colon);
            if let (Some(field), true) = (field, named || member.len() == 1) {
                let form = if named { Form::Plain } else { Form::Field };
                self.mention(tokens.span(at), field, form);
            }
            if named {
                self.expression(tokens, at + 2..member.end, scope);
            } else if let (Some(name), 1) = (tokens.name(at), member.len()) {
                self.value(name, tokens.span(at), Form::Value, scope);
            } else {
                self.expression(tokens, member, scope);
            }
        }
    }
}
