//! Raw pcapng blocks: their numbers, and a scanner that walks a growing capture block by block.
//!
//! Facts from draft-ietf-opsawg-pcapng (section 4) and, for the exported-PDU tags, Wireshark's `exported_pdu_tlvs.h`.

use std::ops::Range;

use super::damage::Damage;
use super::source::Source;

/// Section Header Block.
pub(super) const SECTION: u32 = 0x0A0D_0D0A;
/// Interface Description Block.
pub(super) const INTERFACE: u32 = 1;
/// Enhanced Packet Block.
pub(super) const PACKET: u32 = 6;
/// Byte-order magic of a section, as it reads in its own byte order.
pub(super) const BYTE_ORDER: u32 = 0x1A2B_3C4D;
/// LINKTYPE_WIRESHARK_UPPER_PDU.
pub(super) const LINK_TYPE: u16 = 252;
/// `if_tsresol`: ten to the minus nine seconds.
pub(super) const RESOLUTION: u8 = 9;
/// Block type, total length, trailing total length.
pub(super) const FRAME: usize = 12;
/// Interface, time stamp, captured and original length: what follows the first 8 bytes of a packet block.
pub(super) const PACKET_FIXED: usize = 20;

/// Packet blocks above this are damage: Wireshark itself refuses packets above 256 KiB, and we write less.
const LARGEST_PACKET: u32 = 1 << 20;
/// Any other block above this is damage rather than something to skip.
pub(super) const LARGEST_BLOCK: u32 = 64 << 20;
const SMALLEST_READ: usize = 16 << 10;
const LARGEST_READ: usize = 256 << 10;

/// Option codes. Those above `END` belong to the block they stand in.
pub(super) mod option {
    pub const END: u16 = 0;
    pub const COMMENT: u16 = 1;
    pub const PACKET_FLAGS: u16 = 2;
    pub const PACKET_ID: u16 = 5;
    pub const PACKET_QUEUE: u16 = 6;
    pub const INTERFACE_DESCRIPTION: u16 = 3;
    pub const INTERFACE_RESOLUTION: u16 = 9;
    pub const SECTION_APPLICATION: u16 = 4;
}

/// Reads a little-endian number; `None` outside of `bytes`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(field.try_into().ok()?))
}

/// Reads a little-endian number; `None` outside of `bytes`.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(field.try_into().ok()?))
}

/// The options in `bytes`, as code and value; ends at the end mark or the first one that does not fit.
pub(super) fn options(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let code = u16_at(bytes, 0).filter(|code| *code != option::END)?;
        let length = usize::from(u16_at(bytes, 2)?);
        let value = bytes.get(4..4 + length)?;
        bytes = bytes.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
        Some((code, value))
    })
}

/// A block the scanner stands on; its bytes are [`Blocks::bytes`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub kind: u32,
    pub position: u64,
    pub length: usize,
}

/// Walks the blocks of a source with buffered reads. Stops at its end, or before a torn last block, and goes on from there
/// when the source has grown; steps over damage and holes to the next place that looks like a block of ours.
///
/// Whatever the source holds, it reads and inspects each byte a few times at most: what claims to be a long block is read
/// only when its end agrees.
pub(super) struct Blocks<'s> {
    source: &'s dyn Source,
    buffer: Vec<u8>,
    /// Position of `buffer[0]`.
    base: u64,
    filled: usize,
    /// The source had nothing behind the buffer when it was filled.
    short: bool,
    read_size: usize,
    /// Where the next block begins.
    next: u64,
    pub damage: Option<Damage>,
}

impl<'s> Blocks<'s> {
    pub fn new(source: &'s dyn Source, at: u64) -> Self {
        let next = at.max(source.extent().start);
        Self {
            source,
            buffer: Vec::new(),
            base: next,
            filled: 0,
            short: false,
            read_size: SMALLEST_READ,
            next,
            damage: None,
        }
    }

    /// Where the next block begins.
    pub const fn position(&self) -> u64 {
        self.next
    }

    /// The bytes of a block that [`Self::next`] has just given.
    pub fn bytes(&self, block: Block) -> &[u8] {
        let start = usize::try_from(block.position.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let end = start.saturating_add(block.length).min(self.filled);
        self.buffer.get(start..end).unwrap_or_default()
    }

    /// The next whole block; for kinds other than those of a capture of ours only its first bytes are read.
    pub fn next(&mut self) -> Option<Block> {
        loop {
            let verdict = self.examine(self.next);
            if let BlockCheck::Whole(block) = verdict {
                self.next = block.position + block.length as u64;
                return Some(block);
            }
            let Range { start, end } = self.source.extent();
            if start > self.next {
                // Retention was faster than we are; a segment begins with a block.
                self.next = start;
                continue;
            }
            if self.next >= end {
                return None;
            }
            let (what, from) = match verdict {
                BlockCheck::Damaged(what) => (what, self.next + 1),
                _ => ("missing", self.next),
            };
            let intact = self.find_intact(from)?;
            if intact > self.next {
                let skipped = intact - self.next;
                let new = Damage { at: self.next, what, skipped, places: 1 };
                self.damage = Some(self.damage.map_or(new, |damage| damage.and(new)));
                self.next = intact;
            }
        }
    }

    /// Looks at what stands at `at` without moving.
    fn examine(&mut self, at: u64) -> BlockCheck {
        let Some(head) = self.window(at, 8) else { return BlockCheck::End };
        let (Some(kind), Some(length)) = (u32_at(head, 0), u32_at(head, 4)) else {
            return BlockCheck::End;
        };
        if length % 4 != 0 || (length as usize) < FRAME || length > LARGEST_BLOCK {
            return BlockCheck::Damaged("impossible block length");
        }
        let ours = matches!(kind, PACKET | SECTION | INTERFACE);
        if ours && length > LARGEST_PACKET {
            return BlockCheck::Damaged("impossible packet length");
        }
        let block = Block { kind, position: at, length: length as usize };
        match self.trailer(at + u64::from(length) - 4) {
            // A source ends after a whole block, so this is a wrong length or a torn end; an intact block further on tells.
            None => BlockCheck::Damaged("block longer than the capture"),
            Some(again) if again != length => BlockCheck::Damaged("block lengths disagree"),
            Some(_) if ours && self.window(at, block.length).is_none() => {
                BlockCheck::Damaged("block with a hole")
            }
            Some(_) => BlockCheck::Whole(block),
        }
    }

    /// The number at `at`, which may be far ahead: that alone is no reason to read what is in between.
    fn trailer(&self, at: u64) -> Option<u32> {
        let in_buffer = at.checked_sub(self.base).and_then(|it| usize::try_from(it).ok());
        if let Some(at) = in_buffer.filter(|at| at.saturating_add(4) <= self.filled) {
            return u32_at(&self.buffer, at);
        }
        let mut field = [0; 4];
        (self.source.read_at(at, &mut field) == field.len()).then(|| u32::from_le_bytes(field))
    }

    /// The first place from `at` on where a section or a packet of ours stands whole.
    ///
    /// The buffer moves on by a megabyte at a time, and has the largest block behind every place that is looked at.
    fn find_intact(&mut self, mut at: u64) -> Option<u64> {
        const WINDOW: usize = 2 * LARGEST_PACKET as usize;
        const LARGEST: usize = LARGEST_PACKET as usize;
        loop {
            // Where nothing was ever written, nothing of ours stands; a block of ours begins with data.
            at = self.source.next_data(at);
            let inside = at.checked_sub(self.base).and_then(|it| usize::try_from(it).ok());
            let mut from = match inside.filter(|from| *from <= self.filled) {
                Some(from) if self.short || self.filled - from > LARGEST => from,
                _ => {
                    self.refill(at, WINDOW);
                    0
                }
            };
            let bytes = &self.buffer[..self.filled];
            // What is too near to the end of the buffer is looked at when more has been read.
            let until = if self.short { bytes.len() } else { bytes.len().saturating_sub(LARGEST) };
            while let Some(found) = memchr::memchr2(PACKET_BYTE, SECTION_BYTE, &bytes[from..]) {
                if from + found >= until {
                    break;
                }
                if is_intact(&bytes[from + found..]) {
                    return Some(self.base + (from + found) as u64);
                }
                from += found + 1;
            }
            at = self.base + until as u64;
            if self.short {
                if self.source.read_at(at, &mut [0]) == 0 {
                    at = self.source.after_hole(at)?;
                }
                self.short = false;
            }
        }
    }

    /// `length` bytes from `at`, read when they are not in the buffer; `None` when the source does not have them (yet).
    fn window(&mut self, at: u64, length: usize) -> Option<&[u8]> {
        let inside = |base: u64, filled: usize| {
            let start = usize::try_from(at.checked_sub(base)?).ok()?;
            (start.checked_add(length)? <= filled).then_some(start)
        };
        if inside(self.base, self.filled).is_none() {
            self.refill(at, length.max(self.read_size));
            self.read_size = (self.read_size * 4).min(LARGEST_READ);
        }
        let start = inside(self.base, self.filled)?;
        self.buffer.get(start..start + length)
    }

    /// Makes the buffer begin at `at` and have `size` bytes, keeping what it already has from there on.
    fn refill(&mut self, at: u64, size: usize) {
        let kept = match at.checked_sub(self.base).and_then(|skip| usize::try_from(skip).ok()) {
            Some(skip) if skip <= self.filled => {
                self.buffer.copy_within(skip..self.filled, 0);
                self.filled - skip
            }
            _ => 0,
        };
        let size = size.max(kept);
        if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
        self.base = at;
        let read = self.source.read_at(at + kept as u64, &mut self.buffer[kept..size]);
        self.filled = kept + read.min(size - kept);
        self.short = self.filled < size;
    }
}

/// The first bytes of the blocks that are looked for behind damage.
const PACKET_BYTE: u8 = PACKET.to_le_bytes()[0];
const SECTION_BYTE: u8 = SECTION.to_le_bytes()[0];

/// Whether a section or packet of ours begins here and is whole.
fn is_intact(bytes: &[u8]) -> bool {
    let (Some(kind), Some(length)) = (u32_at(bytes, 0), u32_at(bytes, 4)) else { return false };
    let possible = length % 4 == 0 && length as usize >= FRAME && length <= LARGEST_PACKET;
    matches!(kind, SECTION | PACKET)
        && possible
        && u32_at(bytes, length as usize - 4) == Some(length)
}

impl std::fmt::Debug for Blocks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks").field("next", &self.next).field("damage", &self.damage).finish()
    }
}

enum BlockCheck {
    Whole(Block),
    /// There are not enough bytes (yet).
    End,
    Damaged(&'static str),
}
