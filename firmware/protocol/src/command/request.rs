//! What the board can be told.

use super::types::{Addressing, Credentials, Host, Hostname, KickTarget, Name, Token};
use crate::{
    field::Keepalive,
    words::{Level, Mode, Shown, Switch},
};

/// The longest command line that the board takes, in bytes, without its line end.
pub const COMMAND_MAX: usize = 512;

/// A command with the number that its answer repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The number after `#`.
    pub id: Option<u32>,
    /// What to do.
    pub command: Command,
}

/// Everything that the board can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Lists the commands.
    Help,
    /// Prints system, Wi-Fi and server.
    Status,
    /// Lists the networks in range.
    WifiScan,
    /// Stores credentials and joins.
    WifiSet(Credentials),
    /// Forgets the credentials and leaves.
    WifiForget,
    /// Where the address comes from.
    WifiAddress(Addressing),
    /// Whether to listen for SmartConfig while there is no network.
    WifiSmartConfig(Switch),
    /// What to do with connections; `rate` is for [`Mode::Source`], bytes per second, 0 = as fast
    /// as it can.
    Mode {
        /// The mode.
        mode: Mode,
        /// Bytes per second.
        rate: u32,
    },
    /// TCP port to listen on.
    ServerPort(u16),
    /// Clients served at once, 1 to 8.
    ServerLimit(u8),
    /// When a silent peer is given up.
    ServerKeepalive(Keepalive),
    /// Dials this host (mode `client`).
    Client {
        /// Name or address.
        host: Host,
        /// TCP port.
        port: u16,
    },
    /// Lists the connections.
    Clients,
    /// Ends one connection.
    Kick(KickTarget),
    /// Prints what a display shows, whether there is one or not.
    Screen,
    /// The loudest level that is printed.
    Log(Level),
    /// How received bytes are shown.
    Show(Shown),
    /// Name of the board for people.
    Name(Name),
    /// Name of the board on the network.
    Hostname(Hostname),
    /// Takes one update over the network without a token, for some minutes.
    OtaAllow,
    /// Sets the token that allows updates over the network.
    OtaToken(Token),
    /// Forgets it.
    OtaForget,
    /// Prints the settings, but no password.
    SettingsShow,
    /// Back to the defaults; the Wi-Fi is forgotten too.
    SettingsReset,
    /// Restarts the board.
    Restart,
}

impl Command {
    /// The words that name it, as in `console: ok cmd=…`.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Help => "help",
            Self::Status => "status",
            Self::WifiScan => "wifi scan",
            Self::WifiSet(_) => "wifi set",
            Self::WifiForget => "wifi forget",
            Self::WifiAddress(_) => "wifi address",
            Self::WifiSmartConfig(_) => "wifi smartconfig",
            Self::Mode { .. } => "mode",
            Self::ServerPort(_) => "server port",
            Self::ServerLimit(_) => "server limit",
            Self::ServerKeepalive(_) => "server keepalive",
            Self::Client { .. } => "client",
            Self::Clients => "clients",
            Self::Kick(_) => "kick",
            Self::Screen => "screen",
            Self::Log(_) => "log",
            Self::Show(_) => "show",
            Self::Name(_) => "name",
            Self::Hostname(_) => "hostname",
            Self::OtaAllow => "ota allow",
            Self::OtaToken(_) => "ota token",
            Self::OtaForget => "ota forget",
            Self::SettingsShow => "settings show",
            Self::SettingsReset => "settings reset",
            Self::Restart => "restart",
        }
    }
}
