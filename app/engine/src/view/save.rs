//! Writing a log to a file, on a thread of its own: to a file beside it first, which takes its name when it is whole.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use espalier_core::backend::{SaveFormat, Saving};
use espalier_core::capture::{Cursor, Source};
use espalier_core::view::{
    ClockStyle, DeltaFormat, ExportColumns, Exporter, Filter, History, RowFormat, TimeFormat,
    ViewSpec, raw_bytes,
};
use espalier_core::{Position, Progress, Sentence, Timestamp, say};
use jiff::tz::TimeZone;

use super::inbox::ViewInbox;
use super::parallel_records::ParallelRecords;
use super::snapshot::SourceSnapshot;
use crate::in_place;

/// What is saved, and where.
pub(super) struct SaveJob {
    pub path: PathBuf,
    pub what: Saving,
    pub spec: ViewSpec,
    pub source: Arc<dyn Source>,
    /// How far it is, and whether it is given up.
    pub progress: Progress,
    /// Tells when the view was closed: then the save is given up.
    pub inbox: Arc<ViewInbox>,
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
enum SaveError {
    #[error("the log was closed")]
    Closed,
    #[error("cancelled")]
    Cancelled,
    #[error(
        "the oldest part of the history went while it was saved: allow the session more history, or save again"
    )]
    Retired,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl SaveError {
    fn sentence(&self, path: &Path) -> Sentence {
        let path = path.display();
        match self {
            Self::Closed => say!(
                "told-save-closed",
                "Cannot save {path}: the log was closed before it was saved",
                path = path,
            ),
            Self::Cancelled => {
                say!("told-save-cancelled", "Cancelled: {path} was not saved", path = path)
            }
            Self::Retired => say!(
                "told-save-retired",
                "Cannot save {path}: the oldest part of the history went meanwhile. Allow the session more history, or save again",
                path = path,
            ),
            Self::Io(error) => {
                say!("told-save-refused", "Cannot save {path}: {error}", path = path, error = error,)
            }
        }
    }
}

/// What was saved.
#[derive(Clone, Copy, Debug)]
enum Saved {
    Bytes(u64),
    Capture(u64),
    Rows(u64),
}

impl Saved {
    fn sentence(self, path: &Path) -> Sentence {
        let path = path.display();
        match self {
            Self::Bytes(count) => say!(
                "told-saved-bytes",
                "Saved {count} bytes to {path}",
                count = count,
                path = path,
            ),
            Self::Capture(count) => say!(
                "told-saved-capture",
                "Saved {count} bytes of capture to {path}",
                count = count,
                path = path,
            ),
            Self::Rows(count) => {
                say!("told-saved-rows", "Saved {count} rows to {path}", count = count, path = path,)
            }
        }
    }
}

/// Saves a whole capture as one file.
pub fn export(
    source: Arc<dyn Source>,
    path: PathBuf,
    progress: Progress,
) -> Result<Sentence, Sentence> {
    let (spec, inbox) = (ViewSpec::default(), Arc::default());
    let what = Saving { format: SaveFormat::Pcapng, direction: None };
    SaveJob { path, what, spec, source, progress, inbox }.run()
}

impl SaveJob {
    /// Saves; a sentence for the user says what was done or why not.
    pub fn run(self) -> Result<Sentence, Sentence> {
        let part = beside(&self.path);
        let result = self.write_to(&part).and_then(|what| {
            in_place::rename(&part, &self.path)?;
            Ok(what)
        });
        match result {
            Ok(saved) => Ok(saved.sentence(&self.path)),
            Err(error) => {
                // It may not even have come into being.
                let _ = std::fs::remove_file(&part);
                Err(error.sentence(&self.path))
            }
        }
    }

    fn write_to(&self, part: &Path) -> Result<Saved, SaveError> {
        let mut out = BufWriter::with_capacity(256 << 10, File::create(part)?);
        let snapshot = SourceSnapshot::of(self.source.clone());
        let format = self.what.format;
        let what = match Exporter::save(format, self.columns(&snapshot)) {
            Some(exporter) => {
                // What Windows' spreadsheets know UTF-8 by.
                if format == SaveFormat::Csv {
                    out.write_all("\u{feff}".as_bytes())?;
                }
                let ViewSpec { bytes_per_row, fitted_bytes, .. } = self.spec;
                let exporter = exporter.with_width(bytes_per_row.count(fitted_bytes));
                self.rows(&snapshot, exporter, &mut out)?
            }
            None if format == SaveFormat::Pcapng => self.capture(&snapshot, &mut out)?,
            None => self.raw(&snapshot, &mut out)?,
        };
        out.flush()?;
        Ok(what)
    }

    fn check(&self) -> Result<(), SaveError> {
        if self.progress.is_cancelled() {
            return Err(SaveError::Cancelled);
        }
        if self.inbox.is_closed() { Err(SaveError::Closed) } else { Ok(()) }
    }

    /// What hides rows, with the direction that was asked for.
    fn filter(&self) -> Filter {
        Filter { direction: self.what.direction, ..self.spec.filter.clone() }
    }

    /// Time, direction and peer before each row; nothing in a view without a clock, except in a table.
    fn columns(&self, source: &SourceSnapshot) -> Option<ExportColumns> {
        let style = self.spec.clock;
        let start = Cursor::new(source, Position(0)).next().map_or(Timestamp(0), |first| first.at);
        let clock = TimeFormat { style, start, zone: TimeZone::system(), date: true };
        let delta = DeltaFormat::of(&self.spec);
        let wanted =
            style != ClockStyle::Off || delta.is_shown() || self.what.format == SaveFormat::Csv;
        wanted.then_some(ExportColumns { clock, delta, direction: true, peer: true })
    }

    /// The bytes alone, from where the view was cleared on.
    fn raw(&self, source: &SourceSnapshot, out: &mut impl Write) -> Result<Saved, SaveError> {
        let extent = source.extent();
        let mut cursor = Cursor::new(source, Position(extent.start));
        let mut count = 0;
        let filter = self.filter();
        loop {
            let next = cursor.position();
            let Some(record) = cursor.next() else { break };
            source.still_has(next.0)?;
            if record.position >= self.spec.cleared_before {
                let bytes = raw_bytes(&record, &filter);
                out.write_all(bytes)?;
                count += bytes.len() as u64;
            }
            self.progress.set(next.0.saturating_sub(extent.start), extent.end - extent.start);
            self.check()?;
        }
        Ok(Saved::Bytes(count))
    }

    /// All segments, one after the other: a capture of several sections.
    fn capture(&self, source: &SourceSnapshot, out: &mut impl Write) -> Result<Saved, SaveError> {
        let extent = source.extent();
        let mut buffer = vec![0; 1 << 20];
        let (mut at, mut saved) = (extent.start, 0);
        while at < extent.end {
            self.check()?;
            self.progress.set(at - extent.start, extent.end - extent.start);
            let count = source.read_at(at, &mut buffer);
            if count == 0 {
                source.still_has(at)?;
                // What is missing is missing in the copy, too.
                at = source.after_hole(at).ok_or(SaveError::Retired)?;
                continue;
            }
            out.write_all(&buffer[..count])?;
            saved += count as u64;
            at += count as u64;
        }
        Ok(Saved::Capture(saved))
    }

    /// The shown rows, as text or as hex dumps.
    fn rows(
        &self,
        source: &SourceSnapshot,
        mut exporter: Exporter,
        out: &mut impl Write,
    ) -> Result<Saved, SaveError> {
        let records = ParallelRecords::new(source);
        // Folding is for eyes.
        let mut spec = ViewSpec { fold_panics: false, filter: self.filter(), ..self.spec.clone() };
        if self.what.format == SaveFormat::Csv {
            spec.format = RowFormat::Text;
        }
        let mut history = History::new(spec);
        while history.advance(&records, 4 << 20).more {
            self.check()?;
        }
        let (start, end) = (history.status().first_shown, history.status().shown);
        let mut texts = [String::new(), String::new()];
        exporter.begin(&mut texts[0]);
        let mut next = start;
        while next < end {
            self.check()?;
            self.progress.set(next - start, end - start);
            let beyond = history.chunk_end(next);
            let count = history.write(&records, next..beyond, &mut exporter, &mut texts);
            // What is missing among them, retention took meanwhile; where it has not come to the first one, it took nothing of them.
            let first = history.rows(&records, next..next + 1);
            let is_whole = count == beyond - next;
            let first = first.first().filter(|_| is_whole).ok_or(SaveError::Retired)?;
            source.still_has(first.position.0)?;
            next = beyond;
            for text in &mut texts {
                out.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        let [end_text, _] = &mut texts;
        exporter.end(end_text);
        out.write_all(end_text.as_bytes())?;
        Ok(Saved::Rows(end - start))
    }
}

impl SourceSnapshot {
    /// Fails when retention has taken what stood at a place.
    fn still_has(&self, position: u64) -> Result<(), SaveError> {
        if position < self.extent().start { Err(SaveError::Retired) } else { Ok(()) }
    }
}

/// The file that is written first: beside the other one, with a name that no other save has.
fn beside(path: &Path) -> PathBuf {
    static SAVES: AtomicU64 = AtomicU64::new(0);
    let number = SAVES.fetch_add(1, Ordering::Relaxed);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}-{number}.part", std::process::id()));
    name.into()
}
