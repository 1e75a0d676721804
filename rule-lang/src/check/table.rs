//! Tables: their fields and keys, and looking a row up.

use super::clauses::window_of;
use super::convert::to;
use super::scope::Scope;
use super::stream::{self, Side, connector, field_plan};
use super::types::Types;
use super::{Declared, declared_twice, index};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic, field_meant};
use crate::source::Span;
use crate::typed::{Expr, ExprKind};
use cep_core::plan::{FieldPlan, LiveRows, StreamId, StreamPlan, TablePlan, TableRows};
use cep_core::value::Type;

/// How long a topic of rows is silent before time goes on without it, if the table does not say. Rows change
/// seldom, and what looks them up waits for them.
const IDLE: cep_core::time::Span = cep_core::time::Span::from_secs(1);

/// A table and where it is declared.
pub(crate) struct DeclaredTable<'a> {
    pub plan: TablePlan,
    pub ast: &'a ast::KeyedTable,
    pub is: Known,
}

/// What the rows of a table are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Its own.
    Own,
    /// Events of a stream that is declared.
    OfStream,
    /// Events that rules emit.
    OfRules,
}

/// Whether it is known what a table holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Whole,
    /// It holds derived events, and the rules that emit them were not looked at yet; or they were
    /// reported.
    Later,
}

/// The table's plan, without rows; `None` if it was reported.
pub(super) fn check(
    ast: &ast::KeyedTable,
    types: &Types,
    out: &mut Vec<Diagnostic>,
) -> Option<TablePlan> {
    let before = out.len();
    let mut fields: Vec<FieldPlan> = Vec::new();
    for (at, field) in ast.fields.iter().enumerate() {
        let earlier = ast.fields.iter().take(at).find(|other| other.name.name == field.name.name);
        match earlier {
            Some(earlier) => {
                let spans = (field.name.span, earlier.name.span);
                declared_twice(out, "the field", &field.name.name, spans.0, spans.1);
            }
            None => fields.extend(field_plan(field, types, out)),
        }
    }
    let key = key_of(ast, Rows::Own, &fields, out);
    let time = ast.time.as_ref().and_then(|time| time_field(ast, time, &fields, out));
    let from = ast.connector.as_ref().and_then(|ast| connector(ast, Side::Table, out));
    // Warnings do not come from here: what was reported is an error.
    (out.len() == before).then(|| TablePlan { time, from, ..plan_of(ast, fields, key) })
}

/// Whether a table's rows are written to a topic, one after the other, and read as they come.
pub(super) fn is_of_topic(ast: &ast::KeyedTable) -> bool {
    ast.connector.as_ref().is_some_and(|it| matches!(it.kind.name.as_str(), "kafka" | "log"))
}

/// The stream of the rows of a table in a topic; `None` if something was reported.
pub(super) fn stream(
    ast: &ast::KeyedTable,
    types: &Types,
    out: &mut Vec<Diagnostic>,
) -> Option<StreamPlan> {
    let before = out.len();
    let of_record = ast::TimeClause {
        field: None,
        lateness_us: None,
        idle_us: None,
        ahead_us: None,
        span: ast.name.span,
    };
    let rows = ast::Stream {
        doc: ast.doc.clone(),
        name: ast.name.clone(),
        connector: ast.connector.clone(),
        fields: ast.fields.clone(),
        key: None,
        time: Some(ast.time.clone().unwrap_or(of_record)),
        span: ast.span,
    };
    let mut plan = stream::check(&rows, Side::Table, types, out).filter(|_| out.len() == before)?;
    plan.idle = plan.idle.or(Some(IDLE));
    plan.fields.push(FieldPlan::deletion());
    Some(plan)
}

/// The plan of a table of the latest events of a stream, or of those that rules emit; `None` if
/// something was reported.
pub(super) fn check_of_stream(
    ast: &ast::KeyedTable,
    rows: Rows,
    of: u32,
    stream: &StreamPlan,
    out: &mut Vec<Diagnostic>,
) -> Option<TablePlan> {
    let before = out.len();
    let own = stream.deletion().unwrap_or(stream.fields.len());
    let fields = stream.fields.get(..own).unwrap_or_default();
    let key = key_of(ast, rows, fields, out);
    let from = stream.from.clone().filter(|_| ast.of.is_none());
    let plan = || plan_of(ast, fields.to_vec(), key);
    (out.len() == before).then(|| TablePlan { of: Some(StreamId(of)), from, ..plan() })
}

/// The plan of a table of derived events before anything is known of these.
pub(super) fn awaited(ast: &ast::KeyedTable) -> TablePlan {
    plan_of(ast, Vec::new(), Vec::new())
}

fn plan_of(ast: &ast::KeyedTable, fields: Vec<FieldPlan>, key: Vec<u32>) -> TablePlan {
    TablePlan {
        name: ast.name.name.clone(),
        doc: ast.doc.clone(),
        fields,
        key,
        time: None,
        of: None,
        from: None,
        rows: TableRows::default(),
        live: LiveRows::default(),
    }
}

/// What rows are found by.
fn key_of(
    ast: &ast::KeyedTable,
    rows: Rows,
    fields: &[FieldPlan],
    out: &mut Vec<Diagnostic>,
) -> Vec<u32> {
    if ast.key.is_empty() {
        let name = fields.first().map_or("f", |field| field.name.as_str());
        let place = match rows {
            Rows::Own => "behind its braces",
            Rows::OfStream => "behind the stream",
            Rows::OfRules => "behind the event",
        };
        out.push(
            Diagnostic::new(
                Code::TableKey,
                format!("the table `{}` does not say what its rows are found by", ast.name.name),
            )
            .label(ast.name.span, "")
            .help(format!("write `key {name}` {place}")),
        );
    }
    ast.key.iter().filter_map(|part| key_part(ast, part, rows, fields, out)).collect()
}

fn key_part(
    ast: &ast::KeyedTable,
    part: &ast::Ident,
    rows: Rows,
    fields: &[FieldPlan],
    out: &mut Vec<Diagnostic>,
) -> Option<u32> {
    let Some(at) = fields.iter().position(|field| field.name == part.name) else {
        if !ast.fields.iter().any(|field| field.name.name == part.name) {
            let known = fields.iter().map(|field| field.name.as_str());
            out.push(
                Diagnostic::new(
                    Code::UnknownKeyOrTime,
                    format!("`{}` has no field `{}`", ast.name.name, part.name),
                )
                .label(part.span, "`key` names a field of its rows")
                .maybe_help(field_meant(&part.name, &ast.name.name, known)),
            );
        }
        return None;
    };
    let field = fields.get(at)?;
    let twice = ast.key.iter().take_while(|other| other.span != part.span);
    if let Some(first) = twice.into_iter().find(|other| other.name == part.name) {
        declared_twice(out, "the key field", &part.name, part.span, first.span);
        return None;
    }
    if field.ty.is_optional() || field.ty.is_structured() {
        let help = if field.ty.is_optional() && rows == Rows::OfRules {
            format!("emit a value that is always there: `{}: … ?? …`", field.name)
        } else if field.ty.is_optional() {
            format!("declare `{}: {}`", field.name, field.ty.base())
        } else {
            "rows are found by plain values: numbers, texts, times".to_owned()
        };
        out.push(
            Diagnostic::new(
                Code::TableKey,
                format!("`{}` is {}, rows cannot be found by it", part.name, field.ty),
            )
            .label(part.span, "a key is one plain value that is always there")
            .help(help),
        );
        return None;
    }
    Some(index(at))
}

/// The field that says from when on a row holds.
fn time_field(
    ast: &ast::KeyedTable,
    time: &ast::TimeClause,
    fields: &[FieldPlan],
    out: &mut Vec<Diagnostic>,
) -> Option<u32> {
    let options = [&time.lateness_us, &time.idle_us, &time.ahead_us];
    if let Some(option) = options.into_iter().flatten().next() {
        out.push(
            Diagnostic::new(Code::UnknownOption, "the rows of a table are not waited for")
                .label(option.span, "they are all read when the run begins")
                .maybe_help(
                    time.field.as_ref().map(|field| format!("write `time {}`", field.name)),
                ),
        );
        return None;
    }
    let Some(name) = &time.field else {
        let stamp = fields.iter().find(|field| field.ty == Type::Timestamp);
        out.push(
            Diagnostic::new(Code::TimeField, "the rows of a file are no records with a time")
                .label(time.span, "`time` names the field that says from when on a row holds")
                .maybe_help(stamp.map(|field| format!("write `time {}`", field.name))),
        );
        return None;
    };
    let Some(at) = fields.iter().position(|field| field.name == name.name) else {
        if !ast.fields.iter().any(|field| field.name.name == name.name) {
            let known = fields.iter().map(|field| field.name.as_str());
            out.push(
                Diagnostic::new(
                    Code::UnknownKeyOrTime,
                    format!("`{}` has no field `{}`", ast.name.name, name.name),
                )
                .label(name.span, "`time` names a field of the table")
                .maybe_help(field_meant(&name.name, &ast.name.name, known)),
            );
        }
        return None;
    };
    let field = fields.get(at)?;
    if field.ty != Type::Timestamp {
        let name = &name.name;
        let title = format!("`{name}` is {}, time is a timestamp that is always there", field.ty);
        out.push(
            Diagnostic::new(Code::TimeField, title)
                .label(time.span, "from when on a row holds")
                .help(format!("declare `{name}: timestamp`")),
        );
        return None;
    }
    Some(index(at))
}

/// The tables of streams, and of derived events, that an expression looks up.
pub(super) fn live_tables<'d>(expr: &Expr, declared: &'d Declared<'_>) -> Vec<&'d TablePlan> {
    let mut found = Vec::new();
    expr.visit(&mut |node| {
        if let ExprKind::Lookup(id, _) = node.kind {
            let table = declared.tables.get(id as usize).map(|table| &table.plan);
            found.extend(table.filter(|plan| plan.of.is_some()));
        }
    });
    found
}

impl Scope<'_, '_> {
    /// The table that a name stands for here: a field, `let` or param of that name hides it.
    pub(super) fn table_of(&self, base: &ast::Expr) -> Option<u32> {
        let ast::ExprKind::Name(name) = &base.kind else { return None };
        let hidden = self.element(name).is_some()
            || self.lets.iter().any(|other| other.name == name)
            || self.keys.iter().any(|key| key.name == *name)
            || self.field(name).is_some();
        self.declared.table_named(name).filter(|_| !hidden).map(|(id, _)| id)
    }

    /// `Table[key, …]`
    pub(super) fn look_up(&mut self, id: u32, parts: &[ast::Expr], base: Span) -> Option<Expr> {
        let plan = &self.declared.tables.get(id as usize)?.plan;
        self.usage.tables.insert(id);
        self.usage.streams.extend(plan.of.map(|of| of.0));
        let found: Vec<Option<Expr>> = parts.iter().map(|part| self.present(part)).collect();
        let fields: Vec<&FieldPlan> =
            plan.key.iter().filter_map(|at| plan.fields.get(*at as usize)).collect();
        let form = fields.iter().map(|field| format!("{}: {}", field.name, field.ty));
        let form = form.collect::<Vec<_>>().join(", ");
        if parts.len() != fields.len() {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            let count = parts.len();
            let span = parts.last().map_or(base, |last| base.to(last.span));
            self.out.push(
                Diagnostic::new(
                    Code::ArgumentCount,
                    format!("the rows of `{}` are found by {form}", plan.name),
                )
                .label(
                    span,
                    format!("this gives {count} value{}", if count == 1 { "" } else { "s" }),
                )
                .help(format!("write `{}[{}]`", plan.name, names.join(", "))),
            );
            return None;
        }
        let mut key = Vec::new();
        for ((part, field), ast) in found.into_iter().zip(fields).zip(parts) {
            key.push(part.and_then(|part| self.key_value(part, field, &plan.name, ast.span)));
        }
        let key = key.into_iter().collect::<Option<Vec<Expr>>>()?;
        Some(Expr::new(plan.row_type().optional(), ExprKind::Lookup(id, key)))
    }

    fn key_value(
        &mut self,
        part: Expr,
        field: &FieldPlan,
        table: &str,
        span: Span,
    ) -> Option<Expr> {
        let choice = (Expr::new(field.ty.clone(), ExprKind::Field(0)), span);
        if self.unknown_choice(&choice, &(part.clone(), span)) {
            return None;
        }
        // The texts of an enum are texts: one that is none of them finds nothing.
        let is_text = |ty: &Type| matches!(ty, Type::String | Type::Enum(_));
        if is_text(&field.ty) && is_text(&part.ty) {
            return Some(part);
        }
        let given = part.ty.clone();
        let found = to(part, &field.ty);
        if found.is_none() {
            self.out.push(
                Diagnostic::new(
                    Code::ArgumentType,
                    format!("the rows of `{table}` are found by {}: {}", field.name, field.ty),
                )
                .label(span, format!("this is {given}")),
            );
        }
        found
    }
}

/// Reports `allow` in a rule that looks up a table of a stream.
pub(super) fn without_revisions(
    ast: &ast::Rule,
    looked_up: &[&TablePlan],
    out: &mut Vec<Diagnostic>,
) -> Option<()> {
    let allow = window_of(ast).and_then(|window| window.allow_us.as_ref());
    let Some((allow, table)) = allow.zip(looked_up.first()) else { return Some(()) };
    out.push(
        Diagnostic::new(
            Code::AllowPlace,
            format!("`allow` and a look-up in `{}` do not go together", table.name),
        )
        .label(allow.span, "looking it up needs the events in the order of time")
        .help("remove `allow` and give the stream a larger `lateness`"),
    );
    None
}
