//! What can be told of a capture without reading it.

use std::path::Path;

use espalier_core::capture::{Cursor, Source as _, StampClock};
use espalier_core::{PeerId, Position, Timestamp};

use super::{Capture, CaptureError, SavedCapture, is_being_written};

/// A capture at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureSummary {
    /// Bytes on disk, of all segments.
    pub bytes: u64,
    /// When its first record was made; `None` when it has none.
    pub begun: Option<Timestamp>,
    /// When its last record was made.
    pub ended: Option<Timestamp>,
    /// Which clock gave these times, if it says so.
    pub clock: Option<StampClock>,
    /// Somebody writes it now.
    pub is_being_written: bool,
}

impl Capture {
    /// The highest number of a connection in the records from here on, which are all read: the latest connection may have
    /// said its last long ago. `None` when there is no record.
    pub fn last_peer(&self, since: Position) -> Option<PeerId> {
        let mut cursor = Cursor::new(self, since.max(Position(self.extent().start)));
        let mut last = None;
        while let Some(record) = cursor.next() {
            last = last.max(Some(record.peer));
        }
        last
    }
}

impl CaptureSummary {
    /// Looks at the two ends of a capture: a folder or a file. A few reads, however large it is.
    ///
    /// # Errors
    /// As for [`SavedCapture::open`].
    pub fn of(path: &Path) -> Result<Self, CaptureError> {
        // Longer than any record: the last one begins within it.
        const TAIL: u64 = 512 << 10;
        let is_being_written = is_being_written(path);
        let saved = SavedCapture::open(path)?;
        let begun = Cursor::new(&saved, Position(0)).next().map(|record| record.at);
        let extent = saved.extent();
        let mut ended = None;
        let mut tail = extent.end.saturating_sub(TAIL).max(extent.start);
        loop {
            let mut cursor = Cursor::new(&saved, Position(tail));
            while let Some(record) = cursor.next() {
                ended = Some(record.at);
            }
            if ended.is_some() || tail <= extent.start {
                break;
            }
            // Damage, or blocks of others, at the end.
            let further = (extent.end - tail).saturating_mul(8);
            tail = extent.end.saturating_sub(further).max(extent.start);
        }
        let (bytes, clock) = (saved.kept_bytes(), StampClock::of(&saved));
        Ok(Self { bytes, begun, ended, clock, is_being_written })
    }
}
