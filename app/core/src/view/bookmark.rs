//! Bookmarks: rows that the user remembers.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Row, RowMark};

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

    /// The next bookmark or mark behind a row, or the last one before it; past an end the search goes on at the other one.
    /// `marks` are in order.
    pub fn step(&self, marks: &[RowMark], from: &RowMark, forward: bool) -> Option<RowMark> {
        let own: Vec<RowMark> = self.0.iter().map(|it| it.row).collect();
        let nearest = |all: &[RowMark]| match forward {
            true => all.get(all.partition_point(|it| *it <= *from)).copied(),
            false => all[..all.partition_point(|it| *it < *from)].last().copied(),
        };
        let outermost = |all: &[RowMark]| if forward { all.first() } else { all.last() }.copied();
        let best = |of: &dyn Fn(&[RowMark]) -> Option<RowMark>| {
            let both = [of(&own), of(marks)].into_iter().flatten();
            if forward { both.min() } else { both.max() }
        };
        best(&nearest).or_else(|| best(&outermost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Position, Timestamp};

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
        let names: std::collections::BTreeMap<u64, &str> = [(10, "A"), (20, "b"), (30, "c")].into();
        let step = |from, forward| {
            let found = list.step(&[], &mark(from, 0), forward)?;
            names.get(&found.position.0).copied()
        };
        assert_eq!(
            [step(0, true), step(10, true), step(30, true)],
            [Some("A"), Some("b"), Some("A")]
        );
        assert_eq!(
            [step(30, false), step(25, false), step(10, false)],
            [Some("b"), Some("b"), Some("c")]
        );
        // Marks of rules are stepped to among them.
        let marks = [mark(5, 0), mark(25, 0)];
        let among =
            |from, forward| list.step(&marks, &mark(from, 0), forward).map(|it| it.position.0);
        assert_eq!([20, 25, 30].map(|from| among(from, true)), [Some(25), Some(30), Some(5)]);
        assert_eq!([30, 25, 5].map(|from| among(from, false)), [Some(25), Some(20), Some(30)]);
        let none = BookmarkList::default();
        assert_eq!(none.step(&marks, &mark(5, 0), true), Some(mark(25, 0)));
        assert_eq!(none.step(&[], &mark(5, 0), true), None);
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
