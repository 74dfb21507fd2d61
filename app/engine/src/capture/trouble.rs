//! What befalls a capture while it is written and does not end it.

use std::path::PathBuf;

use espalier_core::{Sentence, say};

use super::FileChange;

/// Something its readers should know. It goes on all the same, where it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureTrouble {
    /// Other programs did something to the file that was being written.
    Lost {
        /// The file.
        path: PathBuf,
        /// What became of it.
        change: FileChange,
    },
    /// The disk did not confirm what was written: it may be gone after a power cut.
    NotSynced {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: String,
    },
    /// A record at the end was torn, by a crash or a full disk, and was cut.
    Torn {
        /// The file.
        path: PathBuf,
        /// Bytes that were cut.
        bytes: u64,
    },
    /// No new segment can be made, so the newest grows beyond its size.
    NoSegment {
        /// Why.
        error: String,
    },
}

impl CaptureTrouble {
    /// One sentence for the log.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Lost { path, change: FileChange::Deleted } => say!(
                "note-capture-deleted",
                "the capture's file was deleted by another program, and what stood in it is gone: {path}",
                path = path.display(),
            ),
            Self::Lost { path, change: FileChange::Truncated } => say!(
                "note-capture-truncated",
                "the capture's file was cut or overwritten by another program, and some of what stood in it is gone: {path}",
                path = path.display(),
            ),
            Self::Lost { path, change: FileChange::Replaced } => say!(
                "note-capture-replaced",
                "the capture's file was replaced by another program, and what stood in it is gone: {path}",
                path = path.display(),
            ),
            Self::NotSynced { path, error } => say!(
                "note-capture-not-synced",
                "the disk does not confirm what was written to {path}: {error}",
                path = path.display(),
                error = error,
            ),
            Self::Torn { path, bytes } => say!(
                "note-capture-torn",
                "{bytes} bytes of a record that was never finished were cut from the end of {path}",
                bytes = bytes,
                path = path.display(),
            ),
            Self::NoSegment { error } => say!(
                "note-capture-no-segment",
                "the capture goes on in the same file, because no new one can be made: {error}",
                error = error,
            ),
        }
    }
}
