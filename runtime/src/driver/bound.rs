//! The bound of a rule's state: a run that passes it makes safe what it has done, and stops.
//!
//! Nothing is dropped to make room: that would make what rules say a matter of memory. So what a
//! stopped run has put out is the beginning of what it would have put out, and a run with more room,
//! or with another rule, goes on from there.

use super::{Checkpoint, Driver, DriverError, grouped};
use crate::bytes::shown;
use cep_core::engine::{StateOverrun, StateOwner, StatePart};
use cep_core::plan::{Plan, RulePlan};
use cep_core::value::Value;
use std::fmt;

/// A rule, or a table of a stream, that keeps more than it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateBound {
    /// What it is: "rule `low`".
    owner: String,
    is_rule: bool,
    bytes: u64,
    max_bytes: u64,
    keys: u64,
    /// Its largest parts by name, with their bytes.
    largest: Vec<(String, u64)>,
}

impl Driver {
    /// Stops when a rule keeps more than it may.
    pub(super) fn stop_at_bound(&mut self) -> Result<(), DriverError> {
        let Some(overrun) = self.engine.state_overrun() else { return Ok(()) };
        self.commit(Checkpoint::Now)?;
        Err(DriverError::StateBound(Box::new(StateBound::of(&self.plan, overrun))))
    }

    /// The bytes of all state, and whose state is the largest.
    pub(super) fn state(&self) -> (u64, Option<String>) {
        let sizes = self.engine.state_sizes();
        let most = sizes.iter().max_by_key(|(_, bytes)| **bytes);
        (sizes.values().sum(), most.map(|(owner, _)| owner_name(&self.plan, *owner)))
    }
}

impl StateBound {
    fn of(plan: &Plan, overrun: StateOverrun) -> Self {
        let names = key_names(plan, overrun.owner);
        let largest = overrun.largest.into_iter();
        Self {
            owner: owner_name(plan, overrun.owner),
            is_rule: matches!(overrun.owner, StateOwner::Rule(_)),
            bytes: overrun.bytes,
            max_bytes: overrun.max_bytes,
            keys: overrun.keys,
            largest: largest.map(|(part, bytes)| (part_name(&names, &part), bytes)).collect(),
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        let less = if self.is_rule {
            "let the rule forget keys that have no events any more (`forget D`), or keep less of \
             each, by a shorter window or a narrower key"
        } else {
            "give the table a narrower key"
        };
        format!(
            "{less}; or raise `[state] max_bytes_per_rule` of cep.toml; with `--state` the next run \
             goes on from here"
        )
    }
}

fn owner_name(plan: &Plan, owner: StateOwner) -> String {
    match owner {
        StateOwner::Rule(id) => {
            format!("rule `{}`", plan.rule(id).map_or("", |rule| rule.name.as_str()))
        }
        StateOwner::Table(id) => {
            format!("table `{}`", plan.table(id).map_or("", |table| table.name.as_str()))
        }
    }
}

fn key_names(plan: &Plan, owner: StateOwner) -> Vec<String> {
    match owner {
        StateOwner::Rule(id) => {
            let key = plan.rule(id).map_or(&[][..], |rule: &RulePlan| &rule.key);
            key.iter().map(|part| part.name.clone()).collect()
        }
        StateOwner::Table(id) => {
            let Some(table) = plan.table(id) else { return Vec::new() };
            let fields = table.key.iter().filter_map(|place| table.fields.get(*place as usize));
            fields.map(|field| field.name.clone()).collect()
        }
    }
}

fn part_name(names: &[String], part: &StatePart) -> String {
    let listed = |values: &[Value]| {
        values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
    };
    match part {
        StatePart::Key(values) if values.is_empty() => "all its events".into(),
        StatePart::Key(values) => {
            let named = |(name, value): (&String, &Value)| format!("{name} {value:?}");
            names.iter().zip(values.iter()).map(named).collect::<Vec<_>>().join(", ")
        }
        StatePart::Distinct(values) => format!("`distinct` for {}", listed(values)),
        StatePart::Limit(values) if values.is_empty() => "`limit`".into(),
        StatePart::Limit(values) => format!("`limit` for {}", listed(values)),
        StatePart::Waiting => "events that wait for their turn".into(),
    }
}

impl fmt::Display for StateBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped: {} keeps {} of state", self.owner, shown(self.bytes))?;
        if self.keys > 1 {
            write!(f, " in {} keys", grouped(self.keys))?;
        }
        write!(f, " and may keep {}", shown(self.max_bytes))?;
        for (index, (part, bytes)) in self.largest.iter().enumerate() {
            let before = if index == 0 { "; the largest:" } else { "," };
            write!(f, "{before} {part} ({})", shown(*bytes))?;
        }
        Ok(())
    }
}
