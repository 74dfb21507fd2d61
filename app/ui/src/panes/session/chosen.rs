//! Whom the send box sends to.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use espalier_core::PeerId;
use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::session::{ConnectionState, PeerStatus, SessionStatus, TransportSpec};

/// The clients that were chosen, with the addresses they had; none: all. Whoever was chosen stays so until the user says
/// otherwise: nothing is ever sent to others instead.
#[derive(Clone, Debug, Default)]
pub(super) struct ChosenClients {
    peers: BTreeMap<PeerId, SocketAddr>,
    /// All, where that is not what is meant when nobody was chosen.
    everybody: bool,
}

/// A change of who is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChosenEdit {
    /// This one, too.
    Add(PeerId, SocketAddr),
    /// This one no more.
    Remove(PeerId),
    /// All of them.
    Everybody,
    /// Whoever is meant when nobody was chosen.
    Nobody,
}

impl ChosenClients {
    /// Whether this one was chosen.
    pub(super) fn contains(&self, peer: PeerId) -> bool {
        self.peers.contains_key(&peer)
    }

    /// Chooses one more.
    pub(super) fn add(&mut self, peer: PeerId, remote: SocketAddr) {
        self.peers.insert(peer, remote);
    }

    /// Chooses this one no more; whether it was chosen.
    pub(super) fn remove(&mut self, peer: PeerId) -> bool {
        self.peers.remove(&peer).is_some()
    }

    /// Changes it.
    pub(super) fn edit(&mut self, edit: ChosenEdit) {
        match edit {
            ChosenEdit::Add(peer, remote) => self.add(peer, remote),
            ChosenEdit::Remove(peer) => drop(self.remove(peer)),
            ChosenEdit::Everybody => *self = Self { everybody: true, ..Self::default() },
            ChosenEdit::Nobody => *self = Self::default(),
        }
    }

    /// How many were chosen.
    pub(super) fn len(&self) -> usize {
        self.peers.len()
    }

    /// Those who were chosen, by number, with the addresses they had.
    pub(super) fn iter(&self) -> impl Iterator<Item = (PeerId, SocketAddr)> {
        self.peers.iter().map(|(peer, remote)| (*peer, *remote))
    }

    /// As the engine is asked.
    pub(super) fn target(&self, transport: &TransportSpec) -> PeerSelector {
        match (self.peers.is_empty(), transport) {
            (true, TransportSpec::Udp(_)) if !self.everybody => PeerSelector::Counterpart,
            (true, _) => PeerSelector::All,
            (false, _) => PeerSelector::Peers(self.peers.keys().copied().collect()),
        }
    }

    /// The first chosen one that cannot receive, and why.
    pub(super) fn missing(&self, status: &SessionStatus) -> Option<Refusal> {
        self.peers.keys().find_map(|peer| unreachable(*peer, status))
    }
}

/// Why nothing can be sent to this connection; `None`: it can receive.
pub(super) fn unreachable(peer: PeerId, status: &SessionStatus) -> Option<Refusal> {
    match find(peer, status).map(|it| it.state) {
        None | Some(ConnectionState::Ended(_)) => Some(Refusal::Gone(peer)),
        Some(ConnectionState::HalfClosed) => Some(Refusal::Closed(peer)),
        Some(ConnectionState::Open | ConnectionState::PeerHalfClosed) => None,
    }
}

/// The connection of this number, as long as it is remembered.
pub(super) fn find(peer: PeerId, status: &SessionStatus) -> Option<&PeerStatus> {
    let at = status.peers.binary_search_by_key(&peer, |it| it.id).ok()?;
    status.peers.get(at)
}

/// Whether a connection can receive.
pub(super) const fn receives(peer: &PeerStatus) -> bool {
    !matches!(peer.state, ConnectionState::Ended(_) | ConnectionState::HalfClosed)
}
