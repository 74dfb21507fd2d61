//! The single file that the user names for a capture. Nothing is deleted and nothing cut that is not a capture of ours.

use std::fs::File;
use std::path::Path;

use espalier_core::capture::{intact_end, is_capture};

use super::lock::WriterLock;
use super::segment::ClosedFile;
use super::writer::{MakeSegmentFile, SegmentWriter};
use super::{CaptureError, private};

/// A single file that is open for writing.
pub(super) struct SingleFile {
    pub writer: SegmentWriter,
    pub lock: WriterLock,
    /// Bytes of a torn record that were cut.
    pub cut: u64,
}

/// Opens the file: a new one is made, an empty one begun, a capture of ours continued.
///
/// # Errors
/// Anything else there is refused and left as it is.
pub(super) fn open(path: &Path, make: MakeSegmentFile) -> Result<SingleFile, CaptureError> {
    // Before it is opened: opening a FIFO waits, and opening a device may do anything.
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            return Err(CaptureError::NotAFile { path: path.to_owned() });
        }
        // A link that leads nowhere is somebody else's too: the file is made only where there is nothing.
        _ => {}
    }
    let mut options = private::options();
    options.read(true).write(true);
    let (file, new) = match options.open(path) {
        Ok(file) => (file, false),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let made = options.create_new(true).open(path);
            (made.map_err(CaptureError::io("create", path))?, true)
        }
        Err(error) => return Err(CaptureError::io("open", path)(error)),
    };
    let lock = WriterLock::of_file(&file, path)?;
    match begin(file, path, make) {
        Ok((writer, cut)) => Ok(SingleFile { writer, lock, cut }),
        Err(error) => {
            // It is empty: its header did not fit.
            if new && let Err(error) = std::fs::remove_file(path) {
                tracing::debug!(%error, path = %path.display(), "an empty capture stays behind");
            }
            Err(error)
        }
    }
}

fn begin(
    file: File,
    path: &Path,
    make: MakeSegmentFile,
) -> Result<(SegmentWriter, u64), CaptureError> {
    let found = file.metadata().map_err(CaptureError::io("read", path))?;
    // What is there now need not be what was there before it was opened.
    if !found.is_file() {
        return Err(CaptureError::NotAFile { path: path.to_owned() });
    }
    if found.len() == 0 {
        return Ok((SegmentWriter::begin(make(file), path)?, 0));
    }
    let still = ClosedFile { file, length: found.len() };
    if !is_capture(&still) {
        return Err(CaptureError::Foreign { path: path.to_owned() });
    }
    let end = intact_end(&still, 0);
    Ok((SegmentWriter::resume(still.file, path, end, make)?, found.len() - end))
}
