//! What a user asks of a load test.

use serde::{Deserialize, Serialize};

use crate::session::{Reconnect, SocketOptions};
use crate::tls::TlsClientSpec;

/// Many clients in one session. All of it is bounded: how many there are, and how long it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadSpec {
    /// Host name or IP address (v4 or v6, without brackets).
    pub host: String,
    /// Port, 1 to 65535.
    #[serde(deserialize_with = "crate::port_number::of_target")]
    pub port: u16,
    /// How many clients, 1 to [`LoadSpec::MOST_CLIENTS`].
    #[serde(default = "default_clients")]
    pub clients: u32,
    /// How many of them begin to connect each second, 1 to [`LoadSpec::STEEPEST_RAMP`].
    #[serde(default = "default_ramp")]
    pub ramp: u32,
    /// What each of them sends, and what it expects.
    #[serde(default)]
    pub traffic: LoadTraffic,
    /// Milliseconds that each stays connected; `None`: until its list is sent, or else to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay_ms: Option<u64>,
    /// Milliseconds after which all of it ends, 1 to [`LoadSpec::LONGEST_MS`].
    #[serde(default = "default_time")]
    pub time_ms: u64,
    /// When a client connects again, however its connection ended.
    #[serde(default)]
    pub again: Reconnect,
    /// Milliseconds that a client waits for its connection, 100 to 600,000.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout_ms: u64,
    /// The bytes of so many clients, the first ones, are in the log; of the others what happens to them, and counts.
    #[serde(default = "default_kept")]
    pub kept_clients: u32,
    /// Options of the sockets.
    #[serde(default)]
    pub options: SocketOptions,
    /// TLS on its connections; plain text when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsClientSpec>,
    /// Addresses outside of this computer and private networks may be loaded, too. Whoever runs it says so each time: no file
    /// can, because files come from others.
    #[serde(skip)]
    pub allowed_outside: bool,
}

/// What each client sends, and what it expects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum LoadTraffic {
    /// It is connected, and nothing else.
    #[default]
    Nothing,
    /// The messages of the send list, in order, with the answers that they wait for.
    List {
        /// Of this group alone; `None`: of all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// How often; 0: to the end.
        #[serde(default = "once")]
        rounds: u64,
    },
    /// The check pattern of our boards (`espalier_protocol::pattern`), from its first byte at each connection.
    Pattern {
        /// Bytes a second and client; 0: as fast as it goes.
        #[serde(default)]
        rate: u64,
        /// Who compares.
        #[serde(default)]
        check: PatternCheck,
    },
}

/// Who compares the check pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatternCheck {
    /// We send it, and what comes back is compared: a board in mode `echo`.
    #[default]
    Echo,
    /// The other end sends it, and we compare: a board in mode `source`.
    Source,
    /// We send it, and the other end compares, or nobody: a board in mode `check`.
    None,
}

const fn default_clients() -> u32 {
    10
}

const fn default_ramp() -> u32 {
    100
}

const fn default_time() -> u64 {
    60_000
}

const fn default_connect_timeout() -> u64 {
    5000
}

const fn default_kept() -> u32 {
    10
}

const fn once() -> u64 {
    1
}

/// A load test that is not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLoad {
    /// Nobody to connect to.
    #[error("a load test needs a host and a port from 1 to 65535")]
    NoTarget,
    /// None, or too many.
    #[error("a load test has 1 to 10000 clients")]
    Clients,
    /// Too slow, or too fast.
    #[error("of the clients of a load test, 1 to 10000 begin each second")]
    Ramp,
    /// Without an end, or too far away.
    #[error("a load test takes up to 24 hours")]
    Time,
}

impl LoadSpec {
    /// The most clients.
    pub const MOST_CLIENTS: u32 = 10_000;
    /// The most clients that begin to connect in a second.
    pub const STEEPEST_RAMP: u32 = 10_000;
    /// The longest test: a day, in milliseconds.
    pub const LONGEST_MS: u64 = 24 * 60 * 60 * 1000;

    /// Ten clients that are connected for a minute.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            clients: default_clients(),
            ramp: default_ramp(),
            traffic: LoadTraffic::default(),
            stay_ms: None,
            time_ms: default_time(),
            again: Reconnect::Off,
            connect_timeout_ms: default_connect_timeout(),
            kept_clients: default_kept(),
            options: SocketOptions::default(),
            tls: None,
            allowed_outside: false,
        }
    }

    /// Whether it is within its bounds.
    ///
    /// # Errors
    /// [`BadLoad`]: which one it leaves.
    pub fn check(&self) -> Result<(), BadLoad> {
        match self {
            _ if self.host.trim().is_empty() || self.port == 0 => Err(BadLoad::NoTarget),
            _ if !(1..=Self::MOST_CLIENTS).contains(&self.clients) => Err(BadLoad::Clients),
            _ if !(1..=Self::STEEPEST_RAMP).contains(&self.ramp) => Err(BadLoad::Ramp),
            _ if !(1..=Self::LONGEST_MS).contains(&self.time_ms) => Err(BadLoad::Time),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{SessionSpec, TransportSpec};

    #[test]
    fn a_file_says_little_and_cannot_allow_addresses_outside() {
        let file = r#"{"transport": {"kind": "load", "host": "board", "port": 7681, "allowed_outside": true,
            "traffic": {"kind": "list", "group": "modem"}}}"#;
        let spec: SessionSpec = serde_json::from_str(file).unwrap();
        let TransportSpec::Load(load) = &spec.transport else { panic!("{spec:?}") };
        let traffic = LoadTraffic::List { group: Some("modem".to_owned()), rounds: 1 };
        assert_eq!(*load, LoadSpec { traffic, ..LoadSpec::new("board", 7681) });
        let allowed = LoadSpec { allowed_outside: true, ..load.clone() };
        let written = serde_json::to_string(&TransportSpec::Load(allowed)).unwrap();
        let read: TransportSpec = serde_json::from_str(&written).unwrap();
        assert_eq!(read, spec.transport, "it is not written either");
    }

    #[test]
    fn all_of_it_is_bounded() {
        let good = LoadSpec::new("h", 1);
        assert_eq!(good.check(), Ok(()));
        let most = LoadSpec { clients: 10_000, ramp: 10_000, time_ms: 86_400_000, ..good.clone() };
        assert_eq!(most.check(), Ok(()));
        for (bad, why) in [
            (LoadSpec { clients: 0, ..good.clone() }, BadLoad::Clients),
            (LoadSpec { clients: 10_001, ..good.clone() }, BadLoad::Clients),
            (LoadSpec { ramp: 0, ..good.clone() }, BadLoad::Ramp),
            (LoadSpec { time_ms: 86_400_001, ..good.clone() }, BadLoad::Time),
            (LoadSpec { time_ms: 0, ..good.clone() }, BadLoad::Time),
            (LoadSpec { host: " ".to_owned(), ..good.clone() }, BadLoad::NoTarget),
            (LoadSpec { port: 0, ..good }, BadLoad::NoTarget),
        ] {
            assert_eq!(bad.check(), Err(why));
        }
    }
}
