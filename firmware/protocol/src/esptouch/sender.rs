//! The phone's part: from credentials to lengths.

use super::{EXTRA, GUIDE, HEAD_LEN, INDICES, crc8};
use core::{fmt, net::Ipv4Addr};
use heapless::Vec;

/// Milliseconds between two packets.
pub const PACKET_INTERVAL_MS: u64 = 8;
/// Milliseconds of guide packets before each round of data.
const GUIDE_MS: u64 = 2_000;
/// Milliseconds of data.
const DATA_MS: u64 = 4_000;
/// Milliseconds after which sending is no use.
const GIVE_UP_MS: u64 = 45_000;

/// Why credentials cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatumError {
    /// The network has no name, or one above 32 bytes.
    Ssid,
    /// The password is above 64 bytes.
    Password,
}

impl fmt::Display for DatumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ssid => "the network's name must have 1 to 32 bytes",
            Self::Password => "the password must have at most 64 bytes",
        })
    }
}

impl core::error::Error for DatumError {}

/// What is sent: bytes with their indices, in the order of sending.
#[derive(Clone, PartialEq, Eq)]
pub struct Datum {
    codes: Vec<(u8, u8), INDICES>,
    total: u8,
}

impl fmt::Debug for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Holds a password.
        f.debug_struct("Datum").field("total", &self.total).finish_non_exhaustive()
    }
}

impl Datum {
    /// `ssid` and `password` of the 2.4 GHz network, `bssid` of its access point, `ip` of this
    /// sender in that network.
    pub fn new(
        ssid: &[u8],
        password: &[u8],
        bssid: [u8; 6],
        ip: Ipv4Addr,
    ) -> Result<Self, DatumError> {
        if ssid.is_empty() || ssid.len() > 32 {
            return Err(DatumError::Ssid);
        }
        if password.len() > 64 {
            return Err(DatumError::Password);
        }
        let total = (HEAD_LEN + password.len() + ssid.len()) as u8;
        let mut bytes = Vec::<u8, INDICES>::new();
        let head = [total, password.len() as u8, crc8(ssid), crc8(&bssid), 0];
        for part in [&head[..], &ip.octets(), password, ssid] {
            // 9 + 64 + 32 is below the capacity.
            bytes.extend_from_slice(part).ok();
        }
        let xor = bytes.iter().fold(0, |xor, byte| xor ^ byte);
        if let Some(slot) = bytes.get_mut(4) {
            *slot = xor;
        }
        let mut codes: Vec<(u8, u8), INDICES> =
            (0..).zip(bytes.iter()).map(|(index, byte)| (index, *byte)).collect();
        let mut at = 5;
        for (index, byte) in (total..).zip(bssid) {
            codes.insert(at.min(codes.len()), (index, byte)).ok();
            at += 4;
        }
        Ok(Self { codes, total })
    }

    /// The first byte, which the board's answer repeats.
    pub const fn total(&self) -> u8 {
        self.total
    }

    /// The UDP lengths of one pass over the datum.
    pub fn lengths(&self) -> impl Iterator<Item = u16> + '_ {
        (0..self.codes.len() * 3).filter_map(|at| self.length(at))
    }

    /// One length of the pass: three for each code.
    fn length(&self, at: usize) -> Option<u16> {
        let (index, byte) = *self.codes.get(at / 3)?;
        let crc = crc8(&[byte, index]);
        let value = match at % 3 {
            0 => u16::from(crc & 0xf0 | byte >> 4),
            1 => 0x100 | u16::from(index),
            _ => u16::from(crc << 4 | byte & 0x0f),
        };
        Some(value + EXTRA)
    }

    /// The whole sending: one length each [`PACKET_INTERVAL_MS`].
    pub fn schedule(&self) -> Schedule<'_> {
        Schedule { datum: self, at_ms: 0, code: 0 }
    }
}

/// One length of UDP data for each [`PACKET_INTERVAL_MS`], for 45 s.
#[derive(Debug, Clone)]
pub struct Schedule<'a> {
    datum: &'a Datum,
    at_ms: u64,
    /// Next packet within the pass over the datum, across rounds, so that every part gets its turn.
    code: usize,
}

impl Iterator for Schedule<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.at_ms >= GIVE_UP_MS {
            return None;
        }
        let within = self.at_ms % (GUIDE_MS + DATA_MS);
        self.at_ms += PACKET_INTERVAL_MS;
        if within < GUIDE_MS {
            return GUIDE.get((within / PACKET_INTERVAL_MS) as usize % GUIDE.len()).copied();
        }
        let code = self.code;
        self.code = (code + 1) % (self.datum.codes.len() * 3);
        self.datum.length(code)
    }
}

/// Where the packet of this number goes: multicast groups in turn, as the phone app does. Broadcast
/// to 255.255.255.255 works too.
pub const fn destination(packet: u64) -> Ipv4Addr {
    let n = (packet % 100) as u8 + 1;
    Ipv4Addr::new(234, n, n, n)
}
