//! Rows that follow each other, by their numbers.

use std::ops::Range;

use super::filtered_index::{FilteredIndex, ViewRules};
use super::records::RecordSource;

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

impl FilteredIndex {
    /// Shown rows by their numbers, in runs as long as the filter allows.
    pub(super) fn runs(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        shown: Range<u64>,
    ) -> Vec<RowRun> {
        let mut runs: Vec<RowRun> = Vec::new();
        let Some(first) = self.shown.block_of(shown.start) else { return runs };
        for block in first..self.shown.blocks() {
            let before = self.shown.before(block);
            if before >= shown.end {
                break;
            }
            let count = self.shown.count(block).unwrap_or_default();
            let part = shown.start.max(before) - before..shown.end.min(before + count) - before;
            let rows = self.index.block_rows(block);
            if part.is_empty() {
                continue;
            }
            if count != rows.end - rows.start {
                let passing = self.passing(records, rules, block);
                let part = part.start as usize..part.end as usize;
                runs.push(RowRun::Some(passing.get(part).unwrap_or_default().to_vec()));
                continue;
            }
            let part = rows.start + part.start..rows.start + part.end;
            match runs.last_mut() {
                Some(RowRun::All(run)) if run.end == part.start => run.end = part.end,
                _ => runs.push(RowRun::All(part)),
            }
        }
        runs
    }
}
