//! The connections of a board as it reports them, kept by the address that it names: the same address that our own session
//! calls its local one, by which the two ends are matched.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;

use espalier_protocol::line::Share;
use espalier_protocol::{CloseCause, LineEvent};

use crate::Timestamp;

/// Where the board has put a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// The connection is served in this slot.
    Served {
        /// From 1.
        slot: u8,
    },
    /// The connection is established and its bytes are kept until a slot is free.
    Waiting,
    /// The board spoke of it, but not yet of where it put it.
    Unknown,
    /// The connection was turned away.
    Refused {
        /// Clients served, of the limit.
        served: Share,
    },
    /// The connection ended, as the board reports.
    Closed(CloseCause),
    /// The board restarted while it stood.
    BoardRestarted,
}

impl ServiceState {
    /// Whether the connection is over.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Closed(_) | Self::BoardRestarted)
    }
}

/// One connection as the board reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardConnection {
    /// The address it has for the board: our local one.
    pub peer: SocketAddr,
    /// The connection's state.
    pub state: ServiceState,
    /// Bytes that the board read from it, as far as it told.
    pub bytes_in: u64,
    /// Bytes that the board wrote to it, as far as it told.
    pub bytes_out: u64,
    /// When we read the line that started it.
    pub since: Timestamp,
}

/// The connections that a board has reported: at most [`Self::REMEMBERED`].
#[derive(Clone, Debug, Default)]
pub struct ConnectionTable {
    /// Oldest first.
    all: VecDeque<BoardConnection>,
    /// The peers that the board mentioned since it last listed all of them.
    mentioned: BTreeSet<SocketAddr>,
}

impl ConnectionTable {
    /// How many connections are remembered, ended ones included; the oldest ended one goes first.
    pub const REMEMBERED: usize = 64;

    /// All connections, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &BoardConnection> {
        self.all.iter()
    }

    /// The latest connection from this peer; `None` when the board has reported none.
    pub fn latest(&self, peer: SocketAddr) -> Option<&BoardConnection> {
        self.all.iter().rev().find(|connection| connection.peer == peer)
    }

    /// The board restarted: every connection that was open is over.
    pub fn restarted(&mut self) {
        for connection in self.all.iter_mut().filter(|it| !it.state.is_over()) {
            connection.state = ServiceState::BoardRestarted;
        }
    }

    /// All clients were listed: one that was not among them is gone, though no line said so.
    pub fn listed(&mut self) {
        let mentioned = std::mem::take(&mut self.mentioned);
        self.all.retain(|it| it.state.is_over() || mentioned.contains(&it.peer));
    }

    /// Takes what one line says of a connection; it was received at `at`.
    pub fn event(&mut self, event: &LineEvent<'_>, at: Timestamp) {
        match event {
            LineEvent::Accepted { peer, slot, .. } | LineEvent::Connected { peer, slot } => {
                self.begin(*peer, ServiceState::Served { slot: *slot }, at);
            }
            LineEvent::Waiting { peer, .. } => self.begin(*peer, ServiceState::Waiting, at),
            LineEvent::Refused { peer, served, .. } => {
                self.begin(*peer, ServiceState::Refused { served: *served }, at);
            }
            LineEvent::Promoted { peer, slot, .. } => {
                self.known(*peer, at).state = ServiceState::Served { slot: *slot };
            }
            LineEvent::Received { peer, slot, bytes, .. } => {
                let connection = self.known(*peer, at);
                connection.state = ServiceState::Served { slot: *slot };
                connection.bytes_in = connection.bytes_in.saturating_add(u64::from(*bytes));
            }
            LineEvent::Client { peer, slot, bytes_in, bytes_out, .. } => {
                let connection = self.known(*peer, at);
                connection.state =
                    slot.map_or(ServiceState::Waiting, |slot| ServiceState::Served { slot });
                (connection.bytes_in, connection.bytes_out) = (*bytes_in, *bytes_out);
            }
            LineEvent::Closed { peer, reason, bytes_in, bytes_out, .. } => {
                let connection = self.known(*peer, at);
                connection.state = ServiceState::Closed(*reason);
                (connection.bytes_in, connection.bytes_out) = (*bytes_in, *bytes_out);
            }
            _ => {}
        }
    }

    /// A connection that the board speaks of for the first time.
    fn begin(&mut self, peer: SocketAddr, state: ServiceState, since: Timestamp) {
        if self.mentioned.len() >= Self::REMEMBERED {
            self.mentioned.clear();
            self.mentioned.extend(self.all.iter().map(|it| it.peer));
        }
        if self.all.len() >= Self::REMEMBERED {
            let oldest = self.all.iter().position(|it| it.state.is_over()).unwrap_or(0);
            self.all.remove(oldest);
        }
        let connection = BoardConnection { peer, state, bytes_in: 0, bytes_out: 0, since };
        self.all.push_back(connection);
        self.mentioned.insert(peer);
    }

    /// A connection that the board has spoken of before, or whose beginning we did not hear.
    fn known(&mut self, peer: SocketAddr, at: Timestamp) -> &mut BoardConnection {
        let open = |it: &BoardConnection| it.peer == peer && !it.state.is_over();
        let index = self.all.iter().rposition(open).unwrap_or_else(|| {
            self.begin(peer, ServiceState::Unknown, at);
            self.all.len() - 1
        });
        self.mentioned.insert(peer);
        &mut self.all[index]
    }
}
