//! What can go wrong with a capture's files.

use std::io;
use std::path::{Path, PathBuf};

use super::FileChange;

/// Why a capture could not be opened or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The disk, or the user's share of it, is full. Nothing of the record was kept; earlier ones are whole.
    #[error("no space left to write {}: free some space, then start again", path.display())]
    Full {
        /// The segment.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not a capture of ours.
    #[error("{} is not a capture: expected a pcapng file of exported PDUs, as Espalier writes it", path.display())]
    NotACapture {
        /// The file.
        path: PathBuf,
    },
    /// What the path leads to is no plain file: a folder, a device, a pipe.
    #[error("{} is not a plain file: choose another name", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The file holds something else, which would be lost.
    #[error("{} exists and is not a capture of Espalier: choose another name", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another session, window or program writes this capture.
    #[error("{} is being written by another window or program: end that one, or choose another name", path.display())]
    BeingWritten {
        /// The folder or file.
        path: PathBuf,
    },
    /// A session, window or program looks at this capture.
    #[error("{} is open in a tab of this or another window: close that first", path.display())]
    BeingRead {
        /// The folder.
        path: PathBuf,
    },
    /// Somebody took away the file while it was written.
    #[error("the capture {} {change}: start again", path.display())]
    Lost {
        /// The file.
        path: PathBuf,
        /// What became of it.
        change: FileChange,
    },
    /// An earlier write failed halfway and the disk does not let us take it back, so nothing is written behind it.
    #[error("{} cannot be repaired after an earlier error: {source}", path.display())]
    Closed {
        /// The segment.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The capture was deleted or its writing was ended while something was still to be written.
    #[error("the capture was deleted or closed: start the session again")]
    Deleted,
    /// Looking through it was given up.
    #[error("cancelled")]
    Cancelled,
    /// Anything else the file system refuses.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl CaptureError {
    /// Names what was tried with which file; for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::Full { path, source },
            _ => Self::Io { action, path, source },
        }
    }
}
