//! In which encodings text is written for those it goes to.

use std::net::IpAddr;

use espalier_core::backend::PeerSelector;
use espalier_core::send::OutgoingBytes;
use espalier_core::session::{KnownClients, PeerStatus, SessionStatus};
use espalier_core::view::EncodingName;

use super::chosen::receives;

/// The encoding of a session, and those of clients that have their own, as far as a message goes to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TargetEncodings {
    /// The session's.
    pub session: EncodingName,
    clients: KnownClients,
    /// The addresses of those it goes to; none where no client has an encoding of its own.
    to: Vec<IpAddr>,
}

impl TargetEncodings {
    /// For what goes to these connections.
    pub(super) fn new(
        session: EncodingName,
        clients: &KnownClients,
        status: &SessionStatus,
        to: &PeerSelector,
    ) -> Self {
        if !clients.has_encodings() {
            return Self::of_session(session);
        }
        let mut addresses: Vec<IpAddr> = targets(status, to).map(|it| it.remote.ip()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        Self { session, clients: clients.clone(), to: addresses }
    }

    /// Where nobody has one of his own.
    pub(super) fn of_session(session: EncodingName) -> Self {
        Self { session, clients: KnownClients::default(), to: Vec::new() }
    }

    /// A message in all encodings that are needed.
    ///
    /// # Errors
    /// What `compose` says of one of them.
    pub(super) fn compose<E>(
        &self,
        compose: impl FnMut(&EncodingName) -> Result<Vec<u8>, E>,
    ) -> Result<OutgoingBytes, E> {
        self.clients.compose(&self.session, self.to.iter().copied(), compose)
    }

    /// The encodings that are used, when one of them is not the session's: the first is that of what is shown.
    pub(super) fn told(&self) -> Vec<&EncodingName> {
        let mut told: Vec<&EncodingName> = Vec::new();
        for address in &self.to {
            let encoding = self.clients.encoding(*address).unwrap_or(&self.session);
            if !told.contains(&encoding) {
                told.push(encoding);
            }
        }
        if told == [&self.session] { Vec::new() } else { told }
    }

    /// Of a message, what is shown: the bytes for the first of those it goes to.
    pub(super) fn shown<'a>(&self, bytes: &'a OutgoingBytes) -> &'a [u8] {
        self.to.first().map_or(bytes.common(), |first| bytes.of(*first))
    }
}

/// Those whom a message goes to, as the engine has it: all that can receive, or the chosen ones.
pub(super) fn targets<'a>(
    status: &'a SessionStatus,
    to: &PeerSelector,
) -> impl Iterator<Item = &'a PeerStatus> {
    status.peers.iter().filter(move |peer| match to {
        PeerSelector::Counterpart if status.counterpart.is_some() => {
            status.counterpart == Some(peer.id)
        }
        PeerSelector::All | PeerSelector::Counterpart => receives(peer),
        PeerSelector::Peers(peers) => peers.contains(&peer.id),
    })
}
