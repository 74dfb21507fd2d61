//! An index of the part of a capture around the viewport, made before the rest is cut.

use super::filtered_index::{FilteredIndex, SliceProgress, ViewRules};
use super::framer::FramingRule;
use super::records::RecordSource;
use crate::Position;

/// Captures smaller than this are cut anew so fast that there is no need to look near the visible rows first.
pub(super) const SMALL: u64 = 4 << 20;
/// How much capture before the visible rows is cut first when everything is cut anew, and how many times more when too few
/// rows of that pass for a page.
const RUN_UP: u64 = 1 << 20;
const WIDER: u64 = 8;

/// A part of the capture around the viewport, cut first.
#[derive(Debug)]
pub(super) struct PartialIndex {
    pub(super) filtered: FilteredIndex,
    /// One that begins earlier, to take the place of `filtered` when it has come as far: too few rows of that pass for a page.
    wider: Option<FilteredIndex>,
    /// Where still wider ones would begin, and their first row's number; the nearest last.
    further: Vec<(Position, u64)>,
    /// Where `filtered`, or the wider one, begins.
    from: Position,
}

impl PartialIndex {
    /// Begins a little before a place of a capture from `start` on, if the capture is too large to wait for. `begin` tells where
    /// rows can be cut from, at or before a place, and the number of the first one; with `wider`, more of it is cut when
    /// too few rows pass.
    pub(super) fn around(
        rule: FramingRule,
        start: u64,
        place: u64,
        wider: bool,
        begin: impl Fn(u64) -> (Position, u64),
    ) -> Option<Self> {
        let worth = |run_up: &u64| place.saturating_sub(*run_up) >= start + SMALL;
        let run_ups = std::iter::successors(Some(RUN_UP), |run_up| run_up.checked_mul(WIDER));
        let begin = |run_up| begin(place.saturating_sub(run_up));
        let mut further: Vec<_> = run_ups.take_while(worth).map(begin).collect();
        further.dedup();
        further.reverse();
        let (from, first) = further.pop()?;
        if !wider {
            further.clear();
        }
        Some(Self { filtered: FilteredIndex::new(rule, from, first), wider: None, further, from })
    }

    /// Begins a little before the end of what there is, where nothing has been cut yet, and has the rows there at once; `None` when
    /// no way leads there.
    pub(super) fn before_end(
        rule: FramingRule,
        records: &dyn RecordSource,
        rules: &ViewRules,
        first: u64,
    ) -> Option<Self> {
        let from = records.before(records.extent().end.checked_sub(RUN_UP)?)?;
        let mut filtered = FilteredIndex::new(rule, from, first);
        filtered.advance(records, rules, RUN_UP);
        Some(Self { filtered, wider: None, further: Vec::new(), from })
    }

    /// Works on; more is cut when fewer rows than `count` pass, of the capture behind `known`: that is where the whole has come.
    /// The second value says that rows are numbered anew.
    pub(super) fn advance(
        &mut self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        budget: u64,
        count: u64,
        known: Position,
    ) -> (SliceProgress, bool) {
        let mut progress = self.filtered.advance(records, rules, budget).progress;
        let mut renumbered = false;
        if let Some(wider) = &mut self.wider {
            let more = wider.advance(records, rules, budget).progress.more;
            if !more && let Some(wider) = self.wider.take() {
                self.filtered = wider;
                (renumbered, progress.changed) = (true, true);
            }
        }
        let shown = self.filtered.shown.total() - self.filtered.shown.first();
        if !progress.more
            && self.wider.is_none()
            && shown < count
            && let Some((from, first)) = self.further.pop().or_else(|| self.further(records, known))
        {
            self.from = from;
            self.wider = Some(FilteredIndex::new(self.filtered.index.rule().clone(), from, first));
        }
        progress.more |= self.wider.is_some();
        (progress, renumbered)
    }

    /// Where a wider one would begin in what nobody has cut yet.
    fn further(&self, records: &dyn RecordSource, known: Position) -> Option<(Position, u64)> {
        let extent = records.extent();
        let run_up = extent.end.saturating_sub(self.from.0).saturating_mul(WIDER);
        let place = extent.end.saturating_sub(run_up);
        let worth = place > known.0 && place >= extent.start + SMALL;
        let from = worth.then(|| records.before(place)).flatten()?;
        (from < self.from).then_some((from, 0))
    }
}
