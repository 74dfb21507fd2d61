//! A search over the whole history: hits per block, and going from one to the next.

use std::sync::Arc;

use super::cut::{Cut, Lens, Slice};
use super::pattern::Pattern;
use super::records::Records;
use super::tally::Tally;
use super::{FindSpec, FindStatus};

/// A search under way or done.
#[derive(Debug)]
pub(super) struct Search {
    pattern: Option<Pattern>,
    error: Option<Arc<str>>,
    /// Shown rows with a hit.
    hits: Tally,
    current: Option<Hit>,
    step: Option<Step>,
}

/// Where next or previous led to.
#[derive(Clone, Copy, Debug)]
struct Hit {
    /// Its number among the shown rows.
    shown: u64,
    /// Its number before the filter.
    number: u64,
    /// How many hits come before it in its block.
    in_block: u64,
}

/// A wish for the next or previous hit.
#[derive(Clone, Copy, Debug)]
struct Step {
    from: u64,
    forward: bool,
    /// The row itself will do: there was no hit before.
    inclusive: bool,
    /// The block to look at next, once known.
    block: Option<usize>,
    /// It went round an end of the history already.
    wrapped: bool,
}

impl Search {
    pub(super) fn new(spec: &FindSpec) -> Self {
        let (pattern, error) = match Pattern::new(&spec.pattern, spec.regex, spec.case_sensitive) {
            Ok(pattern) => (pattern, None),
            Err(error) => (None, Some(error)),
        };
        Self { pattern, error, hits: Tally::new(0), current: None, step: None }
    }

    pub(super) const fn pattern(&self) -> Option<&Pattern> {
        self.pattern.as_ref()
    }

    /// Rows are numbered anew.
    pub(super) fn restart(&mut self) {
        self.hits = Tally::new(0);
        self.current = None;
        self.step = None;
    }

    pub(super) fn step(&mut self, from: u64, forward: bool) {
        let inclusive = self.current.is_none();
        self.step = Some(Step { from, forward, inclusive, block: None, wrapped: false });
    }

    /// The capture went on.
    pub(super) fn follow(&mut self, slice: &Slice) {
        self.hits.forget(slice.forgotten);
        self.hits.truncate(slice.valid);
        if let Some(Step { block: Some(block), .. }) = &mut self.step {
            *block = block.saturating_sub(slice.forgotten);
        }
    }

    pub(super) fn status(&self, cut: &Cut) -> FindStatus {
        let ordinal = |hit: &Hit| {
            let block = cut.index.block_of(hit.number);
            (self.hits.before(block) + hit.in_block, hit.shown)
        };
        FindStatus {
            hits: self.hits.total() - self.hits.first(),
            searched: cut.shown.before(self.hits.blocks()) - cut.shown.first(),
            current: self.current.as_ref().map(ordinal),
            error: self.error.clone(),
        }
    }

    /// Searches on; returns whether there is more to do, and whether something changed.
    pub(super) fn advance(
        &mut self,
        records: &dyn Records,
        cut: &Cut,
        lens: &Lens,
        budget: u64,
    ) -> (bool, bool) {
        let Some(pattern) = self.pattern.clone() else {
            self.step = None;
            return (false, false);
        };
        let stepped = self.seek(records, cut, lens, &pattern, budget);
        let start = self.hits.blocks();
        while cut.shown.count(self.hits.blocks()) == Some(0) {
            self.hits.push(0);
        }
        if self.hits.blocks() < cut.shown.blocks() {
            let counts = cut.counts(records, lens, self.hits.blocks(), budget, &mut |row| {
                cut.passes(lens, row) && pattern.is_in(&lens.look.search_text(row))
            });
            let room = cut.shown.blocks() - self.hits.blocks();
            counts.into_iter().take(room).for_each(|count| self.hits.push(count));
        }
        let more = self.hits.blocks() < cut.shown.blocks() || self.step.is_some();
        (more, stepped || self.hits.blocks() > start)
    }

    /// Follows a wish for the next or previous hit for about `budget` bytes of capture; returns whether it was fulfilled.
    fn seek(
        &mut self,
        records: &dyn Records,
        cut: &Cut,
        lens: &Lens,
        pattern: &Pattern,
        budget: u64,
    ) -> bool {
        let Some(mut step) = self.step.take() else { return false };
        let counted = cut.shown.blocks();
        let whole = counted == cut.index.blocks();
        let mut spent = 0;
        let mut block = step
            .block
            .unwrap_or_else(|| cut.shown.block_of(step.from).unwrap_or(counted.saturating_sub(1)));
        while spent < budget {
            if block < counted && self.hits.count(block) != Some(0) {
                let begin = cut.index.block_position(block).0;
                spent += (cut.index.block_position(block + 1).0 - begin).max(1);
                if let Some(hit) = self.hit_in(records, cut, lens, pattern, block, step) {
                    self.current = Some(hit);
                    return true;
                }
            } else {
                spent += 1;
            }
            let at_end = if step.forward { block + 1 >= counted } else { block == 0 };
            if at_end && !whole {
                // The wish waits until more is counted.
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
        records: &dyn Records,
        cut: &Cut,
        lens: &Lens,
        pattern: &Pattern,
        block: usize,
        step: Step,
    ) -> Option<Hit> {
        let rows = cut.block_shown(records, lens, block, &mut |row| {
            pattern.is_in(&lens.look.search_text(row))
        });
        let before = cut.shown.before(block);
        let hits = (before..).zip(&rows).filter(|(_, (_, hit))| *hit).enumerate().map(
            |(in_block, (shown, (number, _)))| Hit {
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
