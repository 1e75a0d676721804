//! `prev(n, agg)`: what aggregates were in the windows before.
//!
//! A window that has been judged leaves the results that later ones will read, for as many steps
//! of the grid as they read back. A key that had no window there, empty ones under `fill`
//! included, has no result there.

use super::super::Errors;
use super::super::keys::KeyTable;
use super::super::previous::{Asked, Found, push};
use crate::plan::RulePlan;
use crate::value::Column;
use crate::window::Grid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// See the module.
#[derive(Debug)]
pub(super) struct Past {
    asked: Asked,
    /// By their ends.
    windows: BTreeMap<i64, PastWindow>,
    /// The ends of the windows that the one being judged reads, one for each call.
    ends: Vec<i64>,
}

/// What is kept of a window.
#[derive(Debug)]
struct PastWindow {
    /// The keys, and where in the columns their results are; by key once the window is over.
    rows: Vec<(u32, u32)>,
    results: Vec<(Column, Errors)>,
}

/// The end of a window, and the results of its keys, which are given by their canonical bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PastState(i64, Vec<(Vec<u8>, Vec<Found>)>);

impl PastWindow {
    fn of(asked: &Asked) -> Self {
        let column = |(_, ty): &(u32, crate::value::Type)| (Column::new(ty), Errors::default());
        Self { rows: Vec::new(), results: asked.aggregates.iter().map(column).collect() }
    }

    fn found(&self, key: u32, place: usize) -> Option<Found> {
        let at = self.rows.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        let row = self.rows.get(at)?.1 as usize;
        self.results.get(place).map(|results| result(results, row))
    }
}

fn result((column, errors): &(Column, Errors), row: usize) -> Found {
    errors.of(row).map_or_else(|| Ok(column.get(row)), |error| Err(error.clone()))
}

impl Past {
    pub(super) fn new(rule: &RulePlan) -> Self {
        Self { asked: Asked::new(rule), windows: BTreeMap::new(), ends: Vec::new() }
    }

    /// The window that ends at `end` is going to be judged.
    pub(super) fn open(&mut self, grid: &Grid, end: i64) {
        let calls = self.asked.calls.iter();
        self.ends = calls.map(|(_, windows)| grid.earlier_end(end, *windows)).collect();
    }

    /// What is read of the windows before, for these keys.
    pub(super) fn read(&self, keys: &[u32]) -> Vec<(Column, Errors)> {
        let mut columns = self.asked.columns();
        for ((column, (place, _)), end) in columns.iter_mut().zip(&self.asked.calls).zip(&self.ends)
        {
            let window = self.windows.get(end);
            keys.iter().for_each(|key| push(column, window.and_then(|it| it.found(*key, *place))));
        }
        columns
    }

    /// Notes the results of some keys in the window being judged.
    pub(super) fn note(&mut self, end: i64, keys: &[u32], aggregates: &[(Column, Errors)]) {
        if self.asked.longest == 0 {
            return;
        }
        let window = self.windows.entry(end).or_insert_with(|| PastWindow::of(&self.asked));
        for (row, key) in keys.iter().enumerate() {
            window.rows.push((*key, u32::try_from(window.rows.len()).unwrap_or(u32::MAX)));
            for (results, (aggregate, _)) in window.results.iter_mut().zip(&self.asked.aggregates) {
                let found = aggregates.get(*aggregate as usize).map(|it| result(it, row));
                push(results, found);
            }
        }
    }

    /// The window that ends at `end` has been judged: lets go of what none to come reads.
    pub(super) fn close(&mut self, grid: &Grid, end: i64) {
        if let Some(back) = self.asked.longest.checked_sub(1) {
            if let Some(window) = self.windows.get_mut(&end) {
                window.rows.sort_unstable();
            }
            let oldest = grid.earlier_end(end, back);
            self.windows.retain(|end, _| *end >= oldest);
        }
    }

    /// Lets go of what was kept of a key, all of whose windows are over.
    pub(super) fn forget(&mut self, key: u32) {
        for window in self.windows.values_mut() {
            if let Ok(at) = window.rows.binary_search_by_key(&key, |(key, _)| *key) {
                window.rows.remove(at);
            }
        }
    }

    /// The keys that have results.
    pub(super) fn keys(&self) -> impl Iterator<Item = u32> {
        self.windows.values().flat_map(|window| window.rows.iter().map(|(key, _)| *key))
    }

    /// How many bytes each key's results hold in each window.
    pub(super) fn sizes(&self, keys: &KeyTable, see: &mut dyn FnMut(u32, usize)) {
        for window in self.windows.values() {
            for (key, row) in &window.rows {
                let of_row = |(column, _): &(Column, Errors)| column.held_bytes(*row as usize);
                let results = window.results.iter().map(of_row).sum::<usize>();
                see(*key, keys.encoded_len(*key) + size_of::<(u32, u32)>() + results);
            }
        }
    }

    pub(super) fn save(&self, encoded: impl Fn(u32) -> Vec<u8>) -> Vec<PastState> {
        let of_key = |window: &PastWindow, (key, row): &(u32, u32)| {
            let results = window.results.iter().map(|it| result(it, *row as usize)).collect();
            (encoded(*key), results)
        };
        let of = |(end, window): (&i64, &PastWindow)| {
            PastState(*end, window.rows.iter().map(|row| of_key(window, row)).collect())
        };
        self.windows.iter().map(of).collect()
    }

    /// Takes over what `save` gave.
    pub(super) fn load(
        &mut self,
        saved: Vec<PastState>,
        intern: &mut dyn FnMut(&[u8]) -> Option<u32>,
    ) -> Option<()> {
        for PastState(end, keys) in saved {
            let mut window = PastWindow::of(&self.asked);
            for (key, found) in keys {
                if found.len() != window.results.len() {
                    return None;
                }
                window.rows.push((intern(&key)?, u32::try_from(window.rows.len()).ok()?));
                window.results.iter_mut().zip(found).for_each(|(it, found)| push(it, Some(found)));
            }
            window.rows.sort_unstable();
            self.windows.insert(end, window);
        }
        Some(())
    }
}
