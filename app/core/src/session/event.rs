//! TCP's real story, told in events. They are kept in the capture as commented empty packets, so their text form
//! ([`std::fmt::Display`] and [`std::str::FromStr`], each other's inverse) is part of the file format.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::BoardEvent;
use crate::Sentence;
use crate::board::{Frame, Symbols};

/// Why a connection, or the attempt to make one, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EndReason {
    /// Both sides sent FIN, the peer first.
    ClosedByPeer,
    /// We closed in order (FIN).
    ClosedByUs,
    /// The peer sent RST.
    ResetByPeer,
    /// We sent RST (linger 0, kick by reset).
    ResetByUs,
    /// No answer to our keepalive probes, or to retransmitted data (`ETIMEDOUT` on an open connection).
    KeepaliveLost,
    /// The board at the other end restarted, by its console: it knows nothing of the connection any more.
    BoardRestarted,
    /// Nobody listens there (RST to our SYN).
    Refused,
    /// No answer to our SYN within the connect timeout.
    ConnectTimedOut,
    /// No route to the host or network.
    Unreachable,
    /// The name has no address.
    NameNotFound,
    /// The local address could not be bound (in use, not ours, no permission), or a multicast group not be joined.
    BindFailed,
    /// The system does not allow it: sending to a broadcast address needs a switch.
    Forbidden,
    /// Over the server's limit of clients; accepted and closed at once.
    OverLimit,
    /// TLS was not agreed on, or broke: the detail says why.
    TlsFailed,
    /// The peer sent FIN without the close_notify that ends TLS: the end may be missing (RFC 8446 section 6.1).
    Truncated,
    /// Nothing came from it, or went to it, for so long that it is forgotten: UDP tells no end.
    Idle,
    /// A session has no room for more peers: the one that was idle longest makes room for a new one.
    Displaced,
    /// The capture could not be written (disk full): we stopped rather than lose bytes.
    CaptureFailed,
    /// The serial port vanished (unplugged).
    PortGone,
    /// The serial port is held by another program.
    PortBusy,
    /// The serial port may not be opened by this user.
    PortForbidden,
    /// Anything else; the operating system's text says what.
    Other,
}

/// Something that happened to a session or one of its connections.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEvent {
    /// A client session starts to connect; names are not resolved yet.
    Connecting {
        /// As the user wrote it: `host:port`.
        target: String,
    },
    /// A client session's connection stands.
    Connected {
        /// Our end.
        local: SocketAddr,
        /// The other end.
        remote: SocketAddr,
    },
    /// A server session listens.
    Listening {
        /// The bound address, with the real port.
        local: SocketAddr,
    },
    /// A server session stopped listening.
    StoppedListening,
    /// A server session took a client.
    Accepted {
        /// Our end.
        local: SocketAddr,
        /// The client.
        remote: SocketAddr,
    },
    /// A datagram session met a peer: who sent its first datagram, or whom we send to.
    Met {
        /// Our end.
        local: SocketAddr,
        /// The other end.
        remote: SocketAddr,
    },
    /// The network says that datagrams did not arrive (ICMP destination unreachable). The session goes on.
    Undelivered {
        /// To whom; `None` where the system does not say.
        remote: Option<SocketAddr>,
        /// How many since that was told last.
        count: u64,
        /// The operating system's own text.
        detail: String,
    },
    /// The peer sent FIN: it will send no more, but may still read.
    PeerHalfClosed,
    /// We sent FIN and go on receiving.
    HalfClosed,
    /// The connection, attempt or session ended.
    Ended {
        /// Why.
        reason: EndReason,
        /// The operating system's own text, empty when it said nothing.
        detail: String,
    },
    /// The next attempt to connect is made after this long.
    RetryIn {
        /// The wait.
        delay: Duration,
        /// Which attempt it will be, from 2.
        attempt: u32,
    },
    /// A serial port was opened.
    PortOpened {
        /// The port's name or path.
        port: String,
        /// Bits per second.
        baud: u32,
    },
    /// The board panicked, and its backtrace follows, one [`Self::Frame`] each.
    Backtrace {
        /// Which core it is of, where there is more than one to tell apart.
        core: Option<u8>,
        /// Where the names come from; `None`: there are none, and only addresses would follow, so nothing does.
        symbols: Option<Symbols>,
    },
    /// One step of a backtrace, innermost first.
    Frame(Frame),
    /// A board did or saw something: only on a timeline.
    Board(BoardEvent),
    /// A place that somebody wants to find again: what is written there.
    Mark(String),
    /// Anything else worth a line in the log.
    Note(Sentence),
}

impl SessionEvent {
    /// Whether it tells of the other end, or why it was not reached, or was put there by the user. To open, to listen and to be closed by us is nothing
    /// that has to be kept.
    #[must_use]
    pub const fn is_of_peer(&self) -> bool {
        match self {
            Self::Connected { .. }
            | Self::Accepted { .. }
            | Self::Undelivered { .. }
            | Self::PeerHalfClosed
            | Self::HalfClosed
            | Self::RetryIn { .. }
            | Self::Backtrace { .. }
            | Self::Frame(_)
            | Self::Board(_)
            | Self::Mark(_) => true,
            Self::Ended { reason, .. } => !matches!(reason, EndReason::ClosedByUs),
            Self::Connecting { .. }
            | Self::Listening { .. }
            | Self::StoppedListening
            | Self::PortOpened { .. }
            | Self::Met { .. }
            | Self::Note(_) => false,
        }
    }
}
