//! The connections of a session: all open ones and the latest ended ones.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use espalier_core::session::PeerStatus;
use espalier_core::{PeerId, Timestamp};

use super::peer::Peer;

/// How many ended connections are remembered.
const ENDED: usize = 64;

/// The connections of a session.
#[derive(Debug, Default)]
pub struct Peers {
    last: PeerId,
    open: BTreeMap<PeerId, Arc<Peer>>,
    ended: VecDeque<PeerStatus>,
}

impl Peers {
    /// The next number; each is given once.
    pub const fn number(&mut self) -> PeerId {
        self.last.0 += 1;
        self.last
    }

    /// The number that was given last; `PeerId::SESSION` before the first one.
    pub const fn last(&self) -> PeerId {
        self.last
    }

    /// Goes on behind a number that was given in an earlier run.
    pub fn go_on_after(&mut self, last: PeerId) {
        self.last = self.last.max(last);
    }

    /// Adds a connection that was established.
    pub fn add(&mut self, peer: Arc<Peer>) {
        self.open.insert(peer.id, peer);
    }

    /// Moves a connection to the ended ones, with its last status.
    pub fn remove(&mut self, last: PeerStatus) {
        self.open.remove(&last.id);
        self.ended.push_back(last);
        if self.ended.len() > ENDED {
            self.ended.pop_front();
        }
    }

    /// Forgets the connections that are over.
    pub fn forget_ended(&mut self) {
        self.ended.clear();
    }

    /// All open connections, oldest first.
    pub fn open(&self) -> Vec<Arc<Peer>> {
        self.open.values().cloned().collect()
    }

    /// Whether any other connection is open.
    pub fn are_others(&self, than: PeerId) -> bool {
        self.open.keys().any(|id| *id != than)
    }

    /// The open connection of this number; `None` when it is over.
    pub fn find(&self, id: PeerId) -> Option<Arc<Peer>> {
        self.open.get(&id).cloned()
    }

    /// The statuses of all connections at `now`, oldest first.
    pub fn statuses(&self, now: Timestamp) -> Arc<[PeerStatus]> {
        let mut all: Vec<PeerStatus> = self.ended.iter().cloned().collect();
        all.extend(self.open.values().map(|peer| peer.status(now)));
        all.sort_by_key(|peer| peer.id);
        all.into()
    }
}
