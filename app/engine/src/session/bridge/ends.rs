//! Half-close over a bridge: who has said its last to one session is heard by who listens to the other one, where that can be.

use std::sync::Arc;

use espalier_core::backend::PeerSelector;
use espalier_core::say;
use espalier_core::session::ConnectionState;

use crate::session::bridge_end::{CarriedEnd, HowEnded};
use crate::session::peer::Peer;
use crate::session::shared::SessionShared;
use crate::session::socket;

/// A peer has sent its FIN; whether that goes over the bridge of its session. Then the other side says when our half is over.
pub fn pass_fin(session: &SessionShared, peer: &Arc<Peer>, is_truncated: bool) -> bool {
    let Some(bridge) = session.bridge.read().clone() else { return false };
    if session.is_transferring(peer.id) {
        return false;
    }
    // What others of the same session send goes on.
    if session.peers.read().are_others(peer.id) {
        let why = say!(
            "bridge-fin-of-one",
            "its FIN does not go over the bridge: others of this session still send there"
        );
        session.note(Some(peer), why);
        return false;
    }
    let how = if is_truncated { HowEnded::Truncated } else { HowEnded::Fin };
    bridge.pass_end(CarriedEnd { of: Arc::downgrade(peer), how })
}

/// A peer is over: who waits at the other end of the bridge for its answer waits in vain.
pub fn pass_over(session: &SessionShared, peer: &Arc<Peer>) {
    let Some(bridge) = session.bridge.read().clone() else { return };
    if peer.datagrams.is_none() && !session.peers.read().are_others(peer.id) {
        bridge.pass_end(CarriedEnd { of: Arc::downgrade(peer), how: HowEnded::Over });
    }
}

/// Gives an end on to the other session, or says why that cannot be.
pub(super) fn give(from: &SessionShared, to: &Arc<SessionShared>, end: &CarriedEnd) {
    if end.how == HowEnded::Over {
        return finish_halves(to);
    }
    // It may be over meanwhile; then there is nothing to be answered.
    let of = end.of.upgrade();
    let why = if to.is_serial() {
        say!(
            "bridge-fin-port",
            "its FIN does not go over the bridge: a serial port at the other end has no such thing"
        )
    } else {
        let peers = to.receivers(&PeerSelector::Counterpart).unwrap_or_default();
        match &peers[..] {
            [] => say!(
                "bridge-fin-nobody",
                "its FIN does not go over the bridge: nobody is there at the other end"
            ),
            [only] if only.datagrams.is_some() => say!(
                "bridge-fin-datagrams",
                "its FIN does not go over the bridge: datagrams at the other end have no such thing"
            ),
            [only] if !to.is_transferring(only.id) => {
                return match end.how {
                    HowEnded::Truncated => only.outbox.cut(),
                    _ => only.outbox.finish(),
                };
            }
            _ => say!(
                "bridge-fin-several",
                "its FIN does not go over the bridge: several are connected at the other end, or files go there"
            ),
        }
    };
    if let Some(peer) = of {
        from.note(Some(&peer), why);
        finish(from, &peer);
    }
}

/// Nobody answers any more to who has sent its FIN.
pub(super) fn finish_halves(session: &SessionShared) {
    for peer in session.peers.read().open() {
        finish(session, &peer);
    }
}

/// Ends our half as it is without a bridge.
fn finish(session: &SessionShared, peer: &Peer) {
    let is_half = peer.meter.lock().state == ConnectionState::PeerHalfClosed;
    if is_half && !socket::options_of(&session.spec.read().transport).stay_half_open {
        peer.outbox.finish();
    }
}
