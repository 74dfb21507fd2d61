//! A capture as bytes that can be read at any place.

use std::ops::Range;

use crate::Progress;

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

    /// How many bytes stand behind the extent and are no whole block: a record that was cut off.
    fn torn(&self) -> u64 {
        0
    }
}

/// A source that is looked through from one place to another, which takes its time: how far that is can be seen, and there is
/// nothing more of it when nobody wants it any longer.
pub struct WatchedSource<'a> {
    source: &'a dyn Source,
    places: Range<u64>,
    progress: &'a Progress,
}

impl<'a> WatchedSource<'a> {
    /// One of which these places are read.
    pub const fn new(source: &'a dyn Source, places: Range<u64>, progress: &'a Progress) -> Self {
        Self { source, places, progress }
    }
}

impl std::fmt::Debug for WatchedSource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WatchedSource").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Source for WatchedSource<'_> {
    fn extent(&self) -> Range<u64> {
        self.source.extent()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let Range { start, end } = self.places;
        self.progress.set(at.saturating_sub(start), end.saturating_sub(start));
        if self.progress.is_cancelled() { 0 } else { self.source.read_at(at, into) }
    }

    fn after_hole(&self, at: u64) -> Option<u64> {
        self.source.after_hole(at)
    }

    fn next_data(&self, at: u64) -> u64 {
        self.source.next_data(at)
    }

    fn torn(&self) -> u64 {
        self.source.torn()
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
