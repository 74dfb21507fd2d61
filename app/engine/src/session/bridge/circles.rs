//! Bridged sessions that talk with each other: what one receives would come back to it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;

use super::{Pair, partner};
use crate::session::peer::Peer;
use crate::session::shared::SessionShared;

/// Whether what a session receives comes back to it: sent by the session that it is bridged with, heard by one that is
/// bridged, and so on.
pub fn goes_around(bridges: &[Pair], start: &Arc<SessionShared>) -> bool {
    let all: Vec<Arc<SessionShared>> =
        bridges.iter().flatten().filter_map(std::sync::Weak::upgrade).collect();
    let mut reached: Vec<Arc<SessionShared>> = Vec::new();
    let mut senders: Vec<_> = partner(bridges, start).into_iter().collect();
    while let Some(sender) = senders.pop() {
        let theirs: HashSet<(SocketAddr, SocketAddr)> = sender
            .peers
            .read()
            .open()
            .iter()
            .map(|peer| (peer.ends.remote, peer.ends.local))
            .collect();
        for session in &all {
            if reached.iter().any(|it| Arc::ptr_eq(it, session)) {
                continue;
            }
            let hears = |peer: &Arc<Peer>| theirs.contains(&(peer.ends.local, peer.ends.remote));
            if !session.peers.read().open().iter().any(hears) {
                continue;
            }
            if Arc::ptr_eq(session, start) {
                return true;
            }
            reached.push(session.clone());
            senders.extend(partner(bridges, session));
        }
    }
    false
}

/// Whether the other end of a connection is a bridged session of this program.
pub fn is_heard(bridges: &[Pair], peer: &Peer) -> bool {
    let there = (peer.ends.remote, peer.ends.local);
    bridges.iter().flatten().filter_map(std::sync::Weak::upgrade).any(|session| {
        let open = session.peers.read().open();
        open.iter().any(|it| (it.ends.local, it.ends.remote) == there)
    })
}
