//! Declarations: what they name, and the fields between their braces.

use super::{DefId, Definition, File, NameKind, Names};
use crate::lex::Punct;
use crate::source::Span;
use std::ops::Range;

/// What `from` may name.
pub(super) const READABLE: &[NameKind] = &[NameKind::Stream, NameKind::Table, NameKind::Event];

impl Names {
    pub(super) fn declare(&mut self, file: &File<'_>) {
        for declaration in file.declarations() {
            let kind = match file.tokens.word(declaration.start) {
                Some("stream") => NameKind::Stream,
                Some("table") => NameKind::Table,
                Some("type") => NameKind::Type,
                Some("event") => NameKind::Event,
                Some("param") => NameKind::Param,
                Some("fn") => NameKind::Function,
                Some("rule") => NameKind::Rule,
                Some("scenario") => NameKind::Scenario,
                _ => continue,
            };
            let Some(id) = self.declared(file, &declaration, kind) else { continue };
            let field = match kind {
                NameKind::Stream | NameKind::Table | NameKind::Type => NameKind::Field,
                NameKind::Event => NameKind::EventField,
                _ => continue,
            };
            self.declare_fields(file, &declaration, id, field);
        }
    }

    fn declared(
        &mut self,
        file: &File<'_>,
        declaration: &Range<usize>,
        kind: NameKind,
    ) -> Option<DefId> {
        let name = file.tokens.name(declaration.start + 1)?;
        Some(self.define(Definition {
            name: name.to_owned(),
            kind,
            span: file.tokens.span(declaration.start + 1),
            whole: file.whole(declaration),
            doc: file.doc(declaration.start),
            owner: None,
            within: None,
        }))
    }

    fn declare_fields(
        &mut self,
        file: &File<'_>,
        declaration: &Range<usize>,
        owner: DefId,
        kind: NameKind,
    ) {
        let tokens = &file.tokens;
        let Some(body) = file.body(declaration) else { return };
        for member in tokens.members(body) {
            let Some(name) =
                tokens.name(member.start).filter(|_| tokens.is(member.start + 1, Punct::Colon))
            else {
                continue;
            };
            self.define(Definition {
                name: name.to_owned(),
                kind,
                span: tokens.span(member.start),
                whole: tokens.cover(&member),
                doc: file.doc(member.start),
                owner: Some(owner),
                within: None,
            });
        }
    }

    /// The streams and events whose latest are the rows of tables.
    pub(super) fn declare_rows(&mut self, file: &File<'_>) {
        let tokens = &file.tokens;
        for table in file.declarations() {
            let is_of =
                tokens.is_word(table.start, "table") && tokens.is_word(table.start + 2, "from");
            let name = |at: usize| tokens.name(at).filter(|_| is_of);
            let of = name(table.start + 3)
                .and_then(|name| self.global(name, &[NameKind::Stream, NameKind::Event]));
            let table = name(table.start + 1).and_then(|it| self.global(it, &[NameKind::Table]));
            self.rows.extend(table.zip(of));
        }
    }

    /// The events that rules emit, where no `event` declares them.
    pub(super) fn declare_events(&mut self, file: &File<'_>) {
        let tokens = &file.tokens;
        for rule in file.declarations() {
            if !tokens.is_word(rule.start, "rule") {
                continue;
            }
            for emit in file.emits(&rule) {
                let Some(name) = tokens.name(emit.name) else { continue };
                let whole = tokens.span(emit.name).to(tokens.span(emit.fields.end));
                let known = self.global(name, &[NameKind::Event]);
                let id = known.unwrap_or_else(|| {
                    self.define(Definition {
                        name: name.to_owned(),
                        kind: NameKind::Event,
                        span: tokens.span(emit.name),
                        whole,
                        doc: file.doc(rule.start),
                        owner: None,
                        within: None,
                    })
                });
                for member in tokens.members(emit.fields.clone()) {
                    let Some(name) = tokens.name(member.start) else { continue };
                    let named = tokens.is(member.start + 1, Punct::Colon);
                    if (named || member.len() == 1) && self.field(id, name).is_none() {
                        // Its own mention is added with those of all other emits.
                        let field = self.definitions.len();
                        self.fields.insert((id, name.to_owned()), field);
                        self.definitions.push(Definition {
                            name: name.to_owned(),
                            kind: NameKind::EventField,
                            span: tokens.span(member.start),
                            whole: tokens.cover(&member),
                            doc: String::new(),
                            owner: Some(id),
                            within: None,
                        });
                    }
                }
            }
        }
    }
}

/// `emit NAME { fields }` by its tokens.
pub(super) struct EmitTokens {
    pub name: usize,
    pub fields: Range<usize>,
    /// What follows the braces: `if EXPR`.
    pub rest: Range<usize>,
}

impl File<'_> {
    /// All of a declaration, without what follows its closing brace on other lines.
    pub(super) fn whole(&self, declaration: &Range<usize>) -> Span {
        let mut end = declaration.end;
        while end > declaration.start + 1 && self.is_attribute(end - 1) {
            end -= 1;
        }
        self.tokens.cover(&(declaration.start..end))
    }

    /// What stands between a declaration's braces.
    pub(in crate::ide) fn body(&self, declaration: &Range<usize>) -> Option<Range<usize>> {
        let open = self.tokens.find(declaration.clone(), Punct::BraceOpen)?;
        Some(open + 1..self.tokens.close(open, declaration.end).max(open + 1))
    }

    /// The emits of a clause: after `emit`, `clear`, `timeout` or `else`.
    pub(super) fn emit(&self, clause: &Range<usize>) -> Option<EmitTokens> {
        let tokens = &self.tokens;
        let emits = matches!(tokens.word(clause.start)?, "emit" | "clear" | "timeout" | "else");
        if !emits || !tokens.is(clause.start + 2, Punct::BraceOpen) {
            return None;
        }
        let close = tokens.close(clause.start + 2, clause.end);
        Some(EmitTokens {
            name: clause.start + 1,
            fields: clause.start + 3..close.max(clause.start + 3),
            rest: (close + 1).min(clause.end)..clause.end,
        })
    }

    fn emits(&self, rule: &Range<usize>) -> Vec<EmitTokens> {
        self.clauses(rule).iter().filter_map(|clause| self.emit(clause)).collect()
    }
}
