//! Rows that follow each other, by their numbers.

use std::ops::Range;

/// Numbers of rows, before the filter, in order.
#[derive(Debug)]
pub(super) enum RowRun {
    All(Range<u64>),
    /// Those of one block.
    Some(Vec<u64>),
}

impl RowRun {
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::All(rows) => rows.end - rows.start,
            Self::Some(rows) => rows.len() as u64,
        }
    }

    pub(super) fn bounds(&self) -> Range<u64> {
        match self {
            Self::All(rows) => rows.clone(),
            Self::Some(rows) => {
                rows.first().copied().unwrap_or(0)..rows.last().map_or(0, |last| last + 1)
            }
        }
    }

    /// The how manieth of them a row is.
    pub(super) fn place(&self, row: u64) -> Option<u64> {
        match self {
            Self::All(rows) => rows.contains(&row).then(|| row - rows.start),
            Self::Some(rows) => rows.binary_search(&row).ok().map(|place| place as u64),
        }
    }

    /// All of them.
    pub(super) fn numbers(self) -> Vec<u64> {
        match self {
            Self::All(rows) => rows.collect(),
            Self::Some(rows) => rows,
        }
    }
}
