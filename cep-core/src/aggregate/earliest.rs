//! The first few values in the order of events, of which `nth` and `collect` read theirs.

use super::{Keep, Place, Row, Settings, Slides, State};
use crate::function::EvalError;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// What is read of the first values.
pub(crate) trait Reading: Clone + Default + std::fmt::Debug + Send + 'static {
    /// The result, of no more than `count` values in order.
    fn read<'v>(values: impl Iterator<Item = &'v Value>, count: usize) -> Value;
}

/// Values in order, each with where it stands; no more than are asked for, unless all are kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Earliest<R>(Vec<(Place, Value)>, PhantomData<R>);

impl<R: Reading> Earliest<R> {
    fn shorten(&mut self, settings: &Settings) {
        if settings.keep == Keep::Bounded {
            self.0.truncate(settings.count());
        }
    }
}

impl<R: Reading> State for Earliest<R> {
    const SLIDES: Slides = Slides::ByGivingBack;

    fn lift(&mut self, row: Row<'_>, settings: &Settings) {
        let place = row.place();
        let at = self.0.partition_point(|(other, _)| *other <= place);
        if settings.keep == Keep::All || at < settings.count() {
            self.0.insert(at, (place, row.value()));
            self.shorten(settings);
        }
    }

    fn combine(&mut self, other: &Self, settings: &Settings) {
        let appends = match (self.0.last(), other.0.first()) {
            (Some((last, _)), Some((first, _))) => last <= first,
            _ => true,
        };
        self.0.extend(other.0.iter().cloned());
        if !appends {
            self.0.sort_by_key(|(place, _)| *place);
        }
        self.shorten(settings);
    }

    fn lower(&self, settings: &Settings) -> Result<Value, EvalError> {
        let count = settings.count();
        Ok(R::read(self.0.iter().take(count).map(|(_, value)| value), count))
    }

    fn give_back(&mut self, row: &Self) {
        for (place, _) in &row.0 {
            if let Ok(at) = self.0.binary_search_by_key(place, |(other, _)| *other) {
                self.0.remove(at);
            }
        }
    }
}
