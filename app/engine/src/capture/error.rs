//! What can go wrong with a capture's files.

use std::io;
use std::path::{Path, PathBuf};

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
    /// An earlier write failed halfway and the disk does not let us take it back, so nothing is written behind it.
    #[error("{} cannot be repaired after an earlier error: {source}", path.display())]
    Closed {
        /// The segment.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The capture was deleted while something was still to be written.
    #[error("the capture was deleted: start the session again")]
    Deleted,
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
