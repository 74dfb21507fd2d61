//! Whether what was given to be sent was taken by the system: the sender keeps a [`UnsentCounter`], its pieces carry receipts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::part::Part;

/// What did not get sent of all that was given away with a receipt of this counter.
#[derive(Clone, Debug, Default)]
pub struct UnsentCounter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    bytes: AtomicU64,
    receipts: AtomicU64,
}

impl UnsentCounter {
    /// A receipt for something that is sent as a whole.
    pub fn receipt(&self) -> Receipt {
        Receipt(Arc::new(Missing { counts: Arc::clone(&self.0), bytes: AtomicU64::new(0) }))
    }

    /// How many bytes the system did not take, of all that is not on its way any more.
    pub fn missed_bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Acquire)
    }

    /// Whether none of what carries its receipts is on its way any more: what was missed is known.
    pub fn is_settled(&self) -> bool {
        let settled = Arc::strong_count(&self.0) == 1;
        // What the last one wrote down before it let go is seen.
        std::sync::atomic::fence(Ordering::Acquire);
        settled
    }

    /// How many receipts lack any.
    pub fn missed(&self) -> u64 {
        self.0.receipts.load(Ordering::Acquire)
    }
}

/// Goes with bytes to each connection that gets them, in one piece or in several; counted when the last copy is gone.
#[derive(Clone, Debug)]
pub struct Receipt(Arc<Missing>);

#[derive(Debug)]
struct Missing {
    counts: Arc<Counts>,
    bytes: AtomicU64,
}

impl Receipt {
    /// So many bytes will not be sent, to one connection at least. Of several connections that lack some, the one that lacks
    /// most counts.
    pub fn miss(&self, bytes: usize) {
        self.0.bytes.fetch_max(bytes as u64, Ordering::AcqRel);
    }
}

impl Drop for Missing {
    fn drop(&mut self) {
        let bytes = *self.bytes.get_mut();
        if bytes > 0 {
            self.counts.bytes.fetch_add(bytes, Ordering::AcqRel);
            self.counts.receipts.fetch_add(1, Ordering::AcqRel);
        }
    }
}

/// Bytes on their way to one connection. What is left of it when it is dropped was missed.
#[derive(Debug)]
pub struct Piece {
    bytes: Arc<[u8]>,
    taken: usize,
    /// Nothing more is to be done with it.
    done: bool,
    receipt: Option<Receipt>,
}

impl Piece {
    /// None of it is sent yet.
    pub const fn new(bytes: Arc<[u8]>, receipt: Option<Receipt>) -> Self {
        Self { bytes, taken: 0, done: false, receipt }
    }

    /// What is not sent yet.
    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// The first so many bytes of the rest.
    pub(crate) fn part(&self, bytes: usize) -> Part<'_> {
        Part::of(&self.bytes, self.taken..self.taken + bytes)
    }

    /// The system took so many bytes of the rest.
    pub fn take(&mut self, bytes: usize) {
        self.taken += bytes;
        self.done = self.taken >= self.bytes.len();
    }

    /// The system will not take the rest: it is missed.
    pub const fn give_up(&mut self) {
        self.done = true;
    }

    /// Whether nothing more is to be done with it. A datagram without bytes is sent, too.
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// The piece was not accepted, and stays with whoever gave it.
    pub(crate) fn give_back(&mut self) {
        self.receipt = None;
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if let Some(receipt) = &self.receipt {
            receipt.miss(self.rest().len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(receipt: &Receipt, length: usize) -> Piece {
        Piece::new(vec![7; length].into(), Some(receipt.clone()))
    }

    #[test]
    fn what_is_dropped_on_the_way_is_missed_and_counted_once() {
        let unsent = UnsentCounter::default();
        let receipt = unsent.receipt();
        let (mut whole, mut part, none) =
            (piece(&receipt, 10), piece(&receipt, 10), piece(&receipt, 10));
        drop(receipt);
        whole.take(10);
        drop(whole);
        part.take(4);
        drop(part);
        assert_eq!(unsent.missed_bytes(), 0, "one is on its way");
        assert!(!unsent.is_settled());
        drop(none);
        assert!(unsent.is_settled());
        assert_eq!((unsent.missed_bytes(), unsent.missed()), (10, 1));
        let mut refused = piece(&unsent.receipt(), 5);
        refused.give_back();
        drop(refused);
        assert_eq!((unsent.missed_bytes(), unsent.missed()), (10, 1));
    }
}
