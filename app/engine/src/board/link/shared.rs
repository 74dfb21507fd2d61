//! What the thread of a link and its handle share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use espalier_core::board::BoardStatus;
use parking_lot::Mutex;

/// What the thread and the handle share.
#[derive(Debug, Default)]
pub struct LinkShared {
    /// As it was published last.
    pub status: Mutex<Arc<BoardStatus>>,
    /// The link is to be closed.
    pub closing: AtomicBool,
    /// Flashing is to end at its next block.
    pub cancel_flash: AtomicBool,
    /// Bytes that wait to be sent.
    pub queued: AtomicU64,
}
