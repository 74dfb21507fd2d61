//! Where a record stands among the shown rows: the way from a row of a timeline to the same bytes in their own log.

use std::ops::ControlFlow;

use super::filtered_index::{FilteredIndex, ViewRules};
use super::page::SeekStatus;
use super::records::RecordSource;
use super::row_bounds::{RowHead, RowPosition, StreamKey};
use super::scan;
use crate::Timestamp;
use crate::capture::RecordBody;

/// In how many blocks before a record's own one the row that holds it is looked for: a row that began earlier is longer
/// under way than other streams took for thousands of rows.
const LOOK_BACK: usize = 16;

/// What is sought.
#[derive(Clone, Copy, Debug)]
pub(super) enum SeekTarget {
    /// The row that holds this place.
    Place(RowPosition),
    /// The first row at this time or later, or else the last one.
    Time(Timestamp),
}

/// A row that is sought until it is found.
#[derive(Debug)]
pub(super) struct Seek {
    target: SeekTarget,
    found: Option<SeekStatus>,
}

impl Seek {
    pub(super) const fn new(target: SeekTarget) -> Self {
        Self { target, found: None }
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
        if self.found.is_some() {
            return false;
        }
        let (row_position, time) = match self.target {
            SeekTarget::Place(row_position) => (row_position, None),
            SeekTarget::Time(at) => {
                let first = first_at(records, filtered, at);
                let last = || at_end.then(|| last_row(records, filtered)).flatten();
                let Some(row_position) = first.or_else(last) else { return false };
                (row_position, Some(at))
            }
        };
        // What lies beyond the end has not come to this view yet.
        let is_there = row_position.0.0 < records.extent().end;
        if !(at_end && is_there || filtered.is_counted_at(row_position)) {
            return false;
        }
        let found = find(records, filtered, rules, row_position);
        self.found = Some(SeekStatus { time, ..found });
        true
    }
}

/// Where the first row at a time or later begins, as far as rows have been cut. Times in a capture go forwards.
fn first_at(
    records: &dyn RecordSource,
    filtered: &FilteredIndex,
    at: Timestamp,
) -> Option<RowPosition> {
    let index = &filtered.index;
    let block = index.block_at_time(at);
    (block..index.blocks().min(block + 2))
        .find_map(|block| extreme(records, filtered, block, &|head: &RowHead| head.at >= at, false))
}

/// Where the last row begins.
fn last_row(records: &dyn RecordSource, filtered: &FilteredIndex) -> Option<RowPosition> {
    let block = filtered.index.blocks().checked_sub(1)?;
    extreme(records, filtered, block, &|_: &RowHead| true, true)
}

/// Where the first or last row of a block begins that is wanted.
fn extreme(
    records: &dyn RecordSource,
    filtered: &FilteredIndex,
    block: usize,
    wants: &dyn Fn(&RowHead) -> bool,
    last: bool,
) -> Option<RowPosition> {
    let mut found: Option<RowHead> = None;
    let rows = filtered.index.block_rows(block);
    scan::visit(&filtered.index, records, rows, wants, &mut |row| {
        let head = row.head;
        let beats = |other: &RowHead| (head.number > other.number) == last;
        if wants(&head) && found.as_ref().is_none_or(beats) {
            found = Some(head);
        }
    });
    found.map(|head| (head.position, head.offset))
}

fn find(
    records: &dyn RecordSource,
    filtered: &FilteredIndex,
    rules: &ViewRules,
    row_position: RowPosition,
) -> SeekStatus {
    let (record, offset) = row_position;
    let status = |row, exact| SeekStatus { time: None, record, offset, row, exact };
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
