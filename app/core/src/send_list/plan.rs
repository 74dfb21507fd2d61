//! Which entries a run sends, in which order.

use std::sync::Arc;

use super::{AnswerMatcher, SendEntry, SendList};
use crate::matching::PatternFault;
use crate::view::EncodingName;

/// What a run sends: a list as it was when the run began.
#[derive(Clone, Debug, Default)]
pub struct ListPlan {
    /// The entries, in the order in which they are sent.
    pub entries: Arc<[PlannedEntry]>,
    /// How often all of them are sent; `None`: until stopped.
    pub rounds: Option<u64>,
}

/// An entry of a run, and where it stands in the list.
#[derive(Clone, Debug)]
pub struct PlannedEntry {
    /// Its group, from 0.
    pub group: usize,
    /// Its place in the group, from 0.
    pub index: usize,
    /// The entry.
    pub entry: Arc<SendEntry>,
}

impl ListPlan {
    /// Everything that takes part in runs, of one group or of all: by its order, equal ones as they stand in the list.
    pub fn of_all(list: &SendList, group: Option<usize>, rounds: Option<u64>) -> Self {
        let mut entries: Vec<_> = every(list)
            .filter(|planned| group.is_none_or(|group| group == planned.group))
            .filter(|planned| planned.entry.order > 0)
            .collect();
        entries.sort_by_key(|planned| (planned.group, planned.entry.order));
        Self { entries: entries.into(), rounds }
    }

    /// These entries (group and place), as they stand in the list.
    pub fn of_these(list: &SendList, chosen: &[(usize, usize)], rounds: Option<u64>) -> Self {
        let mut chosen = chosen.to_vec();
        chosen.sort_unstable();
        let is_chosen = |it: &PlannedEntry| chosen.binary_search(&(it.group, it.index)).is_ok();
        Self { entries: every(list).filter(is_chosen).collect(), rounds }
    }

    /// How many messages a round has.
    pub fn messages(&self) -> u64 {
        self.entries.iter().map(|planned| u64::from(planned.entry.repeat.max(1))).sum()
    }

    /// The first answer that cannot be waited for: a run with it would stop in the middle.
    pub fn fault(&self, session: &EncodingName) -> Option<(&PlannedEntry, PatternFault)> {
        self.entries.iter().find_map(|planned| {
            let entry = &planned.entry;
            let fault =
                AnswerMatcher::new(entry.answer.as_ref()?, entry.encoding_in(session)).err()?;
            Some((planned, fault))
        })
    }
}

/// All entries that hold something to send.
fn every(list: &SendList) -> impl Iterator<Item = PlannedEntry> + '_ {
    list.groups.iter().enumerate().flat_map(|(group, it)| {
        let entries = it.entries.iter().enumerate().filter(|(_, entry)| !entry.text.is_empty());
        entries.map(move |(index, entry)| PlannedEntry { group, index, entry: entry.clone() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send_list::SendGroup;

    fn list(orders: &[u32]) -> SendList {
        let entry = |(at, order): (usize, &u32)| SendEntry {
            text: at.to_string(),
            order: *order,
            ..SendEntry::default()
        };
        let entries = orders.iter().enumerate().map(entry);
        SendList { groups: vec![SendGroup::new("a", entries)] }
    }

    fn texts(plan: &ListPlan) -> Vec<&str> {
        plan.entries.iter().map(|it| it.entry.text.as_str()).collect()
    }

    #[test]
    fn equal_orders_go_as_they_stand_and_none_is_left_out() {
        let list = list(&[2, 1, 0, 2, 1]);
        assert_eq!(texts(&ListPlan::of_all(&list, None, Some(1))), ["1", "4", "0", "3"]);
        assert_eq!(texts(&ListPlan::of_these(&list, &[(0, 3), (0, 2)], Some(1))), ["2", "3"]);
        assert!(ListPlan::of_all(&list, Some(1), None).entries.is_empty());
    }
}
