//! What a captured packet carries: a segment of TCP or a datagram of UDP, below whatever link it came over.

use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};

/// What a packet is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PacketContent<'a> {
    Tcp(Segment<'a>),
    Udp {
        from: SocketAddr,
        to: SocketAddr,
        payload: &'a [u8],
        /// Bytes that it had and the capture has not: it was cut off.
        cut: usize,
    },
    /// A part of a packet that was cut into several: the rest of it is elsewhere.
    Fragment,
    /// Anything else.
    Other,
}

/// A segment of TCP, as far as it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub sequence: u32,
    /// What the sender has got of the other direction.
    pub acknowledged: Option<u32>,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    pub payload: &'a [u8],
    /// Bytes that it had and the capture has not: it was cut off.
    pub cut: usize,
}

/// Link types of <https://www.tcpdump.org/linktypes.html>.
mod link {
    pub const NULL: u32 = 0;
    pub const ETHERNET: u32 = 1;
    pub const LOOP: u32 = 108;
    pub const RAW: [u32; 5] = [12, 14, 101, 228, 229];
    pub const LINUX_SLL: u32 = 113;
    pub const LINUX_SLL2: u32 = 276;
}

/// Bytes before the payload of a datagram (RFC 768).
const UDP_HEADER: usize = 8;

/// Whether packets of this link type can be read.
pub(super) fn is_known(link: u32) -> bool {
    use link::{ETHERNET, LINUX_SLL, LINUX_SLL2, LOOP, NULL, RAW};
    matches!(link, NULL | ETHERNET | LOOP | LINUX_SLL | LINUX_SLL2) || RAW.contains(&link)
}

pub(super) fn read(link: u32, bytes: &[u8]) -> PacketContent<'_> {
    let Some(packet) = slice(link, bytes) else { return PacketContent::Other };
    let Some((from, to, payload)) = addresses(&packet) else { return PacketContent::Other };
    if payload.0 {
        return PacketContent::Fragment;
    }
    match &packet.transport {
        Some(TransportSlice::Tcp(tcp)) => {
            let payload_slice = tcp.payload();
            let whole = payload.1.saturating_sub(tcp.header_slice().len());
            PacketContent::Tcp(Segment {
                from: SocketAddr::new(from, tcp.source_port()),
                to: SocketAddr::new(to, tcp.destination_port()),
                sequence: tcp.sequence_number(),
                acknowledged: tcp.ack().then(|| tcp.acknowledgment_number()),
                syn: tcp.syn(),
                fin: tcp.fin(),
                rst: tcp.rst(),
                payload: payload_slice,
                cut: whole.saturating_sub(payload_slice.len()),
            })
        }
        Some(TransportSlice::Udp(udp)) => PacketContent::Udp {
            from: SocketAddr::new(from, udp.source_port()),
            to: SocketAddr::new(to, udp.destination_port()),
            payload: udp.payload(),
            cut: payload.1.saturating_sub(UDP_HEADER + udp.payload().len()),
        },
        _ => PacketContent::Other,
    }
}

/// The addresses of an IP packet, whether it is a fragment, and how many bytes it carried.
fn addresses(packet: &LaxSlicedPacket<'_>) -> Option<(IpAddr, IpAddr, (bool, usize))> {
    match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            let length = usize::from(header.total_len()).saturating_sub(header.slice().len());
            let carried = length.max(ip.payload().payload.len());
            let (from, to) = (header.source_addr().into(), header.destination_addr().into());
            Some((from, to, (ip.is_payload_fragmented(), carried)))
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            let length = usize::from(header.payload_length());
            let length = length.saturating_sub(ip.extensions().slice().len());
            let carried = length.max(ip.payload().payload.len());
            let (from, to) = (header.source_addr().into(), header.destination_addr().into());
            Some((from, to, (ip.is_payload_fragmented(), carried)))
        }
        LaxNetSlice::Arp(_) => None,
    }
}

fn slice(link: u32, bytes: &[u8]) -> Option<LaxSlicedPacket<'_>> {
    let number = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let ether = |kind: u16, at: usize| {
        let kind = EtherType(kind);
        Some(LaxSlicedPacket::from_ether_type(kind, bytes.get(at..)?))
    };
    match link {
        link::ETHERNET => LaxSlicedPacket::from_ethernet(bytes).ok(),
        // The family before it has another number on each system and another order in each file: the version says as much.
        link::NULL | link::LOOP => LaxSlicedPacket::from_ip(bytes.get(4..)?).ok(),
        link::LINUX_SLL => ether(number(14)?, 16),
        link::LINUX_SLL2 => ether(number(0)?, 20),
        raw if link::RAW.contains(&raw) => LaxSlicedPacket::from_ip(bytes).ok(),
        _ => None,
    }
}
