//! What is said when two types do not go together, and what to type instead.

use super::convert::is_number;
use super::operator::Operand;
use super::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::whole_timestamp;
use crate::source::Span;
use crate::typed::Expr;
use cep_core::plan::BinaryOp;
use cep_core::value::{Type, Value};

impl Scope<'_, '_> {
    /// Reports float with decimal, if that is what these are.
    pub(super) fn float_with_decimal(&mut self, types: &(Type, Type), spans: (Span, Span)) -> bool {
        let both = (types.0.base(), types.1.base());
        let (float, decimal) = match both {
            (Type::Float, Type::Decimal) => spans,
            (Type::Decimal, Type::Float) => (spans.1, spans.0),
            _ => return false,
        };
        let (float, decimal) =
            (self.declared.sources.text(float), self.declared.sources.text(decimal));
        self.out.push(
            Diagnostic::new(Code::FloatWithDecimal, "float and decimal do not mix by themselves")
                .label(spans.1, format!("this is {}", types.1))
                .label(spans.0, format!("this is {}", types.0))
                .help(format!("write `decimal({float})` to compute exactly, or `float({decimal})` to compute fast")),
        );
        true
    }

    pub(super) fn operands_differ(
        &mut self,
        op: BinaryOp,
        a: &Operand,
        b: &Operand,
        op_span: Span,
    ) {
        let (left, right) = (a.0.ty.clone(), b.0.ty.clone());
        if self.float_with_decimal(&(left.clone(), right.clone()), (a.1, b.1)) {
            return;
        }
        let symbol = symbol(op);
        let title = if left == right {
            format!("`{symbol}` does not take {left}")
        } else {
            format!("`{symbol}` does not take {left} and {right}")
        };
        self.out.push(
            Diagnostic::new(Code::OperandTypes, title)
                .label(op_span, "")
                .label(a.1, format!("this is {left}"))
                .label(b.1, format!("this is {right}"))
                .maybe_help(operand_help(op, &a.0, &b.0)),
        );
    }
}

pub(super) fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::FloorDivide => "div",
        BinaryOp::Remainder => "%",
        BinaryOp::Coalesce => "??",
    }
}

/// What to type when two types do not go together.
fn operand_help(op: BinaryOp, a: &Expr, b: &Expr) -> Option<String> {
    if op == BinaryOp::Add && (a.ty.base() == &Type::String || b.ty.base() == &Type::String) {
        return Some("put text together in a string: `\"{a} {b}\"`".to_owned());
    }
    let times = (a.ty.base(), b.ty.base());
    if let (Type::Timestamp, Type::Int) = times
        && let (BinaryOp::Add | BinaryOp::Subtract, Some(Value::Int(number))) = (op, b.as_literal())
    {
        return Some(format!("write `{number}s`"));
    }
    if op == BinaryOp::FloorDivide {
        return Some(
            "`div` is for ints; `/` divides decimals, `floor(a / b)` gives a whole number"
                .to_owned(),
        );
    }
    if op == BinaryOp::Divide && a.ty == Type::Duration {
        return Some(
            "a duration is divided by a duration, as in `d / 2s`, or multiplied by an int"
                .to_owned(),
        );
    }
    if a.ty.base() == &Type::Json || b.ty.base() == &Type::Json {
        return Some(json_help());
    }
    if !compares(op) {
        return number_help(op, a, &b.ty).or_else(|| number_help(op, b, &a.ty));
    }
    literal_help(b, &a.ty).or_else(|| literal_help(a, &b.ty)).or_else(|| {
        match (a.ty.base(), b.ty.base()) {
            (Type::String, other) | (other, Type::String) if is_number(other) => Some(
                "compare with `string(…)` around the number, or declare the field as a number"
                    .to_owned(),
            ),
            _ => None,
        }
    })
}

fn compares(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
    )
}

/// What to type for a literal that does not compute with a number or a duration.
fn number_help(op: BinaryOp, literal: &Expr, other: &Type) -> Option<String> {
    let adds = matches!(op, BinaryOp::Add | BinaryOp::Subtract);
    let computes = is_number(other) || (adds && other == &Type::Duration);
    computes.then(|| literal_help(literal, other)).flatten()
}

/// What is said where a part of JSON is asked for.
pub(super) fn json_help() -> String {
    "json is passed through whole; declare its type to read its members".to_owned()
}

/// How a literal would have to be written to be of the type wanted.
pub(super) fn literal_help(literal: &Expr, wanted: &Type) -> Option<String> {
    let help = match (literal.as_literal()?, wanted.base()) {
        (Value::Int(value), Type::String) => format!("write `\"{value}\"`"),
        (Value::Int(value), Type::Duration) => format!("write `{value}s`"),
        (Value::Int(_), Type::Timestamp) => {
            "write a timestamp such as `@2026-01-01T00:00:00Z`".to_owned()
        }
        (Value::Text(text), Type::Int) if text.parse::<i64>().is_ok() => {
            format!("write `{text}` without quotes")
        }
        (Value::Text(text), Type::Decimal | Type::Float) if text.parse::<f64>().is_ok() => {
            format!("write `{text}` without quotes")
        }
        (Value::Text(text), Type::Timestamp) => match whole_timestamp(text) {
            Some(timestamp) => format!("write `{timestamp}`"),
            None => "write a timestamp such as `@2026-01-01T00:00:00Z`".to_owned(),
        },
        (Value::Text(text), Type::Bool) if text.parse::<bool>().is_ok() => {
            format!("write `{text}` without quotes")
        }
        (Value::Int(0 | 1), Type::Bool) => "write `true` or `false`".to_owned(),
        _ => return None,
    };
    Some(help)
}
