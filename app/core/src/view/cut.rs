//! A capture cut into rows, and which of them are shown: one numbering of what can be drawn.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::cutter::CutRule;
use super::folds::Folds;
use super::index::{Advanced, Index};
use super::open::Head;
use super::records::Records;
use super::render::Look;
use super::scan::{self, RawRow};
use super::sieve::Sieve;
use super::tally::Tally;
use super::{FoldId, Folded, Row, Standing};
use crate::record::Position;

/// What rows are looked at through.
#[derive(Debug)]
pub(super) struct Lens {
    pub(super) sieve: Sieve,
    pub(super) look: Look,
    /// Panics are folded, all but these.
    pub(super) folding: bool,
    pub(super) unfolded: Vec<FoldId>,
}

/// Where a row begins: its record, and the byte in it.
pub(super) type Place = (Position, u32);

/// What one slice of work did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// There is more to do before all of the capture is known.
    pub more: bool,
    /// Something that is shown may have changed.
    pub changed: bool,
}

/// What [`Cut::advance`] did, for counts that are kept in step with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    pub(super) progress: Progress,
    /// Blocks that were forgotten at the front.
    pub(super) forgotten: usize,
    /// Blocks whose rows are as they were, counted after forgetting.
    pub(super) valid: usize,
}

/// An index, and the count of the rows that are shown.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) index: Index,
    pub(super) shown: Tally,
    /// The numbers of the shown rows of blocks that were looked at lately: where few rows pass, a page is of many blocks.
    passing: RefCell<HashMap<usize, Arc<[u64]>>>,
    /// The rows of the last page, by number: the next one is mostly of the same.
    drawn: RefCell<HashMap<u64, Row>>,
}

/// Blocks whose shown rows are remembered at most.
const REMEMBERED: usize = 512;

impl Cut {
    /// Nothing cut yet: begins at `from` with number `first`.
    pub(super) fn new(rule: CutRule, from: Position, first: u64) -> Self {
        let index = Index::new(rule, from, first);
        let (passing, drawn) = (RefCell::default(), RefCell::default());
        Self { index, shown: Tally::new(first), passing, drawn }
    }

    /// Other rows pass: counts anew.
    pub(super) fn recount(&mut self) {
        self.shown = Tally::new(0);
        self.passing.get_mut().clear();
        self.redraw();
    }

    /// Rows look otherwise.
    pub(super) fn redraw(&mut self) {
        self.drawn.get_mut().clear();
    }

    /// Cuts and counts on; there is more to do until what there was when this slice began is known, so that an end that
    /// always moves is reached too.
    pub(super) fn advance(&mut self, records: &dyn Records, lens: &Lens, budget: u64) -> Slice {
        let end = records.extent().end;
        let Advanced { touched, forgotten, read } = self.index.advance(records, budget);
        let valid = if read > 0 { self.index.block_of(touched) } else { self.index.blocks() };
        self.shown.forget(forgotten);
        self.shown.truncate(valid);
        self.passing.get_mut().retain(|block, _| forgotten == 0 && *block < valid);
        if read > 0 {
            self.drawn.get_mut().retain(|number, _| *number < touched);
        }
        let counted = self.count_shown(records, lens, budget);
        // Nothing read means nothing whole left: a damaged end is not waited for.
        let behind = read > 0 && self.index.reached().0 < end;
        let progress = Progress {
            more: behind || self.shown.blocks() < self.index.blocks(),
            changed: counted || read > 0 || forgotten > 0,
        };
        Slice { progress, forgotten, valid }
    }

    fn count_shown(&mut self, records: &dyn Records, lens: &Lens, budget: u64) -> bool {
        let start = self.shown.blocks();
        let mut block = start;
        // Blocks whose count needs no look at their rows.
        while block < self.index.blocks() {
            let rows = self.index.block_rows(block);
            let folded = self.folds(lens).is_some_and(|folds| folds.touch(&rows));
            if !folded && lens.sieve.passes_all_from(self.index.block_position(block)) {
                self.shown.push(rows.end - rows.start);
            } else if self.index.block_position(block + 1) < lens.sieve.from() {
                self.shown.push(0);
            } else {
                break;
            }
            block += 1;
        }
        let counts = self.counts(records, lens, block, budget, &mut |row| self.passes(lens, row));
        counts.into_iter().for_each(|count| self.shown.push(count));
        self.shown.blocks() > start
    }

    /// What is folded, as long as anything is.
    fn folds(&self, lens: &Lens) -> Option<&Folds> {
        self.index.folds().filter(|_| lens.folding)
    }

    /// Whether a row is shown.
    pub(super) fn passes(&self, lens: &Lens, row: &RawRow<'_>) -> bool {
        lens.sieve.passes(row, &lens.look) && !self.is_behind(lens, row)
    }

    /// Whether a row is hidden in a fold.
    fn is_behind(&self, lens: &Lens, row: &RawRow<'_>) -> bool {
        let Some(folds) = self.folds(lens).filter(|_| row.event.is_none()) else { return false };
        let Some(fold) = folds.hiding(&row.head) else { return false };
        lens.unfolded.is_empty() || !lens.unfolded.contains(&fold.id)
    }

    /// Counts the shown rows that pass a test in the blocks from `block` on, for about `budget` bytes of capture.
    pub(super) fn counts(
        &self,
        records: &dyn Records,
        lens: &Lens,
        block: usize,
        budget: u64,
        test: &mut dyn FnMut(&RawRow<'_>) -> bool,
    ) -> Vec<u64> {
        let until = self.index.block_position(block).0.saturating_add(budget);
        let mut end = block;
        while end < self.index.blocks()
            && (end == block || self.index.block_position(end).0 < until)
        {
            end += 1;
        }
        let mut counts = vec![0; end - block];
        if counts.is_empty() {
            return counts;
        }
        let rows = self.index.block_rows(block).start..self.index.block_rows(end - 1).end;
        let (mut current, mut current_rows) = (block, self.index.block_rows(block));
        let keep = |head: &Head| lens.sieve.may_pass(head);
        scan::visit(&self.index, records, rows, &keep, &mut |row| {
            if !current_rows.contains(&row.head.number) {
                current = self.index.block_of(row.head.number);
                current_rows = self.index.block_rows(current);
            }
            if test(row) {
                counts[current - block] += 1;
            }
        });
        counts
    }

    /// The numbers of a counted block's shown rows, in order, with the result of a second test.
    pub(super) fn block_shown(
        &self,
        records: &dyn Records,
        lens: &Lens,
        block: usize,
        test: &mut dyn FnMut(&RawRow<'_>) -> bool,
    ) -> Vec<(u64, bool)> {
        let mut numbers = Vec::new();
        let keep = |head: &Head| lens.sieve.may_pass(head);
        scan::visit(&self.index, records, self.index.block_rows(block), &keep, &mut |row| {
            if self.passes(lens, row) {
                numbers.push((row.head.number, test(row)));
            }
        });
        numbers.sort_unstable();
        numbers
    }

    /// The numbers, before the filter, of a counted block's shown rows.
    pub(super) fn passing(&self, records: &dyn Records, lens: &Lens, block: usize) -> Arc<[u64]> {
        if let Some(numbers) = self.passing.borrow().get(&block) {
            return numbers.clone();
        }
        let rows = self.block_shown(records, lens, block, &mut |_| true);
        let numbers: Arc<[u64]> = rows.into_iter().map(|it| it.0).collect();
        let mut remembered = self.passing.borrow_mut();
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(block, numbers.clone());
        numbers
    }

    /// The numbers, before the filter, of shown rows.
    pub(super) fn numbers(
        &self,
        records: &dyn Records,
        lens: &Lens,
        shown: Range<u64>,
    ) -> Vec<u64> {
        let mut numbers = Vec::new();
        let Some(first) = self.shown.block_of(shown.start) else { return numbers };
        for block in first..self.shown.blocks() {
            let before = self.shown.before(block);
            if before >= shown.end {
                break;
            }
            let count = self.shown.count(block).unwrap_or_default();
            let part = shown.start.max(before) - before..shown.end.min(before + count) - before;
            let rows = self.index.block_rows(block);
            if part.is_empty() {
            } else if count == rows.end - rows.start {
                numbers.extend(rows.start + part.start..rows.start + part.end);
            } else {
                let passing = self.passing(records, lens, block);
                let part = part.start as usize..part.end as usize;
                numbers.extend(passing.get(part).unwrap_or_default());
            }
        }
        numbers
    }

    /// Shown rows, ready to be drawn. Rows that can no longer be read, because retention let them go meanwhile, are missing.
    pub(super) fn rows(&self, records: &dyn Records, lens: &Lens, shown: Range<u64>) -> Vec<Row> {
        let numbers = self.numbers(records, lens, shown);
        self.fetch(records, lens, &numbers, &|_| true)
    }

    /// The same for a page, with a blank for each row that is missing; whether none is.
    pub(super) fn page(
        &self,
        records: &dyn Records,
        lens: &Lens,
        shown: Range<u64>,
    ) -> (Vec<Row>, bool) {
        let numbers = self.numbers(records, lens, shown.clone());
        let mut drawn = self.drawn.borrow_mut();
        drawn.retain(|number, _| numbers.binary_search(number).is_ok());
        let new: Vec<u64> = numbers.iter().copied().filter(|it| !drawn.contains_key(it)).collect();
        drawn.extend(
            self.fetch(records, lens, &new, &|_| true).into_iter().map(|it| (it.number, it)),
        );
        let whole = drawn.len() as u64 == shown.end.saturating_sub(shown.start);
        let row = |number| drawn.get(&number).cloned().unwrap_or_else(|| Row::lost(number));
        (numbers.into_iter().map(row).collect(), whole)
    }

    /// The same, with what is folded behind them.
    pub(super) fn rows_unfolded(
        &self,
        records: &dyn Records,
        lens: &Lens,
        shown: Range<u64>,
    ) -> Vec<Row> {
        let mut numbers = self.numbers(records, lens, shown);
        let Some(folds) = self.folds(lens) else {
            return self.fetch(records, lens, &numbers, &|_| true);
        };
        let listed = numbers.clone();
        for head in &listed {
            numbers.extend(folds.at(*head).into_iter().flat_map(|fold| fold.rows.clone()));
        }
        numbers.sort_unstable();
        numbers.dedup();
        let wanted = |row: &RawRow<'_>| {
            listed.binary_search(&row.head.number).is_ok()
                || (self.is_behind(lens, row) && lens.sieve.passes(row, &lens.look))
        };
        self.fetch(records, lens, &numbers, &wanted)
    }

    /// The rows of these numbers that are wanted, ready to be drawn.
    fn fetch(
        &self,
        records: &dyn Records,
        lens: &Lens,
        numbers: &[u64],
        wants: &dyn Fn(&RawRow<'_>) -> bool,
    ) -> Vec<Row> {
        let mut rows = Vec::with_capacity(numbers.len());
        let mut rest = numbers;
        while let Some(&first) = rest.first() {
            // Rows close to each other are found in one go.
            let block = self.index.block_of(first);
            let near = self.index.block_rows(block + 1).end;
            let (run, later) = rest.split_at(rest.partition_point(|number| *number < near));
            rest = later;
            let wanted = first..run.last().map_or(first, |last| last + 1);
            let keep = |head: &Head| run.binary_search(&head.number).is_ok();
            scan::visit(&self.index, records, wanted, &keep, &mut |row| {
                if run.binary_search(&row.head.number).is_ok() && wants(row) {
                    let fold = self.fold_at(lens, row);
                    rows.push(Row { fold, ..lens.look.render(row) });
                }
            });
        }
        rows.sort_unstable_by_key(|row| row.number);
        rows
    }

    /// Where the row that begins at a place stands.
    pub(super) fn standing(&self, records: &dyn Records, lens: &Lens, place: Place) -> Standing {
        if !self.is_counted_at(place) || self.index.block_position(0) > place.0 {
            return Standing::Unknown;
        }
        let block = self.index.block_at(place.0, place.1);
        let (mut before, mut found) = (0, false);
        let keep = |head: &Head| lens.sieve.may_pass(head);
        scan::visit(&self.index, records, self.index.block_rows(block), &keep, &mut |row| {
            let begins = (row.head.position, row.head.offset);
            if begins <= place && self.passes(lens, row) {
                found |= begins == place;
                before += u64::from(begins < place);
            }
        });
        let row = Standing::Row(self.shown.before(block) + before);
        if found { row } else { Standing::Hidden }
    }

    /// Whether it is known how many rows are shown up to a place.
    pub(super) fn is_counted_at(&self, place: Place) -> bool {
        let block = self.index.block_at(place.0, place.1);
        let whole = block + 1 < self.index.blocks() || self.index.reached() > place.0;
        block < self.shown.blocks() && whole
    }

    /// What a row stands at the head of.
    fn fold_at(&self, lens: &Lens, row: &RawRow<'_>) -> Option<Folded> {
        let fold = self.folds(lens)?.at(row.head.number)?;
        let hidden = !lens.unfolded.contains(&fold.id);
        Some(Folded { id: fold.id, rows: fold.behind, hidden })
    }

    /// The number, among the shown rows, of the first one that begins at or after a place; `None` when that is not counted
    /// yet.
    pub(super) fn locate(&self, records: &dyn Records, lens: &Lens, place: Place) -> Option<u64> {
        if !self.is_counted_at(place) {
            return None;
        }
        let block = self.index.block_at(place.0, place.1);
        let mut before = 0;
        let keep = |head: &Head| lens.sieve.may_pass(head);
        scan::visit(&self.index, records, self.index.block_rows(block), &keep, &mut |row| {
            let earlier = (row.head.position, row.head.offset) < place;
            before += u64::from(earlier && self.passes(lens, row));
        });
        Some(self.shown.before(block) + before)
    }
}
