//! ESP-TOUCH v1 (SmartConfig): credentials for boards without a cable, as asked for and how it goes.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;

use espalier_protocol::esptouch::{DatumError, PORT};

use super::Secret;
use crate::Timestamp;

/// What is to be told to boards that wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EspTouchRequest {
    /// The 2.4 GHz network: 1 to 32 bytes.
    pub ssid: String,
    /// The network's password, at most 64 bytes; empty for an open network.
    pub password: Secret,
    /// The access point's address.
    pub bssid: [u8; 6],
    /// How many boards are awaited, at least 1; the sending ends when they all have answered.
    pub boards: u8,
    /// Where packets go; `None`: to the multicast groups of the phone app.
    pub to: Option<SocketAddr>,
    /// Our address in that network; `None`: the one from which the system would send.
    pub from: Option<Ipv4Addr>,
}

/// How the sending goes, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EspTouchStatus {
    /// When it began.
    pub began: Timestamp,
    /// When it ends at the latest.
    pub until: Timestamp,
    /// How many boards are awaited.
    pub boards: u8,
    /// The boards that have answered, in that order, each once.
    pub found: Arc<[EspTouchBoard]>,
    /// How it ended; `None` while it goes on. `Ok` means that at least one board has answered.
    pub outcome: Option<Result<(), Arc<EspTouchFault>>>,
}

/// A board that took the credentials and joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EspTouchBoard {
    /// The board's MAC address.
    pub mac: [u8; 6],
    /// The board's address in the network.
    pub ip: Ipv4Addr,
}

/// Why no board answered. None of them holds the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EspTouchFault {
    /// The credentials cannot be told.
    #[error("{0}")]
    Datum(DatumError),
    /// This computer has no address to send from.
    #[error("no address to send from; is there a network? {0}")]
    NoAddress(String),
    /// The system does not let us send.
    #[error("packets cannot be sent: {0}")]
    Send(String),
    /// The system does not let us listen.
    #[error("the board's answer cannot be awaited; does another ESP-TOUCH program run? {0}")]
    Listen(String),
    /// Nobody answered.
    #[error(
        "no board has answered: it must wait for credentials, this computer must be in the same network, and the access point must pass multicast on at 2.4 GHz"
    )]
    NoAnswer,
    /// The user ended it.
    #[error("cancelled")]
    Cancelled,
}

/// Reads a MAC address as people write it: `10:20:30:40:50:60`, `10-20-30-40-50-60`.
pub fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let bytes = text.trim().split([':', '-']).map(|byte| {
        let is_byte = byte.len() == 2 && byte.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_byte.then(|| u8::from_str_radix(byte, 16).ok()).flatten()
    });
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

/// Reads where packets go: an IPv4 address, and a port from 1 to 65535 where it is not the phone app's.
pub fn parse_esp_touch_destination(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let alone = || text.parse().ok().map(|ip| SocketAddrV4::new(ip, PORT));
    let full = text.parse::<SocketAddrV4>().ok().or_else(alone);
    full.filter(|it| it.port() != 0 && !it.ip().is_unspecified()).map(SocketAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mac_addresses_are_read_as_people_write_them() {
        assert_eq!(parse_mac("10:20:30:aA:50:60"), Some([0x10, 0x20, 0x30, 0xaa, 0x50, 0x60]));
        assert_eq!(parse_mac(" 10-20-30-aa-50-60 "), parse_mac("10:20:30:AA:50:60"));
        for bad in ["", "10:20:30:40:50", "10:20:30:40:50:6g", "10:20:30:40:50:+6"] {
            assert_eq!(parse_mac(bad), None, "{bad}");
        }
    }

    #[test]
    fn destinations_are_read_as_people_write_them() {
        let read = |text| parse_esp_touch_destination(text).map(|it| it.to_string());
        assert_eq!(read(" 10.0.0.255 ").as_deref(), Some("10.0.0.255:7001"));
        assert_eq!(read("10.0.0.255:9").as_deref(), Some("10.0.0.255:9"));
        for bad in ["", "::1", "[::1]:9", "10.0.0.255:0", "10.0.0.255:65536", "0.0.0.0", "desk"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
