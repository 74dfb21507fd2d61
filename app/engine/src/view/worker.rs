//! The thread behind a view.

use std::sync::Arc;
use std::time::Instant;

use espalier_core::backend::{Copying, TextFormat, Trim};
use espalier_core::capture::Source;
use espalier_core::view::{
    ClockStyle, DeltaFormat, ExportColumns, Exporter, History, PageRequest, Row, TimeFormat,
    TimeZone, ViewSpec,
};

use super::Wake;
use super::inbox::{DrawnFrame, ViewCommand, ViewInbox};
use super::pacing::Pacing;
use super::parallel_records::ParallelRecords;
use super::published::Published;

pub(super) struct ViewWorker {
    inbox: Arc<ViewInbox>,
    published: Arc<Published>,
    wake: Wake,
    source: Arc<dyn Source>,
    history: History,
    pace: Pacing,
    /// What the window wanted last.
    wanted: Option<PageRequest>,
    /// Pages published so far.
    pages: u64,
    /// The window was told of a page and has not drawn since.
    told: bool,
    /// The published page does not show what it should.
    dirty: bool,
    /// Not all of the capture is known.
    more: bool,
}

impl ViewWorker {
    pub fn new(
        inbox: Arc<ViewInbox>,
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
            pace: Pacing::new(),
            wanted: None,
            pages: 0,
            told: false,
            dirty: true,
            more: true,
        }
    }

    pub fn run(mut self) {
        let mut rest = Instant::now();
        while let Some(batch) = self.inbox.wait(self.more, self.dirty, self.pages, rest) {
            for command in batch.commands {
                self.apply(command);
            }
            if let Some(look) = batch.drawn {
                self.request_page(look);
            }
            if self.more || batch.grown {
                self.advance();
                rest = self.pace.rest(Instant::now());
            }
            if self.dirty && (!self.told || self.pace.refreshes(Instant::now())) {
                self.publish();
            }
            if self.dirty {
                self.published.set_stale();
            }
        }
    }

    /// The window has drawn. What the eye wants comes before everything else.
    fn request_page(&mut self, DrawnFrame { wanted, had }: DrawnFrame) {
        self.pace.drawn(Instant::now());
        self.told = false;
        let other = self.wanted.as_ref() != Some(&wanted);
        self.wanted = Some(wanted);
        if other {
            self.publish();
        }
        if had < self.pages {
            self.tell();
        }
    }

    /// Tells the window of a page: once, and again when it has drawn.
    fn tell(&mut self) {
        if !std::mem::replace(&mut self.told, true) {
            (self.wake)();
        }
    }

    fn apply(&mut self, command: ViewCommand) {
        match command {
            ViewCommand::Source(source) => self.source = source,
            ViewCommand::Spec(spec) => self.history.set_spec(*spec),
            ViewCommand::Find(what) => self.history.find(what.as_ref()),
            ViewCommand::Step { from, forward } => self.history.step(from, forward),
            ViewCommand::Seek { record, offset } => self.history.seek(record, offset),
            ViewCommand::SeekTime(at) => self.history.seek_time(at),
            ViewCommand::Copy { what, done } => {
                if let Some(text) = self.copy(&what) {
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
        let progress =
            self.history.advance(&ParallelRecords::new(&*self.source), self.pace.budget());
        if progress.more {
            self.pace.took(begun.elapsed());
        }
        self.more = progress.more;
        self.dirty |= progress.changed;
        self.published.set_status(self.history.status());
    }

    /// Makes the wanted page and tells the window. What is not there yet is waited for as long as it does not take too long: until
    /// then the window keeps what it has.
    fn publish(&mut self) {
        /// Rows made on either side of the wanted ones at least: scrolling a little, or a larger window, finds them there.
        const MARGIN: u64 = 100;
        let Some(wanted) = &self.wanted else { return };
        let count = wanted.rows.end.saturating_sub(wanted.rows.start);
        let now = Instant::now();
        // A page that would not be published is not made.
        if !self.history.expect(wanted) {
            let status = self.history.status();
            let full = status.shown - status.first_shown >= count;
            if !self.pace.has_waited_enough(now, full) {
                (self.dirty, self.more) = (true, true);
                return;
            }
        }
        let margin = MARGIN.max(count);
        let (page, settled) =
            self.history.page(&ParallelRecords::new(&*self.source), wanted, margin);
        let full = page.rows.len() as u64 >= count;
        if !settled && !self.pace.has_waited_enough(now, full) {
            (self.dirty, self.more) = (true, true);
            return;
        }
        self.pages += 1;
        self.published.set_page(self.pages, page);
        self.pace.published(now);
        self.dirty = false;
        self.tell();
    }

    /// Makes a text of shown rows, looking after the window in between; `None` when the view was closed meanwhile.
    fn copy(&mut self, what: &Copying) -> Option<String> {
        const AT_ONCE: u64 = 1024;
        const LONGEST: usize = 64 << 20;
        let Copying { rows, format, trim } = what;
        let is_bytes = matches!(format, TextFormat::Hex | TextFormat::CArray);
        let columns = (*format == TextFormat::Timed).then(|| self.columns());
        let mut exporter = Exporter::copy(*format, columns);
        let mut text = String::new();
        exporter.begin(&mut text);
        let mut next = rows.start.max(self.history.status().first_shown);
        while next < rows.end && text.len() < LONGEST {
            if self.inbox.is_closed() {
                return None;
            }
            if let Some(look) = self.inbox.take_frame() {
                self.request_page(look);
            }
            let end = rows.end.min(next + AT_ONCE);
            let records = ParallelRecords::new(&*self.source);
            // What is selected ends within the last row: what is folded behind that is not selected.
            let within = trim.end > 0 && *format != TextFormat::Timed;
            let cut = if end == rows.end && within { end - 1 } else { end };
            let mut some = self.history.rows_unfolded(&records, next..cut);
            if cut < end {
                some.extend(self.history.rows(&records, cut..end));
            }
            if some.is_empty() {
                break;
            }
            if is_bytes && !trim.is_none() {
                self.trim_bytes(&mut some, *trim, next == rows.start, end == rows.end);
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
        Some(if *format == TextFormat::Text { trim.apply(&text).to_owned() } else { text })
    }

    /// Leaves of the first and the last of some rows the bytes of what was selected of their text.
    fn trim_bytes(&self, rows: &mut [Row], trim: Trim, has_first: bool, has_last: bool) {
        let alone = has_first && has_last && rows.len() == 1;
        let part = |row: &Row, start: usize, end: usize| {
            let length = row.text.len();
            let end = length.saturating_sub(end);
            self.history.bytes_of(row, &(start.min(end)..end))
        };
        if let Some(row) = rows.last_mut().filter(|_| has_last) {
            let range = part(row, if alone { trim.start } else { 0 }, trim.end);
            // What is before the text of a row that is begun belongs to it.
            let start = if alone && trim.start > 0 { range.start } else { 0 };
            row.bytes = row.bytes[start..range.end].into();
        }
        if let Some(row) = rows.first_mut().filter(|_| has_first && !alone) {
            let start = part(row, trim.start, 0).start;
            row.bytes = row.bytes[start..].into();
        }
    }

    /// What stands before rows that are copied with their time.
    fn columns(&self) -> ExportColumns {
        let spec = self.history.spec();
        let style = match spec.clock {
            ClockStyle::Off => ClockStyle::Local,
            style => style,
        };
        let (start, zone) = (self.history.status().start, TimeZone::system());
        let clock = TimeFormat { style, start, zone, date: true };
        ExportColumns { clock, delta: DeltaFormat::of(spec), direction: true, peer: true }
    }
}
