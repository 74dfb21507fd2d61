//! Options of TCP sockets, as a user asks for them.

use serde::{Deserialize, Serialize};

/// Options of a TCP socket; what the system does not offer is told in the log, not ignored in silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SocketOptions {
    /// Send small segments at once (TCP_NODELAY).
    pub nodelay: bool,
    /// Probe an idle connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keepalive: Option<Keepalive>,
    /// Close by RST instead of FIN (SO_LINGER with zero seconds).
    pub close_by_reset: bool,
    /// When the peer sends FIN, keep our sending half open until the user closes it. Otherwise what is queued is sent and
    /// our FIN follows, so a peer that has gone leaves the list by itself.
    pub stay_half_open: bool,
    /// SO_RCVBUF in bytes; the system's choice when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receive_buffer: Option<u32>,
    /// SO_SNDBUF in bytes; the system's choice when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_buffer: Option<u32>,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            nodelay: true,
            keepalive: None,
            close_by_reset: false,
            stay_half_open: false,
            receive_buffer: None,
            send_buffer: None,
        }
    }
}

/// TCP keepalive (RFC 9293 section 3.8.4), in seconds; the example firmware uses 20, 5, 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keepalive {
    /// Seconds of silence before the first probe, 1 to 32767.
    pub idle: u16,
    /// Seconds between probes, 1 to 32767.
    pub interval: u16,
    /// Probes without an answer before the connection is given up, 1 to 127.
    pub count: u8,
}
