//! The one writer of a capture: appends whole blocks, takes back torn ones, starts new segments.

use std::fs::File;
use std::io::{self, IoSlice, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use espalier_core::capture::{Encoder, StampClock, file_header_saying};

use super::file_change::{FileChange, TailMark, change};
use super::{CaptureError, private};
use crate::arrival::IS_STAMPED;

/// What a writer needs of a file; a seam, so that tests can let the disk be full.
pub(super) trait SegmentFile: Send + Sync {
    /// The file behind it.
    fn file(&self) -> &File;

    /// Writes some of the bytes at the end.
    fn write_vectored(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        Write::write_vectored(&mut self.file(), parts)
    }

    /// Cuts the file to this length and goes on writing there.
    fn cut(&self, length: u64) -> io::Result<()> {
        self.file().set_len(length)?;
        self.file().seek(SeekFrom::Start(length)).map(drop)
    }

    /// Has the disk take what was written.
    fn sync(&self) -> io::Result<()> {
        self.file().sync_data()
    }
}

impl SegmentFile for File {
    fn file(&self) -> &File {
        self
    }
}

/// Turns an opened file into a sink: the file itself, except in tests of faults.
pub(super) type MakeSegmentFile = fn(File) -> Arc<dyn SegmentFile>;

/// A segment under construction, and memory to build blocks in.
pub(super) struct SegmentWriter {
    pub encoder: Encoder,
    sink: Arc<dyn SegmentFile>,
    pub path: PathBuf,
    /// Length of the file: always after a whole block.
    pub length: u64,
    /// What other programs did to the file.
    pub change: Option<FileChange>,
    /// Written bytes by which that is noticed.
    mark: Option<TailMark>,
    /// A torn block could not be cut back yet: writing behind it would hide what follows.
    torn: bool,
}

/// What a segment begins with: it says what the times in it are.
pub(super) fn header() -> Vec<u8> {
    let clock = if IS_STAMPED { StampClock::Kernel } else { StampClock::Program };
    file_header_saying(clock.description())
}

impl SegmentWriter {
    /// Begins a new file with its header, or none at all if that does not fit.
    pub fn create(path: &Path, make: MakeSegmentFile) -> Result<Self, CaptureError> {
        let file = private::options().read(true).write(true).create_new(true).open(path);
        let file = file.map_err(CaptureError::io("create", path))?;
        Self::begin(make(file), path).inspect_err(|_| {
            if let Err(error) = std::fs::remove_file(path) {
                tracing::debug!(%error, path = %path.display(), "an empty segment stays behind");
            }
        })
    }

    /// Begins an empty file that is open, or leaves it empty.
    pub fn begin(sink: Arc<dyn SegmentFile>, path: &Path) -> Result<Self, CaptureError> {
        let mut writer = Self::over(sink, path, 0);
        writer.append(&[&header()])?;
        Ok(writer)
    }

    /// Goes on with a file whose whole blocks end at `length`; what stands behind is cut.
    pub fn resume(
        file: File,
        path: &Path,
        length: u64,
        make: MakeSegmentFile,
    ) -> Result<Self, CaptureError> {
        let sink = make(file);
        sink.cut(length).map_err(CaptureError::io("repair", path))?;
        let mut writer = Self::over(sink, path, length);
        writer.set_mark();
        Ok(writer)
    }

    fn over(sink: Arc<dyn SegmentFile>, path: &Path, length: u64) -> Self {
        let (encoder, path) = (Encoder::default(), path.to_owned());
        Self { encoder, sink, path, length, change: None, mark: None, torn: false }
    }

    /// What the disk is to take.
    pub fn sink(&self) -> Arc<dyn SegmentFile> {
        self.sink.clone()
    }

    /// Detects what other programs did to the file; `true` when something was found for the first time.
    pub fn detect_change(&mut self) -> bool {
        if self.change.is_some() {
            return false;
        }
        self.change = change(self.sink.file(), &self.path, self.length, self.mark.as_ref());
        self.set_mark();
        self.change.is_some()
    }

    fn set_mark(&mut self) {
        let mut file = self.sink.file();
        self.mark = TailMark::at_end(file, self.length);
        // On Windows reading has moved the place where the next write goes.
        if cfg!(windows) && file.seek(SeekFrom::Start(self.length)).is_err() {
            self.torn = true;
        }
    }

    /// Appends the block that the encoder has built around `payload`.
    pub fn append_encoded(&mut self, payload: &[u8]) -> Result<(), CaptureError> {
        let encoder = std::mem::take(&mut self.encoder);
        let result = self.append(&[encoder.head(), payload, encoder.tail()]);
        self.encoder = encoder;
        result
    }

    /// Length of the block that the encoder has built around `payload`.
    pub fn encoded_length(&self, payload: &[u8]) -> u64 {
        (self.encoder.head().len() + payload.len() + self.encoder.tail().len()) as u64
    }

    fn append(&mut self, parts: &[&[u8]]) -> Result<(), CaptureError> {
        if let Some(change) = self.change {
            return Err(CaptureError::Lost { path: self.path.clone(), change });
        }
        if self.torn {
            let closed = |source| CaptureError::Closed { path: self.path.clone(), source };
            self.sink.cut(self.length).map_err(closed)?;
            self.torn = false;
        }
        match write_all(self.sink.as_ref(), parts) {
            Ok(written) => {
                self.length += written;
                Ok(())
            }
            Err(error) => {
                self.torn = self.sink.cut(self.length).is_err();
                Err(CaptureError::io("write", &self.path)(error))
            }
        }
    }
}

/// Writes all parts, normally with one call to the operating system.
fn write_all(sink: &dyn SegmentFile, parts: &[&[u8]]) -> io::Result<u64> {
    let total: u64 = parts.iter().map(|part| part.len() as u64).sum();
    let mut slices = [IoSlice::new(&[]); 3];
    let count = parts.len().min(slices.len());
    for (slice, part) in slices.iter_mut().zip(parts) {
        *slice = IoSlice::new(part);
    }
    let mut rest = &mut slices[..count];
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match sink.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

impl std::fmt::Debug for SegmentWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentWriter")
            .field("path", &self.path)
            .field("length", &self.length)
            .finish()
    }
}
