//! A capture as it was at one moment: what a save writes, however the capture goes on.

use std::ops::Range;
use std::sync::Arc;

use espalier_core::capture::Source;

/// A source that does not grow; retention may still take from its beginning.
pub(super) struct SourceSnapshot {
    source: Arc<dyn Source>,
    end: u64,
}

impl SourceSnapshot {
    pub fn of(source: Arc<dyn Source>) -> Self {
        let end = source.extent().end;
        Self { source, end }
    }
}

impl Source for SourceSnapshot {
    fn extent(&self) -> Range<u64> {
        self.source.extent().start.min(self.end)..self.end
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let rest = usize::try_from(self.end.saturating_sub(at)).unwrap_or(usize::MAX);
        let count = rest.min(into.len());
        self.source.read_at(at, &mut into[..count])
    }
    fn after_hole(&self, at: u64) -> Option<u64> {
        self.source.after_hole(at).filter(|beyond| *beyond < self.end)
    }

    fn next_data(&self, at: u64) -> u64 {
        self.source.next_data(at).min(self.end)
    }
}
