//! Where a record stands among the shown rows: the way from a row of a timeline to the same bytes in their own log.

use std::ops::ControlFlow;

use super::filtered_index::{FilteredIndex, RowPosition, ViewRules};
use super::page::SeekStatus;
use super::records::RecordSource;
use super::row_bounds::{RowHead, StreamKey};
use super::scan;
use crate::capture::RecordBody;

/// In how many blocks before a record's own one the row that holds it is looked for: a row that began earlier is longer
/// under way than other streams took for thousands of rows.
const LOOK_BACK: usize = 16;

/// A record that is sought until it is found.
#[derive(Debug)]
pub(super) struct Seek {
    row_position: RowPosition,
    found: Option<SeekStatus>,
}

impl Seek {
    pub(super) const fn new(row_position: RowPosition) -> Self {
        Self { row_position, found: None }
    }

    /// Rows are numbered anew.
    pub(super) const fn restart(&mut self) {
        self.found = None;
    }

    pub(super) const fn seek_status(&self) -> Option<SeekStatus> {
        self.found
    }

    /// Looks again, if it has not been found; `at_end` says that the capture has been cut to its end. Whether it is found
    /// now.
    pub(super) fn advance(
        &mut self,
        records: &dyn RecordSource,
        filtered: &FilteredIndex,
        rules: &ViewRules,
        at_end: bool,
    ) -> bool {
        // What lies beyond the end has not come to this view yet.
        let is_there = self.row_position.0.0 < records.extent().end;
        if self.found.is_some()
            || !(at_end && is_there || filtered.is_counted_at(self.row_position))
        {
            return false;
        }
        self.found = Some(find(records, filtered, rules, self.row_position));
        true
    }
}

fn find(
    records: &dyn RecordSource,
    filtered: &FilteredIndex,
    rules: &ViewRules,
    row_position: RowPosition,
) -> SeekStatus {
    let (record, offset) = row_position;
    let status = |row, exact| SeekStatus { record, offset, row, exact };
    let shown = filtered.shown.first()..filtered.shown.total();
    let Some(last) = shown.end.checked_sub(1).filter(|last| shown.contains(last)) else {
        return status(None, false);
    };
    let Some((block, number)) = holder(records, filtered, row_position) else {
        // It is gone, or was cut away: what comes after it is the nearest.
        let next = filtered.locate(records, rules, row_position).unwrap_or(last);
        return status(Some(next.clamp(shown.start, last)), false);
    };
    let passing = filtered.passing(records, rules, block);
    let before = passing.partition_point(|it| *it < number);
    let next = filtered.shown.before(block) + before as u64;
    if passing.get(before) == Some(&number) {
        return status(Some(next), true);
    }
    let around = next.saturating_sub(1).max(shown.start)..(next + 1).min(shown.end);
    let numbers = filtered.numbers(records, rules, around.clone());
    let nearest = around.zip(numbers).min_by_key(|(_, it)| it.abs_diff(number));
    status(nearest.map(|(row, _)| row), false)
}

/// The row that holds a place, shown or not, and its block.
fn holder(
    records: &dyn RecordSource,
    filtered: &FilteredIndex,
    row_position: RowPosition,
) -> Option<(usize, u64)> {
    let mut found = None;
    records.walk(row_position.0, &mut |record| {
        if record.position == row_position.0 {
            let event = matches!(record.body, RecordBody::Event(_));
            found = Some((StreamKey { peer: record.peer, direction: record.direction }, event));
        }
        ControlFlow::Break(())
    });
    let (stream, event) = found?;
    let holds = |head: &RowHead| {
        let begins = (head.position, head.offset);
        head.stream == stream
            && if event { begins.0 == row_position.0 } else { begins <= row_position }
    };
    let block = filtered.index.block_at(row_position.0, row_position.1);
    let back = if event { 0 } else { LOOK_BACK };
    (block.saturating_sub(back)..=block).rev().find_map(|block| {
        let mut last = None;
        scan::visit(
            &filtered.index,
            records,
            filtered.index.block_rows(block),
            &holds,
            &mut |row| {
                if row.event.is_some() == event && holds(&row.head) {
                    last = last.max(Some(row.head.number));
                }
            },
        );
        last.map(|number| (block, number))
    })
}
