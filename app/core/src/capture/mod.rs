//! The capture as bytes: pcapng blocks in, records out. Files belong to the engine.
//!
//! A capture is one or more pcapng sections one after the other, each with one interface (link type
//! `LINKTYPE_WIRESHARK_UPPER_PDU`, time stamps in nanoseconds). One record is one Enhanced Packet Block: exported-PDU tags
//! for the addresses, the payload, `epb_flags` for the direction and `epb_queue` for the [`PeerId`](crate::PeerId); in the
//! capture of a timeline also `epb_packetid`, which pcapng has for one packet seen in two captures. An event is a packet without payload whose comment is the event's text form. So a capture opens in Wireshark as it is, and
//! every record can be read without the ones before it.

mod backward;
mod block;
mod cursor;
mod encode;
mod pdu;
mod record;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::ops::Range;

pub use backward::block_before;
pub use cursor::Cursor;
pub use encode::{Encoder, LARGEST_PAYLOAD, file_header};
pub use record::{Record, RecordBody};

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

/// The two ends of a connection, kept with each of its records for Wireshark's sake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Our end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
}

/// Bytes of a capture that are no blocks: a damaged disk, a file edited by hand, a segment that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where the first damage is.
    pub at: u64,
    /// What is wrong there.
    pub what: &'static str,
    /// How many bytes were passed over, there and later.
    pub skipped: u64,
    /// In how many places.
    pub places: u64,
}

impl Damage {
    /// Both; the earlier one is the first.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let first = if other.at < self.at { other } else { self };
        Self {
            skipped: self.skipped.saturating_add(other.skipped),
            places: self.places.saturating_add(other.places),
            ..first
        }
    }
}

/// Whether a source begins as our captures do (a section in little-endian order with an interface of ours), so that a
/// [`Cursor`] can read it. Looks at its first megabytes at most.
pub fn is_capture(source: &dyn Source) -> bool {
    cursor::begins_as_ours(&SourcePrefix(source))
}

/// Whether there are records of ours at the beginning of a source although its very first bytes are damaged. To be asked
/// before reading it, not before writing to it: a file of another kind may have a capture in it.
pub fn is_damaged_capture(source: &dyn Source) -> bool {
    cursor::has_record_of_ours(&SourcePrefix(source))
}

/// The first part of a source, so that a file of another kind is not searched to its end.
struct SourcePrefix<'s>(&'s dyn Source);

impl Source for SourcePrefix<'_> {
    fn extent(&self) -> Range<u64> {
        const LOOKED_AT: u64 = 4 << 20;
        let Range { start, end } = self.0.extent();
        start..end.min(start.saturating_add(LOOKED_AT))
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let rest = self.extent().end.saturating_sub(at);
        let count = usize::try_from(rest).unwrap_or(usize::MAX).min(into.len());
        self.0.read_at(at, &mut into[..count])
    }
}

/// Where the last whole block ends, walking from the block boundary `from`: what a writer cuts a torn file to.
pub fn intact_end(source: &dyn Source, from: u64) -> u64 {
    let mut blocks = block::Blocks::new(source, from);
    while blocks.next().is_some() {}
    blocks.position()
}
