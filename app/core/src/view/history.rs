//! A log: a capture seen through a specification. Pure and incremental: whoever owns it calls [`History::advance`] in slices
//! on a thread of its own, and asks for pages in between.

use std::ops::Range;
use std::sync::Arc;

use super::filtered_index::{FilteredIndex, SliceProgress, ViewRules};
use super::framer::FramingRule;
use super::partial_index::{PartialIndex, SMALL};
use super::records::RecordSource;
use super::render::RowRenderer;
use super::row_bounds::RowPosition;
use super::row_filter::RowFilter;
use super::search::Search;
use super::seek::{Seek, SeekTarget};
use super::{Exporter, FindSpec, Page, PageRequest, Row, ViewSpec, ViewStatus};
use crate::{Position, Timestamp};

/// Which part of a slice's work is left for the whole while what is looked at is still being cut.
const BESIDE: u64 = 8;

/// A capture as rows.
///
/// A history holds no row and no byte of the capture, only the sparse index and counts: some 8 MB for 100 million rows. All methods
/// must be given the same capture.
#[derive(Debug)]
pub struct History {
    spec: ViewSpec,
    revision: u64,
    rules: ViewRules,
    pattern_error: Option<Arc<str>>,
    /// The whole capture.
    whole: FilteredIndex,
    /// The part around the visible rows, with estimated numbers, until `whole` has come there.
    partial: Option<PartialIndex>,
    /// What is drawn from (`partial`, or `whole`) knows all that there was when the last slice began.
    caught_up: bool,
    search: Option<Search>,
    seek: Option<Seek>,
    /// The rows of the page that was asked for last.
    viewport: Viewport,
    extent: Range<u64>,
}

/// The rows of the page that was asked for last.
#[derive(Clone, Copy, Debug, Default)]
struct Viewport {
    /// Where the first wanted row begins.
    row_position: Option<RowPosition>,
    /// The end was wanted.
    end: bool,
    /// The first wanted row's number at that time.
    row: u64,
    /// How many were wanted.
    count: u64,
}

impl History {
    /// A log of which nothing is known yet.
    pub fn new(spec: ViewSpec) -> Self {
        let (rules, rule, pattern_error) = checked(&spec);
        Self {
            spec,
            revision: 1,
            rules,
            pattern_error,
            whole: FilteredIndex::new(rule, Position(0), 0),
            partial: None,
            caught_up: false,
            search: None,
            seek: None,
            viewport: Viewport::default(),
            extent: 0..0,
        }
    }

    /// The specification in force.
    pub const fn spec(&self) -> &ViewSpec {
        &self.spec
    }

    /// Changes what is shown. The rows looked at last are right again after a slice or two of [`Self::advance`], the numbers
    /// of all rows when all of the capture has been cut.
    pub fn set_spec(&mut self, spec: ViewSpec) {
        if spec == self.spec {
            return;
        }
        let (mut rules, rule, pattern_error) = checked(&spec);
        rules.renderer.hit = self.rules.renderer.hit.take();
        rules.folding &= rules.renderer.hit.is_none();
        let same_rows = rule == *self.whole.index.rule();
        let same_shown = same_rows
            && spec.filter == self.spec.filter
            && spec.cleared_before == self.spec.cleared_before
            && spec.unfolded == self.spec.unfolded
            // What a pattern meets depends on how the text is made.
            && (spec.filter.text.is_empty() && spec.filter.log.is_open()
                || same_text(&spec, &self.spec));
        if !same_shown {
            self.partial = self.partial(rule.clone());
        }
        if !same_rows {
            self.whole = FilteredIndex::new(rule, Position(self.extent.start), 0);
        } else if !same_shown {
            self.whole.recount();
        }
        self.redraw();
        if (!same_shown || !same_text(&spec, &self.spec))
            && let Some(search) = &mut self.search
        {
            search.restart();
        }
        if let Some(seek) = &mut self.seek {
            seek.restart();
        }
        self.revision += 1;
        self.caught_up = false;
        self.rules = rules;
        self.pattern_error = pattern_error;
        self.spec = spec;
    }

    /// Starts a search, or ends it. Its hits are marked in pages from now on.
    pub fn find(&mut self, what: Option<&FindSpec>) {
        self.search = what.map(Search::new);
        self.rules.renderer.hit = self.search.as_ref().and_then(|it| it.pattern().cloned());
        // What is looked for must not hide in a fold.
        let folding = folds(&self.spec) && self.rules.renderer.hit.is_none();
        if std::mem::replace(&mut self.rules.folding, folding) != folding {
            self.partial = self.partial(self.whole.index.rule().clone());
            self.whole.recount();
            self.caught_up = false;
            self.revision += 1;
        }
        self.redraw();
    }

    /// Rows that were drawn look otherwise now.
    fn redraw(&mut self) {
        self.whole.redraw();
        self.partial.iter_mut().for_each(|partial| partial.filtered.redraw());
    }

    /// What rows are drawn from.
    fn filtered(&self) -> &FilteredIndex {
        self.partial.as_ref().map_or(&self.whole, |partial| &partial.filtered)
    }

    /// Asks for the next (`forward`) or previous hit from this shown row; past an end of the history it goes on at the other
    /// one. [`ViewStatus::find`] tells where it led, after some [`Self::advance`].
    pub fn step(&mut self, from: u64, forward: bool) {
        if let Some(search) = &mut self.search {
            search.step(from, forward);
        }
    }

    /// Looks for the row that holds this byte of this record; [`ViewStatus::seek_status`] tells where it is, after some
    /// [`Self::advance`].
    pub fn seek(&mut self, record: Position, offset: u32) {
        self.seek = Some(Seek::new(SeekTarget::Place((record, offset))));
    }

    /// Looks for the first row that began at a time or later (the last one, if none did); [`ViewStatus::seek_status`] tells
    /// where it is.
    pub fn seek_time(&mut self, at: Timestamp) {
        self.seek = Some(Seek::new(SeekTarget::Time(at)));
    }

    /// Works on for about `budget` bytes of capture (of each: cutting, filtering, searching).
    pub fn advance(&mut self, records: &dyn RecordSource, budget: u64) -> SliceProgress {
        self.extent = records.extent();
        let partial = self.advance_partial(records, budget);
        let left =
            if partial.is_some_and(|partial| partial.more) { budget / BESIDE } else { budget };
        let slice = self.whole.advance(records, &self.rules, left);
        // It may have grown meanwhile, and been cut as far: what is told must fit together.
        self.extent = records.extent();
        let mut progress = slice.progress;
        progress.changed |= partial.is_some_and(|partial| partial.changed);
        self.caught_up = !partial.map_or(progress.more, |partial| partial.more);
        if partial.is_some() && self.arrived(records, progress.more) {
            self.partial = None;
            self.caught_up = !progress.more;
            self.revision += 1;
            progress.changed = true;
        }
        if progress.more && self.catches_up_with_the_end(records) {
            (progress.changed, self.caught_up) = (true, false);
        }
        if let (Some(seek), None) = (&mut self.seek, &self.partial) {
            progress.changed |=
                seek.advance(records, &self.whole, &self.rules, !slice.progress.more);
        }
        if let Some(search) = &mut self.search {
            search.follow(&slice);
            // Hits are told in the numbers of the whole; until these are drawn, they wait.
            if self.partial.is_none() {
                let (more, changed) = search.advance(records, &self.whole, &self.rules, budget);
                progress.more |= more;
                progress.changed |= changed;
            }
        }
        progress
    }

    /// Works on what is looked at. More of it is cut when too few rows pass: the newest ones that pass are looked for from the
    /// end backwards, in parts that grow.
    fn advance_partial(
        &mut self,
        records: &dyn RecordSource,
        budget: u64,
    ) -> Option<SliceProgress> {
        let partial = self.partial.as_mut()?;
        let count = if self.viewport.end { self.viewport.count } else { 0 };
        let known = self.whole.index.reached();
        let (progress, renumbered) = partial.advance(records, &self.rules, budget, count, known);
        self.revision += u64::from(renumbered);
        Some(progress)
    }

    /// The end is looked at, and what is drawn is far behind it: a large capture was opened, or one grows faster than it is cut.
    /// Then cutting begins anew near the end; whether it does.
    fn catches_up_with_the_end(&mut self, records: &dyn RecordSource) -> bool {
        let filtered = self.filtered();
        let behind = self.extent.end.saturating_sub(filtered.index.reached().0);
        let fills = filtered.shown.total() - filtered.shown.first() >= self.viewport.count;
        // Rows that pass a filter are rare: those that were found are kept.
        let rare = !self.rules.filter.passes_all_from(filtered.index.reached());
        if !self.viewport.end || behind <= SMALL || rare && (fills || self.partial.is_some()) {
            return false;
        }
        let (rule, first) = (self.whole.index.rule().clone(), self.viewport.row);
        let Some(partial) = PartialIndex::before_end(rule, records, &self.rules, first) else {
            return false;
        };
        self.partial = Some(partial);
        self.revision += 1;
        true
    }

    /// Whether the whole capture's numbering knows what is looked at.
    fn arrived(&self, records: &dyn RecordSource, more: bool) -> bool {
        if !more {
            return true;
        }
        match self.viewport {
            Viewport { end: true, .. } => false,
            Viewport { row_position: Some(row_position), .. } => {
                self.whole.locate(records, &self.rules, row_position).is_some()
            }
            Viewport { row_position: None, .. } => true,
        }
    }

    /// The wanted rows (or the nearest there are) with `margin` more on either side, and whether they are what was wanted: not
    /// when the capture has not been cut that far, or is losing these rows. When the revision is not the newest, the rows
    /// are those around the place looked at last, and [`Page::anchor`] says which of them was the first one wanted then.
    pub fn page(
        &mut self,
        records: &dyn RecordSource,
        wanted: &PageRequest,
        margin: u64,
    ) -> (Page, bool) {
        let filtered = self.filtered();
        let (first, total) = (filtered.shown.first(), filtered.shown.total());
        let rows = &wanted.rows;
        let length = wanted.count();
        let known = wanted.revision == self.revision;
        let row_position = |row_position: Option<RowPosition>| {
            filtered.locate(records, &self.rules, row_position?)
        };
        let located =
            if known { Some(rows.start) } else { row_position(self.viewport.row_position) };
        let lost = if self.viewport.row_position.is_some() { total } else { rows.start };
        let anchor = if wanted.end { total } else { located.unwrap_or(lost) };
        let last = total.saturating_sub(length).max(first);
        let start = anchor.clamp(first, last);
        let margin = margin.min(Page::LARGEST.saturating_sub(length) / 2);
        let from = start.saturating_sub(margin).max(first);
        let to = start.saturating_add(length + margin).min(total);
        let (rows, whole) = filtered.page(records, &self.rules, from..to);
        let full = located.is_some() && !wanted.end && anchor.saturating_add(length) <= total;
        let settled = whole && (self.caught_up || full);
        let standing =
            |row_position| (row_position, filtered.standing(records, &self.rules, row_position));
        let page = Page {
            status: Arc::new(self.status()),
            request_id: wanted.request_id,
            first: from,
            anchor: if wanted.end { start } else { anchor.clamp(first, total.max(first)) },
            rows: rows.into(),
            selected: wanted.selected.map(standing),
        };
        let begins = |row: &Row| (row.position, row.offset);
        if known || wanted.end {
            let at = if known && !wanted.end { wanted.rows.start } else { start };
            let row = page.row(at).or_else(|| page.row(start));
            self.viewport = Viewport {
                row_position: row.map(begins).or(self.viewport.row_position),
                end: wanted.end,
                row: at,
                count: length,
            };
        }
        (page, settled)
    }

    /// Says what will be wanted, so that it is worked on; `false` when [`Self::page`] is sure not to have it yet.
    pub const fn expect(&mut self, wanted: &PageRequest) -> bool {
        if wanted.end {
            (self.viewport.end, self.viewport.count) = (true, wanted.count());
        }
        self.caught_up || !wanted.end
    }

    /// Shown rows, numbered as in the newest revision; at most [`Page::LARGEST`] at once. Unlike [`Self::page`] this
    /// leaves no trace.
    pub fn rows(&self, records: &dyn RecordSource, wanted: Range<u64>) -> Vec<Row> {
        let filtered = self.filtered();
        let start = wanted.start.max(filtered.shown.first());
        let end = wanted.end.min(start.saturating_add(Page::LARGEST));
        filtered.rows(records, &self.rules, start..end)
    }

    /// The same, with the rows that are folded behind them: for what must be whole.
    pub fn rows_unfolded(&self, records: &dyn RecordSource, wanted: Range<u64>) -> Vec<Row> {
        let filtered = self.filtered();
        let start = wanted.start.max(filtered.shown.first());
        let end = wanted.end.min(start.saturating_add(Page::LARGEST));
        filtered.rows_unfolded(records, &self.rules, start..end)
    }

    /// Up to which shown row [`Self::write`] should write at once, from this one on: some MiB.
    pub fn chunk_end(&self, from: u64) -> u64 {
        self.filtered().chunk_end(from)
    }

    /// Appends the text of shown rows, numbered as in the newest revision, to two texts, of which the first one comes first: the
    /// same as that of [`Self::rows`], and much faster. These rows follow those that the exporter has written last. Returns how
    /// many there were; those that can no longer be read are missing.
    pub fn write(
        &self,
        records: &dyn RecordSource,
        wanted: Range<u64>,
        exporter: &mut Exporter,
        texts: &mut [String; 2],
    ) -> u64 {
        let filtered = self.filtered();
        let wanted = wanted.start.max(filtered.shown.first())..wanted.end;
        filtered.write(records, &self.rules, wanted, exporter, texts)
    }

    /// Which of its bytes this part of a row's text shows.
    pub fn bytes_of(&self, row: &Row, part: &Range<usize>) -> Range<usize> {
        self.rules.renderer.bytes_of(row, part)
    }

    /// How far it has come.
    pub fn status(&self) -> ViewStatus {
        let Self { whole, extent, .. } = self;
        let shown = &self.filtered().shown;
        let reached = if whole.shown.blocks() < whole.index.blocks() {
            whole.index.block_position(whole.shown.blocks())
        } else {
            whole.index.reached()
        };
        ViewStatus {
            revision: self.revision,
            start: whole.index.begun().unwrap_or_default(),
            rows: whole.index.rows().end,
            first_shown: shown.first(),
            shown: shown.total(),
            is_estimated: self.partial.is_some(),
            indexed: (reached.0.saturating_sub(extent.start), extent.end - extent.start),
            damage: whole.index.damage(),
            pattern_error: self.pattern_error.clone(),
            find: self.search.as_ref().map(|search| search.status(whole)),
            seek_status: self.seek.as_ref().and_then(Seek::seek_status),
            marks: whole.index.marks(),
        }
    }
}

fn checked(spec: &ViewSpec) -> (ViewRules, FramingRule, Option<Arc<str>>) {
    let encoding = spec.encoding.encoding_or_utf8();
    let (renderer, highlight_error) = RowRenderer::new(spec, encoding);
    let (filter, filter_error) = RowFilter::new(spec);
    let (folding, unfolded) = (folds(spec), spec.unfolded.clone());
    (
        ViewRules { filter, renderer, folding, unfolded },
        FramingRule::new(spec, encoding),
        filter_error.or(highlight_error),
    )
}

/// Whether panics are folded: not while a text is filtered for, which may be in one.
const fn folds(spec: &ViewSpec) -> bool {
    spec.fold_panics && spec.filter.text.is_empty()
}

/// Whether the text that is searched is made in the same way.
fn same_text(a: &ViewSpec, b: &ViewSpec) -> bool {
    let key = |it: &ViewSpec| (it.format, it.control_form);
    a.encoding == b.encoding && key(a) == key(b) && a.peer_encodings == b.peer_encodings
}

impl History {
    /// A cut that begins a little before what was looked at last, if the capture is too large to wait for.
    fn partial(&self, rule: FramingRule) -> Option<PartialIndex> {
        let Self { viewport, extent, .. } = self;
        if extent.end - extent.start <= SMALL {
            return None;
        }
        let row_position = if viewport.end { extent.end } else { viewport.row_position?.0.0 };
        let begin = |from: u64| {
            let from = Position(from);
            let whole = &self.whole.index;
            let index = if whole.reached() > from { whole } else { &self.filtered().index };
            let block = index.block_at(from, 0);
            // Numbers are estimates until the whole capture is cut; what they were before is as good as any.
            let before = index.rows().end - index.block_rows(block).start;
            (index.block_position(block), viewport.row.saturating_sub(before))
        };
        PartialIndex::around(rule, extent.start, row_position, viewport.end, begin)
    }
}
