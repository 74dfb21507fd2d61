//! Boards that say on their network who they are, by multicast DNS: looked for, and what they say.
//!
//! All of it comes from whoever is on the network, and anybody may say anything: it is bounded, and never more than text.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::Timestamp;

/// The service that a board of ours offers, as it is asked for. Its TXT record has `name`, `chip`, `version` and, where its
/// program can be replaced over the network, the port for that: `update`.
pub const BOARD_SERVICE: &str = "_espalier._tcp.local.";

/// A board on the network, by what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkBoard {
    /// Its name for people; its name on the network where it has none.
    pub name: String,
    /// Its name on the network, such as `espalier-a1b2c3.local`.
    pub hostname: String,
    /// Where its server listens, the address that is most likely of use first; never none. Port 0: it has no server now (RFC 6763,
    /// section 8), such as a board that dials out itself; it may take updates all the same.
    pub endpoints: Vec<SocketAddr>,
    /// The chip, as it calls it; may be empty.
    pub chip: String,
    /// The firmware's version; may be empty.
    pub version: String,
    /// Its port for updates; `None`: it says none, because it takes none or is older.
    pub update_port: Option<u16>,
}

impl NetworkBoard {
    /// The longest text that is taken of what a board says, in characters.
    pub const LONGEST: usize = 64;
    /// How many addresses are taken of one.
    pub const MOST_ADDRESSES: usize = 8;

    /// A board of what it says; `None`: it says no address, or nothing that can be done there. `said` gives what it says for a key.
    pub fn new<'a>(
        hostname: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
        port: u16,
        said: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<Self> {
        let mut endpoints: Vec<SocketAddr> = addresses
            .into_iter()
            // An IPv6 address of a link means nothing without the link.
            .filter(|ip| !matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local()))
            .filter(|ip| !ip.is_unspecified() && !ip.is_multicast())
            .map(|ip| SocketAddr::new(ip, port))
            .collect();
        endpoints.sort_by_key(|it| (it.is_ipv6(), *it));
        endpoints.dedup();
        endpoints.truncate(Self::MOST_ADDRESSES);
        let hostname = bounded(hostname.trim_end_matches('.'));
        let own = |key| said(key).map(bounded).unwrap_or_default();
        let name = Some(own("name")).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| hostname.trim_end_matches(".local").to_owned());
        let (chip, version) = (own("chip"), own("version"));
        let update_port = said("update").and_then(|port| port.parse().ok()).filter(|it| *it != 0);
        let is_there = (port != 0 || update_port.is_some()) && !endpoints.is_empty();
        is_there.then_some(Self { name, hostname, endpoints, chip, version, update_port })
    }

    /// Where its server listens, if it has one.
    pub fn endpoint(&self) -> Option<SocketAddr> {
        self.endpoints.first().copied().filter(|it| it.port() != 0)
    }

    /// Where it is.
    pub fn address(&self) -> Option<IpAddr> {
        self.endpoints.first().map(SocketAddr::ip)
    }

    /// Where it takes updates, as far as it says so.
    pub fn update_place(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.address()?, self.update_port?))
    }
}

/// What is readable of a text, as far as it is taken.
fn bounded(text: &str) -> String {
    let readable = text.chars().filter(|c| !c.is_control());
    readable.take(NetworkBoard::LONGEST).collect::<String>().trim().to_owned()
}

/// How a search goes, or how it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardSearchStatus {
    /// When it began.
    pub began: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// The boards that are there, by name; at most [`Self::MOST`].
    pub boards: Arc<[NetworkBoard]>,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<Result<(), BoardSearchFault>>,
}

impl BoardSearchStatus {
    /// How many boards are kept.
    pub const MOST: usize = 64;
}

/// Why boards cannot be looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BoardSearchFault {
    /// The system does not let us send to and hear from all.
    #[error(
        "boards cannot be looked for, because multicast DNS (UDP port 5353) cannot be used here: {0}"
    )]
    NoMulticast(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board_at(port: u16, addresses: &[&str], said: &[(&str, &str)]) -> Option<NetworkBoard> {
        let addresses = addresses.iter().map(|it| it.parse().unwrap());
        NetworkBoard::new("espalier-a1b2c3.local.", addresses, port, |key| {
            said.iter().find(|(of, _)| *of == key).map(|(_, value)| *value)
        })
    }

    fn board(addresses: &[&str], said: &[(&str, &str)]) -> Option<NetworkBoard> {
        board_at(7681, addresses, said)
    }

    #[test]
    fn a_board_without_a_server_is_there_for_updates_alone() {
        let found = board_at(0, &["10.0.0.1"], &[("update", "7682")]).unwrap();
        assert_eq!((found.endpoint(), found.address()), (None, "10.0.0.1".parse().ok()));
        assert_eq!(found.update_place(), Some("10.0.0.1:7682".parse().unwrap()));
        assert_eq!(board_at(0, &["10.0.0.1"], &[("update", "0")]), None);
    }

    #[test]
    fn a_board_is_what_it_says_of_itself() {
        let said = [
            ("name", "On the 桌子"),
            ("chip", "esp32c3"),
            ("version", "0.1.0"),
            ("update", "7682"),
        ];
        let found = board(&["fe80::1", "2001:db8::7", "192.168.1.7"], &said).unwrap();
        assert_eq!((&*found.name, &*found.hostname), ("On the 桌子", "espalier-a1b2c3.local"));
        assert_eq!((&*found.chip, &*found.version), ("esp32c3", "0.1.0"));
        assert_eq!(found.endpoint(), Some("192.168.1.7:7681".parse().unwrap()));
        assert_eq!(found.endpoints.len(), 2);
        assert_eq!(found.update_place(), Some("192.168.1.7:7682".parse().unwrap()));
        for none in ["", "0", "70000", "x"] {
            let found = board(&["10.0.0.1"], &[("update", none)]).unwrap();
            assert_eq!(found.update_place(), None, "{none}");
        }
        assert_eq!(board(&["10.0.0.1"], &[]).unwrap().name, "espalier-a1b2c3");
        assert_eq!(board(&["fe80::1", "0.0.0.0"], &said), None);
    }

    #[test]
    fn what_a_stranger_says_is_bounded() {
        let long = "x".repeat(300);
        let found = board(&["10.0.0.1"], &[("name", &long), ("chip", "a\u{1b}[2J\nb")]).unwrap();
        assert_eq!((found.name.len(), &*found.chip), (NetworkBoard::LONGEST, "a[2Jb"));
        let many: Vec<String> = (1..100).map(|n| format!("10.0.0.{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(board(&many, &[]).unwrap().endpoints.len(), NetworkBoard::MOST_ADDRESSES);
    }
}
