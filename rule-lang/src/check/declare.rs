//! The names a program declares: streams, params, and what other declarations only reserve.

use super::function::DeclaredFunction;
use super::table::{self, DeclaredTable, Known, Rows};
use super::types::{Types, type_of};
use super::{cell, declared_twice, index, stream};
use crate::ast::{self, Ast, Completeness, Declaration};
use crate::check::convert::literal_of_type;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::{SourceMap, Span};
use cep_core::plan::{ParamPlan, StreamPlan, TablePlan};
use cep_core::value::{Type, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A stream and where it is declared.
pub(crate) struct DeclaredStream<'a> {
    pub plan: StreamPlan,
    /// `None` for a stream that is not declared: derived events, or several streams at once.
    pub ast: Option<&'a ast::Stream>,
    /// How many of its last fields do not belong to the event: an item and its index.
    pub items: usize,
}

impl DeclaredStream<'_> {
    /// Whether it holds the rows of a table, so that no rule can name it.
    fn is_of_table(&self) -> bool {
        self.plan.deletion().is_some()
    }

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
    /// By name.
    pub tables: Vec<DeclaredTable<'a>>,
    /// The types that have names.
    pub types: Types,
    /// By name.
    pub functions: BTreeMap<&'a str, DeclaredFunction<'a>>,
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
            tables: Vec::new(),
            types: Types::collect(asts, out),
            functions: BTreeMap::new(),
            broken: BTreeSet::new(),
            emitted: BTreeMap::new(),
        };
        let mut rules: BTreeMap<&str, Span> = BTreeMap::new();
        // What they are of may be declared below them.
        let mut of_streams = Vec::new();
        for declaration in asts.iter().flat_map(|ast| &ast.declarations) {
            match declaration {
                Declaration::Stream(ast) => declared.stream(ast, out),
                Declaration::Param(ast) => declared.param(ast, out),
                Declaration::Function(ast) => declared.function(ast, out),
                Declaration::Table(ast) if ast.of.is_some() || table::is_of_topic(ast) => {
                    of_streams.push(ast);
                }
                Declaration::Table(ast) => declared.table(ast, out),
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
                Declaration::Type(_) | Declaration::Sink(_) | Declaration::Test(_) => {}
            }
        }
        of_streams.retain(|ast| declared.table_stream(ast, out));
        declared.streams.sort_by(|a, b| a.plan.name.cmp(&b.plan.name));
        declared.params.sort_by(|a, b| a.plan.name.cmp(&b.plan.name));
        of_streams.into_iter().for_each(|ast| declared.table(ast, out));
        declared.tables.sort_by(|a, b| a.plan.name.cmp(&b.plan.name));
        declared.tables_have_their_names(out);
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
        for stream in self.streams.iter().filter(|stream| !stream.is_of_table()) {
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
        match stream::check(ast, stream::Side::Read, &self.types, out) {
            Some(plan) => self.streams.push(DeclaredStream { plan, ast: Some(ast), items: 0 }),
            None => {
                self.broken.insert(&ast.name.name);
            }
        }
    }

    /// Makes the stream of a table that holds its rows itself, and says whether the table can be gone on
    /// with.
    fn table_stream(&mut self, ast: &'a ast::KeyedTable, out: &mut Vec<Diagnostic>) -> bool {
        let name = &ast.name;
        if ast.of.is_some() {
            return true;
        }
        match self.streams.iter().find(|other| other.plan.name == name.name) {
            // A second table of the name is reported with the others.
            Some(other) if other.is_of_table() => return true,
            Some(other) => {
                let other = other.name_span().unwrap_or(name.span);
                two_things(&name.name, name.span, ("stream", other), out);
            }
            None => {
                if let Some(plan) = table::stream(ast, &self.types, out) {
                    self.streams.push(DeclaredStream { plan, ast: None, items: 0 });
                    return true;
                }
            }
        }
        self.broken.insert(&name.name);
        false
    }

    fn table(&mut self, ast: &'a ast::KeyedTable, out: &mut Vec<Diagnostic>) {
        if let Some(first) = self.tables.iter().find(|other| other.plan.name == ast.name.name) {
            declared_twice(out, "the table", &ast.name.name, ast.name.span, first.ast.name.span);
            return;
        }
        let plan = match (&ast.of, self.rows_named(&ast.name.name)) {
            (None, None) => table::check(ast, &self.types, out),
            (None, Some((id, stream))) => {
                table::check_of_stream(ast, Rows::Own, id, &stream.plan, out)
            }
            (Some(of), _) => match self.stream_named(&of.name) {
                Some((id, stream)) => {
                    table::check_of_stream(ast, Rows::OfStream, id, &stream.plan, out)
                }
                None if self.emitted.contains_key(of.name.as_str()) => {
                    let plan = table::awaited(ast);
                    self.tables.push(DeclaredTable { plan, ast, is: Known::Later });
                    return;
                }
                None => {
                    self.unknown_stream(of, out);
                    None
                }
            },
        };
        match plan {
            Some(plan) => self.tables.push(DeclaredTable { plan, ast, is: Known::Whole }),
            None => {
                self.broken.insert(&ast.name.name);
            }
        }
    }

    /// The tables of derived events, whose fields are known when the rules that emit them are.
    pub(super) fn awaited_tables(&self) -> impl Iterator<Item = &'a ast::KeyedTable> {
        self.tables.iter().filter(|table| table.is == Known::Later).map(|table| table.ast)
    }

    /// Makes a table of derived events known; without a plan it was reported.
    pub(super) fn settle(&mut self, ast: &'a ast::KeyedTable, plan: Option<TablePlan>) {
        let name = ast.name.name.as_str();
        let at = self.tables.binary_search_by(|table| table.plan.name.as_str().cmp(name)).ok();
        match at.and_then(|at| self.tables.get_mut(at)).zip(plan) {
            Some((table, plan)) => {
                table.plan = plan;
                table.is = Known::Whole;
            }
            None => {
                self.broken.insert(name);
            }
        }
    }

    /// Reports tables that have the name of something else.
    fn tables_have_their_names(&self, out: &mut Vec<Diagnostic>) {
        for table in &self.tables {
            let name = table.plan.name.as_str();
            let stream = self.stream_named(name).map(|(_, stream)| stream);
            let param = self.params.iter().find(|param| param.plan.name == name);
            let stream = stream.and_then(DeclaredStream::name_span).map(|span| ("stream", span));
            let param = param.map(|param| ("param", param.ast.name.span));
            let event = self.emitted.get(name).map(|span| ("event", *span));
            if let Some(other) = stream.or(param).or(event) {
                two_things(name, table.ast.name.span, other, out);
            }
        }
    }

    fn param(&mut self, ast: &'a ast::Param, out: &mut Vec<Diagnostic>) {
        if let Some(first) = self.params.iter().find(|other| other.plan.name == ast.name.name) {
            declared_twice(out, "the param", &ast.name.name, ast.name.span, first.ast.name.span);
            return;
        }
        match param_plan(ast, &self.types, out) {
            Some(plan) => self.params.push(DeclaredParam { plan, ast }),
            None => {
                self.broken.insert(&ast.name.name);
            }
        }
    }

    /// A stream by its name; the rows of a table are none.
    pub(crate) fn stream_named(&self, name: &str) -> Option<(u32, &DeclaredStream<'a>)> {
        self.stream_at(name).filter(|(_, stream)| !stream.is_of_table())
    }

    /// The stream of the rows of a table in a topic, by the table's name.
    pub(crate) fn rows_named(&self, name: &str) -> Option<(u32, &DeclaredStream<'a>)> {
        self.stream_at(name).filter(|(_, stream)| stream.is_of_table())
    }

    fn stream_at(&self, name: &str) -> Option<(u32, &DeclaredStream<'a>)> {
        let at =
            self.streams.binary_search_by(|stream| stream.plan.name.as_str().cmp(name)).ok()?;
        Some((index(at), self.streams.get(at)?))
    }

    /// A param by its name.
    pub(crate) fn param_named(&self, name: &str) -> Option<(u32, &DeclaredParam<'a>)> {
        let at = self.params.binary_search_by(|param| param.plan.name.as_str().cmp(name)).ok()?;
        Some((index(at), self.params.get(at)?))
    }

    /// Whether a table has this name.
    pub(super) fn is_table(&self, name: &str) -> bool {
        self.tables.binary_search_by(|table| table.plan.name.as_str().cmp(name)).is_ok()
    }

    /// A table by its name, if what it holds is known.
    pub(crate) fn table_named(&self, name: &str) -> Option<(u32, &DeclaredTable<'a>)> {
        let at = self.tables.binary_search_by(|table| table.plan.name.as_str().cmp(name)).ok()?;
        Some((index(at), self.tables.get(at).filter(|table| table.is == Known::Whole)?))
    }

    /// Reports a stream that is not declared, unless its declaration was reported.
    pub(super) fn unknown_stream(&self, name: &ast::Ident, out: &mut Vec<Diagnostic>) {
        if self.broken.contains(name.name.as_str()) {
            return;
        }
        let streams = self.streams.iter().filter(|stream| !stream.is_of_table());
        let streams = streams.map(|stream| stream.plan.name.as_str());
        let events = self.emitted.keys().copied();
        let help = if self.emitted.contains_key(name.name.as_str()) {
            format!("`{}` is emitted by a rule; it is not a stream", name.name).into()
        } else if self.is_table(&name.name) {
            format!("`{0}` is a table; its rows are looked up: `{0}[key]`", name.name).into()
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

/// Reports a table that has the name of something else.
fn two_things(name: &str, table: Span, (what, other): (&str, Span), out: &mut Vec<Diagnostic>) {
    out.push(
        Diagnostic::new(Code::DuplicateName, format!("`{name}` is the name of two things"))
            .label(table, "this table")
            .label(other, format!("this {what}"))
            .help("choose another name for the table"),
    );
}

fn param_plan(ast: &ast::Param, types: &Types, out: &mut Vec<Diagnostic>) -> Option<ParamPlan> {
    let ty = type_of(&ast.ty, types, out);
    let default = ast.default.as_ref()?;
    let value = match &default.kind {
        ast::ExprKind::Literal(literal) => Some(literal),
        ast::ExprKind::List(_) | ast::ExprKind::Record(_) => None,
        ast::ExprKind::Error => return None,
        other => {
            let help = match other {
                ast::ExprKind::Interpolated(_) => "write `\\{` for a brace",
                _ => "write one value, such as `150`, `1.5`, `10s` or `\"text\"`",
            };
            out.push(
                Diagnostic::new(
                    Code::ParamDefault,
                    format!("the value of `{}` is not a literal", ast.name.name),
                )
                .label(default.span, "")
                .help(help),
            );
            return None;
        }
    };
    let ty = ty?;
    let value = cell::constant(default, &ty, 0).or_else(|| {
        out.push(
            Diagnostic::new(
                Code::ParamDefault,
                format!("the value of `{}` is not {ty}", ast.name.name),
            )
            .label(default.span, "")
            .label(ast.ty.span, "its type")
            .maybe_help(value.and_then(|value| param_help(value, &ty))),
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
        (ast::Literal::Int(0 | 1), Type::Bool) => "write `true` or `false`".to_owned(),
        (ast::Literal::Decimal(_), Type::Int) => "write `decimal` as its type".to_owned(),
        (ast::Literal::Duration(_), Type::Int) => "write `duration` as its type".to_owned(),
        (ast::Literal::String(_), _) => "write `string` as its type".to_owned(),
        _ => return None,
    };
    Some(help)
}

/// A param's value from the text of `--set NAME=TEXT`: a literal of its type; for a `string` or an
/// enum the text itself will do.
pub(crate) fn value_from_text(text: &str, ty: &Type) -> Option<Value> {
    if ty.is_structured() && text.starts_with(['[', '{']) {
        return cell::json(text, ty, 0);
    }
    crate::parse::literal(text).and_then(|literal| literal_of_type(&literal, ty)).or_else(|| {
        match ty.base() {
            Type::String => Some(Value::text(text)),
            Type::Enum(texts) if texts.iter().any(|known| **known == *text) => {
                Some(Value::text(text))
            }
            _ => None,
        }
    })
}
