//! Whom a session of datagrams talks with.

use std::sync::atomic::Ordering;

use espalier_core::PeerId;
use espalier_core::session::TransportSpec;

use super::shared::SessionShared;

impl SessionShared {
    /// A datagram session talks with this peer.
    pub fn set_counterpart(&self, peer: PeerId) {
        if self.counterpart.swap(peer.0, Ordering::AcqRel) != peer.0 {
            self.changed.notify_waiters();
        }
    }

    /// Whom a datagram session talks with, if there was anybody yet; `None`: this is no such session.
    pub fn counterpart(&self) -> Option<Option<PeerId>> {
        let is_udp = matches!(self.spec.read().transport, TransportSpec::Udp(_));
        let peer = PeerId(self.counterpart.load(Ordering::Acquire));
        is_udp.then(|| Some(peer).filter(|peer| *peer != PeerId::SESSION))
    }

    /// The same, if that one is still there.
    pub fn present_counterpart(&self) -> Option<PeerId> {
        let peer = self.counterpart().flatten()?;
        self.peers.read().find(peer).map(|peer| peer.id)
    }
}
