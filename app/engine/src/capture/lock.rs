//! One writer per capture. Two that write at once would each overwrite what the other has appended.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::CaptureError;
use super::file_change::change;
use crate::private;

/// The file in a capture's folder that its writer holds locked. It stays when the writer ends: removing it could take the
/// lock from under the next one.
pub(super) const FOLDER_LOCK: &str = "lock";

/// The file in a capture's folder that whoever looks at it shares a lock of: it is not deleted meanwhile.
pub(super) const READERS: &str = "readers";

/// Held as long as a capture in a folder is looked at. Any number may look at it, also while somebody writes it.
#[derive(Debug)]
pub(super) struct ReaderLock {
    _held: File,
}

impl ReaderLock {
    /// Says that somebody looks; `None` where that cannot be said (a medium that cannot be written): who looks there sees that
    /// files go when they go.
    pub fn share(folder: &Path) -> Option<Self> {
        let held = Self::file(folder, true).ok()?;
        held.try_lock_shared().ok()?;
        Some(Self { _held: held })
    }

    /// Keeps others from beginning to look while it is deleted. `Ok(None)` when nobody ever did.
    pub fn keep_out(folder: &Path) -> Result<Option<File>, CaptureError> {
        let Ok(file) = Self::file(folder, false) else { return Ok(None) };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                Err(CaptureError::BeingRead { path: folder.to_owned() })
            }
            _ => Ok(Some(file)),
        }
    }

    fn file(folder: &Path, create: bool) -> io::Result<File> {
        let path = folder.join(READERS);
        private::options().read(true).write(true).create(create).truncate(false).open(path)
    }
}

/// Held as long as a capture is written.
#[derive(Debug)]
pub(crate) struct WriterLock {
    held: Option<File>,
    /// Removed when the writing ends.
    companion: Option<PathBuf>,
}

impl WriterLock {
    /// Locks a folder of segments.
    pub fn of_folder(folder: &Path) -> Result<Self, CaptureError> {
        let path = folder.join(FOLDER_LOCK);
        let file = private::options().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(CaptureError::io("create", &path))?;
        hold(&file, folder)?;
        Ok(Self { held: Some(file), companion: None })
    }

    /// Whether the folder's lock is still the one that is held, and not that of a folder which was put in its place.
    pub fn stands(&self, folder: &Path) -> bool {
        let path = folder.join(FOLDER_LOCK);
        self.held.as_ref().is_none_or(|held| change(held, &path, 0, None).is_none())
    }

    /// Locks a single file that is open for writing. Where locks only tell others, the file itself is locked, for as long as
    /// that handle is open. On Windows a lock keeps readers out too, so a companion beside it is locked there.
    pub fn of_file(file: &File, path: &Path) -> Result<Self, CaptureError> {
        if cfg!(not(windows)) {
            hold(file, path)?;
            // A handle of the same opening: it gives the lock back, though the file itself may be open a little longer.
            let held = file.try_clone().map_err(CaptureError::io("lock", path))?;
            return Ok(Self { held: Some(held), companion: None });
        }
        let companion = companion(path);
        let lock = private::options().write(true).create(true).truncate(false).open(&companion);
        let lock = lock.map_err(CaptureError::io("create", &companion))?;
        hold(&lock, path)?;
        Ok(Self { held: Some(lock), companion: Some(companion) })
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // While it is still locked: nobody else can hold it.
        if let Some(companion) = &self.companion
            && let Err(error) = std::fs::remove_file(companion)
        {
            tracing::debug!(%error, path = %companion.display(), "a lock's file stays behind");
        }
        self.held.iter().for_each(|held| drop(held.unlock()));
    }
}

fn companion(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// Takes the lock, or says who has it. Somebody who only asks holds it for a moment.
fn hold(file: &File, of: &Path) -> Result<(), CaptureError> {
    const TRIES: usize = 5;
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!(path = %of.display(), "this file system has no locks");
                return Ok(());
            }
            Err(TryLockError::Error(error)) => return Err(CaptureError::io("lock", of)(error)),
        }
    }
    Err(CaptureError::BeingWritten { path: of.to_owned() })
}

/// Whether somebody, in this program or another one, writes the capture in this folder or file. `false` for what is not there.
pub fn is_being_written(path: &Path) -> bool {
    let lock = if path.is_dir() {
        path.join(FOLDER_LOCK)
    } else if cfg!(windows) {
        companion(path)
    } else {
        path.to_owned()
    };
    // A FIFO or a device would be touched by opening it.
    if !std::fs::metadata(&lock).is_ok_and(|found| found.is_file()) {
        return false;
    }
    File::open(lock)
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
