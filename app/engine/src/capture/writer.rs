//! The one writer of a capture: appends whole blocks, takes back torn ones, starts new segments.

use std::fs::File;
use std::io::{self, IoSlice, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use espalier_core::capture::{Encoder, file_header};

use super::CaptureError;

/// What a writer needs of a file; a seam, so that tests can let the disk be full.
pub(super) trait Sink: Send {
    /// Writes some of the bytes at the end.
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Cuts the file to this length and goes on writing there.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Sink for File {
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        Write::write_vectored(self, parts)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.seek(SeekFrom::Start(length)).map(drop)
    }
}

/// Turns an opened file into a sink: the file itself, except in tests of faults.
pub(super) type MakeSink = fn(File) -> Box<dyn Sink>;

/// A segment under construction, and memory to build blocks in.
pub(super) struct Writer {
    pub encoder: Encoder,
    sink: Box<dyn Sink>,
    path: PathBuf,
    /// Length of the file: always after a whole block.
    pub length: u64,
    /// A torn block could not be cut back yet: writing behind it would hide what follows.
    torn: bool,
}

impl Writer {
    /// Begins a file with its header, or none at all if that does not fit.
    pub fn create(path: &Path, replace: bool, make: MakeSink) -> Result<Self, CaptureError> {
        let mut options = File::options();
        options.write(true);
        if replace {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        let file = options.open(path).map_err(CaptureError::io("create", path))?;
        let mut writer = Self::over(make(file), path, 0);
        writer.append(&[&file_header()]).inspect_err(|_| {
            if let Err(error) = std::fs::remove_file(path) {
                tracing::debug!(%error, path = %path.display(), "an empty segment stays behind");
            }
        })?;
        Ok(writer)
    }

    /// Goes on with a file whose whole blocks end at `length`; what stands behind is cut.
    pub fn resume(path: &Path, length: u64, make: MakeSink) -> Result<Self, CaptureError> {
        let file = File::options().write(true).open(path);
        let mut sink = make(file.map_err(CaptureError::io("open", path))?);
        sink.cut(length).map_err(CaptureError::io("repair", path))?;
        Ok(Self::over(sink, path, length))
    }

    fn over(sink: Box<dyn Sink>, path: &Path, length: u64) -> Self {
        Self { encoder: Encoder::default(), sink, path: path.to_owned(), length, torn: false }
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
        if self.torn {
            let closed = |source| CaptureError::Closed { path: self.path.clone(), source };
            self.sink.cut(self.length).map_err(closed)?;
            self.torn = false;
        }
        match write_all(self.sink.as_mut(), parts) {
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
fn write_all(sink: &mut dyn Sink, parts: &[&[u8]]) -> io::Result<u64> {
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

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).field("length", &self.length).finish()
    }
}
