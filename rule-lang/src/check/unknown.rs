//! What is said of names that mean nothing at their place, and what to type instead.

use super::declare::DeclaredStream;
use super::operand_help::json_help;
use super::scope::Scope;
use crate::ast::{self, ClauseKind};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, field_meant, fields_of};
use crate::habits;
use crate::source::Span;
use cep_core::value::Type;

impl Scope<'_, '_> {
    /// `base.name` where the base has no members.
    pub(super) fn no_members(&mut self, ty: &Type, base: Span, name: &ast::Ident) {
        self.out.push(
            Diagnostic::new(Code::UnknownMember, format!("there is no `.{}` here", name.name))
                .label(name.span, "")
                .label(base, format!("this is {ty}"))
                .maybe_help((ty.base() == &Type::Json).then(json_help)),
        );
    }

    /// `base.name` where the base is a record without it.
    pub(super) fn unknown_member(&mut self, record: &Type, base: Span, name: &ast::Ident) {
        let Type::Record(fields) = record.base() else { return };
        let fields = fields.iter().map(|(known, _)| known.as_str());
        let text = self.shown(base);
        let help = field_meant(&name.name, text.trim_matches('`'), fields);
        self.out.push(
            Diagnostic::new(Code::UnknownMember, format!("{text} has no member `{}`", name.name))
                .label(name.span, "")
                .label(base, format!("this is {}", record.base()))
                .maybe_help(help),
        );
    }

    /// `Event.name` where the event has no such field.
    pub(super) fn unknown_field(&mut self, name: &ast::Ident) {
        let Some((_, stream)) =
            self.stream.filter(|(_, stream)| stream.field_span(&name.name).is_none())
        else {
            return;
        };
        let fields = stream.plan.fields.iter().map(|field| field.name.as_str());
        self.out.push(
            Diagnostic::new(
                Code::UnknownMember,
                format!("`{}` has no field `{}`", stream.plan.name, name.name),
            )
            .label(name.span, "")
            .maybe_help(field_meant(&name.name, &stream.plan.name, fields)),
        );
    }

    /// A name on its own that is nothing here.
    pub(super) fn unknown_name(&mut self, name: &str, span: Span) {
        if self.function.is_some() {
            self.not_in_function(name, span);
            return;
        }
        let Some((_, stream)) = self.stream else { return };
        if stream.field_span(name).is_some() || self.declared.broken.contains(name) {
            return;
        }
        if let Some(other) = self.other_thing(name, span, stream) {
            self.out.push(other);
            return;
        }
        let fields = || stream.plan.fields.iter().map(|field| field.name.as_str());
        let tables = self.declared.tables.iter().map(|table| table.plan.name.as_str());
        let params = self.declared.params.iter().map(|param| param.plan.name.as_str());
        let keys = self.keys.iter().map(|key| key.name.as_str());
        let lets = self.lets.iter().map(|other| other.name);
        let guess =
            did_you_mean(name, fields().chain(params).chain(lets).chain(keys).chain(tables));
        let clock = habits::clock(name).map(Into::into);
        let label = match &clock {
            Some(_) => String::new(),
            None => format!("not a field of `{}`, a `let` or a param", stream.plan.name),
        };
        let silence = (name == "silent").then(|| {
            "`when silent for 5m` stands alone: it fires as a key has had no event for so long"
                .into()
        });
        let help = clock
            .or(silence)
            .or(guess)
            .or_else(|| fields_of(&stream.plan.name, fields()).map(Into::into));
        self.out.push(
            Diagnostic::new(Code::UnknownName, format!("there is no `{name}` here"))
                .label(span, label)
                .maybe_help(help),
        );
    }

    /// What is said of the name of something that is no value here.
    fn other_thing(
        &self,
        name: &str,
        span: Span,
        stream: &DeclaredStream<'_>,
    ) -> Option<Diagnostic> {
        if let Some(below) = self.let_below(name) {
            return Some(
                Diagnostic::new(Code::UnknownName, format!("`{name}` is not known here yet"))
                    .label(span, "")
                    .label(below, "it is known below this line")
                    .help("a `let` stands above what reads it"),
            );
        }
        let (what, help) = if self.is_event(name) {
            let field = stream.plan.fields.first().map_or("field", |field| field.name.as_str());
            ("whole event", format!("write one of its fields, as in `{name}.{field}`"))
        } else if self.declared.table_named(name).is_some() {
            ("whole table", format!("look a row up by its key: `{name}[key]`"))
        } else {
            let function = self.declared.functions.get(name)?;
            let form = if function.ast.parameters.is_empty() { "" } else { "…" };
            ("function", format!("call it: `{name}({form})`"))
        };
        Some(
            Diagnostic::new(Code::UnknownName, format!("`{name}` is a {what}"))
                .label(span, "expected one value")
                .help(help),
        )
    }

    /// The name of the rule's `let` that was not come to yet.
    fn let_below(&self, name: &str) -> Option<Span> {
        self.rule?.clauses.iter().find_map(|clause| match &clause.kind {
            ClauseKind::Let { name: below, .. } if below.name == name => Some(below.span),
            _ => None,
        })
    }
}
