//! What a user asks of a relay: where clients come from, where each is forwarded to, and what happens on the way.

use serde::{Deserialize, Serialize};

use super::{Reconnect, RelayEnd, SocketOptions};
use crate::faults::RelayFaults;
use crate::tls::{TlsClientSpec, TlsServerSpec};

/// A relay: it listens, forwards each client to a target by a connection of its own, and keeps what passes both ways. Where it
/// listens on a serial port, that is its one client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelaySpec {
    /// Where clients come from.
    pub listen: RelayEnd,
    /// Where each of them is forwarded to.
    pub target: RelayEnd,
    /// How clients are secured, where `listen` is `tls:`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub listen_tls: Box<TlsServerSpec>,
    /// How the target is secured, where it is `tls:`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub target_tls: Box<TlsClientSpec>,
    /// When a target is connected to again that a serial port is forwarded to; clients come again by themselves.
    #[serde(default = "default_reconnect", skip_serializing_if = "is_default_reconnect")]
    pub reconnect: Reconnect,
    /// Milliseconds to wait for the target, 100 to 600,000.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout_ms: u64,
    /// How many clients are served at once; `None`: no limit of ours. Others wait in the system's backlog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_clients: Option<u32>,
    /// Options of the sockets on both sides.
    #[serde(default)]
    pub options: SocketOptions,
    /// What happens on the way.
    #[serde(default)]
    pub faults: RelayFaults,
}

const fn default_connect_timeout() -> u64 {
    5000
}

const fn default_reconnect() -> Reconnect {
    Reconnect::Exponential
}

fn is_default_reconnect(reconnect: &Reconnect) -> bool {
    *reconnect == default_reconnect()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl RelaySpec {
    /// A relay without faults.
    pub fn new(listen: RelayEnd, target: RelayEnd) -> Self {
        Self {
            listen,
            target,
            listen_tls: Box::default(),
            target_tls: Box::default(),
            reconnect: default_reconnect(),
            connect_timeout_ms: default_connect_timeout(),
            max_clients: None,
            options: SocketOptions::default(),
            faults: RelayFaults::default(),
        }
    }
}
