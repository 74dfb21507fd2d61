//! One file of a capture, read by position. No memory maps: a file that another program truncates must give an error, not
//! a signal.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::CaptureError;
use super::positioned::{next_data, read_at};
use espalier_core::capture::Source;

/// Where a segment begins in the capture, and its file.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub base: u64,
    pub path: PathBuf,
    /// How much of the capture it holds at most; the one that is written has no end yet.
    pub length: u64,
    /// Somebody deleted it, or put another file in its place: what its path leads to now is not ours.
    pub gone: bool,
}

impl Segment {
    const SUFFIX: &'static str = "pcapng";
    /// No capture is as long as this: a file that claims to begin behind it was named by somebody else.
    const FURTHEST: u64 = 1 << 56;

    /// A segment that is about to be written.
    pub const fn growing(base: u64, path: PathBuf) -> Self {
        Self { base, path, length: u64::MAX, gone: false }
    }

    /// The segment of a folder that begins at `base`; the name keeps the place, so it is known when older ones are gone.
    pub fn in_folder(folder: &Path, base: u64) -> Self {
        Self::growing(base, folder.join(format!("{base:016}.{}", Self::SUFFIX)))
    }

    /// The segment a file of a folder is, by its name; only plain files, and no links.
    pub fn from_path(path: PathBuf) -> Option<Self> {
        let base = path.file_stem()?.to_str()?;
        let ours = path.extension()? == Self::SUFFIX && base.len() >= 16;
        let base: u64 =
            base.parse().ok().filter(|_| ours && base.bytes().all(|b| b.is_ascii_digit()))?;
        let found = std::fs::symlink_metadata(&path).ok()?;
        let taken = base <= Self::FURTHEST && found.is_file();
        // Another spelling of the same number would be another file at the same place.
        let canonical = Self::in_folder(path.parent()?, base).path == path;
        (taken && canonical).then_some(Self { base, path, length: found.len(), gone: false })
    }

    /// Where it ends in the capture.
    pub const fn end(&self) -> u64 {
        self.base.saturating_add(self.length)
    }
}

/// A file that nobody writes any more, as a source of its own from position 0.
#[derive(Debug)]
pub(super) struct ClosedFile {
    pub file: File,
    pub length: u64,
}

impl ClosedFile {
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        // Before it is opened: opening a FIFO waits for its other end, and opening a device may do anything.
        let found = std::fs::metadata(path).map_err(CaptureError::io("open", path))?;
        if !found.is_file() {
            return Err(CaptureError::NotAFile { path: path.to_owned() });
        }
        let file = File::open(path).map_err(CaptureError::io("open", path))?;
        let length = file.metadata().map_err(CaptureError::io("read", path))?.len();
        Ok(Self { file, length })
    }

    /// Whether the file's last bytes look like the end of a whole block: the quick answer, without walking a file of
    /// gigabytes. Should it be wrong, a cursor still stops at the torn block.
    pub fn ends_whole(&self) -> bool {
        const PACKET: u64 = 6;
        let number_at = |at: u64| {
            let mut field = [0; 4];
            (self.read_at(at, &mut field) == 4).then(|| u64::from(u32::from_le_bytes(field)))
        };
        let last = || {
            let length = number_at(self.length.checked_sub(4)?)?;
            let start = self.length.checked_sub(length)?;
            Some(number_at(start)? == PACKET && number_at(start + 4)? == length && length >= 12)
        };
        last().unwrap_or(false)
    }
}

impl Source for ClosedFile {
    fn extent(&self) -> Range<u64> {
        0..self.length
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let rest = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
        let count = rest.min(into.len());
        read_at(&self.file, at, &mut into[..count]).unwrap_or_default()
    }
    fn next_data(&self, at: u64) -> u64 {
        next_data(&self.file, at).unwrap_or(self.length).min(self.length).max(at)
    }
}
