//! Tables: keyed rows that rules look up.
//!
//! What a table is stands in the plan and is hashed with it. Its rows are data, like events: they
//! are read by whoever runs the plan and put in with [`TablePlan::fill`], and the plan's encoding
//! and hash leave them out. They have a hash of their own, by which a checkpoint is told from one
//! that was taken with other rows.

use super::{Connector, Expr, ExprKind, FieldPlan, LiveRows, Plan, StreamId, TimeSource};
use crate::time::EventTime;
use crate::value::{Type, Value, encode_key};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The index of a table in [`Plan::tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableId(pub u32);

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TablePlan {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub doc: String,
    /// Its fields in the order they were declared.
    pub fields: Vec<FieldPlan>,
    /// The fields that a row is found by, as indices into `fields`; none of them is ever null.
    pub key: Vec<u32>,
    /// The field that says from when on a row holds, as an index into `fields`: never null. Without
    /// one, rows hold from the beginning of time.
    pub time: Option<u32>,
    /// The input, or the inner stream of derived events, whose latest events are its rows; their fields
    /// are the event's, and hold from its time on. Such a table is not filled. An input with a
    /// [`deletion`](super::StreamPlan::deletion) is the table's own, of its name.
    pub of: Option<StreamId>,
    /// The default connector.
    pub from: Option<Connector>,
    /// Its rows; none until it is filled.
    #[serde(skip)]
    pub rows: TableRows,
    /// The rows of a table of a stream, in the plan of the engine that keeps them.
    #[serde(skip)]
    pub live: LiveRows,
}

/// The rows of a table, found by their keys; of each key those that hold one after the other, by the
/// time from which on they do. Copies share them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableRows(Arc<Rows>);

/// For each key its rows, in the order of the times from which on they hold.
type Rows = BTreeMap<Vec<Value>, Vec<(EventTime, Value)>>;

/// From when on rows hold that do not say it.
const ALWAYS: EventTime = EventTime(i64::MIN);

/// Two rows of a table have the same key, and hold from the same time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SameKey {
    /// The place of the first one among the rows, from 0.
    pub first: usize,
    /// The place of the other.
    pub second: usize,
}

impl fmt::Display for SameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rows {} and {} have the same key", self.first + 1, self.second + 1)
    }
}

impl std::error::Error for SameKey {}

impl TablePlan {
    /// The type of a row: a record of all fields.
    #[must_use]
    pub fn row_type(&self) -> Type {
        let fields = self.fields.iter().map(|field| (field.name.clone(), field.ty.clone()));
        Type::Record(fields.collect())
    }

    /// Puts rows in, in place of those that are in: a value for each field, in their order.
    ///
    /// # Errors
    /// When two rows have the same key; then the table stays as it was.
    pub fn fill(&mut self, rows: Vec<Vec<Value>>) -> Result<(), SameKey> {
        let mut places: BTreeMap<(Vec<Value>, EventTime), usize> = BTreeMap::new();
        let mut found = Rows::new();
        for (second, row) in rows.into_iter().enumerate() {
            let part = |index: &u32| row.get(*index as usize).cloned().unwrap_or(Value::Null);
            let key: Vec<Value> = self.key.iter().map(part).collect();
            let from = match self.time.as_ref().map(part) {
                Some(Value::Timestamp(from)) => from,
                _ => ALWAYS,
            };
            let names = self.fields.iter().map(|field| Arc::from(field.name.as_str()));
            let record = Value::Record(names.zip(row).collect());
            if let Some(first) = places.insert((key.clone(), from), second) {
                return Err(SameKey { first, second });
            }
            found.entry(key).or_default().push((from, record));
        }
        for versions in found.values_mut() {
            versions.sort_by_key(|(from, _)| *from);
        }
        self.rows = TableRows(Arc::new(found));
        Ok(())
    }
}

impl TableRows {
    /// The row of a key that holds at an instant, as a record; null where there is none.
    #[must_use]
    pub fn get(&self, key: &[Value], at: EventTime) -> Value {
        let versions = self.0.get(key).map_or(&[][..], Vec::as_slice);
        let held = versions.partition_point(|(from, _)| *from <= at);
        let newest = held.checked_sub(1).and_then(|newest| versions.get(newest));
        newest.map_or(Value::Null, |(_, record)| record.clone())
    }

    /// The rows as records, in the order of their keys and times, with the time from which on each
    /// holds.
    pub fn iter(&self) -> impl Iterator<Item = (&[Value], EventTime, &Value)> {
        self.0.iter().flat_map(|(key, versions)| {
            versions.iter().map(|(from, record)| (key.as_slice(), *from, record))
        })
    }

    /// The keys in their order, and from when on each has a row.
    pub fn keys(&self) -> impl Iterator<Item = (&[Value], EventTime)> {
        let first = |versions: &[(EventTime, Value)]| versions.first().map_or(ALWAYS, |it| it.0);
        self.0.iter().map(move |(key, versions)| (key.as_slice(), first(versions)))
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Plan {
    /// Whether an expression looks up a table of a stream.
    #[must_use]
    pub fn looks_up_live(&self, expr: &Expr) -> bool {
        !self.tables_of_streams(expr).is_empty()
    }

    /// The streams whose tables an expression looks up.
    #[must_use]
    pub fn tables_of_streams(&self, expr: &Expr) -> BTreeSet<StreamId> {
        let mut found = BTreeSet::new();
        expr.visit(&mut |node| {
            if let ExprKind::Lookup(table, _) = node {
                found.extend(self.table(*table).and_then(|table| table.of));
            }
        });
        found
    }

    /// The table of an id.
    #[must_use]
    pub fn table(&self, id: TableId) -> Option<&TablePlan> {
        self.tables.get(id.0 as usize)
    }

    /// Whether an input holds the rows of a table, as no stream that rules could read.
    #[must_use]
    pub fn is_of_table(&self, stream: StreamId) -> bool {
        self.stream(stream).is_some_and(|stream| stream.deletion().is_some())
    }

    /// Makes a table of an input of its own one that is filled: its rows are there from the start, or from
    /// the time on that they say, and nothing waits for them.
    pub fn fill_instead(&mut self, id: TableId) {
        let Some(of) = self.table(id).and_then(|table| table.of).filter(|of| self.is_of_table(*of))
        else {
            return;
        };
        let time = self.stream(of).map(|stream| stream.time.clone());
        if let Some(table) = self.tables.get_mut(id.0 as usize) {
            table.of = None;
            table.time = match time {
                Some(TimeSource::Field(at)) => Some(at),
                Some(TimeSource::Record) | None => None,
            };
        }
        self.rules.iter_mut().for_each(|rule| rule.waits_for.retain(|stream| *stream != of));
    }

    /// The id of a table's name.
    #[must_use]
    pub fn table_id(&self, name: &str) -> Option<TableId> {
        let index = self.tables.iter().position(|table| table.name == name)?;
        u32::try_from(index).ok().map(TableId)
    }

    /// 256 bits that tell the rows of all tables from any others: a BLAKE3 hash over them in the
    /// order of their keys, so that the order in which they were read does not matter.
    #[must_use]
    pub fn rows_hash(&self) -> [u8; 32] {
        let mut bytes = Vec::new();
        for table in &self.tables {
            bytes.extend_from_slice(&(table.rows.len() as u64).to_be_bytes());
            for (_, _, record) in table.rows.iter() {
                encode_key(std::slice::from_ref(record), &mut bytes);
            }
        }
        *blake3::hash(&bytes).as_bytes()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::{FieldSource, TimestampFormat};
    use super::*;

    fn table(rows: &[(i64, &str)]) -> Result<Plan, SameKey> {
        let field = |name: &str, ty| FieldPlan {
            name: name.into(),
            ty,
            least: None,
            source: FieldSource::Path(vec![name.into()]),
            format: TimestampFormat::Automatic,
        };
        let mut table = TablePlan {
            name: "Name".into(),
            doc: String::new(),
            fields: vec![field("name", Type::String), field("farm", Type::Int)],
            key: vec![1],
            time: None,
            of: None,
            from: None,
            rows: TableRows::default(),
            live: LiveRows::default(),
        };
        let row = |(farm, name): &(i64, &str)| vec![Value::text(*name), Value::Int(*farm)];
        table.fill(rows.iter().map(row).collect())?;
        Ok(Plan { tables: vec![table], ..Plan::empty() })
    }

    #[test]
    fn a_row_is_found_by_its_key() {
        let plan = table(&[(2, "hill"), (1, "dale")]).unwrap();
        let rows = &plan.table(plan.table_id("Name").unwrap()).unwrap().rows;
        assert_eq!(rows.get(&[Value::Int(1)], ALWAYS).member(0), Value::text("dale"));
        assert_eq!(rows.get(&[Value::Int(3)], ALWAYS), Value::Null);
    }

    #[test]
    fn a_row_with_a_time_holds_from_then_to_the_next_of_its_key() {
        let mut plan = table(&[]).unwrap();
        let table = &mut plan.tables[0];
        let from =
            FieldPlan { name: "from".into(), ty: Type::Timestamp, ..table.fields[0].clone() };
        table.fields.push(from);
        table.time = Some(2);
        let row = |name: &str, at: i64| {
            vec![Value::text(name), Value::Int(1), Value::Timestamp(EventTime(at))]
        };
        table.fill(vec![row("moor", 20), row("dale", 10)]).unwrap();
        let at = |at: i64| table.rows.get(&[Value::Int(1)], EventTime(at)).member(0);
        assert_eq!([at(9), at(10)], [Value::Null, Value::text("dale")]);
        assert_eq!([at(19), at(20), at(99)], ["dale", "moor", "moor"].map(Value::text));
        let same = table.fill(vec![row("moor", 20), row("dale", 10), row("hill", 20)]);
        assert_eq!(same, Err(SameKey { first: 0, second: 2 }));
    }

    #[test]
    fn two_rows_of_a_key_are_refused_by_their_places() {
        let same = table(&[(1, "dale"), (2, "hill"), (1, "moor")]);
        assert_eq!(same.err(), Some(SameKey { first: 0, second: 2 }));
    }

    #[test]
    fn rows_have_a_hash_of_their_own_whatever_their_order() {
        let (one, other) = (table(&[(1, "dale"), (2, "hill")]), table(&[(2, "hill"), (1, "dale")]));
        let (one, other) = (one.unwrap(), other.unwrap());
        let changed = table(&[(1, "dale"), (2, "hills")]).unwrap();
        assert_eq!(one.hash(), changed.hash());
        assert_eq!(one.rows_hash(), other.rows_hash());
        assert_ne!(one.rows_hash(), changed.rows_hash());
    }
}
