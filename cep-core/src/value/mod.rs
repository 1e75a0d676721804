//! Types and values: what a field, a parameter or an expression holds.
//!
//! [`Value`] is one datum, used where rows are few (parameters, keys, derived events, the
//! reference interpreter). [`Column`] holds many of one type, for the hot path.

mod batch;
mod column;
mod encode;
mod held;
mod number;
#[cfg(test)]
mod tests;

pub use batch::{EventBatch, RowOrigin};
pub use column::{Column, ColumnData, TextColumn};
pub(crate) use encode::encode_text;
pub use encode::{decode_key, encode_key, encode_value};
pub(crate) use held::held_bytes;
pub use number::exact_decimal;

use crate::time::{EventTime, Span};
pub use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The type of a field or an expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A 64-bit signed integer; arithmetic on it is checked.
    Int,
    /// An IEEE 754 double.
    Float,
    /// A decimal number of up to 28 digits, of 29 those up to 79228162514264337593543950335.
    Decimal,
    /// UTF-8 text.
    String,
    /// An instant, to the microsecond.
    Timestamp,
    /// A length of time, to the microsecond.
    Duration,
    /// A value that may be absent.
    Optional(Box<Type>),
    /// Any number of values of one type.
    List(Box<Type>),
    /// Named values, in the order of their declaration.
    Record(Vec<(String, Type)>),
    /// One of these texts, which are sorted and without repetition; see [`Type::one_of`].
    Enum(Vec<String>),
    /// JSON of any kind, passed through whole.
    Json,
}

impl Type {
    /// The type without its `?`.
    #[must_use]
    pub fn base(&self) -> &Type {
        match self {
            Self::Optional(inner) => inner,
            other => other,
        }
    }

    /// Whether a value of this type may be null.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        matches!(self, Self::Optional(_))
    }

    /// This type with a `?`; a type that has one already stays as it is.
    #[must_use]
    pub fn optional(self) -> Type {
        if self.is_optional() { self } else { Self::Optional(Box::new(self)) }
    }

    /// The list of values of this type.
    #[must_use]
    pub fn list(self) -> Type {
        Self::List(Box::new(self))
    }

    /// The texts as an enum.
    #[must_use]
    pub fn one_of(texts: impl IntoIterator<Item = String>) -> Type {
        let texts: std::collections::BTreeSet<String> = texts.into_iter().collect();
        Self::Enum(texts.into_iter().collect())
    }

    /// Whether values of this type are made of others, or are JSON.
    #[must_use]
    pub fn is_structured(&self) -> bool {
        matches!(self.base(), Self::List(_) | Self::Record(_) | Self::Json)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Float => f.write_str("float"),
            Self::Decimal => f.write_str("decimal"),
            Self::String => f.write_str("string"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::Optional(inner) => write!(f, "{inner}?"),
            Self::List(element) => write!(f, "[{element}]"),
            Self::Record(fields) => {
                let mut opening = "{ ";
                for (name, ty) in fields {
                    write!(f, "{opening}{name}: {ty}")?;
                    opening = ", ";
                }
                f.write_str(if fields.is_empty() { "{}" } else { " }" })
            }
            Self::Enum(texts) => {
                for (index, text) in texts.iter().enumerate() {
                    write!(f, "{}{text:?}", if index == 0 { "" } else { " | " })?;
                }
                Ok(())
            }
            Self::Json => f.write_str("json"),
        }
    }
}

/// One datum.
///
/// Equality and order are the canonical ones: null first, then by type, numbers by value
/// (`1.0` equals `1.00` as decimals, `-0.0` equals `0.0`), text and JSON by their bytes, lists and
/// records by their first difference.
#[derive(Clone, Serialize, Deserialize)]
pub enum Value {
    /// Absent.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A double; never NaN or infinite, since those are run-time errors.
    Float(f64),
    /// A decimal.
    Decimal(Decimal),
    /// Text.
    Text(Arc<str>),
    /// An instant.
    Timestamp(EventTime),
    /// A length of time.
    Duration(Span),
    /// Values of one type.
    List(Arc<[Value]>),
    /// Named values, in the order of their type.
    Record(Arc<[(Arc<str>, Value)]>),
    /// JSON on one line, otherwise as it was written.
    Json(Arc<str>),
}

impl Value {
    /// Text, from anything that can become shared text.
    #[must_use]
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// Whether this is the absent value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The member of a record by its place; null where there is none.
    #[must_use]
    pub fn member(&self, index: usize) -> Value {
        match self {
            Self::Record(members) => members.get(index).map(|(_, value)| value.clone()),
            _ => None,
        }
        .unwrap_or(Value::Null)
    }

    /// The type of this value; `None` for null, which fits every optional type, and for lists and
    /// records, whose values do not say all of their type.
    #[must_use]
    pub fn type_of(&self) -> Option<Type> {
        Some(match self {
            Self::Null | Self::List(_) | Self::Record(_) => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Float(_) => Type::Float,
            Self::Decimal(_) => Type::Decimal,
            Self::Text(_) => Type::String,
            Self::Timestamp(_) => Type::Timestamp,
            Self::Duration(_) => Type::Duration,
            Self::Json(_) => Type::Json,
        })
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Int(_) => 2,
            Self::Float(_) => 3,
            Self::Decimal(_) => 4,
            Self::Text(_) => 5,
            Self::Timestamp(_) => 6,
            Self::Duration(_) => 7,
            Self::List(_) => 8,
            Self::Record(_) => 9,
            Self::Json(_) => 10,
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            // Adding zero turns -0.0 into 0.0, so that equal numbers are one key.
            (Self::Float(a), Self::Float(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Self::Decimal(a), Self::Decimal(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) | (Self::Json(a), Self::Json(b)) => {
                a.as_bytes().cmp(b.as_bytes())
            }
            (Self::List(a), Self::List(b)) => a.cmp(b),
            (Self::Record(a), Self::Record(b)) => a.cmp(b),
            (Self::Timestamp(a), Self::Timestamp(b)) => a.cmp(b),
            (Self::Duration(a), Self::Duration(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

/// The form used in messages and in string interpolation; text stands bare, null is `null`, lists
/// and records are as the language writes them.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Decimal(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::Timestamp(value) => write!(f, "{value}"),
            Self::Duration(value) => write!(f, "{value}"),
            Self::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value:?}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Record(members) => {
                let mut opening = "{";
                for (name, value) in members.iter() {
                    write!(f, "{opening}{name}: {value:?}")?;
                    opening = ", ";
                }
                f.write_str(if members.is_empty() { "{}" } else { "}" })
            }
            Self::Json(text) => f.write_str(text),
        }
    }
}

/// Like `Display`, with text in quotes.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(value) => write!(f, "{value:?}"),
            other => fmt::Display::fmt(other, f),
        }
    }
}

/// JSON without the space between its tokens, so that it stands on one line.
#[must_use]
pub fn compact_json(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let (mut in_text, mut escaped) = (false, false);
    for c in raw.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
        } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else {
            in_text = c == '"';
        }
        out.push(c);
    }
    out
}
