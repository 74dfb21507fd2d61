//! Visits rows with their bytes, from the nearest checkpoint.

use std::collections::HashMap;
use std::ops::Range;

use super::FrameFault;
use super::framer::RowSink;
use super::index::Index;
use super::pending::{PendingRow, PendingRows};
use super::records::RecordSource;
use super::row_bounds::{RowEnd, RowHead, RowPosition};
use crate::session::SessionEvent;

/// A row as it was cut, before it is decoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawRow<'a> {
    pub(super) head: RowHead,
    /// Where its last byte is.
    pub(super) last: RowPosition,
    pub(super) bytes: &'a [u8],
    pub(super) event: Option<&'a SessionEvent>,
    /// The row's frame goes on in another row.
    pub(super) continues: bool,
    /// What is wrong with its frame.
    pub(super) fault: Option<FrameFault>,
}

/// A test of rows, by their bytes, place and time.
pub(super) type RowTest<'t> = dyn Fn(&RawRow<'_>) -> bool + Sync + 't;

/// Visits each row of `rows` once, in the order in which they end (rows under way at the end of the capture last, as far as
/// they have come). Rows of data that `keep` does not want are passed over before their bytes are gathered.
pub(super) fn visit(
    index: &Index,
    records: &dyn RecordSource,
    rows: Range<u64>,
    keep: &dyn Fn(&RowHead) -> bool,
    visit: &mut dyn FnMut(&RawRow<'_>),
) {
    let rows = rows.start.max(index.rows().start)..rows.end.min(index.rows().end);
    if rows.is_empty() {
        return;
    }
    let mut collector =
        Collector { left: rows.end - rows.start, rows, keep, partial: HashMap::new(), visit };
    index.replay(records, collector.rows.start, &mut collector);
    collector.finish();
}

struct Collector<'v> {
    rows: Range<u64>,
    /// Rows that have not ended yet.
    left: u64,
    keep: &'v dyn Fn(&RowHead) -> bool,
    /// Bytes of wanted rows that came in more than one piece.
    partial: HashMap<u64, (RowHead, RowPosition, Option<FrameFault>, Vec<u8>)>,
    visit: &'v mut dyn FnMut(&RawRow<'_>),
}

impl Collector<'_> {
    fn finish(self) {
        let mut partial: Vec<_> = self.partial.into_values().collect();
        partial.sort_unstable_by_key(|(head, ..)| head.number);
        for (head, last, fault, bytes) in partial {
            let continues = false;
            (self.visit)(&RawRow { head, last, bytes: &bytes, event: None, continues, fault });
        }
    }
}

impl RowSink for Collector<'_> {
    fn start(&mut self, _: &RowHead, _: &PendingRows) {}

    fn piece(&mut self, row: &PendingRow, bytes: &[u8], end: Option<RowEnd>) {
        let (head, last, fault) = (row.head, row.last, row.fault());
        if !self.rows.contains(&head.number) {
            return;
        }
        if !(self.keep)(&head) {
            self.left -= u64::from(end.is_some());
            return;
        }
        let Some(end) = end else {
            let new = (head, last, None, Vec::new());
            let partial = self.partial.entry(head.number).or_insert(new);
            (partial.1, partial.2) = (last, fault);
            partial.3.extend(bytes);
            return;
        };
        let continues = end == RowEnd::Limit;
        self.left -= 1;
        if row.length == bytes.len() {
            (self.visit)(&RawRow { head, last, bytes, event: None, continues, fault });
        } else if let Some((head, .., mut all)) = self.partial.remove(&head.number) {
            all.extend(bytes);
            (self.visit)(&RawRow { head, last, bytes: &all, event: None, continues, fault });
        }
    }

    fn event(&mut self, head: &RowHead, event: &SessionEvent) {
        if self.rows.contains(&head.number) {
            self.left -= 1;
            (self.visit)(&RawRow {
                head: *head,
                last: (head.position, head.offset),
                bytes: &[],
                event: Some(event),
                continues: false,
                fault: None,
            });
        }
    }

    fn enough(&self, next_row: u64) -> bool {
        next_row >= self.rows.end && self.left == 0
    }
}
