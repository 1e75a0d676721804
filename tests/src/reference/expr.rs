//! Expressions, by walking their tree.

use super::world::World;
use cep_core::function::{
    EvalError, apply_binary, apply_fold, apply_index, apply_search, apply_unary, made_text,
};
use cep_core::plan::{BinaryOp, Expr, ExprKind, Fold, TextPart};
use cep_core::time::{EventTime, Span};
use cep_core::value::{Type, Value};
use std::cell::RefCell;

/// What an expression can read.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    plan: &'a World<'a>,
    /// The event's fields, where one event is judged.
    fields: &'a [Value],
    key: &'a [Value],
    /// The aggregates' results, where a window is judged.
    aggregates: Vec<Result<Value, EvalError>>,
    /// What aggregates were in windows before.
    previous: Vec<Result<Value, EvalError>>,
    /// The window's start and end.
    window: Option<(EventTime, EventTime)>,
    /// How many windows of the key were before it.
    index: i64,
    /// Since when the condition of an edge has held, and for how long.
    when: Option<(EventTime, Span)>,
    /// The instant as of which tables are looked up.
    at: EventTime,
    /// The elements of the folds around, the innermost last.
    items: RefCell<Vec<(u32, Value)>>,
}

impl<'a> Scope<'a> {
    /// The scope of one event.
    pub fn of_row(
        plan: &'a World<'a>,
        at: EventTime,
        fields: &'a [Value],
        key: &'a [Value],
    ) -> Self {
        let items = RefCell::default();
        Self {
            plan,
            fields,
            key,
            aggregates: Vec::new(),
            previous: Vec::new(),
            window: None,
            index: 0,
            when: None,
            at,
            items,
        }
    }

    /// The scope of one window.
    pub fn of_window(
        plan: &'a World<'a>,
        at: EventTime,
        key: &'a [Value],
        aggregates: Vec<Result<Value, EvalError>>,
        window: (EventTime, EventTime),
    ) -> Self {
        let items = RefCell::default();
        let window = Some(window);
        let previous = Vec::new();
        Self {
            plan,
            fields: &[],
            key,
            aggregates,
            previous,
            window,
            index: 0,
            when: None,
            at,
            items,
        }
    }

    /// The same where something is read of windows before.
    pub fn with_previous(self, previous: Vec<Result<Value, EvalError>>) -> Self {
        Self { previous, ..self }
    }

    /// The same for the window of this number.
    pub fn numbered(self, index: i64) -> Self {
        Self { index, ..self }
    }

    /// The start and the end of the window judged, if one is.
    pub fn bounds(&self) -> Option<(EventTime, EventTime)> {
        self.window
    }

    /// This scope where since when the condition has held is known.
    pub fn with_when(&self, since: EventTime, held: Span) -> Self {
        Self { when: Some((since, held)), ..self.clone() }
    }

    /// Whether a condition holds.
    pub fn holds(&self, condition: &Expr) -> Result<bool, EvalError> {
        match self.value(condition)? {
            Value::Bool(holds) => Ok(holds),
            _ => Err(EvalError::WrongType),
        }
    }

    /// The value of an expression; operands are evaluated from left to right, and the first error
    /// is the expression's.
    pub fn value(&self, expr: &Expr) -> Result<Value, EvalError> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(value.clone()),
            ExprKind::Field(index) => nth(self.fields, *index),
            ExprKind::Key(index) => nth(self.key, *index),
            ExprKind::Param(id) => {
                self.plan.params.get(id.0 as usize).map(|param| param.value.clone()).ok_or(DEFECT)
            }
            ExprKind::Lookup(table, key) => {
                self.plan.look_up(*table, &self.values(key)?, self.at).ok_or(DEFECT)
            }
            ExprKind::Aggregate(index) => {
                self.aggregates.get(*index as usize).cloned().unwrap_or(Err(DEFECT))
            }
            ExprKind::Previous(index) => {
                self.previous.get(*index as usize).cloned().unwrap_or(Err(DEFECT))
            }
            ExprKind::WindowStart => self.window.map(|w| Value::Timestamp(w.0)).ok_or(DEFECT),
            ExprKind::WindowEnd => self.window.map(|w| Value::Timestamp(w.1)).ok_or(DEFECT),
            ExprKind::WindowIndex => Ok(Value::Int(self.index)),
            ExprKind::WhenStart => self.when.map(|w| Value::Timestamp(w.0)).ok_or(DEFECT),
            ExprKind::WhenDuration => self.when.map(|w| Value::Duration(w.1)).ok_or(DEFECT),
            ExprKind::Unary(op, operand) => apply_unary(*op, &self.value(operand)?),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right),
            ExprKind::If(condition, yes, no) => {
                if self.holds(condition)? {
                    self.value(yes)
                } else {
                    self.value(no)
                }
            }
            ExprKind::In(needle, options) => {
                let needle = self.value(needle)?;
                for option in options {
                    if self.value(option)? == needle {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            ExprKind::Call(function, arguments) => {
                (function.info().apply)(&self.values(arguments)?)
            }
            ExprKind::Search(function, pattern, arguments) => {
                apply_search(*function, pattern, &self.values(arguments)?)
            }
            ExprKind::Text(parts) => {
                let texts: Vec<String> =
                    parts.iter().map(|part| self.text(part)).collect::<Result<_, _>>()?;
                made_text(texts.concat())
            }
            ExprKind::Item(item) => {
                let items = self.items.borrow();
                let found = items.iter().rev().find(|(known, _)| known == item);
                found.map(|(_, value)| value.clone()).ok_or(DEFECT)
            }
            ExprKind::Member(record, index) => Ok(self.value(record)?.member(*index as usize)),
            ExprKind::Index(list, index) => apply_index(&self.value(list)?, &self.value(index)?),
            ExprKind::List(items) => Ok(Value::List(self.values(items)?.into())),
            ExprKind::Record(members) => {
                let member = |(name, member): &(String, Expr)| {
                    Ok((name.as_str().into(), self.value(member)?))
                };
                let members: Vec<_> = members.iter().map(member).collect::<Result<_, _>>()?;
                Ok(Value::Record(members.into()))
            }
            ExprKind::Fold(fold) => self.fold(fold, &expr.ty),
            ExprKind::Try(inner) => Ok(self.value(inner).unwrap_or(Value::Null)),
            ExprKind::Fail(why) => Err(EvalError::Failed(self.value(why)?.to_string())),
        }
    }

    /// Element by element, in the order of the list.
    fn fold(&self, fold: &Fold, ty: &Type) -> Result<Value, EvalError> {
        let mut values = Vec::new();
        if let Value::List(elements) = self.value(&fold.list)? {
            for element in elements.iter() {
                self.items.borrow_mut().push((fold.item, element.clone()));
                let value = self.element(fold);
                self.items.borrow_mut().pop();
                values.extend(value?);
            }
        }
        apply_fold(fold.function, ty, values)
    }

    fn element(&self, fold: &Fold) -> Result<Option<Value>, EvalError> {
        if let Some(condition) = &fold.condition
            && !self.holds(condition)?
        {
            return Ok(None);
        }
        self.value(&fold.value).map(Some)
    }

    fn values(&self, exprs: &[Expr]) -> Result<Vec<Value>, EvalError> {
        exprs.iter().map(|expr| self.value(expr)).collect()
    }

    fn text(&self, part: &TextPart) -> Result<String, EvalError> {
        match part {
            TextPart::Literal(text) => Ok(text.clone()),
            TextPart::Value(expr) => Ok(self.value(expr)?.to_string()),
        }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Result<Value, EvalError> {
        match op {
            BinaryOp::And => Ok(Value::Bool(self.holds(left)? && self.holds(right)?)),
            BinaryOp::Or => Ok(Value::Bool(self.holds(left)? || self.holds(right)?)),
            BinaryOp::Coalesce => match self.value(left)? {
                Value::Null => self.value(right),
                present => Ok(present),
            },
            _ => apply_binary(op, &self.value(left)?, &self.value(right)?),
        }
    }
}

/// What a plan that does not keep its promises gives.
const DEFECT: EvalError = EvalError::WrongType;

fn nth(values: &[Value], index: u32) -> Result<Value, EvalError> {
    values.get(index as usize).cloned().ok_or(DEFECT)
}
