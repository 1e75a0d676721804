//! Group keys as small numbers.
//!
//! Each key that comes gets an id; state is then kept in vectors by id. When keys have become many,
//! the operator says which of them still have state, and the others are forgotten.

use super::int_table::IntTable;
use super::{Errors, Operand};
use crate::plan::KeyPart;
use crate::value::{Column, ColumnData, Type, Value, decode_key, encode_value};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Up to how many keys none is forgotten.
const ALWAYS_KEPT: usize = 4096;
/// How many times the keys that had state at the last look there may be before the next look.
const GROWTH: usize = 3;

/// The keys of an operator.
#[derive(Debug)]
pub(crate) struct KeyTable {
    names: Names,
    hasher: FixedState,
    /// How many ids were ever made.
    made: usize,
    /// Ids that were forgotten and can be given out again.
    free: Vec<u32>,
    /// With more ids in use than this, it is time to forget some.
    limit: usize,
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
        let made = usize::from(matches!(names, Names::Whole));
        Self { names, hasher, made, free: Vec::new(), limit: ALWAYS_KEPT }
    }

    /// The number of ids that were ever given out; ids are below it.
    pub(crate) fn capacity(&self) -> usize {
        self.made
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
        self.free.pop().unwrap_or_else(|| {
            self.made += 1;
            // Four billion keys in one task do not fit memory either.
            u32::try_from(self.made - 1).unwrap_or(u32::MAX)
        })
    }

    /// Whether keys have become so many that those without state should be forgotten.
    pub(crate) fn is_full(&self) -> bool {
        self.made - self.free.len() > self.limit
    }

    /// Forgets all keys but those with state.
    pub(crate) fn keep_only(&mut self, with_state: impl Iterator<Item = u32>) {
        let mut kept = vec![false; self.made];
        for id in with_state {
            if let Some(kept) = kept.get_mut(id as usize) {
                *kept = true;
            }
        }
        self.limit = ALWAYS_KEPT + GROWTH * kept.iter().filter(|kept| **kept).count();
        let free = &mut self.free;
        let mut keep = |id: u32| {
            let kept = kept.get(id as usize).copied().unwrap_or(false);
            if !kept {
                free.push(id);
            }
            kept
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

    /// How long the canonical bytes of a key are.
    pub(crate) fn encoded_len(&self, id: u32) -> usize {
        match &self.names {
            Names::Whole => 0,
            // A kind of value and 64 bits.
            Names::Int { .. } => 9,
            Names::Bytes { values, .. } => values.get(id as usize).map_or(0, |bytes| bytes.len()),
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
    fn keys_without_state_are_forgotten_and_their_ids_used_again() {
        let mut keys = table(Type::Int);
        let many: Vec<Value> = (0..10_000).map(Value::Int).collect();
        let ids = intern(&mut keys, &many, &Type::Int);
        assert!(keys.is_full());
        keys.keep_only([ids[5]].into_iter());
        assert!(!keys.is_full());
        assert_eq!(intern(&mut keys, &[Value::Int(5)], &Type::Int), [ids[5]]);
        intern(&mut keys, &(20_000..29_000).map(Value::Int).collect::<Vec<_>>(), &Type::Int);
        assert_eq!(keys.capacity(), 10_000);
    }
}
