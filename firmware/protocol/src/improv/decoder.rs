//! Takes packets out of a stream of bytes.

use super::{
    PACKET_MAX, Packet,
    packet::{HEADER, VERSION},
};
use crate::ImprovFault;
use heapless::Vec;

/// What the stream holds next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// Bytes that belong to no packet: the log, or console commands.
    Through(&'a [u8]),
    /// A whole packet.
    Packet(Packet<'a>),
    /// These bytes began like a packet and are none. They end at the first line end, so that what
    /// follows a damaged packet is not lost with it.
    Fault(ImprovFault, &'a [u8]),
}

/// Bytes in, packets and other bytes out: after each [`Decoder::push`] call [`Decoder::next`] until
/// it gives `None`. No allocation; one packet of memory.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    held: Vec<u8, PACKET_MAX>,
    /// How much of `held` the last item was.
    spent: usize,
    /// A packet has just ended: the line end behind it belongs to it.
    after_packet: bool,
}

/// Bytes before the data.
const HEAD_LEN: usize = HEADER.len() + 3;

impl Decoder {
    /// A decoder at the start of a stream.
    pub const fn new() -> Self {
        Self { held: Vec::new(), spent: 0, after_packet: false }
    }

    /// Takes one byte. Items that were not fetched before are still fetched first.
    pub fn push(&mut self, byte: u8) {
        self.settle();
        // Never full here: a full buffer is a packet or a fault, and `next` has emptied it. Should
        // the caller not have fetched, the oldest byte goes.
        if self.held.is_full() {
            self.held.remove(0);
        }
        self.held.push(byte).ok();
    }

    /// What the stream holds next; `None` until more bytes come.
    #[expect(clippy::should_implement_trait, reason = "items borrow the decoder")]
    pub fn next(&mut self) -> Option<Item<'_>> {
        self.settle();
        let same = self.held.iter().zip(HEADER).take_while(|(found, wanted)| found == wanted);
        let matched = same.count();
        if matched < HEADER.len() {
            if matched == self.held.len() {
                return None;
            }
            // No packet starts here; the next may start at the next `I`.
            let through = Self::next_start(&self.held, matched.max(1));
            return self.through(through);
        }
        if self.held.get(HEADER.len()).is_some_and(|version| *version != VERSION) {
            return self.fault(ImprovFault::Version);
        }
        let data_len = usize::from(*self.held.get(HEAD_LEN - 1)?);
        let sum_at = HEAD_LEN + data_len;
        let sum = *self.held.get(sum_at)?;
        let found = self.held.iter().take(sum_at).fold(0u8, |sum, byte| sum.wrapping_add(*byte));
        if found != sum {
            return self.fault(ImprovFault::Checksum);
        }
        self.spent = sum_at + 1;
        self.after_packet = true;
        let kind = *self.held.get(HEAD_LEN - 2)?;
        Some(Item::Packet(Packet::parse(kind, self.held.get(HEAD_LEN..sum_at)?)))
    }

    /// Whether bytes are held back because they may be the start of a packet.
    pub fn is_pending(&self) -> bool {
        self.held.len() > self.spent
    }

    /// Gives up on a packet that stopped in the middle: call it when nothing came for a while (half
    /// a second is plenty), then fetch. Gives what was held back.
    pub fn give_up(&mut self) -> Option<Item<'_>> {
        self.settle();
        if self.held.is_empty() {
            return None;
        }
        if self.held.len() < HEADER.len() {
            return self.through(self.held.len());
        }
        self.fault(ImprovFault::Cut)
    }

    fn through(&mut self, len: usize) -> Option<Item<'_>> {
        self.spent = len;
        self.held.get(..len).map(Item::Through)
    }

    fn fault(&mut self, fault: ImprovFault) -> Option<Item<'_>> {
        let line_end = self.held.iter().skip(HEADER.len()).position(|byte| *byte == b'\n');
        let end = line_end.map_or(self.held.len(), |at| HEADER.len() + at + 1);
        let len = Self::header_before(&self.held, end).unwrap_or(end);
        self.spent = len;
        self.held.get(..len).map(|bytes| Item::Fault(fault, bytes))
    }

    /// Where a packet could start at or after `from`, or the end.
    fn next_start(held: &[u8], from: usize) -> usize {
        let starts = held.iter().skip(from).position(|byte| *byte == HEADER[0]);
        starts.map_or(held.len(), |at| from + at)
    }

    /// Where another header starts before `end`, behind the one at the start. A header that `end`
    /// cuts counts too.
    fn header_before(held: &[u8], end: usize) -> Option<usize> {
        (HEADER.len()..end).find(|at| {
            let rest = held.get(*at..).unwrap_or_default();
            !rest.is_empty() && rest.iter().zip(HEADER).all(|(found, wanted)| found == wanted)
        })
    }

    /// Forgets the last item's bytes, and the line end behind a packet.
    fn settle(&mut self) {
        let spent = core::mem::take(&mut self.spent).min(self.held.len());
        let len = self.held.len();
        self.held.copy_within(spent.., 0);
        self.held.truncate(len - spent);
        if self.after_packet && !self.held.is_empty() {
            self.after_packet = false;
            if self.held.first() == Some(&b'\n') {
                self.held.remove(0);
            }
        }
    }
}
