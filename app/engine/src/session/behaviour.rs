//! What a session does by itself with received bytes: the tap, echo, broadcast, the other side of a relay.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use espalier_core::say;
use espalier_core::session::Behaviour;

use super::outbox::PushError;
use super::peer::Peer;
use super::shared::SessionShared;
use crate::receipt::Receipt;

/// How long a broadcast waits for a client that takes nothing at all before it is passed over.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether received bytes go anywhere besides the capture.
pub fn is_wanted(shared: &SessionShared, from: &Peer) -> bool {
    shared.tap().is_some()
        || from.onward.get().is_some()
        || shared.bridge.read().is_some()
        || shared.chat().is_some()
        || shared.transfer().is_some_and(|transfer| transfer.is_crowded(from.id))
        || shared.replay().is_some_and(|replay| replay.is_crowded(from.id))
        || matches!(shared.behaviour(), Behaviour::Echo | Behaviour::Broadcast | Behaviour::Room)
}

/// Hands received bytes on. While this waits, nothing more is read from the connection they came from: the sender is
/// slowed down by TCP's own means.
pub async fn forward(shared: &SessionShared, from: &Peer, bytes: &Arc<[u8]>) {
    if let Some(tap) = shared.tap() {
        tap.received(from.id, bytes).await;
    }
    if let Some(transfer) = shared.transfer() {
        transfer.has_room(from.id).await;
    }
    if let Some(replay) = shared.replay() {
        replay.has_room(from.id).await;
    }
    if let Some(chat) = shared.chat().filter(|_| !shared.is_transferring(from.id)) {
        shared.chat_received(&chat, bytes).await;
    }
    if let Some(onward) = from.onward.get() {
        return onward.give(bytes).await;
    }
    let bridge = shared.bridge.read().clone();
    if let Some(bridge) = bridge.filter(|_| !shared.is_transferring(from.id)) {
        match from.datagrams {
            Some(_) => bridge.pass_now(bytes, true),
            None => bridge.pass(bytes).await,
        }
    }
    match shared.behaviour() {
        // Nothing comes between the bytes of a file.
        _ if shared.is_transferring(from.id) => {}
        Behaviour::Manual | Behaviour::Discard => {}
        // An error says that our sending half is closed; the log tells that already.
        Behaviour::Echo => drop(from.outbox.push_when_room(bytes, None).await),
        Behaviour::Room => {
            if let Some(room) = shared.room() {
                room.received(shared, from, bytes).await;
            }
        }
        Behaviour::Broadcast => {
            let others = shared.peers.read().open();
            for other in others
                .iter()
                .filter(|other| other.id != from.id && !shared.is_transferring(other.id))
            {
                pass(shared, other, bytes, None).await;
            }
        }
    }
}

/// Gives a client its share of a broadcast. A slow client slows the sender; one that takes nothing for [`PATIENCE`] while
/// its outbox is full is passed over, counted and told in the log, until its outbox is half empty again. Whether it is one
/// who gets something at all: our side of it is open.
pub async fn pass(
    shared: &SessionShared,
    peer: &Peer,
    bytes: &Arc<[u8]>,
    receipt: Option<&Receipt>,
) -> bool {
    let miss = || {
        pass_over(shared, peer, bytes.len());
        if let Some(receipt) = receipt {
            receipt.miss(bytes.len());
        }
        true
    };
    if peer.stalled.load(Ordering::Acquire) {
        if !peer.outbox.is_roomy() {
            return miss();
        }
        take_up_again(shared, peer);
    }
    match peer.outbox.push_with_patience(bytes, receipt, PATIENCE).await {
        Ok(()) => true,
        Err(PushError::Closed) => false,
        Err(PushError::Full) => miss(),
    }
}

/// A peer takes nothing, so bytes for everybody pass it over: counted, and told once until it reads again.
pub fn pass_over(shared: &SessionShared, peer: &Peer, bytes: usize) {
    peer.passed_over.fetch_add(bytes as u64, Ordering::Relaxed);
    if !peer.stalled.swap(true, Ordering::AcqRel) {
        shared.note(
            Some(peer),
            say!(
                "note-reads-nothing",
                "reads nothing: broadcasts pass it over until it reads again"
            ),
        );
    }
}

/// Who was passed over gets again what is for everybody; what it missed is told.
pub fn take_up_again(shared: &SessionShared, peer: &Peer) {
    if peer.stalled.swap(false, Ordering::AcqRel) {
        let passed_over = peer.take_passed_over();
        shared.note(
            Some(peer),
            say!(
                "note-reads-again",
                "reads again; did not get {bytes} broadcast bytes",
                bytes = passed_over,
            ),
        );
    }
}
