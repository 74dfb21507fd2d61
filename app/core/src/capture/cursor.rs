//! Reading a capture record by record.

use super::block::{
    self, BYTE_ORDER, Block, Blocks, INTERFACE, LINK_TYPE, PACKET, PACKET_FIXED, RESOLUTION,
    SECTION, option, u16_at, u32_at,
};
use super::damage::Damage;
use super::pdu;
use super::record::{Record, RecordBody};
use super::source::Source;
use crate::session::SessionEvent;
use crate::{Direction, Origin, PeerId, Position, Timestamp};

/// Reads records one after the other from any block boundary on, with few large reads and without an allocation for each.
///
/// A cursor never fails: blocks that are not ours are passed over, damage is stepped over and told by [`Cursor::damage`].
/// At the end [`Cursor::next`] gives `None` and may be asked again when the source has grown.
#[derive(Debug)]
pub struct Cursor<'s> {
    blocks: Blocks<'s>,
    /// Interfaces of the current section seen so far, and the one of them that is ours.
    interfaces: u32,
    ours: u32,
    cut: u64,
}

impl<'s> Cursor<'s> {
    /// A cursor before the record at `from` (or the oldest kept one, if that is later), which must be where a record, or
    /// the capture, begins.
    pub fn new(source: &'s dyn Source, from: Position) -> Self {
        Self { blocks: Blocks::new(source, from.0), interfaces: 1, ours: 0, cut: 0 }
    }

    /// Where the next record is looked for.
    pub const fn position(&self) -> Position {
        Position(self.blocks.position())
    }

    /// The first damage met, if any, and how many bytes were passed over because of damage.
    pub const fn damage(&self) -> Option<Damage> {
        self.blocks.damage
    }

    /// How many records so far have less than there was, because whoever wrote them kept only the beginning of each packet
    /// (a snapshot length). We never do.
    pub const fn cut(&self) -> u64 {
        self.cut
    }

    /// The next record; `None` at the end of the capture.
    #[expect(clippy::should_implement_trait, reason = "a record borrows the cursor's buffer")]
    pub fn next(&mut self) -> Option<Record<'_>> {
        let (block, layout) = self.advance()?;
        let bytes = self.blocks.bytes(block);
        let payload = bytes.get(layout.payload.0..layout.payload.1).unwrap_or_default();
        let mut record = Record {
            position: Position(block.position),
            at: layout.at,
            direction: Direction::In,
            peer: PeerId::SESSION,
            origin: None,
            datagram: layout.datagram,
            body: RecordBody::Data(payload),
        };
        for (code, value) in block::options(bytes.get(layout.options.0..layout.options.1)?) {
            match code {
                option::PACKET_FLAGS if u32_at(value, 0).is_some_and(|flags| flags & 3 == 2) => {
                    record.direction = Direction::Out;
                }
                option::PACKET_ID => {
                    record.origin = value.try_into().ok().map(u64::from_le_bytes).map(Origin::of);
                }
                option::PACKET_QUEUE => record.peer = PeerId(u32_at(value, 0).unwrap_or_default()),
                option::COMMENT if payload.is_empty() => {
                    let Ok(event) = String::from_utf8_lossy(value).parse::<SessionEvent>();
                    record.body = RecordBody::Event(event);
                }
                _ => {}
            }
        }
        Some(record)
    }

    /// Goes to the next block that holds a record.
    fn advance(&mut self) -> Option<(Block, PacketLayout)> {
        loop {
            let block = self.blocks.next()?;
            let bytes = self.blocks.bytes(block);
            match block.kind {
                SECTION => (self.interfaces, self.ours) = (0, u32::MAX),
                INTERFACE => {
                    if is_ours(bytes) && self.ours == u32::MAX {
                        self.ours = self.interfaces;
                    }
                    self.interfaces = self.interfaces.saturating_add(1);
                }
                PACKET => {
                    // Where the interface's own block is damaged, it is the one that we always write first.
                    let undescribed = self.interfaces == 0;
                    let is_ours = u32_at(bytes, 8)
                        .is_some_and(|it| it == self.ours || (undescribed && it == 0));
                    self.cut += u64::from(is_ours && is_cut(bytes));
                    if let Some(layout) = PacketLayout::of(bytes).filter(|_| is_ours) {
                        return Some((block, layout));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Where the parts of a packet block are.
#[derive(Clone, Copy)]
struct PacketLayout {
    at: Timestamp,
    payload: (usize, usize),
    datagram: bool,
    options: (usize, usize),
}

impl PacketLayout {
    fn of(bytes: &[u8]) -> Option<Self> {
        let high = u64::from(u32_at(bytes, 12)?);
        let low = u64::from(u32_at(bytes, 16)?);
        let captured = u32_at(bytes, 20)? as usize;
        let packet = 8 + PACKET_FIXED;
        let options = packet.checked_add(captured.checked_next_multiple_of(4)?)?;
        let end = bytes.len().checked_sub(4)?;
        if options > end {
            return None;
        }
        let (tags, datagram) = pdu::read(bytes.get(packet..packet + captured)?)?;
        Some(Self {
            at: Timestamp((high << 32 | low).cast_signed()),
            payload: (packet + tags, packet + captured),
            datagram,
            options: (options, end),
        })
    }
}

/// Whether a packet was longer than what there is of it.
fn is_cut(packet: &[u8]) -> bool {
    u32_at(packet, 24)
        .zip(u32_at(packet, 20))
        .is_some_and(|(original, captured)| original > captured)
}

/// Whether an interface is one that we write: upper PDUs with time stamps in nanoseconds.
pub(super) fn is_ours(interface: &[u8]) -> bool {
    let resolution = block::options(interface.get(16..).unwrap_or_default())
        .find(|(code, _)| *code == option::INTERFACE_RESOLUTION)
        .and_then(|(_, value)| value.first().copied());
    u16_at(interface, 8) == Some(LINK_TYPE) && resolution == Some(RESOLUTION)
}

/// Whether the capture begins as ours do: a section in our byte order and an interface of ours.
pub(super) fn begins_as_ours(source: &dyn Source) -> bool {
    let mut blocks = Blocks::new(source, 0);
    let Some(section) = blocks.next() else { return false };
    if section.kind != SECTION || u32_at(blocks.bytes(section), 8) != Some(BYTE_ORDER) {
        return false;
    }
    let ours = blocks.next().is_some_and(|it| it.kind == INTERFACE && is_ours(blocks.bytes(it)));
    ours && blocks.damage.is_none()
}

/// Whether the first record there is has the tags of ours, wherever it is.
pub(super) fn has_record_of_ours(source: &dyn Source) -> bool {
    let mut cursor = Cursor::new(source, Position(0));
    cursor.advance().is_some_and(|(block, _)| {
        pdu::is_ours(cursor.blocks.bytes(block).get(8 + PACKET_FIXED..).unwrap_or_default())
    })
}
