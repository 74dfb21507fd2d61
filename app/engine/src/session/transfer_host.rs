//! A session as the host of a transfer.

use std::sync::Arc;

use espalier_core::Sentence;
use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::board::LinkState;
use espalier_core::session::{PeerStatus, SessionState, TransportSpec};

use super::peer::Peer;
use super::shared::SessionShared;
use super::transfer::TransferHost;
use crate::clock::now;
use crate::receipt::Receipt;

impl TransferHost for SessionShared {
    fn transport(&self) -> TransportSpec {
        self.spec.read().transport.clone()
    }

    fn state(&self) -> SessionState {
        Self::state(self)
    }

    fn receivers(&self, to: &PeerSelector) -> Result<Vec<Arc<Peer>>, Refusal> {
        Self::receivers(self, to)
    }

    fn connections(&self) -> Vec<PeerStatus> {
        self.peers.read().statuses(now()).to_vec()
    }

    fn port_waiting(&self) -> Option<usize> {
        let takes = Self::state(self) == SessionState::Open
            && self.serial.board(None).link == LinkState::Monitoring;
        takes.then(|| usize::try_from(self.serial.queued()).unwrap_or(usize::MAX))
    }

    fn send_to_port(&self, bytes: &Arc<[u8]>, receipt: &Receipt) -> Option<bool> {
        self.serial.send(bytes, Some(receipt))
    }

    fn note(&self, sentence: Sentence) {
        Self::note(self, None, sentence);
    }

    fn mark_dirty(&self) {
        Self::mark_dirty(self);
    }
}
