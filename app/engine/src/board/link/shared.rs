//! What the thread of a link and its handle share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use espalier_core::board::BoardStatus;
use espalier_core::session::SerialSpec;
use parking_lot::Mutex;

/// What the thread and the handle share.
#[derive(Debug, Default)]
pub struct LinkShared {
    /// As it was published last.
    pub status: Mutex<Arc<BoardStatus>>,
    /// The specification that was asked for last, until the thread takes it.
    pub settings: Mutex<Option<SerialSpec>>,
    /// The link is to be closed.
    pub closing: AtomicBool,
    /// Who asked to flash, and who to cancel that.
    pub flashes: FlashOrders,
    /// Bytes that wait to be sent.
    pub queued: AtomicU64,
    /// Bytes in the queue of the thread, which it has not taken yet.
    pub handed_over: AtomicU64,
}

impl LinkShared {
    /// Whether the link is to be closed.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }
}

/// Orders to flash, numbered from 1 as they are queued: a cancellation means those that were given before it, begun or not,
/// and none after it.
#[derive(Debug, Default)]
pub struct FlashOrders {
    given: Mutex<u64>,
    cancelled: AtomicU64,
}

impl FlashOrders {
    /// Gives an order by `queue`; it is counted if that succeeds.
    ///
    /// # Errors
    /// Those of `queue`.
    pub fn give<E>(&self, queue: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut given = self.given.lock();
        queue()?;
        *given += 1;
        Ok(())
    }

    /// All flashing that was asked for so far is to end at its next block, or not to begin.
    pub fn cancel(&self) {
        self.cancelled.store(*self.given.lock(), Ordering::Release);
    }

    /// Whether the flashing of this number is to end.
    pub fn is_cancelled(&self, number: u64) -> bool {
        number <= self.cancelled.load(Ordering::Acquire)
    }

    /// Whether all that was asked for is to end.
    pub fn are_all_cancelled(&self) -> bool {
        self.is_cancelled(*self.given.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancellation_means_what_was_asked_for_before_it_and_nothing_after_it() {
        let orders = FlashOrders::default();
        let order = || orders.give(|| Ok::<(), ()>(())).unwrap();
        order();
        assert!(!orders.is_cancelled(1));
        orders.cancel();
        assert!(orders.is_cancelled(1), "it was cancelled before it began");
        order();
        assert!(!orders.is_cancelled(2), "it was asked for after that");
        assert_eq!(orders.give(|| Err("full")), Err("full"));
        orders.cancel();
        assert!(orders.is_cancelled(2) && orders.are_all_cancelled());
        assert!(!orders.is_cancelled(3), "one that was refused is not counted");
    }
}
