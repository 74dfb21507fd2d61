//! Addresses of this computer, with the interface where an address alone does not tell it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An address, and the zone that a link-local one is of (RFC 4007 section 11): `fe80::1%eth0`, `fe80::1%3`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ZonedIp {
    /// The address.
    pub ip: IpAddr,
    /// The name or the number of the interface; empty: the system's choice. IPv4 has none.
    pub zone: String,
}

/// No address of this computer can be meant by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address such as 127.0.0.1, ::1 or fe80::1%eth0 is needed")]
pub struct NoAddress;

impl ZonedIp {
    /// An address to listen on, as people write it: `localhost` is 127.0.0.1, and `*` all interfaces of IPv4.
    ///
    /// # Errors
    /// It is no address.
    pub fn to_listen_on(text: &str) -> Result<Self, NoAddress> {
        match text {
            "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST).into()),
            "*" => Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into()),
            ip => ip.parse(),
        }
    }

    /// Whether it means all interfaces.
    pub fn is_unspecified(&self) -> bool {
        self.ip.is_unspecified() && self.zone.is_empty()
    }
}

impl From<IpAddr> for ZonedIp {
    fn from(ip: IpAddr) -> Self {
        Self { ip, zone: String::new() }
    }
}

impl fmt::Display for ZonedIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ip.fmt(f)?;
        if self.zone.is_empty() { Ok(()) } else { write!(f, "%{}", self.zone) }
    }
}

impl FromStr for ZonedIp {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let (ip, zone) = match text.trim().split_once('%') {
            Some((ip, zone)) => (ip, Some(zone)),
            None => (text.trim(), None),
        };
        let ip: IpAddr = ip.parse().map_err(|_| NoAddress)?;
        let is_zone = |zone: &str| ip.is_ipv6() && is_zone(zone);
        if zone.is_some_and(|zone| !is_zone(zone)) {
            return Err(NoAddress);
        }
        Ok(Self { ip, zone: zone.unwrap_or_default().to_owned() })
    }
}

/// What an interface may be called: Windows has spaces in names, nobody has brackets, controls or more than 255 bytes.
fn is_zone(zone: &str) -> bool {
    (1..256).contains(&zone.len()) && !zone.chars().any(|it| it.is_control() || "[]%".contains(it))
}

impl TryFrom<String> for ZonedIp {
    type Error = NoAddress;

    fn try_from(text: String) -> Result<Self, NoAddress> {
        text.parse()
    }
}

impl From<ZonedIp> for String {
    fn from(address: ZonedIp) -> Self {
        address.to_string()
    }
}

/// Where a connection comes from: an address of this computer and a port, 0 for any: `192.168.1.2:0`, `[fe80::1%eth0]:7000`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocalEndpoint {
    /// The address.
    pub address: ZonedIp,
    /// The port; 0 takes any free one.
    pub port: u16,
}

impl fmt::Display for LocalEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, port } = self;
        if address.ip.is_ipv6() {
            write!(f, "[{address}]:{port}")
        } else {
            write!(f, "{address}:{port}")
        }
    }
}

impl From<SocketAddr> for LocalEndpoint {
    fn from(address: SocketAddr) -> Self {
        let zone = match address {
            SocketAddr::V6(it) if it.scope_id() > 0 => it.scope_id().to_string(),
            _ => String::new(),
        };
        Self { address: ZonedIp { ip: address.ip(), zone }, port: address.port() }
    }
}

impl FromStr for LocalEndpoint {
    type Err = NoAddress;

    /// With a port, or an address alone.
    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let text = text.trim();
        if let Ok(address) = text.parse() {
            return Ok(Self { address, port: 0 });
        }
        let (host, port) = text.rsplit_once(':').ok_or(NoAddress)?;
        let port = port.parse().map_err(|_| NoAddress)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let address: ZonedIp = bare.unwrap_or(host).parse()?;
        match address.ip.is_ipv6() == bare.is_some() {
            true => Ok(Self { address, port }),
            false => Err(NoAddress),
        }
    }
}

impl TryFrom<String> for LocalEndpoint {
    type Error = NoAddress;

    fn try_from(text: String) -> Result<Self, NoAddress> {
        text.parse()
    }
}

impl From<LocalEndpoint> for String {
    fn from(endpoint: LocalEndpoint) -> Self {
        endpoint.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for text in
            ["127.0.0.1", "::", "fe80::1%eth0", "fe80::1%3", "fe80::1%Local Area Connection"]
        {
            assert_eq!(text.parse::<ZonedIp>().unwrap().to_string(), text);
        }
        for text in ["192.168.1.2:0", "[::1]:80", "[fe80::1%eth0]:7000"] {
            assert_eq!(text.parse::<LocalEndpoint>().unwrap().to_string(), text);
        }
        assert_eq!(
            "fe80::1%eth0".parse::<LocalEndpoint>().unwrap().to_string(),
            "[fe80::1%eth0]:0"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "x", "1.2.3.4%eth0", "fe80::1%", "fe80::1%a]b", "fe80::1%a%b"] {
            assert!(text.parse::<ZonedIp>().is_err(), "{text}");
        }
        for text in ["fe80::1%]:80", "[1.2.3.4]:80", "1.2.3.4:99999", ":80"] {
            assert!(text.parse::<LocalEndpoint>().is_err(), "{text}");
        }
    }
}
