//! What a user asks of a session of UDP datagrams.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Behaviour, KnownClients, ZonedIp, host_and_port, split_host_and_port};

/// A socket for UDP datagrams (RFC 768). One datagram is one record; who sends any is a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UdpSpec {
    /// Address to receive at; `None`: all interfaces, in the family of the remote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind: Option<ZonedIp>,
    /// Port to receive at; 0 takes any free one.
    #[serde(deserialize_with = "crate::port_number::any")]
    pub port: u16,
    /// Whom datagrams are sent to; `None`: who sent last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteEndpoint>,
    /// Multicast groups that are joined (RFC 1112, RFC 4291 section 2.7).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<IpAddr>,
    /// The interface for multicast: its name, its number or an address of it; empty: the system's choice.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub interface: String,
    /// How many routers datagrams may pass (TTL, hop limit), 1 to 255; `None`: the system's choice, which for multicast is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u8>,
    /// Multicast datagrams that we send reach this computer, too.
    pub loopback: bool,
    /// Sending to broadcast addresses is allowed (SO_BROADCAST).
    pub broadcast: bool,
    /// Others may receive at the same address and port (SO_REUSEADDR); with groups they may anyway.
    pub reuse: bool,
    /// What is done with received datagrams besides capturing them.
    pub behaviour: Behaviour,
    /// What the user has said of peers, by their address.
    #[serde(rename = "client", skip_serializing_if = "KnownClients::is_empty")]
    pub clients: KnownClients,
}

impl Default for UdpSpec {
    fn default() -> Self {
        Self {
            bind: None,
            port: 0,
            remote: None,
            groups: Vec::new(),
            interface: String::new(),
            ttl: None,
            loopback: true,
            broadcast: false,
            reuse: false,
            behaviour: Behaviour::default(),
            clients: KnownClients::default(),
        }
    }
}

impl UdpSpec {
    /// The most bytes of a datagram over IPv4: 65,535 less the headers of IP and UDP.
    pub const MOST_V4: u32 = 65_507;
    /// The same over IPv6, whose header does not count.
    pub const MOST_V6: u32 = 65_527;
    /// What a frame of Ethernet carries of a datagram over IPv4: 1500 bytes less both headers.
    pub const UNFRAGMENTED_V4: u32 = 1472;
    /// The same over IPv6.
    pub const UNFRAGMENTED_V6: u32 = 1452;

    /// A socket at any free port that sends to this remote.
    pub fn to(host: impl Into<String>, port: u16) -> Self {
        let remote = Some(RemoteEndpoint { host: host.into(), port });
        Self { remote, ..Self::default() }
    }

    /// A socket that receives at this address and answers who sent last; port 0 takes any free one.
    pub fn at(bind: impl Into<ZonedIp>, port: u16) -> Self {
        Self { bind: Some(bind.into()), port, ..Self::default() }
    }

    /// Where it receives: what was asked for, or all interfaces in the family of `remote`, or of the first group.
    pub fn bind_for(&self, remote: Option<IpAddr>) -> ZonedIp {
        if let Some(bind) = &self.bind {
            return bind.clone();
        }
        let v6 = remote.or(self.groups.first().copied()).is_some_and(|it| it.is_ipv6());
        let any: IpAddr =
            if v6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        any.into()
    }

    /// How many bytes a datagram to this address can have.
    pub fn most(to: IpAddr) -> u32 {
        if to.to_canonical().is_ipv4() { Self::MOST_V4 } else { Self::MOST_V6 }
    }

    /// How many bytes it can have without being sent in fragments over Ethernet.
    pub fn unfragmented(to: IpAddr) -> u32 {
        if to.to_canonical().is_ipv4() { Self::UNFRAGMENTED_V4 } else { Self::UNFRAGMENTED_V6 }
    }
}

/// Who is sent to: a host name or an address, and a port: `192.168.1.5:7681`, `[fe80::1%eth0]:7681`, `board.local:7681`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RemoteEndpoint {
    /// Host name or IP address, without brackets.
    pub host: String,
    /// The port, 1 to 65535: nobody receives at port 0.
    pub port: u16,
}

/// Nobody can be sent to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a host and a port from 1 to 65535 are needed, such as 192.168.1.5:7681 or [fe80::1%eth0]:7681"
)]
pub struct NoRemote;

impl fmt::Display for RemoteEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&host_and_port(&self.host, self.port))
    }
}

impl FromStr for RemoteEndpoint {
    type Err = NoRemote;

    fn from_str(text: &str) -> Result<Self, NoRemote> {
        let parts = split_host_and_port(text.trim()).filter(|(_, port)| *port > 0);
        let (host, port) = parts.ok_or(NoRemote)?;
        Ok(Self { host: host.to_owned(), port })
    }
}

impl TryFrom<String> for RemoteEndpoint {
    type Error = NoRemote;

    fn try_from(text: String) -> Result<Self, NoRemote> {
        text.parse()
    }
}

impl From<RemoteEndpoint> for String {
    fn from(remote: RemoteEndpoint) -> Self {
        remote.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_is_read_as_it_is_written() {
        for text in ["192.168.1.5:7681", "[fe80::1%eth0]:1", "board.local:65535"] {
            assert_eq!(text.parse::<RemoteEndpoint>().unwrap().to_string(), text);
        }
        for bad in ["", "host", "host:", "host:0", "host:65536", ":7", "::1:7", "a\nb:7"] {
            assert!(bad.parse::<RemoteEndpoint>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn all_interfaces_are_meant_in_the_family_of_who_is_sent_to() {
        let v6: IpAddr = "ff02::1".parse().unwrap();
        let any = |spec: &UdpSpec, remote| spec.bind_for(remote).to_string();
        assert_eq!(any(&UdpSpec::to("h", 1), None), "0.0.0.0");
        assert_eq!(any(&UdpSpec::to("h", 1), Some(v6)), "::");
        assert_eq!(any(&UdpSpec { groups: vec![v6], ..UdpSpec::to("h", 1) }, None), "::");
        assert_eq!(any(&UdpSpec::at(IpAddr::from([127, 0, 0, 1]), 1), Some(v6)), "127.0.0.1");
    }
}
