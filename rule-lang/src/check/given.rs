//! What is given in a test: the events of streams and the rows of tables.

use super::columns::{Columns, OF_ROWS, TIME, columns, deletes};
use super::declare::DeclaredStream;
use super::test_block::Context;
use super::{cell, index};
use crate::ast::{self, GivenEvents};
use crate::diagnostic::{Code, Diagnostic};
use crate::test_case::{Column, Given, GivenEvent, GivenFile, GivenTable};
use cep_core::plan::{StreamId, StreamPlan, TableId, TablePlan, TimeSource};
use cep_core::value::{Type, Value};

impl Context<'_, '_> {
    pub(super) fn given(&self, ast: &ast::Given, out: &mut Vec<Diagnostic>) -> Option<Given> {
        let name = &ast.stream.name;
        let found = self.declared.stream_named(name).or_else(|| self.declared.rows_named(name));
        let Some((id, stream)) = found else {
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
    pub(super) fn given_table(
        &self,
        ast: &ast::Given,
        out: &mut Vec<Diagnostic>,
    ) -> Option<GivenTable> {
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
        let deletion = stream.deletion().and_then(|at| values.get_mut(at));
        let deletes = deletes(row, columns);
        deletion.into_iter().for_each(|value| *value = Value::Bool(deletes));
        for ((cell, column), head) in row.cells.iter().zip(columns).zip(&table.columns) {
            let Some((column, ty)) = column else {
                whole = false;
                continue;
            };
            if *column == Column::Deleted && cell.value == Some(ast::Literal::Null)
                || deletes && self.says_nothing(cell, column, stream)
            {
                continue;
            }
            let Some(value) = cell::checked(cell, &head.name, head.span, ty, self.base_us, out)
            else {
                whole = false;
                continue;
            };
            match column {
                Column::Time => record_time = Some(value),
                Column::Revision | Column::Retracted | Column::Deleted => {}
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

    /// Whether a cell of a row that is deleted is null and none of the key's.
    fn says_nothing(
        &self,
        cell: &ast::Spanned<Option<ast::Literal>>,
        column: &Column,
        stream: &StreamPlan,
    ) -> bool {
        let table = self.declared.table_named(&stream.name).map(|(_, table)| &table.plan);
        let key = table.map_or(&[][..], |table| &table.key).iter();
        let mut key = key.filter_map(|at| stream.fields.get(*at as usize));
        let of_key = key.any(|field| *column == Column::Field(field.name.clone()));
        !of_key && *column != Column::Time && cell.value == Some(ast::Literal::Null)
    }

    /// The columns of a table of a stream's events.
    pub(super) fn stream_columns(
        &self,
        table: &ast::Table,
        stream: &DeclaredStream<'_>,
        out: &mut Vec<Diagnostic>,
    ) -> Columns {
        let deletion = stream.plan.deletion();
        let fields = stream.plan.fields.iter().take(deletion.unwrap_or(usize::MAX));
        let fields: Vec<(String, Type)> =
            fields.map(|field| (field.name.clone(), field.ty.clone())).collect();
        let reported = |name: &str| stream.field_span(name).is_some();
        let own = if deletion.is_some() { &OF_ROWS[..] } else { &TIME };
        columns(table, &stream.plan.name, (&fields, own), &reported, out)
    }
}
