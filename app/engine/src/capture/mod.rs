//! Captures on disk: what happened in a session, never altered.
//!
//! [`Capture`] is written by a session and read by any number of views at the same time; [`SavedCapture`] is a file to look
//! at. Bytes are with the operating system when an append returns, so the end of this process loses none of them; a torn
//! last block, after a full disk or a power cut, is taken back by the writer or passed over by readers. One thread looks
//! after all captures that are written: it has the disk take what was written, and sees what other programs do to the files.

mod delete;
mod error;
mod file_change;
mod files;
pub mod foreign;
mod limits;
mod live;
mod lock;
mod maintenance;
mod notify;
mod open_segment;
mod positioned;
mod saved;
mod scratch;
mod segment;
mod segments;
mod shared;
mod single;
mod spare_segment;
mod summary;
mod sync;
#[cfg(test)]
mod tests;
mod trouble;
mod writer;

use crate::private;

/// How far it was written to log files, in the folder of a capture.
pub const LOG_MARK: &str = "log-file";

pub use delete::delete;
pub use error::CaptureError;
pub use file_change::FileChange;
pub use limits::CaptureLimits;
pub use live::Capture;
pub(crate) use lock::WriterLock;
pub use lock::is_being_written;
pub use notify::Subscription;
pub use saved::SavedCapture;
pub use scratch::ScratchCapture;
pub use summary::CaptureSummary;
pub use sync::set_sync_policy;
use sync::sync_policy;
pub use trouble::CaptureTrouble;
