//! Taking a capture away.

use std::fs;
use std::path::Path;

use super::lock::{FOLDER_LOCK, READERS, ReaderLock, WriterLock};
use super::segment::Segment;
use super::{CaptureError, LOG_MARK};

/// Deletes the capture in this folder: its segments, and what else is ours there (`capture.toml`, `log-file`). What somebody else put
/// there stays, and the folder with it. A folder that is not there is deleted already.
///
/// # Errors
/// [`CaptureError::BeingWritten`], [`CaptureError::BeingRead`], or what the system says.
pub fn delete(folder: &Path) -> Result<(), CaptureError> {
    const ABOUT: &str = "capture.toml";
    if !folder.is_dir() {
        return Ok(());
    }
    let lock = WriterLock::of_folder(folder)?;
    let readers = ReaderLock::keep_out(folder)?;
    let listing = fs::read_dir(folder).map_err(CaptureError::io("list", folder))?;
    for path in listing.flatten().map(|entry| entry.path()) {
        let is_about = path.file_name().is_some_and(|name| name == ABOUT);
        if is_about || Segment::from_path(path.clone()).is_some() {
            fs::remove_file(&path).map_err(CaptureError::io("delete", &path))?;
        }
    }
    fs::remove_file(folder.join(LOG_MARK)).ok();
    drop(readers);
    fs::remove_file(folder.join(READERS)).ok();
    let lock_file = folder.join(FOLDER_LOCK);
    // Windows deletes no file that is open, so once more when it is closed.
    let removed = fs::remove_file(&lock_file).is_ok();
    drop(lock);
    if !removed {
        fs::remove_file(&lock_file).ok();
    }
    // Only when it is empty.
    fs::remove_dir(folder).ok();
    Ok(())
}
