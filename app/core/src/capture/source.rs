//! A capture as bytes that can be read at any place.

use std::ops::Range;

/// Random access to a capture that may still grow: what the engine's files look like to a view.
///
/// Offsets are [`crate::Position`]s: they count over all segments from the first byte ever written, so they stay
/// true when retention lets the oldest segment go.
pub trait Source: Send + Sync {
    /// Which bytes there are: from the oldest kept to the last published. Always ends after a whole block.
    fn extent(&self) -> Range<u64>;

    /// Fills `into` from `at`; returns how many bytes were there (fewer at the end, none outside the extent).
    fn read_at(&self, at: u64, into: &mut [u8]) -> usize;

    /// Where bytes go on when there are none at `at`, although the extent has it: a part of the capture is gone, such as a
    /// segment that somebody deleted. `None`: they are there, or cannot be read just now.
    fn after_hole(&self, at: u64) -> Option<u64> {
        let _ = at;
        None
    }

    /// The first place from `at` on that may hold anything but zeros. What a file system knows never to have been written (a
    /// sparse file) need not be looked through; a source that cannot tell gives `at`.
    fn next_data(&self, at: u64) -> u64 {
        at
    }
}

impl Source for Vec<u8> {
    fn extent(&self) -> Range<u64> {
        0..self.len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let rest = usize::try_from(at).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        count
    }
}
