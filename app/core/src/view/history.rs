//! A log: a capture seen through a specification. Pure and incremental: whoever owns it calls [`History::advance`] in slices
//! on a thread of its own, and asks for pages in between.

use std::ops::Range;
use std::sync::Arc;

use super::cut::{Cut, Lens, Place, Progress};
use super::cutter::CutRule;
use super::near::{Near, SMALL};
use super::records::Records;
use super::render::Look;
use super::search::Search;
use super::seek::Seek;
use super::sieve::Sieve;
use super::{FindSpec, Page, Row, ViewSpec, ViewStatus, Wanted};
use crate::record::Position;

/// Which part of a slice's work is left for the whole while what is looked at is still being cut.
const BESIDE: u64 = 8;

/// A capture as rows.
///
/// It holds no row and no byte of the capture, only the sparse index and counts: some 8 MB for 100 million rows. All methods
/// must be given the same capture.
#[derive(Debug)]
pub struct History {
    spec: ViewSpec,
    revision: u64,
    lens: Lens,
    pattern_error: Option<Arc<str>>,
    /// The whole capture.
    whole: Cut,
    /// The part around the visible rows, with estimated numbers, until `whole` has come there.
    near: Option<Near>,
    /// What is drawn from (`near`, or `whole`) knows all that there was when the last slice began.
    caught_up: bool,
    search: Option<Search>,
    seek: Option<Seek>,
    /// What was looked at last.
    looked: Looked,
    extent: Range<u64>,
}

/// What was looked at last.
#[derive(Clone, Copy, Debug, Default)]
struct Looked {
    /// Where the first wanted row begins.
    place: Option<Place>,
    /// The end was wanted.
    end: bool,
    /// The first wanted row's number at that time.
    row: u64,
    /// How many were wanted.
    count: u64,
}

impl History {
    /// Most rows in a page.
    pub const LARGEST_PAGE: u64 = 4096;

    /// A log of which nothing is known yet.
    pub fn new(spec: ViewSpec) -> Self {
        let (lens, rule, pattern_error) = checked(&spec);
        Self {
            spec,
            revision: 1,
            lens,
            pattern_error,
            whole: Cut::new(rule, Position(0), 0),
            near: None,
            caught_up: false,
            search: None,
            seek: None,
            looked: Looked::default(),
            extent: 0..0,
        }
    }

    /// What is asked of it.
    pub const fn spec(&self) -> &ViewSpec {
        &self.spec
    }

    /// Changes what is shown. The rows looked at last are right again after a slice or two of [`Self::advance`], the numbers
    /// of all rows when all of the capture has been cut.
    pub fn set_spec(&mut self, spec: ViewSpec) {
        if spec == self.spec {
            return;
        }
        let (mut lens, rule, pattern_error) = checked(&spec);
        lens.look.hit = self.lens.look.hit.take();
        lens.folding &= lens.look.hit.is_none();
        let same_rows = rule == self.whole.index.rule();
        let same_shown = same_rows
            && spec.filter == self.spec.filter
            && spec.cleared_before == self.spec.cleared_before
            && spec.unfolded == self.spec.unfolded
            // What a pattern meets depends on how the text is made.
            && (spec.filter.text.is_empty() || same_text(&spec, &self.spec));
        if !same_shown {
            self.near = self.near(rule);
        }
        if !same_rows {
            self.whole = Cut::new(rule, Position(self.extent.start), 0);
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
        self.lens = lens;
        self.pattern_error = pattern_error;
        self.spec = spec;
    }

    /// Starts a search, or ends it. Its hits are marked in pages from now on.
    pub fn find(&mut self, what: Option<&FindSpec>) {
        self.search = what.map(Search::new);
        self.lens.look.hit = self.search.as_ref().and_then(|it| it.pattern().cloned());
        // What is looked for must not hide in a fold.
        let folding = folds(&self.spec) && self.lens.look.hit.is_none();
        if std::mem::replace(&mut self.lens.folding, folding) != folding {
            self.near = self.near(self.whole.index.rule());
            self.whole.recount();
            self.caught_up = false;
            self.revision += 1;
        }
        self.redraw();
    }

    /// Rows that were drawn look otherwise now.
    fn redraw(&mut self) {
        self.whole.redraw();
        self.near.iter_mut().for_each(|near| near.cut.redraw());
    }

    /// What rows are drawn from.
    fn cut(&self) -> &Cut {
        self.near.as_ref().map_or(&self.whole, |near| &near.cut)
    }

    /// Wishes for the next (`forward`) or previous hit from this shown row; past an end of the history it goes on at the other
    /// one. [`ViewStatus::find`] tells where it led, after some [`Self::advance`].
    pub fn step(&mut self, from: u64, forward: bool) {
        if let Some(search) = &mut self.search {
            search.step(from, forward);
        }
    }

    /// Looks for the row that holds this byte of this record; [`ViewStatus::sought`] tells where it is, after some
    /// [`Self::advance`].
    pub fn seek(&mut self, record: Position, offset: u32) {
        self.seek = Some(Seek::new((record, offset)));
    }

    /// Works on for about `budget` bytes of capture (of each: cutting, filtering, searching).
    pub fn advance(&mut self, records: &dyn Records, budget: u64) -> Progress {
        self.extent = records.extent();
        let near = self.advance_near(records, budget);
        let left = if near.is_some_and(|near| near.more) { budget / BESIDE } else { budget };
        let slice = self.whole.advance(records, &self.lens, left);
        let mut progress = slice.progress;
        progress.changed |= near.is_some_and(|near| near.changed);
        self.caught_up = !near.map_or(progress.more, |near| near.more);
        if near.is_some() && self.arrived(records, progress.more) {
            self.near = None;
            self.caught_up = !progress.more;
            self.revision += 1;
            progress.changed = true;
        }
        if progress.more && self.catches_up_with_the_end(records) {
            (progress.changed, self.caught_up) = (true, false);
        }
        if let (Some(seek), None) = (&mut self.seek, &self.near) {
            progress.changed |=
                seek.advance(records, &self.whole, &self.lens, !slice.progress.more);
        }
        if let Some(search) = &mut self.search {
            search.follow(&slice);
            // Hits are told in the numbers of the whole; until these are drawn, they wait.
            if self.near.is_none() {
                let (more, changed) = search.advance(records, &self.whole, &self.lens, budget);
                progress.more |= more;
                progress.changed |= changed;
            }
        }
        progress
    }

    /// Works on what is looked at. More of it is cut when too few rows pass: the newest ones that pass are looked for from the
    /// end backwards, in parts that grow.
    fn advance_near(&mut self, records: &dyn Records, budget: u64) -> Option<Progress> {
        let near = self.near.as_mut()?;
        let count = if self.looked.end { self.looked.count } else { 0 };
        let known = self.whole.index.reached();
        let (progress, renumbered) = near.advance(records, &self.lens, budget, count, known);
        self.revision += u64::from(renumbered);
        Some(progress)
    }

    /// The end is looked at, and what is drawn is far behind it: a large capture was opened, or one grows faster than it is cut.
    /// Then cutting begins anew near the end; whether it does.
    fn catches_up_with_the_end(&mut self, records: &dyn Records) -> bool {
        let cut = self.cut();
        let behind = self.extent.end.saturating_sub(cut.index.reached().0);
        let fills = cut.shown.total() - cut.shown.first() >= self.looked.count;
        // Rows that pass a filter are rare: those that were found are kept.
        let rare = !self.lens.sieve.passes_all_from(cut.index.reached());
        if !self.looked.end || behind <= SMALL || rare && (fills || self.near.is_some()) {
            return false;
        }
        let (rule, first) = (self.whole.index.rule(), self.looked.row);
        let Some(near) = Near::before_end(rule, records, &self.lens, first) else { return false };
        self.near = Some(near);
        self.revision += 1;
        true
    }

    /// Whether the whole capture's numbering knows what is looked at.
    fn arrived(&self, records: &dyn Records, more: bool) -> bool {
        if !more {
            return true;
        }
        match self.looked {
            Looked { end: true, .. } => false,
            Looked { place: Some(place), .. } => {
                self.whole.locate(records, &self.lens, place).is_some()
            }
            Looked { place: None, .. } => true,
        }
    }

    /// The wanted rows (or the nearest there are) with `margin` more on either side, and whether they are what was wanted: not
    /// when the capture has not been cut that far, or is losing these rows. When the revision is not the newest, the rows
    /// are those around the place looked at last, and [`Page::anchor`] says which of them was the first one wanted then.
    pub fn page(&mut self, records: &dyn Records, wanted: &Wanted, margin: u64) -> (Page, bool) {
        let cut = self.cut();
        let (first, total) = (cut.shown.first(), cut.shown.total());
        let rows = &wanted.rows;
        let length = wanted.count();
        let known = wanted.revision == self.revision;
        let place = |place: Option<Place>| cut.locate(records, &self.lens, place?);
        let located = if known { Some(rows.start) } else { place(self.looked.place) };
        let lost = if self.looked.place.is_some() { total } else { rows.start };
        let anchor = if wanted.end { total } else { located.unwrap_or(lost) };
        let last = total.saturating_sub(length).max(first);
        let start = anchor.clamp(first, last);
        let margin = margin.min(Self::LARGEST_PAGE.saturating_sub(length) / 2);
        let from = start.saturating_sub(margin).max(first);
        let to = start.saturating_add(length + margin).min(total);
        let (rows, whole) = cut.page(records, &self.lens, from..to);
        let full = located.is_some() && !wanted.end && anchor.saturating_add(length) <= total;
        let settled = whole && (self.caught_up || full);
        let standing = |place| (place, cut.standing(records, &self.lens, place));
        let page = Page {
            status: Arc::new(self.status()),
            wish: wanted.wish,
            first: from,
            anchor: if wanted.end { start } else { anchor.clamp(first, total.max(first)) },
            rows: rows.into(),
            selected: wanted.selected.map(standing),
        };
        let begins = |row: &Row| (row.position, row.offset);
        if known || wanted.end {
            let at = if known && !wanted.end { wanted.rows.start } else { start };
            let row = page.row(at).or_else(|| page.row(start));
            self.looked = Looked {
                place: row.map(begins).or(self.looked.place),
                end: wanted.end,
                row: at,
                count: length,
            };
        }
        (page, settled)
    }

    /// Says what will be wanted, so that it is worked on; `false` when [`Self::page`] is sure not to have it yet.
    pub const fn expect(&mut self, wanted: &Wanted) -> bool {
        if wanted.end {
            (self.looked.end, self.looked.count) = (true, wanted.count());
        }
        self.caught_up || !wanted.end
    }

    /// Shown rows, numbered as in the newest revision; at most [`Self::LARGEST_PAGE`] at once. Unlike [`Self::page`] this
    /// leaves no trace.
    pub fn rows(&self, records: &dyn Records, wanted: Range<u64>) -> Vec<Row> {
        let cut = self.cut();
        let start = wanted.start.max(cut.shown.first());
        let end = wanted.end.min(start.saturating_add(Self::LARGEST_PAGE));
        cut.rows(records, &self.lens, start..end)
    }

    /// The same, with the rows that are folded behind them: for what must be whole.
    pub fn rows_unfolded(&self, records: &dyn Records, wanted: Range<u64>) -> Vec<Row> {
        let cut = self.cut();
        let start = wanted.start.max(cut.shown.first());
        let end = wanted.end.min(start.saturating_add(Self::LARGEST_PAGE));
        cut.rows_unfolded(records, &self.lens, start..end)
    }

    /// How far it has come.
    pub fn status(&self) -> ViewStatus {
        let Self { whole, extent, .. } = self;
        let shown = &self.cut().shown;
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
            indexed: (reached.0.saturating_sub(extent.start), extent.end - extent.start),
            damage: whole.index.damage(),
            pattern_error: self.pattern_error.clone(),
            find: self.search.as_ref().map(|search| search.status(whole)),
            sought: self.seek.as_ref().and_then(Seek::sought),
        }
    }
}

fn checked(spec: &ViewSpec) -> (Lens, CutRule, Option<Arc<str>>) {
    let encoding = spec.encoding.encoding_or_utf8();
    let (look, highlight_error) = Look::new(spec, encoding);
    let (sieve, filter_error) = Sieve::new(spec);
    let (folding, unfolded) = (folds(spec), spec.unfolded.clone());
    (
        Lens { sieve, look, folding, unfolded },
        CutRule::new(spec, encoding),
        filter_error.or(highlight_error),
    )
}

/// Whether panics are folded: not while a text is filtered for, which may be in one.
const fn folds(spec: &ViewSpec) -> bool {
    spec.fold_panics && spec.filter.text.is_empty()
}

/// Whether the text that is searched is made in the same way.
fn same_text(a: &ViewSpec, b: &ViewSpec) -> bool {
    a.encoding == b.encoding && a.format == b.format
}

impl History {
    /// A cut that begins a little before what was looked at last, if the capture is too large to wait for.
    fn near(&self, rule: CutRule) -> Option<Near> {
        let Self { looked, extent, .. } = self;
        if extent.end - extent.start <= SMALL {
            return None;
        }
        let place = if looked.end { extent.end } else { looked.place?.0.0 };
        let begin = |from: u64| {
            let from = Position(from);
            let whole = &self.whole.index;
            let index = if whole.reached() > from { whole } else { &self.cut().index };
            let block = index.block_at(from, 0);
            // Numbers are estimates until the whole capture is cut; what they were before is as good as any.
            let before = index.rows().end - index.block_rows(block).start;
            (index.block_position(block), looked.row.saturating_sub(before))
        };
        Near::around(rule, extent.start, place, looked.end, begin)
    }
}
