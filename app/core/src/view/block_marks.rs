//! Blocks whose rows must be cut and tested one by one.

use std::ops::Range;

use super::index::Index;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unmarked,
    /// A row that begins in the block may have the pattern.
    Row,
    /// … and so may those that were under way when it began.
    Place,
}

/// Marks on blocks that follow each other.
pub(super) struct BlockMarks<'i> {
    index: &'i Index,
    first: usize,
    marks: Vec<Mark>,
}

impl<'i> BlockMarks<'i> {
    pub(super) fn new(index: &'i Index, blocks: &Range<usize>) -> Self {
        Self { index, first: blocks.start, marks: vec![Mark::Unmarked; blocks.len()] }
    }

    pub(super) fn all(&mut self) {
        self.marks.fill(Mark::Place);
    }

    /// Something was found in a block.
    pub(super) fn mark(&mut self, block: usize) {
        let mark = block.checked_sub(self.first).and_then(|at| self.marks.get_mut(at));
        let Some(mark) = mark else { return self.mark_pending(block) };
        if std::mem::replace(mark, Mark::Place) != Mark::Place {
            self.mark_pending(block);
        }
    }

    /// The rows that were under way when a block began may have what was found.
    pub(super) fn mark_pending(&mut self, block: usize) {
        for (position, _) in self.index.pending(block) {
            let blocks = self.index.block_at(position, 0)..=self.index.block_at(position, u32::MAX);
            for block in blocks {
                let mark = block.checked_sub(self.first).and_then(|at| self.marks.get_mut(at));
                if let Some(mark @ Mark::Unmarked) = mark {
                    *mark = Mark::Row;
                }
            }
        }
    }

    /// The marked blocks, as runs in order.
    pub(super) fn runs(&self) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (block, mark) in (self.first..).zip(&self.marks) {
            match runs.last_mut() {
                _ if *mark == Mark::Unmarked => {}
                Some(run) if run.end == block => run.end += 1,
                _ => runs.push(block..block + 1),
            }
        }
        runs
    }
}
