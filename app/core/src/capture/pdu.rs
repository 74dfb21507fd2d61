//! Exported-PDU tags (Wireshark's `epan/exported_pdu.h`): what stands before the payload and tells Wireshark whose it is.
//! Numbers in them are big-endian.

use std::net::{IpAddr, SocketAddr};

use super::record::Endpoints;
use crate::Direction;

const END: u16 = 0;
const DISSECTOR_NAME: u16 = 12;
const IPV4_SOURCE: u16 = 20;
const IPV4_DESTINATION: u16 = 21;
const IPV6_SOURCE: u16 = 22;
const IPV6_DESTINATION: u16 = 23;
const PORT_TYPE: u16 = 24;
const SOURCE_PORT: u16 = 25;
const DESTINATION_PORT: u16 = 26;
/// `EXP_PDU_PT_TCP`.
const TCP: [u8; 4] = [0, 0, 0, 2];
/// `EXP_PDU_PT_UDP`.
const UDP: [u8; 4] = [0, 0, 0, 3];

/// The most that [`write`] writes: name, two IPv6 addresses, port type, two ports, end.
#[cfg(test)]
pub(super) const LONGEST: usize = 8 + 2 * 20 + 3 * 8 + 4;

/// Appends the tags of a packet that moved this way between these ends. That it is a datagram is said though nobody knows
/// the ends.
pub(super) fn write(
    out: &mut Vec<u8>,
    direction: Direction,
    ends: Option<&Endpoints>,
    datagram: bool,
) {
    tag(out, DISSECTOR_NAME, b"data");
    if let Some(ends) = ends {
        let (from, to) = match direction {
            Direction::In => (ends.remote, ends.local),
            Direction::Out => (ends.local, ends.remote),
        };
        address(out, from, IPV4_SOURCE, IPV6_SOURCE);
        address(out, to, IPV4_DESTINATION, IPV6_DESTINATION);
        tag(out, PORT_TYPE, if datagram { &UDP } else { &TCP });
        tag(out, SOURCE_PORT, &u32::from(from.port()).to_be_bytes());
        tag(out, DESTINATION_PORT, &u32::from(to.port()).to_be_bytes());
    } else if datagram {
        tag(out, PORT_TYPE, &UDP);
    }
    tag(out, END, &[]);
}

fn address(out: &mut Vec<u8>, address: SocketAddr, v4: u16, v6: u16) {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => tag(out, v4, &ip.octets()),
        IpAddr::V6(ip) => tag(out, v6, &ip.octets()),
    }
}

/// Every value we write is a multiple of four bytes long, so none is padded.
fn tag(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(&(value.len() as u16).to_be_bytes());
    out.extend_from_slice(value);
}

/// Whether a packet begins as [`write()`] begins it.
pub(super) fn is_ours(packet: &[u8]) -> bool {
    let mut first = Vec::new();
    tag(&mut first, DISSECTOR_NAME, b"data");
    packet.starts_with(&first)
}

/// How many bytes the tags before the payload take, and whether they say that it is a datagram; `None` when they do not end
/// within the packet.
pub(super) fn read(packet: &[u8]) -> Option<(usize, bool)> {
    let (mut at, mut datagram) = (0, false);
    loop {
        let head = packet.get(at..at + 4)?;
        let (code, length) = (u16::from_be_bytes([head[0], head[1]]), [head[2], head[3]]);
        let value = at + 4;
        at = value + usize::from(u16::from_be_bytes(length));
        match code {
            END => return (at <= packet.len()).then_some((at, datagram)),
            PORT_TYPE => datagram = packet.get(value..at) == Some(&UDP),
            _ => {}
        }
    }
}
