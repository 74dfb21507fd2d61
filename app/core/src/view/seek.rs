//! Where a record stands among the shown rows: the way from a row of a timeline to the same bytes in their own log.

use std::ops::ControlFlow;

use super::cut::{Cut, Lens, Place};
use super::open::{Head, Stream};
use super::page::Sought;
use super::records::Records;
use super::scan;
use crate::record::RecordBody;

/// In how many blocks before a record's own one the row that holds it is looked for: a row that began earlier is longer under
/// way than other streams took for thousands of rows.
const LOOK_BACK: usize = 16;

/// A record that is sought until it is found.
#[derive(Debug)]
pub(super) struct Seek {
    place: Place,
    found: Option<Sought>,
}

impl Seek {
    pub(super) const fn new(place: Place) -> Self {
        Self { place, found: None }
    }

    /// Rows are numbered anew.
    pub(super) const fn restart(&mut self) {
        self.found = None;
    }

    pub(super) const fn sought(&self) -> Option<Sought> {
        self.found
    }

    /// Looks again, if it has not been found; `at_end` says that the capture has been cut to its end. Whether it is found now.
    pub(super) fn advance(
        &mut self,
        records: &dyn Records,
        cut: &Cut,
        lens: &Lens,
        at_end: bool,
    ) -> bool {
        // What lies beyond the end has not come to this view yet.
        let is_there = self.place.0.0 < records.extent().end;
        if self.found.is_some() || !(at_end && is_there || cut.is_counted_at(self.place)) {
            return false;
        }
        self.found = Some(find(records, cut, lens, self.place));
        true
    }
}

fn find(records: &dyn Records, cut: &Cut, lens: &Lens, place: Place) -> Sought {
    let (record, offset) = place;
    let told = |row, exact| Sought { record, offset, row, exact };
    let shown = cut.shown.first()..cut.shown.total();
    let Some(last) = shown.end.checked_sub(1).filter(|last| shown.contains(last)) else {
        return told(None, false);
    };
    let Some((block, number)) = holder(records, cut, place) else {
        // It is gone, or was cut away: what comes after it is the nearest.
        let next = cut.locate(records, lens, place).unwrap_or(last);
        return told(Some(next.clamp(shown.start, last)), false);
    };
    let passing = cut.passing(records, lens, block);
    let before = passing.partition_point(|it| *it < number);
    let next = cut.shown.before(block) + before as u64;
    if passing.get(before) == Some(&number) {
        return told(Some(next), true);
    }
    let around = next.saturating_sub(1).max(shown.start)..(next + 1).min(shown.end);
    let numbers = cut.numbers(records, lens, around.clone());
    let nearest = around.zip(numbers).min_by_key(|(_, it)| it.abs_diff(number));
    told(nearest.map(|(row, _)| row), false)
}

/// The row that holds a place, shown or not, and its block.
fn holder(records: &dyn Records, cut: &Cut, place: Place) -> Option<(usize, u64)> {
    let mut found = None;
    records.walk(place.0, &mut |record| {
        if record.position == place.0 {
            let event = matches!(record.body, RecordBody::Event(_));
            found = Some((Stream { peer: record.peer, direction: record.direction }, event));
        }
        ControlFlow::Break(())
    });
    let (stream, event) = found?;
    let holds = |head: &Head| {
        let begins = (head.position, head.offset);
        head.stream == stream && if event { begins.0 == place.0 } else { begins <= place }
    };
    let block = cut.index.block_at(place.0, place.1);
    let back = if event { 0 } else { LOOK_BACK };
    (block.saturating_sub(back)..=block).rev().find_map(|block| {
        let mut last = None;
        scan::visit(&cut.index, records, cut.index.block_rows(block), &holds, &mut |row| {
            if row.event.is_some() == event && holds(&row.head) {
                last = last.max(Some(row.head.number));
            }
        });
        last.map(|number| (block, number))
    })
}
