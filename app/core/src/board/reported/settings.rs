//! The board's own settings, as it shows them.

use std::net::Ipv4Addr;

use espalier_protocol::line::Keepalive;
use espalier_protocol::{AddressSource, Level, LineEvent, Mode, Secret, Shown, Switch};

/// What a board answered to `settings show`, as far as it has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardSettings {
    /// Wi-Fi.
    pub wifi: Option<WifiSettings>,
    /// The server.
    pub server: Option<ServerSettings>,
    /// Whom mode `client` dials: host (empty when none) and port.
    pub client: Option<(String, u16)>,
    /// The console and names.
    pub console: Option<ConsoleSettings>,
}

/// Wi-Fi settings; the password itself is never told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WifiSettings {
    /// The network; empty when none is stored.
    pub ssid: String,
    /// A password is stored.
    pub has_password: bool,
    /// The address is fixed: this one, with its prefix length, gateway and name server.
    pub fixed: Option<(Ipv4Addr, u8, Option<Ipv4Addr>, Option<Ipv4Addr>)>,
    /// It listens for SmartConfig while there is no network; `None` where the board does not know of it.
    pub smartconfig: Option<bool>,
}

/// Server settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// TCP port.
    pub port: u16,
    /// Clients served at once.
    pub limit: u8,
    /// When a silent peer is given up.
    pub keepalive: Keepalive,
    /// What the board does with its connections.
    pub mode: Mode,
    /// Bytes per second of mode `source`; 0 is as fast as it can.
    pub rate: u32,
}

/// Console settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleSettings {
    /// The loudest level that is printed.
    pub log: Level,
    /// How received bytes are shown.
    pub show: Shown,
    /// Name of the board for people.
    pub name: String,
    /// Name of the board on the network.
    pub hostname: String,
}

impl BoardSettings {
    /// Takes what one line says of them; `false` when it says nothing.
    pub fn line(&mut self, event: &LineEvent<'_>) -> bool {
        match event {
            LineEvent::WifiSettings {
                ssid,
                password,
                address,
                ip,
                prefix,
                gateway,
                dns,
                smartconfig,
            } => {
                let fixed = (*address == AddressSource::Static).then_some(());
                self.wifi = Some(WifiSettings {
                    ssid: ssid.as_deref().unwrap_or_default().to_owned(),
                    has_password: *password == Secret::Set,
                    fixed: fixed.and_then(|()| Some(((*ip)?, (*prefix)?, *gateway, *dns))),
                    smartconfig: smartconfig.map(|switch| switch == Switch::On),
                });
            }
            LineEvent::ServerSettings { port, limit, keepalive, mode, rate } => {
                let (port, limit, keepalive) = (*port, *limit, *keepalive);
                self.server =
                    Some(ServerSettings { port, limit, keepalive, mode: *mode, rate: *rate });
            }
            LineEvent::ClientSettings { host, port } => {
                self.client = Some((host.as_deref().unwrap_or_default().to_owned(), *port));
            }
            LineEvent::ConsoleSettings { log, show, name, hostname } => {
                self.console = Some(ConsoleSettings {
                    log: *log,
                    show: *show,
                    name: name.to_string(),
                    hostname: hostname.to_string(),
                });
            }
            _ => return false,
        }
        true
    }
}
