//! Lists and records over columns, and what stops or raises errors.
//!
//! A fold lays the elements of all rows end to end and computes its condition and value for them
//! in a scope of their own, in which what belongs to a row is repeated for each of its elements.

use super::{Errors, Evaluated, Instants, Operand, Scope, evaluate as evaluate_in, row_by_row};
use crate::function::{EvalError, apply_fold, apply_index};
use crate::plan::{Expr, ExprKind, Fold};
use crate::value::{Column, Type, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// Computes one of the kinds that this file is about.
pub(super) fn evaluate<'a>(expr: &Expr, scope: &Scope<'a>) -> Evaluated<'a> {
    let all = |exprs: &mut dyn Iterator<Item = &Expr>| {
        exprs.map(|expr| evaluate_in(expr, scope)).collect::<Vec<_>>()
    };
    match &expr.kind {
        ExprKind::Member(record, index) => {
            let record = vec![evaluate_in(record, scope)];
            row_by_row(&expr.ty, record, scope.len, |values| match values {
                [record] => Ok(record.member(*index as usize)),
                _ => Err(EvalError::WrongType),
            })
        }
        ExprKind::Index(list, index) => {
            let operands = vec![evaluate_in(list, scope), evaluate_in(index, scope)];
            row_by_row(&expr.ty, operands, scope.len, |values| match values {
                [list, index] => apply_index(list, index),
                _ => Err(EvalError::WrongType),
            })
        }
        ExprKind::List(items) => {
            let items = all(&mut items.iter());
            row_by_row(&expr.ty, items, scope.len, |values| Ok(Value::List(values.into())))
        }
        ExprKind::Record(members) => {
            let values = all(&mut members.iter().map(|(_, member)| member));
            let names: Vec<Arc<str>> =
                members.iter().map(|(name, _)| name.as_str().into()).collect();
            row_by_row(&expr.ty, values, scope.len, |values| {
                Ok(Value::Record(names.iter().cloned().zip(values.iter().cloned()).collect()))
            })
        }
        ExprKind::Fold(fold) => fold_rows(fold, &expr.ty, scope),
        ExprKind::Try(inner) => attempt(&expr.ty, evaluate_in(inner, scope), scope.len),
        ExprKind::Fail(why) => {
            let why = vec![evaluate_in(why, scope)];
            row_by_row(&expr.ty, why, scope.len, |values| match values {
                [Value::Text(why)] => Err(EvalError::Failed(why.to_string())),
                _ => Err(EvalError::WrongType),
            })
        }
        _ => Evaluated::missing(),
    }
}

/// Null where there is an error.
fn attempt<'a>(ty: &Type, inner: Evaluated<'a>, len: usize) -> Evaluated<'a> {
    if inner.errors.is_empty() {
        return inner;
    }
    let mut column = Column::new(ty);
    for row in 0..len {
        match inner.errors.of(row) {
            Some(_) => column.push_null(),
            None => column.push(&inner.operand.get(row)),
        }
    }
    Evaluated { operand: Operand::Column(Cow::Owned(column)), errors: Errors::default() }
}

/// The elements of all rows, end to end.
struct Elements {
    /// The row each belongs to.
    rows: Vec<u32>,
    values: Column,
}

impl Elements {
    fn of(lists: &Evaluated<'_>, element: &Type, len: usize) -> Self {
        let mut found = Self { rows: Vec::new(), values: Column::new(element) };
        for (row, number) in (0..len).zip(0_u32..) {
            if lists.errors.of(row).is_some() {
                continue;
            }
            if let Value::List(values) = lists.operand.get(row) {
                found.rows.extend(values.iter().map(|_| number));
                values.iter().for_each(|value| found.values.push(value));
            }
        }
        found
    }
}

fn fold_rows<'a>(fold: &Fold, ty: &Type, scope: &Scope<'a>) -> Evaluated<'a> {
    let lists = evaluate_in(&fold.list, scope);
    let element = match fold.list.ty.base() {
        Type::List(element) => element.as_ref(),
        other => other,
    };
    let Elements { rows, values } = Elements::of(&lists, element, scope.len);
    let repeated = Repeated::new(fold, values, &rows, scope);
    let inner = repeated.scope(rows.len(), scope);
    let condition = fold.condition.as_ref().map(|condition| evaluate_in(condition, &inner));
    let value = evaluate_in(&fold.value, &inner);
    let mut column = Column::new(ty);
    let mut errors = Errors::default();
    let mut at = 0;
    for (row, number) in (0..scope.len).zip(0_u32..) {
        let mut taken = Ok(Vec::new());
        while rows.get(at) == Some(&number) {
            taken = taken.and_then(|taken| take(taken, at, condition.as_ref(), &value));
            at += 1;
        }
        let result = match lists.errors.of(row) {
            Some(error) => Err(error.clone()),
            None => taken.and_then(|values| apply_fold(fold.function, ty, values)),
        };
        match result {
            Ok(value) => column.push(&value),
            Err(error) => {
                column.push_null();
                errors.push(row, error);
            }
        }
    }
    Evaluated { operand: Operand::Column(Cow::Owned(column)), errors }
}

/// Adds what is taken of an element, if it counts.
fn take(
    mut taken: Vec<Value>,
    at: usize,
    condition: Option<&Evaluated<'_>>,
    value: &Evaluated<'_>,
) -> Result<Vec<Value>, EvalError> {
    let is_in = match condition {
        None => true,
        Some(condition) => match condition.errors.of(at) {
            Some(error) => return Err(error.clone()),
            None => condition.operand.holds(at),
        },
    };
    if is_in {
        match value.errors.of(at) {
            Some(error) => return Err(error.clone()),
            None => taken.push(value.operand.get(at)),
        }
    }
    Ok(taken)
}

/// What belongs to rows, repeated for each of their elements.
struct Repeated {
    fields: Vec<Column>,
    keys: Vec<Column>,
    aggregates: Vec<(Column, Errors)>,
    previous: Vec<(Column, Errors)>,
    starts: Option<Column>,
    ends: Option<Column>,
    indices: Option<Column>,
    since: Option<Column>,
    held: Option<Column>,
    instants: Vec<i64>,
    items: Vec<(u32, Column)>,
}

impl Repeated {
    fn new(fold: &Fold, elements: Column, rows: &[u32], scope: &Scope<'_>) -> Self {
        let mut fields = vec![false; scope.fields.len()];
        let mut see = |node: &ExprKind| {
            if let ExprKind::Field(index) = node
                && let Some(mark) = fields.get_mut(*index as usize)
            {
                *mark = true;
            }
        };
        fold.value.visit(&mut see);
        fold.condition.iter().for_each(|condition| condition.visit(&mut see));
        let repeat = |column: &Column| column.gather(rows);
        let repeat_results =
            |(column, errors): &(Column, Errors)| (repeat(column), errors.pick(rows));
        let field = |(column, is_read): (&Column, bool)| {
            // What nobody reads is not repeated.
            if is_read { repeat(column) } else { column.gather(&[]) }
        };
        let mut items: Vec<(u32, Column)> =
            scope.items.iter().map(|(item, column)| (*item, repeat(column))).collect();
        items.push((fold.item, elements));
        Self {
            fields: scope.fields.iter().zip(fields).map(field).collect(),
            keys: scope.keys.iter().map(repeat).collect(),
            aggregates: scope.aggregates.iter().map(repeat_results).collect(),
            previous: scope.previous.iter().map(repeat_results).collect(),
            starts: scope.starts.map(repeat),
            ends: scope.ends.map(repeat),
            indices: scope.indices.map(repeat),
            since: scope.since.map(repeat),
            held: scope.held.map(repeat),
            instants: rows.iter().map(|row| scope.instants.of(*row as usize).0).collect(),
            items,
        }
    }

    fn scope<'s>(&'s self, len: usize, outer: &Scope<'s>) -> Scope<'s> {
        Scope {
            len,
            fields: &self.fields,
            keys: &self.keys,
            aggregates: &self.aggregates,
            previous: &self.previous,
            starts: self.starts.as_ref(),
            ends: self.ends.as_ref(),
            indices: self.indices.as_ref(),
            since: self.since.as_ref(),
            held: self.held.as_ref(),
            constants: outer.constants,
            instants: Instants::Each(&self.instants),
            items: &self.items,
        }
    }
}
