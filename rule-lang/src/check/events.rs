//! Derived events: what fields each has, and where it goes.

use super::convert::to;
use super::function::conversion_help;
use super::types::{Types, type_of};
use super::{Declared, stream};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::typed::Expr;
use cep_core::plan::Connector;
use cep_core::value::{Type, Value};
use std::collections::BTreeMap;

/// A derived event.
pub(crate) struct Event {
    /// Its fields in the order of the first rule that emits it; `None` if that rule has errors.
    pub fields: Option<Vec<(String, Type)>>,
    /// Where `sink` lines send it.
    pub sinks: Vec<Connector>,
    span: Span,
    shape: Shape,
}

/// Where an event's fields come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// From an `event` declaration.
    Declared,
    /// From the first rule that emits it.
    Emitted,
}

/// What is known of an event's fields before one more rule emits it.
pub(super) enum Known {
    /// Nothing.
    Nothing,
    /// What another rule emits.
    Emitted(Vec<(String, Type)>),
    /// What its declaration says.
    Declared(Vec<(String, Type)>),
}

impl Known {
    /// The type of a field, if it is known.
    pub(super) fn type_of(&self, name: &str) -> Option<&Type> {
        match self {
            Self::Nothing => None,
            Self::Emitted(fields) | Self::Declared(fields) => {
                fields.iter().find(|(known, _)| known == name).map(|(_, ty)| ty)
            }
        }
    }

    /// The type of a field, if it is declared.
    pub(super) fn declared(&self, name: &str) -> Option<&Type> {
        if matches!(self, Self::Declared(_)) { self.type_of(name) } else { None }
    }

    /// The fields as they are declared: what converts is converted, and what may be null and is left
    /// out is null. Another rule converts nothing, so that without it this one would emit the same.
    pub(super) fn fit(&self, fields: &mut Vec<(String, Expr, Span)>, span: Span) {
        let Self::Declared(declared) = self else { return };
        for (name, ty) in declared {
            match fields.iter_mut().find(|(found, ..)| found == name) {
                Some((_, expr, _)) => {
                    if let Some(converted) = to(expr.clone(), ty.base()) {
                        *expr = converted;
                    }
                }
                None if ty.is_optional() => {
                    let null = Expr::literal(Value::Null, ty.base().clone());
                    fields.push((name.clone(), null, span));
                }
                None => {}
            }
        }
    }
}

/// All derived events, by name.
#[derive(Default)]
pub(crate) struct Events {
    pub by_name: BTreeMap<String, Event>,
}

impl Events {
    /// The fields of the events that could be understood.
    pub(crate) fn shapes(&self) -> BTreeMap<String, Vec<(String, Type)>> {
        let shape = |(name, event): (&String, &Event)| Some((name.clone(), event.fields.clone()?));
        self.by_name.iter().filter_map(shape).collect()
    }

    /// Notes an event whose fields could not be understood.
    pub(super) fn unknown(&mut self, event: &ast::Ident) {
        let entry = self.entry(event);
        entry.fields = None;
    }

    /// What is known of an event's fields.
    pub(super) fn known(&self, event: &ast::Ident) -> Known {
        match self.by_name.get(&event.name) {
            Some(Event { fields: Some(fields), shape: Shape::Declared, .. }) => {
                Known::Declared(fields.clone())
            }
            Some(Event { fields: Some(fields), .. }) => Known::Emitted(fields.clone()),
            _ => Known::Nothing,
        }
    }

    fn entry(&mut self, event: &ast::Ident) -> &mut Event {
        self.by_name.entry(event.name.clone()).or_insert_with(|| Event {
            fields: None,
            sinks: Vec::new(),
            span: event.span,
            shape: Shape::Emitted,
        })
    }

    /// `event NAME { … }`
    pub(super) fn declare(&mut self, ast: &ast::Event, types: &Types, out: &mut Vec<Diagnostic>) {
        if let Some(first) = self.by_name.get(&ast.name.name) {
            let (name, span) = (&ast.name.name, ast.name.span);
            super::declared_twice(out, "the event", name, span, first.span);
            return;
        }
        stream::no_bounds(&ast.fields, out);
        let mut fields: Vec<(String, Type)> = Vec::new();
        let mut whole = true;
        for (at, field) in ast.fields.iter().enumerate() {
            let name = &field.name;
            let earlier = ast.fields.iter().take(at).find(|other| other.name.name == name.name);
            if let Some(first) = earlier {
                let first = first.name.span;
                super::declared_twice(out, "the field", &name.name, name.span, first);
            }
            match type_of(&field.ty, types, out).filter(|_| earlier.is_none()) {
                Some(ty) => fields.push((name.name.clone(), ty)),
                None => whole = false,
            }
        }
        let entry = self.entry(&ast.name);
        entry.fields = whole.then_some(fields);
        entry.shape = Shape::Declared;
    }

    /// Notes the fields of an event as one rule emits it. Several rules may emit one event if they
    /// agree on its fields; a field that may be null in one of them may be null.
    pub(super) fn emitted(
        &mut self,
        event: &ast::Ident,
        fields: Vec<(String, Type)>,
        out: &mut Vec<Diagnostic>,
    ) {
        let Some(known) = self.by_name.get_mut(&event.name) else {
            let entry = self.entry(event);
            entry.fields = Some(fields);
            return;
        };
        let Some(shape) = &mut known.fields else { return };
        let is_declared = known.shape == Shape::Declared;
        let null = || is_declared.then(|| newly_null(shape, &fields)).flatten();
        if let Some(difference) = difference(shape, &fields).or_else(null) {
            let help = conversion(shape, &fields)
                .unwrap_or_else(|| "give both the same fields, or choose another name".to_owned());
            let (title, first) = if is_declared {
                (format!("`{}` is declared with other fields", event.name), "declared here")
            } else {
                (
                    format!("`{}` is emitted with other fields elsewhere", event.name),
                    "first emitted here",
                )
            };
            out.push(
                Diagnostic::new(Code::EventShape, title)
                    .label(event.span, difference)
                    .label(known.span, first)
                    .help(help),
            );
            return;
        }
        if is_declared {
            return;
        }
        for (name, ty) in shape.iter_mut() {
            let optional = fields.iter().any(|(other, ty)| other == name && ty.is_optional());
            if optional {
                *ty = ty.clone().optional();
            }
        }
    }

    /// `sink EVENT to …`
    pub(super) fn sink(
        &mut self,
        ast: &ast::Sink,
        declared: &Declared<'_>,
        out: &mut Vec<Diagnostic>,
    ) {
        let connectors: Vec<Connector> = ast
            .connectors
            .iter()
            .filter_map(|connector| stream::connector(connector, stream::Side::Write, out))
            .collect();
        match self.by_name.get_mut(&ast.event.name) {
            Some(event) => event.sinks.extend(connectors),
            None => self.unknown_event(&ast.event, declared, out),
        }
    }

    /// Reports an event that nothing emits, unless the rule that would was reported.
    pub(super) fn unknown_event(
        &self,
        event: &ast::Ident,
        declared: &Declared<'_>,
        out: &mut Vec<Diagnostic>,
    ) {
        let name = event.name.as_str();
        if declared.broken.contains(name) || declared.emitted.contains_key(name) {
            return;
        }
        let help = if declared.stream_named(name).is_some() {
            Some(format!("`{name}` is a stream; a derived event is named by `emit`").into())
        } else {
            did_you_mean(name, self.by_name.keys().map(String::as_str))
        };
        out.push(
            Diagnostic::new(Code::UnknownEvent, format!("no rule emits `{name}`"))
                .label(event.span, "")
                .maybe_help(help),
        );
    }
}

/// A field that may be null in the second shape and not in the first, in words.
fn newly_null(first: &[(String, Type)], second: &[(String, Type)]) -> Option<String> {
    second.iter().find_map(|(name, ty)| {
        let (_, declared) = first.iter().find(|(other, _)| other == name)?;
        (ty.is_optional() && !declared.is_optional())
            .then(|| format!("here `{name}` may be null, there it is {declared}"))
    })
}

/// What to type for the first field of another type, if that is a function.
fn conversion(first: &[(String, Type)], second: &[(String, Type)]) -> Option<String> {
    second.iter().find_map(|(name, ty)| {
        let (_, wanted) = first.iter().find(|(other, _)| other == name)?;
        let differs = ty.base() != wanted.base();
        differs.then(|| conversion_help(ty, wanted.base(), "the value")).flatten()
    })
}

/// How two shapes differ, in words for a label at the second.
fn difference(first: &[(String, Type)], second: &[(String, Type)]) -> Option<String> {
    for (name, ty) in second {
        match first.iter().find(|(other, _)| other == name) {
            None => return Some(format!("`{name}` is not a field there")),
            Some((_, other)) if other.base() != ty.base() => {
                return Some(format!("here `{name}` is {ty}, there {other}"));
            }
            Some(_) => {}
        }
    }
    let missing = first.iter().find(|(name, _)| !second.iter().any(|(other, _)| other == name));
    missing.map(|(name, _)| format!("`{name}` is missing here"))
}
