//! Writing a capture: the header of a file, and one packet block for each record.

use super::block::{
    BYTE_ORDER, FRAME, INTERFACE, LINK_TYPE, PACKET, PACKET_FIXED, RESOLUTION, SECTION, option,
};
use super::pdu;
use super::record::{Endpoints, Record, RecordBody};
use crate::session::SessionEvent;
use crate::{Direction, Origin, PeerId, Timestamp};

/// The most bytes one record can hold; Wireshark refuses packets above 256 KiB.
pub const LARGEST_PAYLOAD: usize = 128 << 10;

/// The payloads of the records that hold these bytes: of a datagram without any, one that is empty.
pub fn payloads(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let empty = bytes.is_empty().then_some(bytes);
    empty.into_iter().chain(bytes.chunks(LARGEST_PAYLOAD))
}

/// What a capture file begins with: a section and the one interface whose records follow.
pub fn file_header() -> Vec<u8> {
    file_header_saying("")
}

/// The same; the interface says this of itself, in `if_description`.
pub fn file_header_saying(description: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    block(&mut out, SECTION, |out| {
        out.extend_from_slice(&BYTE_ORDER.to_le_bytes());
        out.extend_from_slice(&1_u16.to_le_bytes());
        out.extend_from_slice(&0_u16.to_le_bytes());
        // The section's length is not known while it is written.
        out.extend_from_slice(&(-1_i64).to_le_bytes());
        let application = concat!("Espalier ", env!("CARGO_PKG_VERSION"));
        put_option(out, option::SECTION_APPLICATION, application.as_bytes());
        put_option(out, option::END, &[]);
    });
    block(&mut out, INTERFACE, |out| {
        out.extend_from_slice(&LINK_TYPE.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        // No limit of the captured length.
        out.extend_from_slice(&0_u32.to_le_bytes());
        if !description.is_empty() {
            put_option(out, option::INTERFACE_DESCRIPTION, description.as_bytes());
        }
        put_option(out, option::INTERFACE_RESOLUTION, &[RESOLUTION]);
        put_option(out, option::END, &[]);
    });
    out
}

/// What a block says beside its payload.
struct BlockFields {
    at: Timestamp,
    direction: Direction,
    peer: PeerId,
    origin: Option<Origin>,
    datagram: bool,
}

/// Builds the blocks of records, again and again in the same memory.
///
/// The payload itself is not copied: a block is [`head`](Self::head), payload, [`tail`](Self::tail), written at once.
#[derive(Debug, Default)]
pub struct Encoder {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Encoder {
    /// Builds what stands around a payload of `length` bytes, at most [`LARGEST_PAYLOAD`].
    pub fn data(
        &mut self,
        at: Timestamp,
        direction: Direction,
        peer: PeerId,
        ends: Option<&Endpoints>,
        length: usize,
    ) {
        let datagram = ends.is_some_and(Endpoints::carry_datagrams);
        let fields = BlockFields { at, direction, peer, origin: None, datagram };
        self.build(&fields, ends, length, None);
    }

    /// Builds the block of an event; it has no payload.
    pub fn event(
        &mut self,
        at: Timestamp,
        peer: PeerId,
        ends: Option<&Endpoints>,
        event: &SessionEvent,
    ) {
        let datagram = ends.is_some_and(Endpoints::carry_datagrams);
        let fields = BlockFields { at, direction: Direction::In, peer, origin: None, datagram };
        self.build(&fields, ends, 0, Some(event));
    }

    /// Builds the block of a record with everything it says; its place is where it will be written.
    pub fn record(&mut self, record: &Record<'_>, ends: Option<&Endpoints>) {
        let Record { position: _, at, direction, peer, origin, datagram, ref body } = *record;
        let datagram = datagram || ends.is_some_and(Endpoints::carry_datagrams);
        let fields = BlockFields { at, direction, peer, origin, datagram };
        match body {
            RecordBody::Data(bytes) => self.build(&fields, ends, bytes.len(), None),
            RecordBody::Event(event) => self.build(&fields, ends, 0, Some(event)),
        }
    }

    /// What stands before the payload.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// What stands after the payload.
    pub fn tail(&self) -> &[u8] {
        &self.tail
    }

    fn build(
        &mut self,
        fields: &BlockFields,
        ends: Option<&Endpoints>,
        payload: usize,
        event: Option<&SessionEvent>,
    ) {
        let Self { head, tail } = self;
        let BlockFields { at, direction, peer, origin, datagram } = *fields;
        head.clear();
        tail.clear();

        head.resize(8 + PACKET_FIXED, 0);
        pdu::write(head, direction, ends, datagram);
        let captured = head.len() - 8 - PACKET_FIXED + payload;

        tail.resize(captured.next_multiple_of(4) - captured, 0);
        let flags: u32 = match (event, direction) {
            (Some(_), _) => 0,
            (None, Direction::In) => 1,
            (None, Direction::Out) => 2,
        };
        if let Some(event) = event {
            put_option(tail, option::COMMENT, cut(&event.comment()).as_bytes());
        }
        put_option(tail, option::PACKET_FLAGS, &flags.to_le_bytes());
        if let Some(origin) = origin {
            put_option(tail, option::PACKET_ID, &origin.id().to_le_bytes());
        }
        put_option(tail, option::PACKET_QUEUE, &peer.0.to_le_bytes());
        put_option(tail, option::END, &[]);
        let total = ((head.len() + payload + tail.len() + 4) as u32).to_le_bytes();
        tail.extend_from_slice(&total);

        let ticks = at.0.cast_unsigned();
        let captured = (captured as u32).to_le_bytes();
        let fields = [
            PACKET.to_le_bytes(),
            total,
            0_u32.to_le_bytes(),
            ((ticks >> 32) as u32).to_le_bytes(),
            (ticks as u32).to_le_bytes(),
            captured,
            captured,
        ];
        for (place, field) in head.chunks_exact_mut(4).zip(fields) {
            place.copy_from_slice(&field);
        }
    }
}

/// An option holds at most 65,535 bytes; a longer text ends at a character before that.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(usize::from(u16::MAX))]
}

fn put_option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(&(value.len() as u16).to_le_bytes());
    out.extend_from_slice(value);
    out.resize(out.len() + value.len().next_multiple_of(4) - value.len(), 0);
}

/// Appends a block whose body `body` writes; the body ends at a multiple of four bytes.
fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    body(out);
    let total = (out.len() - start + 4) as u32;
    debug_assert!(total as usize >= FRAME && total.is_multiple_of(4), "blocks are made of words");
    out[start + 4..start + 8].copy_from_slice(&total.to_le_bytes());
    out.extend_from_slice(&total.to_le_bytes());
}
