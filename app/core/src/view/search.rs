//! A search over the whole history: hits per block, and going from one to the next.

use std::sync::Arc;

use super::filtered_index::{FilteredIndex, IndexUpdate, ViewRules};
use super::pattern::Pattern;
use super::prefix_counts::PrefixCounts;
use super::records::RecordSource;
use super::scan::RawRow;
use super::{FindSpec, FindStatus};

/// A search under way or done.
#[derive(Debug)]
pub(super) struct Search {
    pattern: Option<Pattern>,
    error: Option<Arc<str>>,
    /// Shown rows with a hit.
    hits: PrefixCounts,
    current: Option<CurrentHit>,
    step: Option<StepRequest>,
}

/// Where next or previous led to.
#[derive(Clone, Copy, Debug)]
struct CurrentHit {
    /// The hit row's number among the shown rows.
    shown: u64,
    /// The hit row's number before the filter.
    number: u64,
    /// How many hits come before it in its block.
    in_block: u64,
}

/// A request for the next or previous hit.
#[derive(Clone, Copy, Debug)]
struct StepRequest {
    from: u64,
    forward: bool,
    /// The row itself will do: there was no hit before.
    inclusive: bool,
    /// The block to look at next, once known.
    block: Option<usize>,
    /// The search went round an end of the history already.
    wrapped: bool,
}

impl Search {
    pub(super) fn new(spec: &FindSpec) -> Self {
        let (pattern, error) = match Pattern::new(&spec.needle()) {
            Ok(pattern) => (pattern, None),
            Err(error) => (None, Some(error)),
        };
        Self { pattern, error, hits: PrefixCounts::new(0), current: None, step: None }
    }

    pub(super) const fn pattern(&self) -> Option<&Pattern> {
        self.pattern.as_ref()
    }

    /// Rows are numbered anew.
    pub(super) fn restart(&mut self) {
        self.hits = PrefixCounts::new(0);
        self.current = None;
        self.step = None;
    }

    pub(super) fn step(&mut self, from: u64, forward: bool) {
        let inclusive = self.current.is_none();
        self.step = Some(StepRequest { from, forward, inclusive, block: None, wrapped: false });
    }

    /// The capture went on.
    pub(super) fn follow(&mut self, slice: &IndexUpdate) {
        self.hits.forget(slice.forgotten);
        self.hits.truncate(slice.valid);
        if let Some(StepRequest { block: Some(block), .. }) = &mut self.step {
            *block = block.saturating_sub(slice.forgotten);
        }
    }

    pub(super) fn status(&self, filtered: &FilteredIndex) -> FindStatus {
        let ordinal = |hit: &CurrentHit| {
            let block = filtered.index.block_of(hit.number);
            (self.hits.before(block) + hit.in_block, hit.shown)
        };
        FindStatus {
            hits: self.hits.total() - self.hits.first(),
            searched: filtered.shown.before(self.hits.blocks()) - filtered.shown.first(),
            current: self.current.as_ref().map(ordinal),
            error: self.error.clone(),
        }
    }

    /// Searches on; returns whether there is more to do, and whether something changed.
    pub(super) fn advance(
        &mut self,
        records: &dyn RecordSource,
        filtered: &FilteredIndex,
        rules: &ViewRules,
        budget: u64,
    ) -> (bool, bool) {
        let Some(pattern) = self.pattern.clone() else {
            self.step = None;
            return (false, false);
        };
        let stepped = self.seek(records, filtered, rules, &pattern, budget);
        let start = self.hits.blocks();
        while filtered.shown.count(self.hits.blocks()) == Some(0) {
            self.hits.push(0);
        }
        if self.hits.blocks() < filtered.shown.blocks() {
            let raw = filtered.raw(rules, &pattern);
            let index = &filtered.index;
            let test =
                &|row: &RawRow<'_>| rules.shows(index, row) && rules.renderer.has(row, &pattern);
            let first = self.hits.blocks();
            let counts = filtered.counts(records, rules, first, budget, raw.as_ref(), test);
            let room = filtered.shown.blocks() - self.hits.blocks();
            counts.into_iter().take(room).for_each(|count| self.hits.push(count));
        }
        let more = self.hits.blocks() < filtered.shown.blocks() || self.step.is_some();
        (more, stepped || self.hits.blocks() > start)
    }

    /// Works on a request for the next or previous hit for about `budget` bytes of capture; returns whether it was fulfilled.
    fn seek(
        &mut self,
        records: &dyn RecordSource,
        filtered: &FilteredIndex,
        rules: &ViewRules,
        pattern: &Pattern,
        budget: u64,
    ) -> bool {
        let Some(mut step) = self.step.take() else { return false };
        let counted = filtered.shown.blocks();
        let whole = counted == filtered.index.blocks();
        let mut spent = 0;
        let mut block = step.block.unwrap_or_else(|| {
            filtered.shown.block_of(step.from).unwrap_or(counted.saturating_sub(1))
        });
        while spent < budget {
            if block < counted && self.hits.count(block) != Some(0) {
                let begin = filtered.index.block_position(block).0;
                spent += (filtered.index.block_position(block + 1).0 - begin).max(1);
                if let Some(hit) = self.hit_in(records, filtered, rules, pattern, block, step) {
                    self.current = Some(hit);
                    return true;
                }
            } else {
                spent += 1;
            }
            let at_end = if step.forward { block + 1 >= counted } else { block == 0 };
            if at_end && !whole {
                // The request waits until more is counted.
                step.block = Some(block.min(counted.saturating_sub(1)));
                self.step = Some(step);
                return false;
            }
            if at_end && step.wrapped {
                return true;
            }
            if at_end {
                step.wrapped = true;
                step.from = if step.forward { 0 } else { u64::MAX };
                step.inclusive = true;
                block = if step.forward { 0 } else { counted.saturating_sub(1) };
            } else if step.forward {
                block += 1;
            } else {
                block -= 1;
            }
        }
        step.block = Some(block);
        self.step = Some(step);
        false
    }

    fn hit_in(
        &self,
        records: &dyn RecordSource,
        filtered: &FilteredIndex,
        rules: &ViewRules,
        pattern: &Pattern,
        block: usize,
        step: StepRequest,
    ) -> Option<CurrentHit> {
        let rows = filtered
            .block_shown(records, rules, block, &mut |row| rules.renderer.has(row, pattern));
        let before = filtered.shown.before(block);
        let hits = (before..).zip(&rows).filter(|(_, (_, hit))| *hit).enumerate().map(
            |(in_block, (shown, (number, _)))| CurrentHit {
                shown,
                number: *number,
                in_block: in_block as u64,
            },
        );
        let here = |shown: u64| step.inclusive && shown == step.from;
        if step.forward {
            hits.into_iter().find(|hit| hit.shown > step.from || here(hit.shown))
        } else {
            hits.into_iter().filter(|hit| hit.shown < step.from || here(hit.shown)).last()
        }
    }
}
