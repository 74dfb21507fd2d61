//! The capture as bytes: pcapng blocks in, records out. Files belong to the engine.
//!
//! A capture is one or more pcapng sections one after the other, each with one interface (link type
//! `LINKTYPE_WIRESHARK_UPPER_PDU`, time stamps in nanoseconds). One record is one Enhanced Packet Block: exported-PDU tags
//! for the addresses, the payload, `epb_flags` for the direction and `epb_queue` for the [`PeerId`](crate::PeerId); in the
//! capture of a timeline also `epb_packetid`, which pcapng has for one packet seen in two captures. An event is a packet without payload whose comment is the event's text form;
//! without a comment it is an empty datagram. Datagrams are told from streams by the exported PDU's port type. So a capture opens in Wireshark as it is, and
//! every record can be read without the ones before it.

mod backward;
mod block;
mod clock;
mod cursor;
mod damage;
mod encode;
mod pdu;
mod record;
mod source;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use backward::block_before;
pub use clock::StampClock;
pub use cursor::Cursor;
pub use damage::Damage;
pub use encode::{Encoder, LARGEST_PAYLOAD, file_header, file_header_saying, payloads};
pub use record::{Endpoints, Record, RecordBody, TransportProtocol};
pub use source::{Source, WatchedSource};

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
