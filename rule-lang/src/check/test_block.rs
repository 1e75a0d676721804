//! Test blocks: their tables against streams and derived events.

use super::columns::{Columns, OF_EVENTS, columns, error_columns};
use super::{Declared, Events, Usage, cell};
use crate::ast::{self, ExpectKind, GivenEvents};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::test_case::{Expectation, ExpectationKind, ExpectedRow, TestCase};
use cep_core::plan::{ParamId, StreamId};
use cep_core::value::{Type, Value};
use std::collections::BTreeSet;

/// What a test is checked against.
pub(super) struct Context<'c, 'a> {
    pub(super) declared: &'c Declared<'a>,
    events: &'c Events,
    /// (stream, field) pairs that some rule reads.
    pub(super) read: &'c BTreeSet<(u32, u32)>,
    pub(super) base_us: i64,
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
    // The rows of a table in a topic come as events do; where they stand in a file they are there from the start.
    let is_table = |given: &&ast::Given| {
        declared.table_named(&given.stream.name).is_some()
            && (declared.rows_named(&given.stream.name).is_none()
                || matches!(given.events, GivenEvents::File(_)))
    };
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
