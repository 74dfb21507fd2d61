//! The figures of a session, as they are read.

use std::sync::Arc;

use super::{FigureSeries, LatencySummary, ListenerFigures};
use crate::PeerId;

/// What is known of one connection that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionFigures {
    /// Which.
    pub peer: PeerId,
    /// What was seen of it, since it is looked at.
    pub series: FigureSeries,
    /// How long it took to make, from our SYN; `None` where the other end made it.
    pub connect_us: Option<u64>,
    /// It is over: nothing more will be seen.
    pub is_over: bool,
}

/// What is known of a session: of those connections that are looked at, of where it listens, and how long answers take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFigures {
    /// The connections, by their numbers; at most [`Self::MOST`].
    pub connections: Vec<Arc<ConnectionFigures>>,
    /// Where it listens; `None` while it does not, and where the system tells nothing.
    pub listener: Option<ListenerFigures>,
    /// From a send to the first byte of what the same peer sends next.
    pub answers: LatencySummary,
    /// From the SYN of each connection that we made until it stood.
    pub connects: LatencySummary,
    /// This system tells of connections.
    pub is_told: bool,
    /// How often the system was asked since the session was opened.
    pub looks: u64,
}

impl SessionFigures {
    /// How many connections are looked at; of more, the ones that were looked at longest ago are forgotten.
    pub const MOST: usize = 64;

    /// What is known of this connection.
    pub fn of(&self, peer: PeerId) -> Option<&Arc<ConnectionFigures>> {
        self.connections.iter().find(|connection| connection.peer == peer)
    }
}
