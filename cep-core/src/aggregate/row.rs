//! Rows as aggregates see them: their inputs, and where they stand in the order of events.

use crate::value::{Column, ColumnData, Decimal, EventBatch, Value};
use serde::{Deserialize, Serialize};

/// Where an event stands in the order of events: by time, then partition, then offset.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Place {
    /// The event's time, in microseconds since the epoch.
    pub time: i64,
    /// Its partition.
    pub partition: u32,
    /// Its offset.
    pub offset: u64,
}

/// What a call reads of some rows. Aggregates that do not read places never look at them.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The column of the first input; `count()` has none.
    pub first: Option<&'a Column>,
    /// The column of the second input.
    pub second: Option<&'a Column>,
    /// Where the rows stand.
    pub places: Places<'a>,
}

/// Where rows stand in the order of events.
#[derive(Clone, Copy, Debug)]
pub enum Places<'a> {
    /// Where the rows of a batch stand.
    Batch(&'a EventBatch),
    /// Where the only row that is read stands.
    One(Place),
}

/// One row, none of whose inputs is null.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(super) rows: &'a Rows<'a>,
    pub(super) index: usize,
}

impl Rows<'_> {
    /// Whether no input of a row is null.
    pub(super) fn are_valid(&self, row: usize) -> bool {
        self.first.is_none_or(|column| column.is_valid(row))
            && self.second.is_none_or(|column| column.is_valid(row))
    }
}

impl<'a> Row<'a> {
    /// The whole number, timestamp or duration of the first input.
    pub(super) fn whole(self) -> i64 {
        match self.rows.first.map(|column| &column.data) {
            Some(
                ColumnData::Int(values)
                | ColumnData::Timestamp(values)
                | ColumnData::Duration(values),
            ) => values.get(self.index).copied().unwrap_or(0),
            _ => 0,
        }
    }

    /// The float of the first input.
    pub(super) fn real(self) -> f64 {
        match self.rows.first.map(|column| &column.data) {
            Some(ColumnData::Float(values)) => values.get(self.index).copied().unwrap_or(0.0),
            _ => 0.0,
        }
    }

    /// The decimal of the first input.
    pub(super) fn decimal(self) -> Decimal {
        match self.rows.first.map(|column| &column.data) {
            Some(ColumnData::Decimal(values)) => {
                values.get(self.index).copied().unwrap_or_default()
            }
            _ => Decimal::ZERO,
        }
    }

    /// The truth value of the first input.
    pub(super) fn truth(self) -> bool {
        match self.rows.first.map(|column| &column.data) {
            Some(ColumnData::Bool(values)) => values.get(self.index).copied().unwrap_or(false),
            _ => false,
        }
    }

    /// The text of the first input.
    pub(super) fn text(self) -> &'a str {
        match self.rows.first.map(|column| &column.data) {
            Some(ColumnData::Text(texts)) => texts.get(self.index),
            _ => "",
        }
    }

    /// The first input, whatever its type.
    pub(super) fn value(self) -> Value {
        self.rows.first.map_or(Value::Null, |column| column.get(self.index))
    }

    /// The second input.
    pub(super) fn second(self) -> Value {
        self.rows.second.map_or(Value::Null, |column| column.get(self.index))
    }

    /// Where the row stands.
    pub(super) fn place(self) -> Place {
        match self.rows.places {
            Places::One(place) => place,
            Places::Batch(batch) => batch.place(self.index),
        }
    }
}
