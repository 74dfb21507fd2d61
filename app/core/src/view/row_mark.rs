//! What a row is remembered by.

use serde::{Deserialize, Serialize};

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
