//! The names a program declares: streams, params, and what other declarations only reserve.

use super::{declared_twice, index, stream};
use crate::ast::{self, Ast, Completeness, Declaration};
use crate::check::convert::literal_of_type;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, write_instead};
use crate::source::{SourceMap, Span};
use cep_core::plan::{ParamPlan, StreamPlan};
use cep_core::value::{Type, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A stream and where it is declared.
pub(crate) struct DeclaredStream<'a> {
    pub plan: StreamPlan,
    /// `None` for a stream that is not declared: derived events, or several streams at once.
    pub ast: Option<&'a ast::Stream>,
}

impl DeclaredStream<'_> {
    /// Where its name is declared.
    pub(crate) fn name_span(&self) -> Option<Span> {
        self.ast.map(|ast| ast.name.span)
    }

    /// Where it declares a field, even one whose type was not understood.
    pub(crate) fn field_span(&self, name: &str) -> Option<Span> {
        let mut fields = self.ast.into_iter().flat_map(|ast| &ast.fields);
        fields.find(|field| field.name.name == name).map(|field| field.name.span)
    }
}

/// A param and where it is declared.
pub(crate) struct DeclaredParam<'a> {
    pub plan: ParamPlan,
    pub ast: &'a ast::Param,
}

/// All declared names.
pub(crate) struct Declared<'a> {
    /// The texts, for messages.
    pub sources: &'a SourceMap,
    /// By name.
    pub streams: Vec<DeclaredStream<'a>>,
    /// By name.
    pub params: Vec<DeclaredParam<'a>>,
    /// Names of declarations that were already reported; whatever uses them stays silent.
    pub broken: BTreeSet<&'a str>,
    /// Every event name that some rule emits, and the first place that does.
    pub emitted: BTreeMap<&'a str, Span>,
}

impl<'a> Declared<'a> {
    pub(super) fn collect(
        sources: &'a SourceMap,
        asts: &'a [Ast],
        out: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut declared = Self {
            sources,
            streams: Vec::new(),
            params: Vec::new(),
            broken: BTreeSet::new(),
            emitted: BTreeMap::new(),
        };
        let mut rules: BTreeMap<&str, Span> = BTreeMap::new();
        for declaration in asts.iter().flat_map(|ast| &ast.declarations) {
            match declaration {
                Declaration::Stream(ast) => declared.stream(ast, out),
                Declaration::Param(ast) => declared.param(ast, out),
                Declaration::Unsupported(ast) => {
                    declared.broken.extend(ast.name.as_ref().map(|name| name.name.as_str()));
                }
                Declaration::Rule(rule) => {
                    let first = *rules.entry(&rule.name.name).or_insert(rule.name.span);
                    if first != rule.name.span {
                        declared_twice(out, "the rule", &rule.name.name, rule.name.span, first);
                    }
                    declared.emits(rule);
                }
                Declaration::Event(event) => {
                    declared.emitted.entry(&event.name.name).or_insert(event.name.span);
                }
                Declaration::Sink(_) | Declaration::Test(_) => {}
            }
        }
        declared.streams.sort_by(|a, b| a.plan.name.cmp(&b.plan.name));
        declared.params.sort_by(|a, b| a.plan.name.cmp(&b.plan.name));
        declared.events_are_not_streams(out);
        declared
    }

    fn emits(&mut self, rule: &'a ast::Rule) {
        let emitted = rule.clauses.iter().filter_map(|clause| match &clause.kind {
            ast::ClauseKind::Emit(emit)
            | ast::ClauseKind::Else(emit)
            | ast::ClauseKind::Clear(emit) => Some(&emit.event),
            _ => None,
        });
        for event in emitted.chain(&rule.skipped_events) {
            self.emitted.entry(&event.name).or_insert(event.span);
        }
        if rule.completeness == Completeness::Skipped {
            self.broken.extend(rule.skipped_events.iter().map(|event| event.name.as_str()));
        }
    }

    fn events_are_not_streams(&self, out: &mut Vec<Diagnostic>) {
        for stream in &self.streams {
            if let Some(span) = self.emitted.get(stream.plan.name.as_str()) {
                out.push(
                    Diagnostic::new(
                        Code::DuplicateName,
                        format!("`{}` is a stream already", stream.plan.name),
                    )
                    .label(*span, "this event has the stream's name")
                    .label(stream.name_span().unwrap_or(*span), "the stream")
                    .help("choose another name for the event"),
                );
            }
        }
    }

    fn stream(&mut self, ast: &'a ast::Stream, out: &mut Vec<Diagnostic>) {
        if let Some(first) = self.streams.iter().find(|other| other.plan.name == ast.name.name) {
            let first = first.name_span().unwrap_or(ast.name.span);
            declared_twice(out, "the stream", &ast.name.name, ast.name.span, first);
            return;
        }
        match stream::check(ast, out) {
            Some(plan) => self.streams.push(DeclaredStream { plan, ast: Some(ast) }),
            None => {
                self.broken.insert(&ast.name.name);
            }
        }
    }

    fn param(&mut self, ast: &'a ast::Param, out: &mut Vec<Diagnostic>) {
        if let Some(first) = self.params.iter().find(|other| other.plan.name == ast.name.name) {
            declared_twice(out, "the param", &ast.name.name, ast.name.span, first.ast.name.span);
            return;
        }
        match param_plan(ast, out) {
            Some(plan) => self.params.push(DeclaredParam { plan, ast }),
            None => {
                self.broken.insert(&ast.name.name);
            }
        }
    }

    /// A stream by its name.
    pub(crate) fn stream_named(&self, name: &str) -> Option<(u32, &DeclaredStream<'a>)> {
        let at =
            self.streams.binary_search_by(|stream| stream.plan.name.as_str().cmp(name)).ok()?;
        Some((index(at), self.streams.get(at)?))
    }

    /// A param by its name.
    pub(crate) fn param_named(&self, name: &str) -> Option<(u32, &DeclaredParam<'a>)> {
        let at = self.params.binary_search_by(|param| param.plan.name.as_str().cmp(name)).ok()?;
        Some((index(at), self.params.get(at)?))
    }

    /// Reports a stream that is not declared, unless its declaration was reported.
    pub(super) fn unknown_stream(&self, name: &ast::Ident, out: &mut Vec<Diagnostic>) {
        if self.broken.contains(name.name.as_str()) {
            return;
        }
        let streams = self.streams.iter().map(|stream| stream.plan.name.as_str());
        let events = self.emitted.keys().copied();
        let help = if self.emitted.contains_key(name.name.as_str()) {
            format!("`{}` is emitted by a rule; it is not a stream", name.name).into()
        } else {
            did_you_mean(&name.name, streams.chain(events))
                .unwrap_or_else(|| format!("declare it: `stream {} {{ … }}`", name.name).into())
        };
        out.push(
            Diagnostic::new(Code::UnknownStream, format!("there is no stream `{}`", name.name))
                .label(name.span, "")
                .help(help),
        );
    }
}

fn param_plan(ast: &ast::Param, out: &mut Vec<Diagnostic>) -> Option<ParamPlan> {
    let ty = type_of(&ast.ty, out);
    let default = ast.default.as_ref()?;
    let value = match &default.kind {
        ast::ExprKind::Literal(literal) => literal,
        ast::ExprKind::Error => return None,
        _ => {
            out.push(
                Diagnostic::new(
                    Code::ParamDefault,
                    format!("the value of `{}` is not a literal", ast.name.name),
                )
                .label(default.span, "")
                .help("write one value, such as `150`, `1.5`, `10s` or `\"text\"`"),
            );
            return None;
        }
    };
    let ty = ty?;
    let value = literal_of_type(value, &ty).or_else(|| {
        out.push(
            Diagnostic::new(
                Code::ParamDefault,
                format!("the value of `{}` is not {ty}", ast.name.name),
            )
            .label(default.span, "")
            .label(ast.ty.span, "its type")
            .maybe_help(param_help(value, &ty)),
        );
        None
    })?;
    Some(ParamPlan { name: ast.name.name.clone(), doc: ast.doc.clone(), ty, value })
}

fn param_help(value: &ast::Literal, ty: &Type) -> Option<String> {
    let help = match (value, ty.base()) {
        (ast::Literal::Null, _) => format!("write `{ty}?` for a param that may be null"),
        (ast::Literal::Int(n), Type::Duration) => format!("write `{n}s`"),
        (ast::Literal::Int(n), Type::String) => format!("write `\"{n}\"`"),
        (ast::Literal::Decimal(_), Type::Int) => "write `decimal` as its type".to_owned(),
        (ast::Literal::Duration(_), Type::Int) => "write `duration` as its type".to_owned(),
        (ast::Literal::String(_), _) => "write `string` as its type".to_owned(),
        _ => return None,
    };
    Some(help)
}

/// The names of types, in the order messages list them.
const TYPES: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("float", Type::Float),
    ("decimal", Type::Decimal),
    ("string", Type::String),
    ("timestamp", Type::Timestamp),
    ("duration", Type::Duration),
];

/// The type a name stands for; reports a name that is none.
pub(super) fn type_of(ast: &ast::TypeName, out: &mut Vec<Diagnostic>) -> Option<Type> {
    let name = ast.name.as_ref()?;
    if let Some((_, ty)) = TYPES.iter().find(|(known, _)| *known == name.name) {
        let ty = ty.clone();
        return Some(if ast.optional { ty.optional() } else { ty });
    }
    if name.name == "json" {
        out.push(
            Diagnostic::new(Code::NoSuchTypeYet, "`json` fields are not supported in this version")
                .label(name.span, "")
                .help("declare the fields a rule reads one by one, with `from \"path.to.it\"`"),
        );
        return None;
    }
    let meant = match name.name.to_lowercase().as_str() {
        "integer" | "long" | "i64" | "int64" | "number" | "bigint" => Some("int"),
        "double" | "f64" | "real" => Some("float"),
        "str" | "text" | "varchar" => Some("string"),
        "boolean" => Some("bool"),
        "numeric" | "money" => Some("decimal"),
        "time" | "datetime" | "date" | "instant" => Some("timestamp"),
        "interval" | "timedelta" => Some("duration"),
        _ => None,
    };
    let help =
        match meant {
            Some(meant) => write_instead(meant),
            None => did_you_mean(&name.name, TYPES.iter().map(|(known, _)| *known)).unwrap_or_else(
                || "types are `bool int float decimal string timestamp duration`".into(),
            ),
        };
    out.push(
        Diagnostic::new(Code::UnknownType, format!("there is no type `{}`", name.name))
            .label(name.span, "")
            .help(help),
    );
    None
}

/// A param's value from the text of `--set NAME=TEXT`: a literal of its type; for a `string` the
/// text itself will do.
pub(crate) fn value_from_text(text: &str, ty: &Type) -> Option<Value> {
    crate::parse::literal(text)
        .and_then(|literal| literal_of_type(&literal, ty))
        .or_else(|| (ty.base() == &Type::String).then(|| Value::text(text)))
}
