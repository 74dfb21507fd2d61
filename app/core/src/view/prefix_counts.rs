//! How many rows of each block pass a test: enough to go from a row's number to its number among those that pass, and
//! back, by testing one block again.

/// Counts of blocks, from the index's first one on.
#[derive(Clone, Debug)]
pub(super) struct PrefixCounts {
    /// Rows that pass before each counted block, and at last before the first block that is not counted yet.
    before: Vec<u64>,
}

impl PrefixCounts {
    /// Nothing counted; `first` rows passed before the first block.
    pub(super) fn new(first: u64) -> Self {
        Self { before: vec![first] }
    }

    /// How many blocks are counted.
    pub(super) fn blocks(&self) -> usize {
        self.before.len() - 1
    }

    /// How many passed, with those before the first block.
    pub(super) fn total(&self) -> u64 {
        self.before.last().copied().unwrap_or_default()
    }

    /// How many passed before the first block.
    pub(super) fn first(&self) -> u64 {
        self.before.first().copied().unwrap_or_default()
    }

    /// How many passed before a block.
    pub(super) fn before(&self, block: usize) -> u64 {
        self.before.get(block).copied().unwrap_or(self.total())
    }

    /// How many pass in a block; `None` when it is not counted.
    pub(super) fn count(&self, block: usize) -> Option<u64> {
        Some(self.before.get(block + 1)? - self.before.get(block)?)
    }

    /// The counted block that holds the row with this number among those that pass.
    pub(super) fn block_of(&self, number: u64) -> Option<usize> {
        if number >= self.total() {
            return None;
        }
        // Blocks in which nothing passes share their number with the next one: the last of them holds it.
        Some(self.before.partition_point(|before| *before <= number).saturating_sub(1))
    }

    pub(super) fn push(&mut self, count: u64) {
        self.before.push(self.total() + count);
    }

    /// Forgets the counts from a block on: its rows have changed.
    pub(super) fn truncate(&mut self, block: usize) {
        self.before.truncate(block + 1);
    }

    /// Forgets the first blocks: their rows are gone, but numbers stay.
    pub(super) fn forget(&mut self, blocks: usize) {
        let blocks = blocks.min(self.blocks());
        self.before.drain(..blocks);
    }
}

#[cfg(test)]
mod tests {
    use super::PrefixCounts;

    #[test]
    fn a_row_is_found_in_the_block_that_holds_it() {
        let mut counts = PrefixCounts::new(0);
        for count in [0, 3, 0, 0, 2, 0] {
            counts.push(count);
        }
        let blocks: Vec<_> = (0..6).map(|row| counts.block_of(row)).collect();
        assert_eq!(blocks, [Some(1), Some(1), Some(1), Some(4), Some(4), None]);
        counts.forget(2);
        assert_eq!(counts.block_of(3), Some(2));
        assert_eq!((counts.first(), counts.total(), counts.count(2)), (3, 5, Some(2)));
    }
}
