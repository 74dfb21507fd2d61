//! The capture as bytes: pcapng blocks in, records out. Files belong to the engine.

use std::ops::Range;

/// Random access to a capture that may still grow: what the engine's files look like to a view.
///
/// Offsets are [`crate::record::Position`]s: they count over all segments from the first byte ever written, so they stay
/// true when retention lets the oldest segment go.
pub trait Source: Send + Sync {
    /// Which bytes there are: from the oldest kept to the last published. Always ends after a whole block.
    fn extent(&self) -> Range<u64>;

    /// Fills `into` from `at`; returns how many bytes were there (fewer at the end, none outside the extent).
    fn read_at(&self, at: u64, into: &mut [u8]) -> usize;
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
