//! From a command to its line: the inverse of parsing, passwords included, because it is what the
//! app sends to the board. Never log it.

use super::{
    request::{Command, Request},
    types::{Addressing, KickTarget},
};
use crate::{quote, words::Mode};
use core::fmt::{self, Write as _};

/// A word, in quotes where it needs them.
struct Word<'a>(&'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        quote::write_word(f, self.0)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = self.id {
            write!(f, "#{id} ")?;
        }
        self.command.fmt(f)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())?;
        match self {
            Self::Help
            | Self::Status
            | Self::WifiScan
            | Self::WifiForget
            | Self::Clients
            | Self::Screen
            | Self::OtaAllow
            | Self::OtaForget
            | Self::SettingsShow
            | Self::SettingsReset
            | Self::Restart => Ok(()),
            Self::WifiSet(credentials) => {
                write!(f, " {}", Word(&credentials.ssid))?;
                match credentials.password.reveal() {
                    "" => Ok(()),
                    password => write!(f, " {}", Word(password)),
                }
            }
            Self::WifiAddress(Addressing::Dhcp) => f.write_str(" dhcp"),
            Self::WifiAddress(Addressing::Static(address)) => {
                write!(f, " {}/{}", address.ip, address.prefix)?;
                let ways = [address.gateway, address.dns];
                ways.iter().flatten().try_for_each(|way| write!(f, " {way}"))
            }
            Self::WifiSmartConfig(switch) => write!(f, " {switch}"),
            Self::Mode { mode: Mode::Source, rate } if *rate > 0 => write!(f, " source {rate}"),
            Self::Mode { mode, .. } => write!(f, " {mode}"),
            Self::ServerPort(port) => write!(f, " {port}"),
            Self::ServerLimit(limit) => write!(f, " {limit}"),
            Self::ServerKeepalive(keep) => {
                write!(f, " {} {} {}", keep.idle_s, keep.interval_s, keep.count)
            }
            Self::Client { host, port } => write!(f, " {} {port}", Word(host)),
            Self::Kick(KickTarget::Slot(slot)) => write!(f, " {slot}"),
            Self::Kick(KickTarget::Peer(peer)) => write!(f, " {peer}"),
            Self::Log(level) => write!(f, " {level}"),
            Self::Show(shown) => write!(f, " {shown}"),
            Self::Name(name) => write!(f, " {}", Word(name)),
            Self::OtaToken(token) => write!(f, " {}", Word(token.reveal())),
            Self::Hostname(name) => f.write_char(' ').and_then(|()| f.write_str(name)),
        }
    }
}
