//! Which aggregates a rule reads of windows before: what is to be kept of a window, and for how
//! many windows.

use super::Errors;
use crate::function::EvalError;
use crate::plan::RulePlan;
use crate::value::{Column, Type, Value};

/// The result of an aggregate.
pub(crate) type Found = Result<Value, EvalError>;

/// See the module.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The aggregates of which results are kept, by their indices in the rule, and their types.
    pub(crate) aggregates: Vec<(u32, Type)>,
    /// What is read: the place in `aggregates`, and of how many windows before.
    pub(crate) calls: Vec<(usize, u32)>,
    /// The largest of these numbers of windows; zero if nothing is read.
    pub(crate) longest: u32,
}

impl Asked {
    pub(crate) fn new(rule: &RulePlan) -> Self {
        let mut asked = Self { aggregates: Vec::new(), calls: Vec::new(), longest: 0 };
        for call in &rule.previous {
            let known = asked.aggregates.iter().position(|(known, _)| *known == call.aggregate);
            let place = known.unwrap_or_else(|| {
                let ty = rule.aggregates.get(call.aggregate as usize);
                let ty = ty.map_or(Type::Int, |call| call.ty.clone()).optional();
                asked.aggregates.push((call.aggregate, ty));
                asked.aggregates.len() - 1
            });
            asked.calls.push((place, call.windows));
            asked.longest = asked.longest.max(call.windows);
        }
        asked
    }

    /// Empty columns for what is read.
    pub(crate) fn columns(&self) -> Vec<(Column, Errors)> {
        let of = |(place, _): &(usize, u32)| {
            let ty = self.aggregates.get(*place).map_or(&Type::Int, |(_, ty)| ty);
            (Column::new(ty), Errors::default())
        };
        self.calls.iter().map(of).collect()
    }
}

/// The aggregates of groups, with the rows that have none, and what is read of those in windows before.
pub(crate) struct Results {
    pub(crate) aggregates: Vec<(Column, Errors)>,
    pub(crate) previous: Vec<(Column, Errors)>,
}

impl Results {
    /// Those of some rows.
    pub(crate) fn pick(&self, rows: &[u32]) -> Self {
        let pick = |results: &[(Column, Errors)]| {
            let of = |(column, errors): &(Column, Errors)| (column.gather(rows), errors.pick(rows));
            results.iter().map(of).collect()
        };
        Self { aggregates: pick(&self.aggregates), previous: pick(&self.previous) }
    }
}

/// Appends a result to a column; where there is none, null.
pub(crate) fn push((column, errors): &mut (Column, Errors), found: Option<Found>) {
    match found {
        None => column.push_null(),
        Some(Ok(value)) => column.push(&value),
        Some(Err(error)) => {
            errors.push(column.len(), error);
            column.push_null();
        }
    }
}
