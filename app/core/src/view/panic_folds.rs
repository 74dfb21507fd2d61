//! Panics in what a board says, each folded behind its first row.
//!
//! They are found while the capture is cut, once for all; a fold is a range of rows and says nothing about which of them
//! are shown otherwise.

use std::ops::Range;

use super::FoldId;
use super::framer::RowSink;
use super::pending::{PendingRow, PendingRows};
use super::row_bounds::{RowEnd, RowHead};
use crate::board::{ConsoleScanner, ReportParser};
use crate::session::SessionEvent;
use crate::{Direction, PeerId, Timestamp};

/// Rows of a serial line that belong to one panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fold {
    /// From the row that stays to one past the last row; rows of others may be between.
    pub(super) rows: Range<u64>,
    /// Where the first one begins.
    pub(super) id: FoldId,
    /// How many are behind the first one.
    pub(super) behind: u64,
}

/// Follows the lines of a serial port. Bounded: one line is held, and [`PanicFolds::MOST`] folds.
#[derive(Debug, Default)]
pub(super) struct PanicFolds {
    list: Vec<Fold>,
    panic: ReportParser,
    /// The panic under way, as far as it has come.
    open: Option<Fold>,
    /// The line under way, when it came in pieces.
    line: Vec<u8>,
    /// The lowest row of a fold that was completed since this was asked last.
    touched: Option<u64>,
}

impl PanicFolds {
    /// Folds that are remembered; later panics stay unfolded.
    const MOST: usize = 1 << 16;

    /// The fold that a row stands at the head of.
    pub(super) fn at(&self, row: u64) -> Option<&Fold> {
        let index = self.list.binary_search_by_key(&row, |fold| fold.rows.start).ok()?;
        self.list.get(index)
    }

    /// The fold that a row is hidden behind the head of.
    pub(super) fn hiding(&self, head: &RowHead) -> Option<&Fold> {
        if !is_board(head) {
            return None;
        }
        let after = self.list.partition_point(|fold| fold.rows.start < head.number);
        self.list.get(after.checked_sub(1)?).filter(|fold| head.number < fold.rows.end)
    }

    /// Whether any of these rows belongs to a fold.
    pub(super) fn touch(&self, rows: &Range<u64>) -> bool {
        let from = self.list.partition_point(|fold| fold.rows.end <= rows.start);
        self.list.get(from).is_some_and(|fold| fold.rows.start < rows.end)
    }

    /// The lowest row that changed its place because its panic is complete.
    pub(super) const fn take_touched(&mut self) -> Option<u64> {
        self.touched.take()
    }

    /// What comes next does not follow what came before.
    pub(super) fn restart(&mut self) {
        self.panic = ReportParser::default();
        self.open = None;
        self.line.clear();
    }

    /// Rows before this one are gone.
    pub(super) fn forget_before(&mut self, row: u64) {
        let gone = self.list.partition_point(|fold| fold.rows.end <= row);
        self.list.drain(..gone);
    }

    fn row(&mut self, head: &RowHead, line: &[u8]) {
        self.tick(head.at);
        if self.panic.open_since().is_none() && !ReportParser::may_begin(line) {
            return;
        }
        let line = String::from_utf8_lossy(line);
        let complete = self.panic.line(&line, head.at);
        // What this line completed comes first, and may have it as its last line.
        if let Some(open) = &mut self.open
            && let Some(panic) = complete.first()
        {
            extend(open, panic.lines, head.number);
            self.complete();
        }
        match (&mut self.open, self.panic.lines()) {
            (Some(open), Some(lines)) => extend(open, lines, head.number),
            (None, Some(_)) => {
                let rows = head.number..head.number + 1;
                self.open = Some(Fold { rows, id: (head.position, head.offset), behind: 0 });
            }
            (_, None) => {}
        }
    }

    /// A panic that was followed by silence is complete.
    fn tick(&mut self, now: Timestamp) {
        let over = |at: Timestamp| now.0.saturating_sub(at.0) >= ConsoleScanner::PANIC_SILENCE_NS;
        if self.panic.open_since().is_some_and(over) {
            self.panic.finish();
            self.complete();
        }
    }

    fn complete(&mut self) {
        let Some(fold) = self.open.take() else { return };
        if fold.behind > 0 && self.list.len() < Self::MOST {
            let first = fold.rows.start;
            self.touched = Some(self.touched.map_or(first, |touched| touched.min(first)));
            self.list.push(fold);
        }
    }
}

impl RowSink for PanicFolds {
    fn start(&mut self, _: &RowHead, _: &PendingRows) {}

    fn piece(&mut self, row: &PendingRow, bytes: &[u8], end: Option<RowEnd>) {
        if !is_board(&row.head) {
            return;
        }
        let whole = self.line.is_empty();
        if !whole || end.is_none() {
            self.line.extend_from_slice(bytes);
        }
        if end.is_none() {
            return;
        }
        if whole {
            self.row(&row.head, bytes);
        } else {
            let line = std::mem::take(&mut self.line);
            self.row(&row.head, &line);
            self.line = line;
            self.line.clear();
        }
    }

    fn event(&mut self, head: &RowHead, event: &SessionEvent) {
        self.tick(head.at);
        // The link has said that it is complete, or nothing can follow.
        let over = matches!(
            event,
            SessionEvent::Backtrace { .. }
                | SessionEvent::PortOpened { .. }
                | SessionEvent::Ended { .. }
        );
        if over && self.panic.finish().is_some() {
            self.complete();
        }
    }

    fn enough(&self, _: u64) -> bool {
        false
    }
}

/// A report has so many lines now; what was added ends with this row.
fn extend(fold: &mut Fold, lines: u32, row: u64) {
    let behind = u64::from(lines) - 1;
    if behind > fold.behind {
        fold.behind = behind;
        fold.rows.end = row + 1;
    }
}

/// What a serial line brings: it has no connections, and so no peers.
fn is_board(head: &RowHead) -> bool {
    head.stream.peer == PeerId::SESSION && head.direction() == Direction::In
}
