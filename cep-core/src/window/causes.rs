//! Which events stand behind the groups of a slice: up to a limit all of them, then only the first,
//! the last and how many.

use crate::engine::Causes;
use crate::plan::StreamId;
use crate::value::RowOrigin;
use serde::{Deserialize, Serialize};

/// The end of a chain.
const NONE: u32 = u32::MAX;
/// Up to how many events a group's chain names all of them.
const LIMIT: u64 = Causes::EXACT_LIMIT as u64;

/// The causes of many groups, by slot.
///
/// A group's events hang on a chain through one shared vector. A group beyond the limit has a
/// chain of two: its least and its greatest position.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CauseStore {
    groups: Vec<Group>,
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Group {
    count: u64,
    head: u32,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Node {
    partition: u32,
    next: u32,
    offset: u64,
}

type Position = (u32, u64);

impl CauseStore {
    /// Makes room for `slots` groups in all.
    pub(crate) fn grow(&mut self, slots: usize) {
        if slots > self.groups.len() {
            self.groups.resize(slots, Group { count: 0, head: NONE });
        }
    }

    /// Forgets all groups, keeping the memory.
    pub(crate) fn clear(&mut self) {
        self.groups.clear();
        self.nodes.clear();
    }

    /// Adds an event to each of `slots`, a position each.
    pub(crate) fn add(
        &mut self,
        slots: &[u32],
        partition: u32,
        offsets: impl Iterator<Item = u64>,
    ) {
        for (slot, offset) in slots.iter().zip(offsets) {
            self.add_one(*slot, (partition, offset));
        }
    }

    fn add_one(&mut self, slot: u32, position: Position) {
        let Some(group) = self.groups.get_mut(slot as usize) else { return };
        if group.count < LIMIT {
            let (partition, offset) = position;
            self.nodes.push(Node { partition, next: group.head, offset });
            group.head = u32::try_from(self.nodes.len() - 1).unwrap_or(NONE);
            group.count += 1;
        } else {
            let count = group.count + 1;
            self.widen(slot, position, position, count);
        }
    }

    /// Takes all groups of `other` in: group `i` of it goes to `slots[i]` here.
    pub(crate) fn combine(&mut self, slots: &[u32], other: &Self) {
        for (index, slot) in slots.iter().enumerate() {
            let Some(theirs) = other.groups.get(index).copied() else { continue };
            let mine = self.groups.get(*slot as usize).map_or(0, |group| group.count);
            if mine + theirs.count <= LIMIT {
                for position in other.chain(theirs.head) {
                    self.add_one(*slot, position);
                }
            } else if let Some((least, greatest)) = other.bounds(theirs.head) {
                self.widen(*slot, least, greatest, mine + theirs.count);
            }
        }
    }

    /// Turns a group into its bounds, widened to hold two more positions.
    fn widen(&mut self, slot: u32, least: Position, greatest: Position, count: u64) {
        let Some(group) = self.groups.get(slot as usize).copied() else { return };
        let (low, high) = match self.bounds(group.head) {
            Some((low, high)) => (low.min(least), high.max(greatest)),
            None => (least, greatest),
        };
        let mut head = group.head;
        // Only the first two nodes of the chain are kept, and written anew.
        for position in [high, low] {
            let (partition, offset) = position;
            match self.nodes.get_mut(head as usize) {
                Some(node) => {
                    *node = Node { partition, offset, next: node.next };
                    head = node.next;
                }
                None => return self.fresh_bounds(slot, low, high, count),
            }
        }
        let second = self.nodes.get(group.head as usize).map_or(NONE, |node| node.next);
        if let Some(node) = self.nodes.get_mut(second as usize) {
            node.next = NONE;
        }
        if let Some(group) = self.groups.get_mut(slot as usize) {
            group.count = count;
        }
    }

    fn fresh_bounds(&mut self, slot: u32, low: Position, high: Position, count: u64) {
        self.nodes.push(Node { partition: high.0, offset: high.1, next: NONE });
        let next = u32::try_from(self.nodes.len() - 1).unwrap_or(NONE);
        self.nodes.push(Node { partition: low.0, offset: low.1, next });
        let head = u32::try_from(self.nodes.len() - 1).unwrap_or(NONE);
        if let Some(group) = self.groups.get_mut(slot as usize) {
            *group = Group { count, head };
        }
    }

    /// How many bytes a group holds.
    pub(crate) fn size(&self, slot: usize) -> usize {
        let events = self.groups.get(slot).map_or(0, |group| group.count.min(LIMIT));
        let nodes = usize::try_from(events).unwrap_or(0) * size_of::<Node>();
        size_of::<Group>() + nodes
    }

    /// The positions it may name.
    pub(crate) fn positions(&self, see: &mut dyn FnMut(u32, u64)) {
        self.nodes.iter().for_each(|node| see(node.partition, node.offset));
    }

    fn chain(&self, head: u32) -> impl Iterator<Item = Position> {
        let mut at = head;
        std::iter::from_fn(move || {
            let node = self.nodes.get(at as usize)?;
            at = node.next;
            Some((node.partition, node.offset))
        })
    }

    fn bounds(&self, head: u32) -> Option<(Position, Position)> {
        let least = self.chain(head).min()?;
        Some((least, self.chain(head).max().unwrap_or(least)))
    }

    /// The causes of a group.
    pub(crate) fn of(&self, slot: u32, stream: StreamId) -> Causes {
        let Some(group) = self.groups.get(slot as usize) else { return Causes::of(Vec::new()) };
        let origin = |(partition, offset)| RowOrigin { stream, partition, offset };
        match self.bounds(group.head) {
            Some((least, greatest)) if group.count > LIMIT => {
                Causes::Bounds { first: origin(least), last: origin(greatest), count: group.count }
            }
            _ => Causes::of(self.chain(group.head).map(origin).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn causes_do_not_depend_on_how_events_were_grouped(
            positions in prop::collection::vec((0..3_u32, 0..500_u64), 0..90),
            cuts in prop::collection::vec(0..50_usize, 0..5),
        ) {
            let mut total = CauseStore::default();
            total.grow(1);
            let mut rest = positions.as_slice();
            for cut in cuts.iter().copied().chain([rest.len()]) {
                let (part, later) = rest.split_at(cut.min(rest.len()));
                let mut slice = CauseStore::default();
                slice.grow(1);
                for position in part {
                    slice.add_one(0, *position);
                }
                total.combine(&[0], &slice);
                rest = later;
            }
            let origins = positions
                .iter()
                .map(|(partition, offset)| RowOrigin {
                    stream: StreamId(0), partition: *partition, offset: *offset,
                })
                .collect();
            prop_assert_eq!(total.of(0, StreamId(0)), Causes::of(origins));
        }
    }
}
