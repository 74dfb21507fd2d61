//! Shown rows as text, one after the other, without one of them being kept: for what is written of a whole history.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::export::{ExportState, Exporter, RowText};
use super::filtered_index::{FilteredIndex, ViewRules};
use super::index::Index;
use super::records::RecordSource;
use super::render::TextPainter;
use super::row_bounds::RowHead;
use super::row_run::RowRun;
use super::scan::{self, RawRow};
use crate::session::SessionEvent;

/// How much is written at once, at least a block: rows, and bytes of capture.
const ROWS: u64 = 64 << 10;
const BYTES: u64 = 8 << 20;

/// Fewer rows than this are written by one.
const WORTH_HALVING: u64 = 4 << 10;

impl FilteredIndex {
    /// Up to which shown row to write at once, from this one on.
    pub(super) fn chunk_end(&self, from: u64) -> u64 {
        let Some(first) = self.shown.block_of(from) else { return self.shown.total() };
        let begin = self.index.block_position(first).0;
        let is_enough = |block: &usize| {
            self.shown.before(block + 1).saturating_sub(from) >= ROWS
                || self.index.block_position(block + 1).0.saturating_sub(begin) >= BYTES
        };
        let last = (first..self.shown.blocks()).find(is_enough);
        last.map_or(self.shown.total(), |last| self.shown.before(last + 1))
    }

    /// Appends shown rows to two texts, first to the first one, and says how many; rows that can no longer be read are missing.
    pub(super) fn write(
        &self,
        records: &dyn RecordSource,
        rules: &ViewRules,
        shown: Range<u64>,
        exporter: &mut Exporter,
        texts: &mut [String; 2],
    ) -> u64 {
        let index = &self.index;
        let mut runs = self.runs(records, rules, shown);
        let all: u64 = runs.iter().map(RowRun::count).sum();
        let mut rest = if all >= WORTH_HALVING && exporter.is_divisible() {
            self.split(&mut runs, all / 2)
        } else {
            Vec::new()
        };
        let [text, behind] = texts;
        let mut other = exporter.clone();
        let mut guess = None;
        let (mut count, mut more) = (0, 0);
        records.both(
            &mut || count = write_runs(index, records, rules, &runs, exporter, text, None),
            &mut || {
                let guess = Some(&mut guess);
                more = write_runs(index, records, rules, &rest, &mut other, behind, guess);
            },
        );
        if guess.is_some_and(|guess| guess != exporter.state()) {
            // The rows before have left something else.
            behind.clear();
            more = write_runs(index, records, rules, &rest, exporter, behind, None);
        } else if more > 0 {
            exporter.follow(other);
        }
        rest.clear();
        count + more
    }

    /// Takes away what comes behind about so many rows, from the beginning of a block on.
    fn split(&self, runs: &mut Vec<RowRun>, count: u64) -> Vec<RowRun> {
        let mut before = 0;
        for at in 0..runs.len() {
            let here = runs[at].count();
            if before + here < count {
                before += here;
                continue;
            }
            let mut rest = runs.split_off(at + 1);
            if let Some(RowRun::All(rows)) = runs.last_mut() {
                let block = self.index.block_of(rows.start + (count - before));
                let middle = self.index.block_rows(block).start.clamp(rows.start, rows.end);
                rest.insert(0, RowRun::All(middle..rows.end));
                rows.end = middle;
            }
            return rest;
        }
        Vec::new()
    }
}

/// Appends rows to a text, and says how many. With `guess`, nobody knows what the rows before have left: it is told what was taken
/// for it.
fn write_runs(
    index: &Index,
    records: &dyn RecordSource,
    rules: &ViewRules,
    runs: &[RowRun],
    exporter: &mut Exporter,
    out: &mut String,
    mut guess: Option<&mut Option<ExportState>>,
) -> u64 {
    let renderer = &rules.renderer;
    let mut painter = TextPainter::new(renderer.painted_form());
    let wants_text = exporter.wants_text();
    let mut count = 0;
    let mut write = |raw: &RawRow<'_>| {
        let is_event = raw.event.is_some();
        let text = match wants_text || is_event {
            true => renderer.text(raw, &mut painter),
            false => Cow::Borrowed(""),
        };
        let RowHead { at, previous_at, stream, frame_offset, .. } = raw.head;
        let row = RowText {
            at,
            previous_at,
            previous_shown_at: at,
            direction: stream.direction,
            peer: stream.peer,
            is_event,
            bytes: raw.bytes,
            text: &text,
            continues: raw.continues,
            fault: raw.fault,
        };
        if let Some(guess) = guess.take() {
            *guess = Some(exporter.begin_within(frame_offset, &row));
        }
        exporter.next_row(&row, out);
        count += 1;
    };
    for run in runs {
        let mut rows = InOrder { run, next: 0, waiting: BTreeMap::new(), give: &mut write };
        let keep = |head: &RowHead| run.place(head.number).is_some();
        scan::visit(index, records, run.bounds(), &keep, &mut |row| rows.push(row));
        rows.finish();
    }
    count
}

/// Gives rows in the order of their numbers: they come as they end.
struct InOrder<'r> {
    run: &'r RowRun,
    /// Which one of the run is next.
    next: u64,
    waiting: BTreeMap<u64, KeptRow>,
    give: &'r mut dyn FnMut(&RawRow<'_>),
}

/// A row that came before another one that began earlier.
struct KeptRow {
    /// Without its bytes and its event.
    row: RawRow<'static>,
    bytes: Vec<u8>,
    event: Option<SessionEvent>,
}

impl InOrder<'_> {
    fn push(&mut self, row: &RawRow<'_>) {
        let Some(place) = self.run.place(row.head.number) else { return };
        if place != self.next {
            let RawRow { head, last, bytes, event, continues, fault } = *row;
            let kept = RawRow { head, last, bytes: &[], event: None, continues, fault };
            let (bytes, event) = (bytes.to_vec(), event.cloned());
            self.waiting.insert(place, KeptRow { row: kept, bytes, event });
            return;
        }
        (self.give)(row);
        self.next += 1;
        while !self.waiting.is_empty()
            && let Some(kept) = self.waiting.remove(&self.next)
        {
            kept.give(self.give);
            self.next += 1;
        }
    }

    fn finish(self) {
        self.waiting.into_values().for_each(|kept| kept.give(self.give));
    }
}

impl KeptRow {
    fn give(&self, give: &mut dyn FnMut(&RawRow<'_>)) {
        give(&RawRow { bytes: &self.bytes, event: self.event.as_ref(), ..self.row });
    }
}
