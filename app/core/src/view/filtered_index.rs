//! An index of a capture's rows with the count of those that pass the filter: one numbering of what can be drawn.

use std::cell::RefCell;
use std::collections::HashMap;
use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;

use lru::LruCache;

use super::ansi::CARRIED;
use super::framer::{FramingRule, LineRule};
use super::index::{Index, IndexAdvance};
use super::panic_folds::PanicFolds;
use super::pattern::Pattern;
use super::prefix_counts::PrefixCounts;
use super::raw_pattern::RawPattern;
use super::raw_search;
use super::records::RecordSource;
use super::render::RowRenderer;
use super::row_bounds::{RowHead, RowPosition, StreamKey};
use super::row_filter::RowFilter;
use super::row_run::RowRun;
use super::scan::{self, RawRow, RowTest};
use super::{FoldId, Folded, Row, RowVisibility};
use crate::{Position, SgrStyle, Timestamp};

/// How rows are filtered, rendered and folded.
#[derive(Debug)]
pub(super) struct ViewRules {
    pub(super) filter: RowFilter,
    pub(super) renderer: RowRenderer,
    /// Panics are folded, all but these.
    pub(super) folding: bool,
    pub(super) unfolded: Vec<FoldId>,
}

impl ViewRules {
    /// What is folded, as long as anything is.
    fn folds<'i>(&self, index: &'i Index) -> Option<&'i PanicFolds> {
        index.folds().filter(|_| self.folding)
    }

    /// Whether a row is shown.
    pub(super) fn shows(&self, index: &Index, row: &RawRow<'_>) -> bool {
        self.filter.passes(row, &self.renderer) && !self.is_behind(index, row)
    }

    /// Whether a row is hidden in a fold.
    fn is_behind(&self, index: &Index, row: &RawRow<'_>) -> bool {
        let Some(folds) = self.folds(index).filter(|_| row.event.is_none()) else { return false };
        let Some(fold) = folds.hiding(&row.head) else { return false };
        self.unfolded.is_empty() || !self.unfolded.contains(&fold.id)
    }
}

/// What one slice of work did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SliceProgress {
    /// There is more to do before all of the capture is known.
    pub more: bool,
    /// Something that is shown may have changed.
    pub changed: bool,
}

/// What [`FilteredIndex::advance`] did, for counts that are kept in step with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct IndexUpdate {
    pub(super) progress: SliceProgress,
    /// Blocks that were forgotten at the front.
    pub(super) forgotten: usize,
    /// Blocks whose rows are as they were, counted after forgetting.
    pub(super) valid: usize,
}

/// An index of rows, and the count of the rows that pass the filter.
#[derive(Debug)]
pub(super) struct FilteredIndex {
    pub(super) index: Index,
    pub(super) shown: PrefixCounts,
    /// The numbers of the shown rows of blocks that were looked at lately: where few rows pass, a page is of many blocks.
    passing: RefCell<LruCache<usize, Arc<[u64]>>>,
    /// The rows of the last page, by number: the next one is mostly of the same.
    drawn: RefCell<HashMap<u64, Row>>,
}

/// Blocks whose shown rows are remembered at most.
const REMEMBERED: NonZero<usize> = NonZero::new(512).expect("is not zero");

/// Less capture than this is looked through by one.
const WORTH_HALVING: u64 = 1 << 20;

impl FilteredIndex {
    /// Nothing cut yet: begins at `from` with number `first`.
    pub(super) fn new(rule: FramingRule, from: Position, first: u64) -> Self {
        let index = Index::new(rule, from, first);
        let passing = RefCell::new(LruCache::new(REMEMBERED));
        Self { index, shown: PrefixCounts::new(first), passing, drawn: RefCell::default() }
    }

    /// Other rows pass: counts anew.
    pub(super) fn recount(&mut self) {
        self.shown = PrefixCounts::new(0);
        self.passing.get_mut().clear();
        self.redraw();
    }

    /// Rows look otherwise.
    pub(super) fn redraw(&mut self) {
        self.drawn.get_mut().clear();
    }

    /// Cuts and counts on; there is more to do until what there was when this slice began is known, so that an end that
    /// always moves is reached too.
    pub(super) fn advance(
        &mut self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        budget: u64,
    ) -> IndexUpdate {
        let end = records.extent().end;
        let IndexAdvance { touched, forgotten, read } = self.index.advance(records, budget);
        let valid = if read > 0 { self.index.block_of(touched) } else { self.index.blocks() };
        self.shown.forget(forgotten);
        self.shown.truncate(valid);
        self.passing.get_mut().retain(|block, _| forgotten == 0 && *block < valid);
        if read > 0 {
            self.drawn.get_mut().retain(|number, _| *number < touched);
        }
        let counted = self.count_shown(records, rules, budget);
        // Nothing read means nothing whole left: a damaged end is not waited for.
        let behind = read > 0 && self.index.reached().0 < end;
        let progress = SliceProgress {
            more: behind || self.shown.blocks() < self.index.blocks(),
            changed: counted || read > 0 || forgotten > 0,
        };
        IndexUpdate { progress, forgotten, valid }
    }

    fn count_shown(&mut self, records: &dyn RecordSource, rules: &ViewRules, budget: u64) -> bool {
        let start = self.shown.blocks();
        let mut block = start;
        // Blocks whose count needs no look at their rows.
        while block < self.index.blocks() {
            let rows = self.index.block_rows(block);
            let folded = self.folds(rules).is_some_and(|folds| folds.touch(&rows));
            if !folded && rules.filter.passes_all_from(self.index.block_position(block)) {
                self.shown.push(rows.end - rows.start);
            } else if self.index.block_position(block + 1) < rules.filter.from() {
                self.shown.push(0);
            } else {
                break;
            }
            block += 1;
        }
        let raw = rules.filter.needed().and_then(|pattern| self.raw(rules, pattern));
        let index = &self.index;
        let test = &|row: &RawRow<'_>| rules.shows(index, row);
        let counts = self.counts(records, rules, block, budget, raw.as_ref(), test);
        counts.into_iter().for_each(|count| self.shown.push(count));
        self.shown.blocks() > start
    }

    /// What is folded, as long as anything is.
    fn folds(&self, rules: &ViewRules) -> Option<&PanicFolds> {
        rules.folds(&self.index)
    }

    /// Whether a row is shown.
    pub(super) fn passes(&self, rules: &ViewRules, row: &RawRow<'_>) -> bool {
        rules.shows(&self.index, row)
    }

    /// A pattern as it is looked for in the bytes of records.
    pub(super) fn raw(&self, rules: &ViewRules, pattern: &Pattern) -> Option<RawPattern> {
        rules.renderer.raw(pattern, self.index.rule().framing())
    }

    /// Counts the shown rows that pass a test in the blocks from `block` on, for about `budget` bytes of capture. Rows that
    /// pass it have the pattern `raw`, if there is one.
    pub(super) fn counts(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        block: usize,
        budget: u64,
        raw: Option<&RawPattern>,
        test: &RowTest<'_>,
    ) -> Vec<u64> {
        let begin = self.index.block_position(block).0;
        let until = begin.saturating_add(budget);
        let mut end = block;
        while end < self.index.blocks()
            && (end == block || self.index.block_position(end).0 < until)
        {
            end += 1;
        }
        let index = &self.index;
        // Rows that are tested alone have no number, by which it is known what is folded.
        let lines = if self.folds(rules).is_none() { index.rule().lines() } else { None };
        let count = |blocks: Range<usize>, raw: Option<&RawPattern>| {
            counts_in(index, records, rules, blocks, raw, lines.as_ref(), test)
        };
        let whole = index.block_position(end).0 - begin;
        let half = begin + whole / 2;
        let middle =
            block + (block..end).take_while(|it| index.block_position(*it).0 < half).count();
        if whole < WORTH_HALVING || middle == end {
            return count(block..end, raw);
        }
        // An expression lends what it works with to one thread at a time.
        let second = raw.cloned();
        let (mut counts, mut rest) = (Vec::new(), Vec::new());
        records.both(&mut || counts = count(block..middle, raw), &mut || {
            rest = count(middle..end, second.as_ref());
        });
        counts.append(&mut rest);
        counts
    }

    /// The numbers of a counted block's shown rows, in order, with the result of a second test.
    pub(super) fn block_shown(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        block: usize,
        test: &mut dyn FnMut(&RawRow<'_>) -> bool,
    ) -> Vec<(u64, bool)> {
        let mut numbers = Vec::new();
        let keep = |head: &RowHead| rules.filter.may_pass(head);
        scan::visit(&self.index, records, self.index.block_rows(block), &keep, &mut |row| {
            if self.passes(rules, row) {
                numbers.push((row.head.number, test(row)));
            }
        });
        numbers.sort_unstable();
        numbers
    }

    /// The numbers, before the filter, of a counted block's shown rows.
    pub(super) fn passing(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        block: usize,
    ) -> Arc<[u64]> {
        if let Some(numbers) = self.passing.borrow_mut().get(&block) {
            return numbers.clone();
        }
        let rows = self.block_shown(records, rules, block, &mut |_| true);
        let numbers: Arc<[u64]> = rows.into_iter().map(|it| it.0).collect();
        self.passing.borrow_mut().put(block, numbers.clone());
        numbers
    }

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

    /// The numbers, before the filter, of shown rows.
    pub(super) fn numbers(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        shown: Range<u64>,
    ) -> Vec<u64> {
        self.runs(records, rules, shown).into_iter().flat_map(RowRun::numbers).collect()
    }

    /// Shown rows, ready to be drawn. Rows that can no longer be read, because retention let them go meanwhile, are missing.
    pub(super) fn rows(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        shown: Range<u64>,
    ) -> Vec<Row> {
        let (numbers, before) = self.numbers_and_before(records, rules, shown);
        let mut rows = self.fetch(records, rules, &numbers, &|_| true);
        follow_each_other(&mut rows);
        rows.retain(|row| Some(row.number) != before);
        rows
    }

    /// The numbers of shown rows, with that of the row before them, which tells the time since it; which one this is.
    fn numbers_and_before(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        shown: Range<u64>,
    ) -> (Vec<u64>, Option<u64>) {
        let from = shown.start.saturating_sub(1).max(self.shown.first());
        let numbers = self.numbers(records, rules, from..shown.end);
        let before = numbers.first().copied().filter(|_| from < shown.start);
        (numbers, before)
    }

    /// The same for a page, with a blank for each row that is missing; whether none is.
    pub(super) fn page(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        shown: Range<u64>,
    ) -> (Vec<Row>, bool) {
        // With the row before them, which tells the time since it.
        let before = shown.start.saturating_sub(1).max(self.shown.first());
        let mut numbers = self.numbers(records, rules, before..shown.end);
        let mut drawn = self.drawn.borrow_mut();
        drawn.retain(|number, _| numbers.binary_search(number).is_ok());
        let new: Vec<u64> = numbers.iter().copied().filter(|it| !drawn.contains_key(it)).collect();
        drawn.extend(
            self.fetch(records, rules, &new, &|_| true).into_iter().map(|it| (it.number, it)),
        );
        let whole = drawn.len() as u64 == shown.end.saturating_sub(before);
        // One that is gone stands where it stood, at the time of the row before it, or else of the first one that is there.
        let first = numbers.iter().find_map(|number| drawn.get(number)).map(|row| row.at);
        let block = || numbers.first().map(|number| self.index.block_time(*number));
        let mut at = first.or_else(block).unwrap_or(Timestamp(0));
        let row = |number| {
            let gone = || Row { at, previous_at: at, previous_shown_at: at, ..Row::blank(number) };
            let row = drawn.get(&number).cloned().unwrap_or_else(gone);
            at = row.at;
            row
        };
        let mut page: Vec<_> = numbers.drain(..).map(row).collect();
        follow_each_other(&mut page);
        page.drain(..(shown.start - before).min(page.len() as u64) as usize);
        (page, whole)
    }

    /// The same, with what is folded behind them.
    pub(super) fn rows_unfolded(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        shown: Range<u64>,
    ) -> Vec<Row> {
        let Some(folds) = self.folds(rules) else { return self.rows(records, rules, shown) };
        let (mut numbers, before) = self.numbers_and_before(records, rules, shown);
        let listed = numbers.clone();
        for head in listed.iter().filter(|head| Some(**head) != before) {
            numbers.extend(folds.at(*head).into_iter().flat_map(|fold| fold.rows.clone()));
        }
        numbers.sort_unstable();
        numbers.dedup();
        let wanted = |row: &RawRow<'_>| {
            listed.binary_search(&row.head.number).is_ok()
                || (rules.is_behind(&self.index, row) && rules.filter.passes(row, &rules.renderer))
        };
        let mut rows = self.fetch(records, rules, &numbers, &wanted);
        follow_each_other(&mut rows);
        rows.retain(|row| Some(row.number) != before);
        rows
    }

    /// The rows of these numbers that are wanted, ready to be drawn.
    fn fetch(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
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
            // With the rows before them, whose style may go on in them.
            let carried = if rules.renderer.has_style() { CARRIED } else { 0 };
            let from = first.saturating_sub(carried);
            let until = run.last().map_or(first, |last| last + 1);
            let keep = |head: &RowHead| {
                let next = run.get(run.partition_point(|number| *number < head.number));
                next.is_some_and(|next| next - head.number <= carried)
            };
            // By whom the last sequences were said in each stream, and what they have left.
            let mut styles: HashMap<StreamKey, (u64, SgrStyle)> = HashMap::new();
            scan::visit(&self.index, records, from..until, &keep, &mut |row| {
                let RowHead { number, stream, .. } = row.head;
                if run.binary_search(&number).is_ok() && wants(row) {
                    let left = styles.get(&stream).filter(|(by, _)| number - by <= CARRIED);
                    let style = left.map_or_else(SgrStyle::default, |(_, style)| *style);
                    let fold = self.fold_at(rules, row);
                    rows.push(Row { fold, ..rules.renderer.render(row, style) });
                }
                if let Some(style) = rules.renderer.style_left(row) {
                    styles.insert(stream, (number, style));
                }
            });
        }
        rows.sort_unstable_by_key(|row| row.number);
        rows
    }

    /// Where the row that begins at a place stands.
    pub(super) fn standing(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        row_position: RowPosition,
    ) -> RowVisibility {
        if !self.is_counted_at(row_position) || self.index.block_position(0) > row_position.0 {
            return RowVisibility::Unknown;
        }
        let block = self.index.block_at(row_position.0, row_position.1);
        let (mut before, mut found) = (0, false);
        let keep = |head: &RowHead| rules.filter.may_pass(head);
        scan::visit(&self.index, records, self.index.block_rows(block), &keep, &mut |row| {
            let begins = (row.head.position, row.head.offset);
            if begins <= row_position && self.passes(rules, row) {
                found |= begins == row_position;
                before += u64::from(begins < row_position);
            }
        });
        let row = RowVisibility::Row(self.shown.before(block) + before);
        if found { row } else { RowVisibility::Hidden }
    }

    /// Whether it is known how many rows are shown up to a place.
    pub(super) fn is_counted_at(&self, row_position: RowPosition) -> bool {
        let block = self.index.block_at(row_position.0, row_position.1);
        let whole = block + 1 < self.index.blocks() || self.index.reached() > row_position.0;
        block < self.shown.blocks() && whole
    }

    /// What a row stands at the head of.
    fn fold_at(&self, rules: &ViewRules, row: &RawRow<'_>) -> Option<Folded> {
        let fold = self.folds(rules)?.at(row.head.number)?;
        let hidden = !rules.unfolded.contains(&fold.id);
        Some(Folded { id: fold.id, rows: fold.behind, hidden })
    }

    /// The number, among the shown rows, of the first one that begins at or after a place; `None` when that is not counted
    /// yet.
    pub(super) fn locate(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        row_position: RowPosition,
    ) -> Option<u64> {
        if !self.is_counted_at(row_position) {
            return None;
        }
        let block = self.index.block_at(row_position.0, row_position.1);
        let mut before = 0;
        let keep = |head: &RowHead| rules.filter.may_pass(head);
        scan::visit(&self.index, records, self.index.block_rows(block), &keep, &mut |row| {
            let earlier = (row.head.position, row.head.offset) < row_position;
            before += u64::from(earlier && self.passes(rules, row));
        });
        Some(self.shown.before(block) + before)
    }
}

/// Counts the rows of each block that pass a test, and have the pattern `raw` if there is one.
fn counts_in(
    index: &Index,
    records: &dyn RecordSource,
    rules: &ViewRules,
    blocks: Range<usize>,
    raw: Option<&RawPattern>,
    lines: Option<&LineRule>,
    test: &RowTest<'_>,
) -> Vec<u64> {
    let first = blocks.start;
    let (mut counts, runs) = match raw {
        _ if blocks.is_empty() => return Vec::new(),
        Some(raw) => {
            let hits = raw_search::search(raw, index, records, blocks, lines, test);
            (hits.counts, hits.unknown)
        }
        None => (vec![0; blocks.len()], std::iter::once(blocks).collect()),
    };
    let keep = |head: &RowHead| rules.filter.may_pass(head);
    for run in runs {
        counts[run.start - first..run.end - first].fill(0);
        let (mut current, mut current_rows) = (run.start, index.block_rows(run.start));
        let rows = current_rows.start..index.block_rows(run.end - 1).end;
        scan::visit(index, records, rows, &keep, &mut |row| {
            if !current_rows.contains(&row.head.number) {
                current = index.block_of(row.head.number);
                current_rows = index.block_rows(current);
            }
            if test(row) {
                counts[current - first] += 1;
            }
        });
    }
    counts
}

/// Tells each row when the one before it came.
fn follow_each_other(rows: &mut [Row]) {
    for at in 1..rows.len() {
        rows[at].previous_shown_at = rows[at - 1].at;
    }
}
