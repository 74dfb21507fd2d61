//! Addresses in a row of text: what can be clicked to open a TCP client.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::Range;

/// An address found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressLink {
    /// Where it stands, in bytes of the text.
    pub range: Range<usize>,
    /// The address.
    pub ip: IpAddr,
    /// The port, if one is written.
    pub port: Option<u16>,
}

impl AddressLink {
    /// Address and port, with this port where none is written.
    pub fn socket(&self, default_port: u16) -> SocketAddr {
        SocketAddr::new(self.ip, self.port.unwrap_or(default_port))
    }
}

/// All addresses that one could connect to, in order: `192.168.1.10`, `192.168.1.10:7681`, `[fe80::1]:7681`.
///
/// Not among them: parts of longer numbers and names (`v5.1.2.3`, `1.2.3.4.5`), 0.0.0.0/8, 224.0.0.0 and up (multicast,
/// netmasks, broadcast), the board's clients (`peer=192.168.1.10:50123`).
pub fn find_links(text: &str) -> Vec<AddressLink> {
    let bytes = text.as_bytes();
    let mut links = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let found = match byte {
            b'0'..=b'9' if at == 0 || starts_afresh(bytes[at - 1]) => v4(text, at),
            b'[' => v6(text, at),
            _ => None,
        };
        if let Some(link) = found {
            // Nobody listens where a client of the board called from.
            let is_peer = text.get(..at).is_some_and(|before| before.ends_with("peer="));
            at = link.range.end;
            if !is_peer {
                links.push(link);
            }
        } else if byte.is_ascii_digit() {
            // Skip the whole number, so that its tail is not taken for an address.
            at += bytes[at..].iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        } else {
            at += 1;
        }
    }
    links
}

/// An address may begin after this byte.
const fn starts_afresh(byte: u8) -> bool {
    !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

fn v4(text: &str, at: usize) -> Option<AddressLink> {
    let rest = text.get(at..)?;
    let length = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    // A full stop at the end belongs to the sentence.
    let digits = rest.get(..length)?.trim_end_matches('.');
    let ip: std::net::Ipv4Addr = digits.parse().ok()?;
    let [first, ..] = ip.octets();
    if first == 0 || first >= 224 {
        return None;
    }
    let after = rest.get(digits.len()..)?;
    if after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    Some(with_port(IpAddr::V4(ip), at, digits.len(), after))
}

fn v6(text: &str, at: usize) -> Option<AddressLink> {
    let rest = text.get(at + 1..)?;
    let (inside, after) = rest.split_once(']')?;
    let ip: Ipv6Addr = inside.parse().ok()?;
    if ip.is_unspecified() || ip.is_multicast() {
        return None;
    }
    Some(with_port(IpAddr::V6(ip), at, inside.len() + 2, after))
}

fn with_port(ip: IpAddr, at: usize, length: usize, after: &str) -> AddressLink {
    let digits = after.strip_prefix(':').unwrap_or_default();
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    let port = digits.get(..count).and_then(|d| d.parse().ok()).filter(|port| *port != 0);
    let end = at + length + port.map_or(0, |_| count + 1);
    AddressLink { range: at..end, ip, port }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find_links(text).into_iter().map(|link| &text[link.range]).collect()
    }

    #[test]
    fn addresses_are_found_with_and_without_a_port() {
        assert_eq!(
            found("I (3210) tcp: listening addr=192.168.1.23:7681 max=2"),
            ["192.168.1.23:7681"]
        );
        assert_eq!(found("got ip: 10.0.2.15, gw: 10.0.2.2."), ["10.0.2.15", "10.0.2.2"]);
        assert_eq!(found("(127.0.0.1:40123)"), ["127.0.0.1:40123"]);
        assert_eq!(found("on [::1]:7681 and [fe80::1]"), ["[::1]:7681", "[fe80::1]"]);
        let link = &find_links("at 10.0.0.7")[0];
        assert_eq!(link.socket(7681).to_string(), "10.0.0.7:7681");
    }

    #[test]
    fn what_only_looks_like_an_address_is_left_alone() {
        for text in [
            "ESP-IDF v5.1.2.3",
            "1.2.3.4.5",
            "mask 255.255.255.0",
            "0.0.0.0:7681",
            "239.1.2.3",
            "version-1.2.3.4",
            "300.1.1.1",
            "1.2.3",
            "[12]",
            "I (1) tcp: accepted peer=192.168.1.10:50123 slot=1",
            "[:::",
            "",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
        assert_eq!(found("10.0.0.1:0"), ["10.0.0.1"]);
        assert_eq!(found("10.0.0.1:99999"), ["10.0.0.1"]);
    }
}
