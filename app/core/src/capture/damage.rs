//! What of a capture cannot be read.

/// Bytes of a capture that are no blocks: a damaged disk, a file edited by hand, a segment that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where the first damage is.
    pub at: u64,
    /// What is wrong there.
    pub what: &'static str,
    /// How many bytes were passed over, there and later.
    pub skipped: u64,
    /// In how many places.
    pub places: u64,
}

impl Damage {
    /// Both; the earlier one is the first.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let first = if other.at < self.at { other } else { self };
        Self {
            skipped: self.skipped.saturating_add(other.skipped),
            places: self.places.saturating_add(other.places),
            ..first
        }
    }
}
