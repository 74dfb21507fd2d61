//! What the thread of a link and its handle share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use espalier_core::board::BoardStatus;
use parking_lot::Mutex;

/// What the thread and the handle share.
#[derive(Debug, Default)]
pub struct LinkShared {
    /// As it was published last.
    pub status: Mutex<Arc<BoardStatus>>,
    /// The link is to be closed.
    pub closing: AtomicBool,
    /// How often flashing was asked for.
    pub flashes: AtomicU64,
    /// Flashing that was asked for up to this number is to end at its next block, or not to begin.
    pub cancelled: AtomicU64,
    /// Bytes that wait to be sent.
    pub queued: AtomicU64,
}

impl LinkShared {
    /// All flashing that was asked for so far is to end.
    pub fn cancel_flashing(&self) {
        self.cancelled.store(self.flashes.load(Ordering::Acquire), Ordering::Release);
    }

    /// Whether the flashing of this number, counted from 1, is to end.
    pub fn is_cancelled(&self, number: u64) -> bool {
        number <= self.cancelled.load(Ordering::Acquire)
    }
}
