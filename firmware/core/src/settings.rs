//! What the board remembers, with its defaults and bounds.

use espalier_protocol::{
    Level, Mode, Shown,
    command::{Addressing, Credentials, Host, Hostname, Name},
    line::Keepalive,
    ota::TokenKey,
};

/// TCP port unless set otherwise.
pub const PORT: u16 = 7681;
/// Clients served at once unless set otherwise.
pub const LIMIT: u8 = 2;
/// Clients served at once at most.
pub const LIMIT_MAX: u8 = 8;
/// Clients that wait at most.
pub const WAITING: u8 = 1;
/// Port that mode `client` dials unless set otherwise.
pub const TARGET_PORT: u16 = 8080;

/// Whom mode `client` dials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialTarget {
    /// Name or address.
    pub host: Host,
    /// TCP port.
    pub port: u16,
}

/// Everything that survives a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The network to join.
    pub wifi: Option<Credentials>,
    /// Where the address comes from.
    pub addressing: Addressing,
    /// Whether to listen for SmartConfig while there is no network.
    pub smartconfig: bool,
    /// TCP port to listen on.
    pub port: u16,
    /// Clients served at once, 1 to [`LIMIT_MAX`].
    pub limit: u8,
    /// When a silent peer is given up.
    pub keepalive: Keepalive,
    /// What is done with connections.
    pub mode: Mode,
    /// Bytes per second and connection of mode `source`; 0 is as fast as it can.
    pub rate: u32,
    /// Whom mode `client` dials.
    pub target: Option<DialTarget>,
    /// The loudest level that is printed.
    pub log: Level,
    /// How received bytes are shown.
    pub shown: Shown,
    /// Name for people; empty means the program's.
    pub name: Name,
    /// Name on the network; empty means one made from the MAC address.
    pub hostname: Hostname,
    /// The key of the token that allows updates over the network.
    pub ota_token: Option<TokenKey>,
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Settings {
    /// What a board has that was never set.
    pub const DEFAULT: Self = Self {
        wifi: None,
        addressing: Addressing::Dhcp,
        smartconfig: true,
        port: PORT,
        limit: LIMIT,
        keepalive: Keepalive::DEFAULT,
        mode: Mode::Echo,
        rate: 0,
        target: None,
        log: Level::Info,
        shown: Shown::Text,
        name: Name::new(),
        hostname: Hostname::new(),
        ota_token: None,
    };

    /// The name for people; `app` is the program's.
    pub(crate) fn name_or<'a>(&'a self, app: &'a str) -> &'a str {
        if self.name.is_empty() { app } else { &self.name }
    }

    /// The name on the network of a board with this MAC address.
    pub(crate) fn hostname_for(&self, mac: [u8; 6]) -> Hostname {
        if !self.hostname.is_empty() {
            return self.hostname.clone();
        }
        let [.., a, b, c] = mac;
        let mut name = Hostname::new();
        // 15 bytes always fit.
        core::fmt::write(&mut name, format_args!("espalier-{a:02x}{b:02x}{c:02x}")).ok();
        name
    }
}
