//! One direction of a bridge.

use std::sync::{Arc, Weak};
use std::time::Duration;

use espalier_core::backend::PeerSelector;
use espalier_core::session::UdpSpec;
use espalier_core::{PeerId, Sentence, say};
use tokio::time::sleep;

use crate::session::behaviour;
use crate::session::bridge_end::{BridgeQueue, Carried, CarriedBytes};
use crate::session::peer::Peer;
use crate::session::shared::SessionShared;

use super::ends;

/// Bytes that may wait for one connection: a slow reader there slows the sender here.
const WINDOW: usize = 256 << 10;

/// Bytes that may wait in a port's own queue.
const QUEUED: u64 = 4 << 10;

/// How often a port that has no room is looked at: its queue tells nobody of room.
const LOOK: Duration = Duration::from_millis(5);

/// What is sent in one datagram of what came as a stream: so much goes over Ethernet in one piece.
const DATAGRAM: usize = 1472;

/// Carries what one session receives to the other, which sends it, until the bridge is over.
pub async fn run(
    from: Weak<SessionShared>,
    to: Weak<SessionShared>,
    mut queue: BridgeQueue,
    begun: Sentence,
) {
    if let Some(from) = from.upgrade() {
        // Of a session that was opened just now, it is not there yet; why it cannot be is told when that is started.
        from.open_capture().ok();
        from.note(None, begun);
    }
    let mut lost = 0;
    while let Some(carried) = queue.next().await {
        let Some((from, to)) = from.upgrade().zip(to.upgrade()) else { return };
        tell_missed(&from, &queue);
        let carried = match carried {
            Carried::Bytes(carried) => carried,
            Carried::End(end) => {
                ends::give(&from, &to, &end);
                continue;
            }
        };
        let length = carried.bytes.len() as u64;
        let done = tokio::select! {
            done = give(&to, &carried) => Some(done),
            () = queue.over() => None,
        };
        match done {
            Some(true) if lost > 0 => {
                let sentence = say!(
                    "bridge-again",
                    "what is received here is sent there again; {bytes} bytes were not",
                    bytes = std::mem::take(&mut lost),
                );
                from.note(None, sentence);
            }
            Some(true) => {}
            Some(false) => {
                if lost == 0 {
                    let sentence = say!(
                        "bridge-nobody",
                        "nobody is there to get it at the other end of the bridge: what is received here is not passed on, until somebody is"
                    );
                    from.note(None, sentence);
                }
                lost += length;
            }
            None => lost += length,
        }
    }
    let Some(from) = from.upgrade() else { return };
    tell_missed(&from, &queue);
    lost += queue.rest();
    if lost > 0 {
        let sentence = say!(
            "bridge-lost",
            "{bytes} bytes that were received here did not go over the bridge before its end",
            bytes = lost,
        );
        from.note(None, sentence);
    }
}

fn tell_missed(from: &SessionShared, queue: &BridgeQueue) {
    let bytes = queue.take_missed();
    if bytes > 0 {
        let sentence = say!(
            "bridge-missed",
            "{bytes} bytes did not go over the bridge: they came faster than they are taken there",
            bytes = bytes,
        );
        from.note(None, sentence);
    }
}

/// Has a session send something; whether anybody got it.
async fn give(to: &Arc<SessionShared>, carried: &CarriedBytes) -> bool {
    let CarriedBytes { bytes, is_datagram, .. } = carried;
    if to.is_serial() {
        return !to.is_transferring(PeerId::SESSION) && give_port(to, bytes).await;
    }
    let Ok(mut peers) = to.receivers(&PeerSelector::Counterpart) else { return false };
    peers.retain(|peer| !to.is_transferring(peer.id));
    match &peers[..] {
        [] => false,
        [only] if only.datagrams.is_some() => give_datagrams(only, bytes, *is_datagram).await,
        [only] => only.outbox.push_within(bytes, WINDOW).await.is_ok(),
        several => {
            let mut given = false;
            for peer in several {
                given |= behaviour::pass(to, peer, bytes, None).await;
            }
            given
        }
    }
}

async fn give_datagrams(peer: &Peer, bytes: &Arc<[u8]>, is_datagram: bool) -> bool {
    let most = UdpSpec::most(peer.ends.remote.ip()) as usize;
    if is_datagram {
        return bytes.len() <= most && peer.outbox.push_within(bytes, WINDOW).await.is_ok();
    }
    for piece in bytes.chunks(DATAGRAM.min(most)) {
        if peer.outbox.push_within(&piece.into(), WINDOW).await.is_err() {
            return false;
        }
    }
    true
}

/// A port that is away, or in the hands of a loader, gets nothing.
async fn give_port(to: &SessionShared, bytes: &Arc<[u8]>) -> bool {
    let port = &to.serial;
    while port.is_open() && port.takes() {
        if port.queued() < QUEUED && port.send(bytes, None) == Some(true) {
            return true;
        }
        sleep(LOOK).await;
    }
    false
}
