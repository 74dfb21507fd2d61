//! The thread behind a view.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use espalier_core::backend::TextFormat;
use espalier_core::capture::Source;
use espalier_core::view::{Captured, Exporter, History, Page, ViewSpec};

use super::Wake;
use super::inbox::{Inbox, Order, Wanted};
use super::pace::Pace;
use super::published::{Published, holds};

pub(super) struct Worker {
    inbox: Arc<Inbox>,
    published: Arc<Published>,
    wake: Wake,
    source: Arc<dyn Source>,
    history: History,
    pace: Pace,
    /// What the window drew last.
    wanted: Option<Wanted>,
    /// The window has drawn since a page was published.
    looked: bool,
    /// The published page does not show what it should.
    dirty: bool,
    /// Not all of the capture is known.
    more: bool,
}

impl Worker {
    pub fn new(
        inbox: Arc<Inbox>,
        published: Arc<Published>,
        wake: Wake,
        source: Arc<dyn Source>,
        spec: ViewSpec,
    ) -> Self {
        let history = History::new(spec);
        published.set_status(history.status());
        Self {
            inbox,
            published,
            wake,
            source,
            history,
            pace: Pace::new(),
            wanted: None,
            looked: false,
            dirty: true,
            more: true,
        }
    }

    pub fn run(mut self) {
        let mut rest = Instant::now();
        while let Some(batch) = self.inbox.wait(self.more, self.dirty, rest) {
            for order in batch.orders {
                self.obey(order);
            }
            let wants_other_rows = batch.looked.is_some_and(|wanted| self.look(wanted));
            if wants_other_rows {
                // What the eye wants comes before everything else.
                self.publish();
            }
            if self.more || batch.grown {
                self.advance();
                rest = self.pace.rest(Instant::now());
            }
            if self.looked && self.dirty {
                self.publish();
            } else if self.dirty {
                self.published.set_stale();
            }
        }
    }

    /// Takes note of what the window draws; returns whether that is something else than before.
    fn look(&mut self, wanted: Wanted) -> bool {
        self.pace.looked(Instant::now());
        self.looked = true;
        let other = self.wanted.as_ref() != Some(&wanted);
        self.wanted = Some(wanted);
        other
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Source(source) => self.source = source,
            Order::Spec(spec) => self.history.set_spec(*spec),
            Order::Find(what) => self.history.find(what.as_ref()),
            Order::Step { from, forward } => self.history.step(from, forward),
            Order::Seek { record, offset } => self.history.seek(record, offset),
            Order::Copy { rows, format, done } => {
                if let Some(text) = self.copy(rows, format) {
                    done(text);
                }
                return;
            }
        }
        self.more = true;
        self.dirty = true;
        self.published.set_status(self.history.status());
    }

    fn advance(&mut self) {
        let begun = Instant::now();
        let progress = self.history.advance(&Captured(&*self.source), self.pace.budget());
        if progress.more {
            self.pace.took(begun.elapsed());
        }
        self.more = progress.more;
        self.dirty |= progress.changed;
        self.published.set_status(self.history.status());
    }

    /// Makes the wanted page and tells the window, unless it has all of that already.
    fn publish(&mut self) {
        let Some(wanted) = self.wanted.clone() else { return };
        let had = holds(&self.published.page(), &wanted, &self.published.status());
        let page = self.page(&wanted);
        self.published.set_page(page);
        if self.dirty || !had {
            // The window is told once, and again when it has drawn.
            (self.dirty, self.looked) = (false, false);
            (self.wake)();
        }
    }

    /// The wanted rows, and as many before and after them, so that scrolling a little finds them there.
    fn page(&mut self, wanted: &Wanted) -> Page {
        let records = Captured(&*self.source);
        let mut page = self.history.page(&records, wanted.revision, wanted.rows.clone());
        let count = page.rows.len() as u64;
        let margin = count.min(History::LARGEST_PAGE.saturating_sub(count) / 2);
        let first = page.first.saturating_sub(margin).max(self.history.status().first_shown);
        let rows = self.history.rows(&records, first..page.first + count + margin);
        if rows.len() as u64 >= count {
            page.first = first;
            page.rows = rows.into();
        }
        page
    }

    /// Makes a text of shown rows, looking after the window in between; `None` when the view was closed meanwhile.
    fn copy(&mut self, rows: Range<u64>, format: TextFormat) -> Option<String> {
        const AT_ONCE: u64 = 1024;
        const LONGEST: usize = 64 << 20;
        let mut exporter = Exporter::copy(format, None);
        let mut text = String::new();
        exporter.begin(&mut text);
        let mut next = rows.start.max(self.history.status().first_shown);
        while next < rows.end && text.len() < LONGEST {
            if self.inbox.is_closed() {
                return None;
            }
            if let Some(wanted) = self.inbox.take_look()
                && self.look(wanted)
            {
                self.publish();
            }
            let end = rows.end.min(next + AT_ONCE);
            let some = self.history.rows_unfolded(&Captured(&*self.source), next..end);
            if some.is_empty() {
                break;
            }
            some.iter().for_each(|row| exporter.row(row, &mut text));
            next = end;
        }
        exporter.end(&mut text);
        if text.len() >= LONGEST {
            text.push_str("… cut at 64 MiB\n");
        }
        // What is pasted should not press Enter.
        text.truncate(text.trim_end_matches('\n').len());
        Some(text)
    }
}
