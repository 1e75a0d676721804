//! Many values of one type, side by side.

use super::{Decimal, Type, Value, held_bytes};
use crate::time::{EventTime, Span};

/// The values of one field over the rows of a batch.
///
/// `valid` is empty when no row is null; otherwise it has one entry a row, and the data of a
/// null row is the type's zero.
#[derive(Clone, Debug)]
pub struct Column {
    /// The values; null rows hold a zero.
    pub data: ColumnData,
    /// Which rows are not null; empty when all are.
    pub valid: Vec<bool>,
}

/// The values of a [`Column`], by type.
#[derive(Clone, Debug)]
pub enum ColumnData {
    /// Truth values.
    Bool(Vec<bool>),
    /// Integers.
    Int(Vec<i64>),
    /// Doubles.
    Float(Vec<f64>),
    /// Decimals.
    Decimal(Vec<Decimal>),
    /// Texts.
    Text(TextColumn),
    /// Instants, in microseconds since the epoch.
    Timestamp(Vec<i64>),
    /// Lengths of time, in microseconds.
    Duration(Vec<i64>),
    /// Lists, records and JSON, one by one; null rows hold null.
    Whole(Vec<Value>),
}

/// Texts end to end in one buffer.
#[derive(Clone, Debug, Default)]
pub struct TextColumn {
    bytes: String,
    ends: Vec<u32>,
}

impl TextColumn {
    /// The number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a row; empty for a row that does not exist.
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        let end = self.ends.get(row).copied().unwrap_or(0) as usize;
        let start =
            if row == 0 { 0 } else { self.ends.get(row - 1).copied().unwrap_or(0) as usize };
        self.bytes.get(start..end).unwrap_or("")
    }

    /// Appends a text. A batch's texts are limited to 4 GiB together; what is beyond is empty.
    pub fn push(&mut self, text: &str) {
        if let Ok(end) = u32::try_from(self.bytes.len() + text.len()) {
            self.bytes.push_str(text);
            self.ends.push(end);
        } else {
            self.ends.push(self.ends.last().copied().unwrap_or(0));
        }
    }

    /// Removes all texts beyond the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0) as usize);
    }
}

impl Column {
    /// An empty column that can hold values of `ty`.
    #[must_use]
    pub fn new(ty: &Type) -> Self {
        let data = match ty.base() {
            Type::Bool => ColumnData::Bool(Vec::new()),
            Type::Int => ColumnData::Int(Vec::new()),
            Type::Float => ColumnData::Float(Vec::new()),
            Type::Decimal => ColumnData::Decimal(Vec::new()),
            Type::String | Type::Enum(_) => ColumnData::Text(TextColumn::default()),
            Type::Timestamp => ColumnData::Timestamp(Vec::new()),
            Type::Duration | Type::Optional(_) => ColumnData::Duration(Vec::new()),
            Type::List(_) | Type::Record(_) | Type::Json => ColumnData::Whole(Vec::new()),
        };
        Self { data, valid: Vec::new() }
    }

    /// A column of values none of which is null.
    #[must_use]
    pub fn dense(data: ColumnData) -> Self {
        Self { data, valid: Vec::new() }
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.data {
            ColumnData::Bool(values) => values.len(),
            ColumnData::Int(values)
            | ColumnData::Timestamp(values)
            | ColumnData::Duration(values) => values.len(),
            ColumnData::Float(values) => values.len(),
            ColumnData::Decimal(values) => values.len(),
            ColumnData::Text(texts) => texts.len(),
            ColumnData::Whole(values) => values.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a row is not null.
    #[must_use]
    pub fn is_valid(&self, row: usize) -> bool {
        self.valid.get(row).copied().unwrap_or(true)
    }

    /// The value of a row; null for a row that does not exist.
    #[must_use]
    pub fn get(&self, row: usize) -> Value {
        if !self.is_valid(row) {
            return Value::Null;
        }
        let value = match &self.data {
            ColumnData::Bool(values) => values.get(row).copied().map(Value::Bool),
            ColumnData::Int(values) => values.get(row).copied().map(Value::Int),
            ColumnData::Float(values) => values.get(row).copied().map(Value::Float),
            ColumnData::Decimal(values) => values.get(row).copied().map(Value::Decimal),
            ColumnData::Text(texts) => (row < texts.len()).then(|| Value::text(texts.get(row))),
            ColumnData::Timestamp(values) => {
                values.get(row).map(|micros| Value::Timestamp(EventTime(*micros)))
            }
            ColumnData::Duration(values) => {
                values.get(row).map(|micros| Value::Duration(Span(*micros)))
            }
            ColumnData::Whole(values) => values.get(row).cloned(),
        };
        value.unwrap_or(Value::Null)
    }

    /// About how many bytes a row holds.
    pub(crate) fn held_bytes(&self, row: usize) -> usize {
        match &self.data {
            ColumnData::Bool(_) => 1,
            ColumnData::Int(_)
            | ColumnData::Float(_)
            | ColumnData::Timestamp(_)
            | ColumnData::Duration(_) => 8,
            ColumnData::Decimal(_) => size_of::<Decimal>(),
            ColumnData::Text(texts) => size_of::<u32>() + texts.get(row).len(),
            ColumnData::Whole(values) => values.get(row).map_or(0, held_bytes),
        }
    }

    /// Whether a row has this value. Texts are compared where they stand.
    #[must_use]
    pub fn is(&self, row: usize, value: &Value) -> bool {
        match (&self.data, value) {
            (ColumnData::Text(texts), Value::Text(text)) if row < texts.len() => {
                self.is_valid(row) && texts.get(row) == &**text
            }
            _ => self.get(row) == *value,
        }
    }

    /// Appends a row of another column of the same type. Texts are copied from where they stand.
    pub fn push_from(&mut self, from: &Self, row: usize) {
        match (&mut self.data, &from.data) {
            (ColumnData::Text(texts), ColumnData::Text(others)) if from.is_valid(row) => {
                texts.push(others.get(row));
                self.mark_valid();
            }
            _ => self.push(&from.get(row)),
        }
    }

    /// Appends a value. Null, and a value of another type, becomes a null row.
    pub fn push(&mut self, value: &Value) {
        let row = self.len();
        let fits = match (&mut self.data, value) {
            (ColumnData::Bool(values), Value::Bool(value)) => push(values, *value),
            (ColumnData::Int(values), Value::Int(value)) => push(values, *value),
            (ColumnData::Float(values), Value::Float(value)) => push(values, *value),
            (ColumnData::Decimal(values), Value::Decimal(value)) => push(values, *value),
            (ColumnData::Text(texts), Value::Text(value)) => {
                texts.push(value);
                true
            }
            (ColumnData::Timestamp(values), Value::Timestamp(value)) => push(values, value.0),
            (ColumnData::Duration(values), Value::Duration(value)) => push(values, value.0),
            (ColumnData::Whole(values), Value::List(_) | Value::Record(_) | Value::Json(_)) => {
                push(values, value.clone())
            }
            _ => false,
        };
        if fits {
            if !self.valid.is_empty() {
                self.valid.push(true);
            }
        } else {
            self.push_zero();
            self.valid.resize(row, true);
            self.valid.push(false);
        }
    }

    /// Appends a null row.
    pub fn push_null(&mut self) {
        self.push(&Value::Null);
    }

    fn push_zero(&mut self) {
        match &mut self.data {
            ColumnData::Bool(values) => values.push(false),
            ColumnData::Int(values)
            | ColumnData::Timestamp(values)
            | ColumnData::Duration(values) => values.push(0),
            ColumnData::Float(values) => values.push(0.0),
            ColumnData::Decimal(values) => values.push(Decimal::ZERO),
            ColumnData::Text(texts) => texts.push(""),
            ColumnData::Whole(values) => values.push(Value::Null),
        }
    }

    /// Marks the last row as not null, after a value was appended to [`Column::data`] directly.
    /// Appending to the data and then calling this is the quick way to fill a column.
    pub fn mark_valid(&mut self) {
        if !self.valid.is_empty() {
            self.valid.push(true);
        }
    }

    /// Removes all rows beyond the first `len`, keeping the memory.
    pub fn truncate(&mut self, len: usize) {
        match &mut self.data {
            ColumnData::Bool(values) => values.truncate(len),
            ColumnData::Int(values)
            | ColumnData::Timestamp(values)
            | ColumnData::Duration(values) => values.truncate(len),
            ColumnData::Float(values) => values.truncate(len),
            ColumnData::Decimal(values) => values.truncate(len),
            ColumnData::Text(texts) => texts.truncate(len),
            ColumnData::Whole(values) => values.truncate(len),
        }
        self.valid.truncate(len);
    }

    /// The rows named by `rows`, in that order.
    #[must_use]
    pub fn gather(&self, rows: &[u32]) -> Self {
        fn pick<T: Copy + Default>(values: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter().map(|row| values.get(*row as usize).copied().unwrap_or_default()).collect()
        }
        let data = match &self.data {
            ColumnData::Bool(values) => ColumnData::Bool(pick(values, rows)),
            ColumnData::Int(values) => ColumnData::Int(pick(values, rows)),
            ColumnData::Float(values) => ColumnData::Float(pick(values, rows)),
            ColumnData::Decimal(values) => ColumnData::Decimal(pick(values, rows)),
            ColumnData::Text(texts) => {
                let mut picked = TextColumn::default();
                rows.iter().for_each(|row| picked.push(texts.get(*row as usize)));
                ColumnData::Text(picked)
            }
            ColumnData::Timestamp(values) => ColumnData::Timestamp(pick(values, rows)),
            ColumnData::Duration(values) => ColumnData::Duration(pick(values, rows)),
            ColumnData::Whole(values) => {
                let value = |row: &u32| values.get(*row as usize).cloned().unwrap_or(Value::Null);
                ColumnData::Whole(rows.iter().map(value).collect())
            }
        };
        let valid = if self.valid.is_empty() { Vec::new() } else { pick(&self.valid, rows) };
        Self { data, valid }
    }
}

fn push<T>(values: &mut Vec<T>, value: T) -> bool {
    values.push(value);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_pushed_late_leaves_earlier_rows_valid() {
        let mut column = Column::new(&Type::Int.optional());
        column.push(&Value::Int(7));
        column.push_null();
        column.push(&Value::Int(9));
        let rows: Vec<Value> = (0..4).map(|row| column.get(row)).collect();
        assert_eq!(rows, [Value::Int(7), Value::Null, Value::Int(9), Value::Null]);
    }

    #[test]
    fn gathered_texts_keep_their_order() {
        let mut column = Column::new(&Type::String);
        for text in ["a", "bc", "", "d"] {
            column.push(&Value::text(text));
        }
        let picked = column.gather(&[3, 1, 2]);
        assert_eq!(picked.get(0), Value::text("d"));
        assert_eq!(picked.get(1), Value::text("bc"));
        assert_eq!(picked.get(2), Value::text(""));
    }

    #[test]
    fn a_row_is_taken_over_from_another_column() {
        let values = [Value::text("a"), Value::Null, Value::text("")];
        let mut from = Column::new(&Type::String);
        values.iter().for_each(|value| from.push(value));
        let mut into = Column::new(&Type::String);
        (0..values.len()).for_each(|row| into.push_from(&from, row));
        assert_eq!([into.get(0), into.get(1), into.get(2)], values);
        let is = |row| values.each_ref().map(|value| into.is(row, value));
        assert_eq!(
            [is(0), is(1), is(2)],
            [[true, false, false], [false, true, false], [false, false, true]]
        );
    }

    #[test]
    fn truncating_forgets_the_rows_of_a_failed_record() {
        let mut column = Column::new(&Type::String);
        column.push(&Value::text("keep"));
        column.push(&Value::text("drop"));
        column.truncate(1);
        column.push(&Value::text("next"));
        assert_eq!(column.get(1), Value::text("next"));
    }
}
