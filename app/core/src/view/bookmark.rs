//! Rows that are remembered: bookmarks, and the one that is measured from.

use serde::{Deserialize, Deserializer, Serialize};

use super::Row;
use crate::{Position, Timestamp};

/// A row by where it begins. The time tells whether the record there is still the one that was meant: a capture that was
/// deleted begins again at the same places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowMark {
    /// The record of the row's first byte.
    pub position: Position,
    /// Which byte of that record.
    pub offset: u32,
    /// When it came.
    pub at: Timestamp,
}

impl RowMark {
    /// What is known of a row that begins here with so many bytes: whether it holds the mark. A row that went on in another
    /// record is looked at as far as its first one goes.
    pub(super) fn is_in(&self, begin: &Self, length: usize) -> bool {
        let reach = u32::try_from(length).unwrap_or(u32::MAX).max(1);
        (self.position, self.at) == (begin.position, begin.at)
            && (begin.offset..begin.offset.saturating_add(reach)).contains(&self.offset)
    }
}

impl Row {
    /// What to remember the row by.
    pub const fn mark(&self) -> RowMark {
        RowMark { position: self.position, offset: self.offset, at: self.at }
    }

    /// Whether it is the row that was remembered, also when rows were cut otherwise then.
    pub fn holds(&self, mark: &RowMark) -> bool {
        mark.is_in(&self.mark(), self.bytes.len())
    }
}

/// A row that the user has marked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bookmark {
    /// Which row.
    pub row: RowMark,
    /// What the user calls it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// The bookmarks of a log, in the order of the capture; at most [`BookmarkList::MOST`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct BookmarkList(Vec<Bookmark>);

impl<'de> Deserialize<'de> for BookmarkList {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut list = Vec::<Bookmark>::deserialize(from)?;
        list.sort();
        list.dedup_by_key(|it| it.row);
        list.truncate(Self::MOST);
        Ok(Self(list))
    }
}

impl BookmarkList {
    /// How many there can be.
    pub const MOST: usize = 1000;

    /// None.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, in the order of the capture.
    pub fn all(&self) -> &[Bookmark] {
        &self.0
    }

    /// The bookmark of a row.
    pub fn of(&self, row: &Row) -> Option<&Bookmark> {
        self.find(&row.mark(), row.bytes.len())
    }

    /// The first one in a row that begins here with so many bytes.
    pub(super) fn find(&self, begin: &RowMark, length: usize) -> Option<&Bookmark> {
        let from = self.0.partition_point(|it| it.row < *begin);
        self.0.get(from).filter(|it| it.row.is_in(begin, length))
    }

    /// Marks a row, or gives its mark another name; `false` when there are as many as there can be.
    pub fn set(&mut self, row: RowMark, name: &str) -> bool {
        match self.0.binary_search_by_key(&row, |it| it.row) {
            Ok(at) => name.clone_into(&mut self.0[at].name),
            Err(_) if self.0.len() >= Self::MOST => return false,
            Err(at) => self.0.insert(at, Bookmark { row, name: name.to_owned() }),
        }
        true
    }

    /// Takes a mark away.
    pub fn remove(&mut self, row: &RowMark) {
        self.0.retain(|it| it.row != *row);
    }

    /// Marks a row that has none, and takes the marks of one that has; `false` when there are as many as there can be.
    pub fn toggle(&mut self, row: &Row) -> bool {
        let before = self.0.len();
        self.0.retain(|it| !row.holds(&it.row));
        before != self.0.len() || self.set(row.mark(), "")
    }

    /// The next one behind a row, or the last one before it; past an end the search goes on at the other one.
    pub fn step(&self, from: &RowMark, forward: bool) -> Option<&Bookmark> {
        if forward {
            let next = self.0.partition_point(|it| it.row <= *from);
            self.0.get(next).or_else(|| self.0.first())
        } else {
            let before = self.0.partition_point(|it| it.row < *from);
            before.checked_sub(1).and_then(|at| self.0.get(at)).or_else(|| self.0.last())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(position: u64, offset: u32) -> RowMark {
        RowMark { position: Position(position), offset, at: Timestamp(position as i64) }
    }

    #[test]
    fn bookmarks_stand_in_order_once_each_and_are_stepped_through_in_a_ring() {
        let mut list = BookmarkList::default();
        for (position, name) in [(30, "c"), (10, "a"), (20, "b"), (10, "A")] {
            assert!(list.set(mark(position, 0), name));
        }
        let names: Vec<_> = list.all().iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["A", "b", "c"]);
        let step = |from, forward| list.step(&mark(from, 0), forward).map(|it| it.name.as_str());
        assert_eq!(
            [step(0, true), step(10, true), step(30, true)],
            [Some("A"), Some("b"), Some("A")]
        );
        assert_eq!(
            [step(30, false), step(25, false), step(10, false)],
            [Some("b"), Some("b"), Some("c")]
        );
        list.remove(&mark(20, 0));
        assert_eq!(list.all().len(), 2);
    }

    #[test]
    fn a_mark_is_in_the_row_that_holds_its_byte_and_not_in_another_capture_s() {
        let begin = mark(10, 4);
        assert!(mark(10, 4).is_in(&begin, 0) && mark(10, 6).is_in(&begin, 3));
        assert!(!mark(10, 7).is_in(&begin, 3) && !mark(10, 3).is_in(&begin, 3));
        assert!(!RowMark { at: Timestamp(11), ..mark(10, 4) }.is_in(&begin, 3));
    }

    #[test]
    fn a_file_gives_no_more_than_there_can_be_and_in_order() {
        let many: Vec<_> = (0..2000_u32)
            .rev()
            .map(|it| serde_json::json!({"row": {"position": it, "offset": 0, "at": it}}))
            .collect();
        let mut list: BookmarkList = serde_json::from_value(many.into()).unwrap();
        assert_eq!((list.all().len(), list.all()[0].row), (BookmarkList::MOST, mark(0, 0)));
        assert!(!list.set(mark(5000, 0), "one too many") && list.set(mark(7, 0), "renamed"));
    }
}
