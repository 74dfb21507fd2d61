//! Who is met over the socket of a datagram session.

use std::net::SocketAddr;
use std::sync::Arc;

use espalier_core::capture::Endpoints;
use espalier_core::session::SessionEvent;

use super::link::{DatagramLink, PeerPlace};
use super::{open, sending};
use crate::clock::now;
use crate::session::bridge;
use crate::session::connection::canonical;
use crate::session::datagram_path::DatagramPath;
use crate::session::peer::{CloseRequest, DatagramSender, Peer};
use crate::session::shared::SessionShared;

/// How many peers a session has at once; of more, the one that was idle longest is forgotten.
const MOST_PEERS: usize = 16_384;

impl DatagramLink {
    /// Who is at the address that a datagram came from; made when it is somebody new.
    pub fn peer_at(self: &Arc<Self>, shared: &Arc<SessionShared>, from: SocketAddr) -> Arc<Peer> {
        let known = self.table.lock().get(canonical(from)).cloned();
        known.unwrap_or_else(|| self.meet(shared, from))
    }

    /// A new peer: it gets its number, its line in the log and its place in the list. Who was idle longest makes room for it.
    pub fn meet(self: &Arc<Self>, shared: &Arc<SessionShared>, to: SocketAddr) -> Arc<Peer> {
        let remote = canonical(to);
        let stays = self.remote == Some(remote);
        let displaced = {
            let mut table = self.table.lock();
            let oldest = (table.len() >= MOST_PEERS).then(|| table.longest_idle()).flatten();
            oldest.map(|(_, peer)| {
                table.remove(&peer);
                peer
            })
        };
        if let Some(peer) = displaced {
            peer.request_close(CloseRequest::Displaced);
        }
        let id = shared.peers.write().number();
        let ends = Endpoints::udp(self.local_for(remote), remote);
        let path = DatagramPath::new(to, self.elapsed());
        let link: Arc<dyn DatagramSender> = self.clone();
        let sender = Arc::downgrade(&link);
        let peer = Arc::new(Peer::of_datagrams(id, ends, now(), path, sender));
        let Endpoints { local, remote, .. } = ends;
        let record = shared.event(Some(&peer), SessionEvent::Met { local, remote });
        peer.told.set(record).ok();
        shared.peers.write().add(peer.clone());
        bridge::met(shared, &peer);
        self.table.lock().add(peer.clone(), stays);
        shared.rules_connected(Some(&peer), record);
        shared.changed.notify_waiters();
        tokio::spawn(live(shared.clone(), PeerPlace { link: self.clone(), peer: peer.clone() }));
        peer
    }

    /// Which address of ours a peer talks with: of a socket at all interfaces, the one that the system sends to it from.
    fn local_for(&self, remote: SocketAddr) -> SocketAddr {
        if !self.local.ip().is_unspecified() {
            return self.local;
        }
        let ip = open::source_of(remote, true).map_or(self.local.ip(), |source| source.ip());
        SocketAddr::new(ip, self.local.port())
    }
}

/// Lives through a peer. The remote that the session was given is always there: taken out of the list, it comes back as
/// somebody new.
async fn live(shared: Arc<SessionShared>, place: PeerPlace) {
    sending::live(&shared, &place).await;
    let PeerPlace { link, peer } = &place;
    let is_remote = link.remote == Some(peer.ends.remote);
    if let Some((path, _)) = peer.datagrams.as_ref().filter(|_| is_remote)
        && !link.is_closing()
        && shared.broken_now().is_none()
    {
        let again = link.meet(&shared, path.to);
        shared.set_counterpart(again.id);
    }
}
