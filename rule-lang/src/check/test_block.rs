//! Test blocks: their tables against streams and derived events.

use super::columns::{Columns, OF_EVENTS, TIME, columns, error_columns};
use super::declare::DeclaredStream;
use super::{Declared, Events, Usage, cell, index};
use crate::ast::{self, ExpectKind, GivenEvents};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::test_case::{
    Column, Expectation, ExpectationKind, ExpectedRow, Given, GivenEvent, GivenFile, GivenTable,
    TestCase,
};
use cep_core::plan::{ParamId, StreamId, StreamPlan, TableId, TablePlan, TimeSource};
use cep_core::value::{Type, Value};
use std::collections::BTreeSet;

/// What a test is checked against.
struct Context<'c, 'a> {
    declared: &'c Declared<'a>,
    events: &'c Events,
    /// (stream, field) pairs that some rule reads.
    read: &'c BTreeSet<(u32, u32)>,
    base_us: i64,
}

/// The test, if everything in it could be understood.
pub(super) fn check(
    ast: &ast::Test,
    declared: &Declared<'_>,
    events: &Events,
    read: &BTreeSet<(u32, u32)>,
    usage: &mut Usage,
    out: &mut Vec<Diagnostic>,
) -> Option<TestCase> {
    let base_us = ast.base_us.as_ref().map_or(0, |base| base.value);
    let context = Context { declared, events, read, base_us };
    let before = out.len();
    let params =
        ast.sets.iter().filter_map(|(name, value)| context.set(name, value, out)).collect();
    let is_table = |given: &&ast::Given| declared.table_named(&given.stream.name).is_some();
    let (tables, given): (Vec<_>, Vec<_>) = ast.givens.iter().partition(is_table);
    let tables = tables.iter().filter_map(|given| context.given_table(given, out)).collect();
    let given = given.iter().filter_map(|given| context.given(given, out)).collect();
    let until = ast.until.as_ref().and_then(|until| {
        let at = cell::value(&until.value, &Type::Timestamp, base_us);
        match at {
            Some(Value::Timestamp(at)) => Some(at),
            _ => {
                out.push(
                    Diagnostic::new(Code::CellType, "this is outside the years 1 to 9999")
                        .label(until.span, ""),
                );
                None
            }
        }
    });
    for name in ast.expects.iter().filter_map(|expect| expect.name.as_ref()) {
        usage.expected.insert(name.name.clone());
    }
    let expectations =
        ast.expects.iter().filter_map(|expect| context.expect(expect, out)).collect();
    (out.len() == before).then(|| TestCase {
        title: ast.title.value.clone(),
        span: ast.span,
        params,
        tables,
        given,
        until,
        expectations,
    })
}

impl Context<'_, '_> {
    fn set(
        &self,
        name: &ast::Ident,
        value: &ast::Expr,
        out: &mut Vec<Diagnostic>,
    ) -> Option<(ParamId, Value)> {
        let Some((id, param)) = self.declared.param_named(&name.name) else {
            if !self.declared.broken.contains(name.name.as_str()) {
                let params = self.declared.params.iter().map(|param| param.plan.name.as_str());
                out.push(
                    Diagnostic::new(
                        Code::UnknownParam,
                        format!("there is no param `{}`", name.name),
                    )
                    .label(name.span, "")
                    .maybe_help(did_you_mean(&name.name, params)),
                );
            }
            return None;
        };
        let found = match &value.kind {
            ast::ExprKind::Error => return None,
            _ => cell::constant(value, &param.plan.ty, self.base_us),
        };
        if found.is_none() {
            out.push(
                Diagnostic::new(
                    Code::ParamDefault,
                    format!("`{}` is {}", name.name, param.plan.ty),
                )
                .label(value.span, format!("expected a literal of type {}", param.plan.ty)),
            );
        }
        found.map(|found| (ParamId(id), found))
    }

    fn given(&self, ast: &ast::Given, out: &mut Vec<Diagnostic>) -> Option<Given> {
        let Some((id, stream)) = self.declared.stream_named(&ast.stream.name) else {
            self.declared.unknown_stream(&ast.stream, out);
            return None;
        };
        let table = match &ast.events {
            GivenEvents::Table(table) => table,
            GivenEvents::File(file) => {
                let file = GivenFile { name: file.value.clone(), span: file.span };
                return Some(Given { stream: StreamId(id), events: Vec::new(), file: Some(file) });
            }
        };
        let columns = self.stream_columns(table, stream, out);
        self.missing_columns(id, &ast.stream, table, &stream.plan, out);
        let rows: Vec<GivenEvent> = table
            .rows
            .iter()
            .filter_map(|row| self.given_event(row, &columns, table, &stream.plan, out))
            .collect();
        Some(Given { stream: StreamId(id), events: rows, file: None })
    }

    /// `given TABLE …`
    fn given_table(&self, ast: &ast::Given, out: &mut Vec<Diagnostic>) -> Option<GivenTable> {
        let (id, declared) = self.declared.table_named(&ast.stream.name)?;
        let (id, plan) = (TableId(id), &declared.plan);
        if let Some(of) = &declared.ast.of {
            let help = match self.declared.stream_named(&of.name) {
                Some(_) => format!("give the events: `given {}`", of.name),
                None => format!("give what the rules read that emit `{}`", of.name),
            };
            out.push(
                Diagnostic::new(
                    Code::GivenEvents,
                    format!("the rows of `{}` are the latest events of `{}`", plan.name, of.name),
                )
                .label(ast.stream.span, "has no rows of its own")
                .help(help),
            );
            return None;
        }
        let table = match &ast.events {
            GivenEvents::Table(table) => table,
            GivenEvents::File(file) => {
                let file = GivenFile { name: file.value.clone(), span: file.span };
                return Some(GivenTable { table: id, rows: Vec::new(), file: Some(file) });
            }
        };
        let fields: Vec<(String, Type)> =
            plan.fields.iter().map(|field| (field.name.clone(), field.ty.clone())).collect();
        let columns = columns(table, &plan.name, (&fields, &[]), &|_| false, out);
        let left_out = plan.fields.iter().find(|field| {
            !field.ty.is_optional() && table.columns.iter().all(|it| it.name != field.name)
        });
        if let Some(field) = left_out {
            let title = format!("this table leaves out `{}`", field.name);
            out.push(
                Diagnostic::new(Code::MissingColumn, title)
                    .label(ast.stream.span, "every row has it")
                    .help(format!("add a column `{}`", field.name)),
            );
            return None;
        }
        let rows: Option<Vec<Vec<Value>>> =
            table.rows.iter().map(|row| self.table_row(row, &columns, table, plan, out)).collect();
        let rows = rows?;
        if let Err(same) = plan.clone().fill(rows.clone()) {
            let span = |at: usize| table.rows.get(at).map_or(table.span, |row| row.span);
            out.push(
                Diagnostic::new(
                    Code::SameKey,
                    match plan.time {
                        None => "two rows have the same key",
                        Some(_) => "two rows have the same key and time",
                    },
                )
                .label(span(same.second), "again here")
                .label(span(same.first), "first here")
                .help("remove one of them"),
            );
        }
        Some(GivenTable { table: id, rows, file: None })
    }

    fn table_row(
        &self,
        row: &ast::Row,
        columns: &Columns,
        table: &ast::Table,
        plan: &TablePlan,
        out: &mut Vec<Diagnostic>,
    ) -> Option<Vec<Value>> {
        let mut values = vec![Value::Null; plan.fields.len()];
        let mut whole = true;
        for ((cell, column), head) in row.cells.iter().zip(columns).zip(&table.columns) {
            let Some((Column::Field(name), ty)) = column else {
                whole = false;
                continue;
            };
            let value = cell::checked(cell, &head.name, head.span, ty, self.base_us, out);
            whole &= value.is_some();
            let field = values.iter_mut().zip(&plan.fields).find(|(_, it)| it.name == *name);
            if let Some(((slot, field), value)) = field.zip(value) {
                whole &= cell::admitted(field, &value, cell.span, out);
                *slot = value;
            }
        }
        whole.then_some(values)
    }

    /// Reports fields that the table leaves out although some rule reads them.
    fn missing_columns(
        &self,
        id: u32,
        name: &ast::Ident,
        table: &ast::Table,
        stream: &StreamPlan,
        out: &mut Vec<Diagnostic>,
    ) {
        let has = |name: &str| table.columns.iter().any(|column| column.name == name);
        let needed = stream.fields.iter().enumerate().filter(|(at, field)| {
            !field.ty.is_optional() && self.read.contains(&(id, index(*at))) && !has(&field.name)
        });
        let mut missing: Vec<&str> = needed.map(|(_, field)| field.name.as_str()).collect();
        if stream.time == TimeSource::Record && !has("time") {
            missing.push("time");
        }
        if let Some(first) = missing.first() {
            let all: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            let time = match stream.time {
                TimeSource::Record => Some("time"),
                TimeSource::Field(at) => stream.fields.get(at as usize).map(|f| f.name.as_str()),
            };
            let help = if time.is_some_and(|time| missing.contains(&time)) {
                format!("add a column `{}`: the time of each event", time.unwrap_or_default())
            } else {
                format!(
                    "add a column `{first}`, or declare the field as one that may be null: `{first}: …?`"
                )
            };
            out.push(
                Diagnostic::new(
                    Code::MissingColumn,
                    format!("this table leaves out {}", all.join(", ")),
                )
                .label(name.span, "rules read what is left out")
                .help(help),
            );
        }
    }

    fn given_event(
        &self,
        row: &ast::Row,
        columns: &Columns,
        table: &ast::Table,
        stream: &StreamPlan,
        out: &mut Vec<Diagnostic>,
    ) -> Option<GivenEvent> {
        let mut values = vec![Value::Null; stream.fields.len()];
        let mut record_time = None;
        let mut whole = true;
        for ((cell, column), head) in row.cells.iter().zip(columns).zip(&table.columns) {
            let Some((column, ty)) = column else {
                whole = false;
                continue;
            };
            let Some(value) = cell::checked(cell, &head.name, head.span, ty, self.base_us, out)
            else {
                whole = false;
                continue;
            };
            match column {
                Column::Time => record_time = Some(value),
                Column::Revision | Column::Retracted => {}
                Column::Field(name) => {
                    let mut slots = values.iter_mut().zip(&stream.fields);
                    if let Some((slot, field)) = slots.find(|(_, field)| field.name == *name) {
                        whole &= cell::admitted(field, &value, cell.span, out);
                        *slot = value;
                    }
                }
            }
        }
        let time = match &stream.time {
            TimeSource::Field(at) => values.get(*at as usize).cloned(),
            TimeSource::Record => record_time,
        };
        match time {
            Some(Value::Timestamp(time)) if whole => {
                Some(GivenEvent { time, values, span: row.span })
            }
            _ => None,
        }
    }

    /// The columns of a table of a stream's events.
    fn stream_columns(
        &self,
        table: &ast::Table,
        stream: &DeclaredStream<'_>,
        out: &mut Vec<Diagnostic>,
    ) -> Columns {
        let fields = stream.plan.fields.iter();
        let fields: Vec<(String, Type)> =
            fields.map(|field| (field.name.clone(), field.ty.clone())).collect();
        let reported = |name: &str| stream.field_span(name).is_some();
        columns(table, &stream.plan.name, (&fields, &TIME), &reported, out)
    }

    fn expect(&self, ast: &ast::Expect, out: &mut Vec<Diagnostic>) -> Option<Expectation> {
        let name = ast.name.as_ref();
        let (kind, columns) = match (ast.kind, name) {
            (ExpectKind::NoError, _) => {
                no_table(ast, "`expect no error`", out);
                (ExpectationKind::NoError, Vec::new())
            }
            (ExpectKind::Error, _) | (_, None) => {
                let kind = ExpectationKind::Error {
                    text: ast.text.as_ref().map(|text| text.value.clone()),
                };
                (
                    kind,
                    ast.table.as_ref().map(|table| error_columns(table, out)).unwrap_or_default(),
                )
            }
            (ExpectKind::Late, Some(name)) => {
                let Some((id, stream)) = self.declared.stream_named(&name.name) else {
                    self.declared.unknown_stream(name, out);
                    return None;
                };
                let columns =
                    ast.table.as_ref().map(|table| self.stream_columns(table, stream, out));
                (ExpectationKind::Late(StreamId(id)), columns.unwrap_or_default())
            }
            (kind, Some(name)) => {
                let columns = self.event_columns(name, ast.table.as_ref(), out)?;
                let name = name.name.clone();
                let kind = match kind {
                    ExpectKind::Some => ExpectationKind::Some(name),
                    ExpectKind::None => ExpectationKind::None(name),
                    ExpectKind::Snapshot => {
                        no_table(ast, "`matches snapshot`", out);
                        ExpectationKind::Snapshot(name)
                    }
                    _ => ExpectationKind::All(name),
                };
                (kind, columns)
            }
        };
        let rows = ast.table.as_ref().map(|table| {
            table
                .rows
                .iter()
                .filter_map(|row| self.expected_row(row, &columns, table, out))
                .collect()
        });
        Some(Expectation { kind, rows, span: ast.span })
    }

    fn event_columns(
        &self,
        name: &ast::Ident,
        table: Option<&ast::Table>,
        out: &mut Vec<Diagnostic>,
    ) -> Option<Columns> {
        let Some(event) = self.events.by_name.get(&name.name) else {
            self.events.unknown_event(name, self.declared, out);
            return None;
        };
        let Some(table) = table else { return Some(Vec::new()) };
        // An event of a rule with errors has no known fields; nothing is compared then.
        let fields = event.fields.as_ref()?;
        let may_be_null: Vec<(String, Type)> =
            fields.iter().map(|(name, ty)| (name.clone(), ty.clone().optional())).collect();
        Some(columns(table, &name.name, (&may_be_null, &OF_EVENTS), &|_| false, out))
    }

    fn expected_row(
        &self,
        row: &ast::Row,
        columns: &Columns,
        table: &ast::Table,
        out: &mut Vec<Diagnostic>,
    ) -> Option<ExpectedRow> {
        let mut cells = Vec::new();
        for ((cell, column), head) in row.cells.iter().zip(columns).zip(&table.columns) {
            let Some((column, ty)) = column else { continue };
            let value = cell::checked(cell, &head.name, head.span, ty, self.base_us, out);
            cells.extend(value.map(|value| (column.clone(), value)));
        }
        Some(ExpectedRow { cells, span: row.span })
    }
}

fn no_table(ast: &ast::Expect, what: &str, out: &mut Vec<Diagnostic>) {
    if let Some(table) = &ast.table {
        out.push(
            Diagnostic::new(Code::Unexpected, format!("{what} takes no table"))
                .label(table.span, "")
                .help("remove the table"),
        );
    }
}
