//! Changes of a list.

use std::sync::Arc;

use super::{SendEntry, SendGroup, SendList};

/// A change of a list. A key sends one entry: one that gets a key takes it from the one that had it. Groups, and entries in them, are counted from 0; where there is none, nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListEdit {
    /// Another group at the end.
    AddGroup(String),
    /// Give a group a name.
    RenameGroup(usize, String),
    /// Take a group out, with all that is in it.
    RemoveGroup(usize),
    /// Another entry before this place; in a list without groups, in a new one.
    Insert(usize, usize, Box<SendEntry>),
    /// This entry instead of the one at this place.
    Replace(usize, usize, Box<SendEntry>),
    /// Take an entry out.
    Remove(usize, usize),
    /// Move an entry from one place to before another: the group and the place in it of both. In a run it comes then where
    /// it stands: one whose order says other than its new neighbours' takes the order of the one above.
    Move((usize, usize), (usize, usize)),
    /// The groups of another list at the end.
    Append(SendList),
}

impl SendList {
    /// Changes the list; `false` when it would be too large, or what was to be replaced is not there: it stays as it was.
    pub fn edit(&mut self, edit: ListEdit) -> bool {
        match edit {
            ListEdit::AddGroup(name) => self.groups.push(SendGroup { name, entries: Vec::new() }),
            ListEdit::RenameGroup(at, name) => {
                if let Some(group) = self.groups.get_mut(at) {
                    group.name = name;
                }
            }
            ListEdit::RemoveGroup(at) if at < self.groups.len() => drop(self.groups.remove(at)),
            ListEdit::Insert(group, at, entry) => return self.insert(group, at, *entry),
            ListEdit::Replace(group, at, entry) => return self.replace(group, at, *entry),
            ListEdit::Remove(group, at) => drop(self.take(group, at)),
            ListEdit::Move(from, to) => self.move_entry(from, to),
            ListEdit::Append(other) => {
                let (groups, more) = (self.groups.len(), other.groups);
                self.groups.extend(more);
                if self.is_too_large() {
                    self.groups.truncate(groups);
                    return false;
                }
                self.keep_keys_once();
            }
            ListEdit::RemoveGroup(_) => {}
        }
        true
    }

    /// The entry at this place.
    pub fn entry(&self, group: usize, at: usize) -> Option<&SendEntry> {
        self.groups.get(group)?.entries.get(at).map(|entry| &**entry)
    }

    fn replace(&mut self, group: usize, at: usize, entry: SendEntry) -> bool {
        let Some(there) = self.groups.get_mut(group).and_then(|it| it.entries.get_mut(at)) else {
            return false;
        };
        let before = std::mem::replace(there, Arc::new(entry));
        let fits = !self.is_too_large();
        if fits {
            self.take_key_from_others(group, at);
        } else {
            self.groups[group].entries[at] = before;
        }
        fits
    }

    /// The key of the entry at this place is nobody else's.
    fn take_key_from_others(&mut self, group: usize, at: usize) {
        let Some(key) = self.entry(group, at).and_then(|entry| entry.shortcut) else { return };
        for (in_group, it) in self.groups.iter_mut().enumerate() {
            for (place, entry) in it.entries.iter_mut().enumerate() {
                if entry.shortcut == Some(key) && (in_group, place) != (group, at) {
                    Arc::make_mut(entry).shortcut = None;
                }
            }
        }
    }

    /// Of several entries with one key, the first keeps it.
    fn keep_keys_once(&mut self) {
        let mut taken = std::collections::BTreeSet::new();
        for entry in self.groups.iter_mut().flat_map(|group| &mut group.entries) {
            if entry.shortcut.is_some_and(|key| !taken.insert(key)) {
                Arc::make_mut(entry).shortcut = None;
            }
        }
    }

    fn insert(&mut self, group: usize, at: usize, entry: SendEntry) -> bool {
        if self.groups.is_empty() {
            self.groups.push(SendGroup::default());
        }
        let group = group.min(self.groups.len() - 1);
        let entries = &mut self.groups[group].entries;
        let at = at.min(entries.len());
        entries.insert(at, Arc::new(entry));
        if self.is_too_large() {
            self.groups[group].entries.remove(at);
            return false;
        }
        self.take_key_from_others(group, at);
        true
    }

    fn take(&mut self, group: usize, at: usize) -> Option<Arc<SendEntry>> {
        let entries = &mut self.groups.get_mut(group)?.entries;
        (at < entries.len()).then(|| entries.remove(at))
    }

    fn move_entry(&mut self, from: (usize, usize), to: (usize, usize)) {
        if to.0 >= self.groups.len() {
            return;
        }
        let Some(entry) = self.take(from.0, from.1) else { return };
        // What stood behind it in its group has gone up by one.
        let gone_up = usize::from(from.0 == to.0 && from.1 < to.1);
        let entries = &mut self.groups[to.0].entries;
        let at = (to.1 - gone_up).min(entries.len());
        entries.insert(at, entry);
        if from != (to.0, at) {
            follow_neighbours(entries, at);
        }
    }
}

impl SendGroup {
    /// The order by which a run sends the entry at this place where it stands, whatever order it has now: that of the next
    /// one above that runs send, else of the next one below; 1 when there is none.
    pub fn order_at(&self, at: usize) -> u32 {
        let (above, below) = orders_around(&self.entries, at);
        above.or(below).unwrap_or(1)
    }
}

/// The orders of the next entries above and below a place that runs send.
fn orders_around(entries: &[Arc<SendEntry>], at: usize) -> (Option<u32>, Option<u32>) {
    let order = |entry: &Arc<SendEntry>| Some(entry.order).filter(|order| *order > 0);
    let above = entries.iter().take(at).rev().find_map(order);
    (above, entries.iter().skip(at + 1).find_map(order))
}

/// Gives an entry that was moved here an order by which a run sends it here.
fn follow_neighbours(entries: &mut [Arc<SendEntry>], at: usize) {
    let order = entries[at].order;
    let (above, below) = orders_around(entries, at);
    let stays = above.is_none_or(|it| it <= order) && below.is_none_or(|it| order <= it);
    if let Some(other) = above.or(below)
        && order > 0
        && !stays
    {
        Arc::make_mut(&mut entries[at]).order = other;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(groups: &[&[&str]]) -> SendList {
        let entry = |text: &&str| SendEntry { text: (*text).to_owned(), ..SendEntry::default() };
        let group = |texts: &&[&str]| SendGroup::new("", texts.iter().map(entry));
        SendList { groups: groups.iter().map(group).collect() }
    }

    #[test]
    fn an_entry_is_moved_to_before_another() {
        for (from, to, expected) in [
            ((0, 0), (0, 2), list(&[&["b", "a", "c"], &["d"]])),
            ((0, 2), (0, 0), list(&[&["c", "a", "b"], &["d"]])),
            ((0, 1), (1, 1), list(&[&["a", "c"], &["d", "b"]])),
            ((0, 0), (0, 0), list(&[&["a", "b", "c"], &["d"]])),
            ((0, 0), (0, 1), list(&[&["a", "b", "c"], &["d"]])),
            ((5, 0), (0, 1), list(&[&["a", "b", "c"], &["d"]])),
        ] {
            let mut moved = list(&[&["a", "b", "c"], &["d"]]);
            assert!(moved.edit(ListEdit::Move(from, to)));
            assert_eq!(moved, expected, "{from:?} to {to:?}");
        }
    }

    #[test]
    fn a_key_sends_one_entry_and_who_gets_it_last_has_it() {
        let key = |key: &str| key.parse().ok();
        let keys = |list: &SendList| -> Vec<Option<String>> {
            let entries = list.groups.iter().flat_map(|group| &group.entries);
            entries.map(|it| it.shortcut.map(|key| key.to_string())).collect()
        };
        let with = |text: &str, shortcut| {
            Box::new(SendEntry { text: text.to_owned(), shortcut, ..SendEntry::default() })
        };
        let mut list = list(&[&["a", "b"], &["c"]]);
        let f5 = Some("F5".to_owned());
        assert!(list.edit(ListEdit::Replace(0, 0, with("a", key("F5")))));
        assert!(list.edit(ListEdit::Replace(1, 0, with("c", key("F5")))));
        assert_eq!(keys(&list), [None, None, f5.clone()]);
        assert!(list.edit(ListEdit::Insert(0, 0, with("d", key("F5")))));
        assert_eq!(keys(&list), [f5.clone(), None, None, None]);
        // What is added to a list takes nothing from it.
        let more = SendList { groups: vec![SendGroup::new("", [*with("e", key("F5"))])] };
        assert!(list.edit(ListEdit::Append(more)));
        assert_eq!(keys(&list), [f5, None, None, None, None]);
    }

    #[test]
    fn a_run_sends_a_moved_entry_where_it_stands() {
        let ordered = |orders: &[u32]| {
            let entry = |order: &u32| SendEntry {
                text: order.to_string(),
                order: *order,
                ..SendEntry::default()
            };
            SendList { groups: vec![SendGroup::new("", orders.iter().map(entry))] }
        };
        for (orders, from, to, sent) in [
            (&[1, 2, 3, 4][..], 1, 3, ["1", "3", "2", "4"]),
            (&[1, 2, 3, 4], 3, 0, ["4", "1", "2", "3"]),
            (&[1, 2, 3, 4], 0, 4, ["2", "3", "4", "1"]),
            (&[1, 2, 3, 4], 2, 2, ["1", "2", "3", "4"]),
            (&[1, 0, 2, 3, 4], 1, 4, ["1", "2", "3", "4"]),
            (&[1, 2, 0, 3, 4], 0, 3, ["2", "1", "3", "4"]),
        ] {
            let mut list = ordered(orders);
            assert!(list.edit(ListEdit::Move((0, from), (0, to))));
            let plan = crate::send_list::ListPlan::of_all(&list, None, None);
            let texts: Vec<_> = plan.entries.iter().map(|it| it.entry.text.as_str()).collect();
            assert_eq!(texts, sent, "{orders:?}: {from} to {to}");
        }
    }

    #[test]
    fn what_would_be_too_large_changes_nothing() {
        let mut small = list(&[&["a"]]);
        let huge = SendEntry { text: "x".repeat(SendList::LONGEST), ..SendEntry::default() };
        let before = small.clone();
        assert!(!small.edit(ListEdit::Insert(0, 1, Box::new(huge.clone()))));
        assert!(!small.edit(ListEdit::Replace(
            0,
            0,
            Box::new(SendEntry { name: "y".into(), ..huge.clone() })
        )));
        let other = SendList { groups: vec![SendGroup::new("", [huge])] };
        assert!(!small.edit(ListEdit::Append(other)));
        assert_eq!(small, before);
    }

    #[test]
    fn the_first_entry_makes_a_group() {
        let mut empty = SendList::default();
        assert!(empty.edit(ListEdit::Insert(3, 9, Box::default())));
        assert_eq!((empty.groups.len(), empty.len()), (1, 1));
        assert!(!empty.edit(ListEdit::Replace(0, 1, Box::default())), "there is no second one");
    }

    proptest! {
        #[test]
        fn moving_loses_nothing(from in (0_usize..4, 0_usize..4), to in (0_usize..4, 0_usize..4)) {
            let mut moved = list(&[&["a", "b", "c"], &["d"], &[]]);
            moved.edit(ListEdit::Move(from, to));
            let mut texts: Vec<_> = moved.groups.iter().flat_map(|it| &it.entries).map(|it| it.text.clone()).collect();
            texts.sort();
            prop_assert_eq!(texts, ["a", "b", "c", "d"]);
        }
    }
}
