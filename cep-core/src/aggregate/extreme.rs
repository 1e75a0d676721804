//! `min(x)` and `max(x)`: the smallest and the largest in the canonical order, null of nothing.

use super::{Row, Settings, State};
use crate::function::EvalError;
use crate::time::{EventTime, Span};
use crate::value::{Decimal, Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::cmp::Ordering;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

/// Which end is wanted.
pub(crate) trait Side:
    Clone + Debug + Default + Send + Serialize + DeserializeOwned + 'static
{
    /// How the wanted value compares to the others.
    const WANTED: Ordering;
}

/// The smallest.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Smallest;

/// The largest.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Largest;

impl Side for Smallest {
    const WANTED: Ordering = Ordering::Less;
}

impl Side for Largest {
    const WANTED: Ordering = Ordering::Greater;
}

/// A float in the canonical order.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Real(f64);

/// What has a smallest and a largest.
pub(crate) trait Ordered:
    Clone + Debug + Send + Serialize + DeserializeOwned + 'static
{
    /// The value of a row.
    fn read(row: Row<'_>) -> Self;
    /// A total order in which only equal representations are equal, so that the result does not
    /// depend on which of two equal numbers came first.
    fn order(&self, other: &Self) -> Ordering;
    /// The value as a datum.
    fn value(&self) -> Value;
}

impl Ordered for i64 {
    fn read(row: Row<'_>) -> Self {
        row.whole()
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
    fn value(&self) -> Value {
        Value::Int(*self)
    }
}

impl Ordered for EventTime {
    fn read(row: Row<'_>) -> Self {
        Self(row.whole())
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
    fn value(&self) -> Value {
        Value::Timestamp(*self)
    }
}

impl Ordered for Span {
    fn read(row: Row<'_>) -> Self {
        Self(row.whole())
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
    fn value(&self) -> Value {
        Value::Duration(*self)
    }
}

impl Ordered for Real {
    fn read(row: Row<'_>) -> Self {
        Self(row.real() + 0.0)
    }
    fn order(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
    fn value(&self) -> Value {
        Value::Float(self.0)
    }
}

impl Ordered for Decimal {
    fn read(row: Row<'_>) -> Self {
        row.decimal()
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other).then(self.scale().cmp(&other.scale()))
    }
    fn value(&self) -> Value {
        Value::Decimal(*self)
    }
}

impl Ordered for bool {
    fn read(row: Row<'_>) -> Self {
        row.truth()
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
    fn value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Ordered for Arc<str> {
    fn read(row: Row<'_>) -> Self {
        row.text().into()
    }
    fn order(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
    fn value(&self) -> Value {
        Value::Text(self.clone())
    }
}

/// The value at one end of the order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Extreme<T: Ordered, S: Side> {
    found: Option<T>,
    side: PhantomData<S>,
}

impl<T: Ordered, S: Side> Default for Extreme<T, S> {
    fn default() -> Self {
        Self { found: None, side: PhantomData }
    }
}

impl<T: Ordered, S: Side> Extreme<T, S> {
    fn offer(&mut self, value: T) {
        if self.found.as_ref().is_none_or(|found| value.order(found) == S::WANTED) {
            self.found = Some(value);
        }
    }
}

impl<T: Ordered, S: Side> State for Extreme<T, S> {
    fn lift(&mut self, row: Row<'_>, _: &Settings) {
        self.offer(T::read(row));
    }

    fn combine(&mut self, other: &Self, _: &Settings) {
        if let Some(found) = &other.found {
            self.offer(found.clone());
        }
    }

    fn lower(&self, _: &Settings) -> Result<Value, EvalError> {
        Ok(self.found.as_ref().map_or(Value::Null, Ordered::value))
    }
}
