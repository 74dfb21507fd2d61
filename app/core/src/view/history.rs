//! A log: a capture seen through a specification. Pure and incremental: whoever owns it calls [`History::advance`] in slices
//! on a thread of its own, and asks for pages in between.

use std::ops::Range;
use std::sync::Arc;

use super::cut::{Cut, Lens, Place, Progress};
use super::cutter::CutRule;
use super::records::Records;
use super::render::Look;
use super::search::Search;
use super::seek::Seek;
use super::sieve::Sieve;
use super::{FindSpec, Page, Row, ViewSpec, ViewStatus};
use crate::record::Position;

/// Captures smaller than this are cut anew so fast that there is no need to look near the visible rows first.
const SMALL: u64 = 4 << 20;
/// How much capture before the visible rows is cut first when everything is cut anew.
const RUN_UP: u64 = 1 << 20;

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
    near: Option<Cut>,
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
            let cut = self.near.as_ref().unwrap_or(&self.whole);
            self.near = near(cut, rule, &self.looked, &self.extent);
        }
        if !same_rows {
            self.whole = Cut::new(rule, Position(self.extent.start), 0);
        } else if !same_shown {
            self.whole.recount();
        }
        if (!same_shown || !same_text(&spec, &self.spec))
            && let Some(search) = &mut self.search
        {
            search.restart();
        }
        if let Some(seek) = &mut self.seek {
            seek.restart();
        }
        self.revision += 1;
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
            let rule = self.whole.index.rule();
            let cut = self.near.as_ref().unwrap_or(&self.whole);
            self.near = near(cut, rule, &self.looked, &self.extent);
            self.whole.recount();
            self.revision += 1;
        }
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
        let near = self.near.as_mut().map(|near| near.advance(records, &self.lens, budget));
        let slice = self.whole.advance(records, &self.lens, budget);
        let mut progress = slice.progress;
        progress.changed |= near.is_some_and(|near| near.progress.changed);
        if near.is_some() && self.arrived(records, progress.more) {
            self.near = None;
            self.revision += 1;
            progress.changed = true;
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

    /// The shown rows `wanted`, numbered as in `revision`, or the nearest there are. When the revision is not the newest, the
    /// rows are those around the place looked at last, and [`Page::anchor`] says which of them was the first one wanted then.
    pub fn page(&mut self, records: &dyn Records, revision: u64, wanted: Range<u64>) -> Page {
        let cut = self.near.as_ref().unwrap_or(&self.whole);
        let (first, total) = (cut.shown.first(), cut.shown.total());
        let length = wanted.end.saturating_sub(wanted.start).clamp(1, Self::LARGEST_PAGE);
        let known = revision == self.revision;
        let anchor = if known {
            wanted.start
        } else if let Some(place) = self.looked.place {
            cut.locate(records, &self.lens, place).unwrap_or(total)
        } else {
            wanted.start
        };
        let follows = if known { wanted.end >= total } else { self.looked.end };
        let start = if follows { total.saturating_sub(length) } else { anchor };
        let start = start.min(total.saturating_sub(length)).max(first);
        let (rows, place) =
            cut.rows(records, &self.lens, start..start.saturating_add(length).min(total));
        if known && !rows.is_empty() {
            let place = if start == wanted.start {
                place
            } else {
                self.place_of(records, wanted.start, start, &rows).or(place)
            };
            self.looked = Looked { place, end: follows, row: wanted.start };
        }
        Page {
            revision: self.revision,
            first: start,
            anchor: anchor.clamp(first, total.max(first)),
            rows: rows.into(),
        }
    }

    /// Where a shown row of a page that begins at `start` begins.
    fn place_of(&self, records: &dyn Records, row: u64, start: u64, rows: &[Row]) -> Option<Place> {
        let index = usize::try_from(row.checked_sub(start)?).ok()?;
        rows.get(index)?;
        let cut = self.near.as_ref().unwrap_or(&self.whole);
        cut.rows(records, &self.lens, row..row + 1).1
    }

    /// Shown rows, numbered as in the newest revision; at most [`Self::LARGEST_PAGE`] at once. Unlike [`Self::page`] this
    /// leaves no trace.
    pub fn rows(&self, records: &dyn Records, wanted: Range<u64>) -> Vec<Row> {
        let cut = self.near.as_ref().unwrap_or(&self.whole);
        let start = wanted.start.max(cut.shown.first());
        let end = wanted.end.min(start.saturating_add(Self::LARGEST_PAGE));
        cut.rows(records, &self.lens, start..end).0
    }

    /// The same, with the rows that are folded behind them: for what must be whole.
    pub fn rows_unfolded(&self, records: &dyn Records, wanted: Range<u64>) -> Vec<Row> {
        let cut = self.near.as_ref().unwrap_or(&self.whole);
        let start = wanted.start.max(cut.shown.first());
        let end = wanted.end.min(start.saturating_add(Self::LARGEST_PAGE));
        cut.rows_unfolded(records, &self.lens, start..end)
    }

    /// How far it has come.
    pub fn status(&self) -> ViewStatus {
        let Self { whole, near, extent, .. } = self;
        let shown = &near.as_ref().unwrap_or(whole).shown;
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

/// A cut that begins a little before what was looked at last, if the capture is too large to wait for.
fn near(cut: &Cut, rule: CutRule, looked: &Looked, extent: &Range<u64>) -> Option<Cut> {
    if extent.end - extent.start <= SMALL {
        return None;
    }
    let place = if looked.end { extent.end } else { looked.place?.0.0 };
    if place < extent.start + SMALL {
        return None;
    }
    let block = cut.index.block_at(Position(place.saturating_sub(RUN_UP)), 0);
    // Numbers are estimates until the whole capture is cut; what they were before is as good as any.
    let first = looked.row.saturating_sub(cut.index.rows().end - cut.index.block_rows(block).start);
    Some(Cut::new(rule, cut.index.block_position(block), first))
}
