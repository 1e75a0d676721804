//! The first few values in the order of events, which `nth` and `collect` share.

use super::{Keep, Place, Row, Settings};
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// Values in order, each with where it stands; no more than are asked for, unless all are kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Earliest(Vec<(Place, Value)>);

impl Earliest {
    /// Takes a row's value in.
    pub(super) fn take(&mut self, row: Row<'_>, settings: &Settings) {
        let place = row.place();
        let at = self.0.partition_point(|(other, _)| *other <= place);
        if settings.keep == Keep::All || at < settings.count() {
            self.0.insert(at, (place, row.value()));
            self.shorten(settings);
        }
    }

    /// Takes in what another has taken in.
    pub(super) fn merge(&mut self, other: &Self, settings: &Settings) {
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

    fn shorten(&mut self, settings: &Settings) {
        if settings.keep == Keep::Bounded {
            self.0.truncate(settings.count());
        }
    }

    /// Gives back what another has taken in.
    pub(super) fn give_back(&mut self, row: &Self) {
        for (place, _) in &row.0 {
            if let Ok(at) = self.0.binary_search_by_key(place, |(other, _)| *other) {
                self.0.remove(at);
            }
        }
    }

    /// The values in order.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }
}
