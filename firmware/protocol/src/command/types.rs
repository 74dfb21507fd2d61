//! What commands carry, bounded by what the standards allow.

use core::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
};
use heapless::String;

/// A network's name: at most 32 bytes, never empty where it is asked for.
pub type Ssid = String<32>;
/// A host name or address to dial.
pub type Host = String<64>;
/// A name for people.
pub type Name = String<32>;
/// An RFC 1123 label: letters, digits, hyphens.
pub type Hostname = String<32>;

/// A Wi-Fi password: never printed by `Debug`, and there is no `Display`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password(String<64>);

impl Password {
    /// `None` above 64 bytes.
    pub fn new(text: &str) -> Option<Self> {
        String::try_from(text).ok().map(Self)
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is none: an open network.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Password(none)" } else { "Password(set)" })
    }
}

/// What allows updates over the network: never printed by `Debug`, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String<64>);

impl Token {
    /// `None` unless it has 8 to 64 bytes.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() < 8 { None } else { String::try_from(text).ok().map(Self) }
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(set)")
    }
}

/// What is needed to join a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The network.
    pub ssid: Ssid,
    /// Its password; empty for an open network.
    pub password: Password,
}

impl Credentials {
    /// `None` if the name is empty or above 32 bytes, or the password is not 0 or 8 to 64 bytes.
    pub fn new(ssid: &str, password: &str) -> Option<Self> {
        let fits = password.is_empty() || (8..=64).contains(&password.len());
        if ssid.is_empty() || !fits {
            return None;
        }
        Some(Self { ssid: Ssid::try_from(ssid).ok()?, password: Password::new(password)? })
    }
}

/// Where the board's address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Addressing {
    /// A DHCP server.
    #[default]
    Dhcp,
    /// It is fixed.
    Static(StaticAddress),
}

/// A fixed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaticAddress {
    /// The address.
    pub ip: Ipv4Addr,
    /// Length of the network prefix, 1 to 30.
    pub prefix: u8,
    /// The way out; none stays in the local network.
    pub gateway: Option<Ipv4Addr>,
    /// The name server, where there is a gateway; none means the gateway.
    pub dns: Option<Ipv4Addr>,
}

/// Which connection to kick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KickTarget {
    /// The one in this slot, from 1.
    Slot(u8),
    /// The one from this address, the waiting one included.
    Peer(SocketAddr),
}

/// Whether `name` is a host label by RFC 1123.
pub(crate) fn is_label(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !name.is_empty() && name.bytes().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}

/// An RFC 1123 label of at most 32 bytes.
pub fn hostname(name: &str) -> Option<Hostname> {
    if is_label(name) { Hostname::try_from(name).ok() } else { None }
}
