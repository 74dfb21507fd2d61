//! The sparse index: where to start cutting in order to find a row by its number.
//!
//! A checkpoint is kept for each 1024 rows (fewer when they are long, more when very many streams have rows under way), so
//! 100 million rows cost some 6 MB. The rows from one checkpoint to the next are a *block*.

use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::framer::{Framer, FramingRule, RowSink};
use super::panic_folds::PanicFolds;
use super::pending::{PendingRow, PendingRows};
use super::records::RecordSource;
use super::row_bounds::{RowEnd, RowHead, StreamKey};
use super::{BookmarkList, RowMark};
use crate::capture::Damage;
use crate::session::SessionEvent;
use crate::{Position, Timestamp};

/// Rows from one checkpoint to the next.
const BLOCK_ROWS: u64 = 1024;
/// … or bytes of capture, if they are reached first.
const BLOCK_BYTES: u64 = 1 << 20;
/// With many rows under way checkpoints are large, and set further apart: rows and bytes for each such row.
const ROWS_PER_PENDING: u64 = 32;
const BYTES_PER_PENDING: u64 = 1024;

/// The state of cutting before one row.
#[derive(Debug)]
struct Checkpoint {
    row: u64,
    position: Position,
    offset: u32,
    at: Timestamp,
    previous_at: Timestamp,
    pending: Box<[u8]>,
}

/// Where rows are, as far as the capture has been cut.
#[derive(Debug)]
pub(super) struct Index {
    rule: FramingRule,
    checkpoints: Checkpoints,
    framer: Framer,
    /// The next record to cut.
    next: Position,
    /// The time of the first record.
    begun: Option<Timestamp>,
    folds: Option<PanicFolds>,
    /// What was missing or damaged on the way.
    damage: Option<Damage>,
}

/// What [`Index::advance`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndexAdvance {
    /// The lowest row that was begun, continued or ended.
    pub(super) touched: u64,
    /// Blocks that were forgotten at the front, because retention let them go.
    pub(super) forgotten: usize,
    /// Bytes of capture that were read.
    pub(super) read: u64,
}

impl Index {
    /// An empty index that begins at `from` (a record's place) with row number `first`.
    pub(super) fn new(rule: FramingRule, from: Position, first: u64) -> Self {
        Self {
            checkpoints: Checkpoints::default(),
            framer: Framer::new(rule.clone(), first),
            next: from,
            begun: None,
            folds: rule.folds.then(PanicFolds::default),
            rule,
            damage: None,
        }
    }

    /// What was missing or damaged, as far as the capture has been cut.
    pub(super) const fn damage(&self) -> Option<Damage> {
        self.damage
    }

    pub(super) const fn rule(&self) -> &FramingRule {
        &self.rule
    }

    /// The rows that can be found.
    pub(super) fn rows(&self) -> Range<u64> {
        let end = self.framer.next_row();
        self.checkpoints.list.first().map_or(end, |first| first.row)..end
    }

    /// The time of the first record.
    pub(super) const fn begun(&self) -> Option<Timestamp> {
        self.begun
    }

    /// Where marks are.
    pub(super) fn marks(&self) -> Arc<[RowMark]> {
        self.checkpoints.told_marks.clone()
    }

    /// What is folded.
    pub(super) const fn folds(&self) -> Option<&PanicFolds> {
        self.folds.as_ref()
    }

    /// Up to where the capture has been cut.
    pub(super) const fn reached(&self) -> Position {
        self.next
    }

    pub(super) const fn blocks(&self) -> usize {
        self.checkpoints.list.len()
    }

    /// The rows of a block.
    pub(super) fn block_rows(&self, block: usize) -> Range<u64> {
        let end = self.framer.next_row();
        let row = |block: usize| self.checkpoints.list.get(block).map_or(end, |it| it.row);
        row(block)..row(block + 1)
    }

    /// The record that a block begins in.
    pub(super) fn block_position(&self, block: usize) -> Position {
        self.checkpoints.list.get(block).map_or(self.next, |it| it.position)
    }

    /// The block that holds a row (the first one for older rows).
    pub(super) fn block_of(&self, row: u64) -> usize {
        self.checkpoints.list.partition_point(|it| it.row <= row).saturating_sub(1)
    }

    /// When the first row of the block came that holds a row.
    pub(super) fn block_time(&self, row: u64) -> Timestamp {
        let block = self.checkpoints.list.get(self.block_of(row));
        block.map_or_else(|| self.begun.unwrap_or_default(), |block| block.at)
    }

    /// The last block that begins at or before a place (the first one if none does).
    pub(super) fn block_at(&self, position: Position, offset: u32) -> usize {
        let before = |it: &Checkpoint| (it.position, it.offset) <= (position, offset);
        self.checkpoints.list.partition_point(before).saturating_sub(1)
    }

    /// Which byte of a record a block begins with, if it begins in that one.
    pub(super) fn block_offset(&self, block: usize, position: Position) -> Option<usize> {
        let block = self.checkpoints.list.get(block).filter(|it| it.position == position)?;
        Some(block.offset as usize)
    }

    /// Where a block begins: a record, and which byte of it.
    pub(super) fn block_place(&self, block: usize) -> (Position, usize) {
        let block = self.checkpoints.list.get(block);
        block.map_or((self.next, 0), |it| (it.position, it.offset as usize))
    }

    /// The rows that were under way when a block began: the record that each begins in, and its stream.
    pub(super) fn pending(&self, block: usize) -> Vec<(Position, StreamKey)> {
        let Some(block) = self.checkpoints.list.get(block) else { return Vec::new() };
        PendingRows::unpack(&block.pending, block.row, block.position, block.at).begins()
    }

    /// The last block whose first row comes before a time (the first one if none does).
    pub(super) fn block_at_time(&self, at: Timestamp) -> usize {
        self.checkpoints.list.partition_point(|it| it.at < at).saturating_sub(1)
    }

    /// Cuts on, until about `budget` bytes of capture have been read or its end is reached.
    pub(super) fn advance(&mut self, records: &dyn RecordSource, budget: u64) -> IndexAdvance {
        let extent = records.extent();
        let forgotten = self.checkpoints.forget_before(Position(extent.start));
        if self.next.0 < extent.start {
            if self.begun.is_some() {
                // The oldest segment went faster than we read: what comes is the continuation of nothing we know.
                self.framer.restart();
                self.folds.iter_mut().for_each(PanicFolds::restart);
            }
            self.next = Position(extent.start);
        }
        self.checkpoints.force |= self.checkpoints.list.is_empty();
        let start = self.next.0;
        let until = start.saturating_add(budget);
        if start < extent.end {
            let Self { checkpoints, framer, next, begun, folds, damage, .. } = self;
            *next = records.walk_with_damage(*next, damage, &mut |record| {
                begun.get_or_insert(record.at);
                match folds {
                    Some(folds) => framer.record(record, 0, &mut Tee(checkpoints, folds)),
                    None => framer.record(record, 0, checkpoints),
                }
                if record.position.0 >= until {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
        }
        self.checkpoints.tell_marks();
        let mut touched = self.framer.take_touched();
        let first = self.rows().start;
        if let Some(folds) = &mut self.folds {
            touched = folds.take_touched().map_or(touched, |row| touched.min(row));
            folds.forget_before(first);
        }
        IndexAdvance { touched, forgotten, read: self.next.0.saturating_sub(start) }
    }

    /// Cuts again from the start of a row's block on, telling `sink`, until it has enough.
    pub(super) fn replay<S: RowSink>(&self, records: &dyn RecordSource, row: u64, sink: &mut S) {
        let Some(checkpoint) = self.checkpoints.list.get(self.block_of(row)) else { return };
        let Checkpoint { row, position, offset, at, previous_at, .. } = *checkpoint;
        let pending = PendingRows::unpack(&checkpoint.pending, row, position, at);
        let mut framer = Framer::resume(self.rule.clone(), row, Some(previous_at), pending);
        let mut offset = offset as usize;
        let end = self.next;
        let mut begun = false;
        records.walk(position, &mut |record| {
            // Retention may have let the block go since it was indexed: what comes then has other numbers.
            if !std::mem::replace(&mut begun, true) && record.position != position {
                return ControlFlow::Break(());
            }
            // Never beyond what was indexed: rows that have no number yet are not to be seen.
            if record.position >= end {
                return ControlFlow::Break(());
            }
            framer.record(record, std::mem::take(&mut offset), sink);
            if sink.enough(framer.next_row()) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
    }
}

/// Two that are told.
struct Tee<'a>(&'a mut Checkpoints, &'a mut PanicFolds);

impl RowSink for Tee<'_> {
    fn start(&mut self, head: &RowHead, pending: &PendingRows) {
        self.0.start(head, pending);
        self.1.start(head, pending);
    }

    fn piece(&mut self, row: &PendingRow, bytes: &[u8], end: Option<RowEnd>) {
        self.1.piece(row, bytes, end);
    }

    fn event(&mut self, head: &RowHead, event: &SessionEvent) {
        self.0.event(head, event);
        self.1.event(head, event);
    }

    fn enough(&self, _: u64) -> bool {
        false
    }
}

/// Notes checkpoints as rows begin, and marks.
#[derive(Debug, Default)]
struct Checkpoints {
    list: Vec<Checkpoint>,
    /// Before which row the next one is due at the earliest.
    due_row: u64,
    /// … or from which place on.
    due_position: u64,
    /// The next row gets one whatever its number.
    force: bool,
    /// Where marks are.
    marks: VecDeque<RowMark>,
    /// The same, as it was told last.
    told_marks: Arc<[RowMark]>,
    /// There are other ones since.
    marked: bool,
}

impl Checkpoints {
    /// Forgets blocks that begin before `start`; returns how many.
    fn forget_before(&mut self, start: Position) -> usize {
        let count = self.list.partition_point(|it| it.position < start);
        self.list.drain(..count);
        while self.marks.front().is_some_and(|mark| mark.position < start) {
            self.marks.pop_front();
            self.marked = true;
        }
        count
    }

    fn tell_marks(&mut self) {
        if std::mem::take(&mut self.marked) {
            self.told_marks = self.marks.iter().copied().collect();
        }
    }
}

impl RowSink for Checkpoints {
    fn start(&mut self, head: &RowHead, pending: &PendingRows) {
        if head.number < self.due_row && head.position.0 < self.due_position && !self.force {
            return;
        }
        let open = pending.len() as u64;
        self.due_row = head.number + BLOCK_ROWS.max(open * ROWS_PER_PENDING);
        self.due_position = head.position.0 + BLOCK_BYTES.max(open * BYTES_PER_PENDING);
        self.force = false;
        self.list.push(Checkpoint {
            row: head.number,
            position: head.position,
            offset: head.offset,
            at: head.at,
            previous_at: head.previous_at,
            pending: pending.pack(head.position, head.at),
        });
    }

    fn piece(&mut self, _: &PendingRow, _: &[u8], _: Option<RowEnd>) {}

    fn event(&mut self, head: &RowHead, event: &SessionEvent) {
        if !matches!(event, SessionEvent::Mark(_)) {
            return;
        }
        if self.marks.len() >= BookmarkList::MOST {
            self.marks.pop_front();
        }
        let RowHead { position, offset, at, .. } = *head;
        self.marks.push_back(RowMark { position, offset, at });
        self.marked = true;
    }

    fn enough(&self, _: u64) -> bool {
        false
    }
}
