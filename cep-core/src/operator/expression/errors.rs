//! Which rows of a computation have no value.

use crate::function::EvalError;

/// Rows without a value, in rising order, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(Vec<(u32, EvalError)>);

impl Errors {
    /// Whether every row has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first error.
    #[must_use]
    pub fn first(&self) -> Option<&EvalError> {
        self.0.first().map(|(_, error)| error)
    }

    /// The error of a row.
    #[must_use]
    pub fn of(&self, row: usize) -> Option<&EvalError> {
        let found = self.0.binary_search_by_key(&row, |(at, _)| *at as usize).ok()?;
        self.0.get(found).map(|(_, error)| error)
    }

    /// Adds an error for a row after all rows that are in.
    pub fn push(&mut self, row: usize, error: EvalError) {
        if let Ok(row) = u32::try_from(row) {
            self.0.push((row, error));
        }
    }

    /// Adds the errors of `other`; a row that has one already keeps it.
    pub fn merge(&mut self, other: Self) {
        if !other.is_empty() {
            self.0.extend(other.0);
            self.0.sort_by_key(|(row, _)| *row);
            self.0.dedup_by_key(|(row, _)| *row);
        }
    }

    /// The errors of `rows`, as the rows of a new column that has only them.
    pub(crate) fn pick(&self, rows: &[u32]) -> Self {
        let mut picked = Self::default();
        if !self.is_empty() {
            for (place, row) in rows.iter().enumerate() {
                if let Some(error) = self.of(*row as usize) {
                    picked.push(place, error.clone());
                }
            }
        }
        picked
    }

    pub(crate) fn retain(mut self, keep: impl Fn(usize) -> bool) -> Self {
        self.0.retain(|(row, _)| keep(*row as usize));
        self
    }
}
