//! A capture that is only looked at: a file, or a session's folder.

use std::ops::Range;
use std::path::Path;

use espalier_core::capture::{Source, intact_end, is_capture};

use super::CaptureError;
use super::files::Files;
use super::segment::{Segment, Still};
use crate::foreign::{self, ReadError};

/// A capture that nobody writes, or what there was of one when it was opened.
#[derive(Debug)]
pub struct SavedCapture {
    files: Files,
    extent: Range<u64>,
}

impl SavedCapture {
    /// Opens a file, or all segments of a session's folder. A torn last block is left out; the file is not touched.
    ///
    /// # Errors
    /// When it cannot be read or is not a capture of ours.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let not_ours = || CaptureError::NotACapture { path: path.to_owned() };
        let segments = if path.is_dir() {
            Files::in_folder(path)?
        } else {
            vec![Segment { base: 0, path: path.to_owned() }]
        };
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
            return Err(not_ours());
        };
        if let Err(ReadError::NotAFile(_)) = foreign::open(&last.path) {
            return Err(not_ours());
        }
        let still = Still::open(&last.path)?;
        if !is_capture(&still) {
            return Err(not_ours());
        }
        let end = if still.ends_whole() { still.length } else { intact_end(&still, 0) };
        let extent = first.base..last.base + end;
        Ok(Self { files: Files::new(segments), extent })
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
}
