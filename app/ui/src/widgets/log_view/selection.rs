//! What is selected: numbers and offsets, so it stays when it is scrolled out of sight.

use std::ops::Range;

use espalier_core::backend::Trim;
use espalier_core::view::Row;

/// A place in a row's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPosition {
    /// The row's number among the shown ones.
    pub row: u64,
    /// How many bytes of its text come before.
    pub at: usize,
    /// How many come after.
    pub rest: usize,
}

/// From where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Where it began.
    pub anchor: TextPosition,
    /// Where it was drawn to.
    pub head: TextPosition,
    /// Whole rows, whatever the offsets say.
    pub whole: bool,
}

impl Selection {
    /// One whole row.
    pub const fn row(row: u64) -> Self {
        let spot = TextPosition { row, at: 0, rest: 0 };
        Self { anchor: spot, head: spot, whole: true }
    }

    /// Whole rows from here to there, in either order.
    pub const fn rows_between(from: u64, to: u64) -> Self {
        let (anchor, head) = (Self::row(from).anchor, Self::row(to).head);
        Self { anchor, head, whole: true }
    }

    /// Drawn on to another place; of whole rows, whole rows are selected.
    pub const fn to(self, head: TextPosition) -> Self {
        if self.whole {
            return Self::rows_between(self.anchor.row, head.row);
        }
        Self { head, ..self }
    }

    const fn ordered(&self) -> (TextPosition, TextPosition) {
        let (a, b) = (self.anchor, self.head);
        if a.row < b.row || (a.row == b.row && a.at <= b.at) { (a, b) } else { (b, a) }
    }

    /// The rows that it touches.
    pub const fn rows(&self) -> Range<u64> {
        let (first, last) = self.ordered();
        first.row..last.row + 1
    }

    /// The part of a row's text that is selected.
    pub fn part(&self, number: u64, row: &Row) -> Option<Range<usize>> {
        let (first, last) = self.ordered();
        if number < first.row || number > last.row {
            return None;
        }
        let length = row.text.len();
        if self.whole {
            return Some(0..length);
        }
        let start = if number == first.row { first.at.min(length) } else { 0 };
        let end = if number == last.row { last.at.min(length) } else { length };
        Some(start..end.max(start))
    }

    /// What to leave out of the text of its rows.
    pub const fn trim(&self) -> Trim {
        if self.whole {
            return Trim { start: 0, end: 0 };
        }
        let (first, last) = self.ordered();
        Trim { start: first.at, end: last.rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_the_same_in_either_direction() {
        let (a, b) =
            (TextPosition { row: 3, at: 2, rest: 4 }, TextPosition { row: 5, at: 1, rest: 2 });
        for (anchor, head) in [(a, b), (b, a)] {
            let selection = Selection { anchor, head, whole: false };
            assert_eq!(selection.rows(), 3..6);
            assert_eq!(selection.trim().apply("abcdef\nwhole\nxyz"), "cdef\nwhole\nx");
        }
        let spots =
            (TextPosition { row: 3, at: 4, rest: 2 }, TextPosition { row: 3, at: 1, rest: 5 });
        let selection = Selection { anchor: spots.0, head: spots.1, whole: false };
        assert_eq!(selection.trim().apply("abcdef"), "bcd");
    }
}
