//! What a system tells of a connection, and of a socket that listens.

/// The state of a connection (RFC 9293 section 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the standard")]
pub enum TcpState {
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

impl TcpState {
    /// Its name in the standard, the same in every language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "CLOSED",
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
        }
    }
}

/// What a system tells of a connection at one moment. What it does not tell is `None`, never 0. Numbers of bytes are of
/// payload, times are in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFigures {
    /// The connection's state.
    pub state: Option<TcpState>,
    /// The round-trip time, smoothed (RFC 6298).
    pub round_trip_us: Option<u64>,
    /// Its mean deviation.
    pub round_trip_variation_us: Option<u64>,
    /// The shortest one that was seen.
    pub least_round_trip_us: Option<u64>,
    /// How long an acknowledgement is waited for before data is sent again.
    pub retransmission_timeout_us: Option<u64>,
    /// Segments that were sent again, in all.
    pub retransmitted_segments: Option<u64>,
    /// Bytes that were sent again, in all.
    pub retransmitted_bytes: Option<u64>,
    /// How much we allow ourselves to have on its way (RFC 5681).
    pub congestion_window_bytes: Option<u64>,
    /// Below it the congestion window grows fast; `None` as well while there is none.
    pub slow_start_threshold_bytes: Option<u64>,
    /// How much the other end says that it takes: its receive window.
    pub send_window_bytes: Option<u64>,
    /// How much we say that we take.
    pub receive_window_bytes: Option<u64>,
    /// Sent, and not acknowledged yet.
    pub unacknowledged_bytes: Option<u64>,
    /// Taken from us by the system, and not sent yet.
    pub unsent_bytes: Option<u64>,
    /// Both of them together, where the system tells only that.
    pub send_buffer_bytes: Option<u64>,
    /// The largest segment that we send.
    pub segment_size_bytes: Option<u64>,
    /// The largest packet that the path takes.
    pub path_mtu_bytes: Option<u64>,
    /// How fast data arrived there lately, in bytes per second.
    pub delivery_rate: Option<u64>,
    /// Probes of a receive window of 0 (or of a silent connection) that were not answered yet.
    pub window_probes: Option<u64>,
}

impl TcpFigures {
    /// Bytes that wait in the system's send buffer, acknowledged by nobody: sent or not. `None` where nothing is told of them.
    pub fn held_bytes(&self) -> Option<u64> {
        match (self.unacknowledged_bytes, self.unsent_bytes) {
            (None, None) => self.send_buffer_bytes,
            (sent, unsent) => {
                Some(sent.unwrap_or_default().saturating_add(unsent.unwrap_or_default()))
            }
        }
    }
}

/// What a system tells of a socket that listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListenerFigures {
    /// Connections that stand and wait to be accepted.
    pub waiting: u64,
    /// How many may wait; one more than that is the most on Linux.
    pub limit: u64,
    /// Attempts to connect that the system dropped, since it listens: most often because the backlog was full. `None` where the system
    /// does not tell that.
    pub dropped: Option<u64>,
}
