//! Expressions over columns.
//!
//! One call computes an expression for all rows of a scope. A row without a value stands in
//! [`Errors`]; where the language does not evaluate an operand, its errors do not count.
//! Comparisons and arithmetic of plain numbers have loops of their own; everything else goes row
//! by row through [`crate::function`].

mod constants;
mod errors;
mod search;
mod structure;
mod text;
mod whole;

pub use constants::{Constants, Instants};
pub use errors::Errors;

use crate::function::{EvalError, Function, apply_binary, apply_unary, made_text};
use crate::plan::{BinaryOp, Expr, ExprKind, TableId, TextPart, UnaryOp};
use crate::value::{Column, ColumnData, Type, Value};
use std::borrow::Cow;
use whole::whole_numbers;

/// What the leaves of an expression stand for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'a> {
    /// The number of rows.
    pub len: usize,
    /// The stream's fields.
    pub fields: &'a [Column],
    /// The parts of the group key.
    pub keys: &'a [Column],
    /// The aggregates, with the rows that have none.
    pub aggregates: &'a [(Column, Errors)],
    /// The aggregates in windows before, likewise.
    pub previous: &'a [(Column, Errors)],
    /// The windows' starts, in microseconds.
    pub starts: Option<&'a Column>,
    /// The windows' ends, in microseconds.
    pub ends: Option<&'a Column>,
    /// How many windows were before them.
    pub indices: Option<&'a Column>,
    /// Since when the edges' conditions have held, in microseconds.
    pub since: Option<&'a Column>,
    /// For how long.
    pub held: Option<&'a Column>,
    /// The parameters and the tables.
    pub constants: Option<&'a Constants>,
    /// What tables are looked up as of.
    pub instants: Instants<'a>,
    /// The elements of the folds around, by their numbers; the innermost last.
    pub items: &'a [(u32, Column)],
}

/// The values of an expression: a column, or one value for all rows.
#[derive(Clone, Debug)]
pub enum Operand<'a> {
    /// A value a row.
    Column(Cow<'a, Column>),
    /// The same value for all rows.
    Constant(Value),
}

impl Operand<'_> {
    /// The value of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> Value {
        match self {
            Self::Column(column) => column.get(row),
            Self::Constant(value) => value.clone(),
        }
    }

    /// Whether a row has this value. Texts are compared where they stand.
    #[must_use]
    pub fn is(&self, row: usize, value: &Value) -> bool {
        match self {
            Self::Column(column) => column.is(row, value),
            Self::Constant(own) => own == value,
        }
    }

    /// Whether a row is true.
    #[must_use]
    pub fn holds(&self, row: usize) -> bool {
        match self {
            Self::Column(column) => match &column.data {
                ColumnData::Bool(values) => {
                    values.get(row).copied().unwrap_or(false) && column.is_valid(row)
                }
                _ => false,
            },
            Self::Constant(value) => *value == Value::Bool(true),
        }
    }

    /// The values as a column of `len` rows.
    #[must_use]
    pub fn into_column(self, ty: &Type, len: usize) -> Column {
        match self {
            Self::Column(column) => column.into_owned(),
            Self::Constant(value) => {
                let mut column = Column::new(ty);
                (0..len).for_each(|_| column.push(&value));
                column
            }
        }
    }
}

/// The values of an expression and the rows that have none.
#[derive(Clone, Debug)]
pub struct Evaluated<'a> {
    /// The values; rows with errors hold anything.
    pub operand: Operand<'a>,
    /// The rows without a value.
    pub errors: Errors,
}

impl<'a> Evaluated<'a> {
    fn column(column: &'a Column) -> Self {
        Self { operand: Operand::Column(Cow::Borrowed(column)), errors: Errors::default() }
    }

    fn owned(data: ColumnData, errors: Errors) -> Self {
        Self { operand: Operand::Column(Cow::Owned(Column::dense(data))), errors }
    }

    fn constant(value: Value) -> Self {
        Self { operand: Operand::Constant(value), errors: Errors::default() }
    }

    fn missing() -> Self {
        Self::constant(Value::Null)
    }
}

/// Computes an expression for all rows of a scope.
#[must_use]
pub fn evaluate<'a>(expr: &Expr, scope: &Scope<'a>) -> Evaluated<'a> {
    let at = |columns: &'a [Column], index: u32| {
        columns.get(index as usize).map_or_else(Evaluated::missing, Evaluated::column)
    };
    let found = |results: &'a [(Column, Errors)], index: u32| match results.get(index as usize) {
        Some((column, errors)) => Evaluated { errors: errors.clone(), ..Evaluated::column(column) },
        None => Evaluated::missing(),
    };
    match &expr.kind {
        ExprKind::Literal(value) => Evaluated::constant(value.clone()),
        ExprKind::Param(id) => scope
            .constants
            .and_then(|constants| constants.param(*id))
            .map_or_else(Evaluated::missing, |value| Evaluated::constant(value.clone())),
        ExprKind::Lookup(table, key) => {
            let key: Vec<_> = key.iter().map(|part| evaluate(part, scope)).collect();
            look_up(*table, &expr.ty, key, scope)
        }
        ExprKind::Field(index) => at(scope.fields, *index),
        ExprKind::Key(index) => at(scope.keys, *index),
        ExprKind::Aggregate(index) => found(scope.aggregates, *index),
        ExprKind::Previous(index) => found(scope.previous, *index),
        ExprKind::WindowStart => scope.starts.map_or_else(Evaluated::missing, Evaluated::column),
        ExprKind::WindowEnd => scope.ends.map_or_else(Evaluated::missing, Evaluated::column),
        ExprKind::WindowIndex => scope.indices.map_or_else(Evaluated::missing, Evaluated::column),
        ExprKind::WhenStart => scope.since.map_or_else(Evaluated::missing, Evaluated::column),
        ExprKind::WhenDuration => scope.held.map_or_else(Evaluated::missing, Evaluated::column),
        ExprKind::Unary(op, operand) => unary(*op, &expr.ty, evaluate(operand, scope), scope.len),
        ExprKind::Binary(op, left, right) => {
            let (left, right) = (evaluate(left, scope), evaluate(right, scope));
            binary(*op, &expr.ty, left, right, scope.len)
        }
        ExprKind::If(condition, yes, no) => {
            let condition = evaluate(condition, scope);
            let branches = (evaluate(yes, scope), evaluate(no, scope));
            choose(&expr.ty, condition, branches.0, branches.1, scope.len)
        }
        ExprKind::In(needle, options) => {
            let needle = evaluate(needle, scope);
            let options = options.iter().map(|option| evaluate(option, scope)).collect();
            membership(needle, options, scope.len)
        }
        ExprKind::Call(function, arguments) => {
            let arguments: Vec<_> = arguments.iter().map(|each| evaluate(each, scope)).collect();
            let apply = function.info().apply;
            row_by_row(&expr.ty, arguments, scope.len, apply)
        }
        ExprKind::Search(function, pattern, arguments) => {
            let arguments = arguments.iter().map(|each| evaluate(each, scope)).collect();
            search::evaluate(*function, pattern, &expr.ty, arguments, scope.len)
        }
        ExprKind::Text(parts) => interpolate(parts, scope),
        ExprKind::Item(item) => {
            let found = scope.items.iter().rev().find(|(known, _)| known == item);
            found.map_or_else(Evaluated::missing, |(_, column)| Evaluated::column(column))
        }
        ExprKind::Member(..)
        | ExprKind::Index(..)
        | ExprKind::List(_)
        | ExprKind::Record(_)
        | ExprKind::Fold(_)
        | ExprKind::Try(_)
        | ExprKind::Fail(_) => structure::evaluate(expr, scope),
    }
}

/// The rows of a table with these keys, each as of its row's instant.
fn look_up<'a>(
    table: TableId,
    ty: &Type,
    mut key: Vec<Evaluated<'a>>,
    scope: &Scope<'a>,
) -> Evaluated<'a> {
    key.push(match scope.instants {
        Instants::Same(instant) => Evaluated::constant(Value::Timestamp(instant)),
        Instants::Each(of) => {
            Evaluated::owned(ColumnData::Timestamp(of.to_vec()), Errors::default())
        }
    });
    row_by_row(ty, key, scope.len, |values| match (values, scope.constants) {
        ([key @ .., Value::Timestamp(at)], Some(constants)) => {
            Ok(constants.look_up(table, key, *at))
        }
        _ => Ok(Value::Null),
    })
}

/// Computes each row through single values; rows with an error in an argument keep it.
fn row_by_row<'a>(
    ty: &Type,
    arguments: Vec<Evaluated<'a>>,
    len: usize,
    apply: impl Fn(&[Value]) -> Result<Value, EvalError>,
) -> Evaluated<'a> {
    let mut errors = Errors::default();
    let mut operands = Vec::with_capacity(arguments.len());
    for argument in arguments {
        errors.merge(argument.errors);
        operands.push(argument.operand);
    }
    if errors.is_empty() && operands.iter().all(|it| matches!(it, Operand::Constant(_))) {
        let values: Vec<_> = operands.iter().map(|operand| operand.get(0)).collect();
        return match apply(&values) {
            Ok(value) => Evaluated::constant(value),
            Err(error) => {
                (0..len).for_each(|row| errors.push(row, error.clone()));
                Evaluated { operand: Operand::Constant(Value::Null), errors }
            }
        };
    }
    let mut column = Column::new(ty);
    let mut fresh = Errors::default();
    let mut values = Vec::with_capacity(operands.len());
    for row in 0..len {
        values.clear();
        values.extend(operands.iter().map(|operand| operand.get(row)));
        match apply(&values) {
            Ok(value) => column.push(&value),
            Err(error) => {
                column.push_null();
                fresh.push(row, error);
            }
        }
    }
    errors.merge(fresh);
    Evaluated { operand: Operand::Column(Cow::Owned(column)), errors }
}

fn unary<'a>(op: UnaryOp, ty: &Type, operand: Evaluated<'a>, len: usize) -> Evaluated<'a> {
    row_by_row(ty, vec![operand], len, |values| match values {
        [value] => apply_unary(op, value),
        _ => Err(EvalError::WrongType),
    })
}

fn binary<'a>(
    op: BinaryOp,
    ty: &Type,
    left: Evaluated<'a>,
    right: Evaluated<'a>,
    len: usize,
) -> Evaluated<'a> {
    match op {
        BinaryOp::And => junction(left, right, len, false),
        BinaryOp::Or => junction(left, right, len, true),
        BinaryOp::Coalesce => {
            let Evaluated { operand, errors } = right;
            let errors = errors.retain(|row| left.operand.get(row).is_null());
            row_by_row(ty, vec![left, Evaluated { operand, errors }], len, two(op))
        }
        _ => {
            let sides = (&left.operand, &right.operand);
            let fast = whole_numbers(op, sides.0, sides.1, len).or_else(|| {
                let compared = text::compared(op, sides.0, sides.1, len)?;
                Some(Evaluated::owned(ColumnData::Bool(compared), Errors::default()))
            });
            let Some(fast) = fast else {
                return row_by_row(ty, vec![left, right], len, two(op));
            };
            let mut errors = left.errors;
            errors.merge(right.errors);
            errors.merge(fast.errors);
            Evaluated { operand: fast.operand, errors }
        }
    }
}

fn two(op: BinaryOp) -> impl Fn(&[Value]) -> Result<Value, EvalError> {
    move |values| match values {
        [left, right] => apply_binary(op, left, right),
        _ => Err(EvalError::WrongType),
    }
}

/// `and` and `or`: the left side decides where it equals `decisive`.
fn junction<'a>(
    left: Evaluated<'a>,
    right: Evaluated<'a>,
    len: usize,
    decisive: bool,
) -> Evaluated<'a> {
    let mut errors = left.errors;
    errors.merge(right.errors.retain(|row| left.operand.holds(row) != decisive));
    let values = (0..len)
        .map(|row| {
            let (left, right) = (left.operand.holds(row), right.operand.holds(row));
            if decisive { left || right } else { left && right }
        })
        .collect();
    Evaluated::owned(ColumnData::Bool(values), errors)
}

fn choose<'a>(
    ty: &Type,
    condition: Evaluated<'a>,
    yes: Evaluated<'a>,
    no: Evaluated<'a>,
    len: usize,
) -> Evaluated<'a> {
    let mut errors = condition.errors;
    let condition = condition.operand;
    errors.merge(yes.errors.retain(|row| condition.holds(row)));
    errors.merge(no.errors.retain(|row| !condition.holds(row)));
    let mut column = Column::new(ty);
    for row in 0..len {
        let branch = if condition.holds(row) { &yes.operand } else { &no.operand };
        column.push(&branch.get(row));
    }
    Evaluated { operand: Operand::Column(Cow::Owned(column)), errors }
}

/// Whether the needle equals an option; options after the first that fits are not evaluated.
fn membership<'a>(needle: Evaluated<'a>, options: Vec<Evaluated<'a>>, len: usize) -> Evaluated<'a> {
    let mut errors = needle.errors;
    let mut found = vec![false; len];
    for option in options {
        errors.merge(option.errors.retain(|row| !found.get(row).copied().unwrap_or(true)));
        if let Some(equal) = text::compared(BinaryOp::Equal, &needle.operand, &option.operand, len)
        {
            found.iter_mut().zip(equal).for_each(|(found, equal)| *found |= equal);
            continue;
        }
        for (row, found) in found.iter_mut().enumerate() {
            *found = *found || needle.operand.get(row) == option.operand.get(row);
        }
    }
    Evaluated::owned(ColumnData::Bool(found), errors)
}

fn interpolate<'a>(parts: &[TextPart], scope: &Scope<'a>) -> Evaluated<'a> {
    let values = parts
        .iter()
        .map(|part| match part {
            TextPart::Literal(text) => Evaluated::constant(Value::text(text.as_str())),
            TextPart::Value(expr) => evaluate(expr, scope),
        })
        .collect();
    row_by_row(&Type::String, values, scope.len, |values| {
        made_text(values.iter().map(ToString::to_string).collect())
    })
}

/// Whether an expression reads parts of the group key.
pub(crate) fn reads_keys(expr: &Expr) -> bool {
    let mut reads = false;
    expr.visit(&mut |node| reads |= matches!(node, ExprKind::Key(_)));
    reads
}

/// Whether an expression can fail for some row.
#[must_use]
pub(crate) fn can_fail(expr: &Expr) -> bool {
    let mut fails = false;
    expr.visit(&mut |node| {
        fails |= match node {
            ExprKind::Unary(op, _) => *op == UnaryOp::Negate,
            ExprKind::Binary(op, ..) => matches!(
                op,
                BinaryOp::Add
                    | BinaryOp::Subtract
                    | BinaryOp::Multiply
                    | BinaryOp::Divide
                    | BinaryOp::FloorDivide
                    | BinaryOp::Remainder
            ),
            ExprKind::Call(..)
            | ExprKind::Search(Function::Capture, ..)
            | ExprKind::Text(_)
            | ExprKind::Index(..)
            | ExprKind::Fold(_)
            | ExprKind::Fail(_) => true,
            _ => false,
        };
    });
    fails
}
