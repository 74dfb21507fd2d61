//! Writing a log to a file, on a thread of its own: to a file beside it first, which takes its name when it is whole.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use espalier_core::backend::SaveFormat;
use espalier_core::capture::{Cursor, Source};
use espalier_core::record::{Position, RecordBody};
use espalier_core::view::{Captured, History, ViewSpec};
use espalier_core::{Direction, Timestamp};

use super::inbox::Inbox;
use super::snapshot::Snapshot;
use super::text::{Lines, Stamp, hex_dump};

/// What is saved, and where.
pub(super) struct Save {
    pub path: PathBuf,
    pub format: SaveFormat,
    pub spec: ViewSpec,
    pub source: Arc<dyn Source>,
    /// Tells when the view was closed: then the save is given up.
    pub inbox: Arc<Inbox>,
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
enum SaveError {
    #[error("the log was closed before it was saved")]
    Closed,
    #[error(
        "the oldest part of the history went while it was saved: allow the session more history, or save again"
    )]
    Retired,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Save {
    /// Saves; a sentence for the user says what was done or why not.
    pub fn run(self) -> Result<String, String> {
        let part = beside(&self.path);
        let result = self.write_to(&part).and_then(|what| {
            std::fs::rename(&part, &self.path)?;
            Ok(what)
        });
        match result {
            Ok(what) => Ok(format!("Saved {what} to {}", self.path.display())),
            Err(error) => {
                // It may not even have come into being.
                let _ = std::fs::remove_file(&part);
                Err(format!("Cannot save {}: {error}", self.path.display()))
            }
        }
    }

    fn write_to(&self, part: &Path) -> Result<String, SaveError> {
        let mut out = BufWriter::with_capacity(256 << 10, File::create(part)?);
        let snapshot = Snapshot::of(self.source.clone());
        let what = match self.format {
            SaveFormat::Raw => self.raw(&snapshot, &mut out)?,
            SaveFormat::Pcapng => self.capture(&snapshot, &mut out)?,
            SaveFormat::Text | SaveFormat::HexDump => self.rows(&snapshot, &mut out)?,
        };
        out.flush()?;
        Ok(what)
    }

    fn check(&self) -> Result<(), SaveError> {
        if self.inbox.is_closed() { Err(SaveError::Closed) } else { Ok(()) }
    }

    /// The bytes alone of one direction (received, unless the filter says sent) of the peers that are shown, from where the
    /// view was cleared on. Other parts of the filter speak of rows, which raw bytes do not have.
    fn raw(&self, source: &Snapshot, out: &mut impl Write) -> Result<String, SaveError> {
        let filter = &self.spec.filter;
        let direction = filter.direction.unwrap_or(Direction::In);
        let mut cursor = Cursor::new(source, Position(0));
        let mut bytes = 0;
        while let Some(record) = cursor.next() {
            let shown = record.direction == direction
                && record.position >= self.spec.cleared_before
                && (filter.peers.is_empty() || filter.peers.contains(&record.peer));
            if let RecordBody::Data(payload) = record.body
                && shown
            {
                out.write_all(payload)?;
                bytes += payload.len() as u64;
                self.check()?;
            }
        }
        Ok(format!("{bytes} bytes"))
    }

    /// All segments, one after the other: a capture of several sections.
    fn capture(&self, source: &Snapshot, out: &mut impl Write) -> Result<String, SaveError> {
        let extent = source.extent();
        let mut buffer = vec![0; 1 << 20];
        let mut at = extent.start;
        while at < extent.end {
            self.check()?;
            let count = source.read_at(at, &mut buffer);
            if count == 0 {
                return Err(SaveError::Retired);
            }
            out.write_all(&buffer[..count])?;
            at += count as u64;
        }
        Ok(format!("{} bytes of capture", extent.end - extent.start))
    }

    /// The shown rows, as text or as hex dumps.
    fn rows(&self, source: &Snapshot, out: &mut impl Write) -> Result<String, SaveError> {
        const AT_ONCE: u64 = 1024;
        let records = Captured(source);
        let mut history = History::new(self.spec.clone());
        while history.advance(&records, 4 << 20).more {
            self.check()?;
        }
        let start = Cursor::new(source, Position(0)).next().map_or(Timestamp(0), |first| first.at);
        let stamp = Stamp::new(self.spec.clock, start);
        let (mut next, end) = (history.status().first_shown, history.status().shown);
        let mut lines = Lines::default();
        let mut text = String::new();
        let mut saved: u64 = 0;
        while next < end {
            self.check()?;
            let rows = history.rows(&records, next..end.min(next + AT_ONCE));
            if rows.is_empty() {
                return Err(SaveError::Retired);
            }
            for row in &rows {
                if self.format == SaveFormat::HexDump {
                    stamp.put(&mut text, row);
                    text.push_str(if row.bytes.is_empty() { &row.text } else { "" });
                    text.truncate(text.trim_end_matches(' ').len());
                    text.push('\n');
                    hex_dump(&mut text, &row.bytes);
                } else if stamp.is_off() {
                    lines.put(&mut text, row, &row.text);
                } else {
                    stamp.put(&mut text, row);
                    text.push_str(&row.text);
                    text.push('\n');
                }
            }
            out.write_all(text.as_bytes())?;
            text.clear();
            next += rows.len() as u64;
            saved += rows.len() as u64;
        }
        if stamp.is_off() && saved > 0 && self.format == SaveFormat::Text {
            out.write_all(b"\n")?;
        }
        Ok(format!("{saved} rows"))
    }
}

/// The file that is written first: the same name with `.part` behind it.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
