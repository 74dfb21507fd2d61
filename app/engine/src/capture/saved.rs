//! A capture that is only looked at: a file, or a session's folder.

use std::ops::Range;
use std::path::{Path, PathBuf};

use espalier_core::Progress;
use espalier_core::capture::{Source, WatchedSource, intact_end, is_capture, is_damaged_capture};

use super::files::SegmentFiles;
use super::segment::{ClosedFile, Segment};
use super::{CaptureError, is_being_written};

/// A capture that nobody writes, or what there was of one when it was opened.
#[derive(Debug)]
pub struct SavedCapture {
    files: SegmentFiles,
    extent: Range<u64>,
    torn: u64,
}

impl SavedCapture {
    /// Opens a file, or all segments of a session's folder, and touches nothing. A torn last block is left out and told by
    /// [`Source::torn`]; what is missing between is met, and told, by whoever reads.
    ///
    /// # Errors
    /// When it cannot be read or is not a capture of ours.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        Self::open_telling(path, &Progress::default())
    }

    /// The same. A file whose end is torn is looked through to find the end of what is whole: `progress` is told how far that
    /// is, and ends it when it is cancelled.
    ///
    /// # Errors
    /// As for [`Self::open`], or [`CaptureError::Cancelled`].
    pub fn open_telling(path: &Path, progress: &Progress) -> Result<Self, CaptureError> {
        let segments = if path.is_dir() {
            SegmentFiles::in_folder(path)?
        } else {
            vec![Segment::growing(0, path.to_owned())]
        };
        let mut ours = false;
        for segment in &segments {
            let still = ClosedFile::open(&segment.path)?;
            ours = ours || is_capture(&still) || is_damaged_capture(&still);
        }
        let (Some(first), Some(last), true) = (segments.first(), segments.last(), ours) else {
            return Err(CaptureError::NotACapture { path: path.to_owned() });
        };
        let still = ClosedFile::open(&last.path)?;
        let end = match still.ends_whole() {
            true => still.length,
            false => intact_end(&WatchedSource::new(&still, 0..still.length, progress), 0),
        };
        if progress.is_cancelled() {
            return Err(CaptureError::Cancelled);
        }
        let extent = first.base..last.base + end;
        // The end of a capture that is being written is no damage: the next moment it is whole.
        let torn = if is_being_written(path) { 0 } else { still.length - end };
        Ok(Self { files: SegmentFiles::new(segments), extent, torn })
    }

    pub(super) fn into_parts(self) -> (SegmentFiles, Range<u64>, u64) {
        (self.files, self.extent, self.torn)
    }

    /// Bytes on disk.
    pub fn kept_bytes(&self) -> u64 {
        self.files.bytes(self.extent.end)
    }

    /// Which file holds this position, and where in it.
    pub fn locate(&self, at: u64) -> Option<(PathBuf, u64)> {
        self.files.locate(at)
    }
}

impl Source for SavedCapture {
    fn extent(&self) -> Range<u64> {
        self.extent.clone()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        if !self.extent.contains(&at) {
            return 0;
        }
        self.files.read_at(at, into, self.extent.end)
    }

    fn after_hole(&self, at: u64) -> Option<u64> {
        self.files.after_hole(at, self.extent.end)
    }

    fn next_data(&self, at: u64) -> u64 {
        self.files.next_data(at).min(self.extent.end).max(at)
    }

    fn torn(&self) -> u64 {
        self.torn
    }
}
