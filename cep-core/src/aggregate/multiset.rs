//! The values of a group with how often each occurs: exact as long as they are few, then a sketch.
//!
//! Up to [`EXACT`] different values are kept as they are; with one more all go into a sketch. Which
//! of the two a collection is depends on its values only, never on how they were grouped.

use super::{Keep, Settings};
use crate::value::Value;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::borrow::Cow;
use std::fmt::Debug;

/// How many different values of a group are kept as they are.
pub const EXACT: usize = 1_024;

/// What stands in for values that have become too many.
pub(super) trait Sketch:
    Clone + Default + Debug + Send + Serialize + DeserializeOwned + 'static
{
    /// Takes in a value that occurs so many times.
    fn add(&mut self, value: &Value, times: u64);
    /// Takes in what another has taken in.
    fn merge(&mut self, other: &Self);
}

/// See the module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Multiset<S> {
    /// The values in their order, each with how often it occurs.
    Exact(Vec<(Value, u64)>),
    /// Too many.
    Sketched(S),
}

impl<S> Default for Multiset<S> {
    fn default() -> Self {
        Self::Exact(Vec::new())
    }
}

/// A value in the form that it has in common with all that are equal to it.
pub(super) fn canonical(value: Value) -> Value {
    match value {
        Value::Float(value) => Value::Float(value + 0.0),
        Value::Decimal(value) => Value::Decimal(value.normalize()),
        other => other,
    }
}

impl<S: Sketch> Multiset<S> {
    /// Takes in a value.
    pub(super) fn insert(&mut self, value: Value, settings: &Settings) {
        let value = canonical(value);
        match self {
            Self::Sketched(sketch) => sketch.add(&value, 1),
            Self::Exact(values) => {
                // Values often rise with time, or are what the last one was.
                match values.binary_search_by(|(other, _)| other.cmp(&value)) {
                    Ok(at) => values.iter_mut().skip(at).take(1).for_each(|it| it.1 += 1),
                    Err(at) => values.insert(at, (value, 1)),
                }
            }
        }
        self.shrink(settings);
    }

    /// Takes in what another has taken in.
    pub(super) fn merge(&mut self, other: &Self, settings: &Settings) {
        match (&mut *self, other) {
            (Self::Exact(mine), Self::Exact(theirs)) => merge_sorted(mine, theirs),
            (Self::Sketched(mine), Self::Sketched(theirs)) => mine.merge(theirs),
            (Self::Sketched(mine), Self::Exact(theirs)) => {
                theirs.iter().for_each(|(value, times)| mine.add(value, *times));
            }
            (Self::Exact(mine), Self::Sketched(theirs)) => {
                let mut sketch = theirs.clone();
                mine.iter().for_each(|(value, times)| sketch.add(value, *times));
                *self = Self::Sketched(sketch);
            }
        }
        self.shrink(settings);
    }

    /// Gives back what another has taken in; both keep all.
    pub(super) fn give_back(&mut self, row: &Self) {
        let (Self::Exact(mine), Self::Exact(theirs)) = (self, row) else { return };
        for (value, times) in theirs {
            let Ok(at) = mine.binary_search_by(|(other, _)| other.cmp(value)) else { continue };
            let Some((_, known)) = mine.get_mut(at) else { continue };
            *known = known.saturating_sub(*times);
            if *known == 0 {
                mine.remove(at);
            }
        }
    }

    fn shrink(&mut self, settings: &Settings) {
        if settings.keep == Keep::Bounded
            && let Self::Exact(values) = self
            && values.len() > EXACT
        {
            *self = Self::Sketched(sketch_of(values));
        }
    }

    /// The collection as its result is taken of it: a sketch if there are too many values, even
    /// where all are kept.
    pub(super) fn seen(&self) -> Cow<'_, Self> {
        match self {
            Self::Exact(values) if values.len() > EXACT => {
                Cow::Owned(Self::Sketched(sketch_of(values)))
            }
            _ => Cow::Borrowed(self),
        }
    }
}

fn sketch_of<S: Sketch>(values: &[(Value, u64)]) -> S {
    let mut sketch = S::default();
    values.iter().for_each(|(value, times)| sketch.add(value, *times));
    sketch
}

fn merge_sorted(mine: &mut Vec<(Value, u64)>, theirs: &[(Value, u64)]) {
    if let [(value, times)] = theirs {
        match mine.binary_search_by(|(other, _)| other.cmp(value)) {
            Ok(at) => mine.iter_mut().skip(at).take(1).for_each(|it| it.1 += times),
            Err(at) => mine.insert(at, (value.clone(), *times)),
        }
        return;
    }
    mine.extend(theirs.iter().cloned());
    // Both halves are sorted, which this sort likes.
    mine.sort_by(|a, b| a.0.cmp(&b.0));
    mine.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
}
