//! `top(n, k by agg)`: the n groups of equal k with the largest values of another aggregate, as
//! `{key, value}` records, the largest first; of equal values the smaller key first. Empty of
//! nothing.
//!
//! A group is made by the first row that counts for it: one of which neither k nor what the other
//! aggregate reads is null. So every group has a value. What is kept is the other aggregate's
//! state of every group, however many there are, in the very form that it has by itself: that the
//! grouping of rows does not matter follows from its own law.

use super::multiset::canonical;
use super::{
    AggregateInfo, AggregateStates, Counts, Rows, RunningAggregate, SlidingAggregate, new_running,
    new_sliding, new_states,
};
use crate::function::EvalError;
use crate::operator::Errors;
use crate::plan::AggregateCall;
use crate::value::{Column, Value, held_bytes};
use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub(super) const INFO: AggregateInfo = AggregateInfo {
    name: "top",
    signature: "top(n, k by agg)",
    result: "a list of `{key, value}`",
    of_nothing: "`[]`",
    doc: "the n (1 to 1,000) k with the largest agg over their events, the largest first; of equal ones the smaller k first",
    example: "emit Best { products: top(10, product by sum(amount)) }",
    error: "as agg",
    keeps: "every k, with what agg keeps",
};

/// How many groups a call asks for.
fn wanted(call: &AggregateCall) -> usize {
    match call.arguments.first() {
        Some(Value::Int(count)) => usize::try_from(*count).unwrap_or(0),
        _ => 0,
    }
}

/// What the aggregate of a group reads.
fn of_group<'a>(rows: &Rows<'a>) -> Rows<'a> {
    Rows { first: rows.second, second: None, places: rows.places }
}

/// The group of a row, if the row counts.
fn group_of(rows: &Rows<'_>, row: usize) -> Option<Value> {
    let key = rows.first.filter(|_| rows.are_valid(row))?.get(row);
    Some(canonical(key))
}

/// The first `count` of groups in the order of the result.
fn ranked<'k>(
    groups: impl Iterator<Item = (&'k Value, Result<Value, EvalError>)>,
    count: usize,
) -> Result<Value, EvalError> {
    let mut found: Vec<(&Value, Value)> =
        groups.map(|(key, value)| Ok((key, value?))).collect::<Result<_, EvalError>>()?;
    let order = |a: &(&Value, Value), b: &(&Value, Value)| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0));
    if count > 0 && count < found.len() {
        found.select_nth_unstable_by(count - 1, order);
    }
    found.truncate(count);
    found.sort_unstable_by(order);
    let [key_name, value_name]: [Arc<str>; 2] = ["key".into(), "value".into()];
    let records = found.into_iter().map(|(key, value)| {
        Value::Record(Arc::new([
            (Arc::clone(&key_name), key.clone()),
            (Arc::clone(&value_name), value),
        ]))
    });
    Ok(Value::List(records.collect()))
}

/// The groups of many slots; the states of all groups stand side by side.
#[derive(Debug)]
pub(super) struct TopStates {
    call: AggregateCall,
    count: usize,
    /// For each slot its groups, and where their states are.
    slots: Vec<BTreeMap<Value, u32>>,
    states: Box<dyn AggregateStates>,
    /// How many states there are.
    used: u32,
}

impl TopStates {
    /// Of no rows, if the call ranks groups.
    pub(super) fn of(call: &AggregateCall) -> Option<Self> {
        let group = call.of_group()?;
        let states = new_states(&group);
        Some(Self { call: group, count: wanted(call), slots: Vec::new(), states, used: 0 })
    }

    /// Where the state of a slot's group is; a group that is not there yet gets the next one.
    fn place(&mut self, slot: u32, key: Value) -> Option<u32> {
        let next = self.used;
        let place = *self.slots.get_mut(slot as usize)?.entry(key).or_insert(next);
        self.used += u32::from(place == next);
        Some(place)
    }
}

impl AggregateStates for TopStates {
    fn grow(&mut self, slots: usize) {
        if slots > self.slots.len() {
            self.slots.resize_with(slots, BTreeMap::new);
        }
    }

    fn update(&mut self, slots: &[u32], rows: &[u32], inputs: &Rows<'_>, mask: Option<&[bool]>) {
        let mut places = Vec::with_capacity(rows.len());
        let mut counted = Vec::with_capacity(rows.len());
        for (slot, row) in slots.iter().zip(rows) {
            let index = *row as usize;
            let counts = mask.is_none_or(|mask| mask.get(index).copied().unwrap_or(false));
            let Some(key) = group_of(inputs, index).filter(|_| counts) else { continue };
            if let Some(place) = self.place(*slot, key) {
                places.push(place);
                counted.push(*row);
            }
        }
        self.states.grow(self.used as usize);
        self.states.update(&places, &counted, &of_group(inputs), None);
    }

    fn combine(&mut self, slots: &[u32], other: &dyn AggregateStates) {
        let Some(other) = other.as_any().downcast_ref::<Self>() else { return };
        let mut places = vec![0; other.used as usize];
        for (slot, groups) in slots.iter().zip(&other.slots) {
            for (key, theirs) in groups {
                if let (Some(mine), Some(place)) =
                    (self.place(*slot, key.clone()), places.get_mut(*theirs as usize))
                {
                    *place = mine;
                }
            }
        }
        self.states.grow(self.used as usize);
        self.states.combine(&places, other.states.as_ref());
    }

    fn lower(&self, from: usize, len: usize, into: &mut Column) -> Errors {
        let mut errors = Errors::default();
        for (row, groups) in self.slots.iter().skip(from).take(len).enumerate() {
            let value = |(key, place): (_, &u32)| {
                let mut value = Column::new(&self.call.ty);
                let errors = self.states.lower(*place as usize, 1, &mut value);
                (key, errors.first().map_or_else(|| Ok(value.get(0)), |error| Err(error.clone())))
            };
            match ranked(groups.iter().map(value), self.count) {
                Ok(value) => into.push(&value),
                Err(error) => {
                    into.push_null();
                    errors.push(row, error);
                }
            }
        }
        errors
    }

    fn clear(&mut self) {
        self.slots.clear();
        self.states.clear();
        self.used = 0;
    }

    fn fresh(&self) -> Box<dyn AggregateStates> {
        Box::new(Self {
            call: self.call.clone(),
            count: self.count,
            slots: Vec::new(),
            states: self.states.fresh(),
            used: 0,
        })
    }

    fn size(&self, slot: usize) -> usize {
        let group =
            |(key, place): (&Value, &u32)| held_bytes(key) + self.states.size(*place as usize);
        self.slots.get(slot).map_or(0, |groups| groups.iter().map(group).sum())
    }

    fn save(&self) -> Vec<u8> {
        // Encoding plain data into memory has no way to fail.
        postcard::to_stdvec(&(&self.slots, self.used, self.states.save())).unwrap_or_default()
    }

    fn load(&mut self, bytes: &[u8]) -> Option<()> {
        let (slots, used, states): (Vec<BTreeMap<Value, u32>>, u32, Vec<u8>) =
            postcard::from_bytes(bytes).ok()?;
        self.states.load(&states)?;
        (self.slots, self.used) = (slots, used);
        Some(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The groups of one growing window.
#[derive(Debug)]
pub(super) struct TopRunning {
    call: AggregateCall,
    count: usize,
    groups: BTreeMap<Value, Box<dyn RunningAggregate>>,
}

impl TopRunning {
    /// Of no rows, if the call ranks groups.
    pub(super) fn of(call: &AggregateCall) -> Option<Self> {
        Some(Self { call: call.of_group()?, count: wanted(call), groups: BTreeMap::new() })
    }
}

impl RunningAggregate for TopRunning {
    fn push(&mut self, inputs: &Rows<'_>, row: usize, counts: Counts) {
        if counts == Counts::Yes
            && let Some(key) = group_of(inputs, row)
        {
            let group = self.groups.entry(key).or_insert_with(|| new_running(&self.call));
            group.push(&of_group(inputs), row, counts);
        }
    }

    fn current(&self) -> Result<Value, EvalError> {
        ranked(self.groups.iter().map(|(key, group)| (key, group.current())), self.count)
    }

    fn size(&self) -> usize {
        self.groups.iter().map(|(key, group)| held_bytes(key) + group.size()).sum()
    }

    fn save(&self) -> Vec<u8> {
        let groups: Vec<_> = self.groups.iter().map(|(key, group)| (key, group.save())).collect();
        // Encoding plain data into memory has no way to fail.
        postcard::to_stdvec(&groups).unwrap_or_default()
    }

    fn load(&mut self, bytes: &[u8]) -> Option<()> {
        let groups: Vec<(Value, Vec<u8>)> = postcard::from_bytes(bytes).ok()?;
        self.groups.clear();
        for (key, saved) in groups {
            let mut group = new_running(&self.call);
            group.load(&saved)?;
            self.groups.insert(key, group);
        }
        Some(())
    }
}

/// The groups of one window whose rows leave one by one, each over a window of its own.
#[derive(Debug)]
pub(super) struct TopSliding {
    call: AggregateCall,
    count: usize,
    /// The group of each row in the window, the oldest first; none for a row that does not count.
    rows: VecDeque<Option<Value>>,
    groups: BTreeMap<Value, SlidingGroup>,
}

/// A group, and how many of its rows are in the window.
#[derive(Debug)]
struct SlidingGroup {
    rows: u64,
    window: Box<dyn SlidingAggregate>,
}

impl TopSliding {
    /// Of no rows, if the call ranks groups.
    pub(super) fn of(call: &AggregateCall) -> Option<Self> {
        Some(Self {
            call: call.of_group()?,
            count: wanted(call),
            rows: VecDeque::new(),
            groups: BTreeMap::new(),
        })
    }
}

impl SlidingAggregate for TopSliding {
    fn push(&mut self, inputs: &Rows<'_>, row: usize, counts: Counts) {
        let key = group_of(inputs, row).filter(|_| counts == Counts::Yes);
        if let Some(key) = &key {
            let group = self.groups.entry(key.clone());
            let group =
                group.or_insert_with(|| SlidingGroup { rows: 0, window: new_sliding(&self.call) });
            group.rows += 1;
            group.window.push(&of_group(inputs), row, counts);
        }
        self.rows.push_back(key);
    }

    fn evict(&mut self) {
        let Some(Some(key)) = self.rows.pop_front() else { return };
        let Some(group) = self.groups.get_mut(&key) else { return };
        group.window.evict();
        group.rows = group.rows.saturating_sub(1);
        if group.rows == 0 {
            self.groups.remove(&key);
        }
    }

    fn current(&self) -> Result<Value, EvalError> {
        ranked(self.groups.iter().map(|(key, group)| (key, group.window.current())), self.count)
    }

    fn size(&self) -> usize {
        let groups = self.groups.iter().map(|(key, it)| held_bytes(key) + it.window.size());
        groups.chain(self.rows.iter().map(held_bytes)).sum()
    }

    fn save(&self) -> Vec<u8> {
        let groups: Vec<_> = self.groups.iter().map(|(key, it)| (key, it.window.save())).collect();
        // Encoding plain data into memory has no way to fail.
        postcard::to_stdvec(&(&self.rows, groups)).unwrap_or_default()
    }

    fn load(&mut self, bytes: &[u8]) -> Option<()> {
        let (rows, groups): (_, Vec<(Value, Vec<u8>)>) = postcard::from_bytes(bytes).ok()?;
        self.rows = rows;
        self.groups.clear();
        for (key, saved) in groups {
            let mut window = new_sliding(&self.call);
            window.load(&saved)?;
            self.groups.insert(key, SlidingGroup { rows: 0, window });
        }
        for key in self.rows.iter().flatten() {
            self.groups.get_mut(key)?.rows += 1;
        }
        Some(())
    }
}
