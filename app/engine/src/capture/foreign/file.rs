//! The packets of a pcap or pcapng file, one after the other, in memory that does not grow with the file.

use std::fs::File;

use espalier_core::Timestamp;
use pcap_parser::traits::{PcapNGPacketBlock as _, PcapReaderIterator};
use pcap_parser::{Block, OptionCode, PcapBlockOwned, PcapError, create_reader};

use super::error::ForeignError;

/// A packet as it was captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub at: Timestamp,
    /// `LINKTYPE_` of its interface (<https://www.tcpdump.org/linktypes.html>).
    pub link: u32,
    pub bytes: &'a [u8],
}

/// Why the rest of a file cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// Where in the file, in bytes from its beginning.
    pub at: u64,
    /// The file ends in the middle of a packet, as a file does whose program was ended; otherwise it is damaged.
    pub short: bool,
}

/// Memory for a block at first, and at most: Wireshark refuses packets above 256 KiB, other blocks may be longer.
const BUFFER: usize = 1 << 20;
const LARGEST: usize = 16 << 20;

/// An interface of a pcapng section, or the only one of a pcap file.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u32,
    /// Units of its stamps in a second.
    resolution: u64,
    /// Seconds to add.
    offset: i64,
}

impl Interface {
    fn stamp(&self, units: u64) -> Timestamp {
        let (seconds, part) = (units / self.resolution, units % self.resolution);
        let part = u128::from(part) * 1_000_000_000 / u128::from(self.resolution);
        let seconds = i128::from(seconds) + i128::from(self.offset);
        let stamp = seconds * 1_000_000_000 + part as i128;
        Timestamp(i64::try_from(stamp.max(0)).unwrap_or(i64::MAX))
    }
}

/// Hands all packets of a file to `take`. `goes_on` is told how many bytes have been read before each block, whatever it holds,
/// and ends it with `false`. What could not be read, if the file does not end as it should.
pub(super) fn packets(
    file: File,
    goes_on: impl Fn(u64) -> bool,
    mut take: impl FnMut(Packet<'_>) -> Result<(), ForeignError>,
) -> Result<Option<Truncation>, ForeignError> {
    let mut reader = create_reader(BUFFER, file).map_err(|error| match error {
        PcapError::ReadError => ForeignError::Unreadable,
        _ => ForeignError::NotACapture,
    })?;
    let mut known = Interfaces::default();
    let mut capacity = BUFFER;
    loop {
        let at = reader.consumed() as u64;
        if !goes_on(at) {
            return Ok(None);
        }
        let torn = |short| Ok(Some(Truncation { at, short }));
        match reader.next() {
            Ok((0, _)) => return torn(false),
            Ok((length, block)) => {
                if let Some(packet) = known.packet(&block) {
                    take(packet)?;
                }
                reader.consume(length);
            }
            Err(PcapError::Eof) => return Ok(None),
            Err(PcapError::UnexpectedEof) => return torn(true),
            Err(PcapError::ReadError) => return Err(ForeignError::Unreadable),
            Err(PcapError::Incomplete(_) | PcapError::BufferTooSmall) => {
                let before = reader.data().len();
                if before + 1 >= capacity {
                    capacity *= 2;
                    if capacity > LARGEST || !reader.grow(capacity) {
                        return torn(false);
                    }
                }
                if refill(&mut *reader)? == before && !reader.reader_exhausted() {
                    // No room behind what is there, though it is not full.
                    capacity *= 2;
                    if capacity > LARGEST || !reader.grow(capacity) {
                        return torn(false);
                    }
                }
            }
            Err(_) => return torn(false),
        }
    }
}

/// Reads on; how much there is then.
fn refill(reader: &mut dyn PcapReaderIterator) -> Result<usize, ForeignError> {
    reader.refill().map_err(|_| ForeignError::Unreadable)?;
    Ok(reader.data().len())
}

/// What has been told of interfaces, and the last time.
#[derive(Debug, Default)]
struct Interfaces {
    list: Vec<Interface>,
    big_endian: bool,
    last: Timestamp,
}

impl Interfaces {
    /// Interfaces that are remembered of a section; nobody has more.
    const MOST: usize = 4096;

    /// Learns from a block; its packet, if it holds one.
    fn packet<'a>(&mut self, block: &'a PcapBlockOwned<'_>) -> Option<Packet<'a>> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                let nano = header.is_nanosecond_precision();
                let resolution = if nano { 1_000_000_000 } else { 1_000_000 };
                // The upper bits may say how long the check sequence of a frame is.
                let link = header.network.0.cast_unsigned() & 0xFFFF;
                self.list = vec![Interface { link, resolution, offset: 0 }];
                None
            }
            PcapBlockOwned::Legacy(packet) => {
                let interface = *self.list.first()?;
                let units = u64::from(packet.ts_sec) * interface.resolution;
                let at = interface.stamp(units + u64::from(packet.ts_usec));
                self.seen(at, interface.link, packet.data)
            }
            PcapBlockOwned::NG(Block::SectionHeader(section)) => {
                self.list.clear();
                self.big_endian = section.big_endian();
                None
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(told)) => {
                let offset = told.options.iter().find(|it| it.code == OptionCode::IfTsoffset);
                let offset = offset.and_then(|it| it.value.get(..8)?.try_into().ok());
                let offset = offset.map_or(0, |bytes| match self.big_endian {
                    true => i64::from_be_bytes(bytes),
                    false => i64::from_le_bytes(bytes),
                });
                if self.list.len() < Self::MOST {
                    let link = told.linktype.0.cast_unsigned() & 0xFFFF;
                    let resolution = resolution(told.if_tsresol);
                    self.list.push(Interface { link, resolution, offset });
                }
                None
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let interface = *self.list.get(usize::try_from(packet.if_id).ok()?)?;
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let data = packet.data.get(..packet.caplen as usize)?;
                self.seen(interface.stamp(units), interface.link, data)
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                // It says neither its interface nor its time.
                let link = self.list.first()?.link;
                self.seen(self.last, link, packet.packet_data())
            }
            PcapBlockOwned::NG(_) => None,
        }
    }

    fn seen<'a>(&mut self, at: Timestamp, link: u32, bytes: &'a [u8]) -> Option<Packet<'a>> {
        self.last = at;
        Some(Packet { at, link, bytes })
    }
}

/// Units in a second of `if_tsresol`: a power of ten, or of two when its highest bit is set.
fn resolution(told: u8) -> u64 {
    let power = u32::from(told & 0x7F);
    let base: u64 = if told & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(power).unwrap_or(1_000_000)
}
