//! ESP-TOUCH v1 (SmartConfig): credentials told by the **lengths** of UDP packets, which a board can
//! see in the air before it knows the network's key.
//!
//! The sender (a phone or a computer in the network) sends to port 7001, 8 ms apart: the four
//! [`GUIDE`] lengths for 2 s, then data for 4 s, and so on for 45 s. Each byte of the datum takes
//! three packets, whose lengths minus 40 are
//!
//! ```text
//! crc high nibble << 4 | data high nibble        0x100 | index        crc low << 4 | data low
//! ```
//!
//! with CRC-8 (polynomial 0x31 reflected, start 0) over byte and index. The datum is
//!
//! ```text
//! total  password length  crc(ssid)  crc(bssid)  xor  own IPv4 (4)  password  ssid
//! ```
//!
//! where `total` is 9 + password + SSID and `xor` is over all the others; the six bytes of the BSSID
//! have the indices `total` to `total + 5`. The board answers by UDP to port 18266 with [`ack`].
//!
//! What the air adds to each length (headers, encryption) is one constant per transmitter; the guide
//! lengths give it away. The receiver needs the transmitter's address of each frame, for that.
//! These are facts from the protocol as sent by the published phone app; sender and receiver here
//! are tested against each other and with frames injected into emulated chips, not with a radio.

mod air;
mod receiver;
mod sender;

pub use air::transmitter;
pub use receiver::{Received, Receiver};
pub use sender::{Datum, DatumError, PACKET_INTERVAL_MS, Schedule, destination};

use core::net::Ipv4Addr;
use crc::{CRC_8_MAXIM_DOW, Crc, NoTable};

/// UDP port that the packets are sent to.
pub const PORT: u16 = 7001;
/// UDP port where the sender waits for the answer.
pub const ACK_PORT: u16 = 18266;
/// Lengths that tell the constant offset.
pub const GUIDE: [u16; 4] = [515, 514, 513, 512];
/// Added to each length of data.
const EXTRA: u16 = 40;
/// Bytes before the password.
const HEAD_LEN: usize = 9;
/// Indices there are.
const INDICES: usize = 128;

/// CRC-8, polynomial 0x31, reflected, start 0.
fn crc8(bytes: &[u8]) -> u8 {
    const CRC: Crc<u8, NoTable> = Crc::<u8, NoTable>::new(&CRC_8_MAXIM_DOW);
    CRC.checksum(bytes)
}

/// What the board answers with, to [`ACK_PORT`] of the sender: `total`, its own MAC and address.
pub fn ack(total: u8, mac: [u8; 6], ip: Ipv4Addr) -> [u8; 11] {
    let [m0, m1, m2, m3, m4, m5] = mac;
    let [i0, i1, i2, i3] = ip.octets();
    [total, m0, m1, m2, m3, m4, m5, i0, i1, i2, i3]
}

/// Reads an answer: MAC and address of the board, if it is to a datum of this `total`.
pub fn parse_ack(total: u8, bytes: &[u8]) -> Option<([u8; 6], Ipv4Addr)> {
    let [found, mac @ .., i0, i1, i2, i3] = bytes else { return None };
    let mac = mac.try_into().ok()?;
    (*found == total).then_some((mac, Ipv4Addr::new(*i0, *i1, *i2, *i3)))
}
