//! The latest bytes of a stream.

use std::ops::Range;

/// The latest bytes of a stream, by their place in it: at least as many as a match can have, and the one before them.
#[derive(Clone, Debug)]
pub struct HeldBytes {
    bytes: Vec<u8>,
    /// The place of the first of them.
    begin: u64,
    longest: usize,
}

impl Default for HeldBytes {
    fn default() -> Self {
        Self::new(Self::LONGEST)
    }
}

impl HeldBytes {
    /// Bytes that a match can have; a longer one is none.
    pub const LONGEST: usize = 16 * 1024;

    /// Nothing yet; matches can be as long as this, in bytes.
    pub const fn new(longest: usize) -> Self {
        Self { bytes: Vec::new(), begin: 0, longest }
    }

    /// Adds what came, at most [`longest`](Self::longest) bytes at once; what is too long ago is let go. Cursors that are
    /// not at the end then have missed it.
    pub fn push(&mut self, bytes: &[u8]) {
        let keep = self.longest + 1;
        if self.bytes.len() > 2 * keep {
            let gone = self.bytes.len() - keep;
            self.bytes.drain(..gone);
            self.begin += gone as u64;
        }
        self.bytes.extend(bytes);
    }

    /// The place behind the last byte.
    pub const fn end(&self) -> u64 {
        self.begin + self.bytes.len() as u64
    }

    /// How many bytes a match can have.
    pub const fn longest(&self) -> usize {
        self.longest
    }

    /// The earliest place where a match that ends at `end` can begin: behind `since`, and within reach.
    pub(super) fn window(&self, since: u64, end: u64) -> u64 {
        since.max(end.saturating_sub(self.longest as u64)).max(self.begin)
    }

    /// All that is held up to a place, and where another place stands in it.
    pub(super) fn until(&self, end: u64, place: u64) -> (&[u8], usize) {
        let end = self.index(end);
        (&self.bytes[..end], self.index(place).min(end))
    }

    /// The byte before a place; `None` at the beginning of the stream.
    pub(super) fn before(&self, place: u64) -> Option<u8> {
        self.index(place).checked_sub(1).and_then(|at| self.bytes.get(at).copied())
    }

    /// The bytes between two places, as far as they are held.
    pub fn between(&self, places: Range<u64>) -> &[u8] {
        let (start, end) = (self.index(places.start), self.index(places.end));
        self.bytes.get(start..end).unwrap_or_default()
    }

    fn index(&self, place: u64) -> usize {
        usize::try_from(place.saturating_sub(self.begin))
            .unwrap_or(usize::MAX)
            .min(self.bytes.len())
    }
}
