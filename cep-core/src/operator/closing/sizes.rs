//! How large the state of a group's rules is, each as if it stood alone.

use super::super::keys::KeyTable;
use super::super::{KeptFor, See};
use super::ClosingGroup;
use super::rule::ClosingRule;

impl ClosingGroup {
    pub(super) fn state_sizes(&self, see: &mut See<'_>) {
        for rule in &self.rules {
            let of_key = &mut |id, bytes| see(rule.id(), KeptFor::Id(&self.keys, id), bytes);
            // Other rules may need older slices, and aggregates that this one has not.
            for slice in self.store.from(rule.first_start_after(self.closed_to)) {
                slice.sizes(|id, group, states| {
                    of_key(id, self.keys.encoded_len(id) + group + rule.size_of_states(states));
                });
            }
            rule.sizes(&self.keys, of_key);
        }
        if let (Some(revisions), [rule]) = (&self.revisions, self.rules.as_slice()) {
            revisions.sizes(&self.keys, rule.id(), see);
        }
    }
}

impl ClosingRule {
    /// How many bytes it keeps of each key beyond the slices.
    fn sizes(&self, keys: &KeyTable, see: &mut dyn FnMut(u32, usize)) {
        for id in &self.filled {
            see(*id, keys.encoded_len(*id) + size_of::<(u32, i64)>());
        }
        self.trigger.sizes(keys, see);
        self.past.sizes(keys, see);
    }

    /// How many bytes the states of its own aggregates hold, given those of all of the group.
    fn size_of_states(&self, of_group: &[usize]) -> usize {
        self.calls.iter().filter_map(|(call, _)| of_group.get(*call)).sum()
    }
}
