//! Group keys as small numbers.
//!
//! Each key that has state gets an id; state is then kept in vectors by id. A key is counted for
//! every piece of state that names it, and forgotten some time after the last one has gone.

use super::int_table::IntTable;
use super::{Errors, Operand};
use crate::plan::KeyPart;
use crate::value::{Column, ColumnData, Type, Value, decode_key, encode_value};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::sync::Arc;

/// How many keys without state are kept before any is forgotten.
const IDLE_KEYS_KEPT: usize = 4096;

/// The keys of an operator.
#[derive(Debug)]
pub(crate) struct KeyTable {
    names: Names,
    hasher: FixedState,
    /// How many pieces of state name each id.
    holds: Vec<u32>,
    free: Vec<u32>,
    /// How many ids are in use and held by nothing.
    idle: usize,
    /// The most ids that were held at once since keys were last forgotten.
    most_held: usize,
}

#[derive(Debug)]
enum Names {
    /// The rule has no key.
    Whole,
    /// The key is one integer.
    Int { table: IntTable, values: Vec<i64> },
    /// Any other key, by its canonical bytes.
    Bytes { table: HashTable<u32>, values: Vec<Box<[u8]>>, scratch: Vec<u8> },
}

impl KeyTable {
    /// An empty table for keys of these parts.
    pub(crate) fn new(parts: &[KeyPart], seed: u64) -> Self {
        let hasher = FixedState::with_seed(seed);
        let names = match parts {
            [] => Names::Whole,
            [part] if part.expr.ty == Type::Int => {
                Names::Int { table: IntTable::new(hasher.clone()), values: Vec::new() }
            }
            _ => Names::Bytes { table: HashTable::new(), values: Vec::new(), scratch: Vec::new() },
        };
        let mut keys =
            Self { names, hasher, holds: Vec::new(), free: Vec::new(), idle: 0, most_held: 0 };
        if matches!(keys.names, Names::Whole) {
            keys.holds.push(1);
        }
        keys
    }

    /// The number of ids that were ever given out; ids are below it.
    pub(crate) fn capacity(&self) -> usize {
        self.holds.len()
    }

    /// Appends the ids of the keys of `rows`.
    pub(crate) fn intern(&mut self, parts: &[Operand<'_>], rows: &[u32], ids: &mut Vec<u32>) {
        match (&self.names, parts) {
            (Names::Whole, _) => ids.extend(rows.iter().map(|_| 0)),
            (Names::Int { table, .. }, [Operand::Column(column)]) => {
                if let ColumnData::Int(values) = &column.data {
                    let of = |row: &u32| values.get(*row as usize).copied().unwrap_or(0);
                    table.warm(rows.iter().map(of));
                    ids.extend(rows.iter().map(|row| self.intern_int(of(row))));
                }
            }
            (Names::Int { .. }, [Operand::Constant(Value::Int(value))]) => {
                let id = self.intern_int(*value);
                ids.extend(rows.iter().map(|_| id));
            }
            _ => {
                for row in rows {
                    let mut bytes = self.take_scratch();
                    parts.iter().for_each(|part| encode_row(part, *row as usize, &mut bytes));
                    ids.push(self.intern_bytes(bytes));
                }
            }
        }
    }

    /// The id of a key given by its canonical bytes, as a checkpoint has it.
    pub(crate) fn intern_encoded(&mut self, bytes: &[u8]) -> Option<u32> {
        match &self.names {
            Names::Whole => bytes.is_empty().then_some(0),
            Names::Int { .. } => match decode_key(bytes)?.as_slice() {
                [Value::Int(value)] => Some(self.intern_int(*value)),
                _ => None,
            },
            Names::Bytes { .. } => {
                let mut scratch = self.take_scratch();
                scratch.extend_from_slice(bytes);
                Some(self.intern_bytes(scratch))
            }
        }
    }

    fn take_scratch(&mut self) -> Vec<u8> {
        match &mut self.names {
            Names::Bytes { scratch, .. } => std::mem::take(scratch),
            _ => Vec::new(),
        }
    }

    fn intern_int(&mut self, value: i64) -> u32 {
        let found = match &self.names {
            Names::Int { table, .. } => table.find(value),
            _ => Ok(0),
        };
        match found {
            Ok(id) => id,
            Err(place) => {
                let id = self.new_id();
                if let Names::Int { table, values } = &mut self.names {
                    table.insert(place, value, id);
                    values.resize(values.len().max(id as usize + 1), 0);
                    if let Some(place) = values.get_mut(id as usize) {
                        *place = value;
                    }
                }
                id
            }
        }
    }

    /// Gives the scratch back with the next call's memory.
    fn intern_bytes(&mut self, mut bytes: Vec<u8>) -> u32 {
        let hash = self.hasher.hash_one(bytes.as_slice());
        let found = match &self.names {
            Names::Bytes { table, values, .. } => table
                .find(hash, |id| values.get(*id as usize).is_some_and(|known| **known == *bytes))
                .copied(),
            _ => Some(0),
        };
        let id = found.unwrap_or_else(|| {
            let id = self.new_id();
            let hasher = &self.hasher;
            if let Names::Bytes { table, values, .. } = &mut self.names {
                values.resize(values.len().max(id as usize + 1), Box::default());
                if let Some(place) = values.get_mut(id as usize) {
                    *place = bytes.as_slice().into();
                }
                let values = &*values;
                table.insert_unique(hash, id, |known| {
                    hasher.hash_one(values.get(*known as usize).map_or(&[][..], |it| it))
                });
            }
            id
        });
        if let Names::Bytes { scratch, .. } = &mut self.names {
            bytes.clear();
            *scratch = bytes;
        }
        id
    }

    fn new_id(&mut self) -> u32 {
        self.idle += 1;
        self.free.pop().unwrap_or_else(|| {
            self.holds.push(0);
            // Four billion keys in one task do not fit memory either.
            u32::try_from(self.holds.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// A piece of state names the key.
    pub(crate) fn hold(&mut self, id: u32) {
        if let Some(holds) = self.holds.get_mut(id as usize) {
            self.idle -= usize::from(*holds == 0);
            *holds += 1;
        }
        self.most_held = self.most_held.max(self.holds.len() - self.free.len() - self.idle);
    }

    /// A piece of state that named the key has gone.
    pub(crate) fn release(&mut self, id: u32) {
        if let Some(holds) = self.holds.get_mut(id as usize) {
            *holds = holds.saturating_sub(1);
            self.idle += usize::from(*holds == 0);
        }
    }

    /// Takes a key off those whose condition held last (`raised`, by id; such a key is held). For a
    /// condition without a value: it does not hold, but that is no fall, it is an error.
    pub(crate) fn lower(&mut self, raised: &mut [bool], id: u32) {
        if let Some(raised) = raised.get_mut(id as usize).filter(|raised| **raised) {
            *raised = false;
            self.release(id);
        }
    }

    /// Forgets the keys that nothing holds, if they are many beside those that were held at once:
    /// keys that come back in every window keep their ids.
    pub(crate) fn sweep(&mut self) {
        if self.idle <= IDLE_KEYS_KEPT + 2 * self.most_held {
            return;
        }
        self.most_held = 0;
        let (holds, free) = (&self.holds, &mut self.free);
        let mut keep = |id: u32| {
            let held = holds.get(id as usize).is_some_and(|holds| *holds > 0);
            if !held {
                free.push(id);
            }
            held
        };
        match &mut self.names {
            Names::Whole => {}
            Names::Int { table, .. } => table.retain(keep),
            Names::Bytes { table, values, .. } => table.retain(|id| {
                let kept = keep(*id);
                if !kept && let Some(value) = values.get_mut(*id as usize) {
                    *value = Box::default();
                }
                kept
            }),
        }
        self.idle = 0;
    }

    /// The canonical bytes of a key.
    pub(crate) fn encoded(&self, id: u32) -> Vec<u8> {
        match &self.names {
            Names::Whole => Vec::new(),
            Names::Int { values, .. } => {
                let mut bytes = Vec::with_capacity(9);
                let value = values.get(id as usize).copied().unwrap_or(0);
                encode_value(&Value::Int(value), &mut bytes);
                bytes
            }
            Names::Bytes { values, .. } => {
                values.get(id as usize).map_or_else(Vec::new, |bytes| bytes.to_vec())
            }
        }
    }

    /// The key's values, in their canonical form whichever event brought them.
    pub(crate) fn values(&self, id: u32) -> Arc<[Value]> {
        match &self.names {
            Names::Whole => Arc::new([]),
            Names::Int { values, .. } => {
                Arc::new([Value::Int(values.get(id as usize).copied().unwrap_or(0))])
            }
            Names::Bytes { values, .. } => values
                .get(id as usize)
                .and_then(|bytes| decode_key(bytes))
                .unwrap_or_default()
                .into(),
        }
    }

    /// The keys of `ids` as columns, one a part.
    pub(crate) fn columns(&self, parts: &[KeyPart], ids: &[u32]) -> Vec<Column> {
        let mut columns: Vec<_> = parts.iter().map(|part| Column::new(&part.expr.ty)).collect();
        for id in ids {
            for (column, value) in columns.iter_mut().zip(self.values(*id).iter()) {
                column.push(value);
            }
        }
        columns
    }
}

fn encode_row(part: &Operand<'_>, row: usize, out: &mut Vec<u8>) {
    match part {
        Operand::Column(column) if column.is_valid(row) => match &column.data {
            ColumnData::Text(texts) => crate::value::encode_text(texts.get(row), out),
            _ => encode_value(&column.get(row), out),
        },
        other => encode_value(&other.get(row), out),
    }
}

/// The rows that have a key, and those that have none because a part of it failed.
pub(crate) fn merged_errors(parts: &[super::Evaluated<'_>]) -> Errors {
    let mut errors = Errors::default();
    parts.iter().for_each(|part| errors.merge(part.errors.clone()));
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Expr, ExprKind};
    use std::borrow::Cow;

    fn table(ty: Type) -> KeyTable {
        let expr = Expr::new(ty, ExprKind::Field(0));
        KeyTable::new(&[KeyPart { name: "k".into(), expr }], 7)
    }

    fn intern(keys: &mut KeyTable, values: &[Value], ty: &Type) -> Vec<u32> {
        let mut column = Column::new(ty);
        values.iter().for_each(|value| column.push(value));
        let rows: Vec<u32> = (0..u32::try_from(values.len()).unwrap_or(0)).collect();
        let mut ids = Vec::new();
        keys.intern(&[Operand::Column(Cow::Owned(column))], &rows, &mut ids);
        ids
    }

    #[test]
    fn equal_keys_get_one_id_and_their_canonical_values() {
        for (ty, a, b) in [
            (Type::Int, Value::Int(302), Value::Int(787)),
            (Type::String, Value::text("a"), Value::text("b")),
        ] {
            let mut keys = table(ty.clone());
            let ids = intern(&mut keys, &[a.clone(), b.clone(), a.clone()], &ty);
            assert_eq!(ids[0], ids[2]);
            assert_ne!(ids[0], ids[1]);
            assert_eq!(*keys.values(ids[1]), [b]);
        }
    }

    #[test]
    fn keys_that_nothing_holds_are_forgotten_and_their_ids_used_again() {
        let mut keys = table(Type::Int);
        let many: Vec<Value> = (0..10_000).map(Value::Int).collect();
        let ids = intern(&mut keys, &many, &Type::Int);
        keys.hold(ids[5]);
        keys.sweep();
        assert_eq!(intern(&mut keys, &[Value::Int(5)], &Type::Int), [ids[5]]);
        intern(&mut keys, &(20_000..29_000).map(Value::Int).collect::<Vec<_>>(), &Type::Int);
        assert_eq!(keys.capacity(), 10_000);
    }
}
