//! One file of a capture, read by position. No memory maps: a file that another program truncates must give an error, not
//! a signal.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::CaptureError;
use espalier_core::capture::Source;

/// Where a segment begins in the capture, and its file.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub base: u64,
    pub path: PathBuf,
}

impl Segment {
    const SUFFIX: &'static str = "pcapng";

    /// The segment of a folder that begins at `base`; the name keeps the place, so it is known when older ones are gone.
    pub fn in_folder(folder: &Path, base: u64) -> Self {
        Self { base, path: folder.join(format!("{base:016}.{}", Self::SUFFIX)) }
    }

    /// The segment a file of a folder is, by its name.
    pub fn from_path(path: PathBuf) -> Option<Self> {
        let base = path.file_stem()?.to_str()?;
        let ours = path.extension()? == Self::SUFFIX && base.len() >= 16;
        let base =
            base.parse().ok().filter(|_| ours && base.bytes().all(|b| b.is_ascii_digit()))?;
        Some(Self { base, path })
    }
}

/// Reads at an offset without moving a shared position; fewer bytes only at the end of the file.
pub(super) fn read_at(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match read_some(file, offset + done as u64, rest) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(unix)]
fn read_some(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, offset)
}

/// `seek_read` moves the file's own position, which nobody uses: writers have a handle of their own.
#[cfg(windows)]
fn read_some(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, offset)
}

/// A file that nobody writes any more, as a source of its own from position 0.
#[derive(Debug)]
pub(super) struct Still {
    pub file: File,
    pub length: u64,
}

impl Still {
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
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
        self.length.is_multiple_of(4) && last().unwrap_or(false)
    }
}

impl Source for Still {
    fn extent(&self) -> Range<u64> {
        0..self.length
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let rest = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
        let count = rest.min(into.len());
        read_at(&self.file, at, &mut into[..count]).unwrap_or_default()
    }
}
